"""Stimulators: which there are, what one can do, its self-test, and how one is opened by name."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from microcurrent import tables
from microcurrent.delivery.clock import RealClock
from microcurrent.delivery.load import SkinLoad
from microcurrent.delivery.selftest import ArtificialSkin, Check, self_test
from microcurrent.delivery.transport.line import Line
from microcurrent.delivery.transport.process import FirmwareProcess, interpreters
from microcurrent.errors import DeliveryError, InputError, Problem, StimulatorSilent
from microcurrent.model.stimulator import Capabilities, Status, Stimulator

#: Kinds of stimulators that a name can begin with, and what follows the colon.
KINDS = {
    "simulated": "inside this program, in no time",
    "pty": "our firmware as a process on a pseudo-terminal, in real time; pty:micropython or pty:python",
    "serial": "our firmware on a serial port: serial:PORT",
    "stimjim": "a Stimjim on a serial port: stimjim:PORT",
    "scpi": "a bench current source through VISA: scpi:RESOURCE",
}
#: Those that no probe can be connected to.
REHEARSAL = ("simulated", "pty")
#: Environment variable with the key shared with our firmware.
KEY = "MICROCURRENT_STIMULATOR_KEY"
#: Faults that the load of the firmware process can be given before a sitting.
PROCESS_FAULTS = ("lead_off", "short", "drift", "gain", "leak", "stuck", "welded", "button")
#: Known load [ohm] of the firmware process in a self-test: a resistor in series, and the skin.
_TEST_LOAD = SkinLoad(series=2e3, parallel=8e3, capacitance=50e-9)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A stimulator that can be named: `name`, `what` it is, whether it gives current to a `person`."""

    name: str
    what: str
    person: bool


@dataclass(frozen=True, kw_only=True)
class Wired:
    """A stimulator behind a line; `process` where it is our firmware on the bench of this machine."""

    stimulator: Stimulator
    process: FirmwareProcess | None = None


def split(name: str) -> tuple[str, str]:
    """Return kind and address of a name such as ``serial:/dev/ttyACM0``; `InputError` for another kind."""
    kind, _, address = name.partition(":")
    if kind not in KINDS or ((not address) != (kind in REHEARSAL) and kind != "pty"):
        raise InputError(
            Problem(
                what="no such stimulator", key="--stimulator",
                expected="; ".join(f"{kind} ({what})" for kind, what in KINDS.items()), came=name,
            )
        )  # fmt: skip
    return kind, address


def listed(*, ask: bool = False) -> tuple[Listed, ...]:
    """Return what this machine has: rehearsals, and every serial port.

    `ask`: say hello at each port, and tell which have our firmware. A device of another kind gets a
    line of text that it does not know, so this is not done unasked.
    """
    from microcurrent.delivery.transport.serial_port import ports

    rehearsals = [
        Listed(name="simulated", what=KINDS["simulated"], person=False),
        *(
            Listed(name=f"pty:{name}", what=f"our firmware as a process, on {name}", person=False)
            for name in interpreters()
        ),
    ]
    found = [Listed(name=f"serial:{port}", what=description, person=True) for port, description in ports()]
    return (*rehearsals, *(_asked(one) if ask else one for one in found))


def _asked(one: Listed) -> Listed:
    """Return what is listed with the name and state that it gives, or that it does not answer."""
    try:
        can, status = info(one.name)
    except (InputError, DeliveryError) as problem:
        return replace(one, what=f"{one.what}; no word of our firmware: {problem}")
    return replace(one, what=f"{can.name}, {status.state if status else 'unknown'}")


@contextmanager
def wired(name: str, *, load: SkinLoad = _TEST_LOAD, faults: Sequence[str] = ()) -> Iterator[Wired]:
    """Open a stimulator that is not inside this program; at the end its line is given back.

    `load` and `faults` (KIND@SECONDS) are for our firmware as a process. Raises `InputError` where it
    cannot be opened, and `StimulatorSilent` where it does not answer.
    """
    kind, address = split(name)
    if kind == "pty":
        with _process(address, load, faults) as process:
            yield Wired(stimulator=_own(process.line), process=process)
        return
    if faults:
        raise InputError(
            Problem(
                what="faults are for rehearsals", key="--fault",
                expected="no fault for a stimulator of hardware", came=", ".join(faults),
            )
        )  # fmt: skip
    opener: Callable[[str], tuple[Stimulator, Callable[[], None]]] = {
        "serial": _serial, "stimjim": _stimjim, "scpi": _scpi, "simulated": _not_wired,
    }[kind]  # fmt: skip
    stimulator, close = opener(address)
    try:
        yield Wired(stimulator=stimulator)
    finally:
        with suppress(StimulatorSilent):
            close()


