"""NIfTI: the field strength as images in the axes of the body, millimetre, by nibabel.

A segmentation keeps its voxels, and the affine puts them where they were. A slab, whose cells grow with
depth, is laid on even voxels as wide as its smallest cells, each with the value of the cell it lies in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.export.box import Box, box_of, filled
from microcurrent.planning.exposure.exposed import Exposed, TissueArrays
from microcurrent.planning.files import write_through

#: From metre to the unit of the images.
_MM = 1e3
#: Widths that differ by less than this part are equal: rounding of edges.
_EVEN = 1e-6
#: The code of the format for axes aligned with the body itself.
_ALIGNED = 2
#: An image of more voxels is a mistake: a thin layer on a wide slab.
_MOST = 300_000_000
#: Names that do not depend on the plan.
_MEAN, _LARGEST = "field-mean.nii.gz", "field-largest.nii.gz"


def nifti_names(steps: tuple[int, ...]) -> tuple[str, ...]:
    """Return the names of the files for a plan with these step numbers."""
    return (_MEAN, _LARGEST, *(f"field-step-{number}.nii.gz" for number in steps))


def write_nifti(exposed: Exposed, folder: Path, *, overwrite: bool = False) -> tuple[Path, ...]:
    """Write |E| [V/m] of the plan, mean over time and largest, and of each step at its peak.

    Cells without a value are not-a-number. See `files.write_through` for what is raised.
    """
    box = box_of(exposed)
    summary = exposed.summary
    images: list[tuple[str, Mapping[str, TissueArrays], str, str]] = [
        (_MEAN, exposed.plan, "field", "mean |E| over time"),
        (_LARGEST, exposed.plan, "largest_field", "largest |E| at any peak"),
    ]
    images += [
        (f"field-step-{one.number}.nii.gz", arrays, "field", f"|E| at the peak, step {one.number}")
        for one, arrays in zip(summary.steps, exposed.steps, strict=True)
    ]
    written = []
    for name, arrays, of, words in images:
        values = filled(exposed, box, {tissue: getattr(one, of) for tissue, one in arrays.items()})
        image = image_of(values, box, f"{words}, V/m, plan {summary.plan[:12]}")

        def write(partial: Path, made: Any = image) -> None:
            nibabel.save(made, partial)

        written.append(write_through(folder / name, write, overwrite=overwrite))
    return tuple(written)


def image_of(values: npt.NDArray[np.float32], box: Box, words: str) -> Any:
    """Return values (nx, ny, nz) on the cells of a box as an image of even voxels."""
    steps = [_even(edges) for edges in box.edges]
    places = []
    for edges, step in zip(box.edges, steps, strict=True):
        count = round(float(edges[-1] - edges[0]) / step)
        middles = edges[0] + step * (np.arange(count) + 0.5)
        places.append(np.clip(np.searchsorted(edges, middles, side="right") - 1, 0, edges.size - 2))
    voxels = int(np.prod([place.size for place in places]))
    if voxels > _MOST:
        raise ValueRefused(
            Problem(
                what="too many voxels for one image", expected=f"at most {_MOST}", came=f"{voxels}",
                advice="Choose netCDF or VTU, which keep uneven cells as they are",
            )
        )  # fmt: skip
    affine = np.diag([*(_MM * step for step in steps), 1.0])
    affine[:3, 3] = [_MM * (edges[0] + 0.5 * step) for edges, step in zip(box.edges, steps, strict=True)]
    made: Any = nibabel.Nifti1Image  # its methods have no types
    image = made(values[np.ix_(*places)], affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code=_ALIGNED)
    image.set_qform(affine, code=_ALIGNED)
    image.header["descrip"] = words.encode("ascii", "replace")[:79]
    return image


def _even(edges: Floats) -> float:
    """The width [m] of even voxels that fill the same length, none wider than the narrowest cell."""
    widths, whole = np.diff(edges), float(edges[-1] - edges[0])
    narrowest = float(widths.min())
    if np.ptp(widths) <= _EVEN * narrowest:
        return whole / widths.size
    return whole / math.ceil(whole / narrowest)
