"""Modes of treatment: a consent of their own, limits of their own, and no stimulator that gives more for it."""

import dataclasses
import datetime

import pytest

from microcurrent import tables, workflow
from microcurrent.errors import ApprovalRefused, InputError, StimulatorRefused
from microcurrent.model import Approval, digest
from microcurrent.model.digest import plain

from .conftest import NOW, PLAN, ROOT, Treatment

WOUND = 'intent = "test"\nmode = "wound"'


def in_mode(plan, mode):
    return dataclasses.replace(plan, mode=mode)


@pytest.fixture(scope="module")
def motor(tmp_path_factory):
    text = (ROOT / "examples" / "09-motor-level.toml").read_text(encoding="utf-8")
    return Treatment(tmp_path_factory.mktemp("motor"), text)


@pytest.fixture(scope="module")
def wound(tmp_path_factory):
    """A short one that a stimulator of ours can give."""
    text = PLAN.replace('intent = "test"', WOUND).replace('"40 uA"', '"250 uA"').replace("12 mm", "20 mm")
    return Treatment(tmp_path_factory.mktemp("wound"), text)


def give(treated, workspace, approval):
    return workflow.deliver(
        treated.prepared.plan, approval, treated.client, delivery=workflow.Delivery(),
        workspace=workspace, now=NOW,
    )  # fmt: skip


# -- consent -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["motor", "iontophoresis"])
def test_another_mode_needs_its_own_word_and_the_refusal_says_which(treatment, mode):
    plan = in_mode(treatment.prepared.plan, mode)
    sentence = tables.modes()[mode].consent
    with pytest.raises(ApprovalRefused) as refused:
        workflow.check_consent(plan, mode="", role="clinician")
    assert sentence in str(refused.value) and f"--consent {mode}" in str(refused.value)
    with pytest.raises(ApprovalRefused, match=f"--consent {mode}"):
        workflow.check_consent(plan, mode="wound", role="clinician")
    workflow.check_consent(plan, mode=mode, role="practitioner")


def test_over_a_wound_a_clinician_alone(treatment):
    plan = in_mode(treatment.prepared.plan, "wound")
    for role in ("practitioner", "home user", "researcher"):
        with pytest.raises(
            ApprovalRefused, match=rf"by a clinician only, not by a {role}.*--role clinician"
        ):
            workflow.check_consent(plan, mode="wound", role=role)
    with pytest.raises(ApprovalRefused, match="--consent wound"):
        workflow.check_consent(plan, mode="", role="clinician")
    workflow.check_consent(plan, mode="wound", role="clinician")


def test_consent_to_a_mode_that_the_plan_is_not_of_is_refused(treatment):
    plan = treatment.prepared.plan
    workflow.check_consent(plan, mode="", role="home user")
    with pytest.raises(ApprovalRefused, match=r"Leave --consent out, or write mode = \"motor\""):
        workflow.check_consent(plan, mode="motor", role="clinician")
    with pytest.raises(InputError, match=r"--consent: no mode of treatment: expected one of .*came moter"):
        workflow.check_consent(plan, mode="moter", role="clinician")


def test_an_approval_keeps_what_was_agreed_to(motor, treatment):
    with workflow.Workspace(motor.records) as workspace:
        with pytest.raises(ApprovalRefused, match="--consent motor"):
            motor.approve(workspace)
        approval = motor.approve(workspace, mode="motor")
        assert approval.mode == "motor" and tables.modes()["motor"].consent in approval.meaning
        assert workspace.find(Approval, digest(approval)) == approval
    with workflow.Workspace(treatment.records) as workspace:
        usual = treatment.approve(workspace)
    assert usual.mode == "microcurrent" and "muscle" not in usual.meaning


# -- the limits of a role ------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["motor", "iontophoresis", "wound"])
def test_a_home_user_treats_by_microcurrent_alone(treatment, mode):
    plan = in_mode(treatment.prepared.plan, mode)
    with pytest.raises(ApprovalRefused, match="a home user"):
        workflow.check_consent(plan, mode=mode, role="home user")
    assert "home user" in tables.modes()["microcurrent"].roles


