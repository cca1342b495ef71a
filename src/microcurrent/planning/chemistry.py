"""Chemistry: what direct current makes of the film and the skin under each contact, with its range.

Each figure is computed three times: with the middle of every input, and with those that are worst and best
for the skin (density, thickness of the film, its buffer). The ends are those of the worst and the best
together, so they lie wider than a 90 % interval. Salt and hindrance hardly change the pH and stay at their
middle. The skin below the stratum corneum, whose resistance keeps diffusion out, is that of the face.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from microcurrent import tables
from microcurrent.errors import Problem, ValueRefused
from microcurrent.model import Electrode, Estimate, Path, Placement, Plan, Prediction, Step
from microcurrent.model.chemistry import Film, Ion
from microcurrent.model.exposure import ContactExposure
from microcurrent.physics.electrochemistry import (
    Acidity,
    Layer,
    Solutes,
    acidity_under,
    column_of,
    conductivity_at_start,
    diffusivity,
    ion_flux,
)

#: Shapes whose metal may touch bare; a pad or glove has cloth or rubber between.
METAL_SHAPES = ("sphere", "disc", "roller")
#: Which ions of the table are the species of a film, in their order.
_SPECIES = ("sodium", "chloride", "hydrogen", "hydroxide", "carbon dioxide", "bicarbonate", "carbonate")
#: Depth of skin [m] that is followed: 20 min of diffusion.
_DEPTH = 2e-3
#: Turns of an alternating direct current that are followed: later ones only repeat them.
_MOST_TURNS = 4
#: The group and state of skin whose resistance stands between film and tissue, and moles in a litre.
_BARRIER, _LITRE = ("face", "after direct current"), 1e3

#: A course of direct current: (duration [s], density [A/m2] into the body), one after the other.
Segments = tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True)
class Stay:
    """Direct current at one place under one electrode until it moves: `where` in words.

    `segments`: durations [s] with the density [A/m2] into the body as an `Estimate` each.
    """

    where: str
    electrode: Electrode
    segments: tuple[tuple[float, Estimate], ...]

    def at(self, end: str) -> Segments:
        """Return the course with the "value", the "least" or the "most" of every density."""
        pick: dict[str, Callable[[Estimate], float]] = {
            "value": lambda e: e.value,
            "least": lambda e: math.copysign(min(abs(e.low), abs(e.high)), e.value),
            "most": lambda e: math.copysign(max(abs(e.low), abs(e.high)), e.value),
        }
        return tuple((time, pick[end](density)) for time, density in self.segments)


def probe_ph(
    segments: Segments, *, coupling: str = "water", over: str = "metal", material: str = "stainless steel"
) -> tuple[Estimate, Estimate]:
    """Return the least and the largest pH on the skin under an electrode during a course of current.

    `segments`: see `Segments`; positive under an anode. `coupling`: of `COUPLINGS`; `over` "metal" or
    "cloth"; `material` of the electrode-material table. Raises `ValueRefused` for another word.
    """
    film, share = _film(coupling, over), water_share(material)
    found = [_extremes(segments, film, share, end) for end in ("value", "least", "most")]
    return _among([f.least for f in found]), _among([f.largest for f in found])


def time_beyond(
    segments: Segments,
    *,
    level: float,
    coupling: str = "water",
    over: str = "metal",
    material: str = "stainless steel",
) -> tuple[float | None, float | None]:
    """Return when the pH on the skin passes `level` [s]: with the middle of the inputs, and with the worst.

    A level above 7 is passed upward, one below downward. None: not during the course.
    """
    film, share = _film(coupling, over), water_share(material)
    middle, worst = (_trace(segments, _layer(film, end), share) for end in ("value", "most"))
    return _passing(middle, level), _passing(worst, level)


def flux_of(name: str, density: float) -> Estimate:
    """Return the flux of an ion into the body [mol/m2/s] under a `density` [A/m2], positive at an anode.

    Its range is that of the transport number in skin. Raises `ValueRefused` for an ion that is not in the
    table, or without a transport number there.
    """
    known = tables.ions()
    ion: Ion | None = known.get(name)
    if ion is None or ion.skin_transport_number is None:
        raise ValueRefused(
            Problem(
                what="no transport number in skin is known of this ion",
                expected=", ".join(n for n, i in known.items() if i.skin_transport_number),
                came=name,
            )
        )
    number = ion.skin_transport_number
    found = [ion_flux(density, t, valence=ion.charge) for t in (number.value, number.low, number.high)]
    return Estimate(value=found[0], low=min(found), high=max(found), dimension="molar flux")


def water_share(material: str) -> float:
    """Return the share of a direct current that makes acid or base: 0 of silver chloride, else 1.

    What is known of anodes that dissolve is too little to count on; all of it as acid is the upper bound.
    """
    interface = tables.interfaces().get(material)
    if interface is None:
        raise ValueRefused(
            Problem(what="electrode material", expected=", ".join(tables.interfaces()), came=material)
        )
    return 0.0 if interface.rest_potential and not interface.anodic_exchange else 1.0


def surface_ph(plan: Plan, prediction: Prediction, *, side: str) -> list[tuple[str, Estimate]]:
    """Return the "least" or "largest" pH on the skin of every stay of direct current, with where it is.

    Of a course of one sign only that end is told which the sign drives to.
    """
    told = []
    for stay in stays(plan, prediction):
        sign = 1 if side == "least" else -1
        if not any(density.value * sign > 0 for _, density in stay.segments):
            continue
        over = "metal" if stay.electrode.shape in METAL_SHAPES else "cloth"
        film, share = _film(stay.electrode.coupling, over), water_share(stay.electrode.material)
        found = [_extremes(stay.at(end), film, share, end) for end in ("value", "least", "most")]
        told.append((stay.where, _among([f.least if side == "least" else f.largest for f in found])))
    return told


def stays(plan: Plan, prediction: Prediction) -> Iterator[Stay]:
    """Yield every stay of direct current: steps one after the other with an electrode at one site are one.

    A glide is a stay as long as its charge at the place that receives most takes at its density.
    """
    exposures = {exposure.number: exposure for exposure in prediction.exposure.steps}
    for electrode in plan.electrodes:
        site, end, first, held = "", 0.0, 0, []
        for step in plan.steps:
            part, side = _part(step, electrode.name)
            if part is None:
                continue
            contact = next(c for c in exposures[step.number].contacts if c.electrode == electrode.name)
            own = _segments(step, contact, side, still=isinstance(part, Placement))
            here = part.site if isinstance(part, Placement) else ""
            if here and here == site:
                held += [(step.start - end, Estimate.exact(0.0, "current density")), *own]
            else:
                yield from _stay(electrode, first, held)
                first, held = step.number, own
            site, end = here, step.stop
        yield from _stay(electrode, first, held)


def _stay(electrode: Electrode, step: int, held: list[tuple[float, Estimate]]) -> Iterator[Stay]:
    if any(density.value for _, density in held):
        lasting = tuple((time, density) for time, density in held if time > 0)
        yield Stay(where=f"step {step}, electrode {electrode.name}", electrode=electrode, segments=lasting)


def _part(step: Step, electrode: str) -> tuple[Placement | Path | None, float]:
    """Return what an electrode does in a step, and its sign while the current is positive."""
    for part, side in ((step.anode, 1.0), (step.cathode, -1.0)):
        if part.electrode == electrode:
            return part, side
    return None, 0.0


def _segments(
    step: Step, contact: ContactExposure, side: float, *, still: bool
) -> list[tuple[float, Estimate]]:
    """Return durations and densities of one step: of equal charge, without its ramps."""
    stimulus, density = step.stimulus, contact.dc_density
    if stimulus.waveform.is_balanced or not density.value:
        return [(stimulus.duration, Estimate.exact(0.0, "current density"))]
    sign = side * math.copysign(1.0, stimulus.waveform.mean) * stimulus.polarity.first_sign
    turns, time = 1, abs(stimulus.net_charge) / stimulus.window_mean()
    if stimulus.polarity.mode == "alternating":
        turns = max(1, min(_MOST_TURNS, math.floor(stimulus.duration / stimulus.polarity.every)))
        time = min(stimulus.duration, stimulus.polarity.every)
    if not still:
        time = min(time, abs(contact.absolute_charge_density.value) / density.value)
    return [(time, _signed(density, sign * (-1) ** turn)) for turn in range(turns)]


def _signed(density: Estimate, sign: float) -> Estimate:
    ends = sorted((sign * density.low, sign * density.high))
    return Estimate(value=sign * density.value, low=ends[0], high=ends[1], dimension=density.dimension)


@dataclass(frozen=True, kw_only=True)
class _Extremes:
    """Least and largest pH on the skin during a course."""

    least: float
    largest: float


def _extremes(segments: Segments, film: Film, share: float, end: str) -> _Extremes:
    trace = _trace(segments, _layer(film, end), share)
    return _Extremes(least=float(trace.at_skin.min()), largest=float(trace.at_skin.max()))


def _among(found: list[float]) -> Estimate:
    return Estimate(value=found[0], low=min(found), high=max(found), dimension="pH")


def _film(coupling: str, over: str) -> Film:
    known = tables.films()
    if (coupling, over) not in known:
        expected = "; ".join(f"{c} over {o}" for c, o in known)
        raise ValueRefused(Problem(what="film", expected=expected, came=f"{coupling} over {over}"))
    return known[coupling, over]


def _layer(film: Film, end: str) -> Layer:
    """Return a film with the "value" of its inputs, or those of the "least" or "most" change of pH."""
    thickness = {"value": film.thickness.value, "least": film.thickness.high, "most": film.thickness.low}
    buffer = {"value": film.buffer.value, "least": film.buffer.high, "most": film.buffer.low}
    return Layer(
        thickness=thickness[end], salt=film.salt.value, buffer=buffer[end], ph=film.ph.value,
        hindrance=film.hindrance.value,
    )  # fmt: skip


@lru_cache(maxsize=512)
def _trace(segments: Segments, film: Layer, share: float) -> Acidity:
    """Return pH through time for one choice of all inputs."""
    solutes, skin = table_solutes(), tables.skin_chemistry()
    resistance = tables.skin_layers()[_BARRIER].parallel.value
    barrier = resistance * conductivity_at_start(film, solutes=solutes) / film.hindrance
    layers = (
        Layer(thickness=film.thickness, salt=film.salt, buffer=film.buffer, ph=film.ph,
              hindrance=film.hindrance, barrier=barrier),
        Layer(thickness=_DEPTH, salt=skin.salt.value, buffer=skin.buffer.value, ph=skin.ph.value,
              hindrance=skin.hindrance.value),
    )  # fmt: skip
    times, densities, now = [], [], 0.0
    for duration, density in segments:
        times += [now, now + duration]
        densities += [density, density]
        now += duration
    return acidity_under(column_of(layers, solutes=solutes), times, densities, water_share=share)


def table_solutes() -> Solutes:
    """Return the ions of a film and its buffer as the tables have them."""
    ions, buffer = tables.ions(), tables.buffer()
    temperature = buffer.temperature.value

    def moves(ion: Ion) -> float:
        if ion.limiting_conductivity is not None:
            given = ion.limiting_conductivity.value
            return diffusivity(given, valence=ion.charge, temperature=temperature)
        return ion.diffusivity.value if ion.diffusivity else 0.0

    return Solutes(
        diffusivities=tuple(moves(ions[name]) for name in _SPECIES),
        first=_LITRE * 10**-buffer.first_constant.value,
        second=_LITRE * 10**-buffer.second_constant.value,
        water=_LITRE**2 * 10**-buffer.water.value,
        temperature=temperature,
    )


def _passing(trace: Acidity, level: float) -> float | None:
    """Return when the pH on the skin first passes a level [s]; acid and base grow straight meanwhile."""
    sign = 1.0 if level > 7 else -1.0
    beyond = sign * (trace.at_skin - level) > 0
    if not beyond.any():
        return None
    at = int(beyond.argmax())
    if at == 0:
        return float(trace.times[0])
    before, after, wanted = (10 ** (sign * ph) for ph in (*trace.at_skin[at - 1 : at + 1], level))
    part = (wanted - before) / (after - before)
    return float(trace.times[at - 1] + part * (trace.times[at] - trace.times[at - 1]))
