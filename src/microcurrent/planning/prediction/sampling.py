"""The numbers that a prediction rests on, and draws from their ranges by Latin hypercube.

A range is taken as the span of the 90 % interval of a log-normal quantity (a normal one where the
lower end is not above zero): low and high are its 5th and 95th percentile.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri

from microcurrent import tables
from microcurrent.errors import TableError
from microcurrent.model.electrode import Electrode
from microcurrent.model.exposure import Input
from microcurrent.model.plan import Plan
from microcurrent.model.tissue import ContactRule, SkinLayer
from microcurrent.planning.bodies import BodySource

#: The 95th percentile of a standard normal.
_Z95 = float(ndtri(0.95))
Values = dict[str, float]


def tissue_name(tissue: str, *, along: bool = False) -> str:
    """Return the name of a tissue's conductivity among the inputs."""
    return f"conductivity of {tissue}" + (" along fibres" if along else "")


def thickness_name(layer: int, tissue: str) -> str:
    """Return the name of a slab layer's thickness among the inputs; layers count from 1."""
    return f"thickness of layer {layer}, {tissue}"


def skin_name(part: str, coupling: str) -> str:
    """Return the name of a part (series, parallel, capacitance, alpha) of the skin layer."""
    return f"skin {part} ({coupling})"


def contact_name(electrode: Electrode) -> str:
    """Return the name of the contact ratio of an electrode."""
    return f"contact ratio of a {electrode.shape} ({electrode.coupling})"


def metal_name(part: str, material: str) -> str:
    """Return the name of a part (double layer, charge transfer) of a metal's contact among the inputs."""
    return f"{material}, {part}"


#: The name of the voltage at which skin leaves Ohm's law, the V0 of its sinh law.
VOLTAGE_SCALE = "skin voltage scale"
#: The name of the voltage that a pair of metals takes before steady direct current flows.
PAIR_ONSET = "water, pair onset"


def inputs_of(plan: Plan, source: BodySource) -> tuple[Input, ...]:
    """Return every number that a prediction of this plan rests on, each once."""
    found: dict[str, Input] = {}

    def add(name: str, given: Input) -> None:
        found[name] = Input(
            name=name,
            value=given.value,
            low=given.low,
            high=given.high,
            dimension=given.dimension,
            source=given.source,
            confidence=given.confidence,
        )

    known = tables.tissues()
    for tissue in source.body.tissues:
        if tissue not in known:
            raise TableError(f"The tissue {tissue!r} of the body {source.body.name!r} is in no table.")
        row = known[tissue]
        add(tissue_name(tissue), row.conductivity)
        if row.along is not None:
            add(tissue_name(tissue, along=True), row.along)
    for number, layer in enumerate(source.layers, start=1):
        add(thickness_name(number, layer.tissue), layer.thickness)
    add(VOLTAGE_SCALE, tables.skin_dynamics()[source.skin_group].voltage_scale)
    for electrode in plan.electrodes:
        skin = skin_row(source, electrode)
        for part in ("series", "parallel", "capacitance", "alpha"):
            add(skin_name(part, electrode.coupling), getattr(skin, part))
        if electrode.contact_area is None:
            add(contact_name(electrode), contact_rule(electrode).ratio)
        for name, given in metal_rows(electrode).items():
            add(name, given)
    return tuple(found.values())


def skin_row(source: BodySource, electrode: Electrode) -> SkinLayer:
    """Return the skin layer under an electrode on this body."""
    try:
        return tables.skin_layers()[source.skin_group, electrode.coupling]
    except KeyError as missing:
        raise TableError(
            f"The skin table has no row for {source.skin_group} with {electrode.coupling} coupling."
        ) from missing


def metal_rows(electrode: Electrode) -> dict[str, Input]:
    """Return by name what the voltage between metal and film rests on.

    A metal that splits water: the onset for a pair, and its double layer where known. One that does not
    (Ag/AgCl): its charge transfer. Of a material without figures, the onset alone.
    """
    known = tables.materials()
    if electrode.material not in known:
        raise TableError(f"The material {electrode.material!r} of an electrode is in no table.")
    metal, interface = known[electrode.material], tables.interfaces()[electrode.material]
    if interface.rest_potential and not interface.anodic_exchange and metal.charge_transfer:
        return {metal_name("charge transfer", electrode.material): metal.charge_transfer}
    found = {PAIR_ONSET: tables.water_window().pair_onset}
    if metal.double_layer:
        found[metal_name("double layer", electrode.material)] = metal.double_layer
    return found


def contact_rule(electrode: Electrode) -> ContactRule:
    """Return how much of an electrode touches."""
    try:
        return tables.contact_rules()[electrode.shape, electrode.coupling]
    except KeyError as missing:
        raise TableError(
            f"No contact rule for a {electrode.shape} with {electrode.coupling} coupling."
        ) from missing


def contact_area(electrode: Electrode, values: Values) -> float:
    """Return the area [m2] of an electrode's contact, measured or by rule."""
    if electrode.contact_area is not None:
        return electrode.contact_area
    ratio = values[contact_name(electrode)]
    return electrode.metal_area * (ratio**2 if electrode.shape == "sphere" else ratio)


def middle(inputs: tuple[Input, ...]) -> Values:
    """Return the value of every input."""
    return {given.name: given.value for given in inputs}


def draws(inputs: tuple[Input, ...], samples: int, seed: int) -> list[Values]:
    """Return `samples` draws of all inputs together, by a Latin hypercube; equal seeds, equal draws."""
    from scipy.stats import qmc  # here: half a second to load, and reading a plan does without

    spread = [given for given in inputs if given.high > given.low]
    if not spread:
        return [middle(inputs)] * samples
    cube = qmc.LatinHypercube(d=len(spread), rng=np.random.default_rng(seed)).random(samples)
    return [
        middle(inputs)
        | {given.name: quantile(given, float(u)) for given, u in zip(spread, row, strict=True)}
        for row in cube
    ]


def quantile(given: Input, probability: float) -> float:
    """Return a quantile of an input; 0.05 gives its low end, 0.95 its high end, 0.5 their middle."""
    z = float(ndtri(probability)) / _Z95
    if given.dimension == "fraction":  # ratios and exponents have hard ends: a straight line between
        return given.low + probability * (given.high - given.low)
    if given.low > 0:
        centre, half = math.log(given.low * given.high) / 2, math.log(given.high / given.low) / 2
        return math.exp(centre + half * z)
    return (given.low + given.high) / 2 + z * (given.high - given.low) / 2
