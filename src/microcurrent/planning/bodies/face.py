"""The built-in face: a head of given sex, age, mass and measures, made from the tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from microcurrent import tables
from microcurrent.model.atlas import HeadTables
from microcurrent.model.body import Body
from microcurrent.physics.bodies.anatomy import Anatomy
from microcurrent.physics.bodies.head.building import Cells, HeadFrame, grid_around, head_anatomy
from microcurrent.physics.bodies.head.filling import Build, layer_lattice
from microcurrent.physics.bodies.head.interpolation import smooth_map
from microcurrent.physics.bodies.head.lattice import Lattice, nodes_of
from microcurrent.physics.bodies.head.proportions import Asymmetry, placed_landmarks
from microcurrent.physics.bodies.head.skin import skin_from_level
from microcurrent.physics.bodies.head.surface import HIGH, LOW, MeanSurface, mean_surface
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.bodies.head import atlas_of, head_body
from microcurrent.planning.bodies.person import Person

#: Cells of the face, where nothing else is asked for [m].
SPACING = 1e-3
REFINEMENT = 2
#: Triangles of the skin are at most this long [m], or, on coarse bodies, this part of a cell.
_TRIANGLE, _OF_CELL = 1.2e-3, 0.8
#: The neck ends this far [m] above the end of the box, where the shoulders begin.
_NECK = 6e-3
#: Step [m] of the lattice that tells inside from outside.
_INSIDE = 4e-3
#: A head may be larger than that of the atlas by this much [m] on each side.
_ROOM = 0.012


@dataclass(frozen=True, kw_only=True, eq=False)
class MeanHead:
    """The head of the atlas: its `surface`, and its landmarks `places` (3,) [m] brought on to it."""

    surface: MeanSurface
    places: dict[str, Floats]


@lru_cache(maxsize=1)
def mean_head() -> MeanHead:
    """Return the head of the atlas."""
    head = tables.head()
    positions = {name: site.position for name, site in head.landmarks.items()}
    surface = mean_surface(head.surface, head.anchors, head.guards, landmarks=positions)
    names = list(positions)
    placed = surface.onto(np.array([positions[name] for name in names]))
    places = _even(dict(zip(names, placed, strict=True)))
    for side in ("right", "left"):
        lids = [places[f"palpebrale {which} {side}"] for which in ("superius", "inferius")]
        places[f"pupil {side}"] = 0.5 * (lids[0] + lids[1])
    return MeanHead(surface=surface, places=places)


def _even(places: dict[str, Floats]) -> dict[str, Floats]:
    """The same with the middle in the middle, and the left the mirror image of the right, exactly."""
    even = {}
    for name, place in places.items():
        if name.endswith(" left"):
            even[name] = places[name.removesuffix("left") + "right"] * (-1, 1, 1)
        else:
            even[name] = place if name.endswith(" right") else place * (0, 1, 1)
    return even


def measures_of(person: Person) -> dict[str, float]:
    """Return the measures [m] of a person's head: means of the sex, scaled to a given height and width."""
    found = {}
    for name, dimension in tables.head().dimensions.items():
        both = (dimension.male.value, dimension.female.value)
        found[name] = {"male": both[0], "female": both[1], "average": 0.5 * sum(both)}[person.sex]
    if person.height is not None:
        tall = person.height / found["menton to sellion"]
        for name in ("menton to sellion", "subnasale to sellion", "nose protrusion"):
            found[name] *= tall
    if person.width is not None:
        wide = person.width / found["bizygomatic breadth"]
        for name in ("bizygomatic breadth", "bigonial breadth", "minimum frontal breadth"):
            found[name] *= wide
    return found


def build_of(person: Person, head: HeadTables) -> Build:
    """Return how thick a person's skin and superficial fat are beside those of the tables."""
    change = {name: given.value for name, given in head.constants.items()}
    years = person.age - change["age of the tables"]
    heavier = person.mass_index - change["body mass index of the tables"]
    fat = (1 + change["fat per year"] * years) * (1 + change["fat per unit of body mass index"] * heavier)
    return Build(sex=person.sex, skin=1 + change["skin per year"] * years, fat=fat)


