"""Each rule alone, on observations made by hand: what trips it, what does not, and its level."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microcurrent.delivery import interlock
from microcurrent.errors import MissingLimit
from microcurrent.model import Limits, Observation, Status


@pytest.fixture(scope="module")
def quiet(make):
    """An observation in the middle of 200 µA direct current, with everything as it should be."""
    stimulus = make.direct()
    charge = stimulus.charge_between(0, 30.0)
    status = Status(time=130.0, state="running", elapsed=30.0, lease=0.7, mean=200e-6, rms=200e-6,
                    peak=200e-6, commanded_peak=200e-6, net_charge=charge, absolute_charge=charge,
                    voltage=2.0, impedance=10e3, output=200e-6)  # fmt: skip
    return Observation(status=status, stimulus=stimulus, capabilities=make.capabilities(), time=31.0,
                       since_start=30.0, since_answer=0.0, since_change=0.0, ending=False,
                       sitting_time=30.0, dc_charge=charge, expected_charge=charge,
                       expected_absolute=charge, missing=0.0, offset=0.0, baseline=10e3)  # fmt: skip


@pytest.fixture(scope="module")
def balanced(make, quiet):
    stimulus = make.fast()
    absolute = stimulus.absolute_charge_between(0, 30.0)
    status = replace(quiet.status, mean=0.0, rms=232e-6, peak=300e-6, commanded_peak=300e-6, net_charge=0.0,
                     absolute_charge=absolute, voltage=3.0)  # fmt: skip
    return replace(quiet, status=status, stimulus=stimulus, dc_charge=0.0, expected_charge=0.0,
                   expected_absolute=absolute)  # fmt: skip


def seen(observation, **changes):
    """The same observation with other figures; those of the status by their own names."""
    status = {k: v for k, v in changes.items() if k in Status.__dataclass_fields__}
    other = {k: v for k, v in changes.items() if k not in status}
    return replace(observation, status=replace(observation.status, **status), **other)


# rule, figures at which it is still silent, figures at which it speaks
EDGES = {
    "over-current": ({"peak": 210e-6}, {"peak": 1.001e-3}),
    "lead-off": ({"missing": 0.05}, {"missing": 0.051}),
    "compliance": ({"voltage": 58.7, "impedance": None}, {"voltage": 58.9}),
    "short": ({"impedance": 101.0}, {"impedance": 99.0}),
    "mismatch": ({"peak": 221e-6}, {"peak": 223e-6}),
    "stopped-by-hand": ({"fault": "stopped by hand"}, {"state": "fault", "fault": "stopped by hand"}),
    "device-fault": ({}, {"state": "fault", "fault": "too hot"}),
    "device-stopped": ({"state": "idle", "elapsed": 60.0}, {"state": "idle", "elapsed": 59.9}),
    "silence": ({"since_answer": 1.0}, {"since_answer": 1.01}),
    "frozen": ({"since_change": 1.0}, {"since_change": 1.01}),
    "pace": ({"since_start": 31.6}, {"since_start": 31.7}),
    "charge-drift": ({"net_charge": 5.3e-3}, {"net_charge": 5.4e-3}),
    "impedance-jump": ({"impedance": 14.9e3}, {"impedance": 15.1e3}),
    "dc-charge": ({"dc_charge": 4.8}, {"dc_charge": 4.81}),
    "sitting-time": ({"sitting_time": 3600.0}, {"sitting_time": 3600.1}),
}


@pytest.mark.parametrize("code", EDGES)
def test_each_rule_speaks_just_past_its_level_and_is_silent_just_before(quiet, make, code):
    below, above = EDGES[code]
    rule = getattr(interlock, code.replace("-", "_"))
    assert rule(seen(quiet, **below), make.limits()) is None
    trip = rule(seen(quiet, **above), make.limits())
    assert trip.code == code and trip.time == quiet.time and len(trip.reason) > 20


def test_every_rule_is_tried_and_each_has_its_own_code():
    tried = {rule.__name__.replace("_", "-") for rule in interlock.INTERLOCKS}
    assert tried == set(EDGES) | {"net-dc"} and len(tried) == len(interlock.INTERLOCKS)


def test_nothing_speaks_when_all_is_well(quiet, balanced, make):
    assert interlock.first_trip(quiet, make.limits()) is None
    assert interlock.first_trip(balanced, make.limits()) is None


def test_direct_current_in_a_balanced_one(quiet, balanced, make):
    for offset in (51e-6, -51e-6):
        assert interlock.net_dc(seen(balanced, offset=offset), make.limits()).code == "net-dc"
        assert interlock.net_dc(seen(quiet, offset=offset), make.limits()) is None
    assert interlock.net_dc(seen(balanced, offset=50e-6), make.limits()) is None
    assert interlock.net_dc(seen(balanced, offset=None), make.limits()) is None


def test_lead_off_by_absence_by_bouncing_and_by_voltage(quiet, make):
    def code(**figures):
        trip = interlock.first_trip(seen(quiet, **figures), make.limits())
        return trip.code if trip else None

    assert code(peak=19e-6, impedance=None) == "lead-off"
    assert code(missing=0.06) == "lead-off"
    assert code(voltage=60.0, missing=0.002) == "lead-off"
    assert code(voltage=60.0) == "compliance"
    assert code(peak=120e-6, missing=0.04) == "mismatch"  # all of it flows, too little of it
    assert code(peak=120e-6, missing=0.06) == "mismatch"
    assert code(ending=True, missing=0.06) is None  # a current that ends is meant to go missing


def test_more_commanded_than_the_program_has_is_a_mismatch_even_where_it_flows(quiet, make):
    trip = interlock.first_trip(seen(quiet, peak=220e-6, commanded_peak=220e-6), make.limits())
    assert trip.code == "mismatch" and "the program has at most 200 µA" in trip.reason


def test_the_first_cause_names_the_trip(quiet, make):
    open_lead = seen(quiet, peak=0.0, voltage=60.0, impedance=None, state="fault", fault="open lead")
    assert interlock.first_trip(open_lead, make.limits()).code == "lead-off"


def test_a_fall_of_the_impedance_is_no_trip_and_small_currents_are_not_judged(quiet, make):
    assert interlock.impedance_jump(seen(quiet, impedance=5e3), make.limits()) is None
    low = seen(quiet, impedance=50e3, peak=90e-6)
    assert interlock.impedance_jump(low, make.limits()) is None
    assert interlock.short(seen(quiet, impedance=10.0, peak=40e-6), make.limits()) is None


def test_an_old_answer_does_not_say_that_the_stimulator_has_stopped(quiet, make):
    old = seen(quiet, state="armed", elapsed=0.0, since_answer=0.3)
    assert interlock.device_stopped(old, make.limits()) is None


@pytest.mark.parametrize(
    ("rule", "id_"),
    [
        ("over_current", "total-current"), ("lead_off", "contact-loss-time"), ("silence", "heartbeat"),
        ("compliance", "compliance-voltage"), ("frozen", "heartbeat"), ("pace", "heartbeat"),
        ("net_dc", "net-dc-balanced"), ("impedance_jump", "impedance-jump"),
        ("dc_charge", "dc-charge-sitting"), ("sitting_time", "sitting-time"),
    ],
)  # fmt: skip
def test_a_missing_limit_is_an_error_never_a_pass(quiet, make, rule, id_):
    left = Limits(limits=tuple(x for x in make.limits().limits if x.id != id_))
    with pytest.raises(MissingLimit, match=id_):
        getattr(interlock, rule)(quiet, left)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(levels=st.lists(st.floats(1e-5, 2e-3), min_size=2, max_size=6), peak=st.floats(0, 2e-3))
def test_a_tighter_limit_never_lets_more_through(quiet, make, levels, peak):
    observation = seen(quiet, peak=peak, commanded_peak=peak, output=-peak)
    trips = [
        interlock.over_current(observation, make.limits(total_current=level)) is not None
        for level in sorted(levels)
    ]
    assert all(tight or not loose for tight, loose in pairwise(trips))
    assert trips[0] == (peak > min(min(levels), 1e-3) * (1 + 1e-9))
