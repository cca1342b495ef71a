"""A body for tests: a layered ellipsoid cut at its lower end, with two sheets of muscle and a nerve."""

from __future__ import annotations

import numpy as np
from skimage import measure

from microcurrent.model.body import Body, Guess, Muscle, Nerve, Region, Site, Zone
from microcurrent.physics.bodies.anatomy import Anatomy, Kind, MuscleSheet
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.conduction.grid import Grid
from microcurrent.planning.bodies.anatomy import AnatomySource

MM = 1e-3
#: Half axes of the skin [m], around the origin; the body is cut at z = CUT.
AXES, CUT = np.array([30, 36, 40]) * MM, -20 * MM
TABLE = (
    Kind(tissue="skin"),
    Kind(tissue="fat"),
    Kind(tissue="mimetic muscle", fibres=(0.0, 0.0, 1.0)),
    Kind(tissue="mimetic muscle", fibres=(0.6, 0.0, 0.8)),
    Kind(tissue="cortical bone"),
)


def layered_body(*, spacing: float = 2 * MM, refinement: int = 2) -> AnatomySource:
    """Return the body on cells of `spacing` [m]."""
    low, high = np.array([-36, -42, CUT / MM]) * MM, np.array([36, 42, 46]) * MM
    counts = np.rint((high - low) / spacing).astype(int)
    edges = [low[k] + spacing * np.arange(counts[k] + 1) for k in range(3)]
    fine = [low[k] + spacing / refinement * (np.arange(refinement * counts[k]) + 0.5) for k in range(3)]
    x, y, z = np.meshgrid(*fine, indexing="ij")
    # Roughly the depth below the skin, negative outside.
    depth = (1 - np.sqrt((x / AXES[0]) ** 2 + (y / AXES[1]) ** 2 + (z / AXES[2]) ** 2)) * AXES.min()
    kinds = np.zeros(x.shape, dtype=np.uint8)
    kinds[depth > 0] = 1
    kinds[depth > 2 * MM] = 2
    kinds[depth > 8 * MM] = 5
    sheet = (depth > 4 * MM) & (depth < 7 * MM) & (np.abs(z) < 10 * MM) & (y > 0)
    kinds[sheet & (x < -10 * MM)] = 3
    kinds[sheet & (x > 10 * MM)] = 4
    grid = Grid(x=edges[0], y=edges[1], z=edges[2])
    blocks = kinds.reshape(counts[0], refinement, counts[1], refinement, counts[2], refinement)
    shares = [(blocks == kind).sum(axis=(1, 3, 5)) for kind in (3, 4)]
    parts = np.where(shares[0] > 0, 1, np.where(shares[1] > 0, 2, 0)).astype(np.uint8)
    skin = _skin(fine, depth)
    thickness = {
        "skin": np.full(len(skin.vertices), 2 * MM),
        "SMAS/fat": np.where(skin.vertices[:, 2] > 0, 6 * MM, np.nan),
    }
    sheets = (_sheet("levator left", "left", -1), _sheet("levator right", "right", 1))
    anatomy = Anatomy(
        grid=grid, refinement=refinement, kinds=kinds, table=TABLE, skin=skin, parts=parts, muscles=sheets,
        thickness=thickness,
    )  # fmt: skip
    return AnatomySource(body=_body(anatomy), anatomy=anatomy, skin_group="face")


def _skin(fine, depth) -> SkinMesh:
    """The skin, open at the cut, where the tissue runs to the end of the grid."""
    step = fine[0][1] - fine[0][0]
    vertices, triangles, _, _ = measure.marching_cubes(depth, 0.0, spacing=(step,) * 3)
    vertices = vertices + np.array([axis[0] for axis in fine])
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    inward = np.sum(np.cross(b - a, c - a) * (a + b + c)) < 0
    return SkinMesh(vertices=vertices, triangles=triangles[:, ::-1] if inward else triangles)


def _sheet(name: str, side: str, sign: int) -> MuscleSheet:
    """Five places along each of three fibres, 20 mm long, 8 mm wide, 3 mm thick."""
    up, across = np.linspace(-10, 10, 5) * MM, np.linspace(16, 24, 3) * MM
    points = np.stack(
        [np.broadcast_to(sign * 20 * MM, (5, 3)), np.broadcast_to(across, (5, 3)),
         np.broadcast_to(up[:, None], (5, 3))], axis=-1,
    )  # fmt: skip
    return MuscleSheet(
        name=name, side=side, tissue="mimetic muscle", points=points, thickness=np.full((5, 3), 3 * MM),
        source="made up",
    )  # fmt: skip


def _body(anatomy: Anatomy) -> Body:
    x, y, z = AXES
    return Body(
        name="ellipsoid",
        kind="anatomy",
        tissues=anatomy.tissues,
        content=anatomy.digest(),
        midline=True,
        provenance='Made up for tests: "a\\b", größer',
        warnings=("It is no face.",),
        guesses=(Guess(what="age", taken="40 years", changes="thickness of the skin"),),
        sites=(
            Site(name="zygion left", position=(-x, 0.0, 0.0), side="left", source="a, b", abbreviation="zy"),
            Site(name="zygion right", position=(x, 0.0, 0.0), side="right", abbreviation="zy"),
            Site(name="glabella", position=(0.0, y, 0.0), side="midline", abbreviation="g", confidence=0.7),
            Site(name="vertex", position=(0.0, 0.0, z)),
        ),
        regions=(Region(name="orbit left", centre=(-0.01, 0.03, 0.01), radius=0.008, source="made up"),),
        zones=(
            Zone(name="cheek left", side="left", outline=("zygion left", "glabella", "vertex"), area=9e-4),
            Zone(name="lid left", side="left", outline=("zygion left",), area=1e-5, treatable=False),
        ),
        muscles=tuple(
            Muscle(
                name=f"levator {side}", side=side, origin=(sign * 0.02, 0.02, -0.01),
                insertion=(sign * 0.02, 0.02, 0.01), length=0.02, width=0.008, thickness=0.003, volume=4.8e-7,
                depth=0.004, tissue="mimetic muscle", source="made up",
            )
            for side, sign in (("left", -1), ("right", 1))
        ),
        nerves=(
            Nerve(
                name="buccal left", side="left", depth=(0.01, 0.006, 0.005),
                points=((-0.02, 0.0, 0.0), (-0.022, 0.012, 0.0), (-0.02, 0.02, 0.005)),
            ),
        ),
    )  # fmt: skip
