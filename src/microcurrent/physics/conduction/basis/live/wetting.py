"""What of the skin an electrode's metal covers, and what a film of gel, water or sweat makes wet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from microcurrent.errors import Problem, ValueRefused
from microcurrent.physics.conduction.basis.live.neighbours import SurfaceLinks
from microcurrent.physics.conduction.contact import AREA_ROUNDING, Contact, Faces, Integers
from microcurrent.physics.conduction.grid import Floats

Values = npt.NDArray[np.inexact]


@dataclass(frozen=True, kw_only=True, eq=False)
class Metal:
    """The metal of one electrode: `faces` (m,) of the skin under it, `area` (m,) [m2] of each.

    `faces` are indices into the faces of the basis, each named once. `impedance` [ohm m2] between the
    metal and what is under it, film or skin: a number or (m,), real or complex, 0 for none. Raises
    `ValueRefused` for no face, a face named twice, areas not above 0 and an impedance that is not
    finite or has a negative real part.
    """

    faces: Integers
    area: Floats
    impedance: Values | complex = 0.0

    def __post_init__(self) -> None:
        count = _keep_faces(self, "metal")
        _keep_values(self, "metal", "area", count)
        _keep_values(self, "metal", "impedance", count)


@dataclass(frozen=True, kw_only=True, eq=False)
class Film:
    """A conducting film on the skin, under the metal too: `faces` (m,), wetted `area` (m,) [m2].

    `conductance` [S], of a square of it: conductivity times thickness; a number or (m,), 0 or more.
    `pool`: pieces of film that do not touch, though they may wet neighbouring faces, have different
    numbers; a number or (m,). Raises `ValueRefused` for no face, a face named twice and values outside
    these meanings.
    """

    faces: Integers
    area: Floats
    conductance: Floats | float
    pool: Integers | int = 0

    def __post_init__(self) -> None:
        count = _keep_faces(self, "film")
        pool = np.array(self.pool)
        if pool.shape not in ((), (count,)) or not np.issubdtype(pool.dtype, np.integer):
            raise _refused(
                "film", "pool", f"a whole number for each of {count} faces", f"shape {pool.shape}"
            )
        object.__setattr__(self, "pool", np.array(np.broadcast_to(pool, (count,))))
        _keep_values(self, "film", "area", count)
        _keep_values(self, "film", "conductance", count)


def _keep_faces(noun: Metal | Film, what: str) -> int:
    faces = np.array(noun.faces)
    if faces.ndim != 1 or faces.size == 0 or not np.issubdtype(faces.dtype, np.integer):
        raise _refused(what, "faces", "one or more indices", f"{faces.dtype} of shape {faces.shape}")
    if faces.min() < 0 or np.unique(faces).size < faces.size:
        raise _refused(what, "faces", "indices from 0, each once", f"{faces.size} indices")
    object.__setattr__(noun, "faces", faces.astype(np.int64))
    return int(faces.size)


def _keep_values(noun: Metal | Film, what: str, key: str, count: int) -> None:
    given = np.asarray(getattr(noun, key))
    if given.shape not in ((), (count,)) or (key == "area" and given.ndim == 0):
        raise _refused(what, key, f"one value for each of {count} faces", f"shape {given.shape}")
    complex_allowed = key == "impedance"
    if not np.issubdtype(given.dtype, np.number) or (np.iscomplexobj(given) and not complex_allowed):
        raise _refused(what, key, "numbers", f"an array of {given.dtype}")
    sound = np.isfinite(given) & ((given.real > 0) if key == "area" else (given.real >= 0))
    if not sound.all():
        least = "above 0" if key == "area" else "0 or more"
        raise _refused(what, key, f"finite values {least}", f"{given[~sound].flat[0]}")
    kind = complex if np.iscomplexobj(given) else float
    values = np.array(np.broadcast_to(given, (count,)), dtype=kind)
    values.setflags(write=False)
    object.__setattr__(noun, key, values)


def metal_of(faces: Faces, contact: Contact, *, impedance: npt.ArrayLike = 0.0) -> Metal:
    """Return the metal that covers what `contact` covers, on the `faces` of a basis.

    `impedance` [ohm m2] between metal and film or skin. That of the contact is not used: the skin has
    its own in the live solve. Raises `ValueRefused` for a contact off the faces.
    """
    return Metal(faces=places_of(faces, contact), area=contact.area, impedance=np.asarray(impedance))


def film_of(faces: Faces, contact: Contact, *, conductance: npt.ArrayLike) -> Film:
    """Return the film that wets what `contact` covers, on the `faces` of a basis.

    A film that reaches beyond a probe is a contact placed with a larger footprint. `conductance` [S]
    of a square. Raises `ValueRefused` for a contact off the faces.
    """
    return Film(faces=places_of(faces, contact), area=contact.area, conductance=np.asarray(conductance))


def joined(films: Sequence[Film], links: SurfaceLinks) -> Film:
    """Return one film made of several, which flow together where they overlap and only there.

    Two overlap where together they wet more of a face than there is, and touch where each wets the
    whole of one of two neighbours; else a gap of dry skin parts them. Where two lie on one face the
    larger wet area and its conductance hold. Raises `ValueRefused` for no film.
    """
    if not films:
        raise _refused("film", "films", "one or more", "none")
    number = np.repeat(np.arange(len(films)), [film.faces.size for film in films])
    faces = np.concatenate([film.faces for film in films])
    share = np.concatenate([film.area for film in films]) / links.shadow[faces]
    pool = _pools(faces, share, number, links)
    # The largest on each face.
    order = np.lexsort((-share, faces))
    kept = order[np.append(True, np.diff(faces[order]) > 0)]
    conductance = np.concatenate([np.asarray(film.conductance) for film in films])
    area = np.concatenate([film.area for film in films])
    return Film(faces=faces[kept], area=area[kept], conductance=conductance[kept], pool=pool[number[kept]])


def _pools(faces: Integers, share: Floats, number: Integers, links: SurfaceLinks) -> Integers:
    """The number of the pool that each film belongs to."""
    count = int(number[-1]) + 1
    order = np.lexsort((number, faces))
    one, other = order[:-1], order[1:]
    over = (faces[one] == faces[other]) & (share[one] + share[other] > 1 + AREA_ROUNDING)
    meeting = [np.stack([number[one[over]], number[other[over]]])]
    full = np.flatnonzero(share > 1 - AREA_ROUNDING)
    whole, place = np.unique(faces[full], return_inverse=True)
    owner = np.zeros(whole.size, dtype=np.int64)
    owner[place] = number[full]
    if whole.size:
        meeting.append(owner[np.searchsorted(whole, links.pairs[links.among(whole)])].T)
    pairs = np.concatenate(meeting, axis=1)
    graph = sparse.coo_array((np.ones(pairs.shape[1]), (pairs[0], pairs[1])), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def places_of(faces: Faces, contact: Contact) -> Integers:
    """Return the index into `faces` of each face of the contact, (m,); refuse one that is not there."""
    # In this order the faces of a skin are sorted already, and sorting them costs nothing.
    past = 1 + max(int(faces.cells.max()), int(contact.cells.max()))
    known, wanted = ((one.axis * 2 + (one.side > 0)) * past + one.cells for one in (faces, contact))
    order = np.argsort(known, kind="stable")
    place = np.minimum(np.searchsorted(known, wanted, sorter=order), known.size - 1)
    found = order[place]
    strange = known[found] != wanted
    if strange.any():
        raise _refused(
            "contact", "cells", "faces of the skin of the basis", f"{int(strange.sum())} that are not"
        )
    return np.asarray(found)


def _refused(what: str, key: str, expected: str, came: str) -> ValueRefused:
    return ValueRefused(Problem(what=what, key=key, expected=expected, came=came))
