"""Rows of the tables as laws of physics: skin under cover, skin under direct current, metal in a film."""

from __future__ import annotations

from collections.abc import Callable

from microcurrent import tables
from microcurrent.model import Input
from microcurrent.model.tissue import SkinLayer
from microcurrent.physics.skin import (
    DirectCurrentLaw,
    Hydration,
    MetalInterface,
    SkinImpedance,
    charge_verdict,
)

#: Which value of an `Input` is taken: its middle, an end, or a draw.
Pick = Callable[[Input], float]


def middle_of(given: Input) -> float:
    """Return the value itself."""
    return given.value


def impedance_of(layer: SkinLayer, *, pick: Pick = middle_of) -> SkinImpedance:
    """Return one row of the skin table as an impedance per area."""
    return SkinImpedance(
        series=pick(layer.series),
        parallel=pick(layer.parallel),
        capacitance=pick(layer.capacitance),
        alpha=pick(layer.alpha),
    )


def hydration_of(group: str, *, pick: Pick = middle_of) -> Hydration:
    """Return the skin of a group ("face", "limb") between dry, gelled and wet."""
    layers, dynamics = tables.skin_layers(), tables.skin_dynamics()[group]
    dry, gel, wet = (impedance_of(layers[group, state], pick=pick) for state in ("dry", "gel", "water"))
    return Hydration(
        dry=dry,
        gel=gel,
        wet=wet,
        occlusion_time=pick(dynamics.occlusion_time),
        drying_time=pick(dynamics.drying_time),
    )


def starting_degree(hydration: Hydration, coupling: str) -> float:
    """Return the degree of hydration when an electrode is put on with this coupling.

    Dry metal meets dry skin; gel and water close the air gaps at once, which is the gelled layer.
    """
    return 0.0 if coupling == "dry" else hydration.gel_degree


def direct_current_law(group: str, *, pick: Pick = middle_of) -> DirectCurrentLaw:
    """Return how direct current changes the skin of a group ("face", "limb")."""
    row = tables.skin_dynamics()[group]
    return DirectCurrentLaw(
        voltage_scale=pick(row.voltage_scale),
        wetting_density=pick(row.wetting_density),
        wetting_exponent=pick(row.wetting_exponent),
        wetting_time=pick(row.wetting_time),
        recovery_time=pick(row.recovery_time),
        asymmetry=pick(row.asymmetry),
        breakdown_voltage=pick(row.breakdown_voltage),
        breakdown_steepness=pick(row.breakdown_steepness),
        breakdown_decades=pick(row.breakdown_decades),
        breakdown_time=pick(row.breakdown_time),
    )


def metal_of(material: str, *, pick: Pick = middle_of) -> MetalInterface | None:
    """Return the interface of an electrode material, or None where the tables know too little of it."""
    row, metal = tables.interfaces()[material], tables.materials()[material]
    if metal.charge_transfer is None or row.rest_potential is None:
        return None
    window: dict[str, float] = {}
    if row.anodic_exchange and row.cathodic_exchange and row.transfer_coefficient:
        water = tables.water_window()
        window = {
            "oxygen": pick(water.oxygen_potential),
            "hydrogen": pick(water.hydrogen_potential),
            "anodic": pick(row.anodic_exchange),
            "cathodic": pick(row.cathodic_exchange),
            "slope": pick(water.thermal_voltage) / pick(row.transfer_coefficient),
        }
    return MetalInterface(
        capacitance=pick(metal.double_layer) if metal.double_layer else 0.0,
        element=pick(row.constant_phase) if row.constant_phase else 0.0,
        exponent=pick(row.exponent) if row.exponent else 1.0,
        transfer=pick(metal.charge_transfer),
        rest=pick(row.rest_potential),
        **window,
    )


def verdict_of(material: str, charge: float) -> str:
    """Return what becomes of `charge` [C/m2] in one phase at this material; "unknown" without a limit."""
    limit = tables.materials()[material].charge_limit
    return "unknown" if limit is None else charge_verdict(charge, low=limit.low, high=limit.high)
