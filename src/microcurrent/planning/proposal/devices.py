"""Devices: what a device of the catalogue gives, as far as a proposal needs to know it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from microcurrent import units
from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.device import Device
from microcurrent.model.proposal import Intent
from microcurrent.planning.devices.outputs import peak_of
from microcurrent.planning.proposal.caps import Cap

#: Words of electrodes that are round probes.
_ROUND = ("sphere", "ball", "dome")


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What a device can be set to for an intent.

    `cap`: its largest current; `frequency` [Hz] nearest to that of the intent; `profiles` of limits that
    belong to it; `diameter` [m] of its round probes, 0 where not known; `compliance` [V], infinite where
    not known; `notes`: what was not known and what was taken instead.
    """

    cap: Cap
    frequency: float
    profiles: tuple[str, ...]
    diameter: float
    compliance: float
    notes: tuple[str, ...]


def reach_of(device: Device, intent: Intent, *, on_face: bool) -> Reach:
    """Return what a device gives for an intent.

    Raises `ValueRefused` for a device whose largest current nobody knows, that sets a voltage instead of a
    current, or that does not alternate.
    """
    largest = _largest(device, on_face=on_face)
    control = device.get("control")
    if control is not None and "current" not in control.texts:
        raise _refused(
            device, "a device that sets a current", "one that sets a voltage: the skin decides the current"
        )
    polarity = device.get("polarity")
    if polarity is not None and "alternating" not in polarity.texts:
        raise _refused(device, "a device that alternates", " or ".join(polarity.texts))
    notes = [
        f"Not known of {device.title}: {cell.replace('_', ' ')}. {taken}"
        for cell, taken in (
            ("control", "Taken: it sets a current."),
            ("polarity", "Taken: it alternates."),
            ("compliance", "Whether it reaches the voltage needed is not known."),
            ("frequency", f"Taken: {units.write(intent.frequency, 'frequency')}."),
            ("pulse", "Taken: half duty."),
        )
        if device.get(cell) is None
    ]
    diameter, note = _diameter(device)
    compliance = device.span("compliance").high
    return Reach(
        cap=Cap(
            rule="device", title=f"Largest current of {device.title}",
            level=units.write(largest, "current"), current=largest,
        ),
        frequency=_frequency(device, intent.frequency),
        profiles=("home",) if "home" in device.classes and "professional" not in device.classes else (),
        diameter=diameter,
        compliance=math.inf if compliance is None else compliance,
        notes=(*notes, *note),
    )  # fmt: skip


def _largest(device: Device, *, on_face: bool) -> float:
    largest = peak_of(device, on_face=on_face).high
    if largest is None:
        raise _refused(
            device, "a device whose largest current is known", "?",
            advice="Measure it (microcurrent device measure), or leave --device out",
        )  # fmt: skip
    return largest


def _frequency(device: Device, wanted: float) -> float:
    fact = device.get("frequency")
    if fact is None:
        return wanted
    if fact.values:
        return min(fact.values, key=lambda value: abs(math.log(value / wanted)) if value > 0 else math.inf)
    low, high = fact.low or 0.0, math.inf if fact.high is None else fact.high
    return min(max(wanted, low), high)


def _diameter(device: Device) -> tuple[float, tuple[str, ...]]:
    """Diameter [m] of its round probes, 0 where not known, and what is said then."""
    size = device.span("electrode_size").high
    texts = device.text("electrodes")
    if size is not None and any(word in texts for word in _ROUND):
        return size, ()
    return 0.0, (f"Not known of {device.title}: size of its round probes. Taken: those of --probe.",)


def _refused(device: Device, expected: str, came: str, *, advice: str = "") -> ValueRefused:
    return ValueRefused(
        Problem(what=f"nothing can be proposed for {device.title}", key="--device", expected=expected,
                came=came, advice=advice)
    )  # fmt: skip
