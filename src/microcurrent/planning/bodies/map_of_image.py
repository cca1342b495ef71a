"""The label map of an image: the one named, the file beside it, or the ready one that fits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from microcurrent.errors import BodyError, Problem
from microcurrent.model.body import Guess
from microcurrent.model.labels import COVERS, ReadyLabelMap
from microcurrent.physics.bodies.label_looks import looks_of
from microcurrent.planning.bodies.label_map import LabelMap, label_map_of, map_beside, read_label_map
from microcurrent.planning.bodies.nifti import LabelImage
from microcurrent.planning.bodies.ready_maps import find_ready, unknown_ready
from microcurrent.planning.bodies.recognising import odd, recognise


@dataclass(frozen=True, kw_only=True)
class MapOfImage:
    """`label_map`; its `origin`, a file or the name of a ready one; what was guessed, and what is odd."""

    label_map: LabelMap
    origin: str
    guesses: tuple[Guess, ...] = ()
    warnings: tuple[str, ...] = ()


def map_of_image(
    image: LabelImage, path: Path, *, labels: str | Path | None = None, base: Path = Path()
) -> MapOfImage:
    """Return the label map of the image in the file `path`.

    `labels`: the path of a label map, relative to the folder `base`, or the name of a ready one; a file of
    that name comes first. None for the file beside the image or, without one, the ready map that fits.
    Raises `BodyError`.
    """
    map_path = map_beside(path) if labels is None else base / labels
    ready = None if labels is None or map_path.is_file() else find_ready(str(labels))
    if map_path.is_file():
        own = read_label_map(map_path)
        return MapOfImage(label_map=own, origin=str(map_path), guesses=_left_out(own))
    if ready is not None:
        named = label_map_of(ready)
        warnings = _doubts(ready, image)
        return MapOfImage(label_map=named, origin=ready.name, guesses=_left_out(named), warnings=warnings)
    if labels is not None:
        raise _no_map(str(labels), map_path)
    found, guess = recognise(image, path)
    return MapOfImage(label_map=found, origin=found.like, guesses=(guess, *_left_out(found)))


def _doubts(ready: ReadyLabelMap, image: LabelImage) -> tuple[str, ...]:
    """A sentence where a map that was named does not look like that of the image."""
    looks = looks_of(image.labels, image.affine)
    if not set(looks.labels) <= ready.meaning.keys():
        return ()  # refused later, with every label that is not known
    reason = odd(ready, looks)
    return (
        (f'The image does not look as if "{ready.name}" were its label map: {reason}.',) if reason else ()
    )


def _left_out(label_map: LabelMap) -> tuple[Guess, ...]:
    if label_map.covers == COVERS[0]:
        return ()
    return (
        Guess(
            what="the tissue of voxels that the segmentation left without a label (0)",
            taken="air",
            changes="where the skin is and where current flows: tissue among them conducts nothing",
        ),
    )


def _no_map(labels: str, path: Path) -> BodyError:
    advice = "" if path.suffix == ".toml" else unknown_ready(labels)[3]
    return BodyError(
        Problem(
            what="there is no such label map",
            expected=f"a TOML file {path}, or a name that `microcurrent body labels` lists",
            came=f'"{labels}"',
            advice=advice or "Check the name; a path starts from the folder of the plan",
            key="labels",
        )
    )
