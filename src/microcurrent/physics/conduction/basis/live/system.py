"""The dense equations of one position: wet parts, film, electrodes and body, factored once.

With i the current through every part into the skin, the potential of the part is

    V = (G + z / a) i + c + e

G the transfer matrix of the basis, z the skin and the half cell under the face, a the area, e an
electromotive force of the skin and c the one constant that the basis leaves free. Kirchhoff's law holds
at every part of film, ``Y V + i = 0``, and at every electrode. Putting the first into the second leaves
one dense system for i, c and the potentials of the electrodes. (The complete electrode model of
E. Somersalo, M. Cheney and D. Isaacson, SIAM J. Appl. Math. 52 (1992) 1023, with a film between.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.linalg import get_lapack_funcs

from microcurrent.errors import ConservationError, Problem, ValueRefused
from microcurrent.physics.conduction.basis.live.network import Wet
from microcurrent.physics.conduction.basis.live.wetting import Values
from microcurrent.physics.conduction.conductor import CONSERVATION
from microcurrent.physics.conduction.contact import AREA_ROUNDING, Integers, Mask
from microcurrent.physics.conduction.drives import Drive
from microcurrent.physics.conduction.grid import Floats

#: Wanted currents must add up to zero within this share of the largest: rounding of their sum.
_BALANCE = 1e-12
_TOO_DIFFERENT = "Film and skin conduct too differently for double precision."


class Response(Protocol):
    """What the live solve needs of a surface basis."""

    @property
    def half_cell(self) -> Floats:
        """From every face of the skin to the middle of its cell, (F,) [ohm m2]."""
        ...

    @property
    def area(self) -> Floats | None:
        """Area of every face, (F,) [m2], or None where it is not known."""
        ...

    def transfer(self, faces: Integers) -> Values:
        """Potential at the cell behind face i per ampere into face j, (n, n) [ohm], balanced currents."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Given:
    """What the electrodes are told: `values` (E,), the potential [V] of those `held`, else the current [A].

    Where no potential is given the last electrode is held at 0 V.
    """

    held: Mask
    values: Values


def given(wet: Wet, drives: Sequence[Drive]) -> Given:
    """Return what `drives`, one for each electrode, give; an electrode without either floats at 0 A.

    Raises `ValueRefused` for another number of electrodes and, where no potential is given, for
    currents that do not add up to zero.
    """
    if len(drives) != wet.electrodes:
        raise _refused("drives", f"one for each of {wet.electrodes} electrodes", f"{len(drives)}")
    held = np.array([one.voltage is not None for one in drives])
    values = np.array([one.voltage if one.voltage is not None else one.current or 0.0 for one in drives])
    if not held.any():
        if abs(values.sum()) > _BALANCE * np.abs(values).max():
            raise _refused("currents in and out do not balance", "a sum of 0 A", f"{values.sum():g} A")
        held[-1], values[-1] = True, 0.0
    return Given(held=held, values=values)


@dataclass(frozen=True, kw_only=True, eq=False)
class Balance:
    """Where the power of the electrodes goes [W]: `electrodes` = the others together.

    `contacts` between metal and film, `film` sideways, `skin` layer, `tissue` below, half cells
    included. Complex currents are taken as root mean squares.
    """

    electrodes: float
    contacts: float
    film: float
    skin: float
    tissue: float


@dataclass(frozen=True, kw_only=True, eq=False)
class LiveSolution:
    """One state of the wet parts `wet` (n parts) and electrodes (E).

    `currents` (n,) [A] into the skin; `potentials` (n,) [V] of metal or film over each part;
    `skin_voltages` (n,) [V] across the skin layer alone, `tissue_potentials` (n,) [V] just below it;
    `electrode_potentials` (E,) [V]; `delivered` (E,) [A] out of each electrode, summed over its contacts
    and film. Potentials count from the last electrode where no potential was given.
    """

    wet: Wet
    currents: Values
    potentials: Values
    skin_voltages: Values
    tissue_potentials: Values
    electrode_potentials: Values
    delivered: Values

    @property
    def balance(self) -> Balance:
        """Where the power goes, each part summed on its own."""
        wet = self.wet
        nodes = np.concatenate([self.potentials[: wet.free], self.electrode_potentials])
        drop = np.abs(nodes[wet.links[:, 0]] - nodes[wet.links[:, 1]]) ** 2
        heat = drop * np.real(wet.conductance)
        return Balance(
            electrodes=_power(self.delivered, self.electrode_potentials),
            contacts=float(heat[: wet.contacts].sum()),
            film=float(heat[wet.contacts :].sum()),
            skin=_power(self.currents, self.skin_voltages),
            tissue=_power(self.currents, self.tissue_potentials),
        )

    @property
    def densities(self) -> Values:
        """Current density into the skin under every part, (n,) [A/m2]."""
        return np.asarray(self.currents / self.wet.area)

    def by_face(self) -> tuple[Integers, Values]:
        """Return the wet faces, rising, (m,), and the current [A] through each, (m,)."""
        faces, place = np.unique(self.wet.faces, return_inverse=True)
        total = np.zeros(faces.size, dtype=self.currents.dtype)
        np.add.at(total, place, self.currents)
        return faces, total


