"""Flowing: the live solve of every position of a step, one after the other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from microcurrent.model.plan import Plan, Step
from microcurrent.physics.conduction.basis.live.direct_current import through_direct_current
from microcurrent.physics.conduction.basis.live.glide import Stay
from microcurrent.physics.conduction.basis.live.network import Wet
from microcurrent.physics.conduction.basis.live.solving import solve_live
from microcurrent.physics.conduction.basis.live.system import LiveSolution
from microcurrent.physics.conduction.basis.surface_basis import SurfaceBasis
from microcurrent.physics.conduction.contact import Integers
from microcurrent.physics.conduction.drives import Drive
from microcurrent.physics.conduction.grid import Floats
from microcurrent.physics.skin import SkinFaces
from microcurrent.planning.exposure.covering import Covered, Skin, check_apart
from microcurrent.planning.exposure.dwells import Dwell, dwells_of
from microcurrent.planning.exposure.layers import Layers
from microcurrent.planning.prediction.contacts import footprint_of
from microcurrent.planning.prediction.sampling import Values

#: Up to so many different faces their transfer matrix is taken once for a whole step: 50 MB.
_TOGETHER = 2500
#: Steps of time under direct current, as a part of the time in which the skin wets.
_PART = 0.25


@dataclass(frozen=True, kw_only=True, eq=False)
class Flow:
    """One position: the `dwell`, both contacts, and the flow at the peak of the current.

    `share` of the dwell that this flow stands for: 1, or less where the skin changes meanwhile. `into`
    [A]: what the anode gives in `solution`.
    """

    dwell: Dwell
    contacts: tuple[Covered, Covered]
    solution: LiveSolution
    share: float
    into: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Standing:
    """All positions of a step before anything is solved: for each of the `dwells` both `contacts` and
    the `wet` parts; `faces` (n,): all that are ever wet."""

    step: Step
    dwells: tuple[Dwell, ...]
    contacts: tuple[tuple[Covered, Covered], ...]
    wet: tuple[Wet, ...]
    faces: Integers


class _Response:
    """A basis whose transfer between some faces is known already."""

    def __init__(self, basis: SurfaceBasis, faces: Integers) -> None:
        self._basis, self._faces = basis, faces
        self._whole = basis.transfer(faces) if faces.size <= _TOGETHER else None

    @property
    def half_cell(self) -> Floats:
        """See `Response`."""
        return self._basis.half_cell

    @property
    def area(self) -> Floats:
        """See `Response`."""
        return self._basis.area

    def transfer(self, faces: Integers) -> Floats:
        """See `Response`."""
        if self._whole is None:
            return self._basis.transfer(faces)
        place = np.searchsorted(self._faces, faces)
        return np.asarray(self._whole[np.ix_(place, place)])


def standing(step: Step, plan: Plan, skin: Skin, *, values: Values, apart: float) -> Standing:
    """Return where both contacts lie at every position of a step, at most `apart` [m] from one to the next.

    Raises `InputError` where a contact cannot be placed, or the two touch.
    """
    # What wets the skin depends on the order, so there and back are not taken together.
    dwells = dwells_of(step, plan, apart=apart, together=not step.stimulus.waveform.is_constant)
    outlines = [footprint_of(plan.electrode(name), values) for name in step.electrodes]
    known: dict[tuple[int, tuple[float, float, float]], Covered] = {}
    contacts = []
    for dwell in dwells:
        pair = []
        for number, point in enumerate((dwell.anode, dwell.cathode)):
            if (number, point) not in known:
                known[number, point] = skin.cover(point, outlines[number])
            pair.append(known[number, point])
        check_apart(pair[0], pair[1], step=step.number)
        contacts.append((pair[0], pair[1]))
    return Standing(
        step=step, dwells=dwells, contacts=tuple(contacts),
        wet=tuple(skin.network(pair) for pair in contacts),
        faces=np.unique(np.concatenate([one.faces for one in known.values()])),
    )  # fmt: skip


def flows_of(where: Standing, basis: SurfaceBasis, layers: Layers) -> Iterator[Flow]:
    """Yield the flow at the peak of the current at every position of a step, in the order of time.

    Raises `ConservationError` where an electrode's current is not the wanted one to 1e-6, and
    `ConvergenceError` where the law of the skin is not met.
    """
    response = _Response(basis, where.faces)
    if layers.law is not None:
        yield from _wetting(where, response, layers)
        return
    peak = where.step.stimulus.peak
    skin = np.zeros(basis.half_cell.size)
    for dwell, pair, wet in zip(where.dwells, where.contacts, where.wet, strict=True):
        for one, ohms in zip(pair, layers.ohms, strict=True):
            skin[one.faces] = ohms
        drives = (Drive(current=peak), Drive(current=-peak))
        solution = solve_live(response, wet, drives, skin=skin)
        yield Flow(dwell=dwell, contacts=pair, solution=solution, share=1.0, into=peak)


def _wetting(where: Standing, response: _Response, layers: Layers) -> Iterator[Flow]:
    """Direct current: the skin of every face is followed through the whole step.

    In each dwell it flows one way (`dwells_of` ends one where it reverses).
    """
    law = layers.law
    if law is None:
        return
    peak = where.step.stimulus.peak
    into = [math.copysign(peak, dwell.net) for dwell in where.dwells]
    stays = [
        Stay(
            wet=wet,
            drives=(Drive(current=current), Drive(current=-current)),
            dwell=dwell.seconds,
            mean_absolute=min(1.0, dwell.absolute / (peak * dwell.seconds)),
            mean=0.0,
        )
        for dwell, wet, current in zip(where.dwells, where.wet, into, strict=True)
    ]
    skin = _skin_faces(where.contacts, layers, count=response.half_cell.size)
    longest = _PART * law.wetting_time
    for one in through_direct_current(response, stays, skin=skin, longest=longest):
        dwell = where.dwells[one.number]
        yield Flow(
            dwell=dwell,
            contacts=where.contacts[one.number],
            solution=one.solution,
            share=one.length / dwell.seconds,
            into=into[one.number],
        )


def _skin_faces(contacts: Sequence[tuple[Covered, Covered]], layers: Layers, *, count: int) -> SkinFaces:
    """The layer of every face at rest: that of the first electrode wherever it comes, else the second's."""
    if layers.law is None:
        raise TypeError("a layer without a law has no state")
    values = {name: np.full(count, value) for name, value in _layer(layers, 1).items()}
    for first, _ in contacts:
        for name, value in _layer(layers, 0).items():
            values[name][first.faces] = value
    return SkinFaces(law=layers.law, **values)


def _layer(layers: Layers, electrode: int) -> dict[str, float]:
    rest = layers.rest[electrode]
    return {
        "rest": 1 / rest.parallel, "capacitance": rest.settling_capacitance, "series": rest.series,
    }  # fmt: skip
