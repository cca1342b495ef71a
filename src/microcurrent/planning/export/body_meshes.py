"""VTU of a body: its cells as hexahedra, its skin as triangles, in metre, by meshio."""

from __future__ import annotations

from pathlib import Path

import meshio
import numpy as np
import numpy.typing as npt

from microcurrent.physics.bodies.anatomy import Anatomy
from microcurrent.planning.bodies.anatomy import AnatomySource
from microcurrent.planning.export.body_images import cell_labels
from microcurrent.planning.export.vtu import CORNERS, nodes_of
from microcurrent.planning.files import write_through

Singles = npt.NDArray[np.float32]
Kinds = npt.NDArray[np.uint8]


def write_cells(source: AnatomySource, path: Path, *, overwrite: bool = False) -> Path:
    """Write the cells of tissue as hexahedra; see `cell_mesh`."""
    return _write(cell_mesh(source.anatomy), path, overwrite=overwrite)


def write_skin(source: AnatomySource, path: Path, *, overwrite: bool = False) -> Path:
    """Write the skin as triangles; see `surface_mesh`."""
    return _write(surface_mesh(source.anatomy), path, overwrite=overwrite)


def cell_mesh(anatomy: Anatomy) -> meshio.Mesh:
    """Return every cell that is mostly tissue as a hexahedron [m].

    Its data: the number of its tissue, which the name of the array explains; the number of its muscle
    in the order of `muscles`, 0 for none; a unit vector along its fibres, 0 where it has none; and how
    much of it is filled.
    """
    labels = cell_labels(anatomy)
    chosen = labels > 0
    points, cells = nodes_of(anatomy.grid, np.argwhere(chosen)[:, None, :] + CORNERS)
    parts = np.zeros(labels.shape, dtype=np.uint8) if anatomy.parts is None else anatomy.parts
    blocks = _blocks(anatomy, chosen)
    meanings = ", ".join(f"{number} {tissue}" for number, tissue in enumerate(anatomy.tissues, start=1))
    data = {
        f"tissue ({meanings})": [labels[chosen].astype(np.int32)],
        "muscle": [parts[chosen].astype(np.int32)],
        "fibres": [_fibres(anatomy, blocks, labels[chosen])],
        "filled": [(blocks > 0).mean(axis=1, dtype=np.float32)],
    }
    return meshio.Mesh(points, [("hexahedron", cells)], cell_data=data)


def surface_mesh(anatomy: Anatomy) -> meshio.Mesh:
    """Return the skin as triangles [m] with, at every corner, its normal and the thickness of layers [m].

    The thickness is not-a-number where there is no such layer.
    """
    skin = anatomy.skin
    data: dict[str, npt.NDArray[np.generic]] = {"normal": skin.normals}
    data |= {f"thickness of {name} (m)": np.asarray(values) for name, values in anatomy.thickness.items()}
    return meshio.Mesh(skin.vertices, [("triangle", skin.triangles)], point_data=data)


def _write(mesh: meshio.Mesh, path: Path, *, overwrite: bool) -> Path:
    def write(partial: Path) -> None:
        mesh.write(partial, file_format="vtu")

    return write_through(path, write, overwrite=overwrite)


def _blocks(anatomy: Anatomy, chosen: npt.NDArray[np.bool_]) -> Kinds:
    """The kinds of the sub-voxels of the chosen cells, (N, r^3)."""
    r, (nx, ny, nz) = anatomy.refinement, anatomy.grid.shape
    blocks = anatomy.kinds.reshape(nx, r, ny, r, nz, r).transpose(0, 2, 4, 1, 3, 5)
    return np.asarray(blocks[chosen].reshape(-1, r**3))


def _fibres(anatomy: Anatomy, blocks: Kinds, labels: npt.NDArray[np.int16]) -> Singles:
    """Unit vectors along the fibres of the kind that most sub-voxels of each cell have, (N, 3).

    Only kinds of the tissue that the cell counts as are looked at.
    """
    none = (0.0, 0.0, 0.0)
    vectors = np.array([none, *(kind.fibres or none for kind in anatomy.table)], dtype=np.float32)
    numbers = {tissue: number for number, tissue in enumerate(anatomy.tissues, start=1)}
    of_kind = np.array([0, *(numbers.get(kind.tissue, 0) if kind.fibres else 0 for kind in anatomy.table)])
    result = np.zeros((len(blocks), 3), dtype=np.float32)
    fibrous = np.flatnonzero((of_kind[blocks] == labels[:, None]).any(axis=1))
    own = np.where(of_kind[blocks[fibrous]] == labels[fibrous, None], blocks[fibrous], 0)
    result[fibrous] = vectors[_most_common(own)]
    return result


def _most_common(blocks: Kinds) -> Kinds:
    """The number other than 0 that is most often in each row, (N,); 0 where there is no other."""
    rows = np.sort(blocks, axis=1)
    best, run, longest = rows[:, 0].copy(), np.ones(len(rows), dtype=int), np.zeros(len(rows), dtype=int)
    longest[best > 0] = 1
    for column in range(1, rows.shape[1]):
        here = rows[:, column]
        run = np.where(here == rows[:, column - 1], run + 1, 1)
        better = (run > longest) & (here > 0)
        best[better], longest[better] = here[better], run[better]
    return best
