"""Surface and Cap: what a scene is made of, and meshes that are cut, smoothed and coloured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

Array = npt.NDArray[Any]
Triangles = npt.NDArray[np.integer]


@dataclass(frozen=True, kw_only=True, eq=False)
class Surface:
    """Triangles of one thing. `vertices` (V, 3) [m]; `triangles` (T, 3).

    `colour` (3,) or (V, 3), sRGB from 0 to 1. `grain` (V,): fibres are drawn where it passes whole
    numbers; None for none. `gloss`: share of a highlight. `opacity` from 0 to 1; what is not opaque
    throws no shadow. `outlined`: whether a thin dark line is drawn around what is seen of it.
    """

    name: str
    vertices: Array
    triangles: Triangles
    colour: Array
    grain: Array | None = None
    gloss: float = 0.04
    opacity: float = 1.0
    outlined: bool = False

    @cached_property
    def normals(self) -> Array:
        """Unit normal at every vertex, (V, 3): the mean of its triangles by their area."""
        a, b, c = (self.vertices[self.triangles[:, k]] for k in range(3))
        crosses = np.cross(b - a, c - a)
        total = _gather(self.triangles, len(self.vertices)) @ crosses
        length = np.linalg.norm(total, axis=1, keepdims=True)
        return np.asarray(np.divide(total, length, out=np.zeros_like(total), where=length > 0))

    @property
    def volume(self) -> float:
        """What it encloses [m3], where it is closed; negative where its corners run clockwise."""
        a, b, c = (self.vertices[self.triangles[:, k]] for k in range(3))
        return float(np.einsum("ij,ij->", a - self.vertices[0], np.cross(b - self.vertices[0], c - b)) / 6)

    @property
    def colours(self) -> Array:
        """Colour at every vertex, (V, 3)."""
        return np.broadcast_to(np.asarray(self.colour, dtype=float), (len(self.vertices), 3))


@dataclass(frozen=True, kw_only=True, eq=False)
class Cap:
    """The surface of a cut: a plane through `point` (3,) [m], its unit `normal` (3,) towards what is gone.

    `paint` takes points (P, 3) [m] and returns colour and opacity (P, 4) from 0 to 1, and a number (P,)
    for each tissue, so that a line can be drawn between two.
    """

    point: Array
    normal: Array
    paint: Callable[[Array], tuple[Array, npt.NDArray[np.integer]]]


def _gather(triangles: Triangles, count: int) -> sparse.csr_array:
    """A matrix (V, T) that adds up the triangles at each vertex."""
    rows = np.asarray(triangles).ravel()
    columns = np.repeat(np.arange(len(triangles)), 3)
    return sparse.csr_array((np.ones(rows.size), (rows, columns)), shape=(count, len(triangles)))


def smoothed(values: Array, triangles: Triangles, *, rounds: int, keep: bool = False) -> Array:
    """Return `values` (V,) or (V, K) at the vertices, each drawn half-way to the mean of its neighbours.

    `keep`: every second round goes back a little further (Taubin), so that places do not shrink together.
    """
    count = len(values)
    edges = np.concatenate([triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    both = np.concatenate([edges, edges[:, ::-1]])
    links = sparse.csr_array((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(count, count))
    share = 1.0 / np.maximum(np.asarray(links.sum(axis=1)).ravel(), 1.0)
    share = share if np.ndim(values) == 1 else share[:, None]
    for _ in range(rounds):
        values = values + 0.5 * ((links @ values) * share - values)
        if keep:
            values = values - 0.53 * ((links @ values) * share - values)
    return values


def outward(surface: Surface) -> Surface:
    """Return a closed surface with its corners counter-clockwise as seen from outside."""
    if surface.volume >= 0:
        return surface
    return replace(surface, triangles=np.ascontiguousarray(surface.triangles[:, ::-1]))


def sliced(surface: Surface, point: Array, normal: Array) -> Surface:
    """Return what lies behind a plane: the side that `normal` (3,) points away from."""
    height = (surface.vertices - point) @ normal
    over = height[surface.triangles] > 0
    count = over.sum(axis=1)
    whole = surface.triangles[count == 0]
    made = _Made(surface=surface, height=height)
    new = [whole]
    for above in (1, 2):
        chosen, mask = surface.triangles[count == above], over[count == above]
        # turn each triangle so that the corner which is alone on its side comes first
        alone = np.argmax(mask if above == 1 else ~mask, axis=1)
        turned = np.take_along_axis(chosen, (alone[:, None] + np.arange(3)) % 3, axis=1)
        first, second = made.between(turned[:, 0], turned[:, 1]), made.between(turned[:, 0], turned[:, 2])
        if above == 2:
            new.append(np.stack([turned[:, 0], first, second], axis=1))
        else:
            new.append(np.stack([first, turned[:, 1], turned[:, 2]], axis=1))
            new.append(np.stack([first, turned[:, 2], second], axis=1))
    return made.surface_of(np.concatenate(new))


class _Made:
    """The corners that a cut adds to a surface, kept until all triangles are known."""

    def __init__(self, *, surface: Surface, height: Array) -> None:
        self._surface, self._height = surface, height
        self._ends: list[tuple[Triangles, Triangles]] = []
        self._count = len(surface.vertices)

    def between(self, one: Triangles, other: Triangles) -> Triangles:
        """Return the numbers of new corners where edges pass the plane."""
        self._ends.append((one, other))
        numbers = self._count + np.arange(len(one))
        self._count += len(one)
        return numbers

    def surface_of(self, triangles: Triangles) -> Surface:
        """Return the surface of these triangles, without the corners that none of them needs."""
        one = np.concatenate([ends[0] for ends in self._ends])
        other = np.concatenate([ends[1] for ends in self._ends])
        fall = self._height[one] - self._height[other]
        share = np.divide(self._height[one], fall, out=np.full(len(one), 0.5), where=fall != 0)[:, None]
        used, renumbered = np.unique(triangles, return_inverse=True)

        def extended(values: Array) -> Array:
            mixed = values[one] + share * (values[other] - values[one])
            return np.asarray(np.concatenate([values, mixed])[used])

        given = self._surface
        colour = np.asarray(given.colour, dtype=float)
        return Surface(
            name=given.name, vertices=extended(given.vertices),
            triangles=renumbered.reshape(triangles.shape).astype(np.int32),
            colour=colour if colour.ndim == 1 else extended(colour),
            grain=None if given.grain is None else extended(given.grain[:, None])[:, 0],
            gloss=given.gloss, opacity=given.opacity, outlined=given.outlined,
        )  # fmt: skip
