"""When a course stops or waits, how far it was kept to, and which zone a site lies in."""

import datetime

import pytest

from microcurrent import tables
from microcurrent.model.body import Body, Site, Zone
from microcurrent.model.course import Client, Outcome, Schedule
from microcurrent.model.course_exposure import CourseExposure, HeldSitting, PlaceExposure, together
from microcurrent.model.course_plan import CoursePlan, Mark, Phase
from microcurrent.model.exposure import Estimate
from microcurrent.planning.course import adherence_of, halts
from microcurrent.planning.course.zones import zone_of

RULES = tables.course_rules()
NOBODY = Client(pseudonym="demo-01")


def course(**change):
    given = {
        "id": "abcdefgh", "title": "T", "start": "2026-12-01", "days": ("tuesday", "friday"), "at": "10:00",
        "schedule": Schedule(sittings=16, per_week=2, minutes=40),
        "phases": (Phase(name="all", first=1, last=16, plan="a.toml", digest="0" * 64),),
    }  # fmt: skip
    return CoursePlan(**(given | change))


def rules_of(found):
    return [(halt.rule, halt.outcome) for halt in found]


def test_a_burn_stops_for_good_and_anything_else_waits_for_a_person():
    burn, other = ("2026-12-04", "Small blister at the cathode"), ("2026-12-08", "redness for a day")
    assert rules_of(halts(course(), RULES, adverse=[burn], done=2)) == [("skin-damage", "stop")]
    assert rules_of(halts(course(), RULES, adverse=[other], done=2)) == [("adverse-event", "pause")]
    cleared = (Mark(date="2026-12-08", what="cleared", reason="redness gone", by="Dr. B"),)
    assert halts(course(marks=cleared), RULES, adverse=[other], done=2) == ()
    assert rules_of(halts(course(marks=cleared), RULES, adverse=[burn], done=2)) == [
        ("skin-damage", "stop")
    ]
    later = ("2026-12-11", "redness again")
    assert rules_of(halts(course(marks=cleared), RULES, adverse=[later], done=2)) == [
        ("adverse-event", "pause")
    ]


@pytest.mark.parametrize(
    "words",
    ["BURNT skin", "burns", "blistering", "Scalded", "an ulcerated spot", "necrosis", "vesicular rash", "charred",
     "electrode-burn", "no burn", "without burns", "a burning feeling"],
)  # fmt: skip
def test_any_word_that_begins_like_skin_damage_stops_and_says_how_to_go_on(words):
    """Also where it is denied: that is the safe side, and a new course is the way on."""
    (halt,) = halts(course(), RULES, adverse=[("2026-12-04", words)], done=2)
    assert (halt.rule, halt.outcome) == ("skin-damage", "stop")
    assert words in halt.reason and "screen again" in halt.reason and "a later day" in halt.reason


@pytest.mark.parametrize(
    "words", ["sunburn from the weekend", "tingling", "net charge was off", "heartburn"]
)
def test_other_words_wait_for_a_person(words):
    assert rules_of(halts(course(), RULES, adverse=[("2026-12-04", words)], done=2)) == [
        ("adverse-event", "pause")
    ]


def test_a_course_that_was_stopped_stays_so():
    stopped = (Mark(date="2026-12-08", what="stopped", reason="no time"),)
    found = halts(course(marks=stopped), RULES, adverse=[("2026-12-04", "itch")], done=2)
    assert rules_of(found) == [("withdrawal", "stop"), ("adverse-event", "pause")]
    assert "no time" in found[0].reason


def outcomes(*values, error=0.5):
    days = ["2026-11-25", "2026-12-01", "2027-01-08"]
    return tuple(
        Outcome(client=NOBODY, scale="wrinkles", value=v, error=error, measured=day, by="T")
        for v, day in zip(values, days, strict=True)
    )


@pytest.mark.parametrize(
    ("values", "error", "done", "held"),
    [
        ((4.0, 4.2, 4.0), 0.5, 10, True),  # changed by 0.1, error 0.61
        ((4.0, 4.2, 4.0), 0.5, 9, False),  # too early to say
        ((4.0, 4.2, 2.8), 0.5, 10, False),  # 1.3 is more than twice 0.61
        ((4.0, 4.2, 3.0), 0.5, 10, True),  # 1.1 is not
        ((4.0, 4.2, 3.0), 0.4, 10, False),  # with a finer scale it is
    ],
)
def test_no_change_beyond_the_error_of_measuring_holds_a_course(values, error, done, held):
    """Twice the root of the sum of squares of the last error and that of a mean of two."""
    found = halts(course(outcomes=outcomes(*values, error=error)), RULES, done=done)
    assert rules_of(found) == ([("no-change", "pause")] if held else [])


