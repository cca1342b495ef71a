"""Tables: the only reader of `data/`, the numbers with their sources, ranges and confidence marks.

::

    rows        opens a file, reads a row, turns every broken rule into a TableError
    materials   references, tissues, skin, electrode materials, contact rules
    interfaces  skin that changes; metal in a salty film
    places      landmarks of the face; flat stacks of layers with sites
    limbs       limbs and patches of the back, layered
    label_maps  the labels of segmentation programs
    atlas       the head: surface, interior, layers, muscles, nerves, zones, dimensions
    rules       limits; contraindications
    stimulators what each stimulator can do

Every function returns nouns of `microcurrent.model` in SI. It reads the shipped folder, or another
`folder` laid out alike (a site's own tables, or a damaged copy in a test). Raises `TableError`
naming file, row and key. Files are read once; what is returned is the caller's own to change.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import ParamSpec, TypeVar, cast

from microcurrent.model import Capabilities, Contraindication, Input, Limits, Site
from microcurrent.model import digest as _digest
from microcurrent.model.atlas import HeadTables
from microcurrent.model.interfaces import Interface, SkinDynamics, WaterWindow
from microcurrent.model.labels import ReadyLabelMap
from microcurrent.model.limb import LimbShape
from microcurrent.model.tissue import ContactRule, Material, Reference, SkinLayer, Stack, Tissue
from microcurrent.tables.atlas import read_head
from microcurrent.tables.interfaces import read_interfaces, read_skin_dynamics, read_water_window
from microcurrent.tables.label_maps import read_label_maps
from microcurrent.tables.limbs import read_limbs
from microcurrent.tables.materials import (
    read_contact_rules,
    read_materials,
    read_references,
    read_skin,
    read_tissues,
)
from microcurrent.tables.places import read_flattening, read_landmarks, read_stacks
from microcurrent.tables.rows import CONFIDENCES, FILES, parse, shipped
from microcurrent.tables.rules import read_contraindications, read_limits
from microcurrent.tables.stimulators import read_stimulators

__all__ = [
    "CONFIDENCES",
    "FILES",
    "contact_rules",
    "contraindications",
    "digest",
    "flattening",
    "head",
    "interfaces",
    "label_maps",
    "landmarks",
    "limbs",
    "limits",
    "materials",
    "references",
    "shipped",
    "skin_dynamics",
    "skin_layers",
    "stacks",
    "stimulators",
    "tissues",
    "water_window",
]

_Given = ParamSpec("_Given")
_Read = TypeVar("_Read")


def _once(read: Callable[_Given, _Read]) -> Callable[_Given, _Read]:
    """Return `read` with a memory of its last folders."""
    return cast(Callable[_Given, _Read], lru_cache(maxsize=16)(read))


_references = _once(read_references)
_tissues = _once(read_tissues)
_skin = _once(read_skin)
_materials = _once(read_materials)
_contact_rules = _once(read_contact_rules)
_skin_dynamics = _once(read_skin_dynamics)
_interfaces = _once(read_interfaces)
_water_window = _once(read_water_window)
_landmarks = _once(read_landmarks)
_flattening = _once(read_flattening)
_stacks = _once(read_stacks)
_limbs = _once(read_limbs)
_label_maps = _once(read_label_maps)
_head = _once(read_head)
_limits = _once(read_limits)
_contraindications = _once(read_contraindications)
_stimulators = _once(read_stimulators)


def references(folder: Traversable | None = None) -> dict[str, Reference]:
    """Return every reference by its id."""
    return dict(_references(folder or shipped()))


def tissues(folder: Traversable | None = None) -> dict[str, Tissue]:
    """Return every tissue by its name: low-frequency conductivity [S/m] with its range."""
    return dict(_tissues(folder or shipped()))


def skin_layers(folder: Traversable | None = None) -> dict[tuple[str, str], SkinLayer]:
    """Return the stratum corneum of every (group, coupling), per area of contact."""
    return dict(_skin(folder or shipped()))


def materials(folder: Traversable | None = None) -> dict[str, Material]:
    """Return every electrode material by its name."""
    return dict(_materials(folder or shipped()))


def contact_rules(folder: Traversable | None = None) -> dict[tuple[str, str], ContactRule]:
    """Return the contact rule of every (shape, coupling)."""
    return dict(_contact_rules(folder or shipped()))


def skin_dynamics(folder: Traversable | None = None) -> dict[str, SkinDynamics]:
    """Return how the stratum corneum changes under cover and direct current, by group."""
    return dict(_skin_dynamics(folder or shipped()))


def interfaces(folder: Traversable | None = None) -> dict[str, Interface]:
    """Return what happens between each electrode material and a salty film, by material."""
    return dict(_interfaces(folder or shipped()))


def water_window(folder: Traversable | None = None) -> WaterWindow:
    """Return where water is split, and what a pair of metals takes in practice."""
    return _water_window(folder or shipped())


def landmarks(folder: Traversable | None = None) -> dict[str, Site]:
    """Return the landmarks of a mean adult face: x to the right, y to the front, z up [m]."""
    return dict(_landmarks(folder or shipped()))


def flattening(folder: Traversable | None = None) -> dict[str, Input]:
    """Return, by stack, the largest error [m] that flattening makes in a distance of two sites."""
    return dict(_flattening(folder or shipped()))


def stacks(folder: Traversable | None = None) -> dict[str, Stack]:
    """Return every flat stack of layers by its name."""
    return dict(_stacks(folder or shipped()))


def limbs(folder: Traversable | None = None) -> dict[str, LimbShape]:
    """Return every limb and patch of the back by its name."""
    return dict(_limbs(folder or shipped()))


def label_maps(folder: Traversable | None = None) -> dict[str, ReadyLabelMap]:
    """Return the labels of every segmentation program by the name of the map."""
    return dict(_label_maps(folder or shipped()))


def head(folder: Traversable | None = None) -> HeadTables:
    """Return the atlas of the head: surface, interior, layers, muscles, nerves, zones, dimensions."""
    return _head(folder or shipped())


def limits(folder: Traversable | None = None, *, profiles: tuple[str, ...] = ()) -> Limits:
    """Return the limits that always hold, and those of `profiles` such as "home".

    Raises `InputError` for a profile that no limit belongs to.
    """
    return _limits(folder or shipped(), profiles)


def contraindications(folder: Traversable | None = None) -> tuple[Contraindication, ...]:
    """Return every contraindication, each with its question."""
    return _contraindications(folder or shipped())


def stimulators(folder: Traversable | None = None) -> dict[str, tuple[Capabilities, float]]:
    """Return by name what a stimulator can do, and its time [s] from an open lead to zero."""
    return dict(_stimulators(folder or shipped()))


@_once
def _digest_of(folder: Traversable) -> str:
    return _digest({file: parse(folder, file) for file in FILES})


def digest(folder: Traversable | None = None) -> str:
    """Return the digest of all tables; comments and white space do not count."""
    return _digest_of(folder or shipped())