def at_home(treatment, workspace):
    """Assessed as for a home user, and agreed to by one."""
    assessment = workflow.assess(
        treatment.prepared, treatment.prediction, workspace=workspace, actor="test",
        profiles=workflow.profiles_for("home user"),
    )  # fmt: skip
    consent = treatment.consent(role="home user")
    evidence = (treatment.screening, treatment.prediction, assessment)
    return workflow.approve(treatment.prepared.plan, consent, evidence=evidence, workspace=workspace)


def test_a_home_user_brings_the_limits_of_home(treatment):
    assert workflow.profiles_for("practitioner", ("conservative",)) == ("conservative",)
    assert workflow.profiles_for("home user", ("conservative",)) == ("conservative", "home")
    with workflow.Workspace(treatment.records) as workspace:
        with pytest.raises(ApprovalRefused, match=r"did not look at home-current.*--profile home"):
            treatment.approve(workspace, role="home user")
        approval = at_home(treatment, workspace)
        assert approval.role == "home user"
        assert give(treatment, workspace, approval)[1].ending == "completed"


def test_an_approval_of_a_home_user_without_those_limits_gives_no_current(treatment):
    with workflow.Workspace(treatment.records) as workspace:
        usual = treatment.approve(workspace)
        with pytest.raises(ApprovalRefused, match="did not look at home-current"):
            give(treatment, workspace, dataclasses.replace(usual, role="home user"))


# -- delivery ----------------------------------------------------------------------------------


def test_motor_level_is_agreed_to_and_no_stimulator_of_ours_gives_it(motor):
    with workflow.Workspace(motor.records) as workspace:
        approval = motor.approve(workspace, mode="motor")
        with pytest.raises(StimulatorRefused, match="6 mA is above the 1 mA of simulated"):
            give(motor, workspace, approval)
        kinds = {
            e.kind for one in workspace.store.sittings() for e in workspace.store.sitting(one.id).events
        }
        assert "lease" not in kinds


def test_a_mode_is_delivered_under_its_own_limits(wound, monkeypatch):
    """Over a wound 250 uA may stay for hours; the limits that delivery reads are those of that mode."""
    asked = []
    limits = tables.limits

    def watched(*args, **named):
        asked.append(named.get("mode", "microcurrent"))
        return limits(*args, **named)

    with workflow.Workspace(wound.records) as workspace:
        with pytest.raises(ApprovalRefused, match="by a clinician only"):
            wound.approve(workspace, mode="wound")
        approval = wound.approve(workspace, mode="wound", role="clinician")
        monkeypatch.setattr(tables, "limits", watched)
        _, delivered = give(wound, workspace, approval)
        assert delivered.ending == "completed" and set(asked) == {"wound"}


def test_consent_of_one_mode_gives_no_current_of_another(wound):
    with workflow.Workspace(wound.records) as workspace:
        approval = wound.approve(workspace, mode="wound", role="clinician")
        for change, words in (
            ({"mode": "microcurrent"}, "needs a consent of its own"),
            ({"mode": "motor"}, "needs a consent of its own"),
            ({"role": "practitioner"}, "by a clinician only"),
        ):
            with pytest.raises(ApprovalRefused, match=words):
                give(wound, workspace, dataclasses.replace(approval, **change))
        other = in_mode(wound.prepared.plan, "microcurrent")
        with pytest.raises(ApprovalRefused, match="the consent is to wound"):
            workflow.deliver(
                other, approval, wound.client, delivery=workflow.Delivery(), workspace=workspace, now=NOW
            )


def test_an_approval_of_before_there_were_modes_is_one_for_microcurrent(treatment):
    with workflow.Workspace(treatment.records) as workspace:
        approval = treatment.approve(workspace, until=NOW.date() + datetime.timedelta(days=1))
    assert "mode" not in plain(approval) and "mode" not in plain(treatment.prepared.plan)
