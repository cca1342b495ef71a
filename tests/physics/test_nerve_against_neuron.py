"""Our fibres beside the same fibres in NEURON, and beside thresholds that others published."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from microcurrent import tables
from microcurrent.physics.nerve.blocks import Watching
from microcurrent.physics.nerve.cables import bare, myelinated, point_source
from microcurrent.physics.nerve.membranes import gate_rates, steady
from microcurrent.physics.nerve.schemes import EULER
from microcurrent.physics.nerve.sizes import size_by_formula, size_in_table
from microcurrent.physics.nerve.thresholds import Method, thresholds
from microcurrent.physics.nerve.traces import traces, velocity

PROGRAM = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "nerve_in_neuron.py"))
InNeuron, h = PROGRAM["InNeuron"], PROGRAM["h"]
AXONS = tables.axons()
MRG = AXONS["mrg-2002"]
STEP = 5e-6
DIAMETERS = (5.7e-6, 8.7e-6, 10e-6, 12.8e-6, 16e-6)
WIDTHS = (0.05e-3, 0.1e-3, 0.3e-3, 1e-3)
DISTANCES = (0.5e-3, 1e-3, 2e-3)
SAME_STEPS = Method(
    step=STEP, weights=EULER, dtype=np.float64, tolerance=1e-5, watching=Watching(quiet=None)
)


def pulse(step, width, *, before=0.01e-3, after=0.8e-3, both=False):
    first, length = round(before / step), round(width / step)
    wave = np.zeros(first + length * (2 if both else 1) + round(after / step))
    wave[first : first + length] = 1
    if both:
        wave[first + length : first + 2 * length] = -1
    return wave


def myelinated_ones(diameters, nodes=21):
    return myelinated(MRG, [size_in_table(MRG, diameter) for diameter in diameters], nodes=nodes)


@pytest.fixture(scope="module")
def in_neuron():
    """One fibre of each diameter in NEURON, at rest."""
    made = {diameter: InNeuron(MRG, size_in_table(MRG, diameter), 21) for diameter in DIAMETERS}
    for fibre in made.values():
        fibre.start(STEP)
    return made


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("diameter", DIAMETERS)
def test_thresholds_agree_within_a_twentieth_of_a_percent(in_neuron, diameter, width):
    """At the same step NEURON fires 0.05 % above each threshold, and does not 0.05 % below it."""
    cables, wave = myelinated_ones([diameter] * 3), pulse(STEP, width)
    field = -point_source(cables, np.array(DISTANCES), conductivity=1 / 3)
    found = thresholds(cables, field, wave, method=SAME_STEPS)
    level = MRG.membrane.rest + SAME_STEPS.watching.detection
    for threshold, outside in zip(found.high, field, strict=True):
        for share, fires in ((1 + 5e-4, True), (1 - 5e-4, False)):
            fibre = in_neuron[diameter]
            assert fibre.fires(outside * threshold * share, wave, step=STEP, detection=level) is fires


def both_traces(axon, size, *, cables, wave, amplitude):
    """The potentials at all nodes by us and by NEURON, in mV."""
    field = -point_source(cables, np.array([1e-3]), conductivity=1 / 3)
    ours = traces(cables, field, wave, amplitude=np.array([amplitude]), method=SAME_STEPS)
    fibre = InNeuron(axon, size, cables.nodes)
    fibre.start(STEP)
    theirs = np.array([[node.v for node in nodes] for nodes in fibre.run(field[0] * amplitude, wave, STEP)])
    return ours, theirs


@pytest.mark.parametrize("diameter", [5.7e-6, 16e-6])
def test_traces_and_speed_of_a_myelinated_fibre_agree(diameter):
    cables = myelinated_ones([diameter])
    ours, theirs = both_traces(MRG, size_in_table(MRG, diameter), cables=cables, wave=pulse(STEP, 0.1e-3, after=1e-3),
                               amplitude=400e-6)  # fmt: skip
    assert theirs.max() > 20, "it fired"
    assert np.abs(ours.potential[:, :, 0] * 1e3 - theirs).max() < 0.01
    their_speed = velocity(
        cables, type(ours)(step=STEP, potential=theirs[:, :, None] * 1e-3, detection=-30e-3), (12, 17)
    )
    assert velocity(cables, ours, (12, 17)) == pytest.approx(their_speed, rel=5e-3)


@pytest.mark.parametrize(("name", "diameter", "amplitude"), [
    ("sundt-2015", 1e-6, 30e-3), ("rattay-1993", 1e-6, 30e-3), ("hodgkin-huxley-1952", 476e-6, 4e-3),
])  # fmt: skip
def test_traces_of_bare_fibres_agree(name, diameter, amplitude):
    axon = AXONS[name]
    nodes = 121
    cables, wave = bare(axon, [diameter], nodes=nodes), pulse(STEP, 0.4e-3, after=1.5e-3)
    ours, theirs = both_traces(axon, diameter, cables=cables, wave=wave, amplitude=amplitude)
    assert theirs.max() > 0, "it fired"
    assert np.abs(ours.potential[:, :, 0] * 1e3 - theirs).max() < 0.01


def test_the_squid_membrane_is_the_one_that_neuron_ships():
    """Neuron's own `hh`, not our channels in NEURON."""
    squid = AXONS["hodgkin-huxley-1952"]
    patch = h.Section(name="patch")
    patch.L = patch.diam = 100
    patch.insert("hh")
    h.usetable_hh = 0
    for v in (-90.0, -65.0, -40.0, 10.0):
        h.celsius = squid.membrane.temperature - 273.15
        h.finitialize(v)
        h.fcurrent()
        gates = steady(squid.membrane, np.array(v * 1e-3))
        assert gates == pytest.approx([patch(0.5).m_hh, patch(0.5).h_hh, patch(0.5).n_hh], rel=1e-9)
        slow = gate_rates(squid.membrane.gates[2], squid.membrane, np.array(v * 1e-3))
        assert 1e3 / sum(slow) == pytest.approx(patch(0.5).ntau_hh, rel=1e-9)
    assert [c.conductance * 1e-4 for c in squid.membrane.channels] == pytest.approx(
        [patch(0.5).gnabar_hh, patch(0.5).gkbar_hh]
    )
    assert squid.membrane.leak * 1e-4 == pytest.approx(patch(0.5).gl_hh)
    assert squid.membrane.leak_reversal * 1e3 == pytest.approx(patch(0.5).el_hh)


@pytest.mark.parametrize(("name", "published"), [
    ("mrg-2002", 0.26910e-3), ("mrg-2002 by formula", 0.27007e-3), ("sundt-2015", 2.11516e-3), ("rattay-1993", 1.35983e-3),
])  # fmt: skip
def test_thresholds_of_pyfibers_are_met_within_their_one_percent(name, published):
    """Point source 0.1 mm over the middle, 10 S/m, cathodic first 0.2 + 0.2 ms: its own regression tests."""
    axon = AXONS[name.split()[0]]
    if axon.myelin is None:
        cables, after = bare(axon, [1e-6], nodes=265), 4e-3
    else:
        size = size_by_formula(axon, 5.7e-6) if "formula" in name else size_in_table(axon, 5.7e-6)
        cables, after = myelinated(axon, [size], nodes=13), 1.5e-3
    field = -point_source(cables, np.array([0.1e-3]), conductivity=10.0)
    found = thresholds(cables, field, pulse(5e-6, 0.2e-3, both=True, after=after),
                       method=Method(step=5e-6, watching=Watching(quiet=None), tolerance=1e-3))  # fmt: skip
    assert found.high[0] == pytest.approx(published, rel=0.01)
