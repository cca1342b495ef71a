"""Every program for every part and side on its bodies: read as a plan, judged by the rules of placement.

    python benchmarks/programs.py [PROGRAM ...]

Takes minutes on the face: each way on the skin is computed once. With --predict the plans of whole bodies
are predicted and assessed as well, with few draws, which takes hours on the face. Exit code 1 where one is
stopped.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast
from unittest import mock

from microcurrent import tables
from microcurrent.errors import ValueRefused
from microcurrent.model.body import Site
from microcurrent.model.way import Way
from microcurrent.planning.assess import assess
from microcurrent.planning.bodies import BodySource, read_body
from microcurrent.planning.placement import place
from microcurrent.planning.planfile import read_plan, reader
from microcurrent.planning.prediction.predict import predict
from microcurrent.planning.programs import Wanted, compose, parts_of

SAMPLES = 3


class Remembering:
    """A body that computes each way on its skin once."""

    def __init__(self, source: BodySource) -> None:
        self.source = source
        self.ways: dict[tuple[object, ...], Way] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.source, name)

    def path(self, sites: Sequence[Site], *, clearance: float = 0.0) -> Way:
        """Return the way, remembered by its places to a tenth of a micrometre."""
        places = tuple(tuple(round(c, 7) for c in site.position) for site in sites)
        key = (*places, round(clearance, 7))
        if key not in self.ways:
            self.ways[key] = self.source.path(sites, clearance=clearance)
        return self.ways[key]


def wanted(name: str) -> Iterator[tuple[str, str, str]]:
    """Body, part and side of everything that a program can be asked for."""
    program = tables.programs()[name]
    kinds = {kind for step in program.steps for kind in step.kinds}
    for body in program.bodies:
        zones, muscles = parts_of(body, kinds=kinds)
        for part in ("", *zones, *muscles):
            for side in ("both", "left", "right"):
                yield body, part, side


def main(names: Sequence[str], *, predicted: bool) -> int:
    """Judge all plans of the programs; return how many were stopped."""
    bodies: dict[str, BodySource] = {}

    def body_of(name: str, **_: object) -> BodySource:
        if name not in bodies:
            bodies[name] = cast(BodySource, Remembering(read_body(name, base=Path())))
        return bodies[name]

    plans = refused = stopped = 0
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(reader, "read_body", body_of):
        for name in names or tables.programs():
            program = tables.programs()[name]
            limits = tables.limits(mode=program.mode)
            for body, part, side in wanted(name):
                source = body_of(body)
                try:
                    text = compose(program, source, Wanted(part=part, side=side), body=body)
                except ValueRefused:
                    refused += 1
                    continue
                file = Path(folder) / "plan.toml"
                file.write_text(text, encoding="utf-8")
                plan, _ = read_plan(file)
                found = place(plan, source.body, limits, tissues_between=source.tissues_on_line)
                if predicted and not part:
                    prediction, _ = predict(
                        plan, source, tables_digest=tables.digest(), samples=SAMPLES, seed=1
                    )
                    found = assess(
                        plan, prediction, limits, body=source.body, tables_digest=tables.digest(),
                        tissues_between=source.tissues_on_line,
                    ).findings  # fmt: skip
                wrong = [f for f in found if f.verdict in ("stop", "unknown")]
                plans, stopped = plans + 1, stopped + bool(wrong)
                for finding in wrong:
                    print(f"{name}, {body}, {part or 'whole'}, {side}: {finding.rule}: {finding.reason}")
            print(f"{name}: {plans} plans so far, {stopped} stopped, {refused} not offered", flush=True)
    return stopped


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(bool(main([one for one in given if one != "--predict"], predicted="--predict" in given)))
