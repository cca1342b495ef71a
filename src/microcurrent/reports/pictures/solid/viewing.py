"""From where a body is looked at: a head as a portrait, a limb from around, a patch from outside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microcurrent.model.body import Body
from microcurrent.physics.bodies.anatomy import Anatomy
from microcurrent.reports.pictures.solid.parts import limits
from microcurrent.reports.pictures.solid.shapes import Array

#: A body is a patch where its skin has one direction: length of the mean of its normals.
_ONE_WAY = 0.45
#: A body is a limb where it is cut off above and below, or so much longer than it is wide.
_LONG = 1.75
_HEAD_SITES = ("pronasale", "nasion", "subnasale", "gnathion", "menton", "tip of nose", "nose tip")
#: From a little above.
_RAISED = 0.06
#: The lowest point of a head, and how much [m] of the neck is shown below it.
_CHIN = ("menton", "gnathion")
_NECK = 0.05
#: Tissue this far [m] beyond the skin is a block that is cut out.
_OUT = 0.01


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """A direction to look from: `name` in words, `toward` the viewer (3,), `upward` in the picture."""

    name: str
    toward: Array
    upward: tuple[float, float, float] = (0.0, 0.0, 1.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Viewing:
    """How a body is shown: `shape` "head", "limb" or "patch"; the three `views`; the view `cut_from` onto
    the half whose skin is taken away; `removed` (3,): unit vector to it; `half`: its name."""

    shape: str
    views: tuple[View, ...]
    cut_from: View
    removed: Array
    half: str = "left half"


def viewing(body: Body, anatomy: Anatomy) -> Viewing:
    """Return how a body is shown, from its sites and the shape of its skin."""
    mesh = anatomy.skin
    weights = np.linalg.norm(mesh.normals, axis=1, keepdims=True)
    mean = mesh.normals.sum(axis=0) / max(float(weights.sum()), 1e-12)
    extent = np.sort(np.ptp(mesh.vertices, axis=0))
    if any(site.name.lower().startswith(_HEAD_SITES) for site in body.sites):
        return _head()
    if np.linalg.norm(mean) > _ONE_WAY:
        return _patch(mean / np.linalg.norm(mean))
    both_ends = anatomy.kinds[:, :, 0].any() and anatomy.kinds[:, :, -1].any()
    if both_ends or extent[2] > _LONG * extent[1]:
        return _limb()
    return _head()


def framed(body: Body, anatomy: Anatomy) -> Array:
    """Return the points (P, 3) [m] of the skin that a picture is to hold: of a head, no shoulders."""
    points = anatomy.skin.vertices
    chin = next((site for site in map(body.find_site, _CHIN) if site is not None), None)
    if chin is None:
        ends = limits(anatomy)
        corners = np.array(
            [[ends[k][axis] for axis, k in enumerate(which)] for which in np.ndindex(2, 2, 2)]
        )
        return points if _closed(anatomy) else np.concatenate([points, corners])
    return np.asarray(points[points[:, 2] >= chin.position[2] - _NECK])


def _closed(anatomy: Anatomy) -> bool:
    """Whether no tissue lies far out of the box of the skin, as it does in a patch."""
    low, high = limits(anatomy)
    mesh = anatomy.skin.vertices
    return bool((mesh.min(axis=0) - low < _OUT).all() and (high - mesh.max(axis=0) < _OUT).all())


def _around(degrees: float, *, raised: float = _RAISED) -> Array:
    """The direction to the front, turned towards the person's left."""
    angle = np.radians(degrees)
    return np.array([-np.sin(angle), np.cos(angle), raised])


def _head() -> Viewing:
    views = (
        View(name="front", toward=_around(0)),
        View(name="oblique, from the left", toward=_around(45)),
        View(name="profile, from the left", toward=_around(90)),
    )
    cut = View(name="in front and to the left", toward=_around(34, raised=0.10))
    return Viewing(shape="head", views=views, cut_from=cut, removed=np.array([-1.0, 0.0, 0.0]))


def _limb() -> Viewing:
    views = (
        View(name="front", toward=_around(0)),
        View(name="side, from the left", toward=_around(90)),
        View(name="back", toward=_around(180)),
    )
    cut = View(name="in front and to the left", toward=_around(40, raised=0.35))
    return Viewing(shape="limb", views=views, cut_from=cut, removed=np.array([-1.0, 0.0, 0.0]))


def _patch(outward: Array) -> Viewing:
    upward = (0.0, 1.0, 0.0) if abs(outward[2]) > 0.8 else (0.0, 0.0, 1.0)
    up = np.array(upward) - (np.array(upward) @ outward) * outward
    up /= np.linalg.norm(up)
    right = np.cross(up, outward)

    def seen(across: float, above: float) -> Array:
        return np.asarray(outward + across * right + above * up)

    views = (
        View(name="straight on", toward=seen(0.0, 0.0), upward=upward),
        View(name="from the right edge", toward=seen(1.0, 0.15), upward=upward),
        View(name="from the lower edge", toward=seen(0.0, -1.0), upward=upward),
    )
    cut = View(name="the right edge and above", toward=seen(1.0, 0.35), upward=upward)
    return Viewing(
        shape="patch", views=views, cut_from=cut, removed=right, half="right half of the picture"
    )
