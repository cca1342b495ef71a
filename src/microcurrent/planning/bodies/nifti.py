"""The labels and axes in a .nii or .nii.gz file."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
import numpy.typing as npt
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError

from microcurrent.errors import BodyError, Problem
from microcurrent.physics.bodies.orientation import LARGEST
from microcurrent.physics.conduction.grid import Floats

#: Memory [byte] per voxel while labels are turned and checked.
_BYTES_PER_VOXEL = 16
#: Factor to metre of the units that a header can name. The format leaves it open when none is named;
#: millimetre is what every program writes then.
_LENGTHS = {"meter": 1.0, "mm": 1e-3, "micron": 1e-6, "unknown": 1e-3}
#: A body this small or large [m] has a wrong unit in its header.
_PLAUSIBLE = (5e-3, 4.0)
#: What reading a damaged file can raise besides OSError: EOFError where it ends early, zlib.error
#: inside compressed content, the rest where header and content disagree.
_DAMAGE = (ImageFileError, HeaderDataError, EOFError, zlib.error, ValueError, OverflowError)


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelImage:
    """Whole numbers `labels` (n0, n1, n2); `affine` (4, 4) from voxel indices to metre; `warnings`."""

    labels: npt.NDArray[np.integer]
    affine: Floats
    warnings: tuple[str, ...]


def read_nifti(path: Path) -> LabelImage:
    """Return the labels in a NIfTI file.

    Raises `BodyError` where there is no such file, it is not NIfTI, cut short or damaged, has not
    three dimensions, too many voxels, no size, or values that are not whole numbers.
    """
    file = str(path)
    if not path.is_file():
        what = "this is a folder" if path.is_dir() else "there is no such file"
        advice = "Check the name; it starts from the folder of the plan"
        raise BodyError(Problem(what=what, expected="a .nii or .nii.gz file", file=file, advice=advice))
    try:
        image = nibabel.load(path)
    except _DAMAGE as trouble:
        raise _damaged(file, trouble) from trouble
    except OSError as trouble:
        raise _damaged(file, trouble) from trouble
    if not isinstance(image, nibabel.Nifti1Image):
        raise BodyError(Problem(what="not a NIfTI file", came=type(image).__name__, file=file))
    shape = _shape(image, file)
    try:
        values = np.asanyarray(image.dataobj).reshape(shape)
    except (*_DAMAGE, OSError) as trouble:
        raise _damaged(file, trouble) from trouble
    affine, warnings = _affine(image, shape, file)
    return LabelImage(labels=_whole(values, file), affine=affine, warnings=warnings)


def _damaged(file: str, trouble: Exception) -> BodyError:
    reason = " ".join(str(trouble).split()) or type(trouble).__name__
    return BodyError(
        Problem(
            what=f"the file cannot be read as NIfTI: damaged, cut short or something else ({reason[:160]})",
            file=file,
            advice="Copy or export it again",
        )
    )


def _shape(image: nibabel.Nifti1Image, file: str) -> tuple[int, int, int]:
    """The three dimensions, trailing ones of length 1 left out."""
    shape = tuple(int(length) for length in image.shape)
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) != 3 or min(shape) < 2:
        raise BodyError(
            Problem(
                what="a body is one image of labels",
                expected="three dimensions of at least 2 voxels",
                came=f"{len(shape)} dimensions, {' x '.join(str(length) for length in shape)}",
                file=file,
                advice="Export the labels, not probabilities or a series of images",
            )
        )
    count = math.prod(shape)
    if count > LARGEST:
        raise BodyError(
            Problem(
                what="the image is too large",
                expected=f"at most {LARGEST / 1e6:g} million voxels",
                came=f"{count / 1e6:.0f} million, which need about {count * _BYTES_PER_VOXEL / 1e9:.0f} GB",
                file=file,
                advice="Cut it to the region treated, or resample it to 1 mm",
            )
        )
    return (shape[0], shape[1], shape[2])


def _whole(values: np.ndarray, file: str) -> npt.NDArray[np.integer]:
    if values.dtype.kind in "iu":
        return values
    expected = "whole numbers, one for each tissue"
    if values.dtype.kind != "f":
        raise BodyError(Problem(what="the voxels are not labels", expected=expected, came=str(values.dtype),
                                file=file))  # fmt: skip
    lost = int((~np.isfinite(values)).sum())
    if lost:
        raise BodyError(
            Problem(
                what="voxels without a value",
                expected=expected,
                came=f"{lost} not a number or infinite",
                file=file,
            )
        )
    whole = np.rint(values)
    broken = values != whole
    if broken.any():
        raise BodyError(
            Problem(
                what="the voxels are not labels",
                expected=expected,
                came=f"{int(broken.sum())} with a fraction, such as {values[broken][0]:g}",
                file=file,
                advice="Export the segmentation, not the image or a probability, without smoothing",
            )
        )
    if np.abs(whole).max() > np.iinfo(np.int32).max:
        raise BodyError(Problem(what="labels too large", came=f"{np.abs(whole).max():g}", file=file))
    return np.asarray(whole, dtype=np.int32)


def _affine(
    image: nibabel.Nifti1Image, shape: tuple[int, int, int], file: str
) -> tuple[Floats, tuple[str, ...]]:
    """The axes in metre, with a warning where the header does not give them."""
    unit = str(image.header.get_xyzt_units()[0])  # type: ignore[no-untyped-call]
    affine = np.array(image.affine, dtype=float)
    affine[:3] *= _LENGTHS.get(unit, 1e-3)
    sizes = np.linalg.norm(affine[:3, :3], axis=0) * shape
    if np.isfinite(sizes).all() and not _PLAUSIBLE[0] <= sizes.max() <= _PLAUSIBLE[1]:
        raise BodyError(
            Problem(
                what="the size of the image is not that of a body",
                expected=f"{1e3 * _PLAUSIBLE[0]:g} mm to {_PLAUSIBLE[1]:g} m along its longest side",
                came=f"{1e3 * sizes.max():.3g} mm with voxels in {unit}",
                file=file,
                advice="Set the voxel size and its unit in the header",
            )
        )
    warnings = []
    if int(image.header["sform_code"]) == 0 and int(image.header["qform_code"]) == 0:
        warnings.append(
            "The file does not say which way its axes point: left and right may be exchanged. "
            "Check the sites on the picture."
        )
    return affine, tuple(warnings)
