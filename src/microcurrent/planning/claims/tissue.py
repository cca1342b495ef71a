"""What field reaches the dermis and muscle at the current of home devices, against published thresholds."""

from __future__ import annotations

from collections.abc import Sequence

from microcurrent import units
from microcurrent.model.claim import ClaimFigure
from microcurrent.model.exposure import Estimate, TissueExposure
from microcurrent.planning.claims.reckoning import over, published, scaled, threshold
from microcurrent.planning.claims.situations import Situation

#: The current that a typical plan has.
DEVICE = "current of home devices for the face"
_COLLAGEN = "field at which fibroblasts make more collagen"
_HOURS = "field that acts on fibroblasts within hours"
_ACTS = "time for which that field acts"
_DIRECTION = "field at which skin cells begin to take direction"
_MOVES = "current that moves facial muscle"
_CHARGE = "charge that moves facial muscle"
_EXCITES = "field at which a long pulse excites a nerve"


def fibroblasts(situations: Sequence[Situation]) -> tuple[str, tuple[ClaimFigure, ...]]:
    """Return by how much the field in skin misses what acted on fibroblasts in a dish, and for how long."""
    figures, missed, times = [], [], []
    needed = threshold(_COLLAGEN)
    for given in situations:
        skin = at_device_current(given, "skin")
        half, strongest = skin["half is above"], skin["1 % is above"]
        for words, field in skin.items():
            figures.append(ClaimFigure(name=f"{given.body}, skin near the probes: {words}", estimate=field))
        for words, field in (("half of the skin", half), ("the strongest 1 %", strongest)):
            factor = over(needed, field)
            missed.append(factor)
            figures.append(ClaimFigure(name=f"{given.body}: needed over given, {words}", estimate=factor))
        time = given.steps["galvanic"].stimulus.duration
        times.append(time)
        figures.append(
            ClaimFigure(name=f"{given.body}: time at one place", estimate=Estimate.exact(time, "time"))
        )
    figures += [published(name) for name in (_COLLAGEN, _HOURS, _ACTS, _DIRECTION, DEVICE)]
    least, most = min(f.low for f in missed), max(f.high for f in missed)
    hours = threshold(_ACTS).low / max(times)
    return (
        f"What acted in a dish is {units.write_interval(least, most, 'ratio')} the field that reaches skin "
        f"near the probes, and acted for {units.write(hours, 'ratio', digits=2)} as long or more.",
        tuple(figures),
    )


def muscles(situations: Sequence[Situation]) -> tuple[str, tuple[ClaimFigure, ...]]:
    """Return how far the current of home devices stays below what moves a facial muscle."""
    figures, fields = [], []
    device, moves, excites = threshold(DEVICE), threshold(_MOVES), threshold(_EXCITES)
    current = over(moves, device)
    figures.append(
        ClaimFigure(name="current that moves facial muscle over that of home devices", estimate=current)
    )
    for given in situations:
        pulse = given.steps["faradic"].stimulus
        charge = pulse.charge_per_phase * device.value / pulse.peak
        figures += [
            ClaimFigure(
                name=f"{given.body}: charge in one faradic pulse", estimate=Estimate.exact(charge, "charge")
            ),
            ClaimFigure(
                name=f"{given.body}: charge that moves facial muscle over that",
                estimate=over(threshold(_CHARGE), Estimate.exact(charge, "charge")),
            ),
        ]
        for tissue in (t.tissue for t in given.exposures["faradic"].tissues if "muscle" in t.tissue):
            strongest = at_device_current(given, tissue)["1 % is above"]
            fields.append(over(strongest, excites))
            figures.append(ClaimFigure(name=f"{given.body}, {tissue}: 1 % is above", estimate=strongest))
            figures.append(
                ClaimFigure(
                    name=f"{given.body}, {tissue}: that field over what excites", estimate=fields[-1]
                )
            )
    figures += [published(name) for name in (DEVICE, _MOVES, _CHARGE, _EXCITES)]
    highest = max(f.high for f in fields)
    word = "passes" if highest > 1 else "does not reach"
    moved = units.write_interval(current.low, current.high, "ratio")
    most = units.write(highest, "ratio", digits=2)
    return (
        f"Facial muscle moved at {moved} the current of home devices. The strongest field in muscle "
        f"{word} the one at which a long pulse excites a nerve, at the upper end of what is not known "
        f"({most}), so a twitch when current is switched is not ruled out; a held contraction is not to be "
        "expected. No model of a nerve fibre stands behind this yet.",
        tuple(figures),
    )


def at_device_current(given: Situation, tissue: str) -> dict[str, Estimate]:
    """Return the field in a tissue near the probes at the current of home devices, by words."""
    factor = threshold(DEVICE).value / given.peak
    found: TissueExposure = next(t for t in given.exposures["faradic"].tissues if t.tissue == tissue)
    return {
        "half is above": scaled(found.field_median, factor, "field"),
        "1 % is above": scaled(found.field_p99, factor, "field"),
    }
