"""What drives each electrode: a given current, a given voltage, or nothing (it floats).

All of them are the same algebra on the conductance matrix of the electrodes, ``I = G U``: with the
voltages of some and the currents of the others given, the unknown potentials follow from the rows of the
others. An electrode that floats has the current 0; several that are tied together share one potential and
the sum of their currents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.constants import epsilon_0

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.conductor import Solution, UnitFields
from microcurrent.physics.conduction.grid import Floats

Values = npt.NDArray[np.inexact]

#: Given currents may add up to this share of the largest instead of to 0: rounding of their sum.
_BALANCE = 1e-12


@dataclass(frozen=True, kw_only=True)
class Drive:
    """What is given at one electrode: `current` A into the tissue, or `voltage` V; neither: it floats.

    A voltage is against the common reference of all voltages given. Complex numbers are phasors.
    Raises `ValueRefused` for both at once and for values that are not finite.
    """

    current: complex | None = None
    voltage: complex | None = None

    def __post_init__(self) -> None:
        given = [one for one in (self.current, self.voltage) if one is not None]
        if len(given) > 1 or not np.isfinite(np.array(given, dtype=complex)).all():
            raise _refused("a finite current, a finite voltage, or neither", str(self))


FLOATING = Drive()


@dataclass(frozen=True, kw_only=True, eq=False)
class Terminals:
    """Potentials V and currents into the tissue A of every electrode, ``(E,)`` each."""

    potentials: Values
    currents: Values


def _refused(expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="drive of the electrodes", expected=expected, came=came))


def terminals(
    conductance: npt.ArrayLike, drives: Sequence[Drive], *, tied: Sequence[Sequence[int]] = ()
) -> Terminals:
    """Return potentials and currents of electrodes with `conductance` S ``(E, E)``, real or complex.

    `tied` lists groups of electrodes joined by a wire: at most one of a group is driven, the others of
    it must float, and what is given holds for the group. Without any voltage given the last electrode is
    at 0 V. Raises `ValueRefused` for numbers that do not fit, currents that do not add up to 0 where no
    voltage is given, and groups that overlap or are driven twice.
    """
    matrix = np.asarray(conductance)
    count = len(drives)
    if matrix.shape != (count, count) or count < 2:
        raise _refused(f"two or more electrodes, one drive for each of {matrix.shape}", f"{count}")
    groups, joined = _groups(drives, tied)
    # One column of `joined` for each group: electrodes of a group have the same potential.
    reduced = joined.T @ matrix @ joined
    # Groups are numbered before single electrodes: the last electrode need not be in the last group.
    potentials = joined @ _potentials(reduced, groups, reference=int(joined[-1].argmax()))
    return Terminals(potentials=potentials, currents=matrix @ potentials)


def drive(unit: UnitFields, drives: Sequence[Drive], *, tied: Sequence[Sequence[int]] = ()) -> Solution:
    """Return the flow for the given `drives`, one for each contact of `unit`; see `terminals`.

    Potentials are against the reference of the given voltages; without one the last electrode is at 0.
    Real drives only. Raises as `terminals` and `UnitFields.superpose` do.
    """
    found = terminals(unit.conductance, drives, tied=tied)
    if np.iscomplexobj(found.potentials) and np.abs(found.potentials.imag).max() > 0:
        raise _refused("real currents and voltages", "phasors")
    currents = np.array(found.currents.real, dtype=float)
    # The unit fields conserve current to their tolerance only; a given sum of 0 is exact.
    currents[-1] = -currents[:-1].sum()
    solution = unit.superpose(currents)
    if all(one.voltage is None for one in drives):
        return solution
    shift = float(found.potentials[-1].real)
    return replace(
        solution,
        potential=solution.potential + shift,
        electrode_potentials=solution.electrode_potentials + shift,
    )


def _groups(drives: Sequence[Drive], tied: Sequence[Sequence[int]]) -> tuple[list[Drive], Floats]:
    """The drive of every group, and which electrode belongs to it, ``(E, groups)``."""
    count = len(drives)
    number = np.full(count, -1)
    for group, members in enumerate(tied):
        places = np.asarray(members, dtype=int)
        sound = places.size > 0 and np.unique(places).size == places.size
        if not sound or places.min() < 0 or places.max() >= count or (number[places] >= 0).any():
            raise _refused(f"groups of electrodes 0 to {count - 1}, none in two", f"{list(tied)}")
        number[places] = group
    single = number < 0
    number[single] = len(tied) + np.arange(int(single.sum()))
    joined = (number[:, None] == np.arange(number.max() + 1)).astype(float)
    given = []
    for members in joined.T > 0:
        driven = [one for one, inside in zip(drives, members, strict=True) if inside and one != FLOATING]
        if len(driven) > 1:
            raise _refused("one drive for electrodes that are tied together", f"{driven}")
        given.append(driven[0] if driven else FLOATING)
    return given, joined


def _potentials(conductance: Values, drives: Sequence[Drive], *, reference: int) -> Values:
    """Potential of every electrode, one drive each; `reference` is at 0 V where no voltage is given."""
    fixed = np.array([one.voltage is not None for one in drives])
    volts = np.array([one.voltage or 0.0 for one in drives])
    amperes = np.array([one.current or 0.0 for one in drives])
    if not fixed.any():
        if abs(amperes.sum()) > _BALANCE * np.abs(amperes).max():
            raise _refused("currents that add up to 0 A, or a voltage somewhere", f"{amperes.sum():g} A")
        fixed[reference] = True
    free = ~fixed
    potentials = np.array(volts, dtype=np.result_type(conductance, volts, amperes))
    if free.any():
        right = amperes[free] - conductance[np.ix_(free, fixed)] @ volts[fixed]
        potentials[free] = np.linalg.solve(conductance[np.ix_(free, free)], right)
    return potentials


def admittivity(conductivity: npt.ArrayLike, permittivity: npt.ArrayLike, *, frequency: float) -> Values:
    """Return ``sigma + j 2 pi f eps_0 eps_r`` in S/m, of the shape that the two broadcast to.

    `conductivity` S/m, `permittivity` relative to vacuum, `frequency` Hz. At 0 Hz it is real. Raises
    `ValueRefused` for negative or not finite values.
    """
    sigma, epsilon = np.asarray(conductivity, dtype=float), np.asarray(permittivity, dtype=float)
    for name, values in (("conductivity", sigma), ("permittivity", epsilon), ("frequency", frequency)):
        if not (np.isfinite(values) & (np.asarray(values) >= 0)).all():
            raise ValueRefused(
                Problem(what="admittivity", key=name, expected="finite and 0 or more", came=f"{values}")
            )
    if frequency == 0:
        return np.array(np.broadcast_arrays(sigma, epsilon)[0])
    return np.asarray(sigma + 2j * np.pi * frequency * epsilon_0 * epsilon)
