"""Keys of a running sitting: pause, resume, stop, cut, comfort, and what was felt."""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from microcurrent.cli.console import remarks, say
from microcurrent.errors import DeliveryError

HELP = (
    "Keys: s or space stop by the ramp, x zero at once, p pause, r resume, 0 to 9 and + comfort, f felt, "
    "a adverse event (then describe it with `microcurrent record`)."
)
#: Time [s] between two looks at whether the sitting is over.
_LOOK = 0.1


class Sitting(Protocol):
    """What keys ask of a running sitting."""

    @property
    def done(self) -> bool: ...  # noqa: D102

    def stop(self, reason: str) -> None: ...  # noqa: D102

    def cut(self, reason: str) -> None: ...  # noqa: D102

    def pause(self, reason: str) -> None: ...  # noqa: D102

    def resume(self, by: str) -> None: ...  # noqa: D102

    def mark(self, kind: str, figures: tuple[tuple[str, float | str | None], ...]) -> None: ...  # noqa: D102


def obey(key: str, sitting: Sitting, by: str) -> bool:
    """Do what a key asks of a sitting; return whether it asks for anything."""
    if key in ("s", "S", " "):
        sitting.stop("a key")
    elif key in ("x", "X"):
        sitting.cut("a key, at once")
    elif key in ("p", "P"):
        sitting.pause("a key")
    elif key in ("r", "R"):
        sitting.resume(by)
    elif key == "+" or (key.isascii() and key.isdigit()):
        sitting.mark("felt", (("comfort", 10.0 if key == "+" else float(key)), ("by", by)))
    elif key in ("f", "F"):
        sitting.mark("felt", (("felt", "something, at this moment"), ("by", by)))
    elif key in ("a", "A"):
        sitting.mark("mark", (("adverse", "at this moment; described apart"), ("by", by)))
    else:
        return False
    return True


def pressed(came: bytes) -> str:
    """Return the key of what came at once, or nothing.

    A function key sends several bytes, a paste many: neither may resume a current or stand in a record.
    The same key held down counts once.
    """
    return came[:1].decode(errors="replace") if len(set(came)) == 1 else ""


@contextmanager
def keys(*, by: str, shown: bool) -> Iterator[Callable[[Sitting], None] | None]:
    """While this lasts, keys of the terminal reach a sitting; `by`: the person at it.

    Yields the function to call with the sitting once it runs, or None where nobody can press a key:
    standard input is no terminal.
    """
    if not (shown and sys.stdin.isatty() and remarks.is_terminal):
        yield None
        return
    import termios
    import tty

    say(HELP)
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        yield lambda sitting: threading.Thread(
            target=_listen, args=(sitting, by), name="keys", daemon=True
        ).start()
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _listen(sitting: Sitting, by: str) -> None:
    while not sitting.done:
        if not select.select([sys.stdin], [], [], _LOOK)[0]:
            continue
        try:
            came = os.read(sys.stdin.fileno(), 1024)
        except OSError:
            came = b""
        if not came:
            sitting.stop("the terminal is gone")
            return
        try:
            obey(pressed(came), sitting, by)
        except DeliveryError as refused:
            say(str(refused))
