"""Proposals: the field of a pair from two single solves, and plans that no assessment refuses."""

import dataclasses
import tomllib
from pathlib import Path

import numpy as np
import pytest

from microcurrent import tables
from microcurrent.errors import InputError
from microcurrent.model import Electrode, Ramp, Stimulus, shapes
from microcurrent.model.device import Device
from microcurrent.model.proposal import Target, Tradeoff
from microcurrent.physics.bodies.placing import Footprint, place_contact
from microcurrent.physics.conduction.fields import current_density, electric_field, face_currents
from microcurrent.planning.bodies import read_body
from microcurrent.planning.exposure.wanting import table_values
from microcurrent.planning.proposal.candidates import Probes, candidates
from microcurrent.planning.proposal.caps import caps
from microcurrent.planning.proposal.devices import reach_of
from microcurrent.planning.proposal.responses import Ground, responses
from microcurrent.planning.proposal.seeking import unbeaten, whole
from microcurrent.planning.proposal.targets import aim, on_side
from microcurrent.units import write
from microcurrent.workflow import ProposalWanted, Workspace, propose_plan, read


def electrodes(diameter=12e-3):
    return tuple(
        Electrode(name=name, shape="sphere", diameter=diameter, coupling="gel") for name in ("a", "b")
    )


def stimulus():
    return Stimulus(
        waveform=shapes.biphasic(width=0.25), amplitude=1.0, duration=60.0, frequency=10.0,
        ramp=Ramp(rise=1.0, fall=1.0),
    )  # fmt: skip


@pytest.fixture(scope="module")
def slab():
    return read_body("slab", labels=None, base=Path())


@pytest.fixture(scope="module")
def found(slab):
    target = Target(kind="around", name="mid cheek left", tissue="mimetic muscle")
    probes = Probes(electrodes=electrodes(), stimulus=stimulus(), limits=tables.limits())
    return (target,), candidates((target,), slab, probes, side="left")