class LiveSystem:
    """The equations of one position, assembled when made and factored; ask for any drive.

    `transfer` (n, n) [ohm] and `half_cell` (n,) [ohm m2] of the parts' faces, `skin` (n,) [ohm m2] of
    the parts; `held` (E,): the electrodes whose potential is given.
    """

    def __init__(self, wet: Wet, *, transfer: Values, half_cell: Floats, skin: Values, held: Mask) -> None:
        self.wet = wet
        self._transfer, self._half_cell, self._skin, self._held = transfer, half_cell, skin, held
        self._over = (skin + half_cell) / wet.area
        free = wet.free
        # Current out of the nodes of film and the electrodes: per potential, then per current of parts.
        self._film, self._metal = wet.conductances()
        flow = (self._film @ transfer[:free]).astype(np.result_type(self._film.dtype, transfer, self._over))
        flow[:, :free] += self._film.toarray() * self._over[:free]
        self._matrix = self._equations(flow)
        # Rows and columns of very different size (ohm, siemens, 1) are made alike before factoring.
        self._columns = np.ones(self._matrix.shape[0])
        self._columns[wet.faces.size :] = float(np.abs(np.diagonal(transfer) + self._over).mean())
        scaled = self._matrix * self._columns
        self._kind = scaled.dtype
        self._rows = 1.0 / np.abs(scaled).max(axis=1)
        scaled = scaled * self._rows[:, None]
        factor, self._back = get_lapack_funcs(("getrf", "getrs"), (scaled,))
        *self._factors, singular = factor(scaled, overwrite_a=True)
        if singular:
            raise ConservationError(_TOO_DIFFERENT)

    def solve(self, values: Values, emf: Values | None = None) -> LiveSolution:
        """Return the state for `values` (E,) [A, or V where held] and `emf` (n,) [V] of the skin.

        Raises `ConservationError` where an electrode's current by summation is not the wanted one to
        1e-6, or where what goes in does not come out.
        """
        wet, free, count = self.wet, self.wet.free, self.wet.faces.size
        source = np.zeros(count) if emf is None else emf
        kind = np.result_type(values, source, self._kind)
        right = np.zeros(self._columns.size, dtype=kind)
        driven = self._film @ source[:free]
        right[:free] = -driven[:free]
        right[free:count] = -source[free:]
        right[count] = 0.0
        right[count + 1 :] = np.where(self._held, values, values - driven[free:])
        answer = self._columns * self._solved(right * self._rows)
        currents, constant, metal = answer[:count], answer[count], answer[count + 1 :]
        below = self._transfer @ currents + constant
        potentials = below + self._over * currents + source
        potentials[free:] = metal[wet.electrode[free:]]
        delivered = self._film[free:] @ potentials[:free] + self._metal[free:] @ metal
        np.add.at(delivered, wet.electrode[free:], currents[free:])
        self._check(values, delivered, currents, source=source)
        return LiveSolution(
            wet=wet,
            currents=currents,
            potentials=potentials,
            skin_voltages=self._skin / wet.area * currents + source,
            tissue_potentials=below + self._half_cell / wet.area * currents,
            electrode_potentials=metal,
            delivered=delivered,
        )

    def _solved(self, right: Values) -> Values:
        if np.iscomplexobj(right) and self._kind.kind != "c":
            parts = np.stack([right.real, right.imag], axis=1)
            found = self._back(*self._factors, parts)[0]
            return np.asarray(found[:, 0] + 1j * found[:, 1])
        return np.asarray(self._back(*self._factors, right)[0])

    def _equations(self, flow: Values) -> Values:
        """The matrix for currents of parts, the constant, and potentials of electrodes."""
        wet, free = self.wet, self.wet.free
        count, electrodes = wet.faces.size, wet.electrodes
        size = count + 1 + electrodes
        kind = np.result_type(flow, self._over, self._metal, float)
        matrix = np.zeros((size, size), dtype=kind)
        above = np.arange(free, count)
        metal = count + 1 + np.arange(electrodes)
        # Film: what leaves sideways and what enters the skin add up to nothing.
        matrix[:free, :count] = flow[:free]
        matrix[np.arange(free), np.arange(free)] += 1.0
        matrix[:free, count] = -self._metal[:free].sum(axis=1)
        matrix[:free, metal] = self._metal[:free]
        # Skin under bare metal stands at its potential.
        matrix[free:count, :count] = self._transfer[free:]
        matrix[above, above] += self._over[free:]
        matrix[free:count, count] = 1.0
        matrix[above, count + 1 + wet.electrode[free:]] = -1.0
        # All that enters the skin leaves it.
        matrix[count, :count] = 1.0
        # Electrodes: the wanted current, or the wanted potential.
        matrix[metal, :count] = flow[free:]
        matrix[metal[wet.electrode[free:]], above] += 1.0
        matrix[metal, count] = -self._metal[free:].sum(axis=1)
        matrix[np.ix_(metal, metal)] = self._metal[free:]
        given = metal[self._held]
        matrix[given] = 0.0
        matrix[given, given] = 1.0
        return matrix

    def _check(self, values: Values, delivered: Values, currents: Values, *, source: Values) -> None:
        wanted = np.where(self._held, delivered, values)
        largest = np.abs(wanted).max()
        if source.any():
            # With open electrodes only the skin itself drives current, up to what it would if shorted.
            largest = max(largest, np.abs(source).max() / np.abs(self._over).max())
        # Electrodes held at one and the same potential drive nothing but rounding, which need not balance.
        over = np.abs(self._over)
        least = over[over > 0].min(initial=np.inf)
        rounding = _BALANCE * np.abs(values[self._held]).max(initial=0.0) / least
        wrong = max(np.abs(delivered - wanted).max(), np.abs(delivered.sum()), np.abs(currents.sum()))
        # Written so that NaN fails too.
        if not wrong <= CONSERVATION * largest + rounding:
            raise ConservationError(
                f"delivered currents {delivered} A differ from the wanted {wanted} A, or from what enters "
                f"the skin, by {wrong:.1e} A. {_TOO_DIFFERENT}"
            )


