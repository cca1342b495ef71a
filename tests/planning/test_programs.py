"""Programs composed on bodies: every one for every part stands within the rules of placement."""

import itertools
import math
import re
from pathlib import Path

import pytest

from microcurrent import tables, workflow
from microcurrent.errors import ValueRefused
from microcurrent.planning.assess import assess
from microcurrent.planning.bodies import read_body
from microcurrent.planning.bodies.paths import straight_way
from microcurrent.planning.placement import place
from microcurrent.planning.planfile import reader
from microcurrent.planning.positions import distance_to_segment
from microcurrent.planning.prediction.predict import predict
from microcurrent.planning.programs import Wanted, compose, moves, parts_of
from microcurrent.planning.toml_file import parse_toml

MM = 1e-3
SOURCE = Path(__file__).resolve().parents[2] / "src" / "microcurrent"
LIMBS = ("forearm", "calf", "lower back")
FACE_MUSCLES = {
    "frontalis", "corrugator supercilii", "procerus", "orbicularis oculi", "temporalis", "levator labii superioris",
    "zygomaticus minor", "zygomaticus major", "risorius", "buccinator", "orbicularis oris", "depressor anguli oris",
    "depressor labii inferioris", "mentalis", "masseter", "platysma",
}  # fmt: skip
LINES = {"SMAS, jaw to ear", "SMAS, nasolabial to tragus", "SMAS, cheek to temple"}


class Straight:
    """A body whose probes go straight from site to site, on the skin only where they must go around an orbit."""

    def __init__(self, source):
        self.source, self.around = source, {}

    def __getattr__(self, name):
        return getattr(self.source, name)

    def path(self, sites, *, clearance=0.0):
        places = tuple(site.position for site in sites)
        for orbit in (region for region in self.source.body.regions if region.name.startswith("orbit")):
            for a, b in itertools.pairwise(places):
                if distance_to_segment(orbit.centre, a, b) < orbit.radius + clearance + MM:
                    if (places, clearance) not in self.around:
                        self.around[places, clearance] = self.source.path(sites, clearance=clearance)
                    return self.around[places, clearance]
        return straight_way(sites)

    def off_skin(self, point):
        return 0.0  # a point on a chord lies under the skin


@pytest.fixture(scope="module")
def bodies(tmp_path_factory):
    """The face on coarse cells, limbs and a slab, as plans name them."""
    folder = tmp_path_factory.mktemp("bodies")
    workflow.build_body("face", folder / "face.body.h5", spacing=3 * MM)
    files = {"face": folder / "face.body.h5"}
    return {
        name: Straight(read_body(str(files.get(name, name)), base=Path()))
        for name in ("face", *LIMBS, "slab")
    }


@pytest.fixture
def plan_of(bodies, monkeypatch):
    """Compose a program and read the plan again, without building the body twice."""
    monkeypatch.setattr(reader, "read_body", lambda name, **_: bodies[name])

    def made(name, body, **wanted):
        text = compose(tables.programs()[name], bodies[body], Wanted(**wanted), body=body)
        return reader.plan_of(parse_toml(text.encode(), "plan.toml"), base=Path())[0]

    return made


def cases():
    """Every program on its bodies; for a limb those that are built here."""
    for name, program in tables.programs().items():
        for body in program.bodies:
            if body == "face" or body in LIMBS:
                yield name, body


@pytest.mark.parametrize(("name", "body"), list(cases()))
def test_every_part_of_every_program_is_a_plan_that_no_rule_of_placement_stops(name, body, bodies, plan_of):
    program = tables.programs()[name]
    kinds = {kind for step in program.steps for kind in step.kinds}
    zones, muscles = parts_of(body, kinds=kinds)
    limits = tables.limits(mode=program.mode)
    sides = {site.side for site in bodies[body].body.sites} & {"left", "right"}
    wanted = ("both", min(sides)) if program.mode != "wound" else (min(sides),)  # two wounds take too long
    for part, side in itertools.product(("", *zones, *muscles), wanted):
        plan = plan_of(name, body, part=part, side=side)
        assert plan.mode == program.mode
        found = place(plan, bodies[body].body, limits, tissues_between=bodies[body].tissues_on_line)
        wrong = [(f.rule, f.where, f.reason) for f in found if f.verdict in ("stop", "unknown")]
        assert wrong == [], (part, side)


def test_all_muscles_and_lines_of_the_face_have_a_move_and_one_is_excluded_with_a_reason(bodies):
    _, muscles = parts_of("face")
    assert set(muscles) == FACE_MUSCLES
    assert {move.name for move in tables.moves()} >= LINES
    named = {
        muscle.name.removesuffix(" left").removesuffix(" right") for muscle in bodies["face"].body.muscles
    }
    assert named >= FACE_MUSCLES
    with pytest.raises(ValueRefused, match="carotid"):
        moves(bodies["face"], target="sternocleidomastoid")
    with pytest.raises(ValueRefused, match='Perhaps "masseter"'):
        moves(bodies["face"], target="maseter")