def face_frame(person: Person, *, triangle: float = _TRIANGLE) -> tuple[HeadFrame, dict[str, Floats]]:
    """Return the skin of a person's head with its place in the atlas, and its landmarks (3,) [m]."""
    head, mean = tables.head(), mean_head()
    skew = Asymmetry(
        chin=person.asymmetry * head.constants["chin off the middle"].value,
        tilt=person.asymmetry
        * head.constants["canthus off level"].value
        / (2 * mean.places["exocanthion right"][0]),
    )
    targets = placed_landmarks(mean.places, measures_of(person), asymmetry=skew)
    there = np.array(list(targets.values()))
    here = np.array([mean.places[name] for name in targets])
    low, high = LOW - (_ROOM, _ROOM, 0.0), HIGH + _ROOM
    back = smooth_map(there, here, (low, high))
    placing = smooth_map(here, there, (LOW - _ROOM, HIGH + _ROOM))
    thicker = _thicker(person, head)

    def level(points: Floats) -> Floats:
        places = back(points)
        found = mean.surface.level(places)
        return found if thicker is None else np.asarray(found - thicker.at(places)[..., 0])

    skin = skin_from_level(level, low, high, step=triangle)
    origin, nodes = nodes_of(low, high, _INSIDE)
    inside = -level(nodes.reshape(-1, 3)).reshape(*nodes.shape[:3], 1)
    names = list(mean.places)
    landmarks = dict(zip(names, placing(np.array([mean.places[name] for name in names])), strict=True))
    frame = HeadFrame(
        skin=skin, inside=Lattice(origin=origin, step=_INSIDE, values=inside), back=back, placing=placing,
        floor=float(LOW[2] + _NECK),
    )  # fmt: skip
    return frame, landmarks


def _thicker(person: Person, head: HeadTables) -> Lattice | None:
    """By how much [m] skin and superficial fat lift the surface off that of the tables; None: nothing."""
    build = build_of(person, head)
    if build.skin == build.fat == 1:
        return None
    usual = layer_lattice(head.depths, Build(sex=person.sex), (LOW - 2 * _ROOM, HIGH + 2 * _ROOM))
    lifted = usual.values[..., :2] @ np.array([build.skin - 1, build.fat - 1])
    return Lattice(origin=usual.origin, step=usual.step, values=lifted[..., None])


def face_body(
    person: Person,
    *,
    spacing: float = SPACING,
    refinement: int = REFINEMENT,
    on_step: Callable[[str], None] = lambda _: None,
) -> tuple[Body, Anatomy]:
    """Return the face of a person on cells of `spacing` [m], `refinement` sub-voxels along an edge of each.

    `on_step` is told what is done next. Raises `ValueRefused` for measures that no face can have.
    """
    head = tables.head()
    on_step("skin")
    frame, landmarks = face_frame(person, triangle=max(_TRIANGLE, _OF_CELL * spacing))
    cells = Cells(grid=grid_around(frame.skin, spacing, floor=frame.floor), refinement=refinement)
    built = head_anatomy(atlas_of(head), frame, build_of(person, head), cells=cells, on_step=on_step)
    places = {name: (place, 1.0) for name, place in landmarks.items()}
    body = head_body(
        person.text, frame, built, places=places, about=(_provenance(person), (), ()),
        midline=not person.asymmetry,
    )  # fmt: skip
    return body, built.anatomy


def _provenance(person: Person) -> str:
    years = f"{person.age:g} years, body mass index {person.mass_index:g}"
    sex = {"average": "mean of men and women"}.get(person.sex, person.sex)
    return f"Face made from published measures ({sex}, {years}); eyes and mouth closed; no one person"
