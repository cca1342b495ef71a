"""ThermalTissue, HeatSurface, HeatDamage, BurnTime: what the tables say of heat in skin and below."""

from __future__ import annotations

from dataclasses import dataclass, fields

from microcurrent.model.checks import finite, named, refuse
from microcurrent.model.exposure import Input


@dataclass(frozen=True, kw_only=True)
class ThermalTissue:
    """One tissue at rest: `density` [kg/m3], `heat_capacity` [J/kg/K], `conductivity` [W/m/K].

    `perfusion` [m3/s/kg] by blood and `metabolic_heat` [W/kg]; None of blood itself.
    """

    name: str
    density: Input
    heat_capacity: Input
    conductivity: Input
    perfusion: Input | None = None
    metabolic_heat: Input | None = None

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        for field in ("density", "heat_capacity", "conductivity"):
            finite(self, field, getattr(self, field).low, above=0)
        for field in ("perfusion", "metabolic_heat"):
            number: Input | None = getattr(self, field)
            if number is not None:
                finite(self, field, number.low, minimum=0)


@dataclass(frozen=True, kw_only=True)
class HeatSurface:
    """How heat leaves: `still_air` with radiation and `metal_contact` [W/m2/K]; `skin_temperature` and
    `body_temperature` [K] at rest.
    """

    still_air: Input
    metal_contact: Input
    skin_temperature: Input
    body_temperature: Input

    def __post_init__(self) -> None:
        for field in fields(self):
            finite(self, field.name, getattr(self, field.name).low, above=0)


@dataclass(frozen=True, kw_only=True)
class HeatDamage:
    """What heat does to skin: Arrhenius' `frequency_factor` [1/s] and `activation_energy` [J/mol].

    Equivalent minutes count from `reference_temperature` [K]: one degree more or less changes the time by
    `ratio_above`, `ratio_below`; `dose_of_skin_effects` [s] at the reference.
    """

    frequency_factor: Input
    activation_energy: Input
    reference_temperature: Input
    ratio_above: Input
    ratio_below: Input
    dose_of_skin_effects: Input

    def __post_init__(self) -> None:
        for field in fields(self):
            finite(self, field.name, getattr(self, field.name).low, above=0)
        for name in ("ratio_above", "ratio_below"):
            if not getattr(self, name).high < 1:
                raise refuse(self, name, expected="below 1", came=f"{getattr(self, name).high:g}")


@dataclass(frozen=True, kw_only=True)
class BurnTime:
    """How long a skin surface kept at `temperature` [K] takes to burn through its epidermis: `time` [s]."""

    temperature: float
    time: Input

    def __post_init__(self) -> None:
        finite(self, "temperature", self.temperature, above=273)
        finite(self, "time", self.time.low, above=0)
