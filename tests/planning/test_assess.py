"""Assessment: each limit trips just past its level and not just before; nothing is passed over."""

import dataclasses
import math

import pytest

from microcurrent import tables
from microcurrent.errors import AssessmentRefused, MissingLimit, PredictionError, TableError, ValueRefused
from microcurrent.model import (
    Body,
    ContactExposure,
    Electrode,
    Estimate,
    Exposure,
    Histogram,
    Limits,
    Path,
    Placement,
    Plan,
    Polarity,
    Prediction,
    Ramp,
    Region,
    Schedule,
    Site,
    Step,
    StepExposure,
    Stimulus,
    TissueExposure,
    digest,
    shapes,
)
from microcurrent.planning.assess import NEEDED, assess
from microcurrent.planning.quantities import DELIVERY, longest_pulse

TABLES = "t" * 64
ALL = tables.limits(profiles=("home", "conservative"))
JUST = 1e-6
SQUARE = shapes.biphasic(width=0.5)
SITES = {"a": (0.0, 0.0, 0.0), "b": (0.03, 0.0, 0.0), "c": (0.0, 0.03, 0.0)}


def make_body(**changes):
    given = dict(name="head", kind="segmentation", tissues=("skin", "oral cavity"), content="body",
                 regions=(Region(name="orbit left", centre=(0.0, 0.2, 0.2), radius=0.017),),
                 sites=(Site(name="menton", position=(0.0, 0.0, -0.1), side="midline"),))  # fmt: skip
    return Body(**(given | changes))


def faradic(amplitude=1e-6, *, waveform=SQUARE, frequency=30.0, duration=60.0, ramp=10.0, **more):
    return Stimulus(waveform=waveform, amplitude=amplitude, frequency=frequency, duration=duration,
                    ramp=Ramp(rise=ramp, fall=ramp), **more)  # fmt: skip


def galvanic(amplitude=1e-6, *, duration=14.0, ramp=0.0, **more):
    return Stimulus(waveform=shapes.constant(), amplitude=amplitude, duration=duration,
                    ramp=Ramp(rise=ramp, fall=ramp), **more)  # fmt: skip


def make_plan(*stimuli, parts=(), course=None, sites=SITES, coupling="gel", shape="sphere"):
    """A plan of one step per stimulus; `parts`: (anode, cathode) of each step, else held at a and b."""
    size = {"diameter": 0.01} if shape in ("sphere", "disc") else {"width": 0.01, "height": 0.01}
    steps, start = [], 0.0
    for number, stimulus in enumerate(stimuli, 1):
        anode, cathode = parts[number - 1] if parts else ("a", "b")
        steps.append(Step(
            number=number, stimulus=stimulus, start=start,
            system="galvanic" if stimulus.waveform.is_constant else "faradic",
            anode=Placement(electrode="upper", site=anode) if isinstance(anode, str) else anode,
            cathode=Placement(electrode="lower", site=cathode) if isinstance(cathode, str) else cathode,
        ))  # fmt: skip
        start += stimulus.duration
    return Plan(
        title="test", body="head", body_content="body", intent="test", steps=tuple(steps), course=course,
        electrodes=tuple(
            Electrode(name=n, shape=shape, coupling=coupling, **size) for n in ("upper", "lower")),
        sites=tuple(Site(name=n, position=p, side="left") for n, p in sites.items()),
    )  # fmt: skip


def exactly(value, dimension):
    return value if isinstance(value, Estimate) else Estimate.exact(value, dimension)


def contact(name, **values):
    given = dict(area=3e-5, peak_density=0.0, rms_density=0.0, dc_density=0.0, edge_ratio=1.0,
                 net_charge_density=0.0, absolute_charge_density=0.0,
                 charge_per_phase_density=0.0)  # fmt: skip
    dimensions = dict(area="area", edge_ratio="fraction", net_charge_density="charge density",
                      absolute_charge_density="charge density",
                      charge_per_phase_density="charge density")  # fmt: skip
    return ContactExposure(electrode=name, **{
        key: exactly(value, dimensions.get(key, "current density"))
        for key, value in (given | {k: v for k, v in values.items() if k in given}).items()
    })  # fmt: skip


