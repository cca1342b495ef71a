"""Proposing: the best plan for an intent that the assessment does not refuse.

What was sought is written as a plan file, read back, predicted with intervals and assessed like any other
plan. Where a limit is passed, the current is lowered by as much and the search done again; where a rule
refuses a place, it is taken out. So nothing is proposed that `assess` refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from microcurrent import __version__, tables
from microcurrent.errors import Problem, ValueRefused
from microcurrent.model import Assessment, Finding, Limits, Plan, Prediction
from microcurrent.model.proposal import Chosen, Proposal
from microcurrent.planning.assess import assess
from microcurrent.planning.bodies import BodySource
from microcurrent.planning.fields import Fields
from microcurrent.planning.independent import check, with_second
from microcurrent.planning.planfile.reader import plan_of
from microcurrent.planning.prediction.predict import predict
from microcurrent.planning.proposal.candidates import Candidate, Move
from microcurrent.planning.proposal.plans import passes_of, plan_text
from microcurrent.planning.proposal.seeking import (
    Progress,
    Side,
    Sought,
    Wanted,
    currents_of,
    least_area,
    seek,
    side_of,
)
from microcurrent.planning.toml_file import parse_toml

#: Tries to bring a plan under every limit: each lowers the current by what the last one passed.
_TRIES = 4
#: What a lower current does not mend, or not in proportion.
_NOT_LOWERED = ("time", "length", "fraction", "ratio", "pH")
#: A little below the level, so that rounding does not pass it.
_BELOW = 0.97


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the plan is to be called: `title`, `body` and `labels` as a plan file names them, `author`, name
    of the `device`; draws and seed of the prediction; the folder that a body file is looked for in."""

    title: str
    body: str
    device: str
    samples: int
    seed: int
    base: Path
    author: str = ""
    labels: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Proposed:
    """A `proposal`, the `text` of its plan file, and what came of it."""

    proposal: Proposal
    text: str
    plan: Plan
    source: BodySource
    prediction: Prediction
    fields: Fields
    assessment: Assessment


def propose(
    wanted: Wanted,
    request: Request,
    source: BodySource,
    *,
    limits: Limits,
    moves: dict[str, Sequence[Move]],
    on_progress: Progress | None = None,
) -> Proposed:
    """Return the best plan that keeps every limit and rule.

    `moves` by side: holds and glides of the programs, looked at beside all pairs of sites. Raises
    `ValueRefused` where no plan can be found, with what refused the last one; `PredictionError` where
    nothing fits into the time.
    """
    sides = [
        side_of(wanted, side, source, limits=limits, moves=moves.get(side, ()), on_progress=on_progress)
        for side in wanted.sides
    ]
    area = least_area(wanted, source, sides[0].found.found[0])
    factor, warned = 1.0, False
    for _ in range(_TRIES):
        sought = [
            seek(wanted, side, currents_of(wanted, side, limits, area=area, factor=factor))
            for side in sides
        ]
        made = _made(wanted, request, (source, limits), sought=sought, sides=sides, on_progress=on_progress)
        stops = made.assessment.having("stop")
        passed = stops or (() if wanted.warnings or warned else _lowerable(made.assessment))
        if not passed:
            return made
        shrink = _shrink(passed)
        if shrink is None and stops:
            sides = [_without(side, made, stops) for side in sides]
        elif shrink is None:
            return made
        else:
            warned = warned or not stops
            factor *= shrink
    raise ValueRefused(
        Problem(
            what="no plan was found that keeps every limit", key="--intent",
            expected="a plan without a stop",
            came="; ".join(finding.reason for finding in stops) or "warnings",
            advice="Choose fewer targets, a smaller current or other electrodes",
        )
    )  # fmt: skip


def _made(
    wanted: Wanted,
    request: Request,
    ground: tuple[BodySource, Limits],
    *,
    sought: Sequence[Sought],
    sides: Sequence[Side],
    on_progress: Progress | None,
) -> Proposed:
    """The plan file of what was sought, read, predicted and assessed."""
    source, limits = ground
    chosen = [
        (candidate, _rounded(candidate, one))
        for side in sought
        for candidate, one in zip(side.candidates, side.chosen, strict=True)
    ]
    proposal = _proposal(wanted, request, sought=sought, sides=sides, chosen=[one for _, one in chosen])
    course = wanted.intent.course
    if course is None:
        raise TypeError("an intent without a course is not proposed for")
    text = plan_text(
        {"title": request.title, "body": request.body, "labels": request.labels,
         "intent": wanted.intent.name, "author": request.author},
        _remarks(wanted, request, proposal),
        chosen,
        probes=(wanted.electrodes, wanted.stimulus),
        course=replace(course, minutes=wanted.seconds / 60),
        known=[site.name for site in source.body.sites],
    )  # fmt: skip
    plan, read = plan_of(parse_toml(text.encode(), "the proposed plan"), base=request.base)
    prediction, fields = predict(
        plan, read, tables_digest=tables.digest(), samples=request.samples, seed=request.seed,
        on_progress=on_progress,
    )  # fmt: skip
    assessment = assess(
        plan, prediction, limits, body=read.body, tables_digest=tables.digest(),
        tissues_between=read.tissues_on_line,
    )  # fmt: skip
    assessment = with_second(assessment, check(plan, prediction, read, limits=limits))
    return Proposed(
        proposal=proposal, text=text, plan=plan, source=read, prediction=prediction, fields=fields,
        assessment=assessment,
    )  # fmt: skip


