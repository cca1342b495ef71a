"""A course from plan to sittings held: planned, marked, delivered on the simulator, shown, and its cost."""

import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from microcurrent import workflow
from microcurrent.errors import InputError
from microcurrent.model.course_plan import Mark
from microcurrent.planning.course import exposure_of
from microcurrent.workflow.course_standing import totals_of

NOW = datetime.datetime(2026, 11, 22, 10, 0, tzinfo=datetime.UTC)
START = datetime.date(2026, 11, 22)  # a Sunday


def wanted(**change):
    given = {"start": START, "sittings": 12, "per_week": 2, "minutes": 40.0, "days": ("sunday", "wednesday"),
             "client": "demo-01"}  # fmt: skip
    return workflow.CourseWanted(**(given | change))


@pytest.fixture
def made(treatment, tmp_path):
    return workflow.plan_course(treatment.plan_file, wanted(), out=tmp_path / "course", now=NOW)


@pytest.fixture(scope="module")
def practised(treatment, tmp_path_factory):
    """Records with one whole sitting and one that a trip cut short, on the simulator."""
    records = tmp_path_factory.mktemp("practised") / "records.sqlite"
    records.write_bytes(treatment.records.read_bytes())
    fields = treatment.records.with_name("records.fields")
    if fields.exists():
        target = records.with_name("records.fields")
        target.mkdir()
        for file in fields.iterdir():
            (target / file.name).write_bytes(file.read_bytes())
    ids = []
    with workflow.Workspace(records) as workspace:
        approval = treatment.approve(workspace, until=NOW.date() + datetime.timedelta(days=20))
        for faults in ((), ("lead-off@40",)):
            sitting, _ = workflow.deliver(
                treatment.prepared.plan, approval, treatment.client, workspace=workspace, now=NOW,
                delivery=workflow.Delivery(faults=faults),
            )  # fmt: skip
            ids.append(sitting)
    return records, ids