def tissue(name, density):
    zero = {f"field_{w}": Estimate.exact(0.0, "field") for w in ("median", "p95", "p99", "max")}
    zero |= {
        f"density_{w}": Estimate.exact(density, "current density") for w in ("median", "p95", "p99", "max")
    }
    return TissueExposure(
        tissue=name, volume=1e-6, histogram=Histogram(edges=(0.0, 1.0), shares=(1.0,)), **zero
    )


def make_prediction(plan, body, *, voltage=1.0, brain=None, charge_density=0.0, charge=0.0, **values):
    """A prediction in which every figure is harmless but those given."""
    steps = tuple(
        StepExposure(
            number=step.number, contacts=tuple(contact(name, **values) for name in step.electrodes),
            tissues=() if brain is None else (tissue("grey matter", brain),),
            tissue_resistance=Estimate.exact(500.0, "resistance"), voltage=exactly(voltage, "voltage"),
            spacing=(0.03, 0.03), tissue_share=(), balance_error=0.0, positions=1,
        )
        for step in plan.steps
    )  # fmt: skip
    exposure = Exposure(
        steps=steps, net_charge_density=exactly(charge_density, "charge density"),
        absolute_charge_density=Estimate.exact(0.0, "charge density"), dc_charge=exactly(charge, "charge"),
    )  # fmt: skip
    return Prediction(plan=plan.digest, body=digest(body), tables=TABLES, fields="f" * 64, inputs=(),
                      exposure=exposure, method="test", cells=1, samples=0, seed=0)  # fmt: skip


def judged(plan, *, body=None, limits=ALL, prediction=None, **values):
    body = body or make_body()
    prediction = prediction or make_prediction(plan, body, **values)
    return assess(
        plan, prediction, limits, body=body, tables_digest=TABLES, tissues_between=lambda a, b: {"skin"}
    )


def verdict(assessment, rule):
    found = [f for f in assessment.findings if f.rule == rule]
    assert found, f"no finding on {rule}"
    return max((f.verdict for f in found), key=["ok", "unknown", "warn", "stop"].index)


# -- the whole table -----------------------------------------------------------------------


def from_stimulus(make):
    return lambda value, limit: (make_plan(make(value)), {})


def from_prediction(name, make=faradic):
    return lambda value, limit: (make_plan(make()), {name: value})


def in_band(frequency):
    return from_stimulus(lambda v: faradic(v, frequency=frequency))


def ramped(value, limit):
    stimulus = galvanic if limit.systems == ("galvanic",) else faradic
    return make_plan(stimulus(ramp=value, duration=60.0)), {}


def scheduled(value, limit):
    course = Schedule(sittings=12, per_week=7 * 86400 / value, minutes=10)
    return make_plan(galvanic(ramp=2.0) if limit.systems else faradic(), course=course), {}


def spaced(value, limit):
    return make_plan(faradic(), sites={"a": (0.0, 0.0, 0.0), "b": (value, 0.0, 0.0)}), {}


def near_the_orbit(value, limit):
    body = make_body(
        regions=(Region(name="orbit left", centre=(0.0, 0.1, 0.0), radius=0.1 - value - 0.005),)
    )
    return make_plan(faradic()), {"body": body}


def across(word):
    def build(value, limit):
        sites = {f"{word} one": (-value / 2, 0.0, 0.0), f"{word} two": (value / 2, 0.0, 0.0)}
        return make_plan(faradic(), parts=[tuple(sites)], sites=sites), {"body": make_body(midline=True)}

    return build


