"""Table and picture of the comparison with other solvers."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

Row = dict[str, Any]
OURS, SIMNIBS = "engine", "simnibs"
#: Okabe and Ito (2008), told apart with any colour vision; hatching tells them apart in grey.
BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
HEADER = (
    "solver",
    "set-up s",
    "solve s",
    "total s",
    "iterations",
    "true residual",
    "bytes per unknown",
    "time, ours = 1",
    "memory, ours = 1",
)
#: Wall and processor seconds of one thread differ by more than this share on a busy machine only.
BUSY = 0.15


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the page says besides the rows; `clock` is ``wall`` or ``processor``."""

    model: str
    unknowns: int
    clock: str


def processor() -> str:
    """Return the kind of processor, in words."""
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def table(rows: Sequence[Row]) -> list[str]:
    """Return the lines of the table, fastest first."""
    ours = next((row for row in rows if row["solver"] == OURS), None)
    lines = [f"| {' | '.join(HEADER)} |", "|---|" + "---:|" * (len(HEADER) - 1)]
    for row in sorted(rows, key=lambda row: row["total"]):
        slower, larger = "-", "-"
        if ours:
            slower = f"{row['total'] / ours['total']:.1f}"
        if ours and ours["bytes"] and row["bytes"]:
            larger = f"{row['bytes'] / ours['bytes']:.1f}"
        cells = [row["name"], f"{row['setup']:.2f}", f"{row['solve']:.2f}", f"{row['total']:.2f}"]
        cells += [f"{row['iterations']:.0f}", f"{row['residual']:.1e}"]
        cells += [f"{row['bytes']:.0f}" if row["bytes"] is not None else "-", slower, larger]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def summary(rows: Sequence[Row]) -> list[str]:
    """Return the two ratios in words."""
    by = {row["solver"]: row for row in rows}
    if OURS not in by or len(by) < 2:
        return []
    ours = by[OURS]["total"]
    fastest = min((row for row in rows if row["solver"] != OURS), key=lambda row: row["total"])
    said = [f"{fastest['total'] / ours:.1f} times faster than the fastest peer ({fastest['name']})"]
    if SIMNIBS in by:
        said.insert(0, f"{by[SIMNIBS]['total'] / ours:.1f} times faster than PETSc with SimNIBS's settings")
    return [f"Set-up and solve together, microcurrent is {', and '.join(said)}."]


def conditions(rows: Sequence[Row], told: Told) -> list[str]:
    """Return what was done, on what, in a few sentences."""
    runs = min(row["runs"] for row in rows)
    lost = max(row["busy"] for row in rows)
    lines = [
        f"Model: {told.model}, {told.unknowns:,} unknowns, with two contacts as Robin terms.",
        f"One thread on one core: {processor()}, {platform.system()}. Medians of {runs}",
        f"run{'s' if runs > 1 else ''}, the solvers taking turns, each in a process of its own.",
        "All stop at the same relative residual of 1e-8, checked afterwards against an independent",
        "float64 matrix. Set-up is from the matrix in the solver's own form to ready (ours: from the",
        "conductivities); kernels were compiled before. Memory is the peak of set-up and solve above the",
        f"loaded input. Seconds are {told.clock} seconds.",
    ]
    if lost > BUSY:
        lines += [f"The machine was busy: wall exceeds processor seconds by up to {100 * lost:.0f} %."]
    return lines


def page(rows: Sequence[Row], told: Told) -> str:
    """Return the page in Markdown."""
    lines = [
        "# The engine against its peers",
        "",
        "Made by `python benchmarks/peers.py`; do not edit.",
        "",
        *conditions(rows, told),
        "",
        *table(rows),
        "",
        *summary(rows),
        "",
        "```{image} ../pictures/engine-against-peers.png",
        ":alt: Bars of seconds and of memory for each solver; microcurrent's are the shortest",
        "```",
        "",
        "SimNIBS 4.5 solves with PETSc's conjugate gradients and hypre's BoomerAMG with HMIS coarsening",
        "(`KSPSolver` in its `simnibs/simulation/fem.py`). It solves tetrahedral finite elements; only its",
        "solver's settings are compared here, on our matrix.",
    ]
    return "\n".join(lines) + "\n"


def picture(rows: Sequence[Row], title: str, target: Path) -> None:
    """Draw set-up and solve as stacked bars beside memory, the fastest on top."""
    rows = sorted(rows, key=lambda row: -row["total"])
    names = [row["name"] for row in rows]
    places = range(len(rows))
    figure, (left, right) = pyplot.subplots(
        1, 2, figsize=(11, 0.9 + 0.42 * len(rows)), sharey=True, layout="constrained", width_ratios=(3, 2)
    )
    first, second = [row["setup"] for row in rows], [row["solve"] for row in rows]
    left.barh(places, first, color=BLUE, label="set-up")
    left.barh(places, second, left=first, color=ORANGE, hatch="//", edgecolor="white", label="solve")
    for place, row in zip(places, rows, strict=True):
        left.annotate(
            f"{row['total']:.2g} s",
            (row["setup"] + row["solve"], place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
        )
    left.set_yticks(list(places), names)
    left.set_xlabel("seconds, one thread")
    left.set_xlim(0, 1.12 * max(row["setup"] + row["solve"] for row in rows))
    left.legend(loc="upper right")
    memory = [row["bytes"] or 0 for row in rows]
    right.barh(places, memory, color=GREEN)
    for place, amount in zip(places, memory, strict=True):
        right.annotate(
            f"{amount:.0f}", (amount, place), xytext=(4, 0), textcoords="offset points", va="center"
        )
    right.set_xlabel("bytes per unknown above the input")
    right.set_xlim(0, 1.15 * max([*memory, 1]))
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=130, metadata={"Software": None})
    pyplot.close(figure)


def write_page(rows: Sequence[Row], told: Told, folder: Path) -> str:
    """Write page and picture under `folder`; return table and ratios for the terminal."""
    if not rows:
        return "no solver reached the residual"
    target = folder / "reference" / "engine-against-peers.md"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(rows, told), encoding="utf-8")
    title = f"{told.model}: {told.unknowns / 1e6:.2g} million unknowns to a residual of 1e-8"
    picture(rows, title, folder / "pictures" / "engine-against-peers.png")
    return "\n".join(["", *table(rows), "", *summary(rows)])
