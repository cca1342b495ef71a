"""Claims: what is said of microcurrent, answered by computing it or by the evidence, and as a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from microcurrent import tables
from microcurrent.model.claim import ClaimAnswer
from microcurrent.model.digest import canonical
from microcurrent.planning.claims import FULL, QUICK, answer, chosen, needs_situations, situation
from microcurrent.planning.prediction.predict import Progress
from microcurrent.reports.claims import claims_page
from microcurrent.reports.files import write_whole

#: Draws behind each interval where nothing else is said: enough for its ends; kept, so that it comes once.
SAMPLES = 24


@dataclass(frozen=True, kw_only=True)
class ClaimsWanted:
    """Which claims, by number, none for all; `quick`: on a flat block, not face and forearm; `samples`."""

    numbers: tuple[str, ...] = ()
    quick: bool = False
    samples: int = SAMPLES


def answer_claims(
    wanted: ClaimsWanted,
    *,
    on_step: Callable[[str], None] = lambda _: None,
    on_progress: Progress | None = None,
) -> tuple[ClaimAnswer, ...]:
    """Return the answer to each claim that is asked for; predictions are made once and kept.

    Raises `InputError` for a number that no claim has.
    """
    claims = chosen(wanted.numbers)
    bodies = QUICK if wanted.quick else FULL
    situations = [
        situation(
            body, samples=wanted.samples, on_step=on_step,
            on_progress=on_progress,
        )
        for body in (bodies if needs_situations(claims) else ())
    ]  # fmt: skip
    return answer(claims, situations)


def write_claims(answers: tuple[ClaimAnswer, ...], folder: Path) -> tuple[Path, ...]:
    """Write the answers into a folder as a page, claims.md, and as data, claims.json; return both paths."""
    page, data = folder / "claims.md", folder / "claims.json"
    citations = {id_: reference.citation for id_, reference in tables.references().items()}
    write_whole(page, claims_page(answers, citations).encode())
    write_whole(data, (canonical(answers) + "\n").encode())
    return page, data
