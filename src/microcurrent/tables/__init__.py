"""Tables: the only reader of `data/`, the numbers with their sources, ranges and confidence marks.

::

    rows        opens a file, reads a row, turns every broken rule into a TableError
    materials   references, tissues, skin, electrode materials, contact rules
    interfaces  skin that changes; metal in a salty film
    chemistry   ions; films under electrodes; skin under direct current
    heat        thermal properties; how heat leaves skin and harms it
    handling    what hand and device add: offset of a probe, current given over current set
    places      landmarks of the face; flat stacks of layers with sites
    limbs       limbs and patches of the back, layered
    label_maps  the labels of segmentation programs
    atlas       the head: surface, interior, layers, muscles, nerves, zones, dimensions
    rules       limits
    screening   contraindications and their readings; the questions of the day
    courses     presets, phases, measurements and stop rules of courses; prices
    modes       what each mode of treatment asks for; roles
    moves       moves of two probes; phases of a sitting; the time of each zone
    programs    programs of sittings; the systems that they belong to; lore
    intents     what a treatment can be for
    stimulators what each stimulator that we drive can do
    devices     products on the market, cell by cell, and their product codes
    words       what nothing shown to a person may say
    nerve       published nerve fibres
    outcomes    what may be expected of a course
    claims      what is claimed of microcurrent, and what answers compare with

Every function returns nouns of `microcurrent.model` in SI. It reads the shipped folder, or another
`folder` laid out alike (a site's own tables, or a damaged copy in a test). Raises `TableError`
naming file, row and key. Files are read once; what is returned is the caller's own to change.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import ParamSpec, TypeVar, cast

from microcurrent.model import Capabilities, Contraindication, Input, Limits, SameDayQuestion, Site
from microcurrent.model import digest as _digest
from microcurrent.model.atlas import HeadTables
from microcurrent.model.axon import Axon
from microcurrent.model.chemistry import Buffer, Film, Ion, SkinChemistry
from microcurrent.model.claim import Claim
from microcurrent.model.cost import Price
from microcurrent.model.course_rules import CourseRules
from microcurrent.model.device import Device, ProductCode
from microcurrent.model.expectation import OutcomeModel
from microcurrent.model.heat import BurnTime, HeatDamage, HeatSurface, ThermalTissue
from microcurrent.model.interfaces import Interface, SkinDynamics, WaterWindow
from microcurrent.model.labels import ReadyLabelMap
from microcurrent.model.limb import LimbShape
from microcurrent.model.mode import Mode, Role
from microcurrent.model.move import ExcludedMuscle, Move
from microcurrent.model.program import Lore, Program, SessionPhase, TherapySystem, ZoneTime
from microcurrent.model.proposal import Intent
from microcurrent.model.tissue import ContactRule, Material, Reference, SkinLayer, Stack, Tissue
from microcurrent.model.wording import ForbiddenWord
from microcurrent.tables.atlas import read_head
from microcurrent.tables.chemistry import read_buffer, read_films, read_ions, read_skin_chemistry
from microcurrent.tables.claims import read_claims, read_thresholds
from microcurrent.tables.courses import read_course_rules, read_prices
from microcurrent.tables.devices import device_of, fact_of, read_devices, read_product_codes
from microcurrent.tables.handling import read_handling
from microcurrent.tables.heat import (
    read_burn_times,
    read_heat_damage,
    read_heat_surface,
    read_thermal_tissues,
)
from microcurrent.tables.intents import read_guards, read_intents
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
from microcurrent.tables.modes import read_modes, read_roles
from microcurrent.tables.moves import read_excluded, read_moves, read_session_phases, read_zone_times
from microcurrent.tables.nerve import read_axons
from microcurrent.tables.outcomes import read_outcomes
from microcurrent.tables.places import read_flattening, read_landmarks, read_stacks
from microcurrent.tables.programs import read_lore, read_programs, read_systems
from microcurrent.tables.rows import CONFIDENCES, FILES, parse, shipped
from microcurrent.tables.rules import read_limits
from microcurrent.tables.screening import read_contraindications, read_same_day
from microcurrent.tables.stimulators import read_stimulators
from microcurrent.tables.words import read_forbidden_words

__all__ = [
    "CONFIDENCES",
    "FILES",
    "axons",
    "buffer",
    "burn_times",
    "claims",
    "contact_rules",
    "contraindications",
    "course_rules",
    "device_of",
    "devices",
    "digest",
    "excluded_muscles",
    "fact_of",
    "films",
    "flattening",
    "forbidden_words",
    "guards",
    "handling",
    "head",
    "heat_damage",
    "heat_surface",
    "intents",
    "interfaces",
    "ions",
    "label_maps",
    "landmarks",
    "limbs",
    "limits",
    "lore",
    "materials",
    "modes",
    "moves",
    "outcomes",
    "prices",
    "product_codes",
    "programs",
    "references",
    "roles",
    "session_phases",
    "shipped",
    "skin_chemistry",
    "skin_dynamics",
    "skin_layers",
    "stacks",
    "stimulators",
    "systems",
    "thermal_tissues",
    "thresholds",
    "tissues",
    "water_window",
    "zone_times",
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
_ions = _once(read_ions)
_films = _once(read_films)
_skin_chemistry = _once(read_skin_chemistry)
_buffer = _once(read_buffer)
_thermal_tissues = _once(read_thermal_tissues)
_heat_surface = _once(read_heat_surface)
_heat_damage = _once(read_heat_damage)
_handling = _once(read_handling)
_burn_times = _once(read_burn_times)
_landmarks = _once(read_landmarks)
_flattening = _once(read_flattening)
_stacks = _once(read_stacks)
_limbs = _once(read_limbs)
_label_maps = _once(read_label_maps)
_head = _once(read_head)
_limits = _once(read_limits)
_modes = _once(read_modes)
_roles = _once(read_roles)
_contraindications = _once(read_contraindications)
_same_day = _once(read_same_day)
_stimulators = _once(read_stimulators)
_course_rules = _once(read_course_rules)
_prices = _once(read_prices)
_devices = _once(read_devices)
_product_codes = _once(read_product_codes)
_forbidden_words = _once(read_forbidden_words)
_outcomes = _once(read_outcomes)
_claims = _once(read_claims)
_thresholds = _once(read_thresholds)
_intents = _once(read_intents)
_moves = _once(read_moves)
_excluded = _once(read_excluded)
_zone_times = _once(read_zone_times)
_session_phases = _once(read_session_phases)
_programs = _once(read_programs)
_systems = _once(read_systems)
_lore = _once(read_lore)
_guards = _once(read_guards)
_axons = _once(read_axons)


def references(folder: Traversable | None = None) -> dict[str, Reference]:
    """Return every reference by its id."""
    return dict(_references(folder or shipped()))


def tissues(folder: Traversable | None = None) -> dict[str, Tissue]:
    """Return every tissue by its name: low-frequency conductivity [S/m] with its range."""
    return dict(_tissues(folder or shipped()))


def axons(folder: Traversable | None = None) -> dict[str, Axon]:
    """Return every published nerve fibre by its name."""
    return dict(_axons(folder or shipped()))


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


def ions(folder: Traversable | None = None) -> dict[str, Ion]:
    """Return every ion by its name."""
    return dict(_ions(folder or shipped()))


def films(folder: Traversable | None = None) -> dict[tuple[str, str], Film]:
    """Return what lies between electrode and skin, by (coupling, "metal" or "cloth")."""
    return dict(_films(folder or shipped()))


def skin_chemistry(folder: Traversable | None = None) -> SkinChemistry:
    """Return skin below the stratum corneum, and what a current carries through it."""
    return _skin_chemistry(folder or shipped())


def buffer(folder: Traversable | None = None) -> Buffer:
    """Return the constants of water and of its buffer."""
    return _buffer(folder or shipped())


def thermal_tissues(folder: Traversable | None = None) -> dict[str, ThermalTissue]:
    """Return the thermal properties of tissues at rest, by name."""
    return dict(_thermal_tissues(folder or shipped()))


def heat_surface(folder: Traversable | None = None) -> HeatSurface:
    """Return how heat leaves the skin."""
    return _heat_surface(folder or shipped())


def handling(folder: Traversable | None = None) -> dict[str, Input]:
    """Return by name the "probe offset" [m] on the skin and the "current given" over that set."""
    return dict(_handling(folder or shipped()))


def heat_damage(folder: Traversable | None = None) -> HeatDamage:
    """Return what heat does to skin."""
    return _heat_damage(folder or shipped())


def burn_times(folder: Traversable | None = None) -> tuple[BurnTime, ...]:
    """Return how long skin takes to burn, by the temperature of its surface, coolest first."""
    return _burn_times(folder or shipped())


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


def limits(
    folder: Traversable | None = None, *, profiles: tuple[str, ...] = (), mode: str = "microcurrent"
) -> Limits:
    """Return the limits that always hold in a mode of treatment, and those of `profiles` such as "home".

    Raises `InputError` for a profile that no limit of the mode belongs to.
    """
    return _limits(folder or shipped(), profiles, mode)


def modes(folder: Traversable | None = None) -> dict[str, Mode]:
    """Return what each mode of treatment asks a person to agree to, by name."""
    return dict(_modes(folder or shipped()))


def roles(folder: Traversable | None = None) -> dict[str, Role]:
    """Return every role in which a person may agree, by name, and whether it is a clinician's."""
    return dict(_roles(folder or shipped()))


