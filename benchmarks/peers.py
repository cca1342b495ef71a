"""Our engine beside other solvers: one matrix, one residual, one thread, each in a process of its own.

    python benchmarks/peers.py --size 200 --runs 3

Makes the head model, hands its matrix to each solver in turn (all of them once, then all of them again, so
that a slow minute of the machine meets everyone), checks every potential against an independent float64
matrix, and writes a table and a picture of the medians. A solver that is not installed is named and left
out. See benchmarks/README.md for what to install.
"""

from __future__ import annotations

import argparse
import glob
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from head_model import BOXES, SKINS, Model, box, head, matrix
from measure import environment, run
from ours import save
from peers_page import Told, write_page
from scipy import sparse

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
TOLERANCE = 1e-8
#: A true residual may pass the wanted one by this share: the drift of a solver's own count.
DRIFT = 1.05
DEBIAN_PETSC = "/usr/lib/petscdir/*/*-real"


@dataclass(frozen=True, kw_only=True)
class Solver:
    """One solver: a name for people, the program that runs it and the method it is asked for."""

    name: str
    program: str
    method: str


SOLVERS = (
    Solver(name="microcurrent", program="ours.py", method="engine"),
    Solver(name="PETSc CG + BoomerAMG, SimNIBS's settings", program="solve_petsc.py", method="simnibs"),
    Solver(name="PETSc CG + BoomerAMG, tuned", program="solve_petsc.py", method="hypre-tuned"),
    Solver(name="PETSc CG + GAMG", program="solve_petsc.py", method="gamg"),
    Solver(name="PyAMG, Ruge–Stüben", program="solve_pyamg.py", method="pyamg-rs"),
    Solver(name="PyAMG, smoothed aggregation", program="solve_pyamg.py", method="pyamg-sa"),
    Solver(name="AMGCL, aggregation, float32", program="solve_amgcl", method="amgcl-sa-gs-float32"),
    Solver(name="AMGCL, aggregation", program="solve_amgcl", method="amgcl-sa-spai0"),
    Solver(name="AMGCL, Ruge–Stüben", program="solve_amgcl", method="amgcl-rs-spai0"),
    Solver(name="PETSc CG + diagonal", program="solve_petsc.py", method="jacobi"),
)
#: Run only where asked for: it takes a minute and more.
SLOW = ("jacobi",)


class Programs:
    """How each program is started here; `missing` says why one cannot be."""

    def __init__(self, folder: Path, amgcl: Path | None) -> None:
        self.missing: dict[str, str] = {}
        self._start = {name: [sys.executable, str(HERE / name)] for name in ("ours.py", "solve_pyamg.py")}
        self._environment = environment(1)
        self._find_petsc()
        self._build_amgcl(folder / "solve_amgcl", amgcl)

    def _find_petsc(self) -> None:
        """PETSc's Python is Debian's own, which this environment does not see."""
        places = sorted(glob.glob(DEBIAN_PETSC))
        if places:
            self._environment.setdefault("PETSC_DIR", places[-1])
        debian = shutil.which("python3", path="/usr/bin")
        for python in (sys.executable, debian):
            if python is None:
                continue
            asked = [python, "-c", "import petsc4py, numpy; from petsc4py import PETSc"]
            if (
                subprocess.run(asked, env=self._environment, capture_output=True, check=False).returncode
                == 0
            ):
                self._start["solve_petsc.py"] = [python, str(HERE / "solve_petsc.py")]
                return
        self.missing["solve_petsc.py"] = "petsc4py is not installed (Debian: python3-petsc4py)"

    def _build_amgcl(self, target: Path, headers: Path | None) -> None:
        compiler = shutil.which("g++") or shutil.which("clang++")
        if headers is None or not (headers / "amgcl" / "amg.hpp").exists():
            self.missing["solve_amgcl"] = "AMGCL's headers were not found (give --amgcl FOLDER)"
        elif compiler is None:
            self.missing["solve_amgcl"] = "no C++ compiler was found"
        else:
            flags = ["-std=c++17", "-O3", "-march=native", "-DNDEBUG", "-DAMGCL_NO_BOOST"]
            source = str(HERE / "solve_amgcl.cpp")
            built = subprocess.run(
                [compiler, *flags, f"-I{headers}", source, "-o", str(target)],
                capture_output=True,
                text=True,
                check=False,
            )
            if built.returncode:
                self.missing["solve_amgcl"] = "it did not compile: " + built.stderr.strip().splitlines()[0]
            else:
                self._start["solve_amgcl"] = [str(target)]

    def run(self, solver: Solver, folder: Path) -> dict[str, Any]:
        """Run one solver on the problem in `folder`; return what it measured, or why it failed."""
        words = [*self._start[solver.program], str(folder), solver.method, str(TOLERANCE)]
        return run(words, threads=1, around=self._environment)


def hand_over(model: Model, folder: Path) -> tuple[sparse.csr_array, Any]:
    """Write the problem in both forms; return the judge: the float64 matrix and the right-hand side."""
    judge = matrix(model)
    save(model, folder)
    arrays = {"indptr": judge.indptr, "indices": judge.indices, "data": judge.data}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return judge, model.robin()[1]


