"""A small plan and a store that holds it, for the tests of the records."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from microcurrent.model import Electrode, Event, Placement, Plan, Ramp, Site, Step, Stimulus
from microcurrent.model.shapes import constant
from microcurrent.records import Store


@dataclass
class Opened:
    """A store with one plan and approval, and the digests of both."""

    store: Store
    plan: str
    approval: str

    @property
    def path(self) -> Path:
        return self.store.path

    def sitting(self, client: str = "client-7") -> str:
        return self.store.open_sitting(
            plan=self.plan, approval=self.approval, client=client, stimulator="bench", actor="tester"
        )


@pytest.fixture
def plan() -> Plan:
    stimulus = Stimulus(waveform=constant(), amplitude=200e-6, duration=40.0, ramp=Ramp(rise=5, fall=5))
    return Plan(
        title="Two spheres on a slab", body="slab", body_content="0" * 64, intent="test",
        electrodes=tuple(
            Electrode(name=name, shape="sphere", diameter=0.01, coupling="gel")
            for name in ("upper", "lower")
        ),
        sites=(Site(name="a", position=(0, 0, 0)), Site(name="b", position=(0.04, 0, 0))),
        steps=(
            Step(number=1, system="galvanic", stimulus=stimulus, start=0.0,
                 anode=Placement(electrode="upper", site="a"),
                 cathode=Placement(electrode="lower", site="b")),
        ),
    )  # fmt: skip


@pytest.fixture
def opened(tmp_path: Path, plan: Plan):
    with Store(tmp_path / "new" / "records.sqlite") as store:
        yield Opened(
            store=store,
            plan=store.put("plan", plan, actor="tester"),
            approval=store.put("approval", {"by": "tester"}, actor="tester"),
        )


@pytest.fixture
def measured():
    """Make a "measured" event at a time [s] with a charge [C]."""

    def make(time: float, charge: float = 0.0, note: str = "") -> Event:
        figures = (("net_charge", charge), ("absolute_charge", abs(charge)), ("note", note))
        return Event(time=time, utc="2027-01-31T10:00:00+00:00", kind="measured", figures=figures)

    return make
