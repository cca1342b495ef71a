"""pH under a metal: against films, deep media, Sand's time and Faraday's law; and its orders (V19)."""

import numpy as np
import pytest

from microcurrent.errors import ValueRefused
from microcurrent.physics.electrochemistry import (
    FARADAY,
    SPECIES,
    VALENCES,
    Layer,
    Solutes,
    acidity_under,
    binary_slope,
    column_of,
    film_build_up,
    ph_of,
    ph_with,
    sand_time,
    surface_build_up,
)
from microcurrent.physics.electrochemistry.equilibrium import mixture, state_of

WATER = 1e-8
D = (1.33e-9, 2.03e-9, 9.31e-9, 5.27e-9, 1.91e-9, 1.18e-9, 0.92e-9)
#: Carbonic acid, and water and salt as elsewhere.
SOLUTES = Solutes(diffusivities=D, first=10**-3.35, second=10**-7.33, water=WATER, temperature=298.15)
#: So much salt that the field moves nothing else: pure diffusion.
MUCH = 5e4
CLOSED = 1e3  # m of water: no diffusion through it
SKIN = Layer(thickness=2e-3, salt=115.0, buffer=25.0, ph=7.4, hindrance=0.45)


def film(thickness=2e-4, *, salt=40.0, buffer=0.0, ph=7.0):
    return Layer(thickness=thickness, salt=salt, buffer=buffer, ph=ph, barrier=0.5)


def under(layers, density, *, time=60.0, solutes=SOLUTES, **options):
    fineness = options.pop("fineness", 1.0)
    column = column_of(tuple(layers), solutes=solutes, fineness=fineness)
    return acidity_under(column, [0.0, time], [density, density], **options)


# -- what a solution holds -----------------------------------------------------------------


def test_a_mixture_is_neutral_and_in_equilibrium():
    acidity = np.linspace(-18, 18, 7)
    mix = mixture(np.full(7, 100.0), np.full(7, 25.0), acidity, solutes=SOLUTES).concentrations
    c = dict(zip(SPECIES, mix, strict=True))
    assert np.array(VALENCES) @ mix == pytest.approx(0, abs=1e-8)
    assert c["hydrogen"] * c["hydroxide"] == pytest.approx(WATER)
    assert c["hydrogen"] * c["base"] == pytest.approx(SOLUTES.first * c["acid"])
    assert c["hydrogen"] * c["second base"] == pytest.approx(SOLUTES.second * c["base"])
    assert c["acid"] + c["base"] + c["second base"] == pytest.approx(25.0)


