"""The verbs in their order: nothing passes a gate that should hold it."""

import dataclasses
import datetime

import pytest

from microcurrent import workflow
from microcurrent.errors import (
    AnswersError,
    ApprovalRefused,
    AssessmentRefused,
    InputError,
    OutputNotConfirmedOff,
    RecordDamaged,
    RecordError,
    ScreeningRefused,
    ValueRefused,
)
from microcurrent.model import Approval, Client, Finding, Plan, Prediction, digest
from microcurrent.model.restore import restore

NOW = datetime.datetime(2026, 11, 22, 10, 0, tzinfo=datetime.UTC)


def give(treatment, workspace, approval, *, faults=(), now=NOW):
    return workflow.deliver(
        treatment.prepared.plan, approval, treatment.client,
        delivery=workflow.Delivery(faults=faults),
        workspace=workspace, now=now,
    )  # fmt: skip


def test_each_noun_carries_the_digest_of_the_one_before(treatment, workspace):
    approval = treatment.approve(workspace)
    assert treatment.prediction.plan == treatment.prepared.plan.digest == approval.plan
    assert treatment.assessment.prediction == digest(treatment.prediction) == approval.prediction
    assert approval.assessment == digest(treatment.assessment)
    assert approval.screening == digest(treatment.screening)


def test_what_is_kept_comes_back_equal(treatment, workspace):
    plan = workspace.find(Plan, workspace.keep(treatment.prepared.plan, actor="test"))
    assert plan == treatment.prepared.plan and plan.digest == treatment.prepared.plan.digest
    again = workspace.newest(Prediction, plan=plan.digest)
    assert again == treatment.prediction
    with pytest.raises(TypeError, match="does not know"):
        restore(Plan, {"titel": "x"})


def test_a_sitting_delivers_the_plan_and_the_record_holds(treatment, workspace):
    sitting, delivered = give(treatment, workspace, treatment.approve(workspace))
    assert delivered.ending == "completed"
    for step, planned in zip(delivered.steps, treatment.prepared.plan.steps, strict=True):
        assert step.absolute_charge == pytest.approx(planned.stimulus.absolute_charge, rel=1e-6)
    kept = workspace.store.sitting(sitting)
    assert kept.ending == "completed" and kept.client == treatment.client.pseudonym
    kinds = [event.kind for event in kept.events]
    assert kinds[0] == "opened" and kinds[-1] == "closed" and "off" in kinds
    assert kinds.index("lease") < kinds.index("measured")
    assert workflow.verify(workspace.records).head == workspace.store.head()


def test_equal_inputs_predict_equally(treatment, workspace):
    again = workflow.predict(treatment.prepared, workspace=workspace, actor="test", samples=8, seed=1)
    assert again == treatment.prediction
    other = workflow.predict(treatment.prepared, workspace=workspace, actor="test", samples=8, seed=2)
    assert other != treatment.prediction
    for one, two in zip(again.exposure.steps, other.exposure.steps, strict=True):
        assert one.voltage.value == two.voltage.value  # the middle does not depend on the draws


@pytest.mark.parametrize("fault", ["lead-off@12", "short@12", "drift@5", "gain@5", "reset@12"])
def test_a_fault_stops_the_sitting_and_the_record_says_so(treatment, workspace, fault):
    sitting, delivered = give(treatment, workspace, treatment.approve(workspace), faults=(fault,))
    assert delivered.ending == "tripped" and delivered.trip is not None
    kept = workspace.store.sitting(sitting)
    assert kept.ending == "tripped"
    assert [event.kind for event in kept.events][-2:] == ["off", "closed"]


@pytest.mark.parametrize("fault", ["silent@12", "frozen@12", "stuck@12"])
def test_where_zero_cannot_be_read_a_person_is_told(treatment, workspace, fault):
    faults = (fault, "lead-off@14") if fault.startswith("stuck") else (fault,)
    with pytest.raises(OutputNotConfirmedOff, match="Take the probes off"):
        give(treatment, workspace, treatment.approve(workspace), faults=faults)
    kept = workspace.store.sitting(workspace.store.sittings()[-1].id)
    assert kept.ending == "tripped"
    assert "not-off" in [event.kind for event in kept.events]


