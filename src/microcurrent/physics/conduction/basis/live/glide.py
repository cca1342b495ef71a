"""A glide: positions with dwell times, added up to charge on the skin and field in the tissue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.basis.live.network import Wet
from microcurrent.physics.conduction.basis.live.system import LiveSolution, Response, given, live_system
from microcurrent.physics.conduction.basis.live.wetting import Values
from microcurrent.physics.conduction.contact import Integers
from microcurrent.physics.conduction.drives import Drive
from microcurrent.physics.conduction.grid import Floats

#: Up to so many different faces their transfer matrix is taken once for the whole glide: 50 MB.
_TOGETHER = 2500


#: Faces (n,) and the currents (n,) [A] into them, adding up to 0, to the field (N, 3) [V/m] by tissue.
Fields = Callable[[Integers, Values], Mapping[str, npt.NDArray[np.inexact]]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Stay:
    """One position: what is wet, what drives it at the peak of the waveform, and for how long.

    `dwell` [s]. Of the waveform in this time, over its peak: `mean`, -1 to 1, 0 if balanced, and
    `mean_absolute`, 0 to 1. Raises `ValueRefused` for values outside these and for a mean that is larger
    than the mean of the absolute value.
    """

    wet: Wet
    drives: tuple[Drive, ...]
    dwell: float
    mean: float = 1.0
    mean_absolute: float = 1.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.dwell) and self.dwell > 0):
            raise _refused("dwell", "a time above 0 s", f"{self.dwell}")
        if not abs(self.mean) <= self.mean_absolute <= 1:
            raise _refused("mean", "|mean| <= mean_absolute <= 1", f"{self.mean} and {self.mean_absolute}")


@dataclass(frozen=True, kw_only=True, eq=False)
class FieldOverTime:
    """Of |E| in the cells of a tissue: `mean` over the time and `largest`, at the peak, (N,) [V/m]."""

    mean: Floats
    largest: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class GlideExposure:
    """What a glide left on the skin and did below it.

    `faces` (m,) that were ever wet, rising, and the largest wet `area` (m,) [m2] of each; `net` and
    `absolute` charge (m,) [C] through them, positive into the skin; `seconds` [s] in all; `fields` by
    tissue.
    """

    faces: Integers
    area: Floats
    net: Floats
    absolute: Floats
    seconds: float
    fields: Mapping[str, FieldOverTime]

    @property
    def net_per_area(self) -> Floats:
        """Net charge per wet area, (m,) [C/m2]."""
        return self.net / self.area

    @property
    def absolute_per_area(self) -> Floats:
        """Absolute charge per wet area, (m,) [C/m2]."""
        return self.absolute / self.area

    def by_patch(self, face_patch: Integers, patch_area: Floats) -> tuple[Floats, Floats]:
        """Return net and absolute charge per area of patch, (Q,) [C/m2] each.

        `face_patch` (F,): the patch of every face of the basis; `patch_area` (Q,) [m2].
        """
        patch = face_patch[self.faces]
        sums = [
            np.bincount(patch, weights=charge, minlength=patch_area.size)
            for charge in (self.net, self.absolute)
        ]
        return sums[0] / patch_area, sums[1] / patch_area


def glide(
    response: Response,
    stays: Sequence[Stay],
    *,
    skin: npt.ArrayLike,
    fields: Fields | None = None,
    advance: Callable[[LiveSolution], None] | None = None,
) -> GlideExposure:
    """Return the charge on the skin and the field below it over all `stays`.

    `skin` [ohm m2] as in `solve_live`; `fields`: that of the tissues wanted, as `SurfaceBasis.fields`
    gives it. `advance` is called with each solution, for a progress bar or a record. With phasors |E| is
    the root of the sum of squared amplitudes of its components, which its peak in time does not pass.
    Raises `ValueRefused` for no stay, and for phasors with a mean.
    """
    if not stays:
        raise _refused("stays", "one or more", "none")
    faces = np.unique(np.concatenate([stay.wet.faces for stay in stays]))
    whole = response.transfer(faces) if faces.size <= _TOGETHER else None
    area, net, absolute = np.zeros((3, faces.size))
    sums: dict[str, FieldOverTime] = {}
    seconds = 0.0
    for stay in stays:
        solution = _solve(response, stay, faces, skin=skin, whole=whole)
        wet, currents = solution.by_face()
        at = np.searchsorted(faces, wet)
        covered = np.bincount(np.searchsorted(wet, stay.wet.faces), weights=stay.wet.area)
        area[at] = np.maximum(area[at], covered)
        net[at] += stay.dwell * stay.mean * np.real(currents)
        absolute[at] += stay.dwell * stay.mean_absolute * np.abs(currents)
        seconds += float(stay.dwell)
        for tissue, field in (fields(wet, currents) if fields is not None else {}).items():
            _add(sums, tissue, _strength(field), stay.dwell * stay.mean_absolute)
        if advance is not None:
            advance(solution)
    means = {
        tissue: FieldOverTime(mean=one.mean / seconds, largest=one.largest) for tissue, one in sums.items()
    }
    return GlideExposure(faces=faces, area=area, net=net, absolute=absolute, seconds=seconds, fields=means)


def _solve(
    response: Response, stay: Stay, faces: Integers, *, skin: npt.ArrayLike, whole: Values | None
) -> LiveSolution:
    told = given(stay.wet, stay.drives)
    if stay.mean != 0 and np.iscomplexobj(told.values):
        raise _refused("mean", "0 for phasors", f"{stay.mean}")
    part = None
    if whole is not None:
        place = np.searchsorted(faces, stay.wet.faces)
        part = whole[np.ix_(place, place)]
    system = live_system(response, stay.wet, skin, held=told.held, transfer=part)
    return system.solve(told.values)


def _strength(field: npt.NDArray[np.inexact]) -> Floats:
    """|E| (N,), of phasors over all their components."""
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", field, np.conj(field)).real), dtype=float)


def _add(sums: dict[str, FieldOverTime], tissue: str, strength: Floats, weight: float) -> None:
    if tissue not in sums:
        sums[tissue] = FieldOverTime(mean=np.zeros(strength.size), largest=np.zeros(strength.size))
    so_far = sums[tissue]
    so_far.mean[:] += weight * strength
    np.maximum(so_far.largest, strength, out=so_far.largest)


def _refused(key: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what="glide", key=key, expected=expected, came=came))