def test_a_course_is_written_and_read_again(made, treatment):
    given = workflow.open_course(made.files[0])
    assert given.course == made.read.course
    assert list(given.plans) == [treatment.prepared.plan.digest]
    assert (given.spacing, given.least_spacing) == (48 * 3600, 12 * 3600)  # its plan has direct current
    assert [phase.first for phase in given.course.phases] == [1, 6, 11]
    assert Path(made.files[1]).read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
    with pytest.raises(InputError, match="exists already"):
        workflow.plan_course(treatment.plan_file, wanted(), out=made.files[0].parent, now=NOW)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"days": ("sunday", "monday")}, "expected 2 d between sittings"),
        ({"minutes": 61.0}, "a sitting is too long"),
        ({"preset": "theraface", "sittings": None}, "the preset theraface does not say it"),
        ({"preset": "magic"}, "no such preset"),
        ({"per_week": 3}, "days and sittings a week differ"),
        ({"days": ("sunday", "caturday")}, "no day of the week"),
        ({"at": "late"}, "a time such as 10:00"),
        ({"phases": (("warm-up", Path("x.toml")),)}, "no such phase"),
        ({"client": "Anna Müller"}, "Do not use the person's name"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_is_written(treatment, tmp_path, change, words):
    out = tmp_path / "course"
    with pytest.raises(InputError, match=words):
        workflow.plan_course(treatment.plan_file, wanted(**change), out=out, now=NOW)
    assert not out.exists()


def test_a_home_course_is_held_to_the_limits_of_home_use(treatment, tmp_path):
    home = wanted(preset="home", sittings=None, per_week=None, minutes=25.0, days=())
    with pytest.raises(InputError, match="home-sitting-time"):
        workflow.plan_course(treatment.plan_file, home, out=tmp_path, now=NOW)
    # The default of five a week cannot be kept with direct current.
    with pytest.raises(InputError, match="at most 3 sittings a week"):
        workflow.plan_course(
            treatment.plan_file, wanted(preset="home", sittings=None, per_week=None, minutes=None, days=()),
            out=tmp_path, now=NOW,
        )  # fmt: skip


def test_another_plan_in_a_later_phase_needs_an_approval_of_its_own(treatment, tmp_path):
    stronger = tmp_path / "stronger.toml"
    text = treatment.plan_file.read_text(encoding="utf-8").replace(
        'current = "200 uA"', 'current = "250 uA"'
    )
    stronger.write_text(text, encoding="utf-8")
    made = workflow.plan_course(
        treatment.plan_file,
        wanted(phases=(("build", stronger), ("hold", stronger))),
        out=tmp_path / "c",
        now=NOW,
    )
    digests = [phase.digest for phase in made.read.course.phases]
    assert digests[0] != digests[1] == digests[2] and len(made.read.plans) == 2
    assert [remark for remark in made.remarks if "Phase build goes by another plan" in remark]
    stronger.write_text(text.replace("250 uA", "300 uA"), encoding="utf-8")
    with pytest.raises(InputError, match="not the one that the course was planned with"):
        workflow.open_course(made.files[0])


def test_marks_replan_and_what_cannot_be_marked_leaves_the_files_alone(made):
    path = made.files[0]
    before = path.read_bytes(), made.files[1].read_bytes()
    for mark, words in (
        (Mark(date="2026-11-24", what="missed"), "no sitting is planned on this day"),
        (Mark(date="2026-11-29", what="moved", to="2027-01-01"), ""),
    ):
        if words:
            with pytest.raises(InputError, match=words):
                workflow.mark_course(path, mark, now=NOW)
            assert (path.read_bytes(), made.files[1].read_bytes()) == before
    after = workflow.mark_course(path, Mark(date="2026-11-25", what="missed", reason="ill"), now=NOW)
    days = [b.day for b in after.calendar().bookings]
    assert len(days) == 12 and "2026-11-25" not in days
    assert workflow.open_course(path).course == after.course and after.course.revision == 1
    assert b"SEQUENCE:1" in made.files[1].read_bytes()


def test_rehearsals_do_not_count_unless_asked_for(made, practised):
    records, _ = practised
    with workflow.Workspace(records) as workspace:
        plain = workflow.course_next(made.read, workspace=workspace, on=NOW.date())
        found = workflow.course_next(made.read, workspace=workspace, on=NOW.date(), rehearsals=True)
    assert (plain.done, plain.booking.day) == (0, "2026-11-22") and plain.may
    # The second was cut short: it keeps others away, and is not a sitting done.
    assert found.done == 1 and found.left == 11 and found.booking.day > "2026-11-22"


def test_the_whole_picture_adds_up(made, practised):
    records, ids = practised
    on = datetime.date(2026, 11, 30)
    with workflow.Workspace(records) as workspace:
        shown = workflow.course_show(made.read, workspace=workspace, on=on, rehearsals=True, actor="test")
    assert [one.whole for one in sorted(shown.held, key=lambda one: ids.index(one.id))] == [True, False]
    assert (shown.adherence.done, shown.adherence.due) == (1, 3) and not shown.adherence.enough
    totals = shown.totals
    assert totals.course.charge.value == pytest.approx(12 * totals.sitting.charge.value)
    assert totals.course.net.high == pytest.approx(12 * totals.sitting.net.high)
    # One whole sitting and a part of one; at most 1 % beyond what was planned.
    delivered = totals.delivered.charge.value / totals.sitting.charge.value
    assert 1.5 < delivered < 1.99
    assert {one.start[:10] for one in shown.held} == {"2026-11-22"}
    assert totals.delivered.direct.value < 1.01 * 2 * totals.sitting.direct.value
    assert all(finding.verdict == "ok" for finding in totals.findings)


def test_one_sitting_is_what_the_prediction_says(treatment):
    plan, prediction = treatment.prepared.plan, treatment.prediction
    one = exposure_of(plan, prediction, treatment.prepared.source.body)
    assert one.net == prediction.exposure.net_charge_density
    assert one.direct.value == pytest.approx(prediction.exposure.dc_charge.value)
    assert one.charge.value == pytest.approx(sum(s.stimulus.absolute_charge for s in plan.steps))
    assert {p.place for p in one.places} == {"malar low left", "modiolus left"}
    # Both steps stand on the same two sites: what they give there adds up.
    steps = [
        contact
        for step in prediction.exposure.steps
        for contact in step.contacts
        if contact.electrode == "upper"
    ]
    upper = next(p for p in one.places if p.place == "malar low left")
    assert upper.absolute.value == pytest.approx(sum(c.absolute_charge_density.value for c in steps))


def test_a_diary_stands_in_for_records(made, tmp_path):
    path = made.files[0]
    workflow.mark_course(path, Mark(date="2026-11-22", what="done"), now=NOW)
    given = workflow.mark_course(path, Mark(date="2026-11-25", what="done", minutes=20.0), now=NOW)
    with workflow.Workspace(tmp_path / "own.sqlite") as workspace:
        grounds = workflow.grounds_of(given, workspace=workspace, actor="test", samples=8)
        shown = workflow.course_show(
            given, workspace=workspace, on=datetime.date(2026, 11, 26), actor="test"
        )
    assert (shown.adherence.done, shown.adherence.due) == (2, 2) and shown.adherence.enough
    one = totals_of(given, grounds).sitting
    assert shown.totals.delivered.charge.value == pytest.approx(1.5 * one.charge.value)


def test_an_adverse_event_in_the_records_holds_the_course(made, practised):
    records, ids = practised
    with workflow.Workspace(records) as workspace:
        noticed = workflow.Noticed(adverse="a vesicle under the cathode")
        workflow.record(ids[0], noticed, workspace=workspace, by="T", now=NOW)
        found = workflow.course_next(made.read, workspace=workspace, on=NOW.date(), rehearsals=True)
        assert ("skin-damage", "stop") in [(h.rule, h.outcome) for h in found.halts] and not found.may


def test_old_answers_and_a_missing_approval_are_told_before_the_day(made, practised, tmp_path):
    later = datetime.date(2027, 1, 10)
    with workflow.Workspace(practised[0]) as workspace:
        rules = {halt.rule for halt in workflow.course_next(made.read, workspace=workspace, on=later).halts}
    assert {"screening", "approval"} <= rules
    with workflow.Workspace(tmp_path / "empty.sqlite") as workspace:
        found = workflow.course_next(made.read, workspace=workspace, on=START)
    assert found.halts[0].reason == "demo-01 was never screened"


def test_a_screening_for_another_plan_is_judged_for_this_one_and_said_to_be(made, treatment, tmp_path):
    with workflow.Workspace(tmp_path / "own.sqlite") as workspace:

        def screened(**yes):
            given = tuple(replace(a, yes=yes.get(a.id, a.yes)) for a in treatment.screening.answers)
            other = replace(treatment.screening, plan="1" * 64, date=START.isoformat(), answers=given)
            workspace.keep(other, actor="test")
            return workflow.course_next(made.read, workspace=workspace, on=START)

        found = screened()
        assert "screening" not in {halt.rule for halt in found.halts}
        assert any(
            "made for another plan; its answers are judged for this one" in w for w in found.warnings
        )
        # It was clear for that plan. For this one an answer stands against it.
        found = screened(pregnancy=True)
        (halt,) = [halt for halt in found.halts if halt.rule == "screening"]
        assert "made for another plan" in halt.reason and "pregnancy" in halt.reason


# -- costs -------------------------------------------------------------------------------------------


def test_a_plan_and_its_course_cost_the_same(made, treatment):
    of_course = workflow.cost_of(made.files[0], workflow.CostWanted(price="USD 350"))
    given = workflow.course_cost(workflow.open_course(made.files[0]), workflow.CostWanted(price="USD 350"))
    assert of_course == given and of_course.sittings == 12
    of_plan = workflow.cost_of(treatment.plan_file, workflow.CostWanted())
    assert of_plan.sittings == 15  # it names no course: the default of a practice
    charge = sum(step.stimulus.absolute_charge for step in treatment.prepared.plan.steps)
    assert of_plan.charge_per_sitting == pytest.approx(charge)


def test_a_device_of_the_catalogue_brings_its_price_or_asks_for_one(made):
    sheet = workflow.cost_of(made.files[0], workflow.CostWanted(device="nuface-trinity"))
    assert sheet.home[0].cost.currency == "USD" and "catalogue" in sheet.home[0].why
    with pytest.raises(InputError, match="no such device"):
        workflow.cost_of(made.files[0], workflow.CostWanted(device="magic-wand"))
