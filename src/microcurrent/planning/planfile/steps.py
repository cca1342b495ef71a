"""From one step entry to one Step: sites, path lengths, the waveform and the stimulus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from microcurrent import tables, units
from microcurrent.errors import BodyError, PlanError, Problem
from microcurrent.model import shapes
from microcurrent.model.body import Site
from microcurrent.model.electrode import Electrode
from microcurrent.model.envelope import Polarity, Ramp, Surge
from microcurrent.model.plan import SYSTEMS, Path, Placement, Step
from microcurrent.model.stimulus import Stimulus
from microcurrent.model.waveform import Waveform
from microcurrent.model.way import Way
from microcurrent.planning.bodies import BodySource, clearance_of
from microcurrent.planning.planfile.entries import (
    WAVEFORMS,
    AlternatingEntry,
    GlideEntry,
    HoldEntry,
    PathEntry,
    PlacementEntry,
    RampEntry,
    StepEntry,
)
from microcurrent.planning.planfile.offsets import alternating_peak, on_direct

#: The limit that gives the shortest ramp of each system, used where a step names no ramp; it is the same in
#: every mode, and an alternating current on a direct one has the longer of both.
_RAMP_LIMIT = {"galvanic": "ramp-galvanic", "faradic": "ramp-microcurrent"}


def _refuse(key: str, what: str, *, expected: str, came: str, advice: str = "") -> PlanError:
    return PlanError(Problem(what=what, expected=expected, came=came, advice=advice, key=key))


class Sites:
    """The sites of a body and of the plan file, which of them the plan uses, and the ways between them."""

    def __init__(
        self, *, source: BodySource, own: tuple[Site, ...], electrodes: Mapping[str, Electrode]
    ) -> None:
        self._source = source
        self._body = replace(source.body, sites=(*source.body.sites, *own))
        self._known = {site.name: site for site in self._body.sites}
        self._electrodes = electrodes
        self._used: dict[str, Site] = {}

    @property
    def used(self) -> tuple[Site, ...]:
        """The sites asked for so far, in that order."""
        return tuple(self._used.values())

    def find(self, key: str, at: str | list[float]) -> Site:
        """Return a site by name, by abbreviation such as "zy left", or by coordinates [m]."""
        if isinstance(at, list):
            site = self._from_coordinates(key, at)
        else:
            found = self._known.get(at) or self._body.find_site(at)
            if found is None:
                raise _refuse(
                    key,
                    "unknown site",
                    expected=f"a site of the body {self._body.name!r} or of [sites]",
                    came=at,
                    advice=self._body.suggestion(at),
                )
            site = found
        self._used[site.name] = site
        return site

    def way(self, key: str, entry: PathEntry) -> tuple[tuple[Site, ...], Way]:
        """Return the sites of a path and the way of its electrode through them."""
        places = tuple(self.find(f"{key}.along", at) for at in entry.along)
        clearance = clearance_of(self._electrodes.get(entry.electrode))
        try:
            return places, self._source.path(places, clearance=clearance)
        except BodyError as refused:
            problems = (replace(problem, key=f"{key}.along") for problem in refused.problems)
            raise PlanError(*problems) from refused

    def _from_coordinates(self, key: str, at: list[float]) -> Site:
        wanted = 2 if self._body.kind == "slab" else 3
        if len(at) != wanted:
            raise _refuse(
                key, "wrong number of coordinates", expected=f"{wanted} lengths", came=str(len(at))
            )
        position = (at[0], at[1], at[2] if wanted == 3 else 0.0)
        name = "(" + ", ".join(f"{1e3 * value:g}" for value in at) + ") mm"
        return Site(name=name, position=position, source="plan file")


def step_of(entry: HoldEntry | GlideEntry, index: int, *, clock: float, sites: Sites) -> Step:
    """Return the step that an entry describes; it starts at `clock` [s] unless it says otherwise.

    Raises `PlanError` with keys relative to the step, or `ValueRefused` from a noun.
    """
    shape = on_direct(entry, _waveform(entry))
    ends: tuple[Placement | Path, Placement | Path]
    if isinstance(entry, HoldEntry):
        ends = _held(entry, shape, sites)
        duration = entry.duration
    else:
        ends, duration = _gliding(entry, shape, sites)
    if not duration > 0:
        raise _refuse("duration", "no time", expected="a time above 0 s", came=f"{duration:g} s")
    anode, cathode = ends
    if anode.electrode == cathode.electrode:
        glides = isinstance(entry, GlideEntry)
        key = "cathode.electrode" if entry.cathode else "moving.electrode" if glides else "between"
        raise _refuse(
            key,
            "one electrode cannot be both ends",
            expected="two different electrodes",
            came=f"{anode.electrode} twice",
        )
    return Step(
        number=index + 1,
        system=_system(entry),
        title=entry.title,
        anode=anode,
        cathode=cathode,
        start=clock if entry.start is None else entry.start,
        stimulus=_stimulus(entry, shape, duration),
    )


def _system(entry: Any) -> str:
    system: str = entry.system
    return system


# -- where ---------------------------------------------------------------------------------------


def _held(entry: HoldEntry, shape: Waveform, sites: Sites) -> tuple[Placement, Placement]:
    if entry.between is not None:
        if entry.anode or entry.cathode:
            raise _refuse(
                "between",
                "two ways of saying where",
                expected="either between, or anode and cathode",
                came="both",
            )
        if not shape.is_balanced:
            raise _no_polarity("between", shape)
        first, second = entry.between
        return _placement("between", first, sites), _placement("between", second, sites)
    if entry.anode is None or entry.cathode is None:
        if not shape.is_balanced:
            raise _no_polarity("cathode" if entry.anode else "anode", shape)
        raise _refuse(
            "between",
            "missing",
            expected="between = [ two placements ], or anode and cathode",
            came="nothing",
        )
    return _placement("anode", entry.anode, sites), _placement("cathode", entry.cathode, sites)


def _no_polarity(key: str, shape: Waveform) -> PlanError:
    return _refuse(
        key,
        "current without polarity",
        expected="anode and cathode (or moving_is), since this current has a direct part",
        came=f"a {shape.name} current without them",
        advice="Say which probe is the anode and which the cathode",
    )


def _placement(key: str, entry: PlacementEntry, sites: Sites) -> Placement:
    return Placement(electrode=entry.electrode, site=sites.find(f"{key}.at", entry.at).name)


def _gliding(
    entry: GlideEntry, shape: Waveform, sites: Sites
) -> tuple[tuple[Placement | Path, Placement | Path], float]:
    parts = _parts_of_glide(entry, shape)
    ways = {key: sites.way(key, part) for key, part in parts.items() if isinstance(part, PathEntry)}
    if not ways:
        raise _refuse(
            "anode",
            "nothing moves in this glide",
            expected="at least one end with along = [ sites ]",
            came="two placements",
            advice='Use do = "hold" to hold both probes',
        )
    if entry.speed <= 0:
        raise _refuse("speed", "no speed", expected="a speed above 0 mm/s", came=f"{entry.speed:g} m/s")
    longest = max(way.length for _, way in ways.values())
    ends: dict[str, Placement | Path] = {}
    for key, part in parts.items():
        if isinstance(part, PathEntry):
            places, way = ways[key]
            ends[key] = Path(
                electrode=part.electrode,
                sites=tuple(site.name for site in places),
                passes=entry.passes,
                length=way.length,
                speed=entry.speed * way.length / longest,
                way=() if way.is_straight else way.points,
                marks=() if way.is_straight else way.marks,
            )
        else:
            ends[key] = _placement(key, part, sites)
    return (ends["anode"], ends["cathode"]), entry.passes * longest / entry.speed


def _parts_of_glide(entry: GlideEntry, shape: Waveform) -> dict[str, PlacementEntry | PathEntry]:
    """Return what the file says of the anode and of the cathode, however it says it."""
    parts: dict[str, PlacementEntry | PathEntry | None]
    written_as = {"anode": "anode", "cathode": "cathode"}
    if entry.anode or entry.cathode:
        if entry.fixed or entry.moving or entry.moving_is:
            raise _refuse(
                "moving",
                "two ways of saying where",
                expected="either fixed and moving, or anode and cathode",
                came="both",
            )
        parts = {"anode": entry.anode, "cathode": entry.cathode}
    else:
        if entry.moving_is is None and not shape.is_balanced:
            raise _no_polarity("moving_is", shape)
        moving_is = entry.moving_is or "anode"
        other = "cathode" if moving_is == "anode" else "anode"
        parts = {moving_is: entry.moving, other: entry.fixed}
        written_as = {moving_is: "moving", other: "fixed"}
    for end, part in parts.items():
        if part is None:
            key = written_as[end]
            raise _refuse(key, "missing", expected=f"the key {key}", came="nothing")
    return {end: part for end, part in parts.items() if part is not None}


# -- what ----------------------------------------------------------------------------------------


def _waveform(entry: StepEntry) -> Waveform:
    name: str = entry.waveform  # type: ignore[attr-defined]
    needed, allowed = WAVEFORMS[name]
    for key in ("frequency", "pulse", "gap", "ratio", "rise", "pulses", "fill"):
        given = getattr(entry, key) is not None
        if key in needed and not given:
            raise _refuse(key, "missing", expected=f"the key {key}, for a {name} current", came="nothing")
        if given and key not in needed and key not in allowed:
            raise _refuse(key, "does not belong here", expected=f"no {key}, for a {name} current", came=key)
    if name == "constant":
        return shapes.constant()
    frequency = entry.frequency or 0.0
    if frequency <= 0:
        raise _refuse(
            "frequency", "no frequency", expected="a frequency above 0 Hz", came=f"{frequency:g} Hz"
        )
    return _alternating(entry, name, frequency)


def _alternating(entry: StepEntry, name: str, frequency: float) -> Waveform:
    width = (entry.pulse or 0.0) * frequency
    if entry.pulse is not None and not 0 < width < 1:
        raise _refuse(
            "pulse",
            "does not fit the period",
            came=units.write(entry.pulse, "time"),
            expected=f"between 0 s and one period, {units.write(1 / frequency, 'time')}",
        )
    if name == "monophasic":
        return shapes.monophasic(width=width)
    if name == "biphasic":
        return shapes.biphasic(
            width=width,
            gap=(entry.gap or 0.0) * frequency,
            ratio=1.0 if entry.ratio is None else entry.ratio,
        )
    if name == "sine":
        return shapes.sine()
    if name == "ramped-square":
        return shapes.ramped_square(rise=(entry.rise or 0.0) * frequency)
    fill = 1.0 if entry.fill is None else entry.fill
    pulses = entry.pulses or 0
    if pulses < 1 or not 0 < fill <= 1:
        raise _refuse(
            "pulses",
            "no burst",
            expected="at least 1 pulse and a fill above 0, at most 1",
            came=f"{pulses} pulses, fill {fill:g}",
        )
    slot = 0.5 * fill / pulses
    if width > slot:
        raise _refuse(
            "pulse",
            "does not fit the burst",
            expected=f"at most {units.write(slot / frequency, 'time')}",
            came=units.write(entry.pulse or 0.0, "time"),
        )
    return shapes.burst(pulses=pulses, width=width / slot, fill=fill)


def _stimulus(entry: StepEntry, shape: Waveform, duration: float) -> Stimulus:
    surge = Surge(**entry.surge.model_dump()) if entry.surge else None
    polarity = entry.polarity
    if isinstance(polarity, AlternatingEntry):
        turning = Polarity(mode="alternating", every=polarity.every, ramp=polarity.ramp)
    else:
        turning = Polarity(mode=polarity)
    return Stimulus(
        waveform=shape,
        amplitude=entry.offset / shape.direct if entry.offset else alternating_peak(entry, shape),
        frequency=entry.frequency or 0.0,
        duration=duration,
        ramp=_ramp(entry, shape),
        surge=surge,
        polarity=turning,
    )


def _ramp(entry: StepEntry, shape: Waveform) -> Ramp:
    """Return the ramp given, else the shortest that the limits allow for this current."""
    if isinstance(entry.ramp, RampEntry):
        return Ramp(rise=entry.ramp.rise, fall=entry.ramp.fall)
    if entry.ramp is not None:
        return Ramp(rise=entry.ramp, fall=entry.ramp)
    systems = SYSTEMS if shape.is_superposed else (_system(entry),)
    shortest = max(tables.limits().stop(_RAMP_LIMIT[system]) for system in systems)
    return Ramp(rise=shortest, fall=shortest)
