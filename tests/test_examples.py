"""Every example is run: plans are read, predicted and assessed; scripts print what they promise."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from microcurrent import units, workflow

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
PLANS = sorted(EXAMPLES.glob("0*.toml"))
SCRIPTS = sorted(EXAMPLES.glob("0*.py"))


def test_examples_are_numbered_without_gaps():
    numbers = sorted(int(path.name[:2]) for path in [*PLANS, *SCRIPTS])
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("path", PLANS, ids=lambda p: p.stem)
def test_a_plan_can_be_predicted_and_passes_no_limit(path, tmp_path):
    prepared = workflow.read(path)
    with workflow.Workspace(tmp_path / "records.sqlite") as workspace:
        prediction = workflow.predict(prepared, workspace=workspace, actor="test", samples=8)
        assessment = workflow.assess(prepared, prediction, workspace=workspace, actor="test")
    assert assessment.having("stop") == ()
    assert len(prediction.exposure.steps) == len(prepared.plan.steps)
    assert all(step.balance_error < 1e-6 for step in prediction.exposure.steps)


def test_direct_and_alternating_current_go_equally_deep_and_spacing_decides():
    """What examples/04-how-deep.py prints is what physics.md section 8 derives."""
    told = subprocess.run(
        [sys.executable, str(EXAMPLES / "04-how-deep.py")], capture_output=True, text=True, check=True
    ).stdout
    rows = [list(map(int, re.findall(r"\d+(?= mm| % \()", line))) for line in told.splitlines()[1:-1]]
    assert [row[0] for row in rows] == [20, 30, 45, 60]
    for _, direct, pulsed in rows:
        assert abs(direct - pulsed) <= 1
    deep = [row[1] for row in rows]
    assert deep == sorted(deep) and deep[-1] > 1.5 * deep[0]


def test_gliding_spares_the_skin_and_hardly_changes_what_muscle_meets():
    """What examples/05-hold-or-glide.py prints; a path no longer than the contact spares nothing."""
    told = subprocess.run(
        [sys.executable, str(EXAMPLES / "05-hold-or-glide.py")], capture_output=True, text=True, check=True
    ).stdout
    rows = [re.split(r"\s{2,}", line.strip()) for line in told.splitlines()[1:-1]]
    assert [row[0] for row in rows] == ["held", "10 mm", "20 mm", "40 mm"]
    charges = [units.read(row[1], "charge density") for row in rows]
    assert charges == sorted(charges, reverse=True) and charges[0] > 4 * charges[-1]
    fields = [units.read(row[2], "field") for row in rows]
    assert max(fields) < 1.2 * min(fields)


def test_every_script_is_tested_here():
    assert [path.name for path in SCRIPTS] == ["04-how-deep.py", "05-hold-or-glide.py"]
