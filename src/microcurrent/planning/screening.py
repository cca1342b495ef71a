"""Screening: asks every contraindication, reads the answers, and says what they mean.

Policy (`docs`, and the table's own `conflict` texts): the strictest source wins, a question without
an answer refuses, and only a named clinician with a reason clears a finding, where the rule lets
anyone do so. `screen` is pure: it knows no clock and reads no file but the table.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from microcurrent import tables
from microcurrent.errors import AnswersError, Problem, ValueRefused
from microcurrent.model import Answer, Client, Contraindication, Screening, ScreeningFinding
from microcurrent.model.plan import SYSTEMS
from microcurrent.model.screening import OUTCOMES
from microcurrent.planning.planfile.messages import shown, suggestion
from microcurrent.planning.toml_file import Key, TomlFile, read_toml

#: What an answer "yes" means by rank.
_OUTCOME = {"A": "refused", "L": "blocked", "C": "clearance", "T": "deferred"}
#: The zone of a rule that holds only where the answer says that it is.
TREATED = "treated zone"
#: The zones that answers and rules name, by the part of the body that holds them.
ZONES = {
    "face": ("forehead", "temple", "brow", "eye", "nose", "cheek", "malar", "ear", "lip", "chin", "jaw"),
    "neck": (),
    "trunk": ("chest", "back", "abdomen"),
    "arm": ("upper arm", "forearm", "hand"),
    "leg": ("thigh", "calf", "foot"),
}
_KNOWN_ZONES = (*ZONES, *(zone for parts in ZONES.values() for zone in parts))
_ANSWER_KEYS = ("answer", "date", "zones", "note", "cleared_by", "clearance")


def questions(systems: Iterable[str]) -> tuple[Contraindication, ...]:
    """Return the contraindications to ask about, for a plan that uses these systems."""
    wanted = _systems(systems)
    return tuple(rule for rule in tables.contraindications() if set(rule.systems) & set(wanted))


def screen(
    answers: Iterable[Answer],
    *,
    client: Client,
    systems: Iterable[str],
    on: datetime.date,
    zones: Iterable[str] = (),
) -> Screening:
    """Return what the answers of a client mean for a plan of these systems on a day.

    `zones`: where the plan treats; empty means that it is not known, and every zone counts.
    Raises `AnswersError` for an answer to a question that does not exist, or given twice.
    """
    given = _once(tuple(answers))
    wanted, treated = _systems(systems), tuple(zones)
    asked = questions(wanted)
    findings = tuple(
        _finding(rule, given[rule.id], systems=wanted, on=on, treated=treated)
        for rule in asked
        if rule.id in given
    )
    return Screening(
        client=client.pseudonym,
        date=on.isoformat(),
        systems=wanted,
        answers=tuple(given.values()),
        findings=findings,
        unanswered=tuple(rule.id for rule in asked if rule.id not in given),
    )


def _systems(systems: Iterable[str]) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(systems))
    for system in wanted:
        if system not in SYSTEMS:
            raise AnswersError(
                Problem(what="unknown system", expected=" or ".join(SYSTEMS), came=repr(system))
            )
    return wanted or SYSTEMS


def _once(answers: tuple[Answer, ...]) -> dict[str, Answer]:
    known = {rule.id for rule in tables.contraindications()}
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
        given[answer.id] = answer
    return given


# -- one answer ------------------------------------------------------------------------------


def _finding(
    rule: Contraindication,
    answer: Answer,
    *,
    systems: tuple[str, ...],
    on: datetime.date,
    treated: tuple[str, ...],
) -> ScreeningFinding:
    rank = max((rule.rank_for(s) for s in systems if s in rule.systems), key=_strictness)
    outcome, reason, until = _meaning(rule, answer, rank, on=on, treated=treated)
    cleared_by = ""
    if outcome != "clear" and answer.cleared_by:
        if rule.overridable:
            reason = f"Cleared by {answer.cleared_by}: {answer.clearance}. ({reason})"
            outcome, until, cleared_by = "clear", "", answer.cleared_by
        else:
            reason += f" The clearance by {answer.cleared_by} does not count: nobody can clear this."
    return ScreeningFinding(
        id=rule.id,
        outcome=outcome,
        reason=reason,
        rank=rank,
        sources=rule.sources,
        until=until,
        zones=answer.zones or tuple(zone for zone in rule.zones if zone != TREATED),
        conflict=rule.conflict if answer.yes else "",
        cleared_by=cleared_by,
    )


def _strictness(rank: str) -> int:
    return OUTCOMES.index(_OUTCOME[rank])


def _meaning(
    rule: Contraindication, answer: Answer, rank: str, *, on: datetime.date, treated: tuple[str, ...]
) -> tuple[str, str, str]:
    """Outcome, reason and the ISO day from which it no longer holds (or empty)."""
    if not answer.yes:
        return "clear", "Answered no.", ""
    where = _where(rule, answer, rank)
    if where and treated and not _overlap(where, treated):
        return "clear", f"Holds for {', '.join(where)}, which the plan does not treat.", ""
    if rank == "T":
        return _deferral(rule, answer, on)
    place = f" at {', '.join(where)}" if where else ""
    must = {
        "A": "No treatment",
        "L": f"No treatment{place or ' of the zone concerned, which the answer does not name'}",
        "C": "A clinician must clear it by name, with the reason",
    }[rank]
    return _OUTCOME[rank], f"{rule.rationale} {must}.", ""


def _deferral(rule: Contraindication, answer: Answer, on: datetime.date) -> tuple[str, str, str]:
    if not rule.defer_days:
        return "deferred", f"{rule.rationale} Wait until the answer is no.", ""
    since = datetime.date.fromisoformat(answer.date) if answer.date else on
    until = since + datetime.timedelta(days=rule.defer_days)
    days = f"{rule.defer_days} day{'s' if rule.defer_days > 1 else ''}"
    if on >= until:
        return "clear", f"{days} have passed since {since}.", ""
    counted = f"since {since}" if answer.date else f"from {since}, since the answer gives no date"
    return "deferred", f"{rule.rationale} Wait {days}, {counted}: until {until}.", until.isoformat()


def _where(rule: Contraindication, answer: Answer, rank: str) -> tuple[str, ...]:
    """The zones where a yes holds; empty for everywhere, or where nobody knows."""
    if rank == "L" or TREATED in rule.zones:
        return answer.zones or tuple(zone for zone in rule.zones if zone != TREATED)
    return rule.zones


def _overlap(where: Iterable[str], treated: Iterable[str]) -> bool:
    """Whether two sets of zones meet; a word that is not known could be anywhere."""
    return any(_same(a, b) for a in where for b in treated)


def _same(one: str, other: str) -> bool:
    a, b = _plain(one), _plain(other)
    if a not in _KNOWN_ZONES or b not in _KNOWN_ZONES:
        return True
    return a == b or b in ZONES.get(a, ()) or a in ZONES.get(b, ())


def _plain(zone: str) -> str:
    return re.sub(r"\s*\b(left|right)\b\s*", " ", zone.lower()).strip()


# -- files -----------------------------------------------------------------------------------


def read_answers(path: Path | str) -> tuple[tuple[Answer, ...], Client]:
    """Return the answers of a file and the pseudonym of the client.

    Raises `AnswersError` naming file, line and key of everything that cannot be used. A question
    without an answer is not an error here: `screen` refuses it.
    """
    file = read_toml(Path(path), error=AnswersError)
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
    known = {rule.id for rule in tables.contraindications()}
    for id_, entry in entries.items():
        if id_ not in known:
            problems.append(
                file.problem(("answers", id_), "there is no such question", advice=suggestion(id_, known))
            )
        elif (answer := _answer(file, id_, entry, problems=problems)) is not None:
            answers.append(answer)
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
    for key in ("note", "cleared_by", "clearance"):
        texts[key] = fields.get(key, "")
        if not isinstance(texts[key], str):
            problems.append(
                file.problem((*at, key), "not text", expected="text in quotes", came=shown(texts[key]))
            )
    date = _date(file, (*at, "date"), fields.get("date"), problems=problems)
    zones = _zones(file, (*at, "zones"), fields.get("zones", []), problems=problems)
    if len(problems) > before:
        return None
    try:
        return Answer(id=id_, yes=yes == "yes", date=date, zones=zones, **texts)
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
        if _plain(zone) not in _KNOWN_ZONES:
            problems.append(
                file.problem(key, f'unknown zone "{zone}"', advice=suggestion(_plain(zone), _KNOWN_ZONES))
            )
    return tuple(given)


_TEMPLATE_HEAD = """\
# Answers to the screening. Remove the # before a line to answer it with "yes" or "no"; a question
# without an answer refuses the treatment. More can be said in place of a plain answer:
#   botox = { answer = "yes", date = 2026-11-01, zones = ["forehead"], note = "both sides" }
# and a clinician can clear what the rules allow:
#   diabetes = { answer = "yes", cleared_by = "Dr A. Example", clearance = "feeling tested, normal" }
"""


def answers_template() -> str:
    """Return a file with every question, none of them answered."""
    lines = [_TEMPLATE_HEAD, '# A pseudonym, never a name.\n# client = "client-01"\n# date = 2026-11-22\n']
    lines.append("[answers]")
    for rule in tables.contraindications():
        lines.append(f'# {rule.question}\n# {rule.id} = "no"\n')
    return "\n".join(lines)