def contraindications(folder: Traversable | None = None) -> tuple[Contraindication, ...]:
    """Return every contraindication, each with its question and what each source says of it."""
    return _contraindications(folder or shipped())


def same_day(folder: Traversable | None = None) -> tuple[SameDayQuestion, ...]:
    """Return the questions that are asked again before each sitting."""
    return _same_day(folder or shipped())


def intents(folder: Traversable | None = None) -> dict[str, Intent]:
    """Return by name what a treatment can be for, with its targets and the evidence."""
    return dict(_intents(folder or shipped()))


def guards(folder: Traversable | None = None) -> tuple[tuple[str, float], ...]:
    """Return words in the names of sites, and the share of the usual current that is given there."""
    return _guards(folder or shipped())


def stimulators(folder: Traversable | None = None) -> dict[str, tuple[Capabilities, float]]:
    """Return by name what a stimulator can do, and its time [s] from an open lead to zero."""
    return dict(_stimulators(folder or shipped()))


def devices(folder: Traversable | None = None) -> dict[str, Device]:
    """Return every device on the market that is known here, by its name."""
    return dict(_devices(folder or shipped()))


def product_codes(folder: Traversable | None = None) -> dict[str, ProductCode]:
    """Return every product code by its three letters."""
    return dict(_product_codes(folder or shipped()))


