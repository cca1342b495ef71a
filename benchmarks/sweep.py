"""How long a thousand virtual people take, and how often intervals hold people nobody knew of.

    python benchmarks/sweep.py [--people 1000] [--plan examples/01-cheek-lift.toml]

Sweeps one plan over people on all cores, from nothing, and again, when everything is kept. Then draws other
people (``--strangers``, 0 for none), solves them on the *fine* grid, and counts how often the 90 %
intervals hold their figures: these rest on the coarser grid, so the ratio that joins both is checked, too.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from microcurrent.physics.conduction.engine.team import cores
from microcurrent.planning.planfile import read_plan
from microcurrent.planning.uncertainty.crews import crew
from microcurrent.planning.uncertainty.figures import estimate
from microcurrent.planning.uncertainty.inputs import drawn
from microcurrent.planning.uncertainty.person import solved, study_of
from microcurrent.planning.uncertainty.sweeping import sweep

ROOT = Path(__file__).resolve().parents[1]


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--people", type=int, default=1000)
    asked.add_argument("--strangers", type=int, default=100)
    asked.add_argument("--workers", type=int)
    asked.add_argument("--plan", type=Path, default=ROOT / "examples" / "01-cheek-lift.toml")
    wanted = asked.parse_args()
    study = study_of(*read_plan(wanted.plan), seed=1)
    with tempfile.TemporaryDirectory() as folder:
        for words in ("from nothing", "all kept"):
            begin = time.perf_counter()
            people = sweep(study, wanted.people, out=Path(folder), crew=crew(workers=wanted.workers))
            took = time.perf_counter() - begin
            crowd = f"{wanted.workers or cores()} processes"
            print(
                f"{wanted.people} people x {study.plan.title!r} ({len(study.inputs)} inputs, "
                f"{len(people.keys)} figures), {crowd}, {words}: {took:.1f} s, "
                f"{wanted.people / took:.1f} people a second",
                flush=True,
            )
    if wanted.strangers:
        print(covered(study, people, wanted.strangers))


def covered(study, people, count):
    """Say which share of strangers, solved on the fine grid, lie in the intervals."""
    chance = np.random.default_rng(20261128).random((count, len(study.inputs)))
    truth = [solved(study, values, coarse=False) for values in drawn(study.inputs, chance)]
    shares = []
    for k, key in enumerate(people.keys):
        if np.isfinite(people.fine[k]):
            found = estimate(key, fine=people.fine[k], coarse=people.coarse[k], drawn=people.figures[:, k])
            known = [figures[key] for figures in truth if key in figures]
            shares.append(np.mean([found.low <= value <= found.high for value in known]))
    return (
        f"{count} strangers on the fine grid: the 90 % intervals of {len(shares)} figures hold "
        f"{100 * np.mean(shares):.1f} % of them (the least {100 * min(shares):.0f} %, the most "
        f"{100 * max(shares):.0f} %)"
    )


if __name__ == "__main__":
    main()
