"""Chemistry, frequency and cost: what needs no field, or only that in the skin."""

from __future__ import annotations

from collections.abc import Sequence

from microcurrent import tables, units
from microcurrent.errors import TableError
from microcurrent.model.claim import ClaimFigure
from microcurrent.model.exposure import Estimate
from microcurrent.physics.electrochemistry import FARADAY
from microcurrent.planning.chemistry import probe_ph
from microcurrent.planning.claims.reckoning import over, published, scaled, threshold
from microcurrent.planning.claims.situations import Situation
from microcurrent.planning.cost import CostQuestion, cost_sheet, regions

#: Densities [A/m2] and time [s] for which the pH under a bare probe is told.
_DENSITIES, _HOLD = (1.0, 2.0, 5.0), 60.0
#: Sittings of a course, from and to, as the page has them.
_FEWEST, _MOST = 12, 20


def chemistry(situations: Sequence[Situation]) -> tuple[str, tuple[ClaimFigure, ...]]:
    """Return the pH under a bare wet probe, and how far either kind of current moves an ion."""
    figures: list[ClaimFigure] = []
    least: list[Estimate] = []
    largest: list[Estimate] = []
    for size in _DENSITIES:
        at = f"{units.write(size, 'current density')} for {units.write(_HOLD, 'time')}"
        for sign, pole in ((-1, "cathode"), (1, "anode")):
            ends = probe_ph(((_HOLD, sign * size),), coupling="water", over="metal")
            ph = ends[0] if sign > 0 else ends[1]
            (least if sign > 0 else largest).append(ph)
            figures.append(ClaimFigure(name=f"pH under a bare {pole}, {at}", estimate=ph))
    moved = [_moved(given) for given in situations]
    for given, (steady, swinging) in zip(situations, moved, strict=True):
        figures += [
            ClaimFigure(
                name=f"{given.body}: way of a sodium ion in the skin, galvanic hold", estimate=steady
            ),
            ClaimFigure(
                name=f"{given.body}: swing of a sodium ion in the skin, faradic", estimate=swinging
            ),
        ]
    per_charge = 1e-3 / FARADAY * 1e9
    return (
        f"A millicoulomb makes {per_charge:.3g} nmol of lye at the cathode and as much acid at the anode. "
        f"Under a bare wet probe the pH goes from {min(e.value for e in least):.2g} to "
        f"{max(e.value for e in largest):.2g} within a minute. Ions move micrometres one way with direct "
        "current and hardly at all with alternating current, so the poles matter for the one and not for "
        "the other; and it happens at the skin.",
        tuple(figures),
    )


def _moved(given: Situation) -> tuple[Estimate, Estimate]:
    """How far [m] the field in skin moves a sodium ion: one way when galvanic, to and fro when faradic."""
    sodium = tables.ions()["sodium"]
    if sodium.limiting_conductivity is None:
        raise TableError("ions.toml: sodium has no limiting conductivity, which the claims need.")
    speed = sodium.limiting_conductivity.value / (abs(sodium.charge) * FARADAY)
    galvanic, faradic = given.steps["galvanic"].stimulus, given.steps["faradic"].stimulus
    field = {
        system: next(t for t in exposure.tissues if t.tissue == "skin").field_median
        for system, exposure in given.exposures.items()
    }
    phase = faradic.charge_per_phase / faradic.peak
    return (
        scaled(field["galvanic"], speed * galvanic.duration, "length"),
        scaled(field["faradic"], speed * phase, "length"),
    )


def frequency(situations: Sequence[Situation]) -> tuple[str, tuple[ClaimFigure, ...]]:
    """Return how far the frequency of faradic pulses lies below what is called high."""
    pulses, low, high = (
        threshold(name)
        for name in (
            "frequency of faradic pulses", "upper end of low frequency", "lower end of high frequency"
        )
    )  # fmt: skip
    below = over(high, pulses)
    figures = (
        ClaimFigure(name="high frequency over that of faradic pulses", estimate=below),
        *(published(given.name) for given in (pulses, low, high)),
    )
    word = "low" if pulses.high < low.low else "not low"
    return (
        f"Faradic pulses are of {word} frequency: high begins "
        f"{units.write_interval(below.low, below.high, 'ratio')} higher.",
        figures,
    )


def cost(situations: Sequence[Situation]) -> tuple[str, tuple[ClaimFigure, ...]]:
    """Return what a course costs in a practice, and what a device for the home costs, by region."""
    prices, figures, told = tables.prices(), [], []
    for region in regions(prices):
        sheets = [
            cost_sheet(prices, CostQuestion(region=region, sittings=sittings, maintenance=0, charge=0.0))
            for sittings in (_FEWEST, _MOST)
        ]
        lines = [{line.what: line for line in sheet.professional} for sheet in sheets]
        courses = [line["the course"].cost for line in lines]
        if courses[0] is None or courses[1] is None:
            continue
        course = courses[0] | courses[1]
        sources = tuple(dict.fromkeys(s for price in sheets[0].prices for s in price.source))
        figures.append(
            ClaimFigure(
                name=f"{region}: course of {_FEWEST} to {_MOST} sittings", text=str(course), sources=sources
            )
        )
        told.append(str(course))
    return (
        f"A course of {_FEWEST} to {_MOST} sittings in a practice: {'; '.join(told)}, without upkeep. A "
        "device and a course are different sums: see `microcurrent cost`.",
        tuple(figures),
    )