#: How to bring each quantity of the table to a value.
BUILD = {
    "peak current": from_stimulus(faradic),
    "average current": from_stimulus(lambda v: faradic(v, ramp=0.0)),
    "direct current": from_stimulus(galvanic),
    # A ramp over one whole period leaves a quarter of the amplitude as direct current.
    "net direct current": from_stimulus(lambda v: faradic(4 * v, frequency=0.1, ramp=10.0, duration=20.0)),
    "charge per phase": from_stimulus(lambda v: faradic(v / 0.05, frequency=10.0)),
    "ramp time": ramped,
    "sitting time": from_stimulus(lambda v: faradic(duration=v)),
    "sitting interval": scheduled,
    "stationary direct current": from_stimulus(lambda v: galvanic(duration=v)),
    "peak voltage": from_prediction("voltage"),
    "rms current density": from_prediction("rms_density"),
    "direct current density": from_prediction("dc_density"),
    "local direct current density": lambda v, limit: (
        make_plan(galvanic()), {"dc_density": v / 2, "edge_ratio": 2.0}),
    "power density": lambda v, limit: (make_plan(faradic()), {"rms_density": v / 10, "voltage": 10.0}),
    "charge per phase density": from_prediction("charge_per_phase_density"),
    "static bare-metal charge density": lambda v, limit: (
        make_plan(galvanic(), coupling="water"), {"net_charge_density": v}),
    "net charge density": from_prediction("charge_density"),
    "direct charge of a sitting": from_prediction("charge"),
    "current density in the brain": from_prediction("brain"),
    "rms current at 0 Hz": from_stimulus(galvanic),
    "rms current above 0 Hz up to 400 Hz": in_band(400.0),
    "rms current above 400 Hz up to 1500 Hz": in_band(1500.0),
    "rms current above 1500 Hz": in_band(1501.0),
    "energy of one period into 500 ohm": from_stimulus(lambda v: faradic(math.sqrt(v * 30.0 / 500))),
    "peak current of pulses of 100 ms and longer": from_stimulus(lambda v: faradic(v, frequency=5.0)),
    "least probe spacing": spaced,
    "largest probe spacing": spaced,
    "orbit margin": near_the_orbit,
    "midline spacing, forehead": across("brow"),
    "midline spacing, chin and lips": across("lip"),
}  # fmt: skip

#: Of the chemistry under a probe, which test_chemistry.py brings to its levels.
CHEMISTRY = ("least pH on the skin", "largest pH on the skin")
#: Of the second calculation, which test_independent.py brings beyond its bands.
SECOND = ("second resistance", "second share", "second density")
LEVELS = [
    pytest.param(limit, level, word, id=f"{limit.id}-{word}")
    for limit in ALL.limits
    for word, level in (("warn", limit.warn), ("stop", limit.stop))
    if level is not None and limit.quantity not in (*DELIVERY, *CHEMISTRY, *SECOND)
    # The noun Schedule refuses more than 14 sittings a week by itself; tested below.
    if (limit.id, word) != ("same-zone-interval", "stop")
]


def test_every_limit_of_the_table_can_be_brought_to_its_level():
    assert {limit.quantity for limit in ALL.limits} <= {*BUILD, *DELIVERY, *CHEMISTRY, *SECOND}


@pytest.mark.parametrize(("limit", "level", "word"), LEVELS)
def test_a_limit_trips_just_past_its_level_and_not_just_before(limit, level, word):
    sign = 1 if limit.sense == "at most" else -1
    for past, tripped in ((JUST, True), (-JUST, False)):
        plan, values = BUILD[limit.quantity](level * (1 + sign * past), limit)
        found = verdict(judged(plan, **values), limit.id)
        assert (found == word) == tripped, (past, found)


@pytest.mark.parametrize(("limit", "level", "word"), LEVELS)
def test_the_reason_names_the_value_and_the_level_with_units(limit, level, word):
    plan, values = BUILD[limit.quantity](level * (1 + (JUST if limit.sense == "at most" else -JUST)), limit)
    finding = next(f for f in judged(plan, **values).findings if f.rule == limit.id)
    assert finding.reason.startswith(limit.title)
    assert ("above" if limit.sense == "at most" else "below") in finding.reason
    assert any(character.isdigit() for character in finding.reason)
    assert finding.source == limit.source and finding.confidence == limit.confidence
    assert (finding.warn, finding.stop) == (limit.warn, limit.stop)


