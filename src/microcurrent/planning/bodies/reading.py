"""From the name of a body, or the path of a file, to a BodySource; and the list of names."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from microcurrent import tables
from microcurrent.errors import BodyError, Problem
from microcurrent.planning.bodies.segmentation import read_segmentation
from microcurrent.planning.bodies.slab import SlabSource, slab_source
from microcurrent.planning.bodies.source import BodySource

_SLAB = "slab"
#: Endings of files that can be read.
_VOLUME_FILES = (".nii", ".nii.gz")
#: Endings of surface files, which the design foresees and this version does not read.
_SURFACE_FILES = (".obj", ".stl", ".ply", ".glb", ".gltf")
#: Bodies of the design that this version does not have.
_NOT_YET = ("face", "forearm", "thigh", "calf", "limb", "arm", "leg", "head")


@dataclass(frozen=True, kw_only=True)
class BodyEntry:
    """One line of the list of bodies: `name` as a plan writes it, `title`, names of its `sites`."""

    name: str
    title: str
    sites: tuple[str, ...]


def list_bodies() -> tuple[BodyEntry, ...]:
    """Return the bodies that come with the program, the default slab first."""
    return tuple(
        BodyEntry(
            name=_SLAB if number == 0 else f"{_SLAB} {name}",
            title=stack.title,
            sites=tuple(site.name for site in stack.sites),
        )
        for number, (name, stack) in enumerate(tables.stacks().items())
    )


def read_body(name: str, *, labels: Path | None = None, base: Path = Path()) -> BodySource:
    """Return the body that a plan names.

    `name`: "slab", the first stack of the tables; "slab" and the name of a stack; or the path of a
    .nii or .nii.gz file, relative to the folder `base`. `labels`: its label map, where that is not
    the file of the same name ending in .labels.toml beside it. Raises `BodyError`.
    """
    wanted = " ".join(name.split())
    lowered = wanted.lower()
    if lowered.endswith(_VOLUME_FILES):
        return read_segmentation(base / name.strip(), labels=labels)
    if lowered == _SLAB or lowered.startswith(f"{_SLAB} "):
        if labels is not None:
            raise BodyError(
                Problem(
                    what="a slab has no labels", key="labels", came=str(labels), advice="Remove the key"
                )
            )
        return _slab(wanted, lowered)
    raise _unknown(wanted, lowered)


def _slab(name: str, lowered: str) -> SlabSource:
    stacks = tables.stacks()
    stack_name = lowered.removeprefix(_SLAB).strip() or next(iter(stacks))
    if stack_name not in stacks:
        close = difflib.get_close_matches(stack_name, stacks, n=1)
        raise BodyError(
            Problem(
                what="unknown slab",
                expected="one of " + ", ".join(f'"{entry.name}"' for entry in list_bodies()),
                came=f'"{name}"',
                advice=f'Perhaps "{_SLAB} {close[0]}" is meant' if close else "",
            )
        )
    entry_name = _SLAB if stack_name == next(iter(stacks)) else f"{_SLAB} {stack_name}"
    return slab_source(entry_name, stacks[stack_name], tables.flattening().get(stack_name))


def _unknown(name: str, lowered: str) -> BodyError:
    known = ", ".join(f'"{entry.name}"' for entry in list_bodies())
    advice = "Use a slab, or a .nii.gz file with a label map"
    if lowered in _NOT_YET:
        return BodyError(
            Problem(what=f'the body "{name}" is not in this version', expected=known, advice=advice)
        )
    if lowered.endswith(_SURFACE_FILES):
        what = "surface files are not read in this version"
        return BodyError(
            Problem(what=what, expected="a .nii or .nii.gz file", came=f'"{name}"', advice=advice)
        )
    stacks = [stack for stack in tables.stacks() if stack == lowered]
    if stacks:
        advice = f'Write "{_SLAB} {stacks[0]}"'
    return BodyError(
        Problem(what="unknown body", expected=f"{known}, or a path ending in .nii or .nii.gz",
                came=f'"{name}"', advice=advice)
    )  # fmt: skip
