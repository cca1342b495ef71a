"""Skin chemistry of a plan: which courses of current each contact sees, and what pH they make, with its range."""

import dataclasses
from pathlib import Path as File

import pytest
from tests.planning.test_assess import (
    faradic,
    galvanic,
    judged,
    make_body,
    make_plan,
    make_prediction,
    verdict,
)

from microcurrent import tables, units
from microcurrent.errors import ValueRefused
from microcurrent.model import Electrode, Estimate, Path, Polarity
from microcurrent.planning.chemistry import flux_of, probe_ph, stays, surface_ph, time_beyond, water_share
from microcurrent.planning.judging import compare

MINUTE = ((60.0, -1.0),)  # a cathode of 0.1 mA/cm2


def courses(plan, **values):
    values = {"dc_density": 1.0, "net_charge_density": 20.0, "absolute_charge_density": 20.0} | values
    return list(stays(plan, make_prediction(plan, make_body(), **values)))


def shape(stay):
    return [(round(time, 6), density.value) for time, density in stay.segments]


# -- courses -------------------------------------------------------------------------------


def test_both_ends_of_a_hold_see_the_same_charge_with_opposite_signs():
    """Without its ramps: 40 s with 10 s in and out is worth 30 s."""
    upper, lower = courses(make_plan(galvanic(duration=40.0, ramp=10.0)))
    assert shape(upper) == [(30.0, 1.0)] and shape(lower) == [(30.0, -1.0)]
    assert upper.where == "step 1, electrode upper"


def test_a_reversed_step_turns_the_signs():
    upper, _ = courses(make_plan(galvanic(duration=30.0, polarity=Polarity(mode="reversed"))))
    assert shape(upper) == [(30.0, -1.0)]


def test_an_alternating_direct_current_turns_and_is_followed_for_some_turns():
    upper, _ = courses(
        make_plan(galvanic(duration=100.0, polarity=Polarity(mode="alternating", every=10.0)))
    )
    assert shape(upper) == [(10.0, 1.0), (10.0, -1.0), (10.0, 1.0), (10.0, -1.0)]


def test_steps_at_one_place_add_up_and_a_move_begins_anew():
    forty = galvanic(duration=40.0)
    stay, _ = courses(make_plan(forty, faradic(duration=5.0, ramp=1.0), forty, parts=[("a", "b")] * 3))
    assert [part for part in shape(stay) if part[1]] == [(40.0, 1.0), (40.0, 1.0)]
    assert sum(time for time, _ in shape(stay)) == pytest.approx(85.0)
    moved = courses(make_plan(forty, forty, parts=[("a", "b"), ("c", "b")]))
    assert [(s.where, len(s.segments)) for s in moved] == [
        ("step 1, electrode upper", 1), ("step 2, electrode upper", 1), ("step 1, electrode lower", 2)
    ]  # fmt: skip


def test_a_glide_counts_as_long_as_its_charge_takes_at_one_place():
    path = Path(electrode="lower", sites=("b", "c"), speed=0.001, length=0.0424, passes=1)
    found = courses(make_plan(galvanic(duration=42.4), parts=[("a", path)]), absolute_charge_density=3.0)
    assert [shape(stay) for stay in found] == [[(42.4, 1.0)], [(3.0, -1.0)]]


def test_balanced_current_leaves_no_course():
    assert courses(make_plan(faradic(duration=600.0)), dc_density=0.0) == []


# -- pH ------------------------------------------------------------------------------------


def test_a_wetted_probe_at_a_tenth_of_a_milliampere_reaches_ph_11_in_a_minute():
    """0.2 mm of film: the closed form without buffer says 11.5, and the thinnest film more."""
    least, largest = probe_ph(MINUTE, coupling="water")
    assert largest.value == pytest.approx(11.0, abs=0.2)
    assert largest.low < 8.5 and largest.high > 11.5
    assert least.value == pytest.approx(7.0, abs=0.1)
    assert largest.dimension == "pH"


def test_gel_and_cloth_spare_the_skin():
    bare = probe_ph(MINUTE, coupling="water")[1]
    for coupling, over in (("gel", "metal"), ("water", "cloth"), ("gel", "cloth")):
        spared = probe_ph(MINUTE, coupling=coupling, over=over)[1]
        assert spared.value < 8 and spared.high < bare.high - 0.5


def test_silver_chloride_makes_neither_acid_nor_base():
    assert water_share("silver chloride") == 0.0
    assert water_share("stainless steel") == water_share("titanium") == 1.0
    assert probe_ph(MINUTE, coupling="gel", material="silver chloride")[1].high < 8


def test_reversing_halves_what_is_made():
    one_way = probe_ph(((60.0, -1.0),))[1].value
    turned = probe_ph(((15.0, -1.0), (30.0, 1.0), (15.0, -1.0)))[1].value
    assert turned < one_way - 0.5


