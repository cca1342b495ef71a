"""Sittings in the calendar: whatever is closed, missed or moved, spacing and number of sittings are kept."""

import datetime
import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microcurrent import tables
from microcurrent.errors import InputError
from microcurrent.model.course import Schedule
from microcurrent.model.course_plan import DAYS, CoursePlan, Mark, Phase
from microcurrent.planning.course import calendar_of, check_week, spacing_of, spread_days
from microcurrent.planning.course.dates import later, maintenance_a_year
from microcurrent.planning.course.week import gap_of

DAY = 86400.0
START = datetime.date(2026, 12, 1)  # a Tuesday
RULES = tables.course_rules()


def course(*, sittings=16, days=("tuesday", "friday"), **change):
    phases = (Phase(name="all", first=1, last=sittings, plan="plan.toml", digest="0" * 64),)
    given_ = {
        "id": "abcdefgh", "title": "T", "start": START.isoformat(), "days": days, "at": "10:00", "phases": phases,
        "schedule": Schedule(sittings=sittings, per_week=len(days), minutes=40, maintenance="monthly"),
    }  # fmt: skip
    return CoursePlan(**(given_ | change))


def moments(bookings, *, states=("planned", "done")):
    return [datetime.datetime.fromisoformat(b.start) for b in bookings if b.state in states]


days_of_week = st.sets(st.sampled_from(DAYS), min_size=1, max_size=4).map(
    lambda chosen: tuple(sorted(chosen, key=DAYS.index))
)
offsets = st.sets(st.integers(0, 120), max_size=30)


