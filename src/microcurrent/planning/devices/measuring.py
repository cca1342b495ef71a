"""Measuring: a trace against what a device claims, and as a device of its own."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent import units
from microcurrent.model.device import SHAPES, UNKNOWN, Device, Known
from microcurrent.planning.devices.traces import Measured

#: A measured figure within this share of a claimed one is the same: scopes and their probes are that good.
_ALIKE = 0.05


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One figure, `claimed` and `measured` in words, and the `verdict`: "as claimed", "less", "more",
    "other" or "?" where nothing is claimed."""

    what: str
    claimed: str
    measured: str
    verdict: str


def against(measured: Measured, device: Device, *, load: float) -> tuple[Claim, ...]:
    """Return what a trace through `load` [ohm] says of the claims of a device."""
    rows = [
        _of_span(device, "largest_current", "peak current", measured.peak, most=True),
        _of_frequency(device, measured),
        _of_polarity(device, measured),
        _of_span(device, "compliance", "voltage at this load", measured.peak * load, most=True),
    ]
    if measured.frequency:
        rows.append(_of_span(device, "pulse", "time one way", measured.pulse))
    return tuple(rows)


def _of_span(device: Device, cell: str, what: str, value: float, *, most: bool = False) -> Claim:
    """Compare with a span; `most`: the claim is the most that can be set, so less is no contradiction."""
    span = device.span(cell)
    shown = units.write(value, span.dimension)
    verdict = UNKNOWN
    if span.high is not None and value > span.high * (1 + _ALIKE):
        verdict = "more"
    elif span.low is not None and value < span.low * (1 - _ALIKE):
        verdict = "less: as set, or as the voltage allows" if most else "less"
    elif span.known:
        verdict = "as claimed"
    return Claim(what=what, claimed=device.text(cell), measured=shown, verdict=verdict)


def _of_frequency(device: Device, measured: Measured) -> Claim:
    fact = device.get("frequency")
    shown = units.write(measured.frequency, "frequency") if measured.frequency else "direct current"
    if fact is None or not measured.frequency:
        return Claim(what="frequency", claimed=device.text("frequency"), measured=shown, verdict=UNKNOWN)
    if len(fact.values) > 1:
        near = any(abs(measured.frequency / value - 1) <= _ALIKE for value in fact.values if value)
        return Claim(what="frequency", claimed=fact.text, measured=shown,
                     verdict="as claimed" if near else "other")  # fmt: skip
    return _of_span(device, "frequency", "frequency", measured.frequency)


def _of_polarity(device: Device, measured: Measured) -> Claim:
    fact = device.get("polarity")
    verdict = UNKNOWN if fact is None else "as claimed" if measured.polarity in fact.texts else "other"
    return Claim(
        what="polarity", claimed=device.text("polarity"), measured=measured.polarity, verdict=verdict
    )


def device_of_trace(measured: Measured, *, name: str, title: str, load: float, source: str) -> Device:
    """Return what a trace through `load` [ohm] shows as a device that can be shown and compared.

    What one trace cannot show stays unknown: whether the device regulates current or voltage, and how far
    its voltage goes; that it reached what it reached is kept.
    """
    note = f"Measured through {units.write(load, 'resistance')}, as the device was set."
    direct = units.write(measured.net_direct, "current")

    def fact(
        cell: str, *, texts: tuple[str, ...] = (), value: float | None = None, note: str = ""
    ) -> Known:
        return Known(
            cell=cell, texts=texts, values=() if value is None else (value,), sources=(source,),
            confidence="found", note=note,
        )  # fmt: skip

    facts = [
        fact("waveform", texts=(f"{measured.form}, {measured.polarity}",), note=note),
        fact("polarity", texts=(measured.polarity,), note=f"Mean over whole periods: {direct}."),
        fact("largest_current", value=measured.peak, note=note),
        fact("voltage_reached", value=measured.peak * load, note=note),
    ]
    if measured.frequency:
        facts += [fact("frequency", value=measured.frequency), fact("pulse", value=measured.pulse)]
    if measured.form in SHAPES:
        facts.append(fact("shape", texts=(measured.form,)))
    return Device(name=name, title=title, classes=(), facts=tuple(facts), sources=(source,), note=note)
