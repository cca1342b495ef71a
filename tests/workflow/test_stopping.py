"""After an adverse event nothing flows into a person until the client has been screened again."""

import datetime
from dataclasses import replace

import pytest

from microcurrent import workflow
from microcurrent.errors import ScreeningRefused
from microcurrent.workflow.stopping import check_events, open_events

from .conftest import NOW

SERIAL = "serial:/dev/nothing"
CLIENT = "demo-01"


@pytest.fixture
def records(treatment, tmp_path):
    with workflow.Workspace(tmp_path / "own.sqlite") as opened:
        for noun in (
            treatment.prepared.plan, treatment.screening, treatment.prediction, treatment.assessment,
        ):  # fmt: skip
            opened.keep(noun, actor="test")
        yield opened


@pytest.fixture
def approval(treatment, records):
    return treatment.approve(records, until=NOW.date() + datetime.timedelta(days=9))


@pytest.fixture
def sitting(treatment, records, approval):
    """A sitting that was closed, of this client."""
    name = records.store.open_sitting(
        plan=treatment.prepared.plan.digest, approval=records.keep(approval, actor="test"), client=CLIENT,
        stimulator=SERIAL, actor="test",
    )  # fmt: skip
    records.store.close_sitting(name, "completed")
    return name


def noted(records, sitting, words):
    workflow.record(sitting, workflow.Noticed(adverse=words), workspace=records, by="T", now=NOW)


def screened(treatment, records, answered_on):
    records.keep(replace(treatment.screening, answered_on=answered_on), actor="test")


def check(records, stimulator=SERIAL, client=CLIENT):
    return check_events(client, stimulator=stimulator, workspace=records)


@pytest.mark.parametrize(
    ("words", "outcome"),
    [("Burns under the cathode", "stop"), ("itch for two days", "pause"), ("no burn", "stop")],
)
def test_an_adverse_event_refuses_current_for_people_and_is_told_at_rehearsals(
    records, sitting, words, outcome
):
    assert check(records) == ()
    noted(records, sitting, words)
    with pytest.raises(ScreeningRefused, match=rf"{sitting}.*{words}.*screen PLAN --answers"):
        check(records)
    for rehearsal in ("simulated", "pty:python"):
        (event,) = check(records, rehearsal)
        assert (event.outcome, event.day) == (outcome, "2026-11-22") and words in event.told
    assert check(records, client="somebody-else") == ()


def test_no_sitting_is_opened_on_hardware_and_a_rehearsal_goes_on(treatment, records, approval, sitting):
    noted(records, sitting, "a blister")
    give = {"workspace": records, "now": NOW}
    before = len(workflow.sittings(records))
    with pytest.raises(ScreeningRefused, match="blister"):
        workflow.deliver(
            treatment.prepared.plan, approval, treatment.client,
            delivery=workflow.Delivery(stimulator=SERIAL), **give,
        )  # fmt: skip
    assert len(workflow.sittings(records)) == before
    _, delivered = workflow.deliver(
        treatment.prepared.plan, approval, treatment.client, delivery=workflow.Delivery(), **give
    )
    assert delivered.ending == "completed"


def test_a_screening_after_the_event_closes_it(treatment, records, sitting):
    screened(treatment, records, "2026-11-23")  # kept before it
    noted(records, sitting, "a burn")
    with pytest.raises(ScreeningRefused):
        check(records)
    screened(treatment, records, "2026-11-23")
    assert check(records) == ()
    noted(records, sitting, "a burn")  # and once more
    with pytest.raises(ScreeningRefused):
        check(records)


@pytest.mark.parametrize("day", ["", "2026-11-21"])
def test_answers_from_before_the_event_or_of_no_day_close_nothing(treatment, records, sitting, day):
    noted(records, sitting, "a burn")
    screened(treatment, records, day)
    with pytest.raises(ScreeningRefused):
        check(records)


def test_a_screening_that_is_not_clear_closes_nothing(treatment, records, sitting):
    noted(records, sitting, "a burn")
    findings = tuple(
        replace(f, outcome="blocked") if f.id == "skin-broken" else f for f in treatment.screening.findings
    )
    again = replace(treatment.screening, answered_on="2026-11-23", findings=findings)
    assert again.outcome == "blocked"
    records.keep(again, actor="test")
    with pytest.raises(ScreeningRefused):
        check(records)


def test_what_stops_is_told_first(records, sitting):
    for words in ("itch", "a blister"):
        noted(records, sitting, words)
    assert [one.words for one in open_events(CLIENT, workspace=records)] == ["a blister", "itch"]
    with pytest.raises(ScreeningRefused, match=r"a blister.*and 1 more"):
        check(records)
