"""Every number that differs between people, hands and devices, and draws of all of them together.

The draws are points of a scrambled Sobol sequence (Owen 1998), so that person number k is the same
whoever asks and however many are asked for: a sweep can go on, and be shared out, without a draw changing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from microcurrent import tables
from microcurrent.model import Input
from microcurrent.model.plan import Plan
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.bodies import BodySource
from microcurrent.planning.prediction.sampling import (
    Values,
    inputs_of,
    middle,
    quantile,
    thickness_name,
    tissue_name,
)

#: What a device gives over what was set.
CURRENT_GIVEN = "current given over current set"
#: Two directions on the skin; on a slab x and y.
DIRECTIONS = ("across", "along")
#: Points of the sequence stand on multiples of 2**-30: half a step more, and none is 0 or 1.
_HALF_STEP = 2.0**-31


def offset_name(electrode: str, direction: str) -> str:
    """Return the name of how far a probe stands off its site in one of `DIRECTIONS`."""
    return f"place of {electrode}, {direction}"


def uncertain_inputs(plan: Plan, source: BodySource) -> tuple[Input, ...]:
    """Return every input of a prediction of the plan that has a range, and those of hand and device."""
    hand, device = (tables.handling()[name] for name in ("probe offset", "current given"))
    offsets = tuple(
        replace(hand, name=offset_name(electrode.name, direction))
        for electrode in plan.electrodes
        for direction in DIRECTIONS
    )
    return tuple(
        given
        for given in (*inputs_of(plan, source), *offsets, replace(device, name=CURRENT_GIVEN))
        if given.high > given.low
    )


def is_of_tissue(name: str, source: BodySource) -> bool:
    """Return whether an input is a conductivity or a thickness of a body: what a basis was made with."""
    names = {tissue_name(t, along=along) for t in source.body.tissues for along in (False, True)}
    layers = enumerate(source.layers, start=1)
    return name in names | {thickness_name(number, layer.tissue) for number, layer in layers}


def chances(inputs: tuple[Input, ...], first: int, count: int, *, seed: int) -> Floats:
    """Return for people `first` and on the chance (count, N) of each input to lie below its draw."""
    from scipy.stats import qmc  # here: half a second to load

    sequence = qmc.Sobol(d=len(inputs), scramble=True, bits=30, rng=np.random.default_rng(seed))
    size = 1 << (first + count - 1).bit_length()  # the sequence is balanced at powers of 2 only
    return np.asarray(sequence.random(size)[first : first + count] + _HALF_STEP)


def drawn(inputs: tuple[Input, ...], chance: Floats) -> list[Values]:
    """Return the values [SI] of the inputs at chances (P, N), one mapping for each person."""
    return [
        middle(inputs) | {i.name: quantile(i, float(c)) for i, c in zip(inputs, row, strict=True)}
        for row in chance
    ]
