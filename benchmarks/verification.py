"""Print closed forms beside what the finite volumes give, with errors, orders and error bars.

python benchmarks/verification.py [--levels 4 8 12] [--placings 3] [--markdown FILE]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from microcurrent.physics.exact.cases import Study, study, verification_cases
from microcurrent.physics.exact.rotations import Turned, turn, turned_cases
from microcurrent.physics.exact.round_cases import scattered_cases
from microcurrent.physics.exact.scatter import Scatter, scatter

HEADER = ("case", "quantity", "unit", "exact", "computed", "error %", "order")
SCATTER_HEADER = ("case", "problem", "relative error of", "error % (± over placings)", "order")
Row = tuple[str, ...]


def row(result: Study) -> Row:
    """One line of the first table: a value and an error for each level."""
    case = result.case
    return (
        case.number,
        case.quantity,
        case.unit,
        f"{case.exact:.6g}",
        "  ".join(f"{value:.6g}" for value in result.values),
        "  ".join(f"{100 * error:+.2g}" for error in result.errors),
        "exact" if case.order is None else f"{result.order:.2f}",
    )


def with_bar(mean: float, spread: float) -> str:
    """A relative error and its spread in percent."""
    return f"{float(f'{100 * mean:.2g}'):g} ± {float(f'{100 * spread:.1g}'):g}"


def scatter_rows(result: Scatter) -> list[Row]:
    """Lines of the second table: one for each measure."""
    case = result.case
    return [
        (
            case.number,
            case.problem,
            measure.name,
            "  ".join(map(with_bar, result.mean[:, k], result.spread[:, k])),
            f"{result.orders[k]:.2f}",
        )
        for k, measure in enumerate(case.measures)
    ]


def turned_rows(result: Turned) -> list[Row]:
    """Lines of the third table: one for each measure and resolution, a column for each angle."""
    case = result.case
    return [
        (
            case.number,
            case.problem,
            measure.name,
            f"{level}",
            *map(with_bar, result.mean[at, :, k], result.spread[at, :, k]),
        )
        for k, measure in enumerate(case.measures)
        for at, level in enumerate(case.levels)
    ]


def shown(header: Row, rows: list[Row]) -> list[Row]:
    """Print a table as it is and return its rows."""
    widths = [max(len(line[k]) for line in [header, *rows]) for k in range(len(header))]
    for line in [header, *rows, ()]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), flush=True)
    return rows


def table(header: Row, rows: list[Row]) -> list[str]:
    """A table in Markdown."""
    lines = [header, ("---",) * len(header), *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def markdown(levels: Sequence[int], placings: int, tables: Sequence[tuple[Row, list[Row]]]) -> str:
    """The tables as a page of its own."""
    flat, scattered, turned = (table(*one) for one in tables)
    counts = ", ".join(map(str, levels))
    lines = [
        "# Finite volumes against closed forms",
        "",
        f"Computed at {counts} cells per length (disc radius, distance, or a quarter of a head).",
        "Made by `python benchmarks/verification.py --markdown FILE`.",
        "",
        *flat,
        "",
        "## Round bodies on steps",
        "",
        "A round body on cubes is a staircase, and its error depends on how it lies in the grid. Each",
        f"problem is solved at {placings} rotations and shifts. The error is the mean of the relative",
        "errors (size of difference over size of exact values, away from the electrodes), the ± half the",
        "distance from the smallest to the largest, and the order that of a fit through all of them.",
        "",
        *scattered,
        "",
        "## Turned against the grid",
        "",
        "The same problem turned about an axis by several angles, with several shifts of the grid each.",
        "",
        *turned,
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Compute every case, print the tables and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--levels", type=int, nargs="+", default=[4, 8, 12])
    parser.add_argument("--placings", type=int, default=3)
    parser.add_argument("--markdown", type=Path)
    given = parser.parse_args()
    started = time.perf_counter()
    levels, placings = tuple(given.levels), given.placings
    flat = shown(HEADER, [row(study(replace(case, levels=levels))) for case in verification_cases()])
    scattered = [
        line
        for case in scattered_cases()
        for line in scatter_rows(scatter(replace(case, levels=levels, placings=placings)))
    ]
    shown(SCATTER_HEADER, scattered)
    cases = turned_cases()
    header = (
        "case",
        "problem",
        "relative error of",
        "cells",
        *(f"{angle:g}°" for angle in cases[0].degrees),
    )
    turned = [
        line
        for case in cases
        for line in turned_rows(turn(replace(case, levels=levels[:2], shifts=placings)))
    ]
    shown(header, turned)
    count = len(flat) + len(scattered) + len(turned)
    print(f"{count} rows in {time.perf_counter() - started:.0f} s")
    if given.markdown:
        tables = [(HEADER, flat), (SCATTER_HEADER, scattered), (header, turned)]
        given.markdown.write_text(markdown(levels, placings, tables), encoding="utf-8")


if __name__ == "__main__":
    main()
