"""What one answer means: of all readings of its rule that hold now and here, the strictest."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from microcurrent.model import Answer, Contraindication, Reading, ScreeningFinding
from microcurrent.model.screening import OUTCOME_OF, OUTCOMES, TREATED
from microcurrent.planning.screening.treating import Touch, Treated
from microcurrent.planning.screening.zones import any_meet, meet

#: What a rank asks for, in words.
_WORDS = {
    "A": "no treatment",
    "L": "not in this zone",
    "C": "a clinician must clear it",
    "T": "wait until it is over",
    "none": "nothing against it",
}
_NEVER = "9999-12-31"
#: Days that dated answers to the screening, and clearances, count. A policy of this program, not a finding:
#: an approval holds no longer than this unless said otherwise.
ANSWERS_HOLD = 30


@dataclass(frozen=True, kw_only=True)
class _Held:
    """A reading that holds: `until` (ISO or empty), `where`, and what of the plan is `touched`."""

    reading: Reading
    until: str
    where: tuple[str, ...]
    touched: tuple[Touch, ...]

    @property
    def outcome(self) -> str:
        return OUTCOME_OF[self.reading.rank]

    @property
    def strictness(self) -> tuple[int, str]:
        """Outcomes by their order, and of two deferrals the one that ends later."""
        return OUTCOMES.index(self.outcome), self.until or _NEVER


def finding_of(
    rule: Contraindication,
    answer: Answer,
    treated: Treated,
    *,
    on: datetime.date,
    of_the_day: bool = False,
) -> ScreeningFinding:
    """Return what an answer to a rule means for what is treated, on a day; `of_the_day`: asked today.

    A clearance counts for `ANSWERS_HOLD` days, not from before the date of its answer, and for an
    answer of the day only on that day.
    """
    held = [_held(rule, reading, answer, treated=treated, on=on) for reading in rule.counted]
    holding = [one for one in held if one is not None]
    touching = [one for one in holding if one.touched]
    strictest = max(touching, key=lambda one: one.strictness, default=None)
    if not answer.yes or strictest is None or strictest.outcome == "clear":
        return _clear(rule, answer, treated, holding=holding, on=on)
    alike = [one for one in touching if one.strictness == strictest.strictness]
    where = tuple(sorted({zone for one in alike for zone in one.where})) if all(
        one.where for one in alike
    ) else ()  # fmt: skip
    touched = {touch for one in alike for touch in one.touched}
    found = ScreeningFinding(
        id=rule.id, outcome=strictest.outcome, rank=strictest.reading.rank, sources=rule.sources,
        reason=_reason(rule, answer, alike, where=where, on=on) + _steps(touched, where),
        until=strictest.until, zones=where, conflict=what_sources_say(rule, treated),
        steps=tuple(sorted({touch.step for touch in touched if touch.step})),
    )  # fmt: skip
    if not answer.cleared_by:
        return found
    return _judged_by_clinician(answer, found, why=_no_clearance(rule, answer, on, of_the_day))


def what_sources_say(rule: Contraindication, treated: Treated) -> str:
    """Return what each source says of what is treated, where they differ, and "" where they do not."""
    readings = [r for r in rule.readings if any(r.covers(s, treated.mode) for s in treated.systems)]
    if len({(r.rank, r.days, r.set_aside, r.note) for r in readings}) < 2:
        return ""
    return "; ".join(_said(reading) for reading in readings)


def _said(reading: Reading) -> str:
    words = _WORDS[reading.rank]
    if reading.days is not None:
        words = ("wait" if reading.rank == "T" else words + " for") + f" {reading.days} days"
    scope = [] if len(reading.systems) > 1 else [f"{reading.systems[0]} current"]
    if reading.zones and reading.zones != (TREATED,):
        scope.append(", ".join(reading.zones))
    if reading.note:
        scope.append(reading.note)
    aside = f"; set aside: {reading.set_aside}" if reading.set_aside else ""
    return f"{', '.join(reading.sources)}: {words}" + (
        f" ({'; '.join(scope)}{aside})" if scope or aside else ""
    )


def _held(
    rule: Contraindication, reading: Reading, answer: Answer, *, treated: Treated, on: datetime.date
) -> _Held | None:
    """The reading with what it touches; None where it speaks of another current, or its time has passed."""
    covered = [touch for touch in treated.touches if reading.covers(touch.system, treated.mode)]
    days = reading.days or (rule.longest if answer.date else None)
    end = _since(answer, on) + datetime.timedelta(days=days) if days else None
    if not covered or (end is not None and on >= end):
        return None
    where = answer.zones if reading.zones == (TREATED,) else reading.zones
    return _Held(
        reading=reading, where=where, until=end.isoformat() if end and reading.days else "",
        touched=tuple(t for t in covered if not where or not t.zones or any_meet(where, t.zones)),
    )  # fmt: skip


def _since(answer: Answer, on: datetime.date) -> datetime.date:
    return datetime.date.fromisoformat(answer.date) if answer.date else on


def _clear(
    rule: Contraindication, answer: Answer, treated: Treated, *, holding: list[_Held], on: datetime.date
) -> ScreeningFinding:
    """A finding with nothing against this plan, and with what holds at zones that it spares."""
    reason, elsewhere = "Answered no.", ""
    zones: tuple[str, ...] = ()
    if answer.yes:
        spared = max((one for one in holding if not one.touched), key=lambda h: h.strictness, default=None)
        if spared is not None and spared.outcome != "clear":
            zones, elsewhere = tuple(sorted(spared.where)), spared.outcome
            reason = f"Holds for {', '.join(zones)}, which the plan does not treat."
        elif holding:
            reason = "No source that counts stands against it."
        elif rule.longest and answer.date:
            reason = f"{_days(rule.longest)} have passed since {answer.date}."
        else:
            reason = "No source speaks of this current."
    ranks = [rule.rank_for(touch.system, treated.mode) for touch in treated.touches]
    return ScreeningFinding(
        id=rule.id, outcome="clear", reason=reason, sources=rule.sources, zones=zones, elsewhere=elsewhere,
        rank=max(ranks, key=lambda rank: OUTCOMES.index(OUTCOME_OF[rank]), default=rule.rank),
        conflict=what_sources_say(rule, treated) if answer.yes else "",
    )  # fmt: skip


def _reason(
    rule: Contraindication, answer: Answer, alike: list[_Held], *, where: tuple[str, ...], on: datetime.date
) -> str:
    rank, until = alike[0].reading.rank, alike[0].until
    if until:
        since = _since(answer, on)
        days = _days((datetime.date.fromisoformat(until) - since).days)
        counted = f"since {since}" if answer.date else f"from {since}, since the answer gives no date"
        what = "Wait" if rank == "T" else "No treatment there for"
        return f"{rule.rationale} {what} {days}, {counted}: until {until}."
    place = f" at {', '.join(where)}" if where else ""
    must = {
        "A": f"No treatment{place}",
        "L": f"No treatment{place or ' of the zone concerned, which the answer does not name'}",
        "C": "A clinician must clear it by name, with the reason",
        "T": "Wait until the answer is no",
    }[rank]
    return f"{rule.rationale} {must}."


def _steps(touched: set[Touch], where: tuple[str, ...]) -> str:
    """Which steps touch where it holds, in words; "" where it holds everywhere."""
    zones: dict[int, set[str]] = {}
    for touch in touched:
        if where and touch.step:
            zones.setdefault(touch.step, set()).update(
                zone for zone in touch.zones if any(meet(zone, blocked) for blocked in where)
            )
    told = [f"step {step} touches {', '.join(sorted(zones[step])) or 'it'}" for step in sorted(zones)]
    text = "; ".join(told)
    return f" {text[0].upper()}{text[1:]}." if text else ""


def _judged_by_clinician(answer: Answer, found: ScreeningFinding, *, why: str) -> ScreeningFinding:
    """The finding once a clinician has spoken: cleared, or standing for the reason `why`."""
    who = f"{answer.cleared_by} ({answer.cleared_role}, {answer.cleared_on})"
    fields = {name: getattr(found, name) for name in found.__dataclass_fields__}
    if why:
        fields["reason"] += f" The clearance by {who} does not count: {why}."
    else:
        fields |= {
            "outcome": "clear", "until": "", "cleared_by": answer.cleared_by, "overruled": found.outcome,
            "clearance": f"{answer.cleared_role}, {answer.cleared_on}: {answer.clearance}",
            "reason": f"Cleared by {who}: {answer.clearance.rstrip('.')}. ({found.reason})",
        }  # fmt: skip
    return ScreeningFinding(**fields)


def _no_clearance(rule: Contraindication, answer: Answer, on: datetime.date, of_the_day: bool) -> str:
    """Why a clearance does not count, or ""."""
    cleared = datetime.date.fromisoformat(answer.cleared_on)
    if not rule.overridable:
        return "nobody can clear this"
    if cleared > on:
        return "it is of a later day"
    if of_the_day and cleared != on:
        return "an answer of the day is cleared on that day"
    if answer.date and cleared < _since(answer, on):
        return f"it is of before {answer.date}"
    return f"it is older than {_days(ANSWERS_HOLD)}" if (on - cleared).days > ANSWERS_HOLD else ""


def _days(count: int) -> str:
    return f"{count} day{'s' if count != 1 else ''}"
