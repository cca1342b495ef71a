"""Exposed: the arrays behind an exposure map, to be exported and drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.model.exposure_map import ExposureMap
from microcurrent.physics.bodies.volume import Volume, normals_of
from microcurrent.physics.conduction.basis.patches import Patches
from microcurrent.physics.conduction.contact import Integers
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.fields import Fields, Section, Surface

Singles = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class TissueArrays:
    """One tissue in one step, or in all: mean and largest of |E| [V/m] and |J| [A/m2], (N,) each.

    Of a step: at the peak of the current, the mean over the time at its positions. Of the whole plan: the
    mean over time of what really flows, and the largest at any peak.
    """

    field: Singles
    density: Singles
    largest_field: Singles
    largest_density: Singles


@dataclass(frozen=True, kw_only=True, eq=False)
class SkinArrays:
    """The touched skin: `faces` (m,) of the patches' faces, rising; `area` (m,) [m2]
    touched, as `Charges` has it; `net` and `absolute` (m,) [C/m2]; of the patches `patch_net` and
    `patch_absolute` (Q,) [C/m2]."""

    faces: Integers
    area: Floats
    net: Floats
    absolute: Floats
    patch_net: Floats
    patch_absolute: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class NerveArrays:
    """One path in every step (S) at the position where the field along it is strongest, at the peak.

    `name`; `points` (P, 3) [m]; `distance` (P,) [m]; `potential` (S, P) [V]; `along` (S, P) [V/m].
    """

    name: str
    points: Floats
    distance: Floats
    potential: Floats
    along: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Exposed:
    """An exposure map with its arrays.

    `volume`: the body on the grid of the basis; `cells` by tissue: flat indices (N,); `steps`: arrays by
    tissue for each step; `plan`: those of the whole plan; `sections`: a cut for each step; `sites`: names
    and positions (3,) [m] of the places that the plan uses.
    """

    summary: ExposureMap
    volume: Volume
    patches: Patches
    cells: Mapping[str, Integers]
    steps: tuple[Mapping[str, TissueArrays], ...]
    plan: Mapping[str, TissueArrays]
    skin: SkinArrays
    nerves: tuple[NerveArrays, ...]
    sections: tuple[Section, ...]
    sites: tuple[tuple[str, tuple[float, float, float]], ...]


def fields_of(exposed: Exposed) -> Fields:
    """Return what is drawn of an exposure: a cut for each step, and the touched skin."""
    skin, faces = exposed.skin, exposed.patches.faces
    looks = (skin.absolute * skin.area) @ normals_of(faces)[skin.faces]
    x, y, z = (float(part) for part in looks / (np.linalg.norm(looks) or 1.0))
    return Fields(
        tissues=exposed.volume.tissues,
        sections=exposed.sections,
        surface=Surface(
            points=faces.centres[skin.faces],
            area=faces.area[skin.faces],
            absolute=skin.absolute,
            net=skin.net,
            flat=bool(exposed.volume.skin_borders),
            outward=(x, y, z),
        ),
        sites=exposed.sites,
    )