def test_to_shorten_is_to_approach_and_to_lengthen_is_to_part(bodies):
    def distances(target):
        one = moves(bodies["face"], target=target, side="left", kinds=("shorten", "lengthen"))[0]
        return [math.dist(one.first[0].position, site.position) for site in one.second]

    approach, part = distances("zygomaticus major"), distances("depressor anguli oris")
    assert approach == sorted(approach, reverse=True) and len(approach) > 1
    assert part == sorted(part) and len(part) > 1


def test_probes_come_no_nearer_than_their_edges_may(bodies):
    electrodes = tables.programs()["microcurrent-lift"].electrodes
    gap = sum(e.reach for e in electrodes) + tables.limits().stop("probe-spacing-least")
    for one in moves(
        bodies["face"], kinds=("shorten", "lengthen", "relax", "vector"), electrodes=electrodes
    ):
        if not one.is_hold:
            nearest = min(math.dist(one.first[0].position, site.position) for site in one.second)
            assert nearest == pytest.approx(gap, rel=0.03)  # along the skin, not straight


def test_no_two_electrodes_that_stay_touch_each_other(bodies):
    for name, body in cases():
        program = tables.programs()[name]
        kinds = tuple(kind for step in program.steps for kind in step.kinds)
        reach = sum(electrode.reach for electrode in program.electrodes)
        for one in moves(bodies[body], kinds=kinds, electrodes=program.electrodes):
            if one.is_hold:
                assert math.dist(one.first[0].position, one.second[0].position) > reach, (name, one.title)


def test_lips_and_eyes_get_half_of_the_current_and_no_other_place_more_than_all(plan_of):
    plan = plan_of("microcurrent-lift", "face")
    full = max(step.stimulus.peak for step in plan.steps)
    for step in plan.steps:
        guarded = step.title.startswith(("orbicularis", "risorius"))
        assert step.stimulus.peak == pytest.approx(0.5 * full if guarded else full)


@pytest.mark.parametrize("minutes", [30, 45, 60])
def test_a_full_face_takes_the_wanted_minutes_and_zones_their_share(minutes, plan_of):
    plan = plan_of("microcurrent-lift", "face", duration=60.0 * minutes)
    assert plan.duration == pytest.approx(60 * minutes, rel=0.05)
    zone_of = {move.name: move.zone for move in tables.moves()}
    spent = {}
    for step in plan.steps:
        zone = next(z for name, z in zone_of.items() if step.title.startswith(name))
        spent[zone] = spent.get(zone, 0.0) + step.stimulus.duration
    # The lateral part of the neck only on request; the zones of the phase "shorten" alone have no jaw line.
    assert set(spent) == {"forehead", "brow", "cheek", "nasolabial", "jaw line"}
    assert spent["cheek"] > spent["jaw line"] > spent["brow"] * 0.8
    assert spent["cheek"] > 1.5 * spent["forehead"]


def test_within_one_phase_zones_share_as_published(plan_of):
    plan = plan_of("home-burst", "face", duration=1200.0)
    spent = {step.title.split(", ")[1].rsplit(" ", 1)[0]: 0.0 for step in plan.steps}
    for step in plan.steps:
        spent[step.title.split(", ")[1].rsplit(" ", 1)[0]] += step.stimulus.duration
    times = tables.zone_times()
    whole = sum(times[zone].middle for zone in spent)
    for zone, time in spent.items():
        assert time / 1200 == pytest.approx(times[zone].middle / whole, abs=0.02)


def test_half_a_face_takes_half_the_time_and_leaves_the_other_side_alone(plan_of):
    both, left = (plan_of("microcurrent-lift", "face", side=side) for side in ("both", "left"))
    assert left.duration == pytest.approx(both.duration / 2, rel=0.05)
    assert all(site.position[0] <= 1 * MM for site in left.sites)
    assert any(site.position[0] > 1 * MM for site in both.sites)
    assert not any(step.title.startswith(("procerus", "mentalis")) for step in left.steps)


def test_two_channels_become_one_side_then_the_other(plan_of):
    titles = [step.title for step in plan_of("two-channel", "lower back").steps]
    for left, right in zip(titles[::2], titles[1::2], strict=True):
        assert "left" in left and right == left.replace("left", "right")


