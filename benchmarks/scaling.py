"""What our engine costs from a hundred thousand to sixteen million unknowns, on one core and on two.

    python benchmarks/scaling.py --sizes 64 100 128 160 200 256 346 --runs 3

The head model at each size, residual 1e-8, each run in a process of its own, medians. Every potential is
checked against conductivities in float64. Writes a table and a picture.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from head_model import SKINS, head, true_residual
from measure import environment, run
from ours import save
from peers_page import BLUE, GREEN, ORANGE, processor

matplotlib.use("Agg")
from matplotlib import pyplot

HERE = Path(__file__).resolve().parent
TOLERANCE = 1e-8
#: A true residual may pass the wanted one by this share: the drift of a solver's own count.
DRIFT = 1.05
HEADER = (
    "voxels along a side",
    "unknowns",
    "threads",
    "set-up s",
    "solve s",
    "s per million",
    "iterations",
    "bytes per unknown",
)
LOOK = {1: (BLUE, "o", "-"), 2: (ORANGE, "s", "--")}
Row = dict[str, Any]


def measured(size: int, contrast: str, threads: Sequence[int], runs: int) -> list[Row]:
    """Return one row per number of threads for a head of size**3 voxels."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = head(size, contrast)
        unknowns = int(model.cells.size)
        save(model, folder)
        words = [sys.executable, str(HERE / "ours.py"), str(folder), "engine", str(TOLERANCE)]
        for count in threads:
            taken = []
            for number in range(runs):
                entry = run(words, threads=count, around=environment(count))
                if "failed" in entry:
                    sys.exit(f"{size}: {entry['failed']}")
                if number == 0:
                    residual = true_residual(model, np.load(folder / "potential.npy"))
                    if residual > DRIFT * TOLERANCE:
                        print(f"{size}, {count} threads: MISSED the residual: {residual:.1e}")
                taken.append(entry)
            row = {
                key: statistics.median(e[key] for e in taken) for key in ("setup", "solve", "iterations")
            }
            row["total"] = statistics.median(e["setup"] + e["solve"] for e in taken)
            row["bytes"] = statistics.median(e["memory"] or 0 for e in taken) / unknowns
            row |= {"size": size, "unknowns": unknowns, "threads": count, "residual": residual}
            rows.append(row)
            print(line(row), flush=True)
    return rows


def line(row: Row) -> str:
    cells = [f"{row['size']}", f"{row['unknowns']:,}", f"{row['threads']}", f"{row['setup']:.3f}"]
    cells += [f"{row['solve']:.3f}", f"{1e6 * row['total'] / row['unknowns']:.3f}"]
    cells += [f"{row['iterations']:.0f}", f"{row['bytes']:.0f}"]
    return f"| {' | '.join(cells)} |"


def table(rows: Sequence[Row]) -> list[str]:
    return [f"| {' | '.join(HEADER)} |", "|" + "---:|" * len(HEADER), *map(line, rows)]


def summary(rows: Sequence[Row]) -> list[str]:
    """Return growth of iterations and gain of the second core, in words."""
    said = []
    alone = [row for row in rows if row["threads"] == 1 and row["unknowns"] > 3e5]
    if len(alone) > 1:
        growth = alone[-1]["iterations"] / alone[0]["iterations"]
        first, last = alone[0]["unknowns"] / 1e6, alone[-1]["unknowns"] / 1e6
        said.append(
            f"From {first:.1f} to {last:.1f} million unknowns the iterations grow {growth:.2f} times."
        )
    pairs = [
        (one["unknowns"], one["total"] / two["total"])
        for one in rows
        for two in rows
        if one["size"] == two["size"] and (one["threads"], two["threads"]) == (1, 2)
    ]
    if pairs:
        unknowns, gain = pairs[-1]
        said.append(
            f"At {unknowns / 1e6:.1f} million unknowns two cores are {gain:.2f} times as fast as one."
        )
    return said


def page(rows: Sequence[Row], contrast: str, runs: int) -> str:
    lines = [
        "# What the engine costs",
        "",
        "Made by `python benchmarks/scaling.py`; do not edit.",
        "",
        f"The head model of the benchmarks, skin {SKINS[contrast]:g} S/m, two contacts, relative residual",
        f"1e-8, checked in float64. {processor()}; medians of {runs}; kernels compiled before.",
        "Bytes are the peak of set-up and solve above the loaded conductivities.",
        "",
        *table(rows),
        "",
        *summary(rows),
        "",
        "```{image} ../pictures/engine-scaling.png",
        ":alt: Seconds, iterations and bytes per unknown against the number of unknowns",
        "```",
    ]
    return "\n".join(lines) + "\n"


def picture(rows: Sequence[Row], target: Path) -> None:
    figure, axes = pyplot.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
    for count in sorted({row["threads"] for row in rows}):
        mine = [row for row in rows if row["threads"] == count]
        unknowns = [row["unknowns"] for row in mine]
        color, marker, style = LOOK.get(count, (GREEN, "^", ":"))
        label = f"{count} core{'s' if count > 1 else ''}"
        for axis, key in zip(axes, ("total", "iterations", "bytes"), strict=True):
            axis.plot(
                unknowns, [r[key] for r in mine], color=color, marker=marker, linestyle=style, label=label
            )
    alone = [row for row in rows if row["threads"] == rows[0]["threads"]]
    ends = np.array([alone[0]["unknowns"], alone[-1]["unknowns"]])
    linear = alone[-1]["total"] * ends / ends[-1]
    axes[0].loglog(ends, linear, color="0.6", linewidth=1, label="cost as unknowns")
    for axis, words in zip(
        axes, ("seconds, set-up and solve", "iterations", "bytes per unknown"), strict=True
    ):
        axis.set_xscale("log")
        axis.set_xlabel("unknowns")
        axis.set_ylabel(words)
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
        axis.xaxis.set_minor_formatter("")
    for axis, key in zip(axes[1:], ("iterations", "bytes"), strict=True):
        axis.set_ylim(0, 1.25 * max(row[key] for row in rows))
    axes[0].legend()
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=130, metadata={"Software": None})
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 100, 128, 160, 200, 256, 346])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--contrast", choices=SKINS, default="c4")
    parser.add_argument("--out", type=Path, default=HERE.parent / "docs", help="where table and picture go")
    given = parser.parse_args()
    print("\n".join(table([])))
    rows = []
    for size in given.sizes:
        rows += measured(size, given.contrast, given.threads, given.runs)
    print("\n".join(["", *summary(rows)]))
    (given.out / "reference").mkdir(parents=True, exist_ok=True)
    target = given.out / "reference" / "engine-scaling.md"
    target.write_text(page(rows, given.contrast, given.runs), encoding="utf-8")
    picture(rows, given.out / "pictures" / "engine-scaling.png")


if __name__ == "__main__":
    main()
