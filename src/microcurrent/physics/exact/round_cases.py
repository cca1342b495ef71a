"""The verification list of round bodies: spheres, cylinder and plates on steps, with error bars."""

from __future__ import annotations

from functools import partial

from microcurrent.physics.exact import round_problems
from microcurrent.physics.exact.scatter import Measure, ScatteredCase


def scattered_cases() -> tuple[ScatteredCase, ...]:
    """Return every case of a round body, in the order of the verification list."""
    return (_ball_case(), *_head_cases(), _limb_case(), _inclusion_case(), *_arc_cases(), _ring_case())


def _ball_case() -> ScatteredCase:
    return ScatteredCase(
        number="V7",
        problem="homogeneous sphere, caps on its poles",
        measures=(
            Measure(name="potential", order=0.8, accuracy=0.025),
            Measure(name="field inside", order=0.7, accuracy=0.045),
        ),
        compute=round_problems.ball_errors,
    )


def _head_cases() -> list[ScatteredCase]:
    names = ("potential, scalp", "field, scalp, by face currents", "field, scalp, by slope", "field, brain")
    cases = []
    for how, compute, orders, accuracies in (
        ("steps", round_problems.head_errors, (0.9, 0.5, 0.8, 1.0), (0.12, 0.37, 0.27, 0.22)),
        (
            "sub-voxel faces",
            round_problems.mixed_head_errors,
            (1.0, 0.5, 0.9, 1.0),
            (0.14, 0.3, 0.16, 0.24),
        ),
    ):
        measures = tuple(
            Measure(name=name, order=order, accuracy=accuracy)
            for name, order, accuracy in zip(names, orders, accuracies, strict=True)
        )
        problem = f"scalp, skull 1:80 and brain (Rush and Driscoll), {how}"
        cases.append(ScatteredCase(number="V8", problem=problem, measures=measures, compute=compute))
    return cases


def _limb_case() -> ScatteredCase:
    return ScatteredCase(
        number="V9",
        problem="cylinder, point electrodes on its side",
        measures=(Measure(name="potential", order=0.6, accuracy=0.05),),
        compute=round_problems.limb_errors,
    )


def _inclusion_case() -> ScatteredCase:
    return ScatteredCase(
        number="V10",
        problem="plate with an inclusion of a tenth",
        measures=(Measure(name="potential", order=0.8, accuracy=0.02),),
        compute=round_problems.inclusion_errors,
    )


def _arc_cases() -> list[ScatteredCase]:
    return [
        ScatteredCase(
            number="V11",
            problem=f"arcs with contact impedance {impedance:g} on a plate",
            measures=(Measure(name="resistance", order=order, accuracy=accuracy),),
            compute=partial(round_problems.arc_errors, impedance=impedance),
        )
        for impedance, order, accuracy in ((0.01, 0.5, 0.018), (0.1, 0.5, 0.013), (1.0, 0.5, 0.006))
    ]


def _ring_case() -> ScatteredCase:
    return ScatteredCase(
        number="V14",
        problem="coaxial rims with contact impedance 0.1",
        measures=(Measure(name="resistance", order=0.3, accuracy=0.006),),
        compute=partial(round_problems.ring_errors, impedance=0.1),
    )
