"""Answering: every claim with what the program computes, or with what the evidence says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from microcurrent import tables
from microcurrent.errors import InputError, Problem, TableError
from microcurrent.model.claim import Claim, ClaimAnswer, ClaimFigure
from microcurrent.planning.claims.depth import depth
from microcurrent.planning.claims.plain import chemistry, cost, frequency
from microcurrent.planning.claims.situations import Situation
from microcurrent.planning.claims.skin import density, sensation, voltage
from microcurrent.planning.claims.tissue import fibroblasts, muscles

Computation = Callable[[Sequence[Situation]], tuple[str, tuple[ClaimFigure, ...]]]

#: What answers a computed claim, by the name in the table.
COMPUTATIONS: dict[str, Computation] = {
    "chemistry": chemistry,
    "cost": cost,
    "density": density,
    "depth": depth,
    "fibroblasts": fibroblasts,
    "frequency": frequency,
    "muscles": muscles,
    "sensation": sensation,
    "voltage": voltage,
}
#: Those that need no body.
_WITHOUT_A_BODY = ("cost", "frequency", "sensation")


def chosen(numbers: Iterable[str]) -> tuple[Claim, ...]:
    """Return the claims of these numbers in their order, all of them for none.

    "5" is both 5a and 5b. Raises `InputError` for a number that no claim has.
    """
    known, wanted = tables.claims(), tuple(numbers)
    if not wanted:
        return known
    found: list[Claim] = []
    for number in wanted:
        these = [
            c for c in known if number in (c.number, c.number.rstrip("ab") if c.number[0].isdigit() else "")
        ]
        if not these:
            raise InputError(
                Problem(what="there is no such claim", key="NUMBER", came=number,
                        expected="one of " + ", ".join(claim.number for claim in known))
            )  # fmt: skip
        found += [claim for claim in these if claim not in found]
    return tuple(found)


def needs_situations(claims: Iterable[Claim]) -> bool:
    """Return whether any of these claims is answered on a body, which takes a prediction."""
    return any(claim.computation and claim.computation not in _WITHOUT_A_BODY for claim in claims)


def answer(claims: Iterable[Claim], situations: Sequence[Situation]) -> tuple[ClaimAnswer, ...]:
    """Return the answer to each claim; `situations` may be empty where none of them needs a body.

    Raises `TableError` for a claim that names a computation that is not there.
    """
    computed: dict[str, tuple[str, tuple[ClaimFigure, ...]]] = {}
    found = []
    for claim in claims:
        if claim.kind == "evidence":
            found.append(ClaimAnswer(claim=claim))
            continue
        if claim.computation not in COMPUTATIONS:
            raise TableError(
                f"claims.toml: row [[claim]] ({claim.number}): computation: expected one of "
                f"{', '.join(COMPUTATIONS)}, came {claim.computation!r}."
            )
        if claim.computation not in computed:
            computed[claim.computation] = COMPUTATIONS[claim.computation](situations)
        verdict, figures = computed[claim.computation]
        found.append(ClaimAnswer(claim=claim, verdict=verdict, figures=figures))
    return tuple(found)
