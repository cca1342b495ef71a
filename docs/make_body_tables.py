"""Measure the built-in face and write the page that holds it against the tables.

    python docs/make_body_tables.py

Builds the mean man and woman on cells of 1 mm and writes `docs/reference/face-against-tables.md`. Every
figure there is measured on the bodies that come out, none is typed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial import ConvexHull

from microcurrent import tables
from microcurrent.model.atlas import Dimension, LayerDepth
from microcurrent.model.body import Body
from microcurrent.physics.bodies.anatomy import Anatomy
from microcurrent.planning.bodies.anatomy import AnatomySource
from microcurrent.planning.bodies.face import face_frame
from microcurrent.planning.bodies.person import Person
from microcurrent.planning.bodies.reading import read_body

PAGE = Path(__file__).resolve().parent / "reference" / "face-against-tables.md"
MM = 1e3
SPACING = 1e-3
SEXES = ("male", "female")
BONE = ("cortical bone", "cancellous bone", "tooth")
#: The 95th percentile lies this many standard deviations above the mean.
NINETY_FIFTH = 1.645
#: A tape around the head or neck meets the skin within this of its plane [m].
TAPE = 1.0e-3
#: The tape around the head passes over ears, which lie here: to the side, from the back to the front [m].
EARS = (0.068, -0.075, -0.015)
#: The neck is measured where it is narrowest between these heights [m].
NECK = np.arange(-0.15, -0.09, 2.5e-3)
#: Deeper than this [m], bone is looked for straight inward, as a needle finds it: the nearest is a rim.
DEEP = 18e-3
#: Muscles of the table are those of a mean adult; a woman's are shorter by this.
FEMALE = 0.93

Place = tuple[float, ...]


@dataclass(frozen=True)
class Row:
    """One thing measured: what the table wants, what came, and how far off it may be, in one unit."""

    name: str
    wanted: float
    got: float
    low: float
    high: float
    known: str

    @property
    def fits(self) -> bool:
        """Whether it is as near as it may be."""
        return self.low <= self.got <= self.high

    def shown(self, digits: int) -> str:
        """What came, bold where it does not fit."""
        return f"{self.got:.{digits}f}" if self.fits else f"**{self.got:.{digits}f}**"


def face(sex: str, spacing: float = SPACING) -> AnatomySource:
    """Return the mean man or woman."""
    source = read_body(f"face {sex}", spacing=spacing)
    if not isinstance(source, AnatomySource):
        raise TypeError("the face has no anatomy")
    return source


# -- measures of the head --------------------------------------------------------------------------


def measures(source: AnatomySource, sex: str) -> Iterator[Row]:
    """Every dimension of the anthropometric table, in mm, and whether it lies within one deviation."""
    places = {site.name: site.position for site in source.body.sites}
    if any("pupil" in end for dimension in tables.head().dimensions.values() for end in dimension.ends):
        # Behind closed lids pupils are no sites.
        _, known = face_frame(Person(sex=sex), triangle=2e-3)
        places |= {name: tuple(place) for name, place in known.items() if name not in places}
    for dimension in tables.head().dimensions.values():
        got = MM * _size(source, dimension, places)
        wanted = getattr(dimension, sex)
        deviation = MM * getattr(dimension, f"{sex}_deviation")
        margin = deviation if deviation else math.inf
        mean = MM * wanted.value
        yield Row(dimension.name, mean, got, mean - margin, mean + margin, wanted.confidence)


def _size(source: AnatomySource, dimension: Dimension, places: Mapping[str, Place]) -> float:
    if dimension.name == "head girth":
        return _around_head(source)
    if dimension.name == "neck girth":
        return _around_neck(source)
    one, other = (places[end] for end in dimension.ends)
    if dimension.way == "straight":
        return math.dist(one, other)
    axis = "xyz".index(dimension.way)
    return abs(one[axis] - other[axis])


def _around_head(source: AnatomySource) -> float:
    """A tape over the brow and the back of the head, as far out as anything but ears."""
    vertices = source.anatomy.skin.vertices
    front, back = (np.array(source.body.site(name).position) for name in ("glabella", "opisthocranion"))
    along = (vertices[:, 1] - back[1]) / (front[1] - back[1])
    ring = vertices[np.abs(vertices[:, 2] - back[2] - along * (front[2] - back[2])) < TAPE]
    side, behind, before = EARS
    ear = (np.abs(ring[:, 0]) > side) & (ring[:, 1] > behind) & (ring[:, 1] < before)
    return float(ConvexHull(ring[~ear][:, :2]).area)


def _around_neck(source: AnatomySource) -> float:
    vertices = source.anatomy.skin.vertices
    return min(float(ConvexHull(vertices[np.abs(vertices[:, 2] - z) < TAPE][:, :2]).area) for z in NECK)


# -- depth of bone ---------------------------------------------------------------------------------


def depths(source: AnatomySource, sex: str) -> Iterator[Row]:
    """The soft tissue over bone at every place of the forensic table, in mm, the mean of both sides."""
    frame, _ = face_frame(Person(sex=sex), triangle=2e-3)
    for entry in tables.head().depths:
        if not entry.forensic:
            continue
        given = getattr(entry, sex)
        sides = (1, -1) if entry.mirrored else (1,)
        places = [frame.placing(np.array([entry.at]) * (side, 1, 1)) for side in sides]
        got = MM * float(np.mean([_cover(source.anatomy, place, entry, given.value) for place in places]))
        deviation = MM * (given.high - given.value) / NINETY_FIFTH
        wanted = MM * given.value
        yield Row(entry.name, wanted, got, wanted - deviation, wanted + deviation, given.confidence)


def _cover(anatomy: Anatomy, place: np.ndarray, entry: LayerDepth, wanted: float) -> float:
    vertex = int(anatomy.skin.nearest(place)[0])
    if wanted < DEEP:
        return float(anatomy.thickness["bone"][vertex])
    hard = np.array([False, *(kind.tissue in BONE for kind in anatomy.table)])
    corner = np.array([edges[0] for edges in anatomy.grid.edges])
    for deep in np.arange(0, 0.06, 0.25 * anatomy.spacing / anatomy.refinement):
        point = anatomy.skin.vertices[vertex] - deep * anatomy.skin.normals[vertex]
        i, j, k = ((point - corner) / (anatomy.spacing / anatomy.refinement)).astype(int)
        if hard[anatomy.kinds[i, j, k]]:
            return float(deep)
    raise ValueError(f"no bone under {entry.name}")


# -- muscles ---------------------------------------------------------------------------------------


def muscles(body: Body, sex: str) -> Iterator[tuple[Row, Row]]:
    """Length [mm] and volume [ml] of every muscle, of the right one where there are two."""
    small = FEMALE if sex == "female" else 1.0
    for line in tables.head().muscles:
        muscle = body.muscle(f"{line.name} right" if line.mirrored else line.name)
        if muscle is None:
            raise ValueError(f"the face has no {line.name}")
        long, large = line.length, line.volume
        yield (
            Row(line.name, MM * long.value, MM * muscle.length, MM * small * long.low, MM * long.high,
                long.confidence),
            Row(line.name, 1e6 * large.value, 1e6 * muscle.volume, 1e6 * small**3 * large.low,
                1e6 * large.high, large.confidence),
        )  # fmt: skip


# -- the page --------------------------------------------------------------------------------------


HEAD = """\
# The face against its tables