@pytest.mark.parametrize(("sign", "longest"), [("positive", "anode"), ("negative", "cathode")])
def test_the_sign_of_the_ion_decides_the_pole_and_it_is_reversed(sign, longest, plan_of):
    plan = plan_of(f"iontophoresis-{sign}", "face", part="cheek", side="left", duration=600.0)
    time = dict.fromkeys(("anode", "cathode"), 0.0)
    for step in plan.steps:
        time["anode" if step.anode.electrode == "active" else "cathode"] += step.stimulus.duration
    other = min(time, key=time.get)
    assert max(time, key=time.get) == longest
    assert time[other] == pytest.approx(120, rel=0.1) and time[longest] == pytest.approx(480, rel=0.1)


def test_a_wound_gets_the_cathode_first_and_then_the_anode(plan_of):
    first, later = (plan_of(name, "calf") for name in ("wound-first-days", "wound-reversed"))
    assert first.mode == "wound" and first.duration == pytest.approx(7200)
    assert first.steps[0].cathode.electrode == later.steps[0].anode.electrode == "wound"


def test_held_direct_current_is_reversed_before_its_time_is_up(plan_of):
    for name in ("galvanic-hold", "pulsed-direct", "combined-superposed"):
        for step in plan_of(name, "face").steps:
            assert step.stimulus.polarity.mode == "alternating"
            assert abs(step.stimulus.net_charge) < 0.05 * step.stimulus.absolute_charge


def test_superposed_current_has_a_direct_and_an_alternating_part(plan_of):
    for step in plan_of("combined-superposed", "face").steps:
        assert step.systems == ("galvanic", "faradic")
    kinds = {step.system for step in plan_of("combined-in-turn", "face").steps}
    assert kinds == {"galvanic", "faradic"}


@pytest.mark.parametrize(
    ("name", "body", "wanted", "words"),
    [
        ("microcurrent-lift", "face", {"current": 1.2e-3}, "total-current"),
        ("microcurrent-lift", "face", {"current": 500e-6, "profiles": ("home",)}, "home-current"),
        ("microcurrent-lift", "face", {"duration": 7200.0}, "sitting-time"),
        ("microcurrent-lift", "face", {"most": 99e-6, "device": "flexistim"}, "flexistim does not give"),
        ("microcurrent-lift", "face", {"side": "middle"}, "unknown side"),
        ("microcurrent-lift", "face", {"current": 0.0}, "above 0"),
        ("pain-pads", "forearm", {"side": "left"}, "forearm left"),
        ("microcurrent-lift", "forearm", {}, "not 'forearm'"),
    ],
)
def test_what_is_refused_and_not_clipped(name, body, wanted, words, bodies):
    with pytest.raises(ValueRefused, match=words):
        compose(tables.programs()[name], bodies[body], Wanted(**wanted))


def test_another_current_scales_all_of_them(plan_of):
    plan = plan_of("sequenced", "face", part="zygomaticus major", side="left", current=125e-6)
    peaks = sorted({round(1e6 * step.stimulus.peak, 3) for step in plan.steps})
    assert peaks == [20, 75, 125]


@pytest.mark.parametrize(
    ("name", "body", "wanted"),
    [
        ("microcurrent-lift", "slab", {"part": "zygomaticus minor"}),
        ("ultra-low", "slab", {"part": "zygomaticus minor"}),
        ("galvanic-hold", "slab", {"part": "zygomaticus major"}),
        ("combined-superposed", "slab", {"part": "zygomaticus major"}),
        ("pain-probes", "forearm", {"part": "flexor digitorum superficialis"}),
        ("muscle-limb", "forearm", {"part": "extensor digitorum"}),
    ],
)
def test_a_quick_prediction_of_some_is_assessed_without_a_stop(name, body, wanted, bodies, plan_of):
    plan = plan_of(name, body, **wanted)
    source = bodies[body].source
    prediction, _ = predict(plan, source, tables_digest=tables.digest(), samples=3, seed=1)
    found = assess(
        plan, prediction, tables.limits(mode=plan.mode), body=source.body, tables_digest=tables.digest(),
        tissues_between=source.tissues_on_line,
    )  # fmt: skip
    assert [f.rule for f in found.findings if f.verdict == "stop"] == []


def test_nothing_computes_with_lore():
    """Who asks the tables for lore: the page of a program, and the module that reads it."""
    asking = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if re.search(r"\b(lore|Lore|read_lore)\b", path.read_text(encoding="utf-8"))
    }
    assert asking == {
        "cli/programs.py", "model/__init__.py", "model/program.py", "tables/__init__.py", "tables/programs.py", "tables/rows.py",
        "workflow/programs.py",
    }  # fmt: skip
    assert all(rule.level == 5 for rule in tables.lore())


def test_every_system_has_programs_that_run_it_or_a_reason():
    systems, programs = tables.systems(), tables.programs()
    assert len(systems) == 22  # the 21 of domain.md 2.1, and their combination
    run = {name for system in systems.values() for name in system.programs}
    assert run == set(programs)
    for system in systems.values():
        assert system.programs or len(system.reason) > 40