def test_sittings_closer_than_the_stop_cannot_even_be_written():
    Schedule(sittings=12, per_week=7 * 86400 / ALL.stop("same-zone-interval"), minutes=10)
    with pytest.raises(ValueRefused):
        Schedule(sittings=12, per_week=7 * 86400 / (0.99 * ALL.stop("same-zone-interval")), minutes=10)


def test_a_harmless_plan_is_ok():
    assessment = judged(make_plan(faradic(100e-6)), limits=tables.limits())
    assert assessment.verdict == "ok"
    assert {f.rule for f in assessment.findings} >= {
        limit.id for limit in tables.limits().limits if not limit.id.startswith(("midline", "second"))
    }


# -- the worse end -------------------------------------------------------------------------


def test_the_worse_end_of_the_interval_is_compared():
    plan = make_plan(galvanic())
    stop = ALL.stop("dc-density")
    wide = Estimate(value=0.3 * stop, low=0.1 * stop, high=1.01 * stop, dimension="current density")
    assessment = judged(plan, dc_density=wide)
    assert verdict(assessment, "dc-density") == "stop"
    reason = next(f.reason for f in assessment.findings if f.rule == "dc-density")
    assert "90 % interval" in reason and "the worse end is above 500 µA/cm²" in reason
    near = Estimate(value=0.3 * stop, low=0.1 * stop, high=0.39 * stop, dimension="current density")
    assert verdict(judged(plan, dc_density=near), "dc-density") == "ok"


def test_of_good_steps_only_the_nearest_is_shown_and_of_bad_steps_all():
    plan = make_plan(faradic(100e-6), faradic(300e-6), faradic(200e-6))
    found = [f for f in judged(plan).findings if f.rule == "total-current"]
    assert [f.where for f in found] == ["step 2"]
    plan = make_plan(faradic(100e-6), faradic(700e-6), faradic(1100e-6))
    found = [(f.where, f.verdict) for f in judged(plan).findings if f.rule == "total-current"]
    assert found == [("step 3", "stop"), ("step 2", "warn")]


# -- nothing is passed over ----------------------------------------------------------------


@pytest.mark.parametrize("id_", NEEDED)
def test_a_missing_limit_is_an_error(id_):
    fewer = Limits(limits=tuple(limit for limit in ALL.limits if limit.id != id_))
    with pytest.raises(MissingLimit, match=id_):
        judged(make_plan(faradic()), limits=fewer)


def test_a_quantity_that_nobody_computes_is_an_error():
    strange = dataclasses.replace(ALL["total-current"], id="strange", quantity="goodness")
    with pytest.raises(TableError, match=r"limits.toml.*strange.*quantity.*goodness"):
        judged(make_plan(faradic()), limits=Limits(limits=(*ALL.limits, strange)))


def test_a_limit_in_another_dimension_is_an_error():
    strange = dataclasses.replace(ALL["total-current"], id="strange", dimension="voltage")
    with pytest.raises(TableError, match=r"strange.*dimension"):
        judged(make_plan(faradic()), limits=Limits(limits=(*ALL.limits, strange)))


def test_a_step_without_a_prediction_is_an_error():
    plan, body = make_plan(faradic(), faradic()), make_body()
    whole = make_prediction(plan, body)
    exposure = dataclasses.replace(whole.exposure, steps=whole.exposure.steps[:1])
    with pytest.raises(PredictionError, match="step 2"):
        judged(plan, prediction=dataclasses.replace(whole, exposure=exposure))


@pytest.mark.parametrize("field", ["plan", "body", "tables"])
def test_a_prediction_of_something_else_is_refused(field):
    plan, body = make_plan(faradic()), make_body()
    other = dataclasses.replace(make_prediction(plan, body), **{field: "0" * 64})
    with pytest.raises(AssessmentRefused, match=field):
        judged(plan, prediction=other)


