"""SkinDynamics, Interface, WaterWindow: what the tables say of changing skin and of metal in a film."""

from __future__ import annotations

from dataclasses import dataclass, fields

from microcurrent.model.checks import finite, named, one_of, refuse
from microcurrent.model.exposure import Input
from microcurrent.model.tissue import SKIN_GROUPS


@dataclass(frozen=True, kw_only=True)
class SkinDynamics:
    """How the stratum corneum of one `group` (of `SKIN_GROUPS`) changes under cover and under current.

    Under cover: `occlusion_time`, `drying_time` [s]: time constants; `thickness` [m] when dry, `swelling`
    [fraction]: thickness in water over that when dry, `swelling_time` [s]. Under direct current:
    `voltage_scale` [V] of the sinh law; `wetting_density` [A/m2], `wetting_exponent` [fraction] of the
    conductance that current brings, `wetting_time`, `recovery_time` [s], `asymmetry` [fraction] between the
    poles; `breakdown_voltage` [V], `breakdown_steepness`, `breakdown_decades` [fraction],
    `breakdown_time` [s].
    """

    group: str
    occlusion_time: Input
    drying_time: Input
    thickness: Input
    swelling: Input
    swelling_time: Input
    voltage_scale: Input
    wetting_density: Input
    wetting_exponent: Input
    wetting_time: Input
    recovery_time: Input
    asymmetry: Input
    breakdown_voltage: Input
    breakdown_steepness: Input
    breakdown_decades: Input
    breakdown_time: Input

    def __post_init__(self) -> None:
        one_of(self, "group", self.group, SKIN_GROUPS)
        for field in fields(self):
            if field.name == "group":
                continue
            for value in (getattr(self, field.name).low, getattr(self, field.name).high):
                if field.name == "asymmetry":
                    finite(self, field.name, value, minimum=0, maximum=0.99)
                elif field.name == "wetting_exponent":
                    finite(self, field.name, value, above=0, maximum=1)
                else:
                    finite(self, field.name, value, above=0)


@dataclass(frozen=True, kw_only=True)
class Interface:
    """What happens between one `material` and a salty film; None where no figure was found.

    `constant_phase` [F/m2]: magnitude of the constant-phase element at 1 rad/s, `exponent` [fraction] of
    it; `rest_potential` [V]; `anodic_exchange`, `cathodic_exchange` [A/m2]: exchange current densities of
    oxygen and hydrogen from water, `transfer_coefficient` [fraction] of both. A material that does not
    split water has none of the last three. Potentials are against the standard hydrogen electrode.
    """

    material: str
    constant_phase: Input | None = None
    exponent: Input | None = None
    rest_potential: Input | None = None
    anodic_exchange: Input | None = None
    cathodic_exchange: Input | None = None
    transfer_coefficient: Input | None = None

    def __post_init__(self) -> None:
        named(self, "material", self.material)
        for name in ("constant_phase", "anodic_exchange", "cathodic_exchange"):
            number = getattr(self, name)
            if number is not None:
                finite(self, name, number.low, above=0)
        for name in ("exponent", "transfer_coefficient"):
            number = getattr(self, name)
            if number is not None:
                finite(self, name, number.low, above=0)
                finite(self, name, number.high, maximum=1)
        water = (self.anodic_exchange, self.cathodic_exchange, self.transfer_coefficient)
        if sum(number is not None for number in water) not in (0, 3):
            raise refuse(self, "anodic_exchange", expected="all three reactions of water, or none",
                         came="some")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class WaterWindow:
    """Where water is split: `oxygen_potential`, `hydrogen_potential` [V]; `thermal_voltage` R T / F [V].

    `pair_onset` [V]: between two metals, before steady direct current flows in practice. Potentials are
    against the standard hydrogen electrode.
    """

    oxygen_potential: Input
    hydrogen_potential: Input
    thermal_voltage: Input
    pair_onset: Input

    def __post_init__(self) -> None:
        if not self.hydrogen_potential.high < self.oxygen_potential.low:
            raise refuse(self, "hydrogen_potential", expected="below the potential of oxygen",
                         came=f"{self.hydrogen_potential.high:g} V")  # fmt: skip
        for name in ("thermal_voltage", "pair_onset"):
            finite(self, name, getattr(self, name).low, above=0)
