"""Remeshing: a point put into a mesh as a vertex, a ball cut out of it, and the part that a path can use.

Plain arrays in and out: `vertices` (V, 3) [m] and `triangles` (T, 3). New vertices are put at the end, so
that the numbers of the old ones hold.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from microcurrent.physics.conduction.grid import Floats

Triangles = npt.NDArray[np.int64]
Mesh = tuple[Floats, Triangles]

#: A point this near to an edge or corner, as a share of the triangle, is put on it: a sliver would make the
#: lengths in it inexact, and a thousandth of an edge is a micrometre on skin.
_ON_EDGE = 1e-3
#: A cut this near to a vertex outside the ball, as a share of the edge, goes through the vertex.
_ON_VERTEX = 0.05


def longest_edge(mesh: Mesh) -> float:
    """Return the length [m] of the longest edge."""
    corners = mesh[0][mesh[1]]
    return float(np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max())


def closest_point(mesh: Mesh, point: Floats) -> tuple[int, Floats, float]:
    """Return where a point (3,) [m] comes to lie on the mesh.

    The number of the triangle, the shares (3,) of its corners, and the distance [m].
    """
    vertices, triangles = mesh
    away = np.linalg.norm(vertices - point, axis=1)[triangles]
    near = np.flatnonzero(away.max(axis=1) <= away.min() + longest_edge(mesh) * (1 + 1e-9))
    on = _on_triangles(vertices[triangles[near]], point)
    gaps = np.linalg.norm(np.einsum("tc,tcx->tx", on, vertices[triangles[near]]) - point, axis=1)
    best = int(np.argmin(gaps))
    return int(near[best]), on[best], float(gaps[best])


def _on_triangles(corners: Floats, point: Floats) -> Floats:
    """Shares (T, 3) of the corners (T, 3, 3) in the place of each triangle that is nearest to a point."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    u, v, w = b - a, c - a, point - a
    uu, uv, vv = (np.einsum("tx,tx->t", p, q) for p, q in ((u, u), (u, v), (v, v)))
    wu, wv = (np.einsum("tx,tx->t", w, p) for p in (u, v))
    whole = uu * vv - uv**2
    whole = np.where(whole > 0, whole, np.inf)
    second, third = (vv * wu - uv * wv) / whole, (uu * wv - uv * wu) / whole
    inside = np.stack([1 - second - third, second, third], axis=1)
    candidates = [inside]
    for i, j in ((0, 1), (1, 2), (2, 0)):
        side = corners[:, j] - corners[:, i]
        square = np.einsum("tx,tx->t", side, side)
        along = np.einsum("tx,tx->t", point - corners[:, i], side) / np.where(square > 0, square, np.inf)
        along = np.clip(along, 0.0, 1.0)
        edge = np.zeros((len(corners), 3))
        edge[:, i], edge[:, j] = 1 - along, along
        candidates.append(edge)
    sound = (inside >= 0).all(axis=1) & np.isfinite(whole)
    places = np.stack(candidates)  # (4, T, 3)
    gaps = np.linalg.norm(np.einsum("ktc,tcx->ktx", places, corners) - point, axis=2)
    gaps[0, ~sound] = np.inf
    return np.asarray(places[np.argmin(gaps, axis=0), np.arange(len(corners))])


def with_point(mesh: Mesh, point: Floats) -> tuple[Mesh, int]:
    """Return the mesh with the place on it nearest to a point (3,) [m] as a vertex, and its number."""
    vertices, triangles = mesh
    triangle, share, _ = closest_point(mesh, point)
    corners = triangles[triangle]
    if share.max() > 1 - 2 * _ON_EDGE:
        return mesh, int(corners[np.argmax(share)])
    if share.min() < _ON_EDGE:
        share = np.where(np.arange(3) == np.argmin(share), 0.0, share)
        share = share / share.sum()
        i, j = corners[np.flatnonzero(share)]
        split = np.flatnonzero((triangles == i).any(axis=1) & (triangles == j).any(axis=1))
    else:
        split = np.array([triangle])
    number = len(vertices)
    made = []
    for one in triangles[split]:
        for k in range(3):
            new = one.copy()
            new[k] = number
            # A triangle with both ends of a split edge and its new vertex has no area.
            if not (share.min() == 0 and {i, j} <= set(new.tolist())):
                made.append(new)
    kept = np.delete(triangles, split, axis=0)
    place = share @ vertices[corners]
    return (np.vstack([vertices, place]), np.vstack([kept, np.array(made)])), number


