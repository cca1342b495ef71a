"""Segmentation: from a label image of a person to a Volume, with what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from microcurrent.errors import BodyError, Problem
from microcurrent.physics.bodies.orientation import upright
from microcurrent.physics.bodies.volume import AIR, Labels, Volume
from microcurrent.physics.conduction.grid import Grid
from microcurrent.units import write

#: A separate part smaller than this share of the largest is noise of the segmentation.
_ISLAND = 0.01
#: Air kept around the tissue when the image is cut to it, in voxels.
_MARGIN = 2
#: Wider voxels [m] miss layers of 2 to 3 mm such as skin, fat and muscle of the face.
_COARSE_VOXEL = 1.5e-3
#: Ratio of the widest to the narrowest side of a voxel from which contacts lose their shape.
_UNEVEN_VOXEL = 1.5
#: A slice this part of the body's length from its end, with that share of the largest slice, shows a
#: cut. The same slice of a ball has a share of 0.12.
_NEAR_END, _FLAT_END = 0.03, 0.25

#: A tissue on less of the skin than this is not worth a sentence.
_FILM = 0.01

_ENDS = (("left", "right"), ("back", "front"), ("lower end", "upper end"))


@dataclass(frozen=True, kw_only=True, eq=False)
class Segmentation:
    """A `volume` of voxels and `warnings`: what a person should know before trusting it."""

    volume: Volume
    warnings: tuple[str, ...]


def segmentation_volume(
    labels: npt.NDArray[np.integer],
    affine: npt.ArrayLike,
    meaning: Mapping[int, str | None],
    *,
    shell: tuple[str, float] | None = None,
) -> Segmentation:
    """Return a label image as a volume along right, anterior, superior.

    `labels` (n0, n1, n2), whole numbers; `affine` (4, 4) from voxel indices to metre; `meaning`: the
    tissue of every label, None for air. `shell`: a tissue and a depth [m]; whatever lies within that
    depth of the outside becomes this tissue. Automatic segmentations often leave a film of another
    label on the skin, which would insulate the electrodes. Small parts that nothing joins to the body
    are left out, and the image is cut to the tissue with a little air around it.

    Raises `BodyError` for labels without a meaning, an image without tissue or without air.
    """
    names = [name for name in meaning.values() if name is not None] + ([shell[0]] if shell else [])
    tissues = tuple(dict.fromkeys(names))
    turned = upright(_indexed(labels, meaning, tissues), affine)
    warnings = []
    if turned.tilt:
        warnings.append(
            f"The image lies oblique by {turned.tilt:.1f} degrees and was sampled again on straight axes: "
            "layers of one voxel may have holes."
        )
    filled = turned.labels != AIR
    if not filled.any():
        raise BodyError(Problem(what="the image has no tissue", came="air everywhere",
                                advice="Check the label map"))  # fmt: skip
    if filled.all():
        raise BodyError(Problem(what="the image has no air, so nothing is skin",
                                expected="air around the body",
                                advice="Check the label map, or take a larger image"))  # fmt: skip
    cleaned, dropped = without_islands(turned.labels)
    warnings += dropped
    warnings += _cuts(cleaned)
    cropped, edges = _cropped(cleaned, turned.edges)
    grid = Grid(x=edges[0], y=edges[1], z=edges[2])
    if shell:
        whole = Volume(grid=grid, labels=cropped, tissues=tissues)
        cropped, changed = _with_shell(whole, tissues.index(shell[0]), shell[1])
        warnings.append(
            f"Within {write(shell[1], 'length')} of the outside everything was taken as {shell[0]}: "
            f"{changed} voxels had another label."
        )
    present = [index for index in range(len(tissues)) if (cropped == index).any()]
    renumber = np.full(len(tissues) + 1, AIR, dtype=np.int16)
    renumber[present] = range(len(present))
    volume = Volume(grid=grid, labels=renumber[cropped], tissues=tuple(tissues[index] for index in present))
    warnings += _voxels(grid) + _cavities(volume) + _covers(volume)
    if "soft tissue" in volume.tissues:
        warnings.append(
            "Skin, fat and muscle are one tissue here (soft tissue): what each receives is not told apart."
        )
    return Segmentation(volume=volume, warnings=tuple(warnings))


def _indexed(
    labels: npt.NDArray[np.integer], meaning: Mapping[int, str | None], tissues: tuple[str, ...]
) -> Labels:
    """Replace every label by the index of its tissue, or -1."""
    found, counts = np.unique(labels, return_counts=True)
    unknown = [(int(v), int(c)) for v, c in zip(found, counts, strict=True) if int(v) not in meaning]
    if unknown:
        shown = ", ".join(f"{value} ({count} voxels)" for value, count in unknown[:12])
        more = f" and {len(unknown) - 12} more" if len(unknown) > 12 else ""
        raise BodyError(
            Problem(
                what="the label map does not say what these labels are",
                expected=f"only {_some(sorted(meaning))}",
                came=shown + more,
                advice='Add them under [labels], as "air" where nothing conducts',
            )
        )
    index = [tissues.index(name) if name is not None else AIR for name in (meaning[int(v)] for v in found)]
    return np.array(index, dtype=np.int16)[np.searchsorted(found, labels)]


def _some(labels: list[int]) -> str:
    """The labels as text, the middle ones left out where there are many."""
    shown = [str(label) for label in labels]
    return ", ".join(shown if len(shown) <= 24 else [*shown[:12], "...", *shown[-3:]])


def without_islands(labels: Labels) -> tuple[Labels, list[str]]:
    """Return the labels (nx, ny, nz) without small separate parts, and a sentence about them.

    A part is what faces join; parts of a hundredth of the largest or more stay, with a sentence.
    """
    parts, count = ndimage.label(labels != AIR)
    if count <= 1:
        return labels, []
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    small = (sizes < _ISLAND * sizes.max()) & (sizes > 0)
    warnings = []
    if small.any():
        labels = np.where(small[parts], np.int16(AIR), labels)
        pieces = "1 piece" if small.sum() == 1 else f"{int(small.sum())} pieces"
        warnings.append(
            f"Left out because nothing joins them to the body: {pieces} of tissue, "
            f"{int(sizes[small].sum())} voxels in all."
        )
    large = int((sizes > 0).sum() - small.sum())
    if large > 1:
        warnings.append(f"The body is in {large} separate parts: no current passes between them.")
    return labels, warnings


def _with_shell(volume: Volume, tissue: int, depth: float) -> tuple[Labels, int]:
    """The labels with `tissue` wherever the skin is nearer than `depth` [m]; how many changed."""
    widths = [float(volume.grid.widths(axis)[0]) for axis in range(3)]
    # From the middle of a voxel to that of the nearest one outside, so half a voxel past the skin.
    distance = ndimage.distance_transform_edt(~volume.outside(), sampling=widths)
    near = volume.conducting & (distance - 0.5 * min(widths) < depth)
    changed = int((volume.labels[near] != tissue).sum())
    return np.where(near, np.int16(tissue), volume.labels), changed


def _covers(volume: Volume) -> list[str]:
    """A sentence on each tissue that covers part of the skin besides the most common one."""
    labels = volume.labels.ravel()[volume.surface().cells]
    shares = np.bincount(labels, minlength=len(volume.tissues)) / labels.size
    return [
        f"{100 * share:.0f} % of the skin is labelled {volume.tissues[index]}: current from an electrode "
        "there starts in that tissue. If the label is wrong, set [skin] in the label map."
        for index, share in enumerate(shares)
        if _FILM <= share < shares.max()
    ]


def _cuts(labels: Labels) -> list[str]:
    """Sentences about ends of the image that the body runs into, and about flat ends."""
    filled = labels != AIR
    warnings = []
    for axis, names in enumerate(_ENDS):
        areas = filled.sum(axis=tuple(other for other in range(3) if other != axis))
        occupied = np.flatnonzero(areas)
        near = int(_NEAR_END * occupied.size)
        for end, name in ((0, names[0]), (-1, names[1])):
            if areas[end] > 0:
                warnings.append(
                    f"The body runs into the {name} of the image: it ends there, insulated, and that "
                    "end is not skin."
                )
            elif areas[occupied[near if end == 0 else -1 - near]] >= _FLAT_END * areas.max():
                warnings.append(
                    f"The body ends flat towards the {name} of the image, as if cut: the cut counts "
                    "as skin."
                )
    return warnings


def _voxels(grid: Grid) -> list[str]:
    sizes = np.array([grid.widths(axis)[0] for axis in range(3)])
    shown = " x ".join(f"{1e3 * size:.3g}" for size in sizes) + " mm"
    warnings = []
    if sizes.max() > _COARSE_VOXEL:
        warnings.append(f"Voxels of {shown} are wider than most layers of skin, fat and muscle on a face.")
    if sizes.max() > _UNEVEN_VOXEL * sizes.min():
        warnings.append(f"Voxels of {shown} are far from cubes: contacts follow the skin only roughly.")
    return warnings


def _cavities(volume: Volume) -> list[str]:
    inner = ~volume.conducting & ~volume.outside()
    if not inner.any():
        return []
    _, count = ndimage.label(inner)
    size = write(float(volume.grid.volumes()[inner].sum()), "volume")
    word = "cavity" if count == 1 else "cavities"
    return [f"{count} {word} filled with air ({size} in all) inside the body: no current crosses them."]


def _cropped(labels: Labels, edges: tuple[np.ndarray, ...]) -> tuple[Labels, list[np.ndarray]]:
    """Cut to the tissue, with `_MARGIN` voxels of air around where the image has them."""
    window, kept = [], []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        occupied = np.flatnonzero((labels != AIR).any(axis=others))
        low = max(int(occupied[0]) - _MARGIN, 0)
        high = min(int(occupied[-1]) + 1 + _MARGIN, labels.shape[axis])
        window.append(slice(low, high))
        kept.append(edges[axis][low : high + 1])
    return labels[tuple(window)], kept
