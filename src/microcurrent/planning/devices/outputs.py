"""Outputs: what a device gives by what is known of it; an unknown cell makes an unknown figure, and says
so.

A device has many settings. Every figure is a span over all of them at the largest current, since each
figure rises or falls steadily with frequency and pulse: the ends of these give the ends of the figure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product

from microcurrent.model import shapes
from microcurrent.model.device import Device, Span
from microcurrent.model.waveform import Waveform

#: The loads [ohm] at which makers state their output to the American regulator.
LOADS = (500.0, 2e3, 10e3)
#: The load [ohm] that the standards' limit on the energy of a pulse speaks of.
ENERGY_LOAD = 500.0
#: The most of a period that one pulse of an alternating current can take.
_HALF = 0.5
_SHAPE_MISSING = "the shape of the current is not known"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting at the end of what a device can do: `waveform`, and `frequency` [Hz], 0 for direct."""

    waveform: Waveform
    frequency: float


@dataclass(frozen=True, kw_only=True)
class Output:
    """What a device gives at its largest current.

    `peak`, `rms`, `net_direct` [A] (the mean over a period); `charge` [C] per phase if the claimed current
    flows in full; `charge_at`: the same at each of `LOADS` [ohm]; `energy` [J] of one pulse into 500 ohm if
    the claimed current flows in full. `assumed`: what was taken; `missing`: why a figure is "?".
    """

    peak: Span
    rms: Span
    net_direct: Span
    charge: Span
    charge_at: tuple[tuple[float, Span], ...]
    energy: Span
    assumed: tuple[str, ...]
    missing: tuple[str, ...]


def peak_of(device: Device, *, on_face: bool = True) -> Span:
    """Return the largest current [A], the one stated for the face where there is one, if `on_face`."""
    cell = "face_current" if on_face and device.get("face_current") else "largest_current"
    return device.span(cell)


def is_assumed(device: Device) -> bool:
    """Whether the shape that is computed with was taken because none was found."""
    shape = device.get("shape")
    return shape is not None and shape.confidence == "proposed"


def settings_of(device: Device) -> tuple[Setting, ...]:
    """Return the settings at the ends of what a device can do; none where shape or frequency is not known.

    Two polarities are told apart: alternating, and one-way. Where none is known, both are taken.
    """
    shape = device.get("shape")
    if shape is None:
        return ()
    if shape.texts[0] == "direct":
        return (Setting(waveform=shapes.constant(), frequency=0.0),)
    frequencies = _ends(device.span("frequency"))
    return tuple(
        Setting(waveform=waveform, frequency=frequency)
        for frequency in frequencies
        for waveform in _waveforms(device, frequency)
    )


def output_of(device: Device, *, on_face: bool = True) -> Output:
    """Return what a device gives at its largest current, as far as it is known."""
    peak, shape = peak_of(device, on_face=on_face), device.get("shape")
    assumed, missing = _assumed(device), _missing(device, peak)
    form = "" if shape is None else shape.texts[0]
    if form == "direct":
        unknown = Span.unknown("charge")
        return Output(
            peak=peak, rms=peak, net_direct=peak, charge=unknown, energy=Span.unknown("energy"),
            charge_at=tuple((load, unknown) for load in LOADS), assumed=assumed,
            missing=(*missing, "direct current has no phases: its charge grows with time"),
        )  # fmt: skip
    charge = _figure(device, peak, "charge", _charge)
    return Output(
        peak=peak,
        rms=_figure(device, peak, "current", lambda amplitude, s: amplitude * s.waveform.rms),
        net_direct=_with_direct(device, _figure(device, peak, "current", _mean)),
        charge=charge,
        charge_at=tuple((load, _charge_at(device, peak, load)) for load in LOADS),
        energy=_figure(device, peak, "energy", _energy),
        assumed=assumed,
        missing=missing,
    )


def _charge(amplitude: float, setting: Setting) -> float:
    return amplitude * setting.waveform.largest_phase / setting.frequency


def _mean(amplitude: float, setting: Setting) -> float:
    return 0.0 if setting.waveform.is_balanced else amplitude * abs(setting.waveform.mean)


def _energy(amplitude: float, setting: Setting) -> float:
    """Energy [J] of the positive pulse into `ENERGY_LOAD`."""
    start, stop, _ = next(phase for phase in setting.waveform.phases if phase[2] > 0)
    square = setting.waveform.integral(lambda _: 1.0, start, stop, of=lambda value: value * value)
    return ENERGY_LOAD * amplitude**2 * square / setting.frequency


