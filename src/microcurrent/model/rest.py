"""What is left of a stimulus after a pause: from zero, by its own ramps, never more than was planned."""

from __future__ import annotations

import math
from dataclasses import replace

from microcurrent.model.stimulus import Stimulus
from microcurrent.model.waveform import Piece, Waveform


def rest_of(stimulus: Stimulus, elapsed: float) -> Stimulus | None:
    """Return what follows `elapsed` [s], as a stimulus of its own; None if its ramps no longer fit.

    A surge begins anew. Alternating polarity goes on with the next stretch whole, so that no stretch is
    given twice and each keeps its sign; the rest of the one that was broken off is left out.
    """
    waveform, left = stimulus.waveform, stimulus.duration - elapsed
    if stimulus.polarity.mode == "alternating":
        begun = math.ceil(elapsed / stimulus.polarity.every - 1e-9)
        left = stimulus.duration - begun * stimulus.polarity.every
        if begun % 2:
            waveform = negative(waveform)
    if left <= stimulus.ramp.rise + stimulus.ramp.fall:
        return None
    return replace(stimulus, waveform=waveform, duration=left)


def negative(waveform: Waveform) -> Waveform:
    """Return the waveform with its sign changed."""
    return replace(waveform, pieces=tuple(_negative(piece) for piece in waveform.pieces))


def _negative(piece: Piece) -> Piece:
    if piece.kind == "arc":
        return replace(piece, first=piece.first + math.pi, last=piece.last + math.pi)
    return replace(piece, first=-piece.first, last=-piece.last)
