"""Files of answers: to the screening, or to the questions of the day; and empty ones to start from."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from microcurrent import tables
from microcurrent.errors import AnswersError, Problem, ValueRefused
from microcurrent.model import Answer, Client
from microcurrent.planning.planfile.messages import shown, suggestion
from microcurrent.planning.screening.zones import KNOWN, bare, is_known
from microcurrent.planning.toml_file import Key, TomlFile, read_toml

_TEXTS = ("note", "cleared_by", "cleared_role", "clearance")
_ANSWER_KEYS = ("answer", "date", "zones", "note", "cleared_by", "cleared_role", "cleared_on", "clearance")


def read_answers(path: Path | str, *, on: datetime.date) -> tuple[tuple[Answer, ...], Client]:
    """Return the answers of a file and the pseudonym of the client, as they are judged `on` a day.

    Raises `AnswersError` naming file, line and key of everything that cannot be used, such as the date of
    something that is still to come. A question without an answer is not an error here: `screen` refuses it.
    """
    return _read(Path(path), [rule.id for rule in tables.contraindications()], on)


def read_same_day_answers(path: Path | str, *, on: datetime.date) -> tuple[tuple[Answer, ...], Client]:
    """Return the answers of the day in a file, and the client. Raises as `read_answers` does."""
    return _read(Path(path), [question.id for question in tables.same_day()], on)


def _read(path: Path, known: Sequence[str], on: datetime.date) -> tuple[tuple[Answer, ...], Client]:
    file = read_toml(path, error=AnswersError)
    problems = [
        file.problem((key,), "unknown key", advice=suggestion(key, ("client", "date", "answers")))
        for key in file.data
        if key not in ("client", "date", "answers")
    ]
    client = _client(file, problems)
    _date(file, ("date",), file.data.get("date"), problems=problems)
    entries = file.data.get("answers")
    answers = []
    if not isinstance(entries, dict):
        problems.append(
            file.problem(
                ("answers",),
                "the answers are missing",
                expected="a table [answers]",
                came=shown(entries) if entries is not None else "nothing",
            )
        )
        entries = {}
    for id_, entry in entries.items():
        if id_ not in known:
            problems.append(
                file.problem(("answers", id_), "there is no such question", advice=suggestion(id_, known))
            )
        elif (answer := _answer(file, id_, entry, problems=problems)) is not None:
            answers.append(answer)
            if answer.date > on.isoformat():
                problems.append(
                    file.problem(
                        ("answers", id_, "date"),
                        "this day is still to come",
                        expected=f"a day up to {on}",
                        came=answer.date,
                    )
                )
    if problems or client is None:
        raise AnswersError(*problems)
    return tuple(answers), client


def answers_date(path: Path | str) -> datetime.date | None:
    """Return the day on which a file says that its answers were given, or None."""
    file = read_toml(Path(path), error=AnswersError)
    problems: list[Problem] = []
    date = _date(file, ("date",), file.data.get("date"), problems=problems)
    if problems:
        raise AnswersError(*problems)
    return datetime.date.fromisoformat(date) if date else None


def _client(file: TomlFile, problems: list[Problem]) -> Client | None:
    given = file.data.get("client")
    try:
        return Client(pseudonym=given)  # type: ignore[arg-type]  # it refuses what is no text
    except (ValueRefused, TypeError):
        problems.append(
            file.problem(
                ("client",),
                "a pseudonym is needed",
                expected="1 to 40 letters, digits and dashes",
                came="nothing" if given is None else shown(given),
                advice="Do not use the person's name",
            )
        )
        return None


def _date(file: TomlFile, key: Key, given: Any, *, problems: list[Problem]) -> str:
    if given is None:
        return ""
    if isinstance(given, datetime.datetime):
        given = given.isoformat()
    try:
        day = given if isinstance(given, datetime.date) else datetime.date.fromisoformat(given)
    except (TypeError, ValueError):
        problems.append(
            file.problem(key, "not a date", expected="a date such as 2026-11-22", came=shown(given))
        )
        return ""
    return day.isoformat()


def _answer(file: TomlFile, id_: str, entry: Any, *, problems: list[Problem]) -> Answer | None:
    before = len(problems)
    at: Key = ("answers", id_)
    fields = entry if isinstance(entry, dict) else {"answer": entry}
    for key in fields:
        if key not in _ANSWER_KEYS:
            problems.append(file.problem((*at, key), "unknown key", advice=suggestion(key, _ANSWER_KEYS)))
    yes = fields.get("answer")
    if yes not in ("yes", "no"):
        problems.append(
            file.problem(
                at, "not an answer", expected='"yes" or "no"', came="nothing" if yes is None else shown(yes)
            )
        )
    texts = {}
    for key in _TEXTS:
        texts[key] = fields.get(key, "")
        if not isinstance(texts[key], str):
            problems.append(
                file.problem((*at, key), "not text", expected="text in quotes", came=shown(texts[key]))
            )
    date = _date(file, (*at, "date"), fields.get("date"), problems=problems)
    cleared_on = _date(file, (*at, "cleared_on"), fields.get("cleared_on"), problems=problems)
    zones = _zones(file, (*at, "zones"), fields.get("zones", []), problems=problems)
    if len(problems) > before:
        return None
    try:
        return Answer(id=id_, yes=yes == "yes", date=date, zones=zones, cleared_on=cleared_on, **texts)
    except ValueRefused as refused:
        problem = refused.problems[0]
        problems.append(
            file.problem(
                (*at, problem.key),
                "this does not go together",
                expected=problem.expected,
                came=problem.came,
            )
        )
        return None


def _zones(file: TomlFile, key: Key, given: Any, *, problems: list[Problem]) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(zone, str) for zone in given):
        problems.append(
            file.problem(key, "not a list of zones", expected='a list such as ["cheek"]', came=shown(given))
        )
        return ()
    for zone in given:
        if not is_known(zone):
            problems.append(
                file.problem(key, f'unknown zone "{zone}"', advice=suggestion(bare(zone), KNOWN))
            )
    return tuple(given)


_TEMPLATE_HEAD = """\
# {what}. Remove the # before a line to answer it with "yes" or "no"; a question
# without an answer refuses the treatment. More can be said in place of a plain answer:
#   {example}
"""
_CLEARANCE = """\
# and a clinician can clear what the rules allow:
#   diabetes = { answer = "yes", cleared_by = "Dr A. Example", cleared_role = "physician", \
cleared_on = 2026-11-20, clearance = "feeling tested, normal" }
# Zones: a word such as "cheek left"; both sides where none is named.
"""


def answers_template() -> str:
    """Return a file with every question, none of them answered."""
    example = 'botox = { answer = "yes", date = 2026-11-01, zones = ["forehead"], note = "both sides" }'
    head = _TEMPLATE_HEAD.format(what="Answers to the screening", example=example) + _CLEARANCE
    return _template(head, ((rule.id, rule.question) for rule in tables.contraindications()))


def same_day_template() -> str:
    """Return a file with every question of the day, none of them answered."""
    example = 'skin-today = { answer = "yes", zones = ["forehead"], note = "sunburn" }'
    head = _TEMPLATE_HEAD.format(what="Answers of the day, asked before a sitting", example=example)
    return _template(head, ((question.id, question.question) for question in tables.same_day()))


def _template(head: str, questions: Iterable[tuple[str, str]]) -> str:
    lines = [
        head,
        '# A pseudonym, never a name.\n# client = "client-01"\n# date = 2026-11-22\n',
        "[answers]",
    ]
    lines += [f'# {question}\n# {id_} = "no"\n' for id_, question in questions]
    return "\n".join(lines)
