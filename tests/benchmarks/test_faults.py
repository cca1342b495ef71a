"""The fault campaign in little, and every seed that ever failed."""

import importlib.util
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))


def loaded():
    spec = importlib.util.spec_from_file_location("fault_campaign", BENCHMARKS / "faults.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


campaign = loaded()

#: Seeds that failed once, and why: each was a defect.
ONCE_FAILED = {
    22: "a duration that is no whole number of steps was taken for a restart",
    941: "a restart shortly before the device's clock goes round was taken for its turn, and the sums were lost",
    3551: "a look at too little current was taken for proof that the probes do not touch",
    311: "the answer to caps in a session that another hello had ended broke the driver",
}


@pytest.mark.parametrize("seed", range(44))
def test_a_sitting_in_trouble(seed):
    assert campaign.judged(seed)[3] == []


@pytest.mark.parametrize("seed", ONCE_FAILED)
def test_what_failed_once(seed):
    assert campaign.judged(seed)[3] == [], ONCE_FAILED[seed]


def test_the_campaign_sees_what_is_wrong(monkeypatch):
    """It is worth something: it fails where a rule is taken out."""
    monkeypatch.setattr(campaign.rules.Sides, "look", lambda *_: "")
    found = [campaign.Sitting(seed, "gain").run().problems for seed in range(80)]
    assert any(any("zero came" in problem for problem in problems) for problems in found)


def test_a_lost_lease_in_the_record_is_seen(monkeypatch):
    monkeypatch.setattr(campaign.Controller, "_grant", forgetful_grant)
    problems = campaign.Sitting(0, "calm").run().problems
    assert any("leases were taken" in problem for problem in problems)


def forgetful_grant(self):
    self._granted = self._clock.now()
    self._stimulator.grant(self._lease)
