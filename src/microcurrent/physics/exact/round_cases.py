"""The verification list of round bodies: spheres, cylinder and plates on steps, with error bars."""

from __future__ import annotations

from functools import partial

from microcurrent.physics.exact import round_problems
from microcurrent.physics.exact.scatter import Measure, ScatteredCase


def scattered_cases() -> tuple[ScatteredCase, ...]:
    """Return every case of a round body, in the order of the verification list."""
    return (_ball_case(), _head_case(), _limb_case(), _inclusion_case(), *_arc_cases())


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


def _head_case() -> ScatteredCase:
    return ScatteredCase(
        number="V8",
        problem="scalp, skull 1:80 and brain (Rush and Driscoll)",
        measures=(
            Measure(name="potential, scalp", order=0.9, accuracy=0.13),
            Measure(name="field, scalp, by face currents", order=0.5, accuracy=0.38),
            Measure(name="field, scalp, by slope", order=0.5, accuracy=0.3),
            Measure(name="field, brain", order=1.0, accuracy=0.25),
        ),
        compute=round_problems.head_errors,
    )


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
