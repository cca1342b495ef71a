"""How verdicts, estimates, currents and places are put into words."""

from __future__ import annotations

from datetime import datetime, timedelta

from microcurrent.model import Estimate, Finding, Path, Placement, Plan, Polarity, Step, Stimulus
from microcurrent.units import write, write_interval

BANNER = "Research and education software, not a medical device"

#: Verdict: (sign, word, tone). The word says it; sign and colour only repeat it.
VERDICTS = {
    "ok": ("✓", "within the limit", "ok"),
    "warn": ("▲", "caution", "caution"),
    "stop": ("✕", "over the limit", "stop"),
    "unknown": ("?", "not known", "note"),
}

SCREENING = {
    "clear": ("✓", "nothing stands against it", "ok"),
    "clearance": ("▲", "a clinician must agree first", "caution"),
    "blocked": ("▲", "part of the body is left out", "caution"),
    "deferred": ("▲", "not yet", "caution"),
    "refused": ("✕", "not to be done", "stop"),
}

ENDINGS = {
    "open": "not closed",
    "completed": "completed as planned",
    "stopped": "stopped by a person",
    "tripped": "stopped by a safety rule",
    "interrupted": "interrupted",
}

#: Charge [C] below which a sum over a whole step is rounding: a nanocoulomb is far below any reading.
_NO_CHARGE = 1e-9

#: Marks of the tables: what stands behind a number.
CONFIDENCE = {
    "found": "found in the source",
    "abstract": "abstract or extract read",
    "memory-high": "from memory, fairly sure",
    "memory-medium": "from memory, to be checked",
    "memory-low": "from memory, unsure",
    "computed": "computed",
    "proposed": "proposed by this project",
}


def verdict(word: str) -> str:
    """Return sign and word of a verdict of `model.limits`."""
    sign, text, _ = VERDICTS[word]
    return f"{sign} {text}"


def screening_outcome(word: str) -> str:
    """Return sign and words of an outcome of `model.screening`."""
    sign, text, _ = SCREENING[word]
    return f"{sign} {text}"


def confidence(mark: str) -> str:
    """Return what a mark of the tables stands for; other text is returned as it is."""
    return CONFIDENCE.get(mark, mark)


def estimate(value: Estimate | None, *, digits: int = 2) -> str:
    """Return an estimate with its 90 % interval: ``"6.8 V/m (4.1 to 9.8 V/m)"``."""
    if value is None:
        return "–"
    middle = write(value.value, value.dimension, digits=digits)
    if value.low == value.high:
        return middle
    return f"{middle} ({write_interval(value.low, value.high, value.dimension, digits=digits)})"


def charge(value: float) -> str:
    """Return a charge [C] as text; what is only rounding of a balanced current is 0."""
    return "0 µC" if abs(value) < _NO_CHARGE else write(value, "charge")


def limit(finding: Finding) -> str:
    """Return the levels that a finding was held against."""
    if finding.value is None or (finding.warn is None and finding.stop is None):
        return "–"
    levels = (("caution", finding.warn), ("stop", finding.stop))
    return ", ".join(
        f"{word} {write(level, finding.value.dimension)}" for word, level in levels if level is not None
    )


def current(stimulus: Stimulus) -> str:
    """Return the current of a step: amplitude, shape and frequency."""
    amplitude = write(stimulus.amplitude, "current")
    if stimulus.waveform.is_constant:
        return f"{amplitude}, direct"
    shape = stimulus.waveform.name.replace("-", " ")
    under = f", of it {write(stimulus.offset, 'current')} direct" if stimulus.offset else ""
    return f"{amplitude} peak, {shape}, {write(stimulus.frequency, 'frequency')}{under}"


def shaping(stimulus: Stimulus) -> str:
    """Return ramps and surge, or "–"."""
    parts = []
    if stimulus.ramp.rise or stimulus.ramp.fall:
        rise, fall = write(stimulus.ramp.rise, "time"), write(stimulus.ramp.fall, "time")
        parts.append(f"ramps {rise} in, {fall} out")
    if stimulus.surge:
        surge = stimulus.surge
        parts.append(f"surges every {write(surge.period, 'time')}, {write(surge.rest, 'time')} of it rest")
    return ", ".join(parts) or "–"


def is_balanced(step: Step) -> bool:
    """Whether the current of a step has no net direction, so that its probes have no polarity."""
    return step.stimulus.waveform.is_balanced


def polarity(step: Step) -> str:
    """Return which electrode is positive, in words."""
    anode, cathode = step.electrodes
    if is_balanced(step):
        return "balanced: no lasting polarity"
    mode: Polarity = step.stimulus.polarity
    if mode.mode == "alternating":
        return f"changes every {write(mode.every, 'time')}, {anode} positive first"
    return f"{cathode} positive" if mode.mode == "reversed" else f"{anode} positive"


def place(part: Placement | Path, plan: Plan) -> str:
    """Return where an electrode is held or glides."""
    shape = plan.electrode(part.electrode).shape
    if isinstance(part, Placement):
        return f"{part.electrode} ({shape}) at {part.site}"
    passes = "1 pass" if part.passes == 1 else f"{part.passes} passes"
    along = " → ".join(part.sites)
    return f"{part.electrode} ({shape}) along {along}, {passes} at {write(part.speed, 'speed')}"


def step_name(step: Step) -> str:
    """Return number and title of a step."""
    return f"{step.number}. {step.title or f'{step.system} {step.do}'}"


def sources(ids: tuple[str, ...]) -> str:
    """Return the ids of references, as they are listed at the end of the report."""
    return ", ".join(ids) or "–"


def moment(utc: str) -> str:
    """Return an ISO date and time as a person reads it; other text is returned as it is."""
    try:
        when = datetime.fromisoformat(utc)
    except ValueError:
        return utc
    zone = " UTC" if when.utcoffset() == timedelta(0) else ""
    return f"{when.day} {when:%B %Y}, {when:%H:%M}{zone}"
