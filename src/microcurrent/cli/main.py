"""The entry point: runs the command and turns every error into one message and an exit code."""

from __future__ import annotations

import os
import sys

from microcurrent.errors import (
    DeliveryError,
    InputError,
    Interrupted,
    MicrocurrentError,
    PredictionError,
    RecordError,
    Refusal,
    TableError,
)

#: Exit code of each kind of error, the first that fits; 0 is success, 2 also wrong usage.
EXIT_CODES: tuple[tuple[type[MicrocurrentError], int], ...] = (
    (InputError, 2),
    (Refusal, 3),
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
    from microcurrent.cli.app import app  # here, so that `--version` need not load the physics

    try:
        app(arguments, standalone_mode=True, prog_name="microcurrent")
    except MicrocurrentError as error:
        _say(str(error))
        return exit_code(error)
    except KeyboardInterrupt:
        _say("Interrupted. No current flows; what was recorded is kept.")
        return INTERRUPTED
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1 if end.code else 0
    except BrokenPipeError:  # the reader of our output has gone, as with `| head`
        sys.stderr.close()
        return 0
    except Exception as defect:
        if os.environ.get("MICROCURRENT_DEBUG"):
            raise
        _say(
            f"This is a defect in microcurrent, not in what you did: {type(defect).__name__}: {defect}. "
            "Please report it; MICROCURRENT_DEBUG=1 shows where it happened."
        )
        return DEFECT
    return 0


def _say(text: str) -> None:
    print(f"microcurrent: {text}", file=sys.stderr)
