"""Heads made of balls, for tests of scans: where their landmarks lie is known by how they are made."""

import numpy as np
from skimage.measure import marching_cubes

from microcurrent.physics.bodies.scan import Template
from microcurrent.physics.bodies.skin_mesh import SkinMesh

STEP = 3.2e-3


def _ball(points, centre, radii):
    return (np.linalg.norm((points - centre) / radii, axis=-1) - 1) * min(radii)


def _joined(a, b, width):
    h = np.clip(0.5 + 0.5 * (b - a) / width, 0, 1)
    return b * (1 - h) + a * h - width * h * (1 - h)


def _less(a, b, width):
    return -_joined(-a, b, width)


def level(points):
    """About the distance [m] to the skin of the head, negative inside."""
    mm = 1e-3
    x = np.concatenate([np.abs(points[..., :1]), points[..., 1:]], axis=-1)
    skull = _ball(x, np.array([0, -20, 60]) * mm, np.array([75, 97, 78]) * mm)
    jaw = _ball(x, np.array([0, 8, -8]) * mm, np.array([62, 66, 88]) * mm)
    neck = np.maximum(np.hypot(x[..., 0], x[..., 1] + 0.025) - 0.056, x[..., 2] - 0.03)
    head = _joined(_joined(skull, jaw, 0.02), neck, 0.015)
    for centre, radii, width in (
        ((0, 76, 8), (9, 14, 24), 0.010), ((0, 88, -4), (10, 13, 9), 0.006),  # bridge and tip of the nose
        ((24, 70, 36), (26, 8, 7), 0.008), ((42, 52, 2), (16, 12, 12), 0.014),  # brow, cheekbone
        ((0, 72, -37), (22, 7, 6), 0.005), ((0, 67, -49), (19, 7, 6), 0.005),  # lips
        ((0, 55, -72), (20, 14, 13), 0.010), ((77, -22, 10), (7, 17, 30), 0.006),  # chin, ear
    ):  # fmt: skip
        head = _joined(head, _ball(x, np.array(centre) * mm, np.array(radii) * mm), width)
    head = _less(head, _ball(x, np.array([32, 76, 20]) * mm, np.array([19, 12, 10]) * mm), 0.008)
    eye = _ball(x, np.array([32, 56, 20]) * mm, np.array([12, 12, 12]) * mm)
    return np.maximum(_joined(head, eye, 0.003), -0.135 - x[..., 2])


def made_head(step=STEP):
    """The skin of the head as a `SkinMesh` [m]."""
    axes = [np.arange(low, high, step) for low, high in ((-0.1, 0.1), (-0.135, 0.12), (-0.15, 0.155))]
    values = level(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1))
    vertices, triangles, _, _ = marching_cubes(values, 0.0, gradient_direction="descent")
    return SkinMesh(
        vertices=vertices * step + [axis[0] for axis in axes], triangles=triangles.astype(np.int32)
    )


def _front(height, side=0.0):
    """The point of the skin that is farthest to the front at a height and to a side [m]."""
    front = np.arange(0.13, -0.05, -1e-4)
    points = np.stack([np.full_like(front, side), front, np.full_like(front, height)], axis=1)
    return points[int(np.argmax(level(points) < 0))]


def made_landmarks():
    """Where the landmarks of the head lie (3,) [m], by its own formula."""
    heights = np.arange(-0.1, 0.06, 5e-4)
    profile = np.array([_front(height) for height in heights])
    front = profile[:, 1]

    def among(low, high, score):
        chosen = np.flatnonzero((heights > low) & (heights < high))
        return profile[chosen[int(np.argmax(score[chosen]))]]

    marks = {
        "pronasale": among(-0.015, 0.015, front),
        "sellion": among(0.014, 0.036, -front),
        "stomion": among(-0.048, -0.038, -front),
        "labiale superius": among(-0.042, -0.03, front),
        "menton": among(-0.1, -0.06, 0.5 * front - 0.866 * heights),
        "pogonion": among(-0.08, -0.062, front),
    }
    tip, lip = marks["pronasale"], marks["labiale superius"]
    chord = np.interp(heights, [lip[2], tip[2]], [lip[1], tip[1]])
    marks["subnasale"] = among(lip[2], tip[2], chord - front)
    for side, sign in (("left", -1.0), ("right", 1.0)):
        for name, across, height in (
            ("endocanthion", 0.018, 0.020), ("exocanthion", 0.047, 0.020), ("cheilion", 0.023, -0.043),
            ("alare", 0.010, -0.005), ("zygion", 0.056, 0.0),
        ):  # fmt: skip
            marks[f"{name} {side}"] = _front(height, sign * across)
    return marks


def made_template():
    return Template(skin=made_head(), landmarks=made_landmarks())


def other_person(points):
    """The places (P, 3) of the head in another person: wider, shorter, a larger and crooked nose."""
    points = np.asarray(points, dtype=float)
    moved = points * [1.06, 0.97, 0.95]
    nose = np.exp(-0.5 * (((points - [0, 0.09, -0.002]) / [0.02, 0.03, 0.02]) ** 2).sum(axis=1))
    chin = np.exp(-0.5 * (((points - [0, 0.06, -0.08]) / [0.04, 0.04, 0.03]) ** 2).sum(axis=1))
    return moved + nose[:, None] * [0.002, 0.006, -0.004] + chin[:, None] * [0, 0.003, -0.006]
