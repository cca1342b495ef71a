"""Screening a plan: zones and steps, ten histories, and the questions of the day before current flows."""

import datetime
import time
from dataclasses import replace
from pathlib import Path

import pytest

from microcurrent import workflow
from microcurrent.errors import AnswersError, ScreeningRefused, ValueRefused
from microcurrent.model import Answer, Client, SameDay
from microcurrent.reports.files import write_whole
from microcurrent.workflow.screening import reasons

from .conftest import NOW

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
TODAY = NOW.date()
#: What ten invented clients are told: for the cheek by both systems, for the forehead by faradic current.
HISTORIES = {
    "01-clear": ("clear", "clear"),
    "02-pacemaker": ("refused", "refused"),
    "03-botox-ten-days-ago": ("deferred", "deferred"),
    "04-retinoid-five-days-ago": ("deferred", "deferred"),
    "05-diabetes-cleared": ("clear", "clear"),
    "06-eczema-left-cheek": ("blocked", "clear"),
    "07-metal-plate": ("blocked", "clear"),
    "08-pregnant": ("refused", "refused"),
    "09-insensate-cheek": ("refused", "clearance"),
    "10-filler-forehead": ("clear", "deferred"),
}


@pytest.fixture(scope="module")
def plans():
    names = ("01-cheek-lift", "02-forehead-burst")
    return [workflow.read(EXAMPLES / f"{name}.toml") for name in names]


@pytest.fixture
def records(tmp_path):
    with workflow.Workspace(tmp_path / "records.sqlite") as opened:
        yield opened


def screened(prepared, answers, workspace, **more):
    return workflow.screen(prepared, answers, workspace=workspace, on=TODAY, actor="test", **more)[0]


def test_there_are_ten_histories():
    assert sorted(HISTORIES) == sorted(path.stem for path in (EXAMPLES / "histories").glob("*.toml"))
    assert len(HISTORIES) == 10


@pytest.mark.parametrize("name", HISTORIES)
def test_a_history_gets_its_verdict(name, plans, records):
    answers = EXAMPLES / "histories" / f"{name}.toml"
    found = tuple(screened(prepared, answers, records).outcome for prepared in plans)
    assert found == HISTORIES[name]


def test_a_step_that_touches_a_blocked_zone_is_named_with_it(plans, records):
    screening = screened(plans[0], EXAMPLES / "histories" / "06-eczema-left-cheek.toml", records)
    found = next(f for f in screening.findings if f.outcome != "clear")
    assert found.steps == (1, 2, 3) and found.zones == ("cheek left",)
    assert "Step 1 touches cheek left" in found.reason
    with pytest.raises(ScreeningRefused, match="step 2 touches cheek left"):
        workflow.check_screening(plans[0].plan, screening)


def test_zones_are_told_whether_the_plan_treats_them_or_not(plans, records):
    screening = screened(plans[1], EXAMPLES / "histories" / "06-eczema-left-cheek.toml", records)
    shown = {row.zone: row for row in workflow.zones_shown(plans[1], screening)}
    assert not shown["cheek left"].treated and shown["cheek left"].findings[0].id == "skin-broken"
    assert shown["forehead"].treated and shown["forehead"].findings == ()


def test_a_screening_holds_for_the_plan_whose_zones_it_knows(plans, records):
    screening = screened(plans[1], EXAMPLES / "histories" / "06-eczema-left-cheek.toml", records)
    assert screening.outcome == "clear" and screening.plan == plans[1].plan.digest
    workflow.check_screening(plans[1].plan, screening)
    both = replace(screening, systems=("galvanic", "faradic"))
    with pytest.raises(ScreeningRefused, match="another plan"):
        workflow.check_screening(plans[0].plan, both)


def test_to_look_at_another_day_keeps_nothing(plans, records):
    answers = EXAMPLES / "histories" / "03-botox-ten-days-ago.toml"
    workflow.screen(plans[0], answers, workspace=records, actor="test", keep=False,
                    on=datetime.date(2026, 12, 12))  # fmt: skip
    assert records.store.newest_first("screening") == []


def test_a_flat_block_has_no_zones_to_draw(plans, records, tmp_path):
    screening = screened(plans[0], EXAMPLES / "histories" / "01-clear.toml", records)
    with pytest.raises(ValueRefused, match=r"no zones to draw.*the table names"):
        workflow.draw_blocked(plans[0], screening, tmp_path / "zones.png")


# -- the questions of the day --------------------------------------------------------------------


@pytest.fixture
def agreed(treatment, records):
    """Records of their own with everything that an approval rests on, and the approval."""
    for noun in (treatment.prepared.plan, treatment.screening, treatment.prediction, treatment.assessment):
        records.keep(noun, actor="test")
    return treatment.approve(records)