Made by `python docs/make_body_tables.py`; do not edit. Measured on `face male` and `face female` as they
come out, on cells of 1 mm. How the face is made is in [The face](../explanation/the-face.md). The last
column says how well the wanted figure is known: see [Data](data.md).
"""
MEASURES = """\
## Measures of the head

In mm. "Off" counts standard deviations of the sex; where the source gives none, the measure is shown, but
the face is not held to it. Eyes and lips are those of the one mean face that lends its landmarks: narrower
eyes, farther apart, and a shorter philtrum than the means of the other survey.

| measure | man, wanted | got | off | woman, wanted | got | off | known |
|---|---:|---:|---:|---:|---:|---:|---|
"""
DEPTHS = """\
## Soft tissue over bone

In mm, from the skin to the nearest bone or tooth; where 18 mm and more are wanted, straight inward, for in
the hollow of the cheek the nearest bone is its rim. Where a place has two sides, the mean of both.

| place | man, wanted | got | woman, wanted | got | one deviation | known |
|---|---:|---:|---:|---:|---:|---|
"""
MUSCLES = f"""\
## Muscles

Of the right side where there are two. Wanted is the range of the table, that of a mean adult; the woman may
be at {100 * FEMALE:.0f} % of its lower end in length, and at the cube of that in volume. Where muscles
cross, one of them has the room, and the other is smaller by it.

| muscle | length wanted (mm) | man | woman | volume wanted (ml) | man | woman | known |
|---|---:|---:|---:|---:|---:|---:|---|
"""


def page(faces: Mapping[str, AnatomySource]) -> str:
    """Return the page as Markdown."""
    sizes = [list(measures(faces[sex], sex)) for sex in SEXES]
    covers = [list(depths(faces[sex], sex)) for sex in SEXES]
    strips = [list(muscles(faces[sex].body, sex)) for sex in SEXES]
    rows = [row for both in (*sizes, *covers) for row in both]
    rows += [row for both in strips for pair in both for row in pair]
    held = [row for row in rows if math.isfinite(row.high)]
    count = f"{sum(row.fits for row in held)} of {len(held)}"
    fits = f"{count} figures lie within one standard deviation, or the range of the table; others are bold."
    parts = [
        f"{HEAD}\n{fits}\n",
        MEASURES + "".join(_measure(*both) for both in zip(*sizes, strict=True)),
        DEPTHS + "".join(_depth(*both) for both in zip(*covers, strict=True)),
        MUSCLES + "".join(_muscle(*both) for both in zip(*strips, strict=True)),
    ]
    return "\n".join(parts)


def _measure(man: Row, woman: Row) -> str:
    cells = [cell for row in (man, woman) for cell in (f"{row.wanted:.1f}", row.shown(1), _off(row))]
    return f"| {man.name} | {' | '.join(cells)} | {man.known} |\n"


def _off(row: Row) -> str:
    margin = row.high - row.wanted
    return f"{(row.got - row.wanted) / margin:+.1f}" if math.isfinite(margin) else ""


def _depth(man: Row, woman: Row) -> str:
    cells = [cell for row in (man, woman) for cell in (f"{row.wanted:.1f}", row.shown(1))]
    return f"| {man.name} | {' | '.join(cells)} | {man.high - man.wanted:.1f} | {man.known} |\n"


def _muscle(man: tuple[Row, Row], woman: tuple[Row, Row]) -> str:
    long, large = man
    cells = [
        f"{long.low:.0f} to {long.high:.0f}", long.shown(1), woman[0].shown(1),
        f"{large.low:.2f} to {large.high:.2f}", large.shown(2), woman[1].shown(2),
    ]  # fmt: skip
    return f"| {long.name} | {' | '.join(cells)} | {long.known} |\n"


def main() -> None:
    """Measure, write the page, and say how much of it fits."""
    text = page({sex: face(sex) for sex in SEXES})
    PAGE.write_text(text, encoding="utf-8")
    print(next(line for line in text.splitlines() if "figures lie within" in line))


if __name__ == "__main__":
    main()
