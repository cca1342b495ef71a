"""Course files and calendar files: what is written is read again, by us and by others; errors name the line."""

import datetime

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microcurrent.errors import InputError
from microcurrent.model.course import Client, Outcome, Schedule
from microcurrent.model.course_plan import CoursePlan, Mark, Phase
from microcurrent.planning.course import (
    calendar_of,
    calendar_text,
    course_text,
    read_course,
    read_holidays,
    with_mark,
)

STAMP = datetime.datetime(2026, 11, 28, 12, 0, tzinfo=datetime.UTC)
SPACING = 48 * 3600.0


def course(**change):
    given_ = {
        "id": "abcdefgh", "title": "Cheek lift, left", "client": "demo-01", "preset": "professional",
        "start": "2026-12-01", "days": ("tuesday", "friday"), "at": "10:00",
        "schedule": Schedule(sittings=16, per_week=2, minutes=40, maintenance="monthly"),
        "phases": (Phase(name="start", first=1, last=5, plan="a.toml", digest="0" * 64, what="find out"),
                   Phase(name="build", first=6, last=16, plan="b.toml", digest="1" * 64)),
        "holidays": ("2026-12-25", "2027-01-01"),
    }  # fmt: skip
    return CoursePlan(**(given_ | change))


FULL = course(
    marks=(
        Mark(date="2026-12-04", what="moved", to="2026-12-05"),
        Mark(date="2026-12-08", what="done", minutes=37.5),
        Mark(date="2026-12-09", what="cleared", reason='redness, "faint"', by="Dr. B"),
    ),
    outcomes=(Outcome(client=Client(pseudonym="demo-01"), scale="wrinkles", value=4.0, error=0.5,
                      measured="2026-12-01", by="A. Tester"),),
    reminder=60.0, revision=3,
)  # fmt: skip


def test_a_course_file_holds_all_of_a_course(tmp_path):
    path = tmp_path / "course.toml"
    for one in (course(), FULL):
        path.write_text(course_text(one), encoding="utf-8")
        assert read_course(path) == one


def test_a_mark_is_added_and_nothing_else_changes(tmp_path):
    path = tmp_path / "course.toml"
    text = "# mine\n" + course_text(FULL)
    mark = Mark(date="2026-12-11", what="missed", reason="ill")
    path.write_text(with_mark(text, mark), encoding="utf-8")
    after = read_course(path)
    assert after.marks == (*FULL.marks, mark) and after.revision == FULL.revision + 1
    assert path.read_text(encoding="utf-8").startswith("# mine\n")


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (('at          = "10:00"', 'at = "25:00"'), "schedule.at", "a time such as 10:00"),
        (('minutes     = "40 min"', 'minutes = "40"'), "schedule.minutes", "unit missing"),
        (('make_up     = "shift"', 'makeup = "shift"'), "schedule.makeup", 'Did you mean "make_up"'),
        (('"friday"', '"fryday"'), "schedule.days 2", "one of friday"),
        (("last   = 5", "last = 4"), "phase 1.phases", "a phase from sitting 5"),
        (("start       = 2026-12-01", 'start = "soon"'), "schedule.start", "cannot be used"),
    ],
)  # fmt: skip
def test_every_mistake_is_told_with_its_line(tmp_path, change, line, words):
    path = tmp_path / "course.toml"
    text = course_text(course())
    assert change[0] in text
    path.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_course(path)
    problem = refused.value.problems[0]
    assert problem.key.endswith(line) and words in str(problem) and problem.line, str(refused.value)


# -- the calendar, judged by another library ---------------------------------------------------------


def parsed(one, **change):
    calendar = calendar_of(one, spacing=SPACING, measurements=())
    text = calendar_text(one, calendar, stamp=STAMP, **change)
    return calendar, icalendar.Calendar.from_ical(text), text