def test_one_scale_that_changes_is_enough_to_go_on():
    still = outcomes(4.0, 4.2, 4.1)
    moved = tuple(
        Outcome(client=NOBODY, scale="pain", value=v, error=0.5, measured=o.measured, by="T")
        for v, o in zip((7.0, 7.0, 3.0), still, strict=True)
    )
    assert halts(course(outcomes=still), RULES, done=12)
    assert not halts(course(outcomes=still + moved), RULES, done=12)


# -- adherence ---------------------------------------------------------------------------------------


def charge(value, spread=0.5):
    return Estimate(
        value=value, low=value * (1 - spread), high=value * (1 + spread), dimension="charge density"
    )


def exposure(**places):
    coulombs = Estimate.exact(1e-3, "charge")
    return CourseExposure(
        sittings=1,
        places=tuple(PlaceExposure(place=p, zone="", net=charge(v / 2), absolute=charge(v)) for p, v in places.items()),
        net=charge(1.0), absolute=charge(2.0), direct=coulombs, charge=coulombs,
    )  # fmt: skip


def held(number, *, whole=True, seconds=60.0):
    start = datetime.datetime(2026, 12, number, 10, 0).isoformat(timespec="minutes")
    return HeldSitting(id=f"s{number}", start=start, plan="0" * 64, steps=((1, seconds, 1e-3, 0.0),),
                       measured=True, whole=whole)  # fmt: skip


def test_adherence_counts_whole_sittings_minutes_and_places():
    one = exposure(cheek=2.0, chin=1.0)
    got = exposure(cheek=2.0, chin=0.25).times(4)
    found = adherence_of(
        [held(1), held(4), held(8), held(11, whole=False)], due=5, seconds=300.0,
        exposures=(got, one.times(5)), least=RULES.least_adherence,
    )  # fmt: skip
    assert (found.done, found.due, found.share) == (3, 5, 0.6) and not found.enough
    assert (found.minutes_done, found.minutes_due) == (4.0, 5.0)
    assert dict(found.places) == pytest.approx({"cheek": 0.8, "chin": 0.2})


def test_eighty_percent_is_enough_and_nothing_due_is_no_failure():
    four = [held(n) for n in (1, 4, 8, 11)]
    ask = {"seconds": 300.0, "exposures": (None, None), "least": RULES.least_adherence}
    assert adherence_of(four, due=5, **ask).enough
    assert not adherence_of(four[:3], due=5, **ask).enough
    none = adherence_of([], due=0, **ask)
    assert none.share is None and none.enough


# -- what adds up ------------------------------------------------------------------------------------


def test_exposure_adds_up_place_by_place_and_both_ends_of_its_interval():
    """One body makes the same error every time: the interval grows with the number, not with its root."""
    one = exposure(cheek=2.0, chin=1.0)
    sixteen = one.times(16)
    assert sixteen.net.low == pytest.approx(16 * one.net.low) and sixteen.charge.value == pytest.approx(
        16e-3
    )
    both = one.times(10) + exposure(chin=3.0, neck=1.0).times(6)
    assert both.sittings == 16
    assert {p.place: p.absolute.value for p in both.places} == pytest.approx(
        {"cheek": 20, "chin": 28, "neck": 6}
    )
    with pytest.raises(Exception, match="expected charge"):
        together(one.charge, one.net)


# -- zones -------------------------------------------------------------------------------------------


def square(x, z):
    """Corners of a square of 40 mm in a tilted plane around (x, z)."""
    return [
        (x + a * 0.02, 0.3 * (x + a * 0.02), z + b * 0.02) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]


@pytest.fixture(scope="module")
def body():
    corners = {f"c{k}{j}": p for k, z in enumerate((0.0, 0.05)) for j, p in enumerate(square(0.0, z))}
    sites = tuple(Site(name=name, position=p) for name, p in corners.items())
    zones = tuple(
        Zone(name=name, side="", outline=tuple(f"c{k}{j}" for j in range(4)), area=16e-4)
        for k, name in enumerate(("lower", "upper"))
    )
    return Body(name="b", kind="anatomy", tissues=("skin",), content="0" * 64, sites=sites, zones=zones)


@pytest.mark.parametrize(
    ("position", "zone"),
    [
        ((0.0, 0.0, 0.0), "lower"), ((0.015, 0.006, 0.045), "upper"), ((0.019, 0.004, -0.019), "lower"),
        ((0.025, 0.0075, 0.0), ""), ((0.0, 0.0, 0.025), ""), ((0.0, 0.05, 0.0), ""),
    ],
)  # fmt: skip
def test_a_site_lies_in_the_zone_whose_corners_hold_it(body, position, zone):
    assert zone_of(Site(name="here", position=position), body) == zone


def test_a_corner_belongs_to_its_zone(body):
    assert zone_of(body.site("c12"), body) == "upper"
