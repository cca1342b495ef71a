"""A body from a label image and its label map, and volumes of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from microcurrent.errors import BodyError, Problem, ValueRefused
from microcurrent.model.body import Body, Site
from microcurrent.model.digest import digest
from microcurrent.model.tissue import StackLayer
from microcurrent.model.way import Way
from microcurrent.physics.bodies.merging import refined_near
from microcurrent.physics.bodies.placing import FARTHEST
from microcurrent.physics.bodies.segmentation import segmentation_volume
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.bodies.skin_of_voxels import skin_of_voxels
from microcurrent.physics.bodies.volume import AIR, Volume
from microcurrent.physics.conduction.contact import Faces
from microcurrent.planning.bodies.label_map import LabelMap
from microcurrent.planning.bodies.map_of_image import map_of_image
from microcurrent.planning.bodies.nifti import read_nifti
from microcurrent.planning.bodies.paths import way_on_skin
from microcurrent.planning.bodies.source import check_reach, points_of

#: How much wider the cells of a coarse volume are.
COARSENESS = 2.0
#: A site farther than this from the skin [m] is moved so far that a person should know.
_OFF_SKIN = 4e-3
#: How finely [m] a line is looked up: well below any voxel.
_STEP = 0.25e-3


@dataclass(frozen=True, kw_only=True, eq=False)
class SegmentationSource:
    """A `BodySource` made from the voxels of `whole`, with its skin `surface`.

    `lumped`: tissues that hold several, such as "soft tissue"; `split`: whether the atlas is to split them.
    """

    body: Body
    skin_group: str
    whole: Volume
    surface: Faces
    lumped: tuple[str, ...] = ()
    split: bool = False

    @property
    def fibres(self) -> Mapping[str, tuple[float, float, float]]:
        """See `BodySource`. A label image does not tell the direction of fibres."""
        return {}

    @property
    def layers(self) -> tuple[StackLayer, ...]:
        """See `BodySource`."""
        return ()

    def volume(
        self,
        centres: npt.ArrayLike,
        reach: float,
        *,
        coarse: bool = False,
        thickness: Mapping[int, float] | None = None,
    ) -> Volume:
        """See `BodySource`. Voxels as they are near the centres, merged by majority elsewhere."""
        points = points_of(centres, (3,))
        check_reach(reach)
        if thickness:
            raise ValueRefused(Problem(what="thickness of a layer", expected="none, on a segmentation"))
        on_skin = self.surface.centres[self._skin_tree.query(points)[1]]
        return refined_near(self.whole, on_skin, reach, coarseness=COARSENESS if coarse else 1.0)

    def tissues_on_line(self, a: npt.ArrayLike, b: npt.ArrayLike) -> set[str]:
        """See `BodySource`."""
        first, last = points_of(a, (3,))[0], points_of(b, (3,))[0]
        count = int(np.linalg.norm(last - first) / _STEP) + 2
        labels = self._labels_at(first + np.linspace(0, 1, count)[:, None] * (last - first))
        return {self.whole.tissues[label] for label in np.unique(labels) if label != AIR}

    @cached_property
    def _skin_tree(self) -> cKDTree:
        return cKDTree(self.surface.centres)

    def off_skin(self, point: npt.ArrayLike) -> float:
        """See `BodySource`."""
        return float(self._skin_tree.query(points_of(point, (3,))[0])[0])

    @cached_property
    def skin(self) -> SkinMesh:
        """Its skin as a smooth mesh, made when a path is first asked for."""
        return skin_of_voxels(self.whole)

    def path(self, sites: Sequence[Site], *, clearance: float = 0.0) -> Way:
        """See `BodySource`."""
        return way_on_skin(self.skin, self.body, sites, clearance=clearance)

    def _labels_at(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.int16]:
        """Label of the voxel at each point (P, 3), -1 outside the grid."""
        place = np.stack(
            [np.searchsorted(self.whole.grid.edges[k], points[:, k], side="right") - 1 for k in range(3)]
        )
        inside = ((place >= 0) & (place < np.array(self.whole.grid.shape)[:, None])).all(axis=0)
        labels = np.full(len(points), AIR, dtype=np.int16)
        labels[inside] = self.whole.labels[tuple(place[:, inside])]
        return labels


def read_segmentation(
    path: Path, *, labels: str | Path | None = None, base: Path = Path()
) -> SegmentationSource:
    """Return the body in a .nii or .nii.gz file; its label map is found as `map_of_image` says.

    Raises `BodyError` naming what is wrong with either file, or a site that is not on the skin.
    """
    image = read_nifti(path)
    named = map_of_image(image, path, labels=labels, base=base)
    label_map = named.label_map
    try:
        found = segmentation_volume(image.labels, image.affine, label_map.meaning, shell=label_map.shell)
    except BodyError as refused:
        problems = [_with_file(problem, str(path)) for problem in refused.problems]
        raise BodyError(*problems) from refused
    surface = found.volume.surface()
    sites = _check_sites(label_map, surface, named.origin)
    warnings = (*image.warnings, *named.warnings, *found.warnings, *sites)
    if label_map.midline:
        warnings += (
            f"The middle plane lies at x = {1e3 * label_map.midline:g} mm; x = 0 is taken for it.",
        )
    body = Body(
        name=path.name,
        kind="segmentation",
        tissues=found.volume.tissues,
        content=_content(found.volume, label_map),
        sites=label_map.sites,
        regions=label_map.regions,
        midline=label_map.midline is not None,
        provenance=". ".join(part.rstrip(".") for part in (label_map.title, label_map.source) if part),
        warnings=warnings,
        guesses=named.guesses,
    )
    return SegmentationSource(
        body=body, skin_group=label_map.skin_group, whole=found.volume, surface=surface,
        lumped=label_map.lumped_tissues, split=label_map.split,
    )  # fmt: skip


def _with_file(problem: Problem, file: str) -> Problem:
    return Problem(
        what=problem.what, expected=problem.expected, came=problem.came, advice=problem.advice, file=file
    )


def _check_sites(label_map: LabelMap, surface: Faces, file: str) -> tuple[str, ...]:
    """Refuse sites far from the skin; return a sentence on those that lie a little off it."""
    if not label_map.sites:
        return ()
    tree = cKDTree(surface.centres)
    off = {site.name: float(tree.query(site.position)[0]) for site in label_map.sites}
    problems = [
        Problem(
            what="the site does not lie on the skin of the body",
            expected=f"at most {1e3 * FARTHEST:g} mm from it",
            came=f"{1e3 * distance:.3g} mm",
            advice="Check its coordinates, their unit and sign on a picture of the body",
            file=file,
            key=f"sites.{name}",
        )
        for name, distance in off.items()
        if distance > FARTHEST
    ]
    if problems:
        raise BodyError(*problems)
    return tuple(
        f"The site {name!r} lies {1e3 * distance:.1f} mm off the skin; the nearest place on it is taken."
        for name, distance in off.items()
        if distance > _OFF_SKIN
    )


def _content(volume: Volume, label_map: LabelMap) -> str:
    """Digest of the geometry and the map: everything that changes a result."""
    arrays = hashlib.sha256()
    for array in (volume.labels, *volume.grid.edges):
        arrays.update(str(array.shape).encode())
        arrays.update(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes())
    return digest({
        "arrays": arrays.hexdigest(), "tissues": volume.tissues, "sites": label_map.sites,
        "regions": label_map.regions, "skin_group": label_map.skin_group, "midline": label_map.midline,
    })  # fmt: skip
