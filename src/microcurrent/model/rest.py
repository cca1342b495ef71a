"""What is left of a stimulus after a pause: from zero, by its own ramps, never more than was planned."""

from __future__ import annotations

import math
from dataclasses import replace

from microcurrent.model.stimulus import Stimulus
from microcurrent.model.waveform import Piece, Waveform


def rest_of(stimulus: Stimulus, elapsed: float) -> Stimulus | None:
    """Return what follows `elapsed` [s], as a stimulus of its own; None if its ramps no longer fit.

    A surge goes on with the next one whole, alternating polarity with the next stretch whole, so that none
    is given twice and each keeps its sign; what is left of the one that was broken off is left out. With
    both, that is the next moment at which both begin.
    """
    waveform, start = stimulus.waveform, elapsed
    every = stimulus.polarity.every if stimulus.polarity.mode == "alternating" else 0.0
    surge = stimulus.surge.period if stimulus.surge else 0.0
    if every or surge:
        longer, other = max(every, surge), min(every, surge)
        begun = math.ceil(elapsed / longer - 1e-9)
        while other and not _whole(begun * longer / other):
            begun += 1
            if begun * longer >= stimulus.duration:
                return None
        start = begun * longer
    if every and round(start / every) % 2:
        waveform = negative(waveform)
    left = stimulus.duration - start
    if left <= stimulus.ramp.rise + stimulus.ramp.fall:
        return None
    return replace(stimulus, waveform=waveform, duration=left)


def _whole(number: float) -> bool:
    return abs(number - round(number)) < 1e-9 * max(1.0, number)


def negative(waveform: Waveform) -> Waveform:
    """Return the waveform with its sign changed."""
    pieces = tuple(_negative(piece) for piece in waveform.pieces)
    return replace(waveform, pieces=pieces, direct=-waveform.direct if waveform.direct else 0.0)


def _negative(piece: Piece) -> Piece:
    if piece.kind == "arc":
        level = -piece.level if piece.level else 0.0
        return replace(piece, first=piece.first + math.pi, last=piece.last + math.pi, level=level)
    return replace(piece, first=-piece.first, last=-piece.last)
