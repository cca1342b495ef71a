"""The shapes that devices in this field give, each made from its figures as a `Waveform`.

Durations are given as fractions of the period, so a 300 µs pulse at 30 Hz has `width` 0.009.
"""

from __future__ import annotations

import math
from dataclasses import replace

from microcurrent.model.checks import finite, refuse
from microcurrent.model.waveform import Piece, Waveform


def _flat(start: float, width: float, value: float) -> Piece:
    return Piece(start=start, stop=min(start + width, 1.0), first=value, last=value)


def constant() -> Waveform:
    """Return continuous direct current."""
    return Waveform(name="constant", pieces=(_flat(0.0, 1.0, 1.0),))


def monophasic(*, width: float) -> Waveform:
    """Return rectangular pulses of one sign (interrupted or pulsed direct current)."""
    finite("monophasic", "width", width, above=0, maximum=1)
    if width == 1:
        raise refuse(
            "monophasic",
            "width",
            expected="below the whole period",
            came="1",
            advice="Use continuous direct current instead",
        )
    return Waveform(name="monophasic", pieces=(_flat(0.0, width, 1.0),))


def biphasic(*, width: float, gap: float = 0.0, ratio: float = 1.0) -> Waveform:
    """Return a positive pulse, a gap, and a negative pulse of equal charge.

    `width` and `gap` are fractions of the period. The negative pulse is `ratio` times as high and
    1/`ratio` times as wide, so the shape is charge-balanced for every ratio from above 0 to 1.
    """
    finite("biphasic", "width", width, above=0, maximum=1)
    finite("biphasic", "gap", gap, minimum=0, maximum=1)
    finite("biphasic", "ratio", ratio, above=0, maximum=1)
    if width + gap + width / ratio > 1 + 1e-12:
        raise refuse(
            "biphasic",
            "width",
            expected="both pulses and the gap within one period",
            came=f"{width + gap + width / ratio:.4g} periods",
            advice="Shorten the pulse or lower the frequency",
        )
    second = _flat(width + gap, width / ratio, -ratio)
    return Waveform(name="biphasic", pieces=(_flat(0.0, width, 1.0), second))


def sine() -> Waveform:
    """Return one turn of a sine."""
    return Waveform(
        name="sine", pieces=(Piece(start=0.0, stop=1.0, first=0.0, last=2 * math.pi, kind="arc"),)
    )


def ramped_square(*, rise: float) -> Waveform:
    """Return an alternating square with sloped edges; `rise` is the time from 0 to the peak."""
    finite("ramped square", "rise", rise, above=0, maximum=0.25)
    corners = [
        (0.0, 0.0),
        (rise, 1.0),
        (0.5 - rise, 1.0),
        (0.5 + rise, -1.0),
        (1 - rise, -1.0),
        (1.0, 0.0),
    ]
    return Waveform(
        name="ramped-square",
        pieces=tuple(
            Piece(start=a, stop=b, first=va, last=vb)
            for (a, va), (b, vb) in zip(corners, corners[1:], strict=False)
            if b - a > 1e-12
        ),
    )


def superposed(waveform: Waveform, *, offset: float) -> Waveform:
    """Return a balanced waveform on a direct current, scaled so that the peak of both together is 1.

    `offset` is the direct current as a fraction of the peak of the alternating one, above 0. Where the
    alternating current rests, the direct one goes on.
    """
    finite("superposed", "offset", offset, above=0)
    if not waveform.is_balanced:
        raise refuse(
            "superposed",
            "waveform",
            expected="a balanced waveform",
            came=f"{waveform.name}, which has a direct part of its own",
        )
    raised: list[Piece] = []
    at = 0.0
    for piece in waveform.pieces:
        if piece.start - at > 1e-12:
            raised.append(_flat(at, piece.start - at, offset))
        raised.append(_raised(piece, offset, 1.0))
        at = piece.stop
    if 1 - at > 1e-12:
        raised.append(_flat(at, 1 - at, offset))
    peak = max(piece.extreme() for piece in raised)
    return Waveform(
        name=f"{waveform.name}-on-direct",
        pieces=tuple(_raised(piece, 0.0, 1 / peak) for piece in raised),
        direct=offset / peak,
    )


def _raised(piece: Piece, offset: float, factor: float) -> Piece:
    """Return a piece plus an offset, times a factor."""
    if piece.kind == "arc":
        return replace(piece, level=(piece.level + offset) * factor, scale=piece.scale * factor)
    return replace(piece, first=(piece.first + offset) * factor, last=(piece.last + offset) * factor)


def burst(*, pulses: int, width: float, fill: float = 1.0) -> Waveform:
    """Return `pulses` positive pulses in the first half period, as many negative in the second.

    `width` is one pulse as a fraction of its own slot; a slot is `fill` * half a period / `pulses`.
    This is how common two-sphere home devices alternate.
    """
    finite("burst", "width", width, above=0, maximum=1)
    finite("burst", "fill", fill, above=0, maximum=1)
    if isinstance(pulses, bool) or not isinstance(pulses, int) or not 1 <= pulses <= 1000:
        raise refuse("burst", "pulses", expected="a whole number from 1 to 1000", came=pulses)
    slot = 0.5 * fill / pulses
    pieces = [
        _flat(half + k * slot, width * slot, sign)
        for half, sign in ((0.0, 1.0), (0.5, -1.0))
        for k in range(pulses)
    ]
    return Waveform(name="burst", pieces=tuple(pieces))
