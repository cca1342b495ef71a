"""How light falls on a place: a soft key light with shadow, a fill, a rim, and light from all around."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microcurrent.reports.pictures.solid.camera import Camera
from microcurrent.reports.pictures.solid.scene import OFF, Scene
from microcurrent.reports.pictures.solid.shapes import Array

#: Half the width [rad] of the key light as seen from the body: it softens the edge of shadows.
_KEY_WIDTH = 0.13
#: Rays towards the key light from every place.
_KEY_RAYS = 5
#: Rays of one dot.
_MARKS = 4
_GOLDEN = np.float32(0.618034)


@dataclass(frozen=True, kw_only=True)
class Lights:
    """Directions towards the lights as the viewer sees them: right, up, near; and how strong each is."""

    key: tuple[float, float, float] = (-0.70, 0.72, 0.70)
    fill: tuple[float, float, float] = (0.85, 0.05, 0.55)
    rim: tuple[float, float, float] = (0.75, 0.40, -0.70)
    key_strength: float = 0.95
    fill_strength: float = 0.16
    rim_strength: float = 0.30
    around: float = 0.40


@dataclass(frozen=True, kw_only=True, eq=False)
class Places:
    """What rays (P,) see: `lifted` (P, 3) [m], from where shadow rays start, `normal` (P, 3) to the viewer,
    `way` of the ray (P, 3), `albedo` (P, 3) linear, `openness` (P,), `gloss` (P,), `mark` (P,): number
    of the ray in its dot, and four times that of the dot among its neighbours: they spread shadow rays."""

    lifted: Array
    normal: Array
    way: Array
    albedo: Array
    openness: Array
    gloss: Array
    mark: Array


def linear(colour: Array) -> Array:
    """Return linear light of an sRGB colour from 0 to 1."""
    colour = np.asarray(colour)
    return np.asarray(np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4))


def displayed(light: Array) -> Array:
    """Return the sRGB colour from 0 to 1 of linear light; bright light runs softly into white."""
    knee = 0.80
    over = np.maximum(light - knee, 0.0)
    light = np.minimum(np.maximum(light, 0.0), knee) + (1.0 - knee) * (1.0 - np.exp(-over / (1.0 - knee)))
    return np.asarray(np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055))


def lit(scene: Scene, camera: Camera, places: Places, *, lights: Lights) -> Array:
    """Return linear light (P, 3) that comes from each place to the viewer."""
    axes = camera.axes.astype(np.float32)
    key, fill, rim = (_unit(np.array(way)) @ axes for way in (lights.key, lights.fill, lights.rim))
    normal, albedo = places.normal, places.albedo
    facing = normal @ key
    shadow = _shadow(scene, places, key)
    # Light enters skin and leaves a little beside: the edge of the shadow is soft, and redder.
    soft = np.array([0.20, 0.11, 0.08], dtype=np.float32)
    straight = np.clip((facing[:, None] + soft) / (1 + soft), 0.0, 1.0)
    lift = 0.5 + 0.5 * (normal @ axes[1])
    sky, ground = np.array([0.97, 1.0, 1.05]), np.array([0.80, 0.73, 0.70])
    around = ground + lift[:, None] * (sky - ground)
    # Light that leaves a hollow has met its walls more than once and takes on their colour.
    open_ = places.openness[:, None]
    hollow = open_ / (1.0 - 0.75 * albedo * (1.0 - open_))
    light = lights.around * around * hollow
    light = light + lights.key_strength * np.array([1.05, 1.0, 0.94]) * straight * shadow[:, None]
    light = light + lights.fill_strength * np.maximum(normal @ fill, 0.0)[:, None] * hollow
    result = albedo * light
    half = _unit_rows(key - places.way)
    shine = np.maximum((normal * half).sum(axis=1), 0.0)
    edge = (1.0 - np.clip(-(normal * places.way).sum(axis=1), 0.0, 1.0)) ** 3
    glint = places.gloss * (1.6 * shine**24 + 0.7 * shine**90) * shadow * (facing > 0)
    back = lights.rim_strength * edge * np.maximum(normal @ rim + 0.35, 0.0) * places.openness
    return np.asarray(result + glint[:, None] + back[:, None] * (0.25 + 0.75 * albedo))


def _shadow(scene: Scene, places: Places, key: Array) -> Array:
    """Share (P,) of the key light that reaches each place."""
    count = len(places.normal)
    one = _unit(np.cross(key, [0.0, 0.0, 1.0] if abs(key[2]) < 0.9 else [1.0, 0.0, 0.0]))
    other = np.cross(key, one)
    reached = np.zeros(count, dtype=np.float32)
    towards = np.flatnonzero(places.normal @ key > -0.12)
    if not towards.size:
        return reached
    origins = places.lifted[towards]
    total = np.zeros(towards.size, dtype=np.float32)
    # The rays of one dot together cover the light evenly; those of dots beside it are turned, so that the
    # edge of a shadow shows neither steps nor grain.
    mark = places.mark[towards]
    for number in range(_KEY_RAYS):
        place = number * _MARKS + mark % _MARKS
        radius = _KEY_WIDTH * np.sqrt((place + np.float32(0.5)) / (_MARKS * _KEY_RAYS))
        angle = 2 * np.pi * _GOLDEN * (place + np.float32(0.37) * (mark // _MARKS))
        spread = (radius * np.cos(angle))[:, None] * one + (radius * np.sin(angle))[:, None] * other
        total += ~scene.shaded(origins, _unit_rows(key + spread))
    reached[towards] = total / _KEY_RAYS
    return reached


def lifted(scene: Scene, corners: Array, weights: Array, *, normal: Array) -> Array:
    """Return where shadow rays start (P, 3): on the round surface that the flat triangles stand for.

    Each corner's tangent plane lifts the point (the shadow terminator remedy of Hanika).
    """
    flat = np.zeros((len(weights), 3), dtype=np.float32)
    for k in range(3):
        flat += weights[:, k, None] * scene.vertices[corners[:, k]]
    raised = np.zeros_like(flat)
    for k in range(3):
        corner_normal = scene.normals[corners[:, k]]
        below = ((flat - scene.vertices[corners[:, k]]) * corner_normal).sum(axis=1)
        raised += weights[:, k, None] * (flat - np.minimum(below, 0.0)[:, None] * corner_normal)
    return np.asarray(raised + 3 * OFF * normal)


def _unit(vector: Array) -> Array:
    return np.asarray(vector / np.linalg.norm(vector))


def _unit_rows(vectors: Array) -> Array:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))
