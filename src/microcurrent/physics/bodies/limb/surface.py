"""Surface: where skin, fat and muscle of a limb or patch begin, in places around and along it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.limb import LimbShape, Outline, Swelling
from microcurrent.physics.conduction.grid import Floats

#: Steps of the difference that gives the slope of the skin: along [m], and around as a part of a turn.
_STEP_ALONG, _STEP_AROUND = 1e-4, 1e-4
#: Places around a limb at which its girth is summed.
_GIRTH_PLACES = 720


@dataclass(frozen=True, kw_only=True)
class LayerSizes:
    """`radius` [m] of the outer girth (0 on a patch); `skin` and `fat` [m] thick."""

    radius: float
    skin: float
    fat: float

    @property
    def core(self) -> float:
        """Radius [m] of everything below the fat."""
        return self.radius - self.skin - self.fat


@dataclass(frozen=True, kw_only=True)
class Surface:
    """The skin of `shape` with `sizes`, and the layers below it; the right side.

    `mean`: sizes for which the bones of the shape are given. A place is (`around`, `along`): angle [rad] or
    x [m] on a patch, and z [m]. Its *height* [m] is counted from the axis of a limb outward, or from the
    plane y = 0 of a patch to the back.
    """

    shape: LimbShape
    sizes: LayerSizes
    mean: LayerSizes

    def __post_init__(self) -> None:
        if self.round and self.sizes.core <= 0:
            raise ValueRefused(
                Problem(
                    what=f"layers of the {self.shape.name}",
                    expected="skin and fat thinner than the outer radius",
                    came=f"{self.sizes.skin + self.sizes.fat:g} m in {self.sizes.radius:g} m",
                )
            )

    @property
    def round(self) -> bool:
        """Whether this is a limb."""
        return self.shape.shape == "limb"

    @property
    def scale(self) -> float:
        """How much larger everything below the fat is than in the mean of the sexes."""
        return self.sizes.core / self.mean.core if self.round else 1.0

    @property
    def fascia(self) -> float:
        """Depth [m] of the fat's underside below the skin, away from swellings."""
        return self.sizes.skin + self.sizes.fat

    def outer(self, around: npt.ArrayLike, along: npt.ArrayLike) -> Floats:
        """Height [m] of the skin at places that broadcast."""
        u, z = np.asarray(around, dtype=float), self._within(along)
        height = self._ellipse(u, z) if self.round else 0.0
        return np.asarray(height + self._swollen("outline", u, z))

    def thickness(self, layer: str, around: npt.ArrayLike, along: npt.ArrayLike) -> Floats:
        """Thickness [m] of "skin" or "fat" across it."""
        u, z = np.asarray(around, dtype=float), self._within(along)
        base = self.sizes.skin if layer == "skin" else self.sizes.fat
        return np.asarray(base * (1.0 + self._swollen(layer, u, z)))

    def layers(self, around: npt.ArrayLike, along: npt.ArrayLike) -> Floats:
        """Heights [m] of the skin, of its underside and of that of the fat, (3, ...)."""
        outer = self.outer(around, along)
        steep = 1.0 / self.cosine(around, along)
        skin = outer - self.thickness("skin", around, along) * steep
        return np.stack([outer, skin, skin - self.thickness("fat", around, along) * steep])

    def cosine(self, around: npt.ArrayLike, along: npt.ArrayLike) -> Floats:
        """Cosine of the angle between the normal of the skin and the direction of height."""
        a, b = self._slopes(around, along)
        return np.asarray(1.0 / np.sqrt(1.0 + a * a + b * b))

    def normals(self, around: npt.ArrayLike, along: npt.ArrayLike) -> Floats:
        """Outward unit normals of the skin, (..., 3)."""
        a, b = self._slopes(around, along)
        u = np.broadcast_to(np.asarray(around, dtype=float), a.shape)
        if self.round:
            out, side = np.stack([np.cos(u), np.sin(u)]), np.stack([-np.sin(u), np.cos(u)])
            flat = out - a * side
        else:
            flat = np.stack([-a, -np.ones_like(a)])
        normal = np.stack([*flat, -b], axis=-1)
        return np.asarray(normal / np.linalg.norm(normal, axis=-1, keepdims=True))

    def points(self, around: npt.ArrayLike, along: npt.ArrayLike, depth: npt.ArrayLike = 0.0) -> Floats:
        """Points (..., 3) [m] at `depth` [m] below the skin, along its normal."""
        u, z = np.broadcast_arrays(np.asarray(around, dtype=float), np.asarray(along, dtype=float))
        height = self.outer(u, z)
        if self.round:
            skin = np.stack([height * np.cos(u), height * np.sin(u), z], axis=-1)
        else:
            skin = np.stack([u, -height, z], axis=-1)
        return np.asarray(skin - np.asarray(depth, dtype=float)[..., None] * self.normals(u, z))

    def places(self, points: Floats) -> tuple[Floats, Floats, Floats]:
        """Return around, along and height of points (..., 3) [m]."""
        x, y, z = (points[..., k] for k in range(3))
        if self.round:
            return np.arctan2(y, x), z, np.hypot(x, y)
        return x, z, -y

    def half_axes(self, along: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """How far [m] all below the fat reaches laterally, to the front, medially and to the back."""
        lateral, front, medial, back = (
            self.layers(angle, along)[2] for angle in (0.0, 0.5 * np.pi, np.pi, 1.5 * np.pi)
        )
        return lateral, front, medial, back

    def girth(self, along: float) -> float:
        """Length [m] of the skin around a limb at one place along it."""
        u = np.linspace(0.0, 2.0 * np.pi, _GIRTH_PLACES + 1)
        ring = self.points(u, np.full(u.shape, along))
        return float(np.linalg.norm(np.diff(ring, axis=0), axis=1).sum())

    # -- inside ------------------------------------------------------------------------------

    def _within(self, along: npt.ArrayLike) -> Floats:
        return np.asarray(np.clip(np.asarray(along, dtype=float), *self.shape.along))

    def _slopes(self, around: npt.ArrayLike, along: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Slopes of the height: along the skin around, and along z."""
        u, z = np.asarray(around, dtype=float), self._within(along)
        low, high = self._within(z - _STEP_ALONG), self._within(z + _STEP_ALONG)
        b = (self.outer(u, high) - self.outer(u, low)) / (high - low)
        step = 2.0 * np.pi * _STEP_AROUND if self.round else _STEP_ALONG
        a = (self.outer(u + step, z) - self.outer(u - step, z)) / (2.0 * step)
        return (a / self.outer(u, z) if self.round else a), b

    def _swollen(self, layer: str, u: Floats, z: Floats) -> Floats:
        total = np.zeros(np.broadcast_shapes(u.shape, z.shape))
        for hill in self.shape.swellings:
            if hill.layer == layer:
                total += hill.amount * self._hill(hill, u, z)
        return total

    def _hill(self, hill: Swelling, u: Floats, z: Floats) -> Floats:
        aside = u - hill.around
        if self.round:
            aside = np.remainder(aside + np.pi, 2.0 * np.pi) - np.pi
        across = np.exp(-0.5 * (aside / hill.width) ** 2)
        return np.asarray(across * np.exp(-0.5 * ((z - hill.along) / hill.length) ** 2))

    def _ellipse(self, u: Floats, z: Floats) -> Floats:
        lateral, front, medial, back = (self._girth_scale * axis(z) for axis in self._axes)
        c, s = np.cos(u), np.sin(u)
        wide = np.where(c >= 0, lateral, medial)
        deep = np.where(s >= 0, front, back)
        return np.asarray(1.0 / np.hypot(c / wide, s / deep))

    @property
    def _outline(self) -> Outline:
        if self.shape.outline is None:
            raise ValueRefused(Problem(what="outline of a limb", expected="one", came="none"))
        return self.shape.outline

    @cached_property
    def _axes(self) -> tuple[PchipInterpolator, ...]:
        """Half-axes by place along: without overshoot between the places of the table."""
        outline = self._outline
        values = (outline.lateral, outline.front, outline.medial, outline.back)
        return tuple(PchipInterpolator(outline.along, value) for value in values)

    @cached_property
    def _girth_scale(self) -> float:
        """Metre by fraction of the outline: the girth at the reference is that of the radius."""
        u = np.linspace(0.0, 2.0 * np.pi, _GIRTH_PLACES + 1)
        lateral, front, medial, back = (float(axis(self._outline.reference)) for axis in self._axes)
        c, s = np.cos(u), np.sin(u)
        r = 1.0 / np.hypot(c / np.where(c >= 0, lateral, medial), s / np.where(s >= 0, front, back))
        around = np.hypot(np.diff(r * c), np.diff(r * s)).sum()
        return float(2.0 * np.pi * self.sizes.radius / around)