def forbidden_words(folder: Traversable | None = None) -> tuple[ForbiddenWord, ...]:
    """Return what nothing shown to a person may say, each with what to say instead."""
    return _forbidden_words(folder or shipped())


def course_rules(folder: Traversable | None = None) -> CourseRules:
    """Return how courses are given: presets, phases, measurements, stop rules, the mark of adherence."""
    return _course_rules(folder or shipped())


def prices(folder: Traversable | None = None) -> tuple[Price, ...]:
    """Return every price, as a range, with the region where it holds."""
    return _prices(folder or shipped())


def outcomes(folder: Traversable | None = None) -> dict[str, OutcomeModel]:
    """Return by intent what may be expected of a course, with grade, sources and single studies."""
    return dict(_outcomes(folder or shipped()))


def moves(folder: Traversable | None = None) -> tuple[Move, ...]:
    """Return every move of two probes, for one side of a body."""
    return _moves(folder or shipped())


def excluded_muscles(folder: Traversable | None = None) -> tuple[ExcludedMuscle, ...]:
    """Return the muscles that no move is offered for, each with its reason."""
    return _excluded(folder or shipped())


def zone_times(folder: Traversable | None = None) -> dict[str, ZoneTime]:
    """Return the time of each zone of the face by its name."""
    return dict(_zone_times(folder or shipped()))


def session_phases(folder: Traversable | None = None) -> tuple[SessionPhase, ...]:
    """Return the phases of a sitting in their order."""
    return _session_phases(folder or shipped())


def programs(folder: Traversable | None = None) -> dict[str, Program]:
    """Return every program of a sitting by its name."""
    return dict(_programs(folder or shipped()))


def systems(folder: Traversable | None = None) -> dict[str, TherapySystem]:
    """Return every system that the therapy uses, with its programs or the reason why it has none."""
    return dict(_systems(folder or shipped()))


def lore(folder: Traversable | None = None) -> tuple[Lore, ...]:
    """Return rules of the trade without evidence: for showing, never for computing."""
    return _lore(folder or shipped())


def claims(folder: Traversable | None = None) -> tuple[Claim, ...]:
    """Return every claim, with finding, grade and sources, in order."""
    return _claims(folder or shipped())


def thresholds(folder: Traversable | None = None) -> dict[str, Input]:
    """Return by name the published figures that computed answers compare with."""
    return dict(_thresholds(folder or shipped()))


@_once
def _digest_of(folder: Traversable) -> str:
    return _digest({file: parse(folder, file) for file in FILES})


def digest(folder: Traversable | None = None) -> str:
    """Return the digest of all tables; comments and white space do not count."""
    return _digest_of(folder or shipped())
