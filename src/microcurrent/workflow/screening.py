"""Screen: every contraindication once, the questions of the day before a sitting, where not to treat."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from microcurrent.errors import AnswersError, Problem, ScreeningRefused, ValueRefused
from microcurrent.model.course import Client
from microcurrent.model.plan import Plan
from microcurrent.model.screening import (
    Answer,
    SameDay,
    SameDayQuestion,
    Screening,
    ScreeningFinding,
)
from microcurrent.planning.bodies.anatomy import AnatomySource
from microcurrent.planning.screening import (
    ANSWERS_HOLD,
    Touch,
    Treated,
    answers_date,
    limb_of,
    meet,
    outlines_of,
    read_answers,
    read_same_day_answers,
    same_day_questions,
    screen_same_day,
    screen_treated,
    standing_in,
    treated_by,
)
from microcurrent.planning.screening import answers_template as _answers_template
from microcurrent.planning.screening import same_day_template as _same_day_template
from microcurrent.workflow.preparing import Prepared
from microcurrent.workflow.stimulators import REHEARSAL, split

if TYPE_CHECKING:  # checking a plan does not wait for the database
    from microcurrent.workflow.workspace import Workspace

#: Answers of the day count on that day where the client is, and no longer than this after they were judged,
#: wherever the clock has been set since. A policy of this program, not a finding.
TODAY_HOLDS = datetime.timedelta(hours=18)
#: The records keep whole seconds.
_ROUNDED = datetime.timedelta(seconds=1)


def day_of(moment: datetime.datetime) -> datetime.date:
    """Return the day that it is, where this program runs, at a moment."""
    return moment.astimezone().date()


def screen(prepared: Prepared, answers: Path, *, workspace: Workspace, on: datetime.date,
           actor: str, keep: bool = True) -> tuple[Screening, Client]:  # fmt: skip
    """Screen the client whose answers are in a file against every contraindication, and `keep` it.

    For the systems, the mode and the zones of the plan: it holds for this plan alone. Raises
    `AnswersError` for a file that cannot be used, or whose `date` is not within the `ANSWERS_HOLD` days
    up to `on`: what was answered long ago does not keep.
    """
    given, client = read_answers(answers, on=on)
    day = answers_date(answers)
    if day is not None and not 0 <= (on - day).days <= ANSWERS_HOLD:
        raise _not_of_now(answers, day, f"a date from {on - datetime.timedelta(days=ANSWERS_HOLD)} to {on}")
    treated = treated_by(prepared.plan, prepared.source.body)
    screening = screen_treated(given, client=client, treated=treated, on=on)
    screening = replace(screening, answered_on="" if day is None else day.isoformat())
    if keep:
        workspace.keep(screening, actor=actor)
    return screening, client


def client_of(answers: Path) -> Client:
    """Return whose answers are in a file. Raises `AnswersError` for a file that cannot be used."""
    return read_answers(answers, on=datetime.date.max)[1]  # dates are looked at by `screen`


def screen_today(prepared: Prepared, answers: Path, *, workspace: Workspace, now: datetime.datetime,
                 actor: str) -> SameDay:  # fmt: skip
    """Judge the answers of the day in a file for a plan, and keep them with their date.

    A file without a `date` counts as of the day of `now`, for a rehearsal only. Raises `AnswersError`
    for a file that cannot be used, or of another day.
    """
    on = day_of(now)
    given, client = read_same_day_answers(answers, on=on)
    day = answers_date(answers)
    if day is not None and day != on:
        raise _not_of_now(answers, day, f"today, {on}")
    asked = "undated" if day is None else "dated"
    return _kept(prepared, (given, client, asked), workspace=workspace, now=now, actor=actor)


def answer_today(prepared: Prepared, answers: Iterable[Answer], client: Client, *, workspace: Workspace,
                 now: datetime.datetime, actor: str) -> SameDay:  # fmt: skip
    """Judge answers of the day that were given one by one at the keyboard, and keep them."""
    given = (tuple(answers), client, "at the keyboard")
    return _kept(prepared, given, workspace=workspace, now=now, actor=actor)


def questions_today(prepared: Prepared) -> tuple[SameDayQuestion, ...]:
    """Return the questions of the day for a plan, in their order."""
    return same_day_questions(treated_by(prepared.plan, prepared.source.body))


def check_today(
    plan: Plan, client: str, *, stimulator: str, workspace: Workspace, now: datetime.datetime
) -> SameDay | None:
    """Return the answers of today that let this client be treated by this plan.

    Those of the same day where the client is, judged at most `TODAY_HOLDS` ago. A rehearsal, to which no
    probe can be connected, may go without them: then None. Raises
    `ScreeningRefused` where answers of today say no, or are missing for a stimulator for people.
    """
    today = day_of(now).isoformat()
    newest = workspace.newest(SameDay, client=client, date=today)
    if newest is not None and newest.outcome != "clear":
        raise ScreeningRefused(f"The answers of today say {newest.outcome}: {reasons(newest)}.")
    here = newest is not None and newest.plan == plan.digest
    if newest is not None and here and newest.asked != "undated" and _is_fresh(newest, now):
        return newest
    if split(stimulator)[0] in REHEARSAL:
        return newest if here else None
    why = "no answers of today are on record for this client and plan"
    if newest is not None and not here:
        why = "the answers of today were for another plan"
    elif newest is not None and newest.asked == "undated":
        why = "the answers on record do not say of which day they are"
    elif newest is not None:
        why = f"those on record were judged more than {TODAY_HOLDS.total_seconds() / 3600:.0f} h ago"
    raise ScreeningRefused(
        f"Before current flows the questions of the day are asked, and {why}. Ask them: microcurrent "
        f"screen PLAN --same-day --client {client}; or name a dated file with --today."
    )


def _is_fresh(answers: SameDay, now: datetime.datetime) -> bool:
    """Whether answers of the day were judged just now, and not yesterday in another time zone."""
    if not answers.judged:
        return False
    ago = now - datetime.datetime.fromisoformat(answers.judged)
    return -_ROUNDED <= ago <= TODAY_HOLDS


def check_dated(screening: Screening, *, stimulator: str, on: datetime.date) -> None:
    """Return quietly where a screening may lead to current from a stimulator on a day.

    Answers that do not say of which day they are never grow old, and those older than `ANSWERS_HOLD` days
    have: both do for a rehearsal alone. Raises `ScreeningRefused`.
    """
    if split(stimulator)[0] in REHEARSAL:
        return
    if screening.answered_on:
        age = (on - datetime.date.fromisoformat(screening.answered_on)).days
        if age > ANSWERS_HOLD:
            raise ScreeningRefused(
                f"The answers of {screening.client} to the screening are {age} days old; they hold "
                f"{ANSWERS_HOLD}. Ask again, and approve again."
            )
    else:
        raise ScreeningRefused(
            f"The answers of {screening.client} to the screening do not say of which day they are: that "
            "does for a rehearsal. Write the day on which the client was asked into the file of answers, "
            "such as date = 2026-11-22, and approve again."
        )


def judged_again(newest: Screening, agreed: Screening, *, on: datetime.date) -> Screening:
    """Return what the answers of the newest screening mean for what was agreed to, on a day.

    Which step touches which zone is not looked at again: every system counts for every zone, which is
    never milder.
    """
    touches = tuple(Touch(step=0, system=system, zones=agreed.zones) for system in agreed.systems)
    treated = Treated(touches=touches, mode=agreed.mode, plan=agreed.plan)
    return screen_treated(newest.answers, client=Client(pseudonym=newest.client), treated=treated, on=on)


def judged_for(prepared: Prepared, screening: Screening, *, on: datetime.date) -> Screening:
    """Return what the answers of a screening mean for another plan, on a day."""
    treated = treated_by(prepared.plan, prepared.source.body)
    client = Client(pseudonym=screening.client)
    return screen_treated(screening.answers, client=client, treated=treated, on=on)


def reasons(screening: Screening) -> str:
    """Return why a screening is not clear, in one line."""
    told = [
        f"{f.id} ({f.outcome}): {f.reason.rstrip('.')}" for f in screening.findings if f.outcome != "clear"
    ]
    return "; ".join([*told, *(f"{id_}: not answered" for id_ in screening.unanswered)])


@dataclass(frozen=True, kw_only=True)
class ZoneShown:
    """A zone and the `findings` that stand in it; `treated`: whether the plan touches it."""

    zone: str
    findings: tuple[ScreeningFinding, ...]
    treated: bool


def zones_shown(prepared: Prepared, screening: Screening) -> tuple[ZoneShown, ...]:
    """Return the zones of the body, or where it has none those named, with what stands in each.

    Only what holds for some zones is told by zone; what holds everywhere is not.
    """
    body = prepared.source.body
    local = tuple(f for f in screening.findings if f.zones)
    if limb_of(body) or not body.zones:
        others = [zone for f in local if f.standing != "clear" for zone in f.zones]
        named = [*screening.zones, *(zone for zone in others if not standing_in_plan(zone, screening))]
    else:
        named = [zone.name for zone in body.zones]
    return tuple(
        ZoneShown(
            zone=zone, findings=standing_in(zone, local), treated=bool(standing_in_plan(zone, screening))
        )
        for zone in dict.fromkeys(named)
    )


def standing_in_plan(zone: str, screening: Screening) -> tuple[str, ...]:
    """Return the zones of the plan that meet a zone."""
    return tuple(other for other in screening.zones if meet(zone, other))


def draw_blocked(prepared: Prepared, screening: Screening, picture: Path) -> str:
    """Write a picture of the body with the zones not to be treated hatched and named; return it in words.

    Raises `ValueRefused` for a body without zones on its skin.
    """
    from microcurrent.reports.files import write_whole
    from microcurrent.reports.pictures.solid.blocked import BlockedZone, blocked_picture

    source = prepared.source
    if not isinstance(source, AnatomySource) or not source.body.zones:
        raise ValueRefused(
            Problem(
                what="this body has no zones to draw", key="--out",
                expected="a body in three dimensions with its zones, such as face", came=source.body.name,
                advice="Leave it out: the table names the zones that are blocked",
            )
        )  # fmt: skip
    limb = limb_of(source.body)
    blocked = []
    for name, corners in outlines_of(source.body):
        side = next((zone.side for zone in source.body.zones if zone.name == name), "")
        standing = standing_in(f"{limb} {side}" if limb else name, screening.findings)
        if standing:
            blocked.append(BlockedZone(name=name, corners=corners, findings=standing))
    content, alternative = blocked_picture(source.body, source.anatomy, blocked)
    write_whole(picture, content)
    return alternative


def answers_template() -> str:
    """Return a commented file of answers to start from."""
    return _answers_template()


def same_day_template() -> str:
    """Return a commented file of answers of the day to start from."""
    return _same_day_template()


def _kept(prepared: Prepared, given: tuple[tuple[Answer, ...], Client, str], *, workspace: Workspace,
          now: datetime.datetime, actor: str) -> SameDay:  # fmt: skip
    answers, client, asked = given
    treated = treated_by(prepared.plan, prepared.source.body)
    today = screen_same_day(answers, client=client, treated=treated, on=day_of(now), asked=asked)
    today = replace(today, judged=now.astimezone(datetime.UTC).isoformat(timespec="seconds"))
    workspace.keep(today, actor=actor)
    return today


def _not_of_now(answers: Path, day: datetime.date, expected: str) -> AnswersError:
    return AnswersError(
        Problem(
            what="these answers are not of now", file=str(answers), key="date", came=f"{day}",
            expected=expected, advice="Ask again, and write down today's date",
        )
    )  # fmt: skip
