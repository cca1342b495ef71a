"""Catalogue: the bases that a folder holds, finished or not, and the one that fits a plan.

Beside every basis stands a card, a JSON file of the same name, that says what it is of. It is written
before the first solve, so that a basis that was broken off is in the list, too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from microcurrent.errors import Problem, RecordError, ValueRefused
from microcurrent.model.plan import Path as Glide
from microcurrent.model.plan import Plan
from microcurrent.physics.conduction.basis.layout import Choice
from microcurrent.planning.basis import BasisRequest, Region, name_of
from microcurrent.planning.bodies import BodySource

_ENDING = ".card.json"
#: Digits of a name that tell bases apart in a list.
SHORT = 12


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a stored basis is of.

    `name`: digits of its digest; `body`: how it was called, `content`: digest of its geometry; `tables`:
    digest of the tables; `around`: where its regions lie, in words; `request`; `state`: "whole", "begun"
    or "absent"; `blocks`: how many blocks of solves are done; `bytes` on disk.
    """

    name: str
    body: str
    content: str
    tables: str
    around: tuple[str, ...]
    request: BasisRequest
    state: str = "absent"
    blocks: int = 0
    bytes: int = 0

    @property
    def short(self) -> str:
        """The first digits of the name."""
        return self.name[:SHORT]


def write_card(folder: Path, card: Card) -> None:
    """Write a card beside the basis that it is of."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {key: value for key, value in asdict(card).items() if key not in ("state", "blocks", "bytes")}
    partial = folder / f"{card.name}{_ENDING}.partial"
    partial.write_text(json.dumps(content, indent=1), encoding="utf-8")
    partial.replace(folder / f"{card.name}{_ENDING}")


def cards_in(folder: Path) -> tuple[Card, ...]:
    """Return the cards of a folder, the finest grid first. Raises `RecordError` for a damaged card."""
    found = [_read(path) for path in sorted(folder.glob(f"*{_ENDING}"))] if folder.is_dir() else []
    return tuple(sorted(found, key=lambda card: (card.body, card.request.spacing, card.name)))


def card_named(folder: Path, name: str) -> Card:
    """Return the card whose name begins with `name`. Raises `RecordError` for none or several."""
    found = [card for card in cards_in(folder) if name and card.name.startswith(name)]
    if len(found) != 1:
        known = ", ".join(card.short for card in cards_in(folder)) or "none"
        raise RecordError(
            str(
                Problem(
                    what=f"{'no' if not found else 'more than one'} basis of this name",
                    expected=f"one of {known}",
                    came=name,
                    file=str(folder),
                )
            )
        )
    return found[0]


def fitting(
    folder: Path, plan: Plan, source: BodySource, *, values: Mapping[str, float | Sequence[float]]
) -> Card:
    """Return the finest basis of this body, by these values, around a plan's sites and its probes' ways.

    Raises `ValueRefused` where the folder has none.
    """
    points = [site.position for site in plan.sites]
    parts = [part for step in plan.steps for part in (step.anode, step.cathode)]
    points += [corner for part in parts if isinstance(part, Glide) for corner in part.way]
    for card in sorted(cards_in(folder), key=lambda card: card.request.spacing):
        if (
            card.state == "whole"
            and card.content == source.body.content
            and card.name == name_of(source, values, card.request)
            and all(_holds(card.request, point) for point in points)
        ):
            return card
    raise ValueRefused(
        Problem(
            what="no basis fits this plan",
            expected=f"one of the body {plan.body!r} around {', '.join(site.name for site in plan.sites)}",
            came="none that is whole, of the tables as they are and made as this version makes them",
            file=str(folder),
            advice="Build one: microcurrent basis build PLAN, with the name of this plan",
        )
    )


def _holds(request: BasisRequest, point: tuple[float, float, float]) -> bool:
    return not request.regions or any(
        math.dist(region.centre, point) < region.radius for region in request.regions
    )


def _read(path: Path) -> Card:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        asked = content["request"]
        request = BasisRequest(
            spacing=asked["spacing"],
            tissues=tuple(asked["tissues"]),
            regions=tuple(
                Region(centre=tuple(one["centre"]), radius=one["radius"]) for one in asked["regions"]
            ),
            choice=Choice(**asked["choice"]),
        )
        name = content["name"]
        whole, part = path.with_name(name), path.with_name(f"{name}.part")
        there = whole if whole.is_dir() else part
        return Card(
            name=name,
            body=content["body"],
            content=content["content"],
            tables=content["tables"],
            around=tuple(content["around"]),
            request=request,
            state="whole" if whole.is_dir() else "begun" if part.is_dir() else "absent",
            blocks=sum(1 for _ in (there / "done").glob("*")) if there.is_dir() else 0,
            bytes=sum(_sizes(there)) if there.is_dir() else 0,
        )
    except (OSError, ValueError, KeyError, TypeError, ValueRefused) as fault:
        problem = Problem(
            what="the card of a basis is damaged", file=str(path),
            advice="Delete it and build the basis again; what is made of it is kept",
        )  # fmt: skip
        raise RecordError(str(problem)) from fault


def _sizes(folder: Path) -> Iterator[int]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.stat().st_size
