"""Our engine on boxes that break plain aggregation: iterations and seconds beside those of a uniform box.

    python benchmarks/hard_boxes.py --size 128

Contrast 1e4, residual 1e-8, one core, each run in a process of its own, checked in float64.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from head_model import BOXES, box, true_residual
from measure import environment, run
from ours import save

HERE = Path(__file__).resolve().parent
TOLERANCE = 1e-8
HEADER = ("box", "unknowns", "set-up s", "solve s", "iterations", "true residual", "time, uniform = 1")


def solved(kind: str, size: int) -> dict[str, Any]:
    """Return what one box took."""
    model = box(kind, size)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save(model, folder)
        words = [sys.executable, str(HERE / "ours.py"), str(folder), "engine", str(TOLERANCE)]
        entry = run(words, threads=1, around=environment(1))
        if "failed" not in entry:
            entry["residual"] = true_residual(model, np.load(folder / "potential.npy"))
    return entry | {"unknowns": int(model.cells.size)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=128, help="voxels along a side")
    given = parser.parse_args()
    print(f"| {' | '.join(HEADER)} |")
    print("|---|" + "---:|" * (len(HEADER) - 1))
    uniform = None
    for kind in BOXES:
        entry = solved(kind, given.size)
        if "failed" in entry:
            print(f"| {kind} | {entry['unknowns']:,} | failed: {entry['failed']} |", flush=True)
            continue
        each = (entry["setup"] + entry["solve"]) / entry["unknowns"]
        uniform = uniform or each
        cells = [kind, f"{entry['unknowns']:,}", f"{entry['setup']:.3f}", f"{entry['solve']:.3f}"]
        cells += [f"{entry['iterations']}", f"{entry['residual']:.1e}", f"{each / uniform:.1f}"]
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
