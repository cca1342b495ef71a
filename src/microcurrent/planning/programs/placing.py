"""Moves on a body: which there are for a muscle, a zone or all of it, and where their probes go."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from microcurrent import tables
from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.body import Body, Site
from microcurrent.model.electrode import Electrode
from microcurrent.model.move import HELD_KINDS, MOVE_KINDS, Move, PlacedMove
from microcurrent.planning.bodies import BodySource, clearance_of
from microcurrent.planning.positions import point_along

SIDES = ("left", "right", "both")
#: A probe that could travel less than this [m] stays: the move is a hold.
_LEAST_TRAVEL = 5e-3
_FACE = "face"
_LIMB_SIDES = 'Of a limb each side is a body of its own, such as "{} left"'


def moves(
    source: BodySource,
    *,
    target: str = "",
    side: str = "both",
    kinds: tuple[str, ...] = (),
    electrodes: tuple[Electrode, Electrode] | None = None,
) -> tuple[PlacedMove, ...]:
    """Return the moves for a target on a body, placed, in the order of the table, left before right.

    `target`: a muscle, a zone of the sitting, or "" (or the name of the body) for all but the zones that
    are treated only on request; `side`: one of `SIDES`; `kinds`: only these, () for all; `electrodes`: that
    of the anchor and the other, whose edges then keep the least spacing of the limits.

    Raises `ValueRefused` for a target or side that the body has no move for, with the reason where a muscle
    is never treated.
    """
    if side not in SIDES:
        raise ValueRefused(Problem(what="unknown side", expected=" or ".join(SIDES), came=side, key="side"))
    body = source.body
    sort = sort_of(body)
    known = [move for move in tables.moves() if move.body == sort and (not kinds or move.kind in kinds)]
    wanted = _of_target(known, target, sort, body)
    single = any(target == move.muscle for move in wanted if move.muscle)
    placed = []
    for move in wanted:
        for one in _sides(move, side, single=single):
            sites = _sites(body, move, one)
            if sites is not None:
                placed.append(_placed(source, move, one, sites, electrodes=electrodes))
    if not placed:
        raise ValueRefused(
            Problem(
                what="this body lacks the sites of these moves", came=f"{body.name!r}, side {side}",
                expected=f"the sites of {wanted[0].name!r}", key="side" if side != "both" else "body",
                advice=_LIMB_SIDES.format(sort) if sort != _FACE else "",
            )
        )  # fmt: skip
    return tuple(placed)


def parts_of(body: str, *, kinds: Iterable[str] = MOVE_KINDS) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the zones and the muscles that moves of some kinds are known for on a sort of body: "face"."""
    known = [move for move in tables.moves() if move.body == body and move.kind in kinds]
    zones = tuple(dict.fromkeys(move.zone for move in known))
    return zones, tuple(dict.fromkeys(move.muscle for move in known if move.muscle))


def sort_of(body: Body) -> str:
    """Return what moves call a body: the limb or patch that its name begins with, else "face"."""
    sorts = {move.body for move in tables.moves()} - {_FACE}
    return next((sort for sort in sorts if body.name == sort or body.name.startswith(f"{sort} ")), _FACE)


def _of_target(known: list[Move], target: str, sort: str, body: Body) -> list[Move]:
    """Return the moves for a target, or refuse it with what there is."""
    for excluded in tables.excluded_muscles():
        if target == excluded.muscle:
            raise ValueRefused(
                Problem(what=f"{target!r} is not treated", came=excluded.reason.rstrip("."), key="part")
            )
    if target in ("", sort, body.name):
        on_request = {name for name, zone in tables.zone_times().items() if zone.on_request}
        found = [move for move in known if move.zone not in on_request]
    else:
        found = [move for move in known if target in (move.muscle, move.zone)]
    if not found:
        names = dict.fromkeys(name for move in known for name in (move.zone, move.muscle) if name)
        near = difflib.get_close_matches(target, names, n=3, cutoff=0.6)
        raise ValueRefused(
            Problem(
                what="no move is known for this part", key="part", came=target or body.name,
                expected=f"a zone or muscle of the {sort}: {', '.join(names)}" if names
                else f"a body that these moves are for, not {body.name!r}",
                advice="Perhaps " + " or ".join(f'"{name}"' for name in near) + " is meant" if near else "",
            )
        )  # fmt: skip
    return found


def _sides(move: Move, side: str, *, single: bool) -> Iterable[str]:
    """The sides on which a move is done; one on the midline where both are, or it is asked for by name."""
    if move.midline:
        return ("midline",) if side == "both" or single else ()
    return ("left", "right") if side == "both" else (side,)


def _sites(body: Body, move: Move, side: str) -> tuple[tuple[Site, ...], tuple[Site, ...]] | None:
    """The sites of anchor and line on a side of a body, or None where it lacks one."""
    found = [
        [body.find_site(f"{name} {side}") or body.find_site(name) for name in names]
        for names in (move.anchor, move.line)
    ]
    if any(site is None or site.side not in ("", "midline", side) for names in found for site in names):
        return None
    anchor, line = (tuple(site for site in names if site) for names in found)
    return anchor, line


def _placed(
    source: BodySource,
    move: Move,
    side: str,
    sites: tuple[tuple[Site, ...], tuple[Site, ...]],
    *,
    electrodes: tuple[Electrode, Electrode] | None,
) -> PlacedMove:
    anchor, line = sites
    clearances = [clearance_of(e) for e in electrodes] if electrodes else [clearance_of()] * 2
    if move.kind in HELD_KINDS:
        return PlacedMove(move=move, side=side, first=anchor, second=line, length=0.0)
    if move.kind == "active":
        length = source.path(line, clearance=clearances[1]).length
        return PlacedMove(move=move, side=side, first=anchor, second=line, length=length)
    if move.kind == "stroke":
        length = max(
            source.path(path, clearance=clearance).length
            for path, clearance in zip((anchor, line), clearances, strict=True)
        )
        return PlacedMove(move=move, side=side, first=anchor, second=line, length=length)
    reach = sum(electrode.reach for electrode in electrodes) if electrodes else 0.0
    gap = reach + tables.limits().stop("probe-spacing-least")
    way = source.path((*anchor, *line), clearance=clearances[1])
    if way.length - gap < _LEAST_TRAVEL:
        return PlacedMove(move=move, side=side, first=anchor, second=line[-1:], length=0.0)
    near = Site(
        name=f"{move.name}{'' if side == 'midline' else f' {side}'}, near",
        position=point_along(way.points, gap / way.length), side=side, source="computed",
    )  # fmt: skip
    passed = [site for site, mark in zip(line, way.marks[1:], strict=True) if mark > gap + _LEAST_TRAVEL]
    second = (near, *passed)
    return PlacedMove(
        move=move, side=side, first=anchor, made=(near,), length=way.length - gap,
        second=second[::-1] if move.kind == "shorten" else second,
    )  # fmt: skip