@pytest.fixture(scope="module")
def ground(slab, found):
    volume = slab.volume(found[1].points, 10e-3, coarse=True)
    return Ground(
        volume=volume, conductor=volume.conductor(table_values(slab)), surface=volume.surface(),
        footprint=Footprint(area=0.48e-4), impedance=1.0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def proposed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("proposal")
    wanted = ProposalWanted(
        intent="lift", body="slab", device="pantheon", minutes=10, samples=8, author="A. Tester"
    )
    with Workspace(folder / "records.sqlite") as workspace:
        made = propose_plan(wanted, folder / "plan.toml", workspace=workspace, actor="test")
    return made, folder


# -- the field of a pair ---------------------------------------------------------------------------


def test_a_pair_is_the_difference_of_two_single_solves(slab, found, ground):
    targets, some = found
    aimed = aim(targets, slab.body, ground.volume)
    given = responses(some, ground, aimed)
    for number in (0, len(some.found) // 2, len(some.found) - 1):
        a, b = some.found[number].positions[0]
        contacts = [
            place_contact(ground.volume, some.points[k], ground.footprint, impedance=1.0).contact
            for k in (a, b)
        ]
        solution = ground.conductor.solve(contacts, [1.0, -1.0])
        field = electric_field(
            ground.conductor, current_density(ground.conductor, face_currents(ground.conductor, solution))
        )
        strength = np.linalg.norm(np.nan_to_num(field).reshape(-1, 3)[aimed.cells], axis=1)
        weights = aimed.volumes * aimed.inside[0]
        assert given.served[number, 0] == pytest.approx(float(strength @ weights / weights.sum()), rel=0.01)


def test_every_candidate_keeps_the_rules_and_some_are_refused(found):
    assert found[1].refused > 0
    for one in found[1].found:
        assert {site.side for site in (*one.first, *one.second)} <= {"left", ""}


def test_a_target_that_a_body_does_not_have_is_refused_with_those_it_has(slab):
    with pytest.raises(InputError, match="unknown target"):
        on_side((Target(kind="around", name="elbow", tissue="muscle"),), slab.body, "left")


# -- caps ------------------------------------------------------------------------------------------


def test_the_density_limit_caps_the_current_of_a_small_contact():
    area = 0.1e-4
    found = {cap.rule: cap.current for cap in caps(stimulus(), tables.limits(), area=area, write=write)}
    limit = tables.limits()["ac-rms-density"]
    # Half duty: r.m.s. is the peak times the root of a half.
    assert found["ac-rms-density"] == pytest.approx(limit.warn * area / np.sqrt(0.5), rel=1e-9)
    assert found["total-current"] == pytest.approx(tables.limits()["total-current"].warn)


def test_warnings_accepted_raise_caps_to_the_stop_levels_and_no_further():
    strict = {c.rule: c.current for c in caps(stimulus(), tables.limits(), area=1e-4, write=write)}
    loose = {
        c.rule: c.current for c in caps(stimulus(), tables.limits(), area=1e-4, write=write, warnings=True)
    }
    assert loose["total-current"] == pytest.approx(tables.limits()["total-current"].stop)
    assert all(loose.get(rule, np.inf) >= strict[rule] for rule in strict)


def test_currents_are_rounded_down_never_up():
    assert whole(299.99e-6) == pytest.approx(299e-6)
    assert whole(300e-6) == pytest.approx(300e-6)
    assert whole(4.56e-6) == pytest.approx(4.5e-6)


# -- devices ---------------------------------------------------------------------------------------


def test_a_device_whose_largest_current_nobody_knows_is_refused():
    unknown = next(d for d in tables.devices().values() if d.span("largest_current").high is None)
    with pytest.raises(InputError, match="largest current is known"):
        reach_of(unknown, tables.intents()["lift"], on_face=True)


def test_what_is_not_known_of_a_device_is_said():
    output = reach_of(tables.devices()["nuface-trinity"], tables.intents()["lift"], on_face=True)
    assert output.cap.current == pytest.approx(400e-6)
    assert output.profiles == ("home",)
    assert any("compliance" in note for note in output.notes)


def test_the_nearest_frequency_of_a_device_is_taken():
    output = reach_of(tables.devices()["pantheon"], tables.intents()["lift"], on_face=True)
    assert output.frequency == 10.0


def test_a_device_that_sets_a_voltage_is_refused():
    facts = tuple(
        dataclasses.replace(fact, texts=("voltage",)) if fact.cell == "control" else fact
        for fact in tables.devices()["pantheon"].facts
    )
    device = Device(name="x", title="X", classes=("home",), facts=facts, sources=("pantheon",))
    with pytest.raises(InputError, match="sets a voltage"):
        reach_of(device, tables.intents()["lift"], on_face=True)


# -- the whole -------------------------------------------------------------------------------------


def test_the_proposed_file_is_a_plan_that_the_assessment_does_not_refuse(proposed):
    made, folder = proposed
    assert made.assessment.verdict != "stop"
    again = read(folder / "plan.toml")
    assert again.plan.digest == made.assessment.plan
    assert again.plan.author == "A. Tester"
    assert again.plan.duration <= 600.0
    text = (folder / "plan.toml").read_text(encoding="utf-8")
    assert "level 5, very low" in text
    assert tomllib.loads(text)["course"]["minutes"] == 10


def test_nothing_is_above_what_holds_it_there(proposed):
    made, _ = proposed
    for one in made.proposal.chosen:
        assert one.current <= 300e-6 * (1 + 1e-9)
        assert one.capped_by
    gains = {binding.rule: binding.gain for binding in made.proposal.binding}
    assert gains["intent"] == pytest.approx(0.1, rel=0.01)  # a tenth more current is a tenth more field
    assert gains.get("time", 0.0) + gains.get("longest", 0.0) == pytest.approx(0.1, rel=0.05)


def test_the_second_calculation_is_part_of_it(proposed):
    rules = {finding.rule for finding in proposed[0].assessment.findings}
    assert {"second-resistance", "second-share", "second-density"} <= rules


def test_a_file_that_is_there_is_not_replaced(proposed):
    _, folder = proposed
    before = (folder / "plan.toml").read_bytes()
    with Workspace(folder / "other.sqlite") as workspace, pytest.raises(InputError, match="exists already"):
        propose_plan(
            ProposalWanted(intent="lift", body="slab"), folder / "plan.toml", workspace=workspace, actor="t"
        )
    assert (folder / "plan.toml").read_bytes() == before


@pytest.mark.parametrize("name", ["tone", "wound", "cellulite", "fat", "penetration"])
def test_what_no_evidence_or_no_device_serves_is_not_proposed(name, tmp_path):
    with (
        Workspace(tmp_path / "r.sqlite") as workspace,
        pytest.raises(InputError, match="nothing is proposed"),
    ):
        propose_plan(
            ProposalWanted(intent=name, body="slab"), tmp_path / "p.toml", workspace=workspace, actor="t"
        )
    assert not (tmp_path / "p.toml").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"intent": "lfit"}, "unknown intent"),
        ({"device": "nuface-trinty"}, "unknown device"),
        ({"targets": ("zygomaticus maximus",)}, "unknown target"),
        ({"do": "jump"}, "unknown kind of step"),
        ({"current": 0.0}, "no current"),
        ({"current": -5e-6}, "no current"),
        ({"intent": "pain"}, "is not said"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_message(change, message, tmp_path):
    wanted = dataclasses.replace(ProposalWanted(intent="lift", body="slab"), **change)
    with Workspace(tmp_path / "r.sqlite") as workspace, pytest.raises(InputError, match=message):
        propose_plan(wanted, tmp_path / "p.toml", workspace=workspace, actor="t")


def test_beaten_points_are_left_out_of_the_tradeoffs():
    def point(title, *values):
        return Tradeoff(
            title=title, strength=values[0], selectivity=values[1], collateral=values[2], holds=1
        )

    kept = unbeaten(
        [
            point("best", 2, 1, 1),
            point("beaten", 1, 1, 1),
            point("gentle", 1, 1, 0.5),
            point("alike", 1, 1, 0.5),
        ]
    )
    assert [one.title for one in kept] == ["best", "gentle"]