@pytest.mark.parametrize(
    ("faults", "told", "words"),
    [
        (("silent@12",), OutputNotConfirmedOff, "Take the probes off"),
        ((), RecordError, "the disk is full. The sitting .* was broken off; output is off"),
    ],
)
def test_a_full_disk_hides_nothing_from_the_person(treatment, workspace, monkeypatch, faults, told, words):
    approval = treatment.approve(workspace)
    append = workspace.store.append

    def full(*_, **__):
        raise RecordError("the disk is full.")

    def filling(sitting, event, **named):
        full() if event.time > 12.5 else append(sitting, event, **named)

    with monkeypatch.context() as patched:
        patched.setattr(workspace.store, "append", filling)
        patched.setattr(workspace.store, "close_sitting", full)
        with pytest.raises(told, match=words):
            give(treatment, workspace, approval, faults=faults)
    workspace.store.close()
    with workflow.Workspace(treatment.records) as again:
        assert workflow.recover(again) == [again.store.sittings()[-1].id]
        assert again.store.sittings()[-1].ending == "interrupted"


def test_a_warning_needs_a_word(treatment, workspace):
    assert treatment.assessment.verdict in ("warn", "unknown")
    with pytest.raises(ApprovalRefused, match="accept-warnings"):
        treatment.approve(workspace, accept_warnings=False)
    assert treatment.approve(workspace).warnings


def test_a_stop_cannot_be_approved(treatment, workspace):
    stop = Finding(rule="x", what="x", where="step 1", verdict="stop", reason="too much")
    worse = dataclasses.replace(treatment.assessment, findings=(stop,))
    with pytest.raises(AssessmentRefused, match="too much"):
        workflow.approve(
            treatment.prepared.plan, treatment.consent(),
            evidence=(treatment.screening, treatment.prediction, worse), workspace=workspace,
        )  # fmt: skip


def test_a_client_who_is_not_clear_cannot_be_approved(treatment, workspace, tmp_path):
    answers = tmp_path / "answers.toml"
    text = treatment.answers.read_text(encoding="utf-8")
    assert 'implant-active = "no"' in text
    text = text.replace('"demo-01"', '"other-01"').replace(
        'implant-active = "no"', 'implant-active = "yes"'
    )
    answers.write_text(text, encoding="utf-8")
    screening, _ = workflow.screen(
        treatment.prepared, answers, workspace=workspace, on=NOW.date(), actor="test"
    )
    with pytest.raises(ScreeningRefused, match="implant-active"):
        workflow.approve(
            treatment.prepared.plan, treatment.consent(),
            evidence=(screening, treatment.prediction, treatment.assessment), workspace=workspace,
        )  # fmt: skip


def test_a_screening_for_other_systems_does_not_count(treatment, workspace):
    partial = dataclasses.replace(treatment.screening, systems=("faradic",))
    with pytest.raises(ScreeningRefused, match="galvanic"):
        workflow.approve(
            treatment.prepared.plan, treatment.consent(),
            evidence=(partial, treatment.prediction, treatment.assessment), workspace=workspace,
        )  # fmt: skip


def test_evidence_of_another_plan_does_not_count(treatment, workspace):
    other = dataclasses.replace(treatment.prediction, plan="0" * 64)
    with pytest.raises(ApprovalRefused, match="another plan"):
        workflow.approve(
            treatment.prepared.plan, treatment.consent(),
            evidence=(treatment.screening, other, treatment.assessment), workspace=workspace,
        )  # fmt: skip


def test_no_current_without_an_approval_of_exactly_this_plan(treatment, workspace):
    approval = treatment.approve(workspace)
    before = len(workspace.store.sittings())
    for wrong, words in (
        (dataclasses.replace(approval, plan="0" * 64), "names plan 000000000000"),
        (dataclasses.replace(approval, tables="0" * 64), "tables have changed"),
    ):
        with pytest.raises(ApprovalRefused, match=words):
            give(treatment, workspace, wrong)
    with pytest.raises(ApprovalRefused, match="ended on 2026-11-22"):
        give(treatment, workspace, approval, now=NOW + datetime.timedelta(days=1))
    for summary in workspace.store.sittings()[before:]:
        kinds = {event.kind for event in workspace.store.sitting(summary.id).events}
        assert "lease" not in kinds and summary.ending == "interrupted"