def todays(tmp_path, date=f"date = {TODAY}", **changed):
    text = (EXAMPLES / "today-clear.toml").read_text(encoding="utf-8")
    for id_, answer in changed.items():
        old = f'\n{id_.replace("_", "-")} = "no"'
        assert old in text
        text = text.replace(old, f"\n{id_.replace('_', '-')} = {answer}")
    path = tmp_path / "today.toml"
    path.write_text(f"{date}\n{text}", encoding="utf-8")
    return path


def asked(treatment, workspace, path, *, now=NOW):
    return workflow.screen_today(treatment.prepared, path, workspace=workspace, now=now, actor="test")


def check(treatment, workspace, stimulator="serial:/dev/nothing", *, now=NOW, client="demo-01"):
    return workflow.check_today(
        treatment.prepared.plan, client, stimulator=stimulator, workspace=workspace, now=now
    )


@pytest.mark.parametrize("stimulator", ["serial:/dev/nothing", "stimjim:/dev/nothing", "scpi:NOTHING"])
def test_no_real_current_without_the_questions_of_the_day(treatment, records, agreed, stimulator):
    with pytest.raises(ScreeningRefused, match="questions of the day are asked"):
        workflow.deliver(
            treatment.prepared.plan, agreed, treatment.client, workspace=records, now=NOW,
            delivery=workflow.Delivery(stimulator=stimulator),
        )  # fmt: skip
    assert workflow.sittings(records) == []


def test_a_rehearsal_may_go_without_them(treatment, records, agreed):
    assert check(treatment, records, "simulated") is None
    assert check(treatment, records, "pty") is None
    _, delivered = workflow.deliver(
        treatment.prepared.plan, agreed, treatment.client, workspace=records, now=NOW,
        delivery=workflow.Delivery(),
    )  # fmt: skip
    assert delivered.ending == "completed"


def test_clear_answers_of_today_are_kept_and_let_current_flow(treatment, records, tmp_path):
    screening = asked(treatment, records, todays(tmp_path))
    assert (screening.outcome, screening.asked, screening.date) == ("clear", "dated", TODAY.isoformat())
    assert check(treatment, records) == screening
    assert records.newest(SameDay, client="demo-01") == screening


def test_answers_count_for_their_day_client_and_plan_alone(treatment, records, tmp_path, plans):
    asked(treatment, records, todays(tmp_path))
    for change in ({"now": NOW + datetime.timedelta(days=1)}, {"client": "somebody-else"}):
        with pytest.raises(ScreeningRefused, match="no answers of today"):
            check(treatment, records, **change)
    with pytest.raises(ScreeningRefused, match="another plan"):
        workflow.check_today(
            plans[0].plan, "demo-01", stimulator="serial:/dev/nothing", workspace=records, now=NOW
        )
    with pytest.raises(AnswersError, match="not of now"):
        asked(treatment, records, todays(tmp_path), now=NOW + datetime.timedelta(days=1))


@pytest.fixture
def clock_of(monkeypatch):
    """Set the time zone of the clock on the wall."""

    def set_to(zone):
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield set_to
    monkeypatch.undo()
    time.tzset()


def at(text):
    return datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)


@pytest.mark.parametrize(
    "zone", ["Pacific/Kiritimati", "Asia/Tokyo", "America/Denver", "Pacific/Pago_Pago"]
)
def test_the_day_is_the_one_where_the_client_is(treatment, records, tmp_path, clock_of, zone):
    """Morning and evening of one day, whatever UTC says of them; the next morning they count no more."""
    clock_of(zone)
    morning, evening, next_morning = (
        datetime.datetime.fromisoformat(text).astimezone()  # of that zone
        for text in ("2026-11-22T07:00", "2026-11-22T23:30", "2026-11-23T00:30")
    )
    path = todays(tmp_path, date="date = 2026-11-22")
    answers = asked(treatment, records, path, now=morning.astimezone(datetime.UTC))
    assert answers.date == "2026-11-22"
    assert check(treatment, records, now=evening.astimezone(datetime.UTC)) == answers
    with pytest.raises(ScreeningRefused, match="no answers of today"):
        check(treatment, records, now=next_morning.astimezone(datetime.UTC))
    with pytest.raises(AnswersError, match="not of now"):
        asked(treatment, records, path, now=next_morning.astimezone(datetime.UTC))


def test_yesterdays_answers_are_not_made_todays_by_another_time_zone(
    treatment, records, tmp_path, clock_of
):
    clock_of("Asia/Tokyo")
    asked(treatment, records, todays(tmp_path, date="date = 2026-11-22"), now=at("2026-11-22T00:30+00:00"))
    clock_of("Pacific/Honolulu")  # where the 22nd lasts until 10:00 UTC of the 23rd
    assert check(treatment, records, now=at("2026-11-22T18:30+00:00")).outcome == "clear"
    with pytest.raises(ScreeningRefused, match="more than 18 h ago"):
        check(treatment, records, now=at("2026-11-22T18:31+00:00"))


