"""Alignment: the similarities under which a template lies on a skin, tried from all sides at once."""

from __future__ import annotations

from dataclasses import dataclass

import igl
import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from microcurrent.physics.bodies.scan.template import Samples, Similarity, Template
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.conduction.grid import Floats

#: Rotations tried, about 33 degrees apart: no head is farther than half of that from one of them,
#: and the search pulls in heads that are 25 degrees off.
ROTATIONS = 360
#: How far [degree] a head that is called upright may be turned or tilted.
UPRIGHT_WITHIN = 60.0
#: Sizes tried against that of the largest ball inside, which hair and a missing back of the head change.
_SIZES = (0.8, 1.0, 1.25)
#: Sizes tried against how far the points of a scan of the face alone are spread.
_FACE_SIZES = (0.75, 0.9, 1.1)
#: A template is laid on at most this many times smaller or larger than it was at the start.
_MOST_GROWTH = 1.7
#: Part of the points that count at each step: the nearest. The rest may be neck, hair or missing.
_TRIMMED = 0.75
#: Normals farther apart than this cosine are of different places.
_SAME_SIDE = 0.3
#: Distance and turn at which a point counts as not covered, as parts of the size of the template [m].
_FAR = 0.015
#: Two results turned less than this [degree] against each other are one.
_DISTINCT = 20.0
#: So many results are kept, to be judged by more than closeness.
_KEPT = 5
#: Nodes along the longest side of the table of nearest vertices.
_TABLE = 56
#: Damping of a step, as part of the mean diagonal: keeps a ball, which any turn fits, where it is.
_DAMPING = 1e-4


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidate:
    """One way to lay the template on: `similarity` and its `cost` [m in the template], lower is better."""

    similarity: Similarity
    cost: float


@dataclass(frozen=True, kw_only=True, eq=False)
class _Poses:
    """Similarities: `scale` (B,), `rotation` (B, 3, 3), `shift` (B, 3)."""

    scale: Floats
    rotation: Floats
    shift: Floats

    def some(self, chosen: npt.NDArray[np.intp]) -> _Poses:
        return _Poses(scale=self.scale[chosen], rotation=self.rotation[chosen], shift=self.shift[chosen])

    def one(self, index: int) -> Similarity:
        return Similarity(
            scale=float(self.scale[index]), rotation=self.rotation[index], shift=self.shift[index]
        )


class _Nearest:
    """The vertex of a skin nearest to any point: from a table for many points, or exact."""

    def __init__(self, skin: SkinMesh) -> None:
        self.vertices, self.normals = skin.vertices, skin.normals
        self._tree = skin.tree
        low, high = skin.vertices.min(axis=0), skin.vertices.max(axis=0)
        side = float((high - low).max())
        self._low = low - 0.15 * side
        self._step = 1.3 * side / (_TABLE - 1)
        counts = np.ceil((high + 0.15 * side - self._low) / self._step).astype(int) + 1
        axes = [self._low[k] + self._step * np.arange(counts[k]) for k in range(3)]
        nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        self._table = self._tree.query(nodes.reshape(-1, 3), workers=-1)[1].reshape(counts)

    def from_table(self, points: Floats) -> npt.NDArray[np.intp]:
        index = np.rint((points - self._low) / self._step).astype(int)
        np.clip(index, 0, np.array(self._table.shape) - 1, out=index)
        return np.asarray(self._table[index[..., 0], index[..., 1], index[..., 2]])

    def exact(self, points: Floats) -> npt.NDArray[np.intp]:
        return np.asarray(self._tree.query(points, workers=-1)[1])


def rotations(count: int = ROTATIONS) -> Floats:
    """Return rotations spread evenly over all there are, (count, 3, 3): a spiral of Fibonacci on the
    sphere of quaternions (Alexa 2022)."""
    number = np.arange(count) + 0.5
    first, second = np.sqrt(2.0), 1.533751168755204288118041
    t = number / count
    alpha, beta = 2 * np.pi * number / first, 2 * np.pi * number / second
    r, big = np.sqrt(t), np.sqrt(1 - t)
    quaternions = np.stack(
        [r * np.sin(alpha), r * np.cos(alpha), big * np.sin(beta), big * np.cos(beta)], 1
    )
    return np.asarray(Rotation.from_quat(quaternions).as_matrix())