def test_an_approval_is_for_the_client_who_was_screened(treatment, workspace):
    approval = treatment.approve(workspace)
    assert approval.client == treatment.screening.client == treatment.client.pseudonym
    before = len(workspace.store.sittings())
    for wrong in (approval, dataclasses.replace(approval, client="another")):
        with pytest.raises(ApprovalRefused, match="not for another"):
            workflow.deliver(
                treatment.prepared.plan, wrong, Client(pseudonym="another"),
                delivery=workflow.Delivery(),
                workspace=workspace, now=NOW,
            )  # fmt: skip
    assert len(workspace.store.sittings()) == before


def test_no_current_where_the_evidence_does_not_bear_the_approval(treatment, workspace):
    approval = treatment.approve(workspace)
    unanswered = dataclasses.replace(treatment.screening, unanswered=("epilepsy",))
    stop = Finding(rule="x", what="x", where="step 1", verdict="stop", reason="too much")
    worse = dataclasses.replace(treatment.assessment, findings=(stop,))
    before = len(workspace.store.sittings())
    for field, noun, error in (
        ("screening", unanswered, ScreeningRefused),
        ("assessment", worse, AssessmentRefused),
    ):
        workspace.keep(noun, actor="test")
        with pytest.raises(error):
            give(treatment, workspace, dataclasses.replace(approval, **{field: digest(noun)}))
        workspace.keep(treatment.screening, actor="test")  # screened again, and clear
    with pytest.raises(RecordError, match="no document"):
        give(treatment, workspace, dataclasses.replace(approval, screening="0" * 64))
    assert len(workspace.store.sittings()) == before


def test_an_unknown_stimulator_is_refused(treatment, workspace):
    with pytest.raises(InputError, match=r"no such stimulator: expected simulated .*came toaster"):
        workflow.deliver(
            treatment.prepared.plan, treatment.approve(workspace), treatment.client, now=NOW,
            delivery=workflow.Delivery(stimulator="toaster"), workspace=workspace,
        )  # fmt: skip
    with pytest.raises(InputError, match="KIND@SECONDS"):
        workflow.Delivery(faults=("lead-off",))
    with pytest.raises(InputError, match="one of lead_off"):
        workflow.Delivery(faults=("fire@3",))


def test_what_was_felt_is_added_and_nothing_changed(treatment, workspace):
    sitting, _ = give(treatment, workspace, treatment.approve(workspace))
    before = workspace.store.sitting(sitting)
    after = workflow.record(
        sitting, workflow.Noticed(felt="tingling", comfort=7), workspace=workspace, by="A. Tester", now=NOW
    )
    assert after.events[:-1] == before.events and after.ending == "completed"
    assert after.events[-1].figure("felt") == "tingling" and after.events[-1].figure("comfort") == 7
    for wrong in ({}, {"comfort": 11}, {"comfort": -1}):
        with pytest.raises(ValueRefused):
            workflow.Noticed(**wrong)
    assert workflow.verify(workspace.records).entries > 0


def test_the_report_holds_what_was_planned_delivered_and_felt(treatment, workspace, tmp_path):
    approval = treatment.approve(workspace)
    sitting, _ = give(treatment, workspace, approval)
    workflow.record(
        sitting, workflow.Noticed(felt="a warm <b>spot</b>"), workspace=workspace, by="A. Tester", now=NOW
    )
    pdf, html = workflow.report(sitting, workspace=workspace, folder=tmp_path)
    assert pdf.read_bytes().startswith(b"%PDF")
    text = html.read_text(encoding="utf-8")
    for part in (
        approval.plan,
        approval.prediction,
        "a warm &lt;b&gt;spot",
        "A. Tester",
        "not a medical device",
    ):
        assert part in text
    assert workspace.find(Approval, digest(approval)) == approval


