"""A VISA resource as a line: GPIB, USB, LAN or serial, owned by one program at a time, by PyVISA.

PyVISA is the extra ``microcurrent[visa]`` and is imported when a line is opened.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from microcurrent.errors import InputError, Problem, StimulatorSilent

#: Time [s] that a write may take: a loaded GPIB carries our longest command in a tenth of it.
WRITE = 1.0


class VisaLine:
    """A line to a VISA resource, such as ``GPIB0::12::INSTR``.

    `library`: what PyVISA's resource manager is given; "" takes the library of this machine, ``@py`` the
    one in Python, ``bench.yaml@sim`` a simulated instrument. The lock is exclusive; libraries that know no
    locks ignore that (the simulated one does). Raises `InputError` where it cannot be opened.
    """

    def __init__(self, resource: str, *, library: str = "") -> None:
        self.name = resource
        self._visa = _pyvisa()
        constants = self._visa.constants
        # A wrong library or address shows as any of these, by the library that is asked.
        broken = (self._visa.errors.Error, OSError, ValueError)
        self._manager: Any = None
        try:
            self._manager = self._visa.ResourceManager(library)
            self._resource: Any = self._manager.open_resource(
                resource,
                access_mode=constants.AccessModes.exclusive_lock,
                read_termination="\n",
                write_termination="\n",
                timeout=int(WRITE * 1e3),
            )
            # Some libraries open what is not there, or what carries no lines, and say nothing.
            if not self._resource.session or not hasattr(self._resource, "write_raw"):
                raise ValueError("nothing there that takes lines")
        except broken as problem:
            if self._manager is not None:
                self._manager.close()
            raise InputError(
                Problem(
                    what=f"the VISA resource {resource} cannot be opened",
                    expected="an instrument that no other program has",
                    came=str(problem),
                )
            ) from problem

    def send(self, data: bytes) -> None:
        """Send bytes, all of them; an instrument that does not take them within `WRITE` is silent."""
        try:
            self._resource.timeout = int(WRITE * 1e3)
            self._resource.write_raw(data)
        except self._gone as gone:
            raise StimulatorSilent(f"{self.name} is gone: {gone}.") from gone

    def receive(self, timeout: float) -> bytes | None:
        """Return the next line without its end, or None if none came within `timeout` [s]."""
        try:
            self._resource.timeout = max(1, int(timeout * 1e3))
            line: bytes = self._resource.read_raw()
        except self._gone as gone:
            if getattr(gone, "error_code", None) == self._visa.constants.StatusCode.error_timeout:
                return None
            raise StimulatorSilent(f"{self.name} is gone: {gone}.") from gone
        return line.rstrip(b"\r\n")

    def close(self) -> None:
        """Give the resource back; the second time does nothing."""
        if self._manager is None:
            return
        manager, self._manager = self._manager, None
        try:
            self._resource.close()
            manager.close()
        except self._gone as gone:
            raise StimulatorSilent(f"{self.name} is gone: {gone}.") from gone

    @property
    def _gone(self) -> tuple[type[Exception], ...]:
        return (self._visa.errors.VisaIOError, self._visa.errors.InvalidSession, OSError)


def _pyvisa() -> Any:
    try:
        return import_module("pyvisa")
    except ImportError as absent:
        raise InputError(
            Problem(
                what="PyVISA is not installed",
                expected="the extra microcurrent[visa]",
                came="none",
                advice="pip install 'microcurrent[visa]'",
            )
        ) from absent
