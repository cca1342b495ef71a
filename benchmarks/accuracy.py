"""Accuracy against time: four concentric spheres, steps and sub-voxel faces, as a picture with error bars.

python benchmarks/accuracy.py [--spacings 6 4 3 2] [--placings 3] [--picture FILE]

Brain, liquor, skull and scalp (78, 80, 86, 92 mm; 0.33, 1.79, 0.01, 0.43 S/m), two caps of 10 mm with even
current 109 degrees apart, exact potential and field from Legendre series. Each point is the mean over
several rotations and shifts of the grid, its bar the smallest and largest. Seconds are those of face
conductances, set-up and solve, after one solve that compiles what has to be compiled.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from microcurrent.physics.conduction.conductor import Conductor
from microcurrent.physics.conduction.fractions import Mixing, mixed_cells
from microcurrent.physics.exact import steps
from microcurrent.physics.exact.concentric_spheres import Cap, Shells
from microcurrent.physics.exact.round_problems import compared, inject, shell_labels
from microcurrent.physics.exact.steps import Placing

SHELLS = Shells(radii=(0.078, 0.080, 0.086, 0.092), conductivities=(0.33, 1.79, 0.01, 0.43))
BRAIN, SCALP = 0, 3
TABLE = np.array([*SHELLS.conductivities, 0.0])
HALF_ANGLE = 0.005 / 0.092
APART = math.radians(109)
CAPS = (
    Cap(direction=(0.0, 0.0, 1.0), current=1e-3, half_angle=HALF_ANGLE),
    Cap(direction=(math.sin(APART), 0.0, math.cos(APART)), current=-1e-3, half_angle=HALF_ANGLE),
)
#: Sub-voxels along each side of a cell; a cell with any tissue at all is one.
REFINEMENT, LEAST = 4, 0.0
#: Okabe and Ito's colours, which people of every colour vision tell apart; markers say the same again.
SCHEMES = (
    ("steps", None, "#D55E00", "o"),
    ("sub-voxel faces, parallel of series", Mixing.PARALLEL_OF_SERIES, "#0072B2", "s"),
    ("sub-voxel faces, series of parallel", Mixing.SERIES_OF_PARALLEL, "#009E73", "^"),
)
ERRORS = ("potential in the scalp", "field in the scalp", "field in the brain")


@dataclass(frozen=True, kw_only=True)
class Point:
    """One scheme at one spacing: seconds and the three relative errors of every placing, ``(P, 3)``."""

    spacing: float
    unknowns: int
    seconds: float
    errors: np.ndarray


def one(spacing: float, place: Placing, mixing: Mixing | None) -> tuple[int, float, list[float]]:
    """Unknowns, seconds and errors of one solve."""
    grid = steps.cubes([SHELLS.radii[-1]] * 3, spacing, place)

    def label(points: np.ndarray) -> np.ndarray:
        return shell_labels(SHELLS.radii, points)

    labels = steps.labelled(grid, place, label)
    fine = None
    if mixing is not None:
        fine = steps.fine_labels(grid, place, label, table=TABLE, refinement=REFINEMENT)
    begin = time.perf_counter()
    if mixing is None or fine is None:
        conductor = Conductor(grid, TABLE[labels])
    else:
        mixed = mixed_cells(grid, fine, mixing=mixing, least=LEAST)
        conductor = Conductor(grid, mixed.conductivity, faces=mixed.faces)
    ball = inject(conductor, place, shells=SHELLS, labels=labels, caps=CAPS)
    seconds = time.perf_counter() - begin
    scalp = compared(ball, SHELLS, shell=SCALP, inner=False)
    errors = [scalp.potential, scalp.slope, compared(ball, SHELLS, shell=BRAIN, inner=True).field]
    return int(conductor.conducting.sum()), seconds, errors


def measured(spacing: float, placings: int, mixing: Mixing | None) -> Point:
    """One scheme at one spacing at several placings."""
    found = [one(spacing, steps.placing(number), mixing) for number in range(placings)]
    return Point(
        spacing=spacing,
        unknowns=found[0][0],
        seconds=statistics.median(seconds for _, seconds, _ in found),
        errors=np.array([errors for _, _, errors in found]),
    )


def draw(curves: list[tuple[str, str, str, list[Point]]], path: Path) -> None:
    """Errors over seconds, one panel for each error, the spacing beside each point."""
    figure = Figure(figsize=(13, 5.2), layout="constrained")
    FigureCanvasAgg(figure)
    for k, (axes, name) in enumerate(zip(figure.subplots(1, len(ERRORS)), ERRORS, strict=True)):
        for scheme, colour, marker, points in curves:
            x = [point.seconds for point in points]
            errors = [100 * point.errors[:, k] for point in points]
            y = np.array([one.mean() for one in errors])
            bars = np.array([[m - one.min(), one.max() - m] for m, one in zip(y, errors, strict=True)]).T
            axes.errorbar(x, y, yerr=bars, color=colour, marker=marker, capsize=3, label=scheme)
            for point, height in zip(points, y, strict=True):
                axes.annotate(
                    f"{1e3 * point.spacing:g} mm",
                    (point.seconds, height),
                    textcoords="offset points",
                    xytext=(5, 5),
                    fontsize=8,
                    color=colour,
                )
        axes.set(xscale="log", yscale="log", xlabel="seconds (faces, set-up and solve)", title=name)
        axes.set_ylabel("relative error, %")
        axes.grid(visible=True, which="both", alpha=0.25)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter("{x:g}")
            axis.set_minor_formatter(LogFormatter(minor_thresholds=(1.5, 0.7)))
        axes.margins(x=0.12)
    handles, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names))
    figure.suptitle(
        "Four concentric spheres: error against time (bars: smallest and largest over placings)"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Measure every scheme at every spacing, print a table and draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spacings", type=float, nargs="+", default=[6, 4, 3, 2], help="mm")
    parser.add_argument("--placings", type=int, default=3)
    parser.add_argument("--picture", type=Path)
    given = parser.parse_args()
    one(0.006, steps.placing(0), None)
    curves = []
    print("| scheme | mm | unknowns | seconds | " + " | ".join(f"{name}, %" for name in ERRORS) + " |")
    print("|" + "---|" * (4 + len(ERRORS)))
    for scheme, mixing, colour, marker in SCHEMES:
        points = []
        for spacing in given.spacings:
            point = measured(1e-3 * spacing, given.placings, mixing)
            points.append(point)
            means, halves = point.errors.mean(axis=0), 0.5 * np.ptp(point.errors, axis=0)
            cells = [scheme, f"{spacing:g}", f"{point.unknowns}", f"{point.seconds:.2f}"]
            cells += [
                f"{100 * mean:.1f} ± {100 * half:.1f}" for mean, half in zip(means, halves, strict=True)
            ]
            print("| " + " | ".join(cells) + " |", flush=True)
        curves.append((scheme, colour, marker, points))
    if given.picture:
        draw(curves, given.picture)


if __name__ == "__main__":
    main()
