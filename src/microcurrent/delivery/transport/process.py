"""Our firmware as a process of its own on a pseudo-terminal: no probe can be connected to it.

The process runs on MicroPython where that is installed, else on the Python that runs this.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tty
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import microcurrent
from microcurrent.delivery.transport.line import DescriptorLine
from microcurrent.errors import InputError, Problem, StimulatorSilent

#: Time [s] that the process may take to end by itself.
_PATIENCE = 2.0


def firmware_folder() -> Path:
    """Return the folder of the firmware: in the package, or beside `src` in a checkout.

    Raises `InputError` where it is in neither.
    """
    package = Path(microcurrent.__file__).parent
    for folder in (package / "firmware", package.parents[1] / "firmware"):
        if (folder / "core.py").exists():
            return folder
    raise InputError(
        Problem(
            what="the firmware is not there", expected=f"core.py in {package / 'firmware'}", came="none"
        )
    )


def interpreters() -> dict[str, str]:
    """Return what can run the firmware on this machine: name to path, the preferred one first."""
    found = {}
    beside = Path(sys.executable).parent / "micropython"
    micropython = str(beside) if beside.exists() else shutil.which("micropython")
    if micropython:
        found["micropython"] = micropython
    return found | {"python": sys.executable}


class FirmwareProcess:
    """A firmware process and the line to it; as a context manager it ends the process.

    `interpreter`: a name of `interpreters`, or "" for the first; `options`: words for the port, such as
    ``("--fault", "lead_off@3")``.
    """

    def __init__(self, *, interpreter: str = "", options: Sequence[str] = ()) -> None:
        known = interpreters()
        interpreter = interpreter or next(iter(known))
        if interpreter not in known:
            raise InputError(
                Problem(what="no such interpreter here", expected=", ".join(known), came=interpreter)
            )
        self.interpreter = interpreter
        ours, theirs = os.openpty()
        tty.setraw(ours)
        tty.setraw(theirs)
        self.path = os.ttyname(theirs)
        script = firmware_folder() / "ports" / "unix.py"
        try:
            self._process = subprocess.Popen(
                [known[interpreter], str(script), *options], stdin=theirs, stdout=theirs,
                stderr=subprocess.PIPE,
            )  # fmt: skip
        finally:
            os.close(theirs)
        self.line = DescriptorLine(ours, f"the firmware on {self.path}")

    def bench(self, words: str) -> None:
        """Tell the bench something, such as ``break lead_off``; the stimulator does not hear it."""
        self.line.send(f"#{words}\n".encode())
        while (line := self.line.receive(1.0)) is not None:
            if line == b"#":
                return
        raise StimulatorSilent(f"the bench does not answer to {words!r}.")

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        self._process.kill()
        self._process.wait()

    def close(self) -> str:
        """Close the line, wait for the process to end, and return what it said on standard error."""
        self.line.close()
        try:
            _, said = self._process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            _, said = self._process.communicate()
        return said.decode(errors="replace")

    def __enter__(self) -> FirmwareProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