def test_the_corrosive_range_comes_sooner_with_more_current_and_the_worst_inputs():
    middle, worst = time_beyond(((300.0, -2.0),), level=11.5)
    assert worst < 20 < middle < 80
    assert time_beyond(((300.0, -1.0),), level=11.5)[0] == pytest.approx(2 * middle, rel=0.1)
    assert time_beyond(((300.0, 2.0),), level=2.0)[1] > worst
    assert time_beyond(((5.0, -1.0),), level=11.5) == (None, None)
    # At the level itself: the pH there is the level.
    assert probe_ph(((middle, -2.0),))[1].value == pytest.approx(11.5, abs=0.02)


def test_fluxes_have_the_range_of_the_transport_number():
    sodium = flux_of("sodium", 5.0)
    assert sodium.value * 1e6 * 3600 * 1e-4 == pytest.approx(11.2, rel=0.01)  # umol/cm2/h
    assert sodium.low < sodium.value < sodium.high
    chloride = flux_of("chloride", 5.0)  # leaves the body under an anode
    assert chloride.high < 0


@pytest.mark.parametrize(
    ("call", "came"),
    [
        (lambda: flux_of("retinol", 5.0), "retinol"),
        (lambda: flux_of("calcium", 5.0), "calcium"),
        (lambda: probe_ph(MINUTE, coupling="honey"), "honey"),
        (lambda: probe_ph(MINUTE, material="tin"), "tin"),
    ],
)
def test_what_is_in_no_table_is_refused_by_name(call, came):
    with pytest.raises(ValueRefused, match=came):
        call()


# -- in the assessment ---------------------------------------------------------------------


def wetted(density):
    values = {
        "dc_density": density,
        "net_charge_density": 30 * density,
        "absolute_charge_density": 30 * density,
    }
    return make_plan(galvanic(duration=40.0, ramp=10.0), coupling="water"), values


@pytest.mark.parametrize(("density", "word"), [(0.05, "ok"), (1.0, "warn"), (4.0, "stop")])
def test_a_wetted_probe_held_still_is_judged_by_its_chemistry(density, word):
    plan, values = wetted(density)
    assert verdict(judged(plan, **values), "skin-ph-base") == word


def test_acid_is_judged_at_the_anode_alone_and_base_at_the_cathode():
    plan, values = wetted(4.0)
    prediction = make_prediction(plan, make_body(), **values)
    assert [where for where, _ in surface_ph(plan, prediction, side="least")] == ["step 1, electrode upper"]
    assert [where for where, _ in surface_ph(plan, prediction, side="largest")] == [
        "step 1, electrode lower"
    ]


def test_the_range_of_the_density_counts():
    plan, values = wetted(1.0)
    wide = Estimate(value=1.0, low=0.2, high=4.0, dimension="current density")
    assert verdict(judged(plan, **(values | {"dc_density": wide})), "skin-ph-base") == "stop"


@pytest.mark.parametrize("id_", ["skin-ph-base", "skin-ph-acid"])
def test_the_levels_are_those_of_corrosion(id_):
    limit = tables.limits()[id_]
    way = 1e-6 if limit.sense == "at most" else -1e-6
    for level, word in ((limit.warn, "warn"), (limit.stop, "stop")):
        assert compare(limit, Estimate.exact(level + way, "pH"), "here").verdict == word
        assert compare(limit, Estimate.exact(level - way, "pH"), "here").verdict != word
    assert {limit.warn, limit.stop} == ({11.0, 11.5} if id_ == "skin-ph-base" else {3.0, 2.0})


def test_metal_of_silver_chloride_passes_where_steel_is_stopped():
    plan, values = wetted(4.0)
    silver = dataclasses.replace(plan, electrodes=tuple(
        Electrode(name=e.name, shape=e.shape, coupling=e.coupling, diameter=e.diameter, material="silver chloride")
        for e in plan.electrodes
    ))  # fmt: skip
    assert verdict(judged(silver, **values), "skin-ph-base") == "ok"


# -- the page ------------------------------------------------------------------------------

PAGE = File(__file__).resolve().parents[2] / "docs" / "explanation" / "skin-chemistry.md"
FILMS = {"bare, dry": ("dry", "metal"), "bare, wetted": ("water", "metal"), "gel": ("gel", "metal"),
         "wet cloth": ("water", "cloth")}  # fmt: skip
ROWS = [
    [cell.strip() for cell in line.split("|")[1:-1]]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("|") and "mA/cm2" in line
]


def said(estimate):
    return f"{estimate.value:.1f} ({estimate.low:.1f} to {estimate.high:.1f})"


def after(time):
    return "not in 10 min" if time is None else f"{time:.0f} s"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}")
def test_the_table_of_the_page_is_what_is_computed(row):
    coupling, over = FILMS[row[0]]
    density, time = units.read(row[1], "current density"), units.read(row[2], "time")
    where = {"coupling": coupling, "over": over}
    assert said(probe_ph(((time, -density),), **where)[1]) == row[3]
    assert said(probe_ph(((time, density),), **where)[0]) == row[4]
    middle, worst = time_beyond(((600.0, -density),), level=11.5, **where)
    assert f"{after(middle)}, worst {after(worst)}" == row[5]


def test_the_page_has_a_table():
    assert len(ROWS) == 12
