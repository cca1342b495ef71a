"""Judging: one value against one limit, in plain words; and which findings are worth showing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from microcurrent import units
from microcurrent.model import Estimate, Finding, Limit
from microcurrent.model.limits import VERDICTS


def compare(limit: Limit, value: Estimate, where: str) -> Finding:
    """Return the finding on a value [SI]: the worse end of its 90 % interval is compared."""
    worse = value.high if limit.sense == "at most" else value.low
    verdict = limit.verdict(worse)
    return Finding(
        rule=limit.id,
        what=limit.title,
        where=where,
        verdict=verdict,
        reason=_reason(limit, value, verdict),
        value=value,
        warn=limit.warn,
        stop=limit.stop,
        source=limit.source,
        confidence=limit.confidence,
    )


def without_value(limit: Limit, where: str, *, reason: str, verdict: str = "ok") -> Finding:
    """Return a finding on a limit that has nothing to compare, and why."""
    return Finding(
        rule=limit.id,
        what=limit.title,
        where=where,
        verdict=verdict,
        reason=reason,
        warn=limit.warn,
        stop=limit.stop,
        source=limit.source,
        confidence=limit.confidence,
    )


def telling(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return all findings on one rule that are not "ok", the worst first, or the one nearest to its limit.

    Findings that say the same in several places become one that names them all.
    """
    found = tuple(findings)
    same: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        if finding.verdict != "ok":
            same.setdefault((finding.verdict, finding.reason), []).append(finding)
    bad = [replace(alike[0], where="; ".join(f.where for f in alike)) for alike in same.values()]
    if bad or not found:
        return tuple(sorted(bad, key=lambda finding: -VERDICTS.index(finding.verdict)))
    return (max(found, key=_nearness),)


def _nearness(finding: Finding) -> float:
    """How near a good value is to its level: 1 at the level, for either sense."""
    level = finding.warn if finding.warn is not None else finding.stop
    if finding.value is None or not level:
        return 0.0
    ratio = finding.value.high / level
    return ratio if ratio <= 1 else level / finding.value.low if finding.value.low > 0 else 0.0


def shown(value: float, dimension: str) -> str:
    """Return a value [SI] as text with its unit."""
    return units.write(value, dimension)


def shown_estimate(value: Estimate) -> str:
    """Return an estimate as text, with its 90 % interval where it has one."""
    text = shown(value.value, value.dimension)
    if value.low == value.high:
        return text
    # That of an acidity goes from the best to the worst of all that it rests on, and is wider.
    kind = "range" if value.dimension == "pH" else "90 % interval"
    return f"{text} ({kind} {units.write_interval(value.low, value.high, value.dimension, digits=3)})"


def _reason(limit: Limit, value: Estimate, verdict: str) -> str:
    beyond = "above" if limit.sense == "at most" else "below"
    levels = [
        f"{word} {beyond} {shown(level, limit.dimension)}"
        for word, level in (("warns", limit.warn), ("stops", limit.stop))
        if level is not None
    ]
    text = f"{limit.title}: {shown_estimate(value)}; {' and '.join(levels)}"
    if verdict == "ok":
        return f"{text}. Within."
    level = limit.stop if verdict == "stop" else limit.warn
    passed = f"is {beyond} {shown(level or 0.0, limit.dimension)}"
    which = "it" if value.low == value.high else "the worse end"
    advice = f" {limit.advice}" if limit.advice and verdict == "stop" else ""
    return f"{text}. Here {which} {passed}.{advice}"
