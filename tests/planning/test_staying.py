"""How long direct current stays at a place: held, crept along, passed by, moved, reversed."""

import pytest

from microcurrent.model import (
    Electrode,
    Path,
    Placement,
    Plan,
    Polarity,
    Ramp,
    Site,
    Step,
    Stimulus,
    shapes,
)
from microcurrent.planning.staying import longest_stays, stays

SITES = tuple(Site(name=name, position=(0.01 * k, 0.0, 0.0)) for k, name in enumerate("abcdef"))
WIDTH = 12e-3


def part(electrode, *sites, speed=6e-3, length=None):
    if len(sites) == 1:
        return Placement(electrode=electrode, site=sites[0])
    return Path(electrode=electrode, sites=sites, speed=speed, length=length or 0.03, passes=100)


def step(number, anode, cathode, *, start=0.0, duration=100.0, polarity=None):
    stimulus = Stimulus(
        waveform=shapes.constant(), amplitude=1e-4, duration=duration, ramp=Ramp(rise=10.0, fall=10.0),
        polarity=polarity or Polarity(),
    )  # fmt: skip
    return Step(
        number=number, system="galvanic", stimulus=stimulus, anode=anode, cathode=cathode, start=start
    )


def plan(*steps):
    electrodes = tuple(
        Electrode(name=name, shape="sphere", diameter=WIDTH, coupling="gel") for name in ("one", "two")
    )
    return Plan(
        title="t",
        intent="t",
        body="slab",
        body_content="x",
        electrodes=electrodes,
        steps=steps,
        sites=SITES,
    )


def longest(*steps, alone=False):
    return max(time for time, _ in longest_stays(plan(*steps), steps, alone=alone))


def test_a_hold_stays_as_long_as_it_lasts():
    assert longest(step(1, part("one", "a"), part("two", "d"))) == 100.0


def test_a_creep_within_its_own_contact_is_a_hold():
    creeping = part("one", "a", "b", speed=1e-7, length=0.5 * WIDTH)
    made = step(1, creeping, part("two", "d", "e", speed=1e-7, length=0.5 * WIDTH))
    assert stays(plan(made), creeping)
    assert longest(made) == 100.0
    assert longest(made, alone=True) == 100.0


def test_a_glide_stays_while_its_contact_passes_a_place_and_turns_back():
    made = step(1, part("one", "a", "d"), part("two", "f"))
    at_the_glide = [
        time for time, where in longest_stays(plan(made), (made,), alone=True) if "one" in where
    ]
    assert at_the_glide == [pytest.approx(2 * WIDTH / 6e-3)]


def test_an_electrode_that_is_held_counts_alone_only_where_the_other_stays():
    made = step(1, part("one", "a", "d"), part("two", "f"))
    assert longest(made) == 100.0
    assert longest(made, alone=True) == pytest.approx(2 * WIDTH / 6e-3)


def test_a_slow_glide_is_judged_even_where_only_pairs_at_rest_count():
    made = step(1, part("one", "a", "d", speed=1e-4), part("two", "f"))
    assert longest(made, alone=True) == 100.0


def test_the_same_place_adds_up_over_steps_until_reversed():
    first = step(1, part("one", "a"), part("two", "d"))
    again = step(2, part("one", "a"), part("two", "d"), start=100.0)
    other_way = step(2, part("two", "d"), part("one", "a"), start=100.0)
    assert longest(first, again) == 200.0
    assert longest(first, other_way) == 100.0


def test_polarity_that_alternates_counts_one_way_at_a_time():
    turning = Polarity(mode="alternating", every=25.0, ramp=10.0)
    assert longest(step(1, part("one", "a"), part("two", "d"), polarity=turning)) == 25.0
