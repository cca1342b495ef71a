"""NIfTI of a body: labels or shares of tissue, millimetre, with a label map beside that reads them back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.body import Point
from microcurrent.physics.bodies.anatomy import Anatomy
from microcurrent.planning.bodies.anatomy import AnatomySource
from microcurrent.planning.bodies.label_map import map_beside
from microcurrent.planning.files import check_free, write_through

Labels = npt.NDArray[np.int16]

#: From metre to the unit of the images.
_MM = 1e3
#: The code of the format for axes aligned with the body itself.
_ALIGNED = 2
#: An image of shares of more values than this [byte] is a mistake.
_MOST = 8_000_000_000


def write_labels(
    source: AnatomySource, path: Path, *, fine: bool = False, muscles: bool = False, overwrite: bool = False
) -> tuple[Path, ...]:
    """Write one number for each cell, and what the numbers mean, into two files; return their paths.

    `fine`: for each sub-voxel, not for each cell. `muscles`: each muscle has a number of its own.
    `read_segmentation` reads the files back. See `files.write_through` for what is raised.
    """
    anatomy = source.anatomy
    labels = fine_labels(anatomy) if fine else cell_labels(anatomy)
    if muscles:
        labels = with_muscles(labels, anatomy)
    image = _image(labels, anatomy, f"tissue labels of {source.body.name}")
    named = tuple(muscle.name for muscle in anatomy.muscles) if muscles else ()
    return _write_both(source, image, path, muscles=named, overwrite=overwrite)


def write_fractions(source: AnatomySource, path: Path, *, overwrite: bool = False) -> tuple[Path, ...]:
    """Write the share of every tissue in every cell as one image with four axes; return two paths.

    The last axis is the label, 0 for air: its shares add up to 1. The label map beside names them.
    """
    anatomy = source.anatomy
    shares = tissue_fractions(anatomy)
    image = _image(shares, anatomy, f"shares of tissue in {source.body.name}")
    return _write_both(source, image, path, muscles=(), overwrite=overwrite)


def cell_labels(anatomy: Anatomy) -> Labels:
    """Return the tissue of every cell (nx, ny, nz): 0 for air, else its place in `tissues`, from 1."""
    return np.asarray(anatomy.volume().labels + 1, dtype=np.int16)


def fine_labels(anatomy: Anatomy) -> Labels:
    """Return the tissue of every sub-voxel (r nx, r ny, r nz), numbered as by `cell_labels`."""
    return np.asarray(_tissue_numbers(anatomy)[anatomy.kinds])


def with_muscles(labels: Labels, anatomy: Anatomy) -> Labels:
    """Return the labels with the numbers after those of the tissues for the muscles, in their order.

    A cell that is mostly of another tissue keeps the number of that tissue.
    """
    if anatomy.parts is None:
        return labels
    times = labels.shape[0] // anatomy.parts.shape[0]
    parts = anatomy.parts
    for axis in range(3):
        parts = np.repeat(parts, times, axis=axis)
    numbers = {tissue: number for number, tissue in enumerate(anatomy.tissues, start=1)}
    own = [numbers.get(muscle.tissue, -1) for muscle in anatomy.muscles]
    fits = (parts > 0) & (labels == np.array([-1, *own], dtype=np.int16)[parts])
    return np.where(fits, parts.astype(np.int16) + np.int16(len(numbers)), labels)


def tissue_fractions(anatomy: Anatomy) -> npt.NDArray[np.float32]:
    """Return the share of every label in every cell, (nx, ny, nz, 1 + T): air, then the tissues."""
    refinement, count = anatomy.refinement, 1 + len(anatomy.tissues)
    (nx, ny, nz), numbers = anatomy.grid.shape, _tissue_numbers(anatomy)
    size = 4 * nx * ny * nz * count
    if size > _MOST:
        raise ValueRefused(
            Problem(
                what="the image of shares is too large", expected=f"at most {_MOST / 1e9:g} GB",
                came=f"{size / 1e9:.3g} GB", advice="Build the body with wider cells",
            )
        )  # fmt: skip
    shares = np.zeros((nx, ny, nz, count), dtype=np.float32)
    # One slice at a time, so that no second image of all sub-voxels is needed.
    for number in range(nx):
        part = numbers[anatomy.kinds[refinement * number : refinement * (number + 1)]]
        blocks = part.reshape(refinement, ny, refinement, nz, refinement)
        for label in range(count):
            shares[number, :, :, label] = (blocks == label).sum(axis=(0, 2, 4))
    shares /= np.float32(refinement**3)
    return shares


def _tissue_numbers(anatomy: Anatomy) -> Labels:
    """The label of every kind, (1 + K,)."""
    tissues = anatomy.tissues
    return np.array(
        [0, *(1 + tissues.index(k.tissue) if k.tissue in tissues else 0 for k in anatomy.table)],
        dtype=np.int16,
    )


def _image(values: npt.NDArray[Any], anatomy: Anatomy, words: str) -> Any:
    edges = anatomy.grid.edges
    widths = [_MM * (edges[k][-1] - edges[k][0]) / values.shape[k] for k in range(3)]
    affine = np.diag([*widths, 1.0])
    affine[:3, 3] = [_MM * edges[k][0] + 0.5 * widths[k] for k in range(3)]
    made: Any = nibabel.Nifti1Image  # its methods have no types
    image = made(values, affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code=_ALIGNED)
    image.set_qform(affine, code=_ALIGNED)
    image.header["descrip"] = words.encode("ascii", "replace")[:79]
    return image


def _write_both(
    source: AnatomySource, image: Any, path: Path, *, muscles: tuple[str, ...], overwrite: bool
) -> tuple[Path, ...]:
    beside = map_beside(path)
    check_free([path, beside], overwrite=overwrite)
    text = label_map_text(source, muscles)

    def write_text(partial: Path) -> None:
        partial.write_text(text, encoding="utf-8")

    def write_image(partial: Path) -> None:
        nibabel.save(image, partial)

    write_through(path, write_image, overwrite=overwrite)
    write_through(beside, write_text, overwrite=overwrite)
    return path, beside


def label_map_text(source: AnatomySource, muscles: tuple[str, ...] = ()) -> str:
    """Return a label map (TOML) with labels, sites and regions; `muscles` have the labels after tissues."""
    body, anatomy = source.body, source.anatomy
    lines = [
        f"title = {_text(body.name)}",
        f"source = {_text(body.provenance)}",
        f"skin_group = {_text(source.skin_group)}",
    ]
    if body.midline:
        lines.append('midline = "0 mm"')
    lines += ["", "[labels]", '0 = "air"']
    lines += [f"{number} = {_text(tissue)}" for number, tissue in enumerate(anatomy.tissues, start=1)]
    first = 1 + len(anatomy.tissues)
    of_name = {muscle.name: muscle.tissue for muscle in anatomy.muscles}
    for number, name in enumerate(muscles, start=first):
        lines.append(f"{number} = {_text(of_name[name])}  # {' '.join(name.split())}")
    lines += ["", "[sites]"]
    lines += [
        f"{_text(s.name)} = {{ at = {_place(s.position)}, side = {_text(s.side)}, "
        f"source = {_text(s.source)} }}"
        for s in body.sites
    ]
    lines += ["", "[regions]"]
    lines += [
        f'{_text(r.name)} = {{ centre = {_place(r.centre)}, radius = "{_MM * r.radius:.6f} mm", '
        f"source = {_text(r.source)} }}"
        for r in body.regions
    ]
    return "\n".join(lines) + "\n"


def _place(point: Point) -> str:
    return "[" + ", ".join(f'"{_MM * value:.6f} mm"' for value in point) + "]"


def _text(words: str) -> str:
    """Text as TOML, which takes what JSON does."""
    return json.dumps(words, ensure_ascii=False)
