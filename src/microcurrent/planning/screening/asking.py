"""All questions, or those of the day, put to one client for one plan, and what the answers mean."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from microcurrent import tables
from microcurrent.errors import AnswersError, Problem
from microcurrent.model import (
    Answer,
    Client,
    Contraindication,
    SameDay,
    SameDayQuestion,
    Screening,
    ScreeningFinding,
)
from microcurrent.model.plan import SYSTEMS
from microcurrent.planning.planfile.messages import suggestion
from microcurrent.planning.screening.meaning import finding_of
from microcurrent.planning.screening.treating import Touch, Treated


def questions(systems: Iterable[str], mode: str = "microcurrent") -> tuple[Contraindication, ...]:
    """Return the contraindications to ask about, for a plan that uses these systems in this mode."""
    return _asked(_anywhere(systems, mode, ()))


def same_day_questions(treated: Treated) -> tuple[SameDayQuestion, ...]:
    """Return the questions of the day for what is treated."""
    asked = {rule.id for rule in _asked(treated)}
    return tuple(q for q in tables.same_day() if q.rule is not None or set(q.about) & asked)


def screen(
    answers: Iterable[Answer],
    *,
    client: Client,
    systems: Iterable[str],
    on: datetime.date,
    zones: Iterable[str] = (),
    mode: str = "microcurrent",
) -> Screening:
    """Return what the answers of a client mean for a treatment with these systems on a day.

    `zones`: where it treats; empty means that it is not known, and every zone counts. `screen_treated`
    knows it step by step. Raises `AnswersError` for an answer to a question that does not exist, given
    twice, or with a date after `on`.
    """
    return screen_treated(answers, client=client, treated=_anywhere(systems, mode, tuple(zones)), on=on)


def screen_treated(
    answers: Iterable[Answer], *, client: Client, treated: Treated, on: datetime.date
) -> Screening:
    """Return what the answers of a client mean for what a plan treats. Raises as `screen` does."""
    given = _once(tuple(answers), [rule.id for rule in tables.contraindications()], on)
    asked = _asked(treated)
    return Screening(
        client=client.pseudonym, date=on.isoformat(), systems=treated.systems, mode=treated.mode,
        zones=treated.zones, plan=treated.plan, answers=tuple(given.values()),
        findings=tuple(
            finding_of(rule, given[rule.id], treated, on=on) for rule in asked if rule.id in given
        ),
        unanswered=tuple(rule.id for rule in asked if rule.id not in given),
    )  # fmt: skip


def screen_same_day(
    answers: Iterable[Answer], *, client: Client, treated: Treated, on: datetime.date, asked: str
) -> SameDay:
    """Return what the answers of the day mean; `asked`: how they were given, one of `model.ASKED`.

    Raises `AnswersError` for an answer to no question of the day, given twice, or with a date after `on`.
    """
    given = _once(tuple(answers), [question.id for question in tables.same_day()], on)
    wanted = same_day_questions(treated)
    return SameDay(
        client=client.pseudonym, date=on.isoformat(), systems=treated.systems, mode=treated.mode,
        zones=treated.zones, plan=treated.plan, answers=tuple(given.values()), asked=asked,
        findings=tuple(
            finding
            for question in wanted
            if question.id in given
            for finding in _findings(question, given[question.id], treated, on=on)
        ),
        unanswered=tuple(question.id for question in wanted if question.id not in given),
    )  # fmt: skip


def _findings(
    question: SameDayQuestion, answer: Answer, treated: Treated, *, on: datetime.date
) -> list[ScreeningFinding]:
    """One finding for each rule that a question of the day is about."""
    rules = {rule.id: rule for rule in tables.contraindications()}
    about = [question.rule] if question.rule else [rules[id_] for id_ in question.about]
    return [finding_of(rule, answer, treated, on=on, of_the_day=True) for rule in about]


def _anywhere(systems: Iterable[str], mode: str, zones: tuple[str, ...]) -> Treated:
    wanted = tuple(dict.fromkeys(systems)) or SYSTEMS
    for system in wanted:
        if system not in SYSTEMS:
            raise AnswersError(
                Problem(what="unknown system", expected=" or ".join(SYSTEMS), came=repr(system))
            )
    touches = tuple(Touch(step=0, system=system, zones=zones) for system in wanted)
    return Treated(touches=touches, mode=mode)


def _asked(treated: Treated) -> tuple[Contraindication, ...]:
    return tuple(
        rule
        for rule in tables.contraindications()
        if any(rule.asks(system, treated.mode) for system in treated.systems)
    )


def _once(answers: tuple[Answer, ...], known: list[str], on: datetime.date) -> dict[str, Answer]:
    given: dict[str, Answer] = {}
    for answer in answers:
        if answer.id not in known:
            raise AnswersError(
                Problem(
                    what="there is no such question", key=answer.id, advice=suggestion(answer.id, known)
                )
            )
        if answer.id in given:
            raise AnswersError(Problem(what="the question is answered twice", key=answer.id))
        if answer.date > on.isoformat():
            raise AnswersError(
                Problem(what="this day is still to come", key=f"{answer.id}.date",
                        expected=f"a day up to {on}", came=answer.date)
            )  # fmt: skip
        given[answer.id] = answer
    return given
