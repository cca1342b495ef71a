"""From a step entry with an offset to an alternating current upon a direct one."""

from __future__ import annotations

from microcurrent import tables, units
from microcurrent.errors import PlanError, Problem
from microcurrent.model import shapes
from microcurrent.model.waveform import Waveform
from microcurrent.planning.planfile.entries import StepEntry

#: The limit on what direct current is left in a balanced one: an offset below its warning is none.
_LEFT_OVER = "net-dc-balanced"


def on_direct(entry: StepEntry, shape: Waveform) -> Waveform:
    """Return the waveform on the direct current of `offset`, where the step has one.

    Raises `PlanError` for an offset upon a current with a direct part of its own, and for one that is not
    above what a balanced current may leave by itself.
    """
    if entry.offset is None:
        return shape
    if not shape.is_balanced:
        raise _refused(
            "offset", "does not belong here", expected="a balanced waveform, for a direct current under it",
            came=f"a {shape.name} current, which has a direct part of its own",
            advice="Leave offset out, or take a biphasic, sine, ramped-square or burst current",
        )  # fmt: skip
    least = tables.limits()[_LEFT_OVER].warn or 0.0
    if entry.offset <= least:
        raise _refused(
            "offset", "no direct current",
            expected=f"above {units.write(least, 'current')}, which a balanced current may leave by "
            "itself; anode and cathode say which way it flows",
            came=units.write(entry.offset, "current"), advice="Leave offset out, or raise it",
        )  # fmt: skip
    peak = alternating_peak(entry, shape)
    if peak <= 0:
        came = units.write(peak, "current")
        raise _refused("current", "no current", expected="a current above 0 uA", came=came)
    return shapes.superposed(shape, offset=entry.offset / peak)


def alternating_peak(entry: StepEntry, shape: Waveform) -> float:
    """Return the peak [A] of the current that the step names, whose waveform is `shape`."""
    current, kind = entry.current
    return current / shape.rms if kind == "rms" else current


def _refused(key: str, what: str, *, expected: str, came: str, advice: str = "") -> PlanError:
    return PlanError(Problem(what=what, expected=expected, came=came, advice=advice, key=key))