def largest_ball(skin: SkinMesh) -> tuple[Floats, float]:
    """Return centre (3,) and radius of the largest ball inside a skin, to 6 %: the brain-case of a head."""
    low, high = skin.vertices.min(axis=0), skin.vertices.max(axis=0)
    step = float((high - low).max()) / 32
    axes = [np.arange(low[k] + step / 2, high[k], step) for k in range(3)]
    nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    inside = igl.fast_winding_number(skin.vertices, skin.triangles.astype(np.int64), nodes) > 0.5
    if not inside.any():
        return np.asarray(skin.vertices.mean(axis=0)), step
    nodes = nodes[inside]
    depth = skin.tree.query(nodes, workers=-1)[0]
    deep = depth > 0.95 * depth.max()
    return np.asarray(nodes[deep].mean(axis=0)), float(depth.max())


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is known before: `scale`, units of the skin per metre, or None; `upright`: its axes are right,
    front, up but for a moderate turn; `face_only`: no more than a face was scanned."""

    scale: float | None = None
    upright: bool = False
    face_only: bool = False


def align(
    skin: SkinMesh, template: Template, search: Search, *, first: Similarity | None = None
) -> tuple[Candidate, ...]:
    """Return the ways in which `template` lies on `skin`, best first, each distinct from the others.

    `first`: start from here only.
    """
    nearest = _Nearest(skin)
    poses = _starts(skin, template, search) if first is None else _single(first)
    fixed = search.scale is not None
    if first is None:
        poses, cost = _descended(poses, _mixed(template, search, 120), nearest, steps=8, fixed=fixed)
        poses = poses.some(_distinct(poses, cost, 40))
        poses, cost = _descended(poses, _mixed(template, search, 500), nearest, steps=12, fixed=fixed)
        poses = poses.some(_distinct(poses, cost, _KEPT))
    many = _mixed(template, search, 1000)
    poses, cost = _descended(poses, many, nearest, steps=12, fixed=fixed, exact=True)
    order = _distinct(poses, cost, _KEPT)
    return tuple(Candidate(similarity=poses.one(int(k)), cost=float(cost[k])) for k in order)


def _single(first: Similarity) -> _Poses:
    return _Poses(
        scale=np.array([first.scale]), rotation=first.rotation[None].copy(), shift=first.shift[None].copy()
    )


def _starts(skin: SkinMesh, template: Template, search: Search) -> _Poses:
    turns = rotations()
    if search.upright:
        turns = rotations(4 * ROTATIONS)
        turns = turns[Rotation.from_matrix(turns).magnitude() < np.radians(UPRIGHT_WITHIN)]
    if search.face_only:
        # A scan of the face alone holds no ball: its points are spread as those of the template's face.
        own_middle, middle = template.face.points.mean(axis=0), _middle_of(skin)
        guessed, factors = _spread_of(skin) / _deviation(template.face.points), _FACE_SIZES
    else:
        middle, radius = largest_ball(skin)
        own_middle, own_radius = largest_ball(template.skin)
        guessed, factors = radius / own_radius, _SIZES
    ways = [search.scale] if search.scale is not None else [guessed * factor for factor in factors]
    scales = np.repeat(ways, len(turns))
    all_turns = np.tile(turns, (len(ways), 1, 1))
    shifts = middle - scales[:, None] * np.einsum("bij,j->bi", all_turns, own_middle)
    return _Poses(scale=scales, rotation=all_turns, shift=shifts)


def _middle_of(skin: SkinMesh) -> Floats:
    """The middle (3,) of the area of a skin."""
    weights = skin.triangle_areas / skin.triangle_areas.sum()
    return np.asarray(weights @ skin.vertices[skin.triangles].mean(axis=1))


def _spread_of(skin: SkinMesh) -> float:
    """Root mean square distance of the area of a skin from its middle."""
    away = skin.vertices[skin.triangles].mean(axis=1) - _middle_of(skin)
    weights = skin.triangle_areas / skin.triangle_areas.sum()
    return float(np.sqrt(weights @ (away**2).sum(axis=1)))


def _deviation(points: Floats) -> float:
    return float(np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean()))


def _mixed(template: Template, search: Search, count: int) -> Samples:
    """So many points, six in ten on the face, or all where only a face was scanned."""
    of_face = count if search.face_only else 6 * count // 10
    face, head = template.face, template.head
    return Samples(
        points=np.concatenate([face.points[:of_face], head.points[: count - of_face]]),
        normals=np.concatenate([face.normals[:of_face], head.normals[: count - of_face]]),
    )


def _placed(poses: _Poses, samples: Samples) -> tuple[Floats, Floats]:
    turned = np.einsum("bij,pj->bpi", poses.rotation, samples.points)
    points = poses.scale[:, None, None] * turned + poses.shift[:, None]
    return points, np.einsum("bij,pj->bpi", poses.rotation, samples.normals)


def _descended(
    poses: _Poses, samples: Samples, nearest: _Nearest, *, steps: int, fixed: bool, exact: bool = False
) -> tuple[_Poses, Floats]:
    """Trimmed closest points, moved along the normals of the skin; and the cost at the end, (B,)."""
    find = nearest.exact if exact else nearest.from_table
    start = poses.scale
    for _ in range(steps):
        points, normals = _placed(poses, samples)
        index = find(points)
        toward = nearest.vertices[index] - points
        facing = nearest.normals[index]
        distance = np.linalg.norm(toward, axis=2)
        same = np.einsum("bpi,bpi->bp", normals, facing) > _SAME_SIDE
        reach = np.quantile(np.where(same, distance, np.inf), _TRIMMED, axis=1, method="lower")
        weights = (same & (distance <= reach[:, None])).astype(float)
        poses = _stepped(poses, points, toward, facing, weights, fixed)
        grown = np.clip(poses.scale, start / _MOST_GROWTH, start * _MOST_GROWTH)
        poses = _Poses(scale=grown, rotation=poses.rotation, shift=poses.shift)
    points, normals = _placed(poses, samples)
    index = find(points)
    distance = np.linalg.norm(nearest.vertices[index] - points, axis=2) / poses.scale[:, None]
    cosine = np.einsum("bpi,bpi->bp", normals, nearest.normals[index])
    return poses, np.asarray((np.minimum(distance, _FAR) + 0.5 * _FAR * (1 - cosine)).mean(axis=1))


def _stepped(
    poses: _Poses, points: Floats, toward: Floats, facing: Floats, weights: Floats, fixed: bool
) -> _Poses:
    """One step of Gauss and Newton for turn, shift and growth about the middle of the points, (B, 7)."""
    total = np.maximum(weights.sum(axis=1), 1.0)
    middle = np.einsum("bp,bpi->bi", weights, points) / total[:, None]
    arm = (points - middle[:, None]) / poses.scale[:, None, None]
    columns = np.concatenate(
        [np.cross(arm, facing), facing, np.einsum("bpi,bpi->bp", arm, facing)[..., None]], axis=2
    )
    if fixed:
        columns[..., 6] = 0.0
    residual = np.einsum("bpi,bpi->bp", toward, facing) / poses.scale[:, None]
    weighted = columns * weights[..., None]
    normal = np.swapaxes(weighted, 1, 2) @ columns
    right = np.einsum("bpk,bp->bk", weighted, residual)
    diagonal = np.einsum("bkk->bk", normal)
    # Turns and growth act over the arm of a head, about a tenth of a metre.
    unit = np.array([0.1, 0.1, 0.1, 1.0, 1.0, 1.0, 0.1]) ** 2
    floor = _DAMPING * diagonal[:, 3:6].mean(axis=1, keepdims=True) * unit + 1e-12
    normal += np.einsum("bk,kl->bkl", floor, np.eye(7))
    step = np.linalg.solve(normal, right[..., None])[..., 0]
    turn = Rotation.from_rotvec(np.clip(step[:, :3], -0.3, 0.3)).as_matrix()
    growth = np.exp(np.clip(step[:, 6], -0.2, 0.2))
    offset = poses.shift - middle
    shift = (
        middle
        + growth[:, None] * np.einsum("bij,bj->bi", turn, offset)
        + step[:, 3:6] * poses.scale[:, None]
    )
    return _Poses(scale=poses.scale * growth, rotation=turn @ poses.rotation, shift=shift)


def _distinct(poses: _Poses, cost: Floats, count: int) -> npt.NDArray[np.intp]:
    """The numbers of the `count` best that differ from each other by more than a small turn."""
    chosen: list[int] = []
    least = 1 + 2 * np.cos(np.radians(_DISTINCT))
    for candidate in np.argsort(cost):
        traces = np.einsum("kij,ij->k", poses.rotation[chosen], poses.rotation[candidate])
        if not (traces > least).any():
            chosen.append(int(candidate))
        if len(chosen) == count:
            break
    return np.array(chosen, dtype=np.intp)