@settings(max_examples=60)
@given(
    days=days_of_week, spacing=st.sampled_from([12, 24, 48, 72]), closed=offsets, missed=offsets, done=offsets,
    today=st.integers(-5, 150), make_up=st.sampled_from(["shift", "append", "drop"]), count=st.integers(1, 20),
)  # fmt: skip
def test_spacing_holidays_and_number_are_kept(days, spacing, closed, missed, done, today, make_up, count):
    iso = lambda offset: (START + datetime.timedelta(days=offset)).isoformat()  # noqa: E731
    plan = course(
        sittings=count, days=days, make_up=make_up, holidays=tuple(map(iso, sorted(closed))),
        marks=tuple(Mark(date=iso(k), what="missed") for k in sorted(missed)),
    )  # fmt: skip
    # What took place is what took place: two days apart or more here, on whatever day.
    held = [
        datetime.datetime.fromisoformat(f"{iso(k)}T10:00") for k in sorted(done)[:: max(1, len(done) // 3)]
    ]
    held = [m for k, m in enumerate(held) if k == 0 or (m - held[k - 1]).days >= 3]
    day = START + datetime.timedelta(days=today)
    calendar = calendar_of(plan, spacing=3600.0 * spacing, done=held, today=day)
    every = moments((*calendar.bookings, *calendar.maintenance))
    assert every == sorted(every)
    last_done = max(held, default=None)
    for one, other in itertools.pairwise(every):
        if last_done is None or other > last_done:
            assert (other - one).total_seconds() >= 3600.0 * spacing
    planned = [b for b in (*calendar.bookings, *calendar.maintenance) if b.state == "planned"]
    for booking in planned:
        date = datetime.date.fromisoformat(booking.day)
        assert booking.day not in plan.holidays and DAYS[date.weekday()] in days and date >= day
        assert booking.day not in {mark.date for mark in plan.marks}
    numbers = sorted(b.number for b in calendar.bookings)
    assert numbers == list(range(1, count + 1))
    if make_up != "drop":
        assert all(b.state in ("planned", "done") for b in calendar.bookings)


@settings(max_examples=60)
@given(
    hours=st.sets(st.tuples(st.integers(0, 20), st.sampled_from([8, 10, 17])), max_size=8),
    today=st.integers(-5, 40), make_up=st.sampled_from(["shift", "append", "drop"]), count=st.integers(1, 12),
)  # fmt: skip
def test_two_sittings_of_a_day_are_two(hours, today, make_up, count):
    held = sorted(
        datetime.datetime.combine(START + datetime.timedelta(days=day), datetime.time(hour))
        for day, hour in hours
    )
    calendar = calendar_of(
        course(sittings=count, make_up=make_up), spacing=2 * DAY, done=held,
        today=START + datetime.timedelta(days=today),
    )  # fmt: skip
    assert moments(calendar.bookings, states=("done",)) == held[:count]
    assert sorted(b.number for b in calendar.bookings) == list(range(1, count + 1))
    if make_up != "drop":
        assert sum(b.state == "planned" for b in calendar.bookings) == count - len(held[:count])


@pytest.mark.parametrize("make_up", ["shift", "append", "drop"])
def test_of_two_sittings_of_a_day_the_second_has_the_next_number(make_up):
    held = [datetime.datetime(2026, 12, 1, hour) for hour in (10, 17)]
    plan = course(sittings=4, make_up=make_up)
    found = calendar_of(plan, spacing=2 * DAY, done=held, today=START).bookings
    assert [(b.number, b.state) for b in found] == [
        (1, "done"),
        (2, "done"),
        (3, "planned"),
        (4, "planned"),
    ]
    assert [b.start for b in found[:2]] == ["2026-12-01T10:00", "2026-12-01T17:00"]


def test_a_missed_sitting_shifts_the_rest_or_goes_to_the_end_or_is_left_out():
    plain = calendar_of(course(), spacing=2 * DAY)
    marks = (Mark(date="2026-12-11", what="missed", reason="ill"),)
    shifted, appended, dropped = (
        calendar_of(course(marks=marks, make_up=way), spacing=2 * DAY)
        for way in ("shift", "append", "drop")
    )
    assert plain.bookings[3].day == "2026-12-11"
    assert [b.day for b in shifted.bookings[:3]] == [b.day for b in plain.bookings[:3]]
    assert shifted.bookings[3].day == plain.bookings[4].day and shifted.bookings[3].number == 4
    assert appended.bookings[-1].number == 4
    assert {b.day for b in appended.bookings} == {b.day for b in shifted.bookings}
    same = {b.number: b.day for b in plain.bookings}
    assert all(same[b.number] == b.day for b in appended.bookings[:-1])
    assert [b.state for b in dropped.bookings].count("missed") == 1
    assert shifted.missed == appended.missed == dropped.missed == (("2026-12-11", "ill"),)


def test_a_moved_sitting_keeps_its_distance_from_its_neighbours():
    """Daily slots, two days apart: a day moved in between pushes out what is too close."""
    mark = Mark(date="2026-12-05", what="moved", to="2026-12-06")
    plan = course(days=DAYS, schedule=Schedule(sittings=16, per_week=7, minutes=20), marks=(mark,))
    days = [b.day[-2:] for b in calendar_of(plan, spacing=2 * DAY).bookings]
    assert days[:4] == ["01", "03", "06", "08"]


def test_moving_there_and_back_changes_nothing():
    there = (
        Mark(date="2026-12-04", what="moved", to="2026-12-05"),
        Mark(date="2026-12-05", what="moved", to="2026-12-04"),
    )
    assert (
        calendar_of(course(marks=there), spacing=DAY).bookings
        == calendar_of(course(), spacing=DAY).bookings
    )


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        ([("2026-12-04", "2026-12-25")], "moved to a holiday"),
        ([("2026-12-04", "2026-12-09"), ("2026-12-11", "2026-12-10")], "moved too close together"),
    ],
)
def test_a_sitting_is_never_moved_to_where_none_may_be(marks, words):
    plan = course(holidays=("2026-12-25",), marks=tuple(Mark(date=a, what="moved", to=b) for a, b in marks))
    with pytest.raises(InputError, match=words):
        calendar_of(plan, spacing=2 * DAY)


def test_a_stopped_course_plans_nothing_more():
    plan = course(marks=(Mark(date="2026-12-15", what="stopped", reason="no longer wanted"),))
    calendar = calendar_of(plan, spacing=DAY)
    assert {b.state for b in calendar.bookings if b.day < "2026-12-15"} == {"planned"}
    assert {b.state for b in (*calendar.bookings, *calendar.maintenance) if b.day >= "2026-12-15"} == {
        "cancelled"
    }
    assert calendar.next().number == 1


