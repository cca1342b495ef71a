"""VTU: cells of tissue and faces of skin as meshes for ParaView and its kin, in metre, by meshio."""

from __future__ import annotations

from pathlib import Path

import meshio
import numpy as np
import numpy.typing as npt

from microcurrent.physics.conduction.contact import Integers
from microcurrent.physics.conduction.grid import Grid
from microcurrent.planning.exposure.exposed import Exposed
from microcurrent.planning.files import write_through

#: Names of the files: cells with fields, skin with charge.
VTU_NAMES = ("tissue.vtu", "skin.vtu")

#: Corners of a hexahedron in the order of the format: round the lower face, then round the upper.
CORNERS = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]])
#: Corners of a quadrilateral in the two axes across its normal, seen from outside against the clock.
_ROUND = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])


def write_vtu(exposed: Exposed, folder: Path, *, overwrite: bool = False) -> tuple[Path, ...]:
    """Write the fields on the cells, and the charge per area on the faces of the skin of the region."""
    written = []
    for name, mesh in zip(VTU_NAMES, (tissue_mesh(exposed), skin_mesh(exposed)), strict=True):

        def write(partial: Path, made: meshio.Mesh = mesh) -> None:
            made.write(partial, file_format="vtu")

        written.append(write_through(folder / name, write, overwrite=overwrite))
    return tuple(written)


def tissue_mesh(exposed: Exposed) -> meshio.Mesh:
    """Return the cells as hexahedra with |E| [V/m] and |J| [A/m2] of the plan and of each step."""
    tissues = list(exposed.cells)
    flat = np.concatenate([exposed.cells[tissue] for tissue in tissues])
    number = np.repeat(np.arange(1, len(tissues) + 1), [exposed.cells[t].size for t in tissues])
    grid = exposed.volume.grid
    places = np.stack(np.unravel_index(flat, grid.shape), axis=1)
    points, cells = nodes_of(grid, places[:, None, :] + CORNERS)
    data: dict[str, list[npt.NDArray[np.generic]]] = {"tissue": [number.astype(np.int32)]}
    summary = exposed.summary
    groups = [("plan", exposed.plan)]
    groups += [(f"step {s.number}", arrays) for s, arrays in zip(summary.steps, exposed.steps, strict=True)]
    for where, arrays in groups:
        for name, words in (
            ("field", "mean |E| (V/m)"), ("largest_field", "largest |E| (V/m)"),
            ("density", "mean |J| (A/m2)"), ("largest_density", "largest |J| (A/m2)"),
        ):  # fmt: skip
            data[f"{where}, {words}"] = [np.concatenate([getattr(arrays[t], name) for t in tissues])]
    return meshio.Mesh(points, [("hexahedron", cells)], cell_data=data)


def skin_mesh(exposed: Exposed) -> meshio.Mesh:
    """Return the faces of the skin of the region as quadrilaterals with charge per area [C/m2].

    Of a face that nothing touched the charge is 0. `patch` numbers the patches of the basis.
    """
    patches, skin = exposed.patches, exposed.skin
    chosen = np.flatnonzero(patches.face_patch >= 0)
    faces, grid = patches.faces, exposed.volume.grid
    places = np.stack(np.unravel_index(faces.cells[chosen], grid.shape), axis=1)
    corners = np.repeat(places[:, None, :], 4, axis=1)
    for axis in range(3):
        # In this order of the two axes across, the corners run against the clock seen from +axis.
        across = ((axis + 1) % 3, (axis + 2) % 3)
        for side in (-1, 1):
            own = np.flatnonzero((faces.axis[chosen] == axis) & (faces.side[chosen] == side))
            turned = _ROUND if side > 0 else _ROUND[::-1]
            corners[own, :, axis] += side > 0
            for k in (0, 1):
                corners[own, :, across[k]] += turned[:, k]
    points, quads = nodes_of(grid, corners)
    data: dict[str, list[npt.NDArray[np.generic]]] = {
        "patch": [patches.face_patch[chosen].astype(np.int32)]
    }
    at = np.searchsorted(chosen, skin.faces)
    for words, amount in (
        ("net charge per area (C/m2)", skin.net), ("charge per area (C/m2)", skin.absolute),
        ("touched area (m2)", skin.area),
    ):  # fmt: skip
        values = np.zeros(chosen.size)
        values[at] = amount
        data[words] = [values]
    for words, of_patch in (
        ("patch, net charge per area (C/m2)", skin.patch_net),
        ("patch, charge per area (C/m2)", skin.patch_absolute),
    ):
        data[words] = [of_patch[patches.face_patch[chosen]]]
    return meshio.Mesh(points, [("quad", quads)], cell_data=data)


def nodes_of(grid: Grid, corners: Integers) -> tuple[npt.NDArray[np.float64], Integers]:
    """Points (P, 3) [m] and, by number, the corners (N, K) of cells given by their edges (N, K, 3)."""
    shape = tuple(count + 1 for count in grid.shape)
    flat = np.ravel_multi_index(tuple(np.moveaxis(corners, -1, 0)), shape)
    used, numbers = np.unique(flat, return_inverse=True)
    places = np.unravel_index(used, shape)
    points = np.stack([grid.edges[axis][places[axis]] for axis in range(3)], axis=1)
    return points, np.asarray(numbers.reshape(flat.shape))
