"""The entry point: runs the command and turns every error into one message and an exit code."""

from __future__ import annotations

import errno
import io
import os
import sys

from microcurrent.errors import (
    DeliveryError,
    InputError,
    Interrupted,
    MicrocurrentError,
    OutputNotConfirmedOff,
    PredictionError,
    RecordError,
    Refusal,
    TableError,
)

#: Exit code of each kind of error, the first that fits; 0 is success, 2 also wrong usage.
EXIT_CODES: tuple[tuple[type[MicrocurrentError], int], ...] = (
    (InputError, 2),
    (Refusal, 3),
    (OutputNotConfirmedOff, 8),
    (DeliveryError, 4),
    (RecordError, 5),
    (PredictionError, 6),
    (TableError, 7),
    (Interrupted, 130),
)
#: Anything that should not happen.
DEFECT = 70
INTERRUPTED = 130


def exit_code(error: MicrocurrentError) -> int:
    """Return the exit code of an error."""
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1)


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; never raises."""
    for name in ("stdout", "stderr"):  # either may be closed, as in some schedulers
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115  stays open to the end
    code = _run(arguments)
    try:
        sys.stdout.flush()  # here, since what fails when Python ends is told as a traceback
    except OSError as problem:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return code or _not_written(problem)
    return code


def _run(arguments: list[str]) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal without "µ" is no reason to stop
    if any(not _is_text(argument) for argument in arguments):
        _say("An argument is not text in UTF-8. Write it again, in a terminal set to UTF-8.")
        return 2
    try:
        from microcurrent.cli.app import app  # here, so that an interrupt while it loads is met, too

        app(arguments, standalone_mode=True, prog_name="microcurrent")
    except MicrocurrentError as error:
        _say(str(error))
        return exit_code(error)
    except KeyboardInterrupt:
        return _interrupted()
    except SystemExit as end:  # from typer, which turns Ctrl-C into one
        if end.code == INTERRUPTED:
            return _interrupted()
        return end.code if isinstance(end.code, int) else 1 if end.code else 0
    except Exception as defect:
        if isinstance(defect, OSError) and defect.errno == errno.ENOSPC:
            return _not_written(defect)
        if os.environ.get("MICROCURRENT_DEBUG"):
            raise
        _say(
            f"This is a defect in microcurrent, not in what you did: {type(defect).__name__}: {defect}. "
            "Please report it; MICROCURRENT_DEBUG=1 shows where it happened."
        )
        return DEFECT
    return 0


def _is_text(argument: str) -> bool:
    """Return whether an argument came as UTF-8; other bytes come as halves of surrogate pairs."""
    return not any("\ud800" <= character <= "\udfff" for character in argument)


def _interrupted() -> int:
    _say("Interrupted. No current flows; what was recorded is kept.")
    return INTERRUPTED


def _not_written(problem: OSError) -> int:
    """Say that the result is not out; a reader that has gone, as with `| head`, knows it."""
    if not isinstance(problem, BrokenPipeError):
        _say(f"The output could not be written ({problem.strerror}). What was recorded is kept.")
    return 1


def _say(text: str) -> None:
    print(f"microcurrent: {text}", file=sys.stderr)
