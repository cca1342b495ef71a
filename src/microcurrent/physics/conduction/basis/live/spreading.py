"""How far a film reaches around the metal it wets: by distance along the skin."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.basis.live.neighbours import SurfaceLinks
from microcurrent.physics.conduction.basis.live.wetting import Film, Metal
from microcurrent.physics.conduction.contact import AREA_ROUNDING, Faces, Integers
from microcurrent.physics.conduction.grid import Floats


def film_around(
    faces: Faces, links: SurfaceLinks, metal: Metal, *, extent: float, conductance: npt.ArrayLike
) -> Film:
    """Return the film under `metal` and around it, out to `extent` [m] from its rim.

    For metal of any shape. Faces that no skin within this distance joins to the metal, as on the other
    lip, stay dry; those at the film's rim are wet in part. `conductance` [S] of a square. Raises
    `ValueRefused` for an extent below 0.
    """
    if not 0 <= extent < math.inf:
        raise ValueRefused(
            Problem(what="film", key="extent", expected="finite, 0 m or more", came=f"{extent}")
        )
    size = np.sqrt(links.shadow)
    wide = extent + 2 * float(size[metal.faces].max())
    near = np.unique(
        np.concatenate(cKDTree(faces.centres).query_ball_point(faces.centres[metal.faces], wide))
    ).astype(np.int64)
    near = near[links.shadow[near] > 0]
    distance = _to_rim(faces, links, metal, near)
    share = np.clip((extent - distance) / size[near] + 0.5, 0.0, 1.0)
    # What the metal covers is wet.
    wet = share * links.shadow[near]
    under = np.searchsorted(near, metal.faces)
    wet[under] = np.maximum(wet[under], metal.area)
    chosen = wet > AREA_ROUNDING * links.shadow[near]
    kept = near[chosen][_joined(near[chosen], metal.faces, links)]
    return Film(faces=kept, area=wet[np.searchsorted(near, kept)], conductance=np.asarray(conductance))


def _to_rim(faces: Faces, links: SurfaceLinks, metal: Metal, near: Integers) -> Floats:
    """Distance [m] of the middles of faces `near` from the rim of the metal; negative inside it."""
    tree = cKDTree(faces.centres[near])
    # Half covered, a face's middle is on the rim; wholly, the rim is half a face away or more.
    share = np.minimum(metal.area / links.shadow[metal.faces], 1.0)
    past = (share - 0.5) * np.sqrt(links.shadow[metal.faces])
    pairs = tree.sparse_distance_matrix(
        cKDTree(faces.centres[metal.faces]), float(np.ptp(faces.centres[near], axis=0).max()) + 1.0,
        output_type="ndarray",
    )  # fmt: skip
    distance = np.full(near.size, np.inf)
    np.minimum.at(distance, pairs["i"], pairs["v"] - past[pairs["j"]])
    return distance


def _joined(wet: Integers, metal: Integers, links: SurfaceLinks) -> npt.NDArray[np.bool_]:
    """Which of the faces `wet`, rising, a path over wet faces joins to the metal."""
    ends = np.searchsorted(wet, links.pairs[links.among(wet)])
    graph = sparse.coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(wet.size, wet.size))
    _, parts = connected_components(graph, directed=False)
    return np.asarray(np.isin(parts, parts[np.searchsorted(wet, metal)]))