def test_the_slopes_of_a_mixture_are_its_derivatives():
    at = np.array([[100.0], [25.0], [2.0]])
    slopes = mixture(*at, solutes=SOLUTES).slopes[:, :, 0]
    for column, step in enumerate((1e-3, 1e-3, 1e-5)):
        ahead, behind = at.copy(), at.copy()
        ahead[column] += step
        behind[column] -= step
        change = (
            mixture(*ahead, solutes=SOLUTES).concentrations
            - mixture(*behind, solutes=SOLUTES).concentrations
        )
        assert slopes[:, column] == pytest.approx(change[:, 0] / (2 * step), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("ph", [2.0, 5.5, 7.4, 12.0])
def test_a_layer_begins_at_its_ph(ph):
    state = state_of(10.0, 5.0, ph, solutes=SOLUTES)
    assert ph_of(state[2], solutes=SOLUTES) == pytest.approx(ph)
    mix = mixture(*(np.array([v]) for v in state), solutes=SOLUTES).concentrations
    assert min(mix[0, 0], mix[1, 0]) == pytest.approx(10.0)


# -- closed forms --------------------------------------------------------------------------


@pytest.mark.parametrize("density", [-1.0, 1.0, -5.0])
def test_an_unbuffered_film_that_keeps_all_is_the_closed_form(density):
    """After long enough for the film to be well mixed, and with salt that carries all the current."""
    layers = [Layer(thickness=5e-5, salt=MUCH, barrier=CLOSED), Layer(thickness=1e-3, salt=MUCH)]
    trace = under(layers, density)
    made = np.sign(density) * film_build_up(density, 60.0, thickness=5e-5)
    assert trace.at_metal[-1] == pytest.approx(float(ph_with(made, water=WATER)), abs=0.01)
    assert trace.at_skin[-1] == pytest.approx(float(ph_with(made, water=WATER)), abs=0.01)


@pytest.mark.parametrize(("density", "ion"), [(-1.0, 3), (1.0, 2)])
def test_a_deep_unbuffered_medium_is_the_closed_form(density, ion):
    trace = under([Layer(thickness=5e-3, salt=MUCH)], density)
    for time in (10.0, 60.0):
        made = np.sign(density) * surface_build_up(density, time, diffusivity=D[ion])
        found = np.interp(time, trace.times, trace.at_metal)
        assert found == pytest.approx(float(ph_with(made, water=WATER)), abs=0.02)


#: A buffer of one proton that diffuses alike in both forms, pK 7, as Sand's law takes it.
SAND = Solutes(
    diffusivities=(*D[:4], 1e-9, 1e-9, 1e-9), first=1e-4, second=0.0, water=WATER, temperature=298.15
)


@pytest.mark.parametrize("density", [-5.0, -3.0, 5.0])
def test_a_buffer_is_exhausted_at_sands_time(density):
    ph = 4.0 if density < 0 else 10.0  # all of the buffer in the form that is used up
    expected = sand_time(density, 25.0 * 0.999, diffusivity=1e-9)
    layers = [Layer(thickness=3e-3, salt=MUCH, buffer=25.0, ph=ph)]
    trace = under(layers, density, time=1.6 * expected, solutes=SAND, fineness=2.0)
    way = np.sign(-density) * (trace.at_metal - (9.0 if density < 0 else 5.0))
    found = np.interp(0.0, way, trace.times)
    assert found == pytest.approx(expected, rel=0.02)
    assert abs(trace.at_metal[-1] - 7) > 3.8


def test_silver_chloride_keeps_the_ph_and_makes_salt_fall_straight():
    """The steady binary electrolyte; what Minhas 2010 found of Ag/AgCl."""
    trace = under([Layer(thickness=2e-4, salt=100.0)], 5.0, time=300.0, water_share=0.0)
    slopes = np.diff(trace.concentrations[1]) / np.diff(trace.centres)
    assert slopes == pytest.approx(binary_slope(5.0, valence=-1, diffusivity=D[1]), rel=1e-5)
    assert trace.concentrations[0] == pytest.approx(trace.concentrations[1], rel=1e-4)
    assert trace.at_metal == pytest.approx(7, abs=0.05)


@pytest.mark.parametrize("density", [-5.0, -0.1, 1.0])
def test_what_the_metal_makes_is_faradays_law(density):
    """What the cells hold and what left, counted; to a millionth."""
    trace = under([film(), SKIN], density)
    assert trace.made == pytest.approx(density * 60 / FARADAY, rel=1e-12)
    assert trace.found == pytest.approx(trace.made, rel=1e-6)


def test_faradays_law_holds_through_ramps_and_a_reversal():
    column = column_of((film(buffer=2.0), SKIN), solutes=SOLUTES)
    trace = acidity_under(column, [0, 10, 40, 40, 60], [0, -1, -1, 2, 0])
    assert trace.made == pytest.approx((-5 - 30 + 20) / FARADAY, rel=1e-12)
    assert trace.found == pytest.approx(trace.made, rel=1e-6)


# -- orders of convergence -----------------------------------------------------------------


def test_steps_of_time_are_of_second_order():
    """Under a current that grows, in buffered skin, where nothing jumps."""
    column = column_of((SKIN,), solutes=SOLUTES)

    def base(steps):
        trace = acidity_under(column, [0.0, 20.0], [0.0, -1.0], steps=steps)
        return trace.concentrations[6, 0]

    judge = base(320)
    wrong = [abs(base(n) - judge) for n in (10, 20, 40)]
    assert np.log2(wrong[0] / wrong[2]) / 2 == pytest.approx(2, abs=0.4), wrong


def test_cells_are_of_second_order():
    """On the skin, in the middle of the column; layers join there without a seam."""

    def amount(fineness):
        layers = [Layer(thickness=2e-4, salt=40.0), Layer(thickness=4e-4, salt=40.0)]
        trace = under(layers, -1.0, time=5.0, steps=100, fineness=fineness)
        inside = slice(0, trace.ends[0] + 1)  # what has passed on depends on the flux at its end
        return (trace.concentrations[3] * widths(trace.centres))[inside].sum()

    rough, middle, fine = (amount(n) for n in (1, 2, 4))
    assert np.log2((rough - middle) / (middle - fine)) == pytest.approx(2, abs=0.4)


def widths(centres):
    found, edge = [], 0.0
    for centre in centres:
        found.append(2 * (centre - edge))
        edge += found[-1]
    return np.array(found)


# -- what a person wants to know -----------------------------------------------------------


def test_the_cathode_makes_base_and_the_anode_acid_and_more_current_more():
    at = {j: under([film(), SKIN], j).at_skin[-1] for j in (-5.0, -1.0, -0.1, 0.1, 1.0, 5.0)}
    assert list(at.values()) == sorted(at.values(), reverse=True)
    assert at[-1.0] == pytest.approx(11.5, abs=0.1)  # the table's upper bound for 0.2 mm
    assert at[0.1] < 7 < at[-0.1]


def test_a_thicker_film_and_a_buffer_spare_the_skin():
    bare = under([film(), SKIN], -1.0).at_skin[-1]
    assert under([film(1e-3), SKIN], -1.0).at_skin[-1] < bare - 0.8
    assert under([film(buffer=10.0), SKIN], -1.0).at_skin[-1] < bare - 0.8


def test_below_the_horny_layer_the_tissue_keeps_its_ph():
    trace = under([film(), SKIN], -1.0)
    assert trace.ph[-1, trace.ends[0] + 1] == pytest.approx(7.4, abs=0.3)


def test_reversal_neutralises_the_film():
    column = column_of((film(), SKIN), solutes=SOLUTES)
    trace = acidity_under(column, [0, 30, 30, 57], [-1, -1, 1, 1])
    assert trace.at_skin.max() > 11
    assert abs(trace.at_skin[-1] - 7) < 3.5 < trace.at_skin.max() - 7
    still = acidity_under(column, [0, 30, 30, 57], [-1, -1, 0, 0])
    assert still.at_skin[-1] > trace.at_skin[-1] + 0.5


def test_no_current_changes_nothing_in_an_even_column():
    trace = under([SKIN, SKIN], 0.0)
    assert trace.ph == pytest.approx(7.4, abs=1e-9)
    assert trace.made == 0 and abs(trace.found) < 1e-15


def test_a_hold_of_a_minute_takes_few_steps():
    """Some tens, so that an assessment can afford it; a count does not depend on the machine's load."""
    assert under([film(5e-5, salt=10.0), SKIN], -5.0).times.size < 60
    assert under([film(5e-5, salt=10.0), SKIN], 5.0, time=600.0).times.size < 200


@pytest.mark.parametrize(
    ("call", "key"),
    [
        (lambda: Layer(thickness=0.0, salt=1.0), "thickness"),
        (lambda: Layer(thickness=1e-3, salt=0.0), "salt"),
        (lambda: Layer(thickness=1e-3, salt=1.0, hindrance=1.5), "hindrance"),
        (lambda: Layer(thickness=1e-3, salt=1.0, buffer=-1.0), "buffer"),
        (lambda: column_of((), solutes=SOLUTES), "layers"),
        (lambda: under([film()], 1.0, water_share=2.0), "water share"),
        (lambda: under([film()], np.nan), "densities"),
        (lambda: under([film()], 1.0, time=-1.0), "times"),
        (
            lambda: Solutes(diffusivities=D[:3], first=1.0, second=0.0, water=1.0, temperature=300.0),
            "diffusivities",
        ),
        (lambda: Solutes(diffusivities=D, first=1.0, second=2.0, water=1.0, temperature=300.0), "second"),
    ],
)
def test_what_has_no_meaning_is_refused(call, key):
    with pytest.raises(ValueRefused, match=key):
        call()
