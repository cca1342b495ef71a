"""From a scene and a camera to dots: rays through four places of every dot, with thin outlines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from microcurrent.reports.pictures.solid.camera import Camera
from microcurrent.reports.pictures.solid.scene import Scene, in_threads
from microcurrent.reports.pictures.solid.shading import Lights, Places, displayed, lifted, linear, lit
from microcurrent.reports.pictures.solid.shapes import Array

#: Rays along each edge of a dot.
_FINE = 2
#: Rows of dots worked on at a time.
_BAND = 40
#: See-through layers that one ray may pass.
_LAYERS = 4
#: Numbers of tissues on a cut begin here; those of surfaces lie below.
CUT = 10_000
#: How much of the light a fibre line, an outline, and a line between two tissues leave.
_GRAIN, _OUTLINE = 0.30, 0.42
_NOTHING = -1
#: Share of the height of a picture in which it fades away.
_FADE = 0.09


@dataclass(frozen=True, kw_only=True, eq=False)
class Image:
    """Dots as seen by a `camera`.

    `colour` (H, W, 4): sRGB and opacity in bytes; `distance` (H, W) [m] from the eye, infinite for nothing;
    `number` (H, W) of the surface that is seen, -1 for nothing, `CUT` and more for a cut.
    """

    camera: Camera
    colour: npt.NDArray[np.uint8]
    distance: Array
    number: npt.NDArray[np.int32]

    @property
    def faded(self) -> npt.NDArray[np.uint8]:
        """The dots, fading away at the lower edge where the picture ends but the body does not."""
        shown = self.colour.copy()
        if (shown[-1, :, 3] > 0).mean() > 0.05:
            rows = max(int(_FADE * len(shown)), 1)
            weight = np.linspace(1.0, 0.0, rows) ** 0.8
            shown[-rows:, :, 3] = np.round(weight[:, None] * shown[-rows:, :, 3])
        return shown

    def sees(self, points: Array, *, slack: float = 2e-3) -> npt.NDArray[np.bool_]:
        """Return which of `points` (P, 3) [m] nothing hides; `slack` [m]: what may be in front."""
        places = self.camera.project(points)
        column, row = places[:, 0].astype(int), places[:, 1].astype(int)
        height, width = self.distance.shape
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        away = self.distance[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
        return np.asarray(inside & (places[:, 2] <= away + slack))


def render(scene: Scene, camera: Camera, *, lights: Lights | None = None) -> Image:
    """Return the picture of a scene; where nothing is, it is transparent."""
    chosen = lights or Lights()
    scene.openness  # noqa: B018 - made once before the threads share it
    bands = [slice(low, min(low + _BAND, camera.height)) for low in range(0, camera.height, _BAND)]
    parts = in_threads(lambda band: _band(scene, camera, chosen, band), bands)
    number = np.concatenate([part[..., 4].astype(np.int32) for part in parts])
    lines = _lines(scene, number)
    dots = [_dots(part[..., :4], lines[_FINE * band.start : _FINE * band.stop])
            for part, band in zip(parts, bands, strict=True)]  # fmt: skip
    near = [_blocks(part[..., 5]).min(axis=(1, 3)) for part in parts]
    return Image(
        camera=camera, colour=np.concatenate(dots), distance=np.concatenate(near),
        number=number[::_FINE, ::_FINE],
    )  # fmt: skip


def _blocks(samples: Array) -> Array:
    """Samples (2 H, 2 W, ...) as (H, 2, W, 2, ...)."""
    tall, wide = samples.shape[:2]
    return samples.reshape(tall // _FINE, _FINE, wide // _FINE, _FINE, *samples.shape[2:])


def _dots(light: Array, lines: Array) -> npt.NDArray[np.uint8]:
    """Colour and opacity of dots (H, W, 4) from the light of their rays (2 H, 2 W, 4)."""
    shown = displayed(light[..., :3] * lines[..., None]) * light[..., 3:]
    alpha = _blocks(light[..., 3]).mean(axis=(1, 3))[..., None]
    mean = _blocks(shown).mean(axis=(1, 3)) / np.maximum(alpha, 1e-6)
    dots = 255 * np.clip(np.concatenate([mean, alpha], axis=2), 0.0, 1.0)
    return np.asarray(np.round(dots), dtype=np.uint8)


def _lines(scene: Scene, number: npt.NDArray[np.int32]) -> Array:
    """Factor on the light of each ray: less where another thing begins beside it."""
    outlined = np.array([surface.outlined for surface in scene.surfaces])
    drawn = np.where(number >= CUT, True, outlined[np.clip(number, 0, len(outlined) - 1)])
    drawn &= number != _NOTHING
    edge = np.zeros(number.shape, dtype=bool)
    for axis in range(2):
        ahead, behind = [slice(None)] * 2, [slice(None)] * 2
        ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
        a, b = number[tuple(ahead)], number[tuple(behind)]
        other = (a != b) & (drawn[tuple(ahead)] | drawn[tuple(behind)])
        edge[tuple(ahead)] |= other
        edge[tuple(behind)] |= other
    return np.where(edge, np.float32(_OUTLINE), np.float32(1.0))


def _band(scene: Scene, camera: Camera, lights: Lights, band: slice) -> Array:
    """Light and opacity, number and distance for every ray of some rows of dots, (2 rows, 2 W, 6)."""
    rows = np.arange(_FINE * band.start, _FINE * band.stop)
    columns = np.arange(_FINE * camera.width)
    row, column = (grid.ravel() for grid in np.meshgrid(rows, columns, indexing="ij"))
    ways = camera.rays(*((place + np.float32(0.5)) / np.float32(_FINE) for place in (column, row)))
    mark = _FINE * (row % _FINE) + column % _FINE + 4 * (3 * (row // _FINE % 3) + column // _FINE % 3)
    origins = np.broadcast_to(camera.eye.astype(np.float32), ways.shape).copy()
    result = np.zeros((ways.shape[0], 6), dtype=np.float32)
    result[:, 4], result[:, 5] = _NOTHING, np.inf
    left = np.arange(len(ways))
    for layer in range(_LAYERS):
        seen = _seen(scene, camera, lights, (origins[left], ways[left], mark[left]))
        index, light, opacity, number, away = seen
        at = left[index]
        free = (1.0 - result[at, 3]) * opacity
        result[at, :3] += free[:, None] * light
        result[at, 3] += free
        fresh = result[at, 4] == _NOTHING
        if layer == 0 or fresh.any():
            result[at[fresh], 4], result[at[fresh], 5] = number[fresh], away[fresh]
        on = opacity < 1
        origins[at] += (away + np.float32(4e-5))[:, None] * ways[at]
        left = at[on]
        if not left.size:
            break
    full = np.maximum(result[:, 3:4], 1e-6)
    result[:, :3] /= full
    return result.reshape(rows.size, columns.size, 6)


def _seen(
    scene: Scene, camera: Camera, lights: Lights, rays: tuple[Array, Array, Array]
) -> tuple[Array, Array, Array, Array, Array]:
    """What `rays` (origins, ways, marks) meet: index, light (P, 3), opacity, number, distance (P,)."""
    origins, ways, mark = rays
    hits = scene.first(origins, ways)
    met = hits.triangle >= 0
    distance = np.where(met, hits.distance, np.float32(np.inf))
    painted = np.zeros((len(ways), 4), dtype=np.float32)
    cap_number = np.full(len(ways), _NOTHING, dtype=np.int32)
    cap_normal = np.zeros((len(ways), 3), dtype=np.float32)
    for cap in scene.caps:
        slope = ways @ cap.normal.astype(np.float32)
        with np.errstate(divide="ignore", invalid="ignore"):
            away = ((cap.point - origins) @ cap.normal) / slope
        nearer = np.flatnonzero((slope < 0) & (away > 0) & (away < distance))
        points = origins[nearer] + away[nearer, None] * ways[nearer]
        colour, number = cap.paint(points)
        there = colour[:, 3] > 0
        at = nearer[there]
        distance[at], painted[at], cap_number[at] = away[at], colour[there], number[there] + CUT
        cap_normal[at] = cap.normal
    index = np.flatnonzero(np.isfinite(distance))
    on_cap = cap_number[index] != _NOTHING
    on_mesh = np.where(on_cap, 0, hits.triangle[index])
    if not index.size:
        return index, np.zeros((0, 3)), np.zeros(0), np.zeros(0), np.zeros(0)
    places, owner = _places(scene, (on_mesh, hits.weights[index]), ways[index], mark[index])
    flat = origins[index] + (distance[index, None] - np.float32(5e-5)) * ways[index]
    colour = linear(painted[index, :3]).astype(np.float32)
    places = _replaced(places, on_cap, (flat, cap_normal[index], colour))
    opacity = np.array([surface.opacity for surface in scene.surfaces], dtype=np.float32)[owner]
    number = np.where(on_cap, cap_number[index], owner)
    light = lit(scene, camera, places, lights=lights)
    return index, light, np.where(on_cap, 1.0, opacity), number, distance[index]


def _places(
    scene: Scene, met: tuple[Array, Array], ways: Array, mark: Array
) -> tuple[Places, npt.NDArray[np.integer]]:
    """The surface at hits (triangle, weights), and the number of the surface of each."""
    triangle, weights = met
    corners = scene.triangles[triangle]
    owner = scene.owner[triangle]

    def mixed(values: Array) -> Array:
        shape = (slice(None), None) if values.ndim > 1 else (slice(None),)
        return np.asarray(sum(weights[:, k][shape] * values[corners[:, k]] for k in range(3)))

    normal = mixed(scene.normals)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    normal *= np.where((normal * ways).sum(axis=1, keepdims=True) > 0, -1.0, 1.0).astype(np.float32)
    albedo = linear(mixed(scene.colours)).astype(np.float32)
    striped = np.array([surface.grain is not None for surface in scene.surfaces])[owner]
    phase = np.abs(mixed(scene.grain) % 1.0 - 0.5) * 2
    albedo *= np.where(striped, 1.0 - _GRAIN * phase**2.5, 1.0)[:, None].astype(np.float32)
    gloss = np.array([surface.gloss for surface in scene.surfaces], dtype=np.float32)[owner]
    places = Places(
        lifted=lifted(scene, corners, weights, normal=normal), normal=normal, way=ways, albedo=albedo,
        openness=mixed(scene.openness), gloss=gloss, mark=mark,
    )  # fmt: skip
    return places, owner


def _replaced(places: Places, on_cap: Array, cut: tuple[Array, Array, Array]) -> Places:
    """`places` with point, normal and albedo of the `cut` where a ray meets a cap."""
    point, normal, albedo = cut
    chosen = on_cap[:, None]
    return Places(
        lifted=np.where(chosen, point + 5e-5 * normal, places.lifted),
        normal=np.where(chosen, normal, places.normal), way=places.way,
        albedo=np.where(chosen, albedo, places.albedo),
        openness=np.where(on_cap, 1.0, places.openness),
        gloss=np.where(on_cap, 0.0, places.gloss), mark=places.mark,
    )  # fmt: skip
