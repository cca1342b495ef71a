"""netCDF: an exposure as one file in the manner of the CF conventions, by xarray.

The classic format with 64-bit offsets, which every program that knows netCDF reads. Fields stand on the
cells of the grid of the basis, cut to where there are any, not-a-number elsewhere; charge stands on the
touched faces of the skin and on the patches.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray

from microcurrent.errors import Problem, ValueRefused
from microcurrent.planning.export.box import Box, box_of, filled, tissue_numbers
from microcurrent.planning.exposure.exposed import Exposed, TissueArrays
from microcurrent.planning.files import write_through

#: The version of the conventions that names, units and cell methods follow.
_CONVENTIONS = "CF-1.11"
_GRID = ("x", "y", "z")
#: Bytes of one variable that the format holds.
_MOST = 2**32 - 4
#: Variables of a step and of the plan: attribute of the arrays, unit, what it is.
_QUANTITIES = {
    "field": ("V m-1", "electric field strength"),
    "density": ("A m-2", "current density"),
    "largest_field": ("V m-1", "largest electric field strength at any position"),
    "largest_density": ("A m-2", "largest current density at any position"),
}


def write_netcdf(exposed: Exposed, path: Path, *, overwrite: bool = False) -> Path:
    """Write everything into one file.

    Raises `ValueRefused` for more than the format holds; see also `files.write_through`.
    """
    dataset = dataset_of(exposed)
    largest = max(variable.nbytes for variable in dataset.data_vars.values())
    if largest > _MOST:
        raise ValueRefused(
            Problem(
                what="too many cells for one netCDF file", came=f"{largest / 1e9:.2g} GB of one variable",
                expected=f"at most {_MOST / 1e9:.2g} GB", advice="Choose VTU, or a plan of fewer steps",
            )
        )  # fmt: skip

    def write(partial: Path) -> None:
        dataset.to_netcdf(partial, engine="scipy", format="NETCDF3_64BIT")

    return write_through(path, write, overwrite=overwrite)


def dataset_of(exposed: Exposed) -> xarray.Dataset:
    """Return an exposure as a dataset with units, long names and provenance."""
    box = box_of(exposed)
    variables = _fields(exposed, box) | _skin(exposed) | _nerves(exposed)
    coordinates = {
        axis: (axis, middles, {
            "units": "m", "long_name": words, "axis": axis.upper(), "bounds": f"{axis}_bounds",
        })
        for axis, middles, words in zip(
            _GRID, box.middles, ("to the right", "to the front", "up"), strict=True
        )
    }  # fmt: skip
    for axis, edges in zip(_GRID, box.edges, strict=True):
        variables[f"{axis}_bounds"] = ((axis, "side"), np.stack([edges[:-1], edges[1:]], axis=1), {})
    numbers = [step.number for step in exposed.summary.steps]
    steps = ("step", numbers, {"long_name": "number of the step in the plan"})
    return xarray.Dataset(variables, {**coordinates, "step": steps}, _about(exposed))


def _fields(exposed: Exposed, box: Box) -> dict[str, Any]:
    found: dict[str, Any] = {}
    tissues = list(exposed.cells)
    found["tissue"] = (
        _GRID,
        tissue_numbers(exposed, box),
        {
            "long_name": "tissue",
            "flag_values": np.arange(1, len(tissues) + 1, dtype=np.int8),
            "flag_meanings": " ".join(name.replace(" ", "_") for name in tissues),
            "comment": "0: no tissue that the basis holds",
        },
    )
    for name, (unit, words) in _QUANTITIES.items():
        of_steps = np.stack([_on_box(exposed, box, arrays, name) for arrays in exposed.steps])
        at_peak = "at the peak of the current" + (
            "" if name.startswith("largest") else ", mean over the time at its positions"
        )
        found[f"{name}_step"] = (
            ("step", *_GRID), of_steps,
            {"units": unit, "long_name": f"{words} of each step", "comment": at_peak},
        )  # fmt: skip
        over = (
            {"cell_methods": "time: maximum"}
            if name.startswith("largest")
            else {"cell_methods": "time: mean"}
        )
        found[f"{name}_plan"] = (
            _GRID, _on_box(exposed, box, exposed.plan, name),
            {"units": unit, "long_name": f"{words} over the whole plan", **over},
        )  # fmt: skip
    return found


def _on_box(
    exposed: Exposed, box: Box, arrays: Mapping[str, TissueArrays], name: str
) -> npt.NDArray[np.float32]:
    return filled(exposed, box, {tissue: getattr(one, name) for tissue, one in arrays.items()})


def _skin(exposed: Exposed) -> dict[str, Any]:
    skin, patches, faces = exposed.skin, exposed.patches, exposed.patches.faces
    charge = {"units": "C m-2"}
    found: dict[str, Any] = {
        "face_area": ("face", skin.area, {
            "units": "m2", "long_name": "touched area of a face of the skin",
        }),
        "face_net_charge": ("face", skin.net, {
            **charge, "long_name": "net charge per touched area into the skin over the plan",
        }),
        "face_absolute_charge": ("face", skin.absolute, {
            **charge, "long_name": "charge per touched area over the plan, both directions added up",
        }),
        "patch_net_charge": ("patch", skin.patch_net, {
            **charge, "long_name": "net charge per area of a patch of skin over the plan",
        }),
        "patch_absolute_charge": ("patch", skin.patch_absolute, {
            **charge, "long_name": "charge per area of a patch over the plan, both directions added up",
        }),
    }  # fmt: skip
    for kind, points in (("face", faces.centres[skin.faces]), ("patch", patches.centres)):
        for axis, values in zip(_GRID, points.T, strict=True):
            found[f"{kind}_{axis}"] = (kind, values, {"units": "m", "long_name": f"{axis} of its middle"})
    return found


def _nerves(exposed: Exposed) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, nerve in enumerate(exposed.nerves):
        at, name = f"path{number}_point", {"path": nerve.name}
        found[f"path{number}_position"] = (
            (at, "coordinate"), nerve.points, {"units": "m", "long_name": "x, y, z of a point", **name}
        )  # fmt: skip
        found[f"path{number}_distance"] = (
            at, nerve.distance, {"units": "m", "long_name": "distance from the start of the path", **name}
        )  # fmt: skip
        found[f"path{number}_potential"] = (("step", at), nerve.potential, {
            "units": "V", "long_name": "potential at the strongest position, peak of the current", **name,
        })  # fmt: skip
        found[f"path{number}_along"] = (("step", at), nerve.along, {
            "units": "V m-1", "long_name": "field along the path, there and then", **name,
        })  # fmt: skip
    return found


def _about(exposed: Exposed) -> dict[str, Any]:
    summary = exposed.summary
    return {
        "Conventions": _CONVENTIONS,
        "title": "What tissue and skin receive from a microcurrent plan",
        "source": summary.method,
        "comment": " ".join(summary.not_covered),
        "plan_digest": summary.plan,
        "body_digest": summary.body,
        "tables_digest": summary.tables,
        "basis_digest": summary.basis,
        "grid_spacing_m": summary.spacing,
        "basis_relative_error": summary.basis_error,
        "sites": json.dumps(dict(exposed.sites)),
        "warnings": " ".join(summary.warnings),
    }