def test_what_was_done_keeps_its_place_and_what_went_by_is_missed():
    held = [datetime.datetime(2026, 12, 1, 10, 5), datetime.datetime(2026, 12, 5, 9, 0)]
    calendar = calendar_of(course(), spacing=2 * DAY, done=held, today=datetime.date(2026, 12, 12))
    assert [(b.number, b.state) for b in calendar.bookings[:3]] == [
        (1, "done"),
        (2, "done"),
        (3, "planned"),
    ]
    assert calendar.next().day == "2026-12-15"
    # The fourth was a Friday, done on Saturday instead: it is not missed; the next two are.
    assert [day for day, _ in calendar.missed] == ["2026-12-08", "2026-12-11"]


def test_measurements_follow_the_sittings():
    calendar = calendar_of(course(), spacing=DAY, measurements=RULES.measurements)
    days = dict((what, day) for day, what in reversed(calendar.measurements))
    assert (
        days["After sitting 1"] == days["Baseline, twice, to know the error of measuring"] == "2026-12-01"
    )
    assert days["After sitting 5"] == calendar.bookings[4].day
    assert days["At the end"] == calendar.bookings[-1].day
    end = datetime.date.fromisoformat(calendar.bookings[-1].day)
    assert days["Four weeks after the end"] == (end + datetime.timedelta(days=28)).isoformat()
    assert sum(what == "Every three months" for _, what in calendar.measurements) == 4


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("none", 0),
        ("twice-weekly", 104),
        ("weekly", 52),
        ("fortnightly", 26),
        ("monthly", 12),
        ("quarterly", 4),
    ],
)
def test_a_year_of_maintenance(word, count):
    schedule = replace(course().schedule, maintenance=word)
    calendar = calendar_of(course(schedule=schedule), spacing=DAY)
    assert len(calendar.maintenance) == maintenance_a_year(word) == count
    assert all(b.maintenance for b in calendar.maintenance)


def test_months_end_where_they_end():
    assert later(datetime.date(2027, 1, 31), 1) == datetime.date(2027, 2, 28)
    assert later(datetime.date(2027, 12, 31), 2) == datetime.date(2028, 2, 29)


# -- the week --------------------------------------------------------------------------------------


def test_spacing_is_that_of_the_limits():
    """24 h on the same zone, 48 h with direct current, never less than 12 h."""
    limits = tables.limits()
    assert spacing_of(limits, ("faradic",)) == (24 * 3600, 12 * 3600)
    assert spacing_of(limits, ("faradic", "galvanic")) == (48 * 3600, 12 * 3600)


@given(count=st.integers(1, 7), offset=st.integers(0, 6), working=st.booleans())
def test_days_are_spread_as_far_as_they_go(count, offset, working):
    days = spread_days(count, START + datetime.timedelta(days=offset), working=working)
    assert len(days) == count and list(days) == sorted(days, key=DAYS.index)
    pool = DAYS[:5] if working and count <= 5 else DAYS
    assert gap_of(days) == max(gap_of(some) for some in itertools.combinations(pool, count))


def test_a_week_too_full_is_refused_with_what_would_do():
    check_week(("monday", "wednesday", "friday"), 2 * DAY)
    with pytest.raises(InputError, match="at most 3 sittings a week"):
        check_week(("monday", "tuesday", "thursday"), 2 * DAY)


def test_presets_hold_what_their_source_says():
    presets = {preset.id: preset for preset in RULES.presets}
    article, own = presets["article"], presets["professional"]
    assert article.sittings_range == own.sittings_range == (12, 20)
    assert article.minutes_range == own.minutes_range == (30.0, 60.0)
    assert (own.sittings, own.per_week, own.minutes, own.maintenance) == (15, 2, 30.0, "monthly")
    home = presets["home"]
    assert home.length / 7 * home.per_week == 40 and home.minutes == 10.0
    assert presets["theraface"].sittings is None and presets["theraface"].outside("minutes", 9)
