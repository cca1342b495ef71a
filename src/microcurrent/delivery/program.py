"""From a stimulus to the compact program that a stimulator of ours expands by itself.

The figures are whole numbers in the units of ``firmware/program.py``: nA, mHz, 10 µs, 1e-9 of a turn, and
1/65536 of a turn for angles. What those units cannot say is refused; times are rounded to 10 µs. An arc
on a direct part is drawn as straight lines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from microcurrent.errors import StimulatorRefused
from microcurrent.model import Piece, Stimulus

TURN = 1_000_000_000
_ANGLE = 65536
#: Polarities and kinds of pieces by their numbers on the wire.
_MODES = {"fixed": 0, "reversed": 1, "alternating": 2}
_KINDS = {"line": 0, "arc": 1}
#: Straight lines to a turn of an arc on a direct part: as many steps as the device draws an arc in. Between
#: its corners a line misses the arc by (pi / 64)**2 / 2 of its size at most, an eighth of a percent.
_LINES = 64
#: Share of a millihertz that is rounding of a decimal fraction.
_SAME = 1e-6


@dataclass(frozen=True, kw_only=True)
class CompactProgram:
    """A stimulus in whole numbers.

    `amplitude` [nA]; `frequency` [mHz], 0 for direct current; `slow`: duration, rise, fall; surge rise,
    hold, fall, rest; polarity mode, every, ramp (times in 10 µs); balanced. `pieces`: kind, start, stop,
    first, last of each.
    """

    amplitude: int
    frequency: int
    slow: tuple[int, ...]
    pieces: tuple[tuple[int, int, int, int, int], ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The program as words of a line of the wire protocol."""
        return (
            str(self.amplitude),
            str(self.frequency),
            ",".join(map(str, self.slow)),
            *(",".join(map(str, piece)) for piece in self.pieces),
        )


def compact(stimulus: Stimulus) -> CompactProgram:
    """Return the program of a stimulus.

    Raises `StimulatorRefused` where the frequency is not a whole number of millihertz.
    """
    frequency = stimulus.frequency * 1e3
    if abs(frequency - round(frequency)) > _SAME * max(1.0, frequency):
        raise StimulatorRefused(
            f"A frequency of {stimulus.frequency:.9g} Hz is not a whole number of millihertz. Nothing was "
            f"loaded; give {round(frequency) / 1e3:g} Hz."
        )
    surge, polarity, ramp = stimulus.surge, stimulus.polarity, stimulus.ramp
    swell = (surge.rise, surge.hold, surge.fall, surge.rest) if surge else (0.0, 0.0, 0.0, 0.0)
    return CompactProgram(
        amplitude=_nano(stimulus.amplitude),
        frequency=round(frequency),
        slow=(
            *map(_tens, (stimulus.duration, ramp.rise, ramp.fall, *swell)),
            _MODES[polarity.mode],
            *map(_tens, (polarity.every, polarity.ramp)),
            int(stimulus.waveform.is_balanced),
        ),
        pieces=tuple(
            _piece(part, stimulus.amplitude) for piece in stimulus.waveform.pieces for part in _drawn(piece)
        ),
    )


def _drawn(piece: Piece) -> tuple[Piece, ...]:
    """Return a piece as the device can draw it: it knows arcs of the whole amplitude around zero alone."""
    if piece.kind == "line" or (piece.level, piece.scale) == (0.0, 1.0):
        return (piece,)
    count = max(1, math.ceil(abs(piece.last - piece.first) / math.tau * _LINES - 1e-9))
    width = (piece.stop - piece.start) / count
    cuts = [piece.start + k * width for k in range(count)] + [piece.stop]
    values = [piece.value_at(phase) for phase in cuts]
    return tuple(
        Piece(start=a, stop=b, first=u, last=v)
        for a, b, u, v in zip(cuts, cuts[1:], values, values[1:], strict=False)
    )


def _piece(piece: Piece, amplitude: float) -> tuple[int, int, int, int, int]:
    if piece.kind == "line":
        ends = _nano(amplitude * piece.first), _nano(amplitude * piece.last)
    else:
        ends = tuple(round(angle / math.tau * _ANGLE) for angle in (piece.first, piece.last))  # type: ignore[assignment]
    return _KINDS[piece.kind], round(piece.start * TURN), round(piece.stop * TURN), *ends


def _nano(current: float) -> int:
    return round(current * 1e9)


def _tens(time: float) -> int:
    return round(time * 1e5)