def test_predicting_again_repairs_changed_fields(treatment, workspace):
    path = workspace.fields_folder / f"{treatment.prediction.fields}.npz"
    good = workspace.fields(treatment.prediction)
    path.write_bytes(b"damaged")
    assert workspace.keep_fields(good) == path
    assert workspace.fields(treatment.prediction).digest == treatment.prediction.fields
    assert not list(workspace.fields_folder.glob("*.partial"))


def test_a_stored_prediction_has_as_many_draws_as_were_asked_for(treatment, workspace):
    assert workflow.stored_prediction(treatment.prepared, workspace, samples=8) is not None
    assert workflow.stored_prediction(treatment.prepared, workspace) is not None
    assert workflow.stored_prediction(treatment.prepared, workspace, samples=9) is None


def test_what_another_version_wrote_is_refused_with_the_reason(workspace):
    name = workspace.store.put("approval", {"plan": "an older form"}, actor="test")
    for read in (
        lambda: workspace.find(Approval, name),
        lambda: workspace.newest(Approval, plan="an older form"),
    ):
        with pytest.raises(RecordError, match="another version"):
            read()


def test_changed_fields_are_found(treatment, workspace, tmp_path):
    sitting, _ = give(treatment, workspace, treatment.approve(workspace))
    path = workspace.fields_folder / f"{treatment.prediction.fields}.npz"
    good = path.read_bytes()
    try:
        for bad in (good[: len(good) // 2], b"", good.replace(b"section0", b"section9")):
            path.write_bytes(bad)
            with pytest.raises(RecordDamaged, match="fields"):
                workflow.report(sitting, workspace=workspace, folder=tmp_path)
        path.unlink()
        with pytest.raises(RecordDamaged, match="missing"):
            workflow.report(sitting, workspace=workspace, folder=tmp_path)
    finally:
        path.write_bytes(good)


def test_a_later_refusal_withdraws_what_was_approved(treatment, workspace, tmp_path):
    approval = treatment.approve(workspace)
    answers = tmp_path / "answers.toml"
    text = treatment.answers.read_text(encoding="utf-8")
    answers.write_text(text.replace('pregnancy = "no"', 'pregnancy = "yes"'), encoding="utf-8")
    workflow.screen(treatment.prepared, answers, workspace=workspace, on=NOW.date(), actor="test")
    with pytest.raises(ScreeningRefused, match="newest screening"):
        give(treatment, workspace, approval)
    workflow.screen(treatment.prepared, treatment.answers, workspace=workspace, on=NOW.date(), actor="test")
    assert give(treatment, workspace, approval)[1].ending == "completed"


@pytest.mark.parametrize(("days", "good"), [(-30, True), (0, True), (-31, False), (1, False)])
def test_dated_answers_hold_for_thirty_days(treatment, workspace, tmp_path, days, good):
    answers = tmp_path / "answers.toml"
    day = NOW.date() + datetime.timedelta(days=days)
    text = treatment.answers.read_text(encoding="utf-8")
    answers.write_text(f"date = {day}\n{text}", encoding="utf-8")
    arguments = {"workspace": workspace, "on": NOW.date(), "actor": "test"}
    if good:
        assert workflow.screen(treatment.prepared, answers, **arguments)[0].outcome == "clear"
    else:
        with pytest.raises(AnswersError, match="not of now"):
            workflow.screen(treatment.prepared, answers, **arguments)


def test_verify_takes_the_head_of_a_report_and_looks_at_the_fields(treatment, workspace):
    head = workspace.store.head()
    assert workflow.verify(workspace.records, containing=head[:12]).head == head
    with pytest.raises(ValueRefused, match="12 to 64"):
        workflow.verify(workspace.records, containing="abc")
    with pytest.raises(RecordDamaged, match="noted earlier"):
        workflow.verify(workspace.records, containing="0" * 12)
    path = workspace.fields_folder / f"{treatment.prediction.fields}.npz"
    good = path.read_bytes()
    try:
        path.write_bytes(good[:-1])
        with pytest.raises(RecordDamaged, match="have changed"):
            workflow.verify(workspace.records)
    finally:
        path.write_bytes(good)