def test_a_plan_for_another_body_is_refused():
    body = make_body(content="another")
    with pytest.raises(AssessmentRefused, match="body"):
        judged(make_plan(faradic()), body=body)


def test_the_assessment_names_what_it_is_of():
    plan, body = make_plan(faradic()), make_body()
    prediction = make_prediction(plan, body)
    assessment = judged(plan, prediction=prediction)
    assert (assessment.plan, assessment.prediction, assessment.tables) == (
        plan.digest,
        digest(prediction),
        TABLES,
    )


def test_what_does_not_apply_says_so():
    assessment = judged(make_plan(faradic()))
    reasons = {f.rule: f.reason for f in assessment.findings}
    for rule in (
        "ramp-galvanic",
        "iontophoresis-current",
        "same-zone-interval",
        "brain-density",
        "bare-metal-ph",
    ):
        assert "Does not apply" in reasons[rule], rule
    for rule in ("contact-loss-time", "heartbeat", "impedance-jump"):
        assert "during delivery" in reasons[rule]


# -- ramps, dwell, chemistry ---------------------------------------------------------------


def test_ramps_are_judged_by_system():
    slow = make_plan(galvanic(ramp=5.0), faradic(ramp=5.0))
    assert verdict(judged(slow), "ramp-galvanic") == "stop"
    assert verdict(judged(slow), "ramp-microcurrent") == "ok"
    fall = Stimulus(
        waveform=shapes.constant(), amplitude=1e-6, duration=40.0, ramp=Ramp(rise=10.0, fall=1.0)
    )
    assert verdict(judged(make_plan(fall)), "ramp-galvanic") == "stop"


def test_a_reversal_of_direct_current_is_ramped_too():
    sudden = galvanic(ramp=10.0, duration=60.0, polarity=Polarity(mode="alternating", every=30.0))
    gentle = galvanic(
        ramp=10.0, duration=60.0, polarity=Polarity(mode="alternating", every=30.0, ramp=10.0)
    )
    assert verdict(judged(make_plan(sudden)), "ramp-galvanic") == "stop"
    assert verdict(judged(make_plan(gentle)), "ramp-galvanic") == "ok"


def dwell(*stimuli, parts):
    plan = make_plan(*stimuli, parts=parts)
    found = [f for f in judged(plan).findings if f.rule == "stationary-dc-dwell"]
    return max((f.value.value for f in found if f.value is not None), default=0.0)


def test_dwell_adds_up_over_steps_until_moved_or_reversed():
    forty = galvanic(duration=40.0)
    assert dwell(forty, forty, parts=[("a", "b"), ("a", "b")]) == pytest.approx(80)
    assert dwell(forty, forty, parts=[("a", "b"), ("a", "c")]) == pytest.approx(80)  # the anode stays
    reversed_ = galvanic(duration=40.0, polarity=Polarity(mode="reversed"))
    assert dwell(forty, reversed_, parts=[("a", "b"), ("a", "b")]) == pytest.approx(40)
    assert dwell(forty, forty, parts=[("a", "b"), ("b", "a")]) == pytest.approx(40)
    assert dwell(forty, reversed_, parts=[("a", "b"), ("b", "a")]) == pytest.approx(80)
    assert dwell(forty, faradic(), forty, parts=[("a", "b")] * 3) == pytest.approx(
        80
    )  # not moved in between


def test_moving_ends_a_dwell():
    forty = galvanic(duration=40.0)
    sites = SITES | {"d": (0.03, 0.03, 0.0)}
    plan = make_plan(forty, forty, forty, parts=[("a", "b"), ("c", "d"), ("a", "b")], sites=sites)
    found = [f for f in judged(plan).findings if f.rule == "stationary-dc-dwell"]
    assert max(f.value.value for f in found) == pytest.approx(40)


def test_an_alternating_direct_current_dwells_for_one_turn():
    turning = galvanic(duration=60.0, polarity=Polarity(mode="alternating", every=12.0))
    assert dwell(turning, parts=[("a", "b")]) == pytest.approx(12)