def _power(currents: Values, potentials: Values) -> float:
    return float(np.real(np.vdot(currents, potentials)))


def live_system(
    response: Response, wet: Wet, skin: npt.ArrayLike, *, held: Mask, transfer: Values | None = None
) -> LiveSystem:
    """Return the equations of the wet parts on a surface basis.

    `skin` [ohm m2]: a number, or one for each face of the basis (F,), real or complex; `held` (E,).
    `transfer` (n, n) [ohm] of the parts' faces, where the caller has it already. Raises
    `ValueRefused` for skin of another shape, not finite or with a negative real part, and for parts that
    cover more of a face than there is.
    """
    check_cover(response, wet)
    half_cell = response.half_cell[wet.faces]
    return LiveSystem(
        wet,
        transfer=response.transfer(wet.faces) if transfer is None else transfer,
        half_cell=half_cell,
        skin=skin_of(response, wet, skin),
        held=held,
    )


def check_cover(response: Response, wet: Wet) -> None:
    """Raise `ValueRefused` where metal and film together cover more of a face than there is."""
    whole = response.area
    if whole is None:
        return
    faces, place = np.unique(wet.faces, return_inverse=True)
    if faces[-1] >= whole.size:
        raise _refused("wet parts", f"faces below {whole.size}", f"{faces[-1]}")
    covered = np.bincount(place, weights=wet.area)
    worst = int(np.argmax(covered / whole[faces]))
    if covered[worst] > whole[faces[worst]] * (1 + AREA_ROUNDING):
        raise _refused(
            "electrodes cover a face more than once, or more than all of it",
            f"at most {whole[faces[worst]]:g} m2 of it",
            f"{covered[worst]:g} m2",
        )


def skin_of(response: Response, wet: Wet, skin: npt.ArrayLike) -> Values:
    """Return the skin's impedance per area under every part, (n,) [ohm m2]; refuse what is none."""
    layer = np.asarray(skin)
    if layer.shape not in ((), response.half_cell.shape):
        count = response.half_cell.size
        raise _refused("skin", f"a number or one for each of {count} faces", f"{layer.shape}")
    under = np.broadcast_to(layer, response.half_cell.shape)[wet.faces]
    if not (np.isfinite(under) & (under.real >= 0)).all():
        raise _refused("skin", "finite impedances from 0 ohm m2", f"{layer}")
    return np.array(under, dtype=complex if np.iscomplexobj(layer) else float)


def _refused(what: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what=what, expected=expected, came=came))