def test_another_library_reads_the_calendar_as_it_was_meant():
    calendar, read, text = parsed(course(reminder=90.0))
    events = list(read.walk("VEVENT"))
    bookings = [*calendar.bookings, *calendar.maintenance]
    assert [event["DTSTART"].dt.isoformat(timespec="minutes") for event in events] == [
        b.start for b in bookings
    ]
    assert all(event["DTSTART"].dt.tzinfo is None for event in events)
    assert all(
        (event["DTEND"].dt - event["DTSTART"].dt) == datetime.timedelta(minutes=40) for event in events
    )
    assert all(event["DTSTAMP"].dt == STAMP for event in events)
    assert len({str(event["UID"]) for event in events}) == len(events)
    alarms = list(read.walk("VALARM"))
    assert len(alarms) == len(events) and alarms[0]["TRIGGER"].dt == datetime.timedelta(minutes=-90)
    assert "demo-01" not in text
    assert not any(event.errors for event in events)


@settings(max_examples=40)
@given(
    title=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=200).filter(
        str.strip
    )
)
def test_lines_are_folded_at_75_octets_and_come_back_whole(title):
    _, read, text = parsed(course(title=title))
    assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert {str(event["DESCRIPTION"]) for event in read.walk("VEVENT")} == {title}


def test_a_change_moves_the_same_event_on():
    """Same identifier, higher sequence, new date; what is no longer planned is cancelled."""
    mark = Mark(date="2026-12-11", what="missed")
    before = {str(e["UID"]): e for e in parsed(course())[1].walk("VEVENT")}
    after = {str(e["UID"]): e for e in parsed(course(marks=(mark,), revision=1))[1].walk("VEVENT")}
    assert set(before) == set(after)
    moved = [uid for uid in before if before[uid]["DTSTART"].dt != after[uid]["DTSTART"].dt]
    assert "abcdefgh-sitting-4@microcurrent" in moved and "abcdefgh-sitting-3@microcurrent" not in moved
    assert all(after[uid]["SEQUENCE"] > before[uid]["SEQUENCE"] for uid in moved)
    stop = Mark(date="2026-12-15", what="stopped")
    states = [str(e["STATUS"]) for e in parsed(course(marks=(stop,), revision=1))[1].walk("VEVENT")]
    assert states[:4] == ["CONFIRMED"] * 4 and set(states[4:]) == {"CANCELLED"}


# -- holidays ----------------------------------------------------------------------------------------


def holidays_of(tmp_path, *events):
    path = tmp_path / "holidays.ics"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", *lines_of(events), "END:VCALENDAR"]
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
    return read_holidays(path)


def lines_of(events):
    return [line for event in events for line in ("BEGIN:VEVENT", *event, "END:VEVENT")]


def test_holidays_come_from_any_calendar(tmp_path):
    found = holidays_of(
        tmp_path,
        ("DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20261227", "SUMMARY:Christmas"),
        (
            "DTSTART:20270101T090000Z",
            "DTEND:20270101T170000Z",
            "BEGIN:VALARM",
            "DTSTART:20200101",
            "END:VALARM",
        ),
        ("DTSTART;VALUE=DATE:2027", " 0106"),
        ("DTSTART;VALUE=DATE:20270401", "STATUS:CANCELLED"),
    )
    assert [day.isoformat() for day in found] == ["2026-12-25", "2026-12-26", "2027-01-01", "2027-01-06"]


@settings(max_examples=30)
@given(
    days=st.sets(st.dates(datetime.date(2026, 1, 1), datetime.date(2030, 1, 1)), min_size=1, max_size=20)
)
def test_holidays_written_by_another_library_are_read(days, tmp_path_factory):
    other = icalendar.Calendar()
    for day in days:
        event = icalendar.Event()
        event.add("dtstart", day)
        event.add("summary", "Free, “long” name " * 6)
        other.add_component(event)
    path = tmp_path_factory.getbasetemp() / "other.ics"
    path.write_bytes(other.to_ical())
    assert read_holidays(path) == tuple(sorted(days))


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            ("DTSTART;VALUE=DATE:20261225", "RRULE:FREQ=YEARLY"),
            "holidays.ics:5: RRULE: an event that repeats",
        ),
        (("DTSTART;VALUE=DATE:tomorrow",), "a date that cannot be read"),
        (("DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20200101"), "too long or backwards"),
    ],
)
def test_a_calendar_that_cannot_be_taken_is_refused(tmp_path, event, words):
    with pytest.raises(InputError, match=words):
        holidays_of(tmp_path, event)


def test_a_file_that_is_no_calendar_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("hello", encoding="utf-8")
    with pytest.raises(InputError, match="not a calendar"):
        read_holidays(path)
