"""Print closed forms beside what the finite volumes give, with errors and orders of convergence.

python benchmarks/verification.py [--levels 4 8 12] [--markdown FILE]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from microcurrent.physics.exact.cases import Study, study, verification_cases

HEADER = ("case", "quantity", "unit", "exact", "computed", "error %", "order")


def row(result: Study) -> tuple[str, ...]:
    """One line of the table: a value and an error for each level."""
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


def markdown(rows: Sequence[Sequence[str]], levels: Sequence[int]) -> str:
    """The table as a page of its own."""
    lines = [
        "# Finite volumes against closed forms",
        "",
        f"Computed at {', '.join(map(str, levels))} cells per length (disc radius or distance).",
        "Made by `python benchmarks/verification.py --markdown FILE`.",
        "",
        f"| {' | '.join(HEADER)} |",
        f"|{'---|' * len(HEADER)}",
        *(f"| {' | '.join(cells)} |" for cells in rows),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Compute every case, print the table and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--levels", type=int, nargs="+", default=[4, 8, 12])
    parser.add_argument("--markdown", type=Path)
    given = parser.parse_args()
    started = time.perf_counter()
    rows = []
    widths = (4, 60, 4, 8, 28, 24, 6)
    print("  ".join(name.ljust(width) for name, width in zip(HEADER, widths, strict=True)))
    for case in verification_cases():
        rows.append(row(study(replace(case, levels=tuple(given.levels)))))
        print("  ".join(cell.ljust(width) for cell, width in zip(rows[-1], widths, strict=True)))
    print(f"{len(rows)} cases in {time.perf_counter() - started:.0f} s")
    if given.markdown:
        given.markdown.write_text(markdown(rows, given.levels), encoding="utf-8")


if __name__ == "__main__":
    main()