def test_a_gliding_probe_dwells_while_its_contact_passes_the_fixed_one_all_the_time():
    path = Path(electrode="lower", sites=("b", "c"), speed=0.001, length=0.0424, passes=1)
    assert dwell(galvanic(duration=42.4), parts=[("a", path)]) == pytest.approx(42.4)
    other = Path(electrode="upper", sites=("a", "c"), speed=0.001, length=0.03, passes=1)
    # Each place lies under a contact of 10 mm for 10 s, where it turns back for 20 s.
    assert dwell(galvanic(duration=42.4), parts=[(other, path)]) == pytest.approx(20)


def test_balanced_current_never_dwells():
    assert dwell(faradic(duration=600.0), parts=[("a", "b")]) == 0


def test_pulses_of_one_sign_count_as_direct_current():
    pulses = faradic(waveform=shapes.monophasic(width=0.1), duration=61.0, ramp=1.0)
    assert dwell(pulses, parts=[("a", "b")]) == pytest.approx(61)


def test_gel_or_cloth_or_a_glide_keeps_metal_off_the_skin():
    much = {"net_charge_density": 2 * ALL["bare-metal-ph"].warn}
    assert verdict(judged(make_plan(galvanic(), coupling="dry"), **much), "bare-metal-ph") == "warn"
    assert verdict(judged(make_plan(galvanic(), coupling="gel"), **much), "bare-metal-ph") == "ok"
    assert (
        verdict(judged(make_plan(galvanic(), coupling="water", shape="pad"), **much), "bare-metal-ph")
        == "ok"
    )
    paths = (Path(electrode="upper", sites=("a", "c"), speed=0.01, length=0.03),
             Path(electrode="lower", sites=("b", "c"), speed=0.01, length=0.0424))  # fmt: skip
    glide = make_plan(galvanic(), coupling="dry", parts=[paths])
    assert verdict(judged(glide, **much), "bare-metal-ph") == "ok"


def test_reversible_charge_is_a_question_for_balanced_currents_alone():
    much = {"charge_per_phase_density": 2 * ALL["reversible-charge"].warn}
    assert verdict(judged(make_plan(faradic()), **much), "reversible-charge") == "warn"
    assert verdict(judged(make_plan(galvanic()), **much), "reversible-charge") == "ok"


def test_what_is_the_same_in_several_places_is_said_once():
    plan = make_plan(faradic(700e-6), faradic(700e-6), faradic(800e-6))
    found = [f.where for f in judged(plan).findings if f.rule == "total-current"]
    assert found == ["step 1; step 2", "step 3"]


def test_direct_and_alternating_parts_are_compared_each_with_its_own_limit():
    half = faradic(100e-3, waveform=shapes.monophasic(width=0.5))  # direct 50 mA, alternating 50 mA
    found = {
        f.rule: f.value.value
        for f in judged(make_plan(half)).findings
        if f.rule.startswith("iec-output") and f.value
    }
    assert found["iec-output-direct"] == pytest.approx(50e-3)
    assert found["iec-output-400-hz"] == pytest.approx(50e-3)


@pytest.mark.parametrize(
    ("waveform", "share"),
    [
        (shapes.sine(), 0.5),
        (shapes.biphasic(width=0.2), 0.2),
        (shapes.biphasic(width=0.5), 0.5),
        (shapes.monophasic(width=0.3), 0.3),
        (shapes.ramped_square(rise=0.1), 0.5),
        (shapes.burst(pulses=4, width=1.0), 0.5),
        (shapes.burst(pulses=4, width=0.5), 0.0625),
    ],
)
def test_the_longest_pulse_is_the_longest_time_of_one_sign(waveform, share):
    assert longest_pulse(faradic(waveform=waveform, frequency=2.0)) == pytest.approx(share / 2)


def test_a_course_with_longer_sittings_than_the_plan_counts():
    course = Schedule(sittings=12, per_week=1, minutes=61)
    assert verdict(judged(make_plan(faradic(), course=course)), "sitting-time") == "stop"