def _charge_at(device: Device, peak: Span, load: float) -> Span:
    """Charge per phase [C] through a resistor: a current source gives min(I, U / R)."""
    limit = _largest_into(device, peak, load)
    if limit is None:
        return Span.unknown("charge")
    ends = [None if end is None else min(end, limit) for end in (peak.low, peak.high)]
    return _figure(device, Span(low=ends[0], high=ends[1], dimension="current"), "charge", _charge)


def _largest_into(device: Device, peak: Span, load: float) -> float | None:
    """The largest current [A] that its voltage lets a source give into a load, None if not known."""
    compliance, seen = device.span("compliance").low, device.span("voltage_reached").high
    if seen is not None and peak.high is not None and math.isclose(peak.high * load, seen, rel_tol=1e-6):
        return peak.high  # the very load that it was measured through
    if device.text("control") != "current":
        return None
    if compliance is not None:
        return compliance / load
    if seen is not None and peak.high is not None and peak.high * load <= seen:
        return peak.high
    return None


def _with_direct(device: Device, net: Span) -> Span:
    """Add the programs of direct current that a device has beside its pulses."""
    direct = device.span("direct_current").high
    if direct is None or net.high is None:
        return net
    return Span(low=net.low, high=max(net.high, direct), dimension=net.dimension, assumed=net.assumed)


def _figure(device: Device, peak: Span, dimension: str, of: Callable[[float, Setting], float]) -> Span:
    """Return the span of a figure over both ends of peak and all settings; it grows with the peak."""
    frequency = device.span("frequency")
    free = dimension == "current" and device.text("shape") in ("square", "sine")
    # R.m.s. and mean of a square or a sine are the same at any frequency, so one will do.
    settings = (
        tuple(Setting(waveform=w, frequency=1.0) for w in _waveforms(device, 1.0)) if free
        else settings_of(device)
    )  # fmt: skip
    if not settings:
        return Span.unknown(dimension)
    open_low = peak.low is None or (not free and frequency.high is None)
    open_high = peak.high is None or (not free and frequency.low is None)
    low = None if open_low else min(of(peak.low or 0.0, s) for s in settings)
    high = None if open_high else max(of(peak.high or 0.0, s) for s in settings)
    return Span(low=low, high=high, dimension=dimension, assumed=is_assumed(device))


def _waveforms(device: Device, frequency: float) -> Iterable[Waveform]:
    """Yield the shapes of one period at a frequency [Hz], for each polarity and each end of the pulse."""
    shape, polarity = device.get("shape"), device.get("polarity")
    if shape is None:
        return
    if shape.texts[0] == "sine":
        yield shapes.sine()
        return
    modes = {"alternating", "positive"}
    if polarity is not None:
        modes = {"positive" if mode == "negative" else mode for mode in polarity.texts}
    widths = [_HALF]
    if shape.texts[0] == "pulses":
        # No device gives a pulse longer than half its period, whatever its longest pulse is.
        widths = [min(pulse * frequency, _HALF) for pulse in _ends(device.span("pulse"))]
    for mode, width in product(sorted(modes), dict.fromkeys(widths)):
        yield shapes.biphasic(width=width) if mode == "alternating" else shapes.monophasic(width=width)


def _ends(span: Span) -> tuple[float, ...]:
    return tuple(dict.fromkeys(end for end in (span.low, span.high) if end is not None))


def _assumed(device: Device) -> tuple[str, ...]:
    shape, polarity, taken = device.get("shape"), device.get("polarity"), []
    if shape is not None and shape.confidence == "proposed":
        taken.append(f"shape taken as {shape.texts[0]}: {shape.note or 'none was found'}")
    if shape is not None and shape.texts[0] in ("square", "pulses") and polarity is None:
        taken.append("polarity is not known: from alternating to one-way")
    return tuple(taken)


def _missing(device: Device, peak: Span) -> tuple[str, ...]:
    """Why figures are not known, one sentence each."""
    shape, reasons = device.text("shape"), []
    if peak.high is None:
        reasons.append("the largest current is not known")
    if shape == "?":
        reasons.append(_SHAPE_MISSING)
    elif shape != "direct" and device.span("frequency").low is None:
        reasons.append("the frequency is not known")
    elif shape == "pulses" and not device.span("pulse").known:
        reasons.append("the length of a pulse is not known")
    if device.text("control") == "voltage":
        reasons.append("the device regulates voltage: its current follows from the load, not from a claim")
    elif device.span("compliance").low is None and device.span("voltage_reached").high is None:
        reasons.append("the compliance voltage is not known, so neither is the current into a given load")
    elif device.get("control") is None:
        reasons.append("whether it regulates current or voltage is not known, so neither is the current "
                       "into a given load")  # fmt: skip
    return tuple(reasons)