def info(name: str) -> tuple[Capabilities, Status | None]:
    """Return what a stimulator can do, and how it is now; the simulated one is only a table."""
    if split(name)[0] == "simulated":
        return tables.stimulators()[name][0], None
    with wired(name) as there:
        return there.stimulator.capabilities(), there.stimulator.status()


def clear(name: str) -> Status:
    """Forget a latched fault of a stimulator, once a person has looked; return how it is now."""
    with wired(name) as there:
        there.stimulator.status()  # a session first: without one a cut would latch a fault of its own
        there.stimulator.cut()
        there.stimulator.clear()
        return there.stimulator.status()


def test(name: str, *, resistance: float | None = None) -> Iterator[Check]:
    """Yield the checks of a self-test on a known load [ohm], one by one, in real time.

    Our firmware as a process brings its own load, and breaks it. On hardware a resistor of `resistance`
    must be connected in place of the probes, and interlocks that need a broken load are not tried.
    """
    kind, _ = split(name)
    if kind == "simulated" or (kind != "pty" and resistance is None):
        raise InputError(
            Problem(
                what="this cannot be tested so", key="stimulator",
                expected="pty, or a stimulator of hardware with --resistance of the load connected to it",
                came=name,
            )
        )  # fmt: skip
    with wired(name) as there:
        process = there.process
        if process is None:
            skin = ArtificialSkin(resistance=resistance or 0.0)
        else:
            skin = ArtificialSkin(
                resistance=_TEST_LOAD.series + _TEST_LOAD.parallel,
                breaks=lambda kind, size: process.bench(f"break {kind} {size}"),
                mends=lambda kind: process.bench(f"mend {kind}"),
            )
        yield from self_test(there.stimulator, RealClock(), skin)


def _process(interpreter: str, load: SkinLoad, faults: Sequence[str]) -> FirmwareProcess:
    options = ["--series", repr(load.series), "--parallel", repr(load.parallel),
               "--capacitance", repr(load.capacitance)]  # fmt: skip
    for fault in faults:
        options += ["--fault", process_fault(fault)]
    return FirmwareProcess(interpreter=interpreter, options=options)


def process_fault(text: str) -> str:
    """Return a fault as the firmware process reads it, KIND@SECONDS or KIND@SECONDS=SIZE.

    Raises `InputError` for a kind that its load does not have, and for what is no number.
    """
    kind, _, rest = text.partition("@")
    moment, _, size = rest.partition("=")
    kind = kind.strip().replace("-", "_")
    try:
        numbers = [float(part.strip().removesuffix("s")) for part in (moment, size or "0")]
    except ValueError:
        numbers = [math.nan]
    if kind not in PROCESS_FAULTS or not all(map(math.isfinite, numbers)) or numbers[0] < 0:
        raise InputError(
            Problem(
                what="the firmware process has no such fault", key="--fault",
                expected=f"KIND@SECONDS or KIND@SECONDS=SIZE, KIND one of {', '.join(PROCESS_FAULTS)}",
                came=text,
            )
        )  # fmt: skip
    return f"{kind}@{numbers[0]!r}" + (f"={numbers[1]!r}" if size else "")


def _own(line: Line) -> Stimulator:
    from microcurrent.delivery.drivers.own_firmware import FirmwareStimulator

    return FirmwareStimulator(line, key=os.environ.get(KEY, "").encode())


def _serial(address: str) -> tuple[Stimulator, Callable[[], None]]:
    from microcurrent.delivery.transport.serial_port import SerialLine

    line = SerialLine(address)
    return _own(line), line.close


def _stimjim(address: str) -> tuple[Stimulator, Callable[[], None]]:
    from microcurrent.delivery.drivers.stimjim import StimjimStimulator
    from microcurrent.delivery.transport.serial_port import SerialLine

    line = SerialLine(address)
    return StimjimStimulator(line, RealClock()), line.close


def _scpi(address: str) -> tuple[Stimulator, Callable[[], None]]:
    from microcurrent.delivery.drivers.scpi_source import ScpiSource, SourceSettings
    from microcurrent.delivery.transport.visa import VisaLine

    line = VisaLine(address)
    limits = tables.limits()
    settings = SourceSettings(
        compliance=limits.stop("compliance-voltage"),
        max_current=limits.stop("total-current"),
        max_charge=limits.stop("dc-charge-sitting"),
    )
    return ScpiSource(line, RealClock(), settings=settings), line.close


def _not_wired(address: str) -> tuple[Stimulator, Callable[[], None]]:
    raise InputError(
        Problem(
            what="the simulated stimulator lives only inside a sitting", key="stimulator",
            expected="pty, serial:PORT, stimjim:PORT or scpi:RESOURCE", came="simulated",
        )
    )  # fmt: skip
