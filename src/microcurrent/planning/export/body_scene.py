"""GLB and STL of a body: skin, muscles and nerves as named bodies to look at; the skin alone to print."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import trimesh
from trimesh.visual.material import PBRMaterial

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.body import Nerve
from microcurrent.physics.bodies.anatomy import MuscleSheet
from microcurrent.physics.bodies.skin_mesh import SkinMesh, Triangles
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.bodies.anatomy import AnatomySource
from microcurrent.planning.files import write_through

Corners = npt.NDArray[np.int64]

#: From right, front, up to the axes of the format: x to the left, y up, z to the front.
_TO_GLTF = np.array([[-1.0, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
#: Red, green, blue and opacity. The skin is drawn through, so that what lies below is seen.
_COLOURS = {
    "skin": (0.90, 0.73, 0.64, 0.45),
    "muscle": (0.66, 0.20, 0.20, 1.0),
    "nerve": (0.95, 0.83, 0.25, 1.0),
}
#: Radius [m] that a nerve is drawn with; how thick it is, the body does not say.
_DRAWN = 0.4e-3
#: Corners around a nerve.
_AROUND = 8
#: From metre to the unit that programs take STL to be in; the format names none.
_MM = 1e3
#: A skin that encloses less [m3] for each of its area [m2] is a flat piece, closed onto itself.
_FLAT = 1e-3
#: Bytes of the heading of an STL file.
_HEADING = 80


def write_scene(source: AnatomySource, path: Path, *, overwrite: bool = False) -> Path:
    """Write skin, muscles and nerves as one GLB, a node for each, in metre with y up."""
    content = scene_of(source).export(file_type="glb", include_normals=True)

    def write(partial: Path) -> None:
        partial.write_bytes(content)

    return write_through(path, write, overwrite=overwrite)


def write_print(source: AnatomySource, path: Path, *, overwrite: bool = False) -> Path:
    """Write the closed skin as binary STL in millimetre, axes right, front, up.

    Raises `ValueRefused` where the skin cannot be closed; see also `files.write_through`.
    """
    mesh = closed_skin(source.anatomy.skin)
    mesh.apply_scale(_MM)
    content = mesh.export(file_type="stl")
    # The heading must not begin with "solid", which is the sign of the other kind of STL.
    words = f"skin of {source.body.name}, millimetre, axes right front up"
    heading = words.encode("ascii", "replace")[:_HEADING].ljust(_HEADING)

    def write(partial: Path) -> None:
        partial.write_bytes(heading + content[_HEADING:])

    return write_through(path, write, overwrite=overwrite)


def scene_of(source: AnatomySource) -> Any:
    """Return nodes "skin", "muscle NAME" and "nerve NAME" in the axes of glTF, metre."""
    skin = source.anatomy.skin
    meshes = {"skin": _mesh(skin.vertices, skin.triangles, skin.normals)}
    meshes |= {f"muscle {muscle.name}": muscle_solid(muscle) for muscle in source.anatomy.muscles}
    meshes |= {f"nerve {nerve.name}": nerve_solid(nerve) for nerve in source.body.nerves}
    scene: Any = trimesh.Scene(metadata={
        "body": source.body.name, "units": "m", "axes": "x to the person's left, y up, z to the front",
        "provenance": source.body.provenance,
    })  # fmt: skip
    made: Any = PBRMaterial  # its methods have no types
    for name, mesh in meshes.items():
        colour = _COLOURS[name.split(maxsplit=1)[0]]
        material = made(
            name=name, baseColorFactor=colour, metallicFactor=0.0, roughnessFactor=0.8,
            alphaMode="BLEND" if colour[3] < 1 else "OPAQUE",
        )  # fmt: skip
        mesh.visual.material = material
        mesh.apply_transform(_TO_GLTF)
        scene.add_geometry(mesh, node_name=name, geom_name=name)
    return scene


def muscle_solid(muscle: MuscleSheet) -> Any:
    """Return a sheet as a closed surface, half its thickness to either side of its middle [m].

    One fibre alone becomes a tube.
    """
    points, half = np.asarray(muscle.points), 0.5 * np.asarray(muscle.thickness)
    along, across = half.shape
    if across == 1:
        return _tube(points[:, 0], half[:, 0])
    normals = np.cross(np.gradient(points, axis=0), np.gradient(points, axis=1))
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    normals = np.divide(normals, length, out=np.zeros_like(normals), where=length > 0)
    upper, lower = points + half[..., None] * normals, points - half[..., None] * normals
    numbers = np.arange(along * across).reshape(along, across)
    a, b, c, d = numbers[:-1, :-1], numbers[1:, :-1], numbers[1:, 1:], numbers[:-1, 1:]
    sheet = np.concatenate([_split(a, b, c, d), _split(d, c, b, a) + along * across])
    rim = np.concatenate([numbers[:-1, 0], numbers[-1, :-1], numbers[:0:-1, -1], numbers[0, :0:-1]])
    beyond = np.roll(rim, -1)
    low = along * across
    wall = _split(rim, rim + low, beyond + low, beyond)
    vertices = np.concatenate([upper.reshape(-1, 3), lower.reshape(-1, 3)])
    return _mesh(vertices, np.concatenate([sheet, wall]))


def nerve_solid(nerve: Nerve) -> Any:
    """Return a nerve as a closed tube around its corners [m]."""
    return _tube(np.array(nerve.points), np.full(len(nerve.points), _DRAWN))


def closed_skin(skin: SkinMesh) -> Any:
    """Return the skin with every opening, such as the cut of a neck, closed from its middle [m].

    Raises `ValueRefused` where more than two triangles share an edge, and for a flat piece of skin, which
    would enclose nothing.
    """
    vertices, faces = skin.vertices, skin.triangles.astype(np.int64)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    _, place, count = np.unique(np.sort(edges, axis=1), axis=0, return_inverse=True, return_counts=True)
    rim = edges[count[place.reshape(-1)] == 1]
    groups = trimesh.graph.connected_components(rim, min_len=1) if len(rim) else []
    for group in groups:
        own = rim[np.isin(rim[:, 0], group)]
        middle = np.full(len(own), len(vertices))
        vertices = np.concatenate([vertices, vertices[group].mean(axis=0, keepdims=True)])
        faces = np.concatenate([faces, np.stack([own[:, 1], own[:, 0], middle], axis=1)])
    mesh = _mesh(vertices, faces)
    if not mesh.is_watertight:
        raise ValueRefused(
            Problem(what="the skin cannot be closed", expected="two triangles at every edge",
                    came=f"{int((count > 2).sum())} edges with more", advice="Clean the mesh first")
        )  # fmt: skip
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    volume, area = np.sum(a * np.cross(b, c)) / 6, mesh.area
    if volume < _FLAT * area:
        raise ValueRefused(
            Problem(what="the skin is flat and encloses nothing", expected="a body with skin around it",
                    came=f"{volume / area * _MM:.2g} mm of depth", advice="Choose .glb or .vtu")
        )  # fmt: skip
    return mesh


def _tube(points: Floats, radii: Floats) -> Any:
    """A closed tube around the corners (P, 3) with a radius (P,) at each, all [m]."""
    along = np.gradient(points, axis=0)
    along = along / np.linalg.norm(along, axis=1, keepdims=True)
    angles = 2 * np.pi * np.arange(_AROUND) / _AROUND
    aside = np.cross(along[0], np.eye(3)[np.argmin(np.abs(along[0]))])
    rings = []
    for point, direction, radius in zip(points, along, radii, strict=True):
        # The sideways direction is carried on, so that the tube does not twist.
        aside = aside - (aside @ direction) * direction
        aside = aside / np.linalg.norm(aside)
        other = np.cross(direction, aside)
        rings.append(point + radius * (np.cos(angles)[:, None] * aside + np.sin(angles)[:, None] * other))
    numbers = np.arange(len(points) * _AROUND).reshape(len(points), _AROUND)
    beyond = np.roll(numbers, -1, axis=1)
    wall = _split(numbers[:-1], beyond[:-1], beyond[1:], numbers[1:])
    first, last = numbers.size, numbers.size + 1
    ends = np.concatenate([
        np.stack([beyond[0], numbers[0], np.full(_AROUND, first)], axis=1),
        np.stack([numbers[-1], beyond[-1], np.full(_AROUND, last)], axis=1),
    ])  # fmt: skip
    vertices = np.concatenate([*rings, points[[0, -1]]])
    return _mesh(vertices, np.concatenate([wall, ends]))


def _mesh(vertices: Floats, faces: Corners | Triangles, normals: Floats | None = None) -> Any:
    """A mesh with its corners as they are: neither merged nor left out."""
    return trimesh.Trimesh(vertices, faces, vertex_normals=normals, process=False)


def _split(a: Corners, b: Corners, c: Corners, d: Corners) -> Corners:
    """Two triangles for each quadrilateral with the corners a, b, c, d in turn."""
    quads = [np.asarray(corner).ravel() for corner in (a, b, c, d)]
    halves = [np.stack([quads[k] for k in corners], axis=1) for corners in ((0, 1, 2), (0, 2, 3))]
    return np.concatenate(halves)