def compare(
    model: Model, solvers: Sequence[Solver], *, runs: int, amgcl: Path | None
) -> list[dict[str, Any]]:
    """Run every solver `runs` times, in turn; return one entry for each run."""
    entries: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        programs = Programs(folder, amgcl)
        for program, reason in programs.missing.items():
            print(f"left out: {program}: {reason}")
        judge, right = hand_over(model, folder)
        print(
            f"{model.name}: {right.size:,} unknowns, {judge.nnz:,} entries; wanted residual {TOLERANCE:g}"
        )
        for number in range(runs):
            for solver in solvers:
                if solver.program in programs.missing:
                    continue
                entry = programs.run(solver, folder)
                entry |= {"solver": solver.method, "name": solver.name, "run": number}
                if "failed" not in entry:
                    potential = np.load(folder / "potential.npy")
                    left = right - judge @ potential
                    entry["residual"] = float(np.linalg.norm(left) / np.linalg.norm(right))
                    (folder / "potential.npy").unlink()
                entries.append(entry)
                print(_line(entry), flush=True)
    return entries


def _line(entry: dict[str, Any]) -> str:
    if "failed" in entry:
        return f"  {entry['name']:45} failed: {entry['failed']}"
    missed = "" if entry["residual"] <= DRIFT * TOLERANCE else "  MISSED the residual"
    return (
        f"  {entry['name']:45} {entry['setup']:8.3f} + {entry['solve']:8.3f} s"
        f"  {entry['iterations']:5d} iterations  residual {entry['residual']:.1e}"
        f"  {(entry['memory'] or 0) / 2**20:8.0f} MiB{missed}"
    )


def medians(entries: Sequence[dict[str, Any]], unknowns: int, clock: str) -> list[dict[str, Any]]:
    """Return one row per solver that reached the residual: medians, and bytes per unknown."""
    rows = []
    for method in dict.fromkeys(entry["solver"] for entry in entries):
        mine = [e for e in entries if e["solver"] == method and "failed" not in e]
        if not mine or max(e["residual"] for e in mine) > DRIFT * TOLERANCE:
            print(f"not in the table, as it did not reach the residual: {method}")
            continue
        wall, used = (
            {
                "setup": statistics.median(e["setup" + kind] for e in mine),
                "solve": statistics.median(e["solve" + kind] for e in mine),
                "total": statistics.median(e["setup" + kind] + e["solve" + kind] for e in mine),
            }
            for kind in ("", "_cpu")
        )
        row = dict(wall if clock == "wall" else used)
        row["busy"] = wall["total"] / used["total"] - 1
        row |= {key: statistics.median(e[key] for e in mine) for key in ("iterations", "residual")}
        known = [e["memory"] for e in mine if e["memory"] is not None]
        row["bytes"] = statistics.median(known) / unknowns if known else None
        rows.append(row | {"solver": method, "name": mine[0]["name"], "runs": len(mine)})
    return rows


def problem(given: argparse.Namespace) -> Model:
    return head(given.size, given.contrast) if given.box is None else box(given.box, given.size)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=200, help="voxels along a side")
    parser.add_argument("--runs", type=int, default=3, help="runs of each solver; medians are shown")
    parser.add_argument("--contrast", choices=SKINS, default="c4", help="how dry the skin is")
    parser.add_argument("--box", choices=BOXES, help="one of the hard boxes in place of the head")
    parser.add_argument("--only", nargs="+", metavar="METHOD", help="these methods alone, by short name")
    parser.add_argument("--slow", action="store_true", help="with the diagonal preconditioner too")
    parser.add_argument("--amgcl", type=Path, help="folder that holds AMGCL's headers, amgcl/*.hpp")
    parser.add_argument(
        "--clock", choices=("wall", "processor"), default="wall", help="processor: for a busy machine"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="where table and picture go")
    return parser.parse_args()


def found_headers(given: Path | None) -> Path | None:
    """AMGCL's headers: as given, from the environment, or where a system keeps them."""
    named = os.environ.get("AMGCL_INCLUDE")
    candidates = [given, Path(named) if named else None, Path("/usr/local/include"), Path("/usr/include")]
    for place in candidates:
        if place is not None and (place / "amgcl" / "amg.hpp").exists():
            return place
    return None


def main() -> None:
    given = arguments()
    methods = given.only or [s.method for s in SOLVERS if given.slow or s.method not in SLOW]
    unknown = set(methods) - {s.method for s in SOLVERS}
    if unknown:
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(s.method for s in SOLVERS)}")
    model = problem(given)
    solvers = [s for s in SOLVERS if s.method in methods]
    entries = compare(model, solvers, runs=given.runs, amgcl=found_headers(given.amgcl))
    unknowns = int(model.cells.size)
    rows = medians(entries, unknowns, given.clock)
    print(write_page(rows, Told(model=model.name, unknowns=unknowns, clock=given.clock), given.out))


if __name__ == "__main__":
    main()
