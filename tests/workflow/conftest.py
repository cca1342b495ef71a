"""One treatment, predicted and agreed to once for all tests of the workflow."""

import datetime
from pathlib import Path

import pytest

from microcurrent import workflow

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime.datetime(2026, 11, 22, 10, 0, tzinfo=datetime.UTC)
PLAN = """
title  = "Short hold"
body   = "slab"
intent = "test"
[electrode.upper]
shape = "sphere"
diameter = "12 mm"
coupling = "gel"
[electrode.lower]
shape = "sphere"
diameter = "12 mm"
coupling = "gel"
[[step]]
do = "hold"
system = "galvanic"
current = "40 uA"
duration = "30 s"
anode = { electrode = "upper", at = "malar low left" }
cathode = { electrode = "lower", at = "modiolus left" }
[[step]]
do = "hold"
system = "faradic"
waveform = "biphasic"
current = "200 uA"
frequency = "30 Hz"
pulse = "300 us"
duration = "20 s"
between = [ { electrode = "upper", at = "malar low left" }, { electrode = "lower", at = "modiolus left" } ]
"""


class Treatment:
    """A plan file, its records, and what each verb made of it."""

    def __init__(self, folder: Path, text: str = PLAN) -> None:
        self.plan_file = folder / "plan.toml"
        self.plan_file.write_text(text, encoding="utf-8")
        self.answers = ROOT / "examples" / "client-clear.toml"
        self.records = folder / "records.sqlite"
        self.prepared = workflow.read(self.plan_file)
        with workflow.Workspace(self.records) as workspace:
            self.screening, self.client = workflow.screen(
                self.prepared, self.answers, workspace=workspace, on=NOW.date(), actor="test"
            )
            self.prediction = workflow.predict(
                self.prepared, workspace=workspace, actor="test", samples=8, seed=1
            )
            self.assessment = workflow.assess(
                self.prepared, self.prediction, workspace=workspace, actor="test"
            )

    def consent(self, **change) -> workflow.Consent:
        given = {
            "by": "A. Tester", "role": "practitioner", "given": NOW, "until": NOW.date(), "accept_warnings": True,
        }  # fmt: skip
        return workflow.Consent(**(given | change))

    def approve(self, workspace: workflow.Workspace, **change):
        return workflow.approve(
            self.prepared.plan,
            self.consent(**change),
            evidence=(self.screening, self.prediction, self.assessment),
            workspace=workspace,
        )


@pytest.fixture(scope="session")
def treatment(tmp_path_factory) -> Treatment:
    return Treatment(tmp_path_factory.mktemp("treatment"))


@pytest.fixture
def workspace(treatment):
    with workflow.Workspace(treatment.records) as opened:
        yield opened
