"""Judging: whether what was scanned is a head, by its size, its closeness and the relief of its face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from microcurrent.errors import BodyError, Problem
from microcurrent.physics.bodies.scan.template import Similarity, Template
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.conduction.grid import Floats

#: Size [m] of a cell of the depth map, and half its width; how far it reaches above the root of the
#: nose and above the menton.
_CELL, _HALF_WIDTH = 4e-3, 0.052
_ABOVE_ROOT, _ABOVE_MENTON = 0.035, 0.02
#: Skin so far [m] before or behind that of the template is not compared, and the least part of the map that
#: must be compared.
_OUT_OF_PLACE, _LEAST_SEEN = 0.025, 0.6
#: Least likeness of the relief of the face, from experiments: heads reach 0.7 and more, balls, boxes,
#: teapots, torsos and hands at most 0.54.
LEAST_LIKENESS = 0.6
#: Least part by which the second-best orientation must be worse: heads reach 0.5 and more, other things
#: seldom 0.1.
LEAST_MARGIN = 0.15
#: Largest mean distance [m in the template] of the face after the similarity: heads stay below 5 mm.
MOST_RESIDUAL = 6.5e-3
#: Least part of the face of the template that finds skin near it.
LEAST_COVERED = 0.7
#: Skin within this [m in the template] and this cosine covers.
_NEAR, _COSINE = 0.012, 0.6


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How much a scan is like the template: `relief` [-1, 1], correlation of what stands out of the face
    and lies deep in it; `residual` [m in the template], mean distance of the face; `covered` [fraction]
    of it with skin near; `margin` [fraction] by which the second-best orientation is worse."""

    relief: float
    residual: float
    covered: float
    margin: float


def likeness(skin: SkinMesh, template: Template, similarity: Similarity, *, margin: float) -> Likeness:
    """Return how like the template `skin` is when `similarity` lays the template on it."""
    face = template.face
    index = skin.nearest(similarity(face.points))
    aligned = similarity.back(skin.vertices)
    toward = aligned[index] - face.points
    distance = np.linalg.norm(toward, axis=1)
    cosine = np.einsum("pi,pi->p", face.normals, skin.normals[index] @ similarity.rotation)
    covered = (distance < _NEAR) & (cosine > _COSINE)
    return Likeness(
        relief=_relief(aligned, skin.normals @ similarity.rotation, template),
        residual=float(np.minimum(distance, 0.03).mean()),
        covered=float(covered.mean()),
        margin=margin,
    )


def is_face(found: Likeness) -> bool:
    """Return whether the relief is that of a face, in one orientation only."""
    return found.relief >= LEAST_LIKENESS and found.margin >= LEAST_MARGIN


def refuse_no_head(found: Likeness) -> None:
    """Raise `BodyError` where the likeness is none of a head, saying which measure says so."""
    advice = "Scan the whole face with forehead and chin, without a mask, and export only the head"
    if found.covered < LEAST_COVERED:
        raise _no_head(
            "no head was found in it: the face is missing or is something else",
            f"at least {100 * LEAST_COVERED:.0f} % of a face with skin where a face has it",
            f"{100 * found.covered:.0f} %", advice,
        )  # fmt: skip
    if found.relief < LEAST_LIKENESS:
        raise _no_head(
            "no face was found in it: nothing stands out and lies deep as nose, brow, eyes and mouth do",
            f"a relief like that of a face to at least {LEAST_LIKENESS:.2f} (1 is the same)",
            f"{found.relief:.2f}", advice,
        )  # fmt: skip
    if found.margin < LEAST_MARGIN:
        raise _no_head(
            "no face was found in it that can be told from other sides of it",
            f"a second-best orientation worse by {100 * LEAST_MARGIN:.0f} % at least",
            f"{100 * found.margin:.0f} %", advice,
        )  # fmt: skip
    if found.residual > MOST_RESIDUAL:
        raise _no_head(
            "what comes nearest to a head in it has not the shape of one",
            f"a face within {1e3 * MOST_RESIDUAL:.1f} mm of an average one on average",
            f"{1e3 * found.residual:.1f} mm", advice,
        )  # fmt: skip


def _no_head(what: str, expected: str, came: str, advice: str) -> BodyError:
    return BodyError(Problem(what=what, expected=expected, came=came, advice=advice))


def _relief(aligned: Floats, normals: Floats, template: Template) -> float:
    """Correlation of two depth maps of the face, each less the smooth surface that fits it best."""
    own = template.skin
    window = (
        float(template.landmarks["pronasale"][0]),
        float(template.landmarks["menton"][2]) + _ABOVE_MENTON,
        float(template.root[2]) + _ABOVE_ROOT,
        float(template.centre[1]) - 0.06,
    )
    one = _depths(own.vertices, own.normals, window)
    other = _depths(aligned, normals, window)
    both = np.isfinite(one) & np.isfinite(other)
    apart = one - other
    # Where a scan ends, as under a chin that was cut off, its depth is that of something else.
    both &= np.abs(np.where(both, apart, np.inf)) < _OUT_OF_PLACE
    if both.mean() < _LEAST_SEEN:
        return 0.0
    a, b = _rough(one, both), _rough(other, both)
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum() / scale) if scale > 0 else 0.0


def _depths(vertices: Floats, normals: Floats, window: tuple[float, float, float, float]) -> Floats:
    """The front-most skin over cells to the side and up, NaN where there is none."""
    middle, low, high, behind = window
    counts = (round(2 * _HALF_WIDTH / _CELL), max(1, round((high - low) / _CELL)))
    seen = (normals[:, 1] > 0) & (vertices[:, 1] > behind)
    across = np.floor((vertices[seen, 0] - middle + _HALF_WIDTH) / _CELL).astype(int)
    upward = np.floor((vertices[seen, 2] - low) / _CELL).astype(int)
    inside = (across >= 0) & (across < counts[0]) & (upward >= 0) & (upward < counts[1])
    depths = np.full(counts, -np.inf)
    np.maximum.at(depths, (across[inside], upward[inside]), vertices[seen, 1][inside])
    # A coarse mesh leaves cells empty between full ones.
    fullest = ndimage.maximum_filter(depths, 3)
    depths = np.where(np.isfinite(depths), depths, fullest)
    return np.asarray(np.where(np.isfinite(depths), depths, np.nan))


def _rough(depths: Floats, chosen: np.ndarray) -> Floats:
    """What is left of a depth map without the surface of second degree that fits it best."""
    across, upward = np.meshgrid(*[np.linspace(-1, 1, n) for n in depths.shape], indexing="ij")
    x, z = across[chosen], upward[chosen]
    columns = np.stack([np.ones_like(x), x, z, x * x, x * z, z * z], axis=1)
    values = depths[chosen]
    return np.asarray(values - columns @ np.linalg.lstsq(columns, values, rcond=None)[0])
