"""Ion, Film, SkinChemistry, Buffer: what the tables say of ions, films, and skin under current."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.model.checks import finite, named, one_of, refuse
from microcurrent.model.electrode import COUPLINGS
from microcurrent.model.exposure import Input

#: What a film lies over: the metal itself, or cloth, sponge or rubber that holds it.
COVERS = ("metal", "cloth")


def _from_zero(noun: object, *fields: str, most: float | None = None) -> None:
    for field in fields:
        number: Input | None = getattr(noun, field)
        if number is not None:
            finite(noun, field, number.low, minimum=0)
            finite(noun, field, number.high, minimum=0, maximum=most)


@dataclass(frozen=True, kw_only=True)
class Ion:
    """One ion or small molecule in water at 25 C; None where no figure was found.

    `charge` number, with its sign; `limiting_conductivity` [S m2/mol] of one mole; `diffusivity` [m2/s] of
    what has no charge; `molar_mass` [kg/mol]; `skin_transport_number` [fraction] of a current through skin.
    """

    name: str
    symbol: str
    charge: int
    limiting_conductivity: Input | None = None
    diffusivity: Input | None = None
    molar_mass: Input | None = None
    skin_transport_number: Input | None = None

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        named(self, "symbol", self.symbol)
        if isinstance(self.charge, bool) or not isinstance(self.charge, int) or abs(self.charge) > 4:
            raise refuse(self, "charge", expected="a whole number from -4 to 4", came=self.charge)
        _from_zero(self, "limiting_conductivity", "diffusivity", "molar_mass")
        _from_zero(self, "skin_transport_number", most=1)
        if not self.charge and (self.limiting_conductivity or self.skin_transport_number):
            raise refuse(self, "charge", expected="other than 0 of what carries current", came=self.charge)


@dataclass(frozen=True, kw_only=True)
class Film:
    """What lies between an electrode and the skin, by `coupling` and by what it is `over` (of `COVERS`).

    `thickness` [m]; `salt`, `buffer` [mol/m3] and `ph` that it begins with; `hindrance` [fraction]:
    diffusivity in it over that in water.
    """

    coupling: str
    over: str
    thickness: Input
    salt: Input
    buffer: Input
    ph: Input
    hindrance: Input

    def __post_init__(self) -> None:
        one_of(self, "coupling", self.coupling, COUPLINGS)
        one_of(self, "over", self.over, COVERS)
        finite(self, "thickness", self.thickness.low, above=0)
        finite(self, "salt", self.salt.low, above=0)
        _from_zero(self, "buffer")
        finite(self, "ph", self.ph.low, minimum=0)
        finite(self, "ph", self.ph.high, maximum=14)
        finite(self, "hindrance", self.hindrance.low, above=0)
        finite(self, "hindrance", self.hindrance.high, maximum=1)


@dataclass(frozen=True, kw_only=True)
class SkinChemistry:
    """Skin below the stratum corneum, and what a current carries through all of it.

    `salt`, `buffer` [mol/m3], `ph`, `hindrance` [fraction] as of a `Film`; `single_ion_factor`: largest
    transport number of a drug in skin over that in water; `isoelectric_point` [pH];
    `electro_osmosis` [m3/C] of people, `electro_osmosis_of_mouse_skin` [m3/C] as measured there.
    """

    salt: Input
    buffer: Input
    ph: Input
    hindrance: Input
    single_ion_factor: Input
    isoelectric_point: Input
    electro_osmosis: Input
    electro_osmosis_of_mouse_skin: Input

    def __post_init__(self) -> None:
        finite(self, "salt", self.salt.low, above=0)
        _from_zero(self, "buffer", "electro_osmosis", "electro_osmosis_of_mouse_skin")
        for field in ("ph", "isoelectric_point"):
            finite(self, field, getattr(self, field).low, minimum=0)
            finite(self, field, getattr(self, field).high, maximum=14)
        finite(self, "hindrance", self.hindrance.low, above=0)
        finite(self, "hindrance", self.hindrance.high, maximum=1)
        finite(self, "single_ion_factor", self.single_ion_factor.low, above=0)


@dataclass(frozen=True, kw_only=True)
class Buffer:
    """The buffer of skin and water: pK of its `first_constant`, `second_constant` and of `water`.

    `temperature` [K] that these and all diffusivities are of.
    """

    first_constant: Input
    second_constant: Input
    water: Input
    temperature: Input

    def __post_init__(self) -> None:
        if not self.first_constant.high < self.second_constant.low:
            raise refuse(self, "second_constant", expected="above the first",
                         came=f"{self.second_constant.low:g}")  # fmt: skip
        finite(self, "water", self.water.low, above=0)
        finite(self, "temperature", self.temperature.low, above=0)