def test_answers_of_before_the_hour_was_kept_open_nothing(treatment, records, tmp_path):
    answers = asked(treatment, records, todays(tmp_path))
    records.keep(replace(answers, judged=""), actor="test")
    with pytest.raises(ScreeningRefused, match="more than 18 h ago"):
        check(treatment, records)
    assert check(treatment, records, "simulated") is not None


def test_an_approval_lasts_until_the_end_of_the_day_here(treatment, records, clock_of):
    clock_of("America/Denver")
    evening = at("2026-11-22T20:00-07:00")  # the 23rd in UTC
    today = workflow.day_of(evening)
    assert today == datetime.date(2026, 11, 22)
    approval = treatment.approve(records, given=evening, until=today)
    assert approval.refusal(approval.plan, today.isoformat()) == ""
    assert datetime.datetime.fromisoformat(approval.given) == evening


def test_undated_answers_to_the_screening_do_for_a_rehearsal_alone(
    treatment, records, agreed, tmp_path, plans
):
    """They would never grow old."""
    asked(treatment, records, todays(tmp_path))
    assert treatment.screening.answered_on == ""
    workflow.check_dated(treatment.screening, stimulator="simulated", on=TODAY)
    with pytest.raises(ScreeningRefused, match=r"do not say of which day.*date = "):
        workflow.deliver(
            treatment.prepared.plan, agreed, treatment.client, workspace=records, now=NOW,
            delivery=workflow.Delivery(stimulator="serial:/dev/nothing"),
        )  # fmt: skip
    assert workflow.sittings(records) == []
    dated = tmp_path / "dated.toml"
    dated.write_text(f"date = {TODAY}\n{treatment.answers.read_text(encoding='utf-8')}", encoding="utf-8")
    screening = screened(plans[0], dated, records)
    assert screening.answered_on == TODAY.isoformat()
    hardware = "serial:/dev/nothing"
    for days, stimulator in ((0, hardware), (30, hardware), (31, "pty")):
        workflow.check_dated(screening, stimulator=stimulator, on=TODAY + datetime.timedelta(days=days))
    with pytest.raises(ScreeningRefused, match=r"31 days old; they hold 30"):
        workflow.check_dated(screening, stimulator=hardware, on=TODAY + datetime.timedelta(days=31))


def test_a_file_that_says_no_day_does_for_a_rehearsal_alone(treatment, records, tmp_path):
    screening = asked(treatment, records, todays(tmp_path, date=""))
    assert screening.asked == "undated"
    assert check(treatment, records, "simulated") == screening
    with pytest.raises(ScreeningRefused, match="do not say of which day"):
        check(treatment, records)


def test_a_no_of_today_stops_even_a_rehearsal_until_it_is_asked_again(treatment, records, tmp_path):
    asked(treatment, records, todays(tmp_path, unwell='"yes"'))
    for stimulator in ("simulated", "serial:/dev/nothing"):
        with pytest.raises(ScreeningRefused, match=r"answers of today say deferred: infection-fever"):
            check(treatment, records, stimulator)
    asked(treatment, records, todays(tmp_path))
    assert check(treatment, records).outcome == "clear"


def test_zones_and_dates_of_the_day_are_judged_for_the_plan(treatment, records, tmp_path):
    spared = todays(tmp_path, skin_today='{ answer = "yes", zones = ["forehead"], note = "sunburn" }')
    assert asked(treatment, records, spared).outcome == "clear"
    touched = todays(tmp_path, skin_today='{ answer = "yes", zones = ["cheek left"] }')
    screening = asked(treatment, records, touched)
    assert screening.outcome == "blocked" and "step 1" in reasons(screening).lower()


def test_at_the_keyboard(treatment, records):
    questions = workflow.questions_today(treatment.prepared)
    answers = [Answer(id=question.id, yes=False) for question in questions]
    screening = workflow.answer_today(
        treatment.prepared, answers, Client(pseudonym="demo-01"), workspace=records, now=NOW, actor="test"
    )
    assert screening.asked == "at the keyboard" and check(treatment, records) == screening


# -- what is newest counts ------------------------------------------------------------------------


def test_newer_answers_for_another_plan_are_judged_for_this_one(
    treatment, records, agreed, tmp_path, plans
):
    """Screened since for the forehead: what was answered counts for the cheek, too."""

    def give():
        return workflow.deliver(
            treatment.prepared.plan, agreed, treatment.client, workspace=records, now=NOW,
            delivery=workflow.Delivery(),
        )  # fmt: skip

    text = treatment.answers.read_text(encoding="utf-8")
    answers = tmp_path / "answers.toml"
    filler = 'filler = {{ answer = "yes", zones = ["{}"] }}'
    write_whole(answers, text.replace('filler = "no"', filler.format("forehead")).encode())
    assert screened(plans[1], answers, records).outcome == "deferred"
    assert give()[1].ending == "completed"
    write_whole(answers, text.replace('filler = "no"', filler.format("cheek")).encode())
    assert screened(plans[1], answers, records).outcome == "clear"
    with pytest.raises(ScreeningRefused, match="newest screening"):
        give()
