"""Devices on the market: listed, shown with sources, compared on one face, measured with a scope."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from microcurrent import tables, units
from microcurrent.errors import InputError, Problem
from microcurrent.model import Device, ProductCode
from microcurrent.model.device import CLASSES
from microcurrent.planning.devices.device_file import read_device_file, write_device_file
from microcurrent.planning.devices.measuring import Claim, against, device_of_trace
from microcurrent.planning.devices.outputs import Output, output_of
from microcurrent.planning.devices.scope_file import Columns, read_scope_file
from microcurrent.planning.devices.traces import Measured, measure

if TYPE_CHECKING:  # solvers take a second to load
    from microcurrent.planning.devices.comparing import Compared

__all__ = [
    "Columns",
    "Compared",
    "Comparison",
    "DeviceShown",
    "Reading",
    "TraceMeasured",
    "compare_devices",
    "find_device",
    "list_devices",
    "measure_device",
    "product_codes",
    "show_device",
]

Progress = Callable[[int, int, str], None]
_ENDING = ".toml"
_PICTURE = "devices-compared.svg"
#: Stricter limits that are asked of a device made for this class.
_PROFILE = {"home": ("home",)}


@dataclass(frozen=True, kw_only=True)
class DeviceShown:
    """A device, the `output` that follows from what is known of it, and its `sources`: id and citation."""

    device: Device
    output: Output
    sources: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Devices on one hold: `body`, `sites`, how the skin was touched (`contact`), and one entry a device.

    `samples` draws stand behind each interval; `picture` and its words, where one was written.
    """

    body: str
    sites: tuple[str, ...]
    contact: str
    samples: int
    devices: tuple[Compared, ...]
    picture: str
    alternative: str
    sources: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a trace is read: through which `load` [ohm], which `columns`; `zero`: what the scope shows of no
    current, as text with its unit; `flat_top`: a top that looks cut off is the device's own."""

    load: float
    columns: Columns
    zero: str = ""
    flat_top: bool = False


@dataclass(frozen=True, kw_only=True)
class TraceMeasured:
    """What a trace shows: `measured`, the `column` it was read from, the `claims` of a device against it,
    and the file `saved`, an empty name where none was."""

    file: str
    column: str
    load: float
    measured: Measured
    claims: tuple[Claim, ...]
    saved: str


def list_devices(word: str = "") -> tuple[Device, ...]:
    """Return the devices of the catalogue: all, or those of a class; `InputError` for no class."""
    if word and word not in CLASSES:
        raise InputError(
            Problem(what="no such class of devices", key="--class", expected=f"one of {', '.join(CLASSES)}",
                    came=word)
        )  # fmt: skip
    return tuple(device for device in tables.devices().values() if not word or word in device.classes)


def product_codes() -> tuple[ProductCode, ...]:
    """Return the product codes of the American regulator."""
    return tuple(tables.product_codes().values())


def find_device(name: str) -> Device:
    """Return a device by its name in the catalogue, or from a TOML file; `InputError` where none is."""
    known = tables.devices()
    if name in known:
        return known[name]
    if name.endswith(_ENDING) or Path(name).is_file():
        return read_device_file(Path(name))
    close = difflib.get_close_matches(name.lower().replace(" ", "-"), known, n=3, cutoff=0.4)
    raise InputError(
        Problem(
            what="no such device", key="device", came=name,
            expected="a name from `device list`, or a file ending in .toml",
            advice=f"Did you mean {' or '.join(close)}?" if close else "",
        )
    )  # fmt: skip


def show_device(name: str) -> DeviceShown:
    """Return what is known of a device, cell by cell, and what follows from it."""
    device = find_device(name)
    return DeviceShown(device=device, output=output_of(device), sources=_sources((device,)))


def compare_devices(
    names: Sequence[str],
    *,
    body: str,
    samples: int,
    out: Path | None = None,
    on_step: Callable[[str], None] = lambda _: None,
    on_progress: Progress | None = None,
) -> Comparison:
    """Return devices on one hold of one body; write a picture of them into the folder `out`.

    Raises `InputError` for a device or body that is not known, or less than two devices.
    """
    from microcurrent.planning.devices.comparing import compare_device
    from microcurrent.planning.devices.reference_hold import reference_hold

    if len(names) < 2 or len(set(names)) < len(names):
        raise InputError(Problem(what="nothing to compare", key="device", came=", ".join(names) or "none",
                                 expected="two or more devices, each once"))  # fmt: skip
    devices = [find_device(name) for name in names]
    hold = reference_hold(body, samples=samples, on_step=on_step, on_progress=on_progress)
    compared = tuple(
        compare_device(device, hold, tables.limits(profiles=_profiles(device))) for device in devices
    )
    picture, alternative = _picture(compared, out)
    first = hold.plan.electrodes[0]
    contact = f"{first.shape} of {units.write(first.diameter or 0.0, 'length')}, {first.coupling}"
    return Comparison(
        body=hold.plan.body, sites=tuple(site.name for site in hold.plan.sites), contact=contact,
        samples=samples, devices=compared, picture=picture, alternative=alternative,
        sources=_sources(devices),
    )  # fmt: skip


def measure_device(
    file: Path, reading: Reading, *, against_device: str = "", save: Path | None = None
) -> TraceMeasured:
    """Return what a trace from an oscilloscope shows; compare it with a device, save it as one.

    Raises `InputError` for a file that cannot be used, a trace that looks clipped, or too few periods.
    """
    claimed = find_device(against_device) if against_device else None
    trace = read_scope_file(file, reading.columns)
    zero = units.read(reading.zero, trace.kind) if reading.zero else 0.0
    readings = trace.reading - zero
    current = readings / reading.load if trace.kind == "voltage" else readings
    measured = measure(trace.time, current, file=str(file), flat_top=reading.flat_top)
    if save is not None:
        name = save.name.removesuffix(_ENDING)
        device = device_of_trace(
            measured, name=name, title=name, load=reading.load, source=f"measurement {file.name}"
        )
        write_device_file(device, save)
    return TraceMeasured(
        file=str(file), column=trace.column, load=reading.load, measured=measured,
        claims=() if claimed is None else against(measured, claimed, load=reading.load),
        saved="" if save is None else str(save),
    )  # fmt: skip


def _profiles(device: Device) -> tuple[str, ...]:
    return tuple(profile for word in device.classes for profile in _PROFILE.get(word, ()))


def _picture(compared: tuple[Compared, ...], out: Path | None) -> tuple[str, str]:
    """Write the picture, where a folder is given; return its path and words."""
    if out is None:
        return "", ""
    from microcurrent.reports.files import write_whole
    from microcurrent.reports.pictures.devices import devices_picture

    picture = devices_picture(compared)
    write_whole(out / _PICTURE, picture.image)
    return str(out / _PICTURE), picture.alternative


def _sources(devices: Iterable[Device]) -> tuple[tuple[str, str], ...]:
    """Return id and citation of every source that the devices name, each once; a person's own as it is."""
    known = tables.references()
    named = (
        id_ for device in devices
        for id_ in (*device.sources, *(id_ for fact in device.facts for id_ in fact.sources))
    )  # fmt: skip
    return tuple((id_, known[id_].citation if id_ in known else id_) for id_ in dict.fromkeys(named))
