"""The wet skin as a network: parts of faces under metal or film, joined sideways by the film.

A face that the rim of an electrode crosses is cut in two parts, metal and film, so that the current
under partly covered faces is that of the complete electrode model. The larger part stands for the
middle of the face and is joined to its neighbours; the smaller is joined to the larger. The distance
from a middle to the rim follows from how much of the two faces the metal covers (as F. Gibou et al.,
J. Comput. Phys. 176 (2002) 205, place a boundary of given potential between two nodes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.basis.live.neighbours import SurfaceLinks
from microcurrent.physics.conduction.basis.live.wetting import Film, Metal, Values
from microcurrent.physics.conduction.contact import AREA_ROUNDING, Integers
from microcurrent.physics.conduction.grid import Floats

#: A rim passes no nearer to a middle than this part of the distance between two: less would be a
#: short circuit made of the rounding of coverage.
_NEAREST = 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class Wet:
    """The wet parts of faces and the network between them and the electrodes.

    Part i: its face `faces` (n,), indices into those of the basis; `area` (n,) [m2]; `electrode` (n,),
    whose metal covers it, -1 where film alone does; `contact` (n,) [ohm m2], between metal and film.
    The first `free` parts have a potential of their own; the others lie under metal without contact
    impedance, at its potential. `links` (M, 2) join nodes: node i below `free` is part i, node
    ``free + e`` electrode e; `conductance` (M,) [S]; the first `contacts` links are those between film
    and metal. `electrodes`: how many there are.
    """

    faces: Integers
    area: Floats
    electrode: Integers
    contact: Values
    free: int
    links: Integers
    conductance: Values
    contacts: int
    electrodes: int

    def conductances(self) -> tuple[sparse.csr_array, Values]:
        """Return the current out of every node per potential [S] of parts and of electrodes.

        (free + E, free), sparse, and (free + E, E); each row adds up to 0 over both.
        """
        size = self.free + self.electrodes
        one, other, value = self.links[:, 0], self.links[:, 1], self.conductance
        rows = np.concatenate([one, other, one, other])
        columns = np.concatenate([other, one, one, other])
        values = np.concatenate([-value, -value, value, value])
        film = columns < self.free
        parts = sparse.csr_array((values[film], (rows[film], columns[film])), shape=(size, self.free))
        metal = np.zeros((size, self.electrodes), dtype=value.dtype)
        np.add.at(metal, (rows[~film], columns[~film] - self.free), values[~film])
        return parts, metal


@dataclass(frozen=True, kw_only=True, eq=False)
class _Parts:
    """Parts before they are numbered as nodes.

    `wet` (W,): the faces, rising; `place` (n,): which of them each part lies on; `share` (n,) of the
    face's parts together; `sheet` (n,) [S]; `main` (W,): the main part of every face.
    """

    wet: Integers
    place: Integers
    area: Floats
    electrode: Integers
    contact: Values
    share: Floats
    sheet: Floats
    main: Integers

    @property
    def minor(self) -> Integers:
        """The parts that are not the main one of their face."""
        return np.flatnonzero(self.main[self.place] != np.arange(self.place.size))

    @property
    def table(self) -> Floats:
        """How much of every face the metal of every electrode covers, (W, E + 1); the last: none."""
        table = np.zeros((self.wet.size, int(self.electrode.max()) + 2))
        table[self.place, self.electrode] = self.share
        return table


def wet_network(
    metals: Sequence[Metal], film: Film | None = None, links: SurfaceLinks | None = None
) -> Wet:
    """Return the network of the electrodes' metals and one film, with `links` of the whole skin.

    Without film every metal touches the skin itself. A film may join several electrodes, touch none,
    or leave some dry. Raises `ValueRefused` for no electrode and for a film without links or beyond
    their faces.
    """
    if not metals:
        raise _refused("electrodes", "one or more", "none")
    if film is not None and links is None:
        raise _refused("a film", "the links of the skin's faces, to spread along", "none")
    film = _conducting(film)
    parts = _cut(metals, film)
    edges, values = _contacts(parts)
    contacts = len(edges[0])
    if film is not None and links is not None:
        if film.faces.max() >= links.shadow.size:
            raise _refused("film", f"faces below {links.shadow.size}", f"{film.faces.max()}")
        pairs = links.among(parts.wet)
        ends = np.searchsorted(parts.wet, links.pairs[pairs])
        for more, conductance in (
            _across_faces(parts, film, links, pairs=pairs, ends=ends),
            _within_faces(parts, links, ends=ends),
        ):
            edges.append(more)
            values.append(conductance)
    numbered = _numbered(parts, np.concatenate(edges), np.concatenate(values), len(metals))
    return replace(numbered, contacts=contacts)


def _conducting(film: Film | None) -> Film | None:
    """The faces of a film that conduct sideways; a film that does not conduct is none."""
    if film is None:
        return None
    sheet = np.asarray(film.conductance)
    used = sheet > 0
    if not used.any():
        return None
    pool = np.asarray(film.pool)[used]
    return Film(faces=film.faces[used], area=film.area[used], conductance=sheet[used], pool=pool)


def _cut(metals: Sequence[Metal], film: Film | None) -> _Parts:
    """One part for the metal of each electrode on each face, and one for what is left of the film."""
    faces = np.concatenate([metal.faces for metal in metals])
    area = np.concatenate([metal.area for metal in metals])
    electrode = np.repeat(np.arange(len(metals)), [metal.faces.size for metal in metals])
    contact = np.concatenate([np.asarray(metal.impedance) for metal in metals])
    sheet = np.zeros(faces.size)
    if film is not None:
        order = np.argsort(film.faces)
        nearest = order[np.minimum(np.searchsorted(film.faces, faces, sorter=order), order.size - 1)]
        under = film.faces[nearest] == faces
        of_film = np.asarray(film.conductance)
        sheet[under] = of_film[nearest[under]]
        covered = np.bincount(nearest[under], weights=area[under], minlength=order.size)
        rest = np.maximum(film.area - covered, 0.0)
        bare = rest > AREA_ROUNDING * film.area
        faces, area = np.append(faces, film.faces[bare]), np.append(area, rest[bare])
        electrode = np.append(electrode, np.full(int(bare.sum()), -1))
        contact = np.append(contact, np.zeros(int(bare.sum())))
        sheet = np.append(sheet, of_film[bare])
    wet, place = np.unique(faces, return_inverse=True)
    share = area / np.bincount(place, weights=area)[place]
    # The largest part of a face, metal before film where they are equal.
    order = np.lexsort((electrode < 0, -share, place))
    first = np.append(True, np.diff(place[order]) > 0)
    return _Parts(
        wet=wet, place=place, area=area, electrode=electrode, contact=contact, share=share,
        sheet=sheet, main=order[first],
    )  # fmt: skip


def _contacts(parts: _Parts) -> tuple[list[Integers], list[Values]]:
    """From every part under metal with contact impedance to its electrode, named -1 - e for now."""
    behind = np.flatnonzero((parts.electrode >= 0) & (parts.contact != 0))
    pairs = np.stack([behind, -1 - parts.electrode[behind]], axis=1)
    return [pairs], [np.asarray(parts.area[behind] / parts.contact[behind])]


def _across_faces(
    parts: _Parts, film: Film, links: SurfaceLinks, *, pairs: Integers, ends: Integers
) -> tuple[Integers, Floats]:
    """Film between the main parts of neighbouring faces; `ends` (k, 2) of the `pairs` (k,), in `wet`."""
    pool = np.full(parts.wet.size, -1)
    pool[np.searchsorted(parts.wet, film.faces)] = np.asarray(film.pool)
    one_pool = pool[ends[:, 0]] == pool[ends[:, 1]]
    pairs, ends = pairs[one_pool], ends[one_pool]
    nodes = parts.main[ends]
    gap = np.ones(len(nodes))
    apart = parts.electrode[nodes[:, 0]] != parts.electrode[nodes[:, 1]]
    if apart.any():
        gap[apart] = _gap(parts, ends[apart], links.distance[pairs[apart]])
    sheet = _series(parts.sheet[nodes[:, 0]], parts.sheet[nodes[:, 1]])
    # A strip of film narrower than the faces is a narrower way.
    wetted = np.zeros(parts.wet.size)
    wetted[np.searchsorted(parts.wet, film.faces)] = np.minimum(film.area / links.shadow[film.faces], 1.0)
    narrow = wetted[ends].min(axis=1)
    return nodes, np.asarray(sheet * narrow * links.squares[pairs] / gap)


def _gap(parts: _Parts, ends: Integers, distance: Floats) -> Floats:
    """The way through film between two middles of different electrodes or none, as a part of `distance`.

    Outside the metal it is film alone. Under the metal the film carries current over the length
    sqrt(S z) that a contact impedance z gives it, not at all under metal without.
    """
    table = parts.table
    outside, inside = np.ones(len(ends)), np.zeros(len(ends))
    for near in (0, 1):
        here, beyond = ends[:, near], ends[:, 1 - near]
        middle = parts.main[here]
        metal = parts.electrode[middle]
        # How much of the two faces this metal covers, in lengths: half a length is up to its middle.
        covered = table[here, metal] + table[beyond, metal]
        reach = np.where(metal >= 0, np.maximum(covered - 0.5, 0.0), 0.0)
        outside -= reach
        inside += _under_metal(parts, middle, reach, distance)
    return np.asarray(np.maximum(outside, _NEAREST) + inside)


def _under_metal(parts: _Parts, part: Integers, reach: Floats, size: Floats) -> Floats:
    """The length over which film under metal carries the current that its contact lets in, over `size`."""
    spread = np.sqrt(parts.sheet[part] * np.abs(parts.contact[part])) / size
    ratio = np.divide(reach, spread, out=np.zeros(part.size), where=spread > 0)
    return np.asarray(spread * np.tanh(ratio))


def _within_faces(parts: _Parts, links: SurfaceLinks, *, ends: Integers) -> tuple[Integers, Floats]:
    """Film between the smaller parts of a face and its main part."""
    minor = parts.minor
    minor = minor[parts.sheet[minor] > 0]
    place = parts.place[minor]
    main = parts.main[place]
    small_metal = parts.electrode[minor] >= 0
    metal = np.where(small_metal, minor, main)
    film_share = np.where(small_metal, parts.share[main], parts.share[minor])
    size = np.sqrt(links.shadow[parts.wet[place]])
    under = _under_metal(parts, metal, 0.5 * parts.share[metal], size)
    squares = 1.0 / np.maximum(0.5 * film_share + under, _NEAREST)
    # Where the metal is the main part next door, it is joined to this middle from there.
    beside = np.zeros((parts.wet.size, parts.table.shape[1]), dtype=bool)
    for near in (0, 1):
        beside[ends[:, near], parts.electrode[parts.main[ends[:, 1 - near]]]] = True
    reached = small_metal & beside[place, parts.electrode[minor]]
    spread = np.sqrt(parts.sheet[metal] * np.abs(parts.contact[metal])) / size
    squares = np.where(reached, 2.0 * spread / (1.0 + spread), squares)
    return np.stack([minor, main], axis=1), np.asarray(parts.sheet[minor] * squares)


def _series(one: Floats, other: Floats) -> Floats:
    total = one + other
    return np.divide(2.0 * one * other, total, out=np.zeros(one.size), where=total > 0)


def _numbered(parts: _Parts, edges: Integers, values: Values, electrodes: int) -> Wet:
    """The parts with a potential of their own first, those at an electrode's potential after them."""
    held = (parts.electrode >= 0) & (parts.contact == 0)
    order = np.argsort(held, kind="stable")
    free = int((~held).sum())
    node = np.empty(held.size, dtype=np.int64)
    node[order] = np.arange(held.size)
    node = np.where(held, free + parts.electrode, node)
    # Electrode e is named -1 - e until the parts are numbered.
    named = np.where(edges >= 0, node[np.maximum(edges, 0)], free - 1 - edges)
    apart = named[:, 0] != named[:, 1]
    used = apart & (values != 0)
    return Wet(
        faces=parts.wet[parts.place[order]],
        area=parts.area[order],
        electrode=parts.electrode[order],
        contact=parts.contact[order],
        free=free,
        links=named[used],
        conductance=values[used],
        contacts=0,
        electrodes=electrodes,
    )


def _refused(what: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what=what, expected=expected, came=came))
