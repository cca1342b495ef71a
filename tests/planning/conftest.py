"""A small slab with its basis, and a plan exposed on it: made once for all tests of exposure and export."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from microcurrent import tables
from microcurrent.planning.basis import even_volume, surface_basis
from microcurrent.planning.exposure import Ground, expose
from microcurrent.planning.exposure.catalogue import Card, name_of, write_card
from microcurrent.planning.exposure.nerve_paths import NervePath
from microcurrent.planning.exposure.wanting import request_of, table_values
from microcurrent.planning.planfile import read_plan

MM = 1e-3
PLAN = """
title = "For tests"
body = "slab forehead"
intent = "comparison"
[sites]
"one" = ["-12 mm", "0 mm"]
"other" = ["12 mm", "0 mm"]
[electrode.a]
shape = "sphere"
diameter = "20 mm"
coupling = "gel"
[electrode.b]
shape = "sphere"
diameter = "20 mm"
coupling = "gel"
"""
STEPS = {
    "hold": """
[[step]]
do = "hold"
system = "faradic"
waveform = "biphasic"
current = "200 uA"
frequency = "50 Hz"
pulse = "400 us"
ramp = "1 s"
duration = "20 s"
between = [ { electrode = "a", at = "one" }, { electrode = "b", at = "other" } ]
""",
    "galvanic": """
[[step]]
do = "hold"
system = "galvanic"
current = "100 uA"
ramp = "5 s"
duration = "60 s"
anode = { electrode = "a", at = "one" }
cathode = { electrode = "b", at = "other" }
""",
    "glide": """
[[step]]
do = "glide"
system = "faradic"
waveform = "monophasic"
current = "200 uA"
frequency = "50 Hz"
pulse = "4 ms"
ramp = "1 s"
fixed = { electrode = "b", at = "other" }
moving = { electrode = "a", along = ["one", "half-way"] }
moving_is = "anode"
speed = "4 mm/s"
passes = 4
""",
}
HALF_WAY = '"half-way" = ["-4 mm", "8 mm"]\n'


class Lab:
    """A slab, its basis at 4 mm, and plans on it."""

    def __init__(self, folder):
        self.folder, self.bases = folder, folder / "bases"
        self.plan_file = self.write("all", "hold", "galvanic", "glide")
        self.plan, self.source = read_plan(self.plan_file)
        self.values = table_values(self.source)
        self.request, around = request_of(self.source, spacing=4 * MM, radius=14 * MM, plan=self.plan)
        self.said = []
        self.basis = surface_basis(
            self.source, self.values, self.request, folder=self.bases, progress=self.said.append
        )
        self.card = Card(
            name=name_of(self.source, self.values, self.request), body=self.plan.body,
            content=self.source.body.content, tables=tables.digest(), around=around, request=self.request,
        )  # fmt: skip
        write_card(self.bases, self.card)
        self.volume = even_volume(self.source, 4 * MM)
        self.nerves = (
            NervePath(name="a nerve", points=((-10 * MM, 0.0, -4.3 * MM), (10 * MM, 2 * MM, -4.3 * MM))),
        )

    def write(self, name, *steps, change=("", "")):
        """Write a plan of some steps, one text in it changed, and return its file."""
        path = self.folder / f"{name}.toml"
        text = PLAN.replace("[electrode.a]", f"{HALF_WAY}[electrode.a]", 1)
        path.write_text((text + "".join(STEPS[step] for step in steps)).replace(*change))
        return path

    def expose(self, path, **options):
        """Expose the plan of a file."""
        plan, source = read_plan(path)
        ground = Ground(
            basis=self.basis, volume=self.volume, spacing=4 * MM, name=self.card.name, tables=tables.digest()
        )  # fmt: skip
        return expose(plan, source, ground, **options)


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    return Lab(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="session")
def exposed(lab):
    """The plan of three steps, with a nerve."""
    return lab.expose(lab.plan_file, nerves=lab.nerves)


@pytest.fixture(scope="session")
def held(lab):
    """One held step of alternating current."""
    path = lab.write("held", "hold")
    return SimpleNamespace(plan=read_plan(path)[0], exposed=lab.expose(path))
