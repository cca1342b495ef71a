"""Caps: the highest current of a step by every limit that follows from current and contact alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from microcurrent.model import Limit, Limits, Stimulus

#: What a stimulus of 1 A gives [SI of the quantity] through a contact of an area [m2]; all grow with
#: current.
_PER_AMPERE: dict[str, Callable[[Stimulus, float], float]] = {
    "peak current": lambda s, area: s.peak,
    "average current": lambda s, area: s.absolute_charge / s.duration,
    "net direct current": lambda s, area: s.window_mean() if s.waveform.is_balanced else 0.0,
    "charge per phase": lambda s, area: s.charge_per_phase,
    "rms current density": lambda s, area: s.plateau_rms / area,
    "charge per phase density": lambda s, area: (
        s.charge_per_phase / area if s.waveform.is_balanced else 0.0
    ),
}


@dataclass(frozen=True, kw_only=True)
class Cap:
    """Nothing above `current` [A], by the limit, device or intent `rule`, whose `title` and `level` say
    why."""

    rule: str
    title: str
    level: str
    current: float


def caps(
    stimulus: Stimulus,
    limits: Limits,
    *,
    area: float,
    write: Callable[[float, str], str],
    warnings: bool = False,
) -> tuple[Cap, ...]:
    """Return the highest current by each limit for a `stimulus` of 1 A, the strictest first.

    `area` [m2]: the smallest that a contact is likely to have; `write` puts a level into words; `warnings`:
    whether levels that only warn may be passed.
    """
    found = []
    for limit in limits.limits:
        per_ampere = _PER_AMPERE.get(limit.quantity)
        level = _level(limit, warnings=warnings)
        if per_ampere is None or level is None or (limit.systems and "faradic" not in limit.systems):
            continue
        amount = per_ampere(stimulus, area)
        if amount > 0:
            found.append(
                Cap(
                    rule=limit.id,
                    title=limit.title,
                    level=write(level, limit.dimension),
                    current=level / amount,
                )
            )
    return tuple(sorted(found, key=lambda cap: cap.current))


def _level(limit: Limit, *, warnings: bool) -> float | None:
    if limit.sense != "at most":
        return None
    return limit.stop if warnings or limit.warn is None else limit.warn