def _rounded(candidate: Candidate, one: Chosen) -> Chosen:
    """Whole seconds and whole passes, rounded down: time is a limit, too."""
    if not candidate.seconds:
        return replace(one, seconds=float(max(1, int(one.seconds))))
    return replace(one, seconds=passes_of(candidate, one.seconds) * candidate.seconds)


def _proposal(
    wanted: Wanted,
    request: Request,
    *,
    sought: Sequence[Sought],
    sides: Sequence[Side],
    chosen: Sequence[Chosen],
) -> Proposal:
    weakest = min(sought, key=lambda side: side.strength)
    return Proposal(
        intent=wanted.intent.name,
        targets=tuple(target for side in sides for target in side.targets),
        device=request.device,
        minutes=wanted.seconds / 60,
        chosen=tuple(chosen),
        binding=weakest.binding,
        tradeoffs=weakest.tradeoffs,
        strength=weakest.strength,
        certified=min(side.strength / side.bound for side in sought),
        candidates=sum(len(side.found.found) for side in sides),
        refused=sum(side.found.refused for side in sides),
    )


def _remarks(wanted: Wanted, request: Request, proposal: Proposal) -> list[str]:
    intent = wanted.intent
    return [
        f"Proposed by microcurrent {__version__} for {intent.title.lower()}, with {request.device}.",
        f"Evidence: {intent.grade}. {intent.evidence}",
        f"Targets: {', '.join(target.words for target in proposal.targets)}.",
        f"Chosen among {proposal.candidates} holds and glides; {100 * proposal.certified:.0f} % of what "
        "any mixture of them could give the least served target within the same time and limits.",
    ]


def _lowerable(assessment: Assessment) -> tuple[Finding, ...]:
    """The warnings that a lower current may mend."""
    return tuple(
        finding
        for finding in assessment.having("warn")
        if finding.value is not None and finding.value.dimension not in _NOT_LOWERED
    )


def _shrink(findings: Sequence[Finding]) -> float | None:
    """By how much to lower the current so that all findings are in order, or None where that does not
    help."""
    factors = []
    for finding in findings:
        level = finding.warn if finding.verdict == "warn" else finding.stop
        if finding.value is None or not level or finding.value.dimension in _NOT_LOWERED:
            return None
        if finding.value.high <= level:
            return None  # a limit from below, which no lower current mends
        factors.append(level / finding.value.high)
    return _BELOW * min(factors)


def _without(side: Side, made: Proposed, stops: Sequence[Finding]) -> Side:
    """The side without the candidates of every step that a rule refuses."""
    refused = {
        (made.proposal.chosen[step.number - 1].first, made.proposal.chosen[step.number - 1].second)
        for step in made.plan.steps
        if any(f"step {step.number}" in _steps_of(finding) for finding in stops)
    }
    if not refused:
        raise ValueRefused(
            Problem(what="no plan was found that keeps every limit", key="--intent",
                    came="; ".join(finding.reason for finding in stops), expected="a plan without a stop")
        )  # fmt: skip
    keep = [
        number
        for number, one in enumerate(side.found.found)
        if (tuple(s.name for s in one.first), tuple(s.name for s in one.second)) not in refused
    ]
    if not keep:
        raise ValueRefused(
            Problem(what="every hold and glide for this target is refused", key="--target",
                    came="; ".join(finding.reason for finding in stops), expected="one that is not")
        )  # fmt: skip
    return replace(
        side,
        found=replace(side.found, found=tuple(side.found.found[k] for k in keep)),
        served=side.served[keep],
        spilled=side.spilled[keep],
        usage=side.usage[:, keep],
    )


def _steps_of(finding: Finding) -> set[str]:
    return {part.split(",")[0].strip() for part in finding.where.split(";")}