def without_ball(mesh: Mesh, centre: Floats, radius: float) -> Mesh:
    """Return what of the mesh lies outside a ball: triangles that its rim crosses are cut along it.

    New vertices lie on the rim, or up to a twentieth of an edge outside it; a triangle whose corners lie
    outside stays whole.
    """
    vertices, triangles = mesh
    away = np.linalg.norm(vertices - centre, axis=1) - radius
    inside = away < 0
    number = inside[triangles].sum(axis=1)
    kept = [triangles[number == 0]]
    new: dict[tuple[int, int], int] = {}
    places: list[Floats] = []

    def crossing(outer: int, inner: int) -> int:
        if (outer, inner) not in new:
            along = _leaves(vertices[outer] - centre, vertices[inner] - vertices[outer], radius)
            if along < _ON_VERTEX:
                new[outer, inner] = outer
            else:
                new[outer, inner] = len(vertices) + len(places)
                places.append(vertices[outer] + along * (vertices[inner] - vertices[outer]))
        return new[outer, inner]

    cut: list[tuple[int, int, int]] = []
    for corners in triangles[(number == 1) | (number == 2)].tolist():
        sides = [bool(inside[corner]) for corner in corners]
        alone = sides.index(sum(sides) == 1)
        a, b, c = corners[alone], corners[alone - 2], corners[alone - 1]
        if inside[a]:
            p, q = crossing(b, a), crossing(c, a)
            cut += [(p, b, c), (p, c, q)]
        else:
            cut.append((a, crossing(a, b), crossing(a, c)))
    whole = [one for one in cut if len(set(one)) == 3]
    if whole:
        kept.append(np.array(whole, dtype=np.int64))
    return np.vstack([vertices, *places]), np.vstack(kept)


def _leaves(start: Floats, span: Floats, radius: float) -> float:
    """The share of `span` at which a line from `start`, outside a ball around the origin, enters it."""
    a, b, c = float(span @ span), float(start @ span), float(start @ start) - radius**2
    return min(max((-b - math.sqrt(max(b * b - a * c, 0.0))) / a, 0.0), 1.0)


def graph_of(mesh: Mesh) -> sparse.csr_array:
    """Return the edges of the mesh as a symmetric matrix (V, V) of their lengths [m]."""
    vertices, triangles = mesh
    ends = np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    ends = np.unique(np.sort(ends, axis=1), axis=0)
    lengths = np.linalg.norm(vertices[ends[:, 0]] - vertices[ends[:, 1]], axis=1)
    size = len(vertices)
    half = sparse.coo_array((lengths, (ends[:, 0], ends[:, 1])), shape=(size, size))
    return sparse.csr_array(half + half.T)


def part_with(
    mesh: Mesh, keep: npt.NDArray[np.bool_], ends: tuple[int, int]
) -> tuple[Mesh, int, int] | None:
    """Return the triangles of `keep` (T,) that hang together with both `ends`, and the ends' numbers in it.

    Every edge in it has at most two triangles and every vertex one fan: where sheets touch in one vertex
    or edge they are taken apart. None where nothing joins the ends.
    """
    vertices, triangles = mesh
    chosen = triangles[keep]
    numbers = _fans(chosen)
    size = int(numbers.max(initial=-1)) + 1
    of_fan = np.empty(size, dtype=np.int64)
    of_fan[numbers] = chosen
    links = sparse.coo_array(
        (np.ones(2 * len(numbers)), (numbers[:, [0, 1]].ravel(), numbers[:, [1, 2]].ravel())),
        shape=(size, size),
    )
    _, parts = connected_components(links, directed=False)
    fans = [np.flatnonzero(of_fan == end) for end in ends]
    pairs = [(a, b) for a in fans[0] for b in fans[1] if parts[a] == parts[b]]
    if not pairs:
        return None
    first, last = pairs[0]
    there = parts[numbers[:, 0]] == parts[first]
    used, renumbered = np.unique(numbers[there], return_inverse=True)
    sound = vertices[of_fan[used]], renumbered.reshape(-1, 3).astype(np.int64)
    return sound, int(np.searchsorted(used, first)), int(np.searchsorted(used, last))


def _fans(triangles: Triangles) -> Triangles:
    """Number of the fan of triangles that each corner (T, 3) belongs to.

    Two corners at one vertex belong together where their triangles share an edge that they run along in
    opposite directions, and no third triangle does.
    """
    count = len(triangles)
    start = triangles.ravel()
    stop = np.roll(triangles, -1, axis=1).ravel()
    edge = np.stack([np.minimum(start, stop), np.maximum(start, stop)], axis=1)
    _, which, times = np.unique(edge, axis=0, return_inverse=True, return_counts=True)
    which = which.ravel()
    order = np.argsort(which, kind="stable")
    begins = np.concatenate([[0], np.cumsum(times)[:-1]])[times == 2]
    one, other = order[begins], order[begins + 1]
    opposite = start[one] != start[other]
    one, other = one[opposite], other[opposite]
    following = 3 * (np.arange(3 * count) // 3) + (np.arange(3 * count) % 3 + 1) % 3
    rows = np.concatenate([one, following[one]])
    columns = np.concatenate([following[other], other])
    links = sparse.coo_array((np.ones(len(rows)), (rows, columns)), shape=(3 * count, 3 * count))
    _, fans = connected_components(links, directed=False)
    return np.asarray(fans, dtype=np.int64).reshape(-1, 3)
