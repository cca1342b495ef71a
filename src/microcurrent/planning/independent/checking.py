"""Checking: each step of a plan in closed form, as two discs on flat layers, beside what was predicted.

Three figures of every step: the resistance of the tissue between the probes (uniform-flux discs on layers
by the recursion of Koefoed, see `physics.exact.layers`), the share of the current that each tissue carries
half-way between them (`physics.exact.depth`), and the density under each contact (current over area).
Layers are those straight below each probe and below the middle; a body is not flat, so a band says how far
both may differ, and where they differ more the finding says what of the body the closed form does not know.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from microcurrent.errors import PredictionError
from microcurrent.model import (
    Assessment,
    Estimate,
    Finding,
    Limit,
    Limits,
    Plan,
    Prediction,
    Step,
    StepExposure,
)
from microcurrent.physics.exact.depth import layered_fraction
from microcurrent.physics.exact.layers import Layers, pair_resistance
from microcurrent.planning.bodies import BodySource
from microcurrent.planning.independent.columns import DEEP, Column, Columns
from microcurrent.planning.judging import compare, telling
from microcurrent.planning.prediction.poses import poses
from microcurrent.planning.prediction.sampling import (
    Values,
    contact_area,
    middle,
    thickness_name,
    tissue_name,
)

#: Ids of the rules, in the table of limits, that say how far the two calculations may be apart.
RESISTANCE, SHARE, DENSITY = "second-resistance", "second-share", "second-density"
RULES = (RESISTANCE, SHARE, DENSITY)
#: On a body that is no stack of layers, the bands of these are wider: it is curved.
_CURVED = {RESISTANCE: "second-resistance-curved", SHARE: "second-share-curved"}
#: The quantities of the table of limits that this module computes.
QUANTITIES = ("second resistance", "second share", "second density")
#: What a layer of air conducts [S/m]: next to nothing, but the recursion divides by it.
_AIR = 1e-9
#: The current is looked at over periods from so many starts, at so many phases each.
_STARTS, _PHASES = 233, 101
_GOLDEN = (math.sqrt(5) - 1) / 2
#: Below this share of the current a tissue is not compared.
_LITTLE = 0.02


@dataclass(frozen=True, kw_only=True)
class _Second:
    """What the closed form says of one pose: `resistance` [ohm], `shares` by tissue, and the three
    columns."""

    resistance: float
    shares: dict[str, float]
    columns: tuple[Column, Column, Column]
    distance: float


def check(plan: Plan, prediction: Prediction, source: BodySource, *, limits: Limits) -> tuple[Finding, ...]:
    """Return one finding for each figure of each step: within its band, or beyond it and why.

    `limits` has the bands, narrower ones for a flat stack of layers. Raises `MissingLimit` for a band that
    is not there, `PredictionError` for a step that was not predicted.
    """
    values = middle(prediction.inputs)
    thickness = {
        number: values[thickness_name(number + 1, layer.tissue)]
        for number, layer in enumerate(source.layers)
    }
    columns = Columns(source, thickness)
    exposures = {exposure.number: exposure for exposure in prediction.exposure.steps}
    bands = {rule: limits[rule if source.layers else _CURVED.get(rule, rule)] for rule in RULES}
    findings: list[Finding] = []
    for step in plan.steps:
        if step.number not in exposures:
            raise PredictionError(f"The prediction says nothing about step {step.number} of the plan.")
        findings += _step(plan, step, exposures[step.number], values, columns=columns, bands=bands)
    return telling_by_rule(findings)


def telling_by_rule(findings: list[Finding]) -> tuple[Finding, ...]:
    """Return of each rule all findings beyond the band, or the one nearest to it."""
    rules = dict.fromkeys(finding.rule for finding in findings)
    return tuple(f for rule in rules for f in telling(one for one in findings if one.rule == rule))


def with_second(assessment: Assessment, findings: tuple[Finding, ...]) -> Assessment:
    """Return an assessment with the findings of the second calculation."""
    return replace(assessment, findings=(*assessment.findings, *findings))


def has_second(assessment: Assessment) -> bool:
    """Return whether an assessment holds a second calculation."""
    rules = {finding.rule for finding in assessment.findings}
    return all(rule in rules or _CURVED.get(rule) in rules for rule in RULES)


def _step(
    plan: Plan,
    step: Step,
    predicted: StepExposure,
    values: Values,
    *,
    columns: Columns,
    bands: dict[str, Limit],
) -> list[Finding]:
    areas = [contact_area(plan.electrode(name), values) for name in step.electrodes]
    seconds = [
        _second(pose.anode, pose.cathode, areas, values, columns=columns)
        for pose in poses(step, plan, 2 * math.sqrt(min(areas) / math.pi))
    ]
    # A prediction keeps the largest resistance of a glide, and the mean of the shares.
    hardest = max(seconds, key=lambda one: one.resistance)
    where = f"step {step.number}"
    return [
        _told(bands[RESISTANCE], _apart(predicted.tissue_resistance.value, hardest.resistance), where,
              f"{hardest.resistance:.3g} ohm in closed form, {predicted.tissue_resistance.value:.3g} ohm "
              "predicted", seconds=seconds),
        _share(bands[SHARE], predicted, seconds, where),
        _density(bands[DENSITY], step, predicted, areas, where),
    ]  # fmt: skip


def _second(
    anode: tuple[float, ...],
    cathode: tuple[float, ...],
    areas: list[float],
    values: Values,
    *,
    columns: Columns,
) -> _Second:
    a, b = np.array(anode), np.array(cathode)
    found = columns.below(a), columns.below(b), columns.below((a + b) / 2)
    stacks = [_layers(column, values) for column in found]
    radii = [math.sqrt(area / math.pi) for area in areas]
    distance = float(np.linalg.norm(a - b))
    # Each probe on its own layers, as if the other stood on the same.
    halves = [pair_resistance((radii[0], radii[1]), distance, stack).real for stack in stacks[:2]]
    return _Second(
        resistance=sum(halves) / 2,
        shares=_shares(found[2], stacks[2], distance, max(radii)),
        columns=found,
        distance=distance,
    )


def _layers(column: Column, values: Values) -> Layers:
    conductivity = [_conductivity(tissue, values) for tissue in column.tissues]
    if len(column.thicknesses) == len(column.tissues):
        conductivity.append(_AIR)
    return Layers(admittivities=tuple(conductivity), thicknesses=column.thicknesses)


def _conductivity(tissue: str, values: Values) -> float:
    """One conductivity [S/m] for all directions: of fibres the geometric mean of the three."""
    across = values[tissue_name(tissue)]
    along = values.get(tissue_name(tissue, along=True), across)
    return float((across**2 * along) ** (1 / 3))


def _shares(column: Column, stack: Layers, distance: float, radius: float) -> dict[str, float]:
    """The share of the current that each tissue carries half-way between the probes."""
    depths = np.cumsum(stack.thicknesses)
    below = [1.0] + [
        float(layered_fraction(float(depth), stack, distance=distance, radius=radius).real)
        for depth in depths
    ] + [0.0]  # fmt: skip
    shares: dict[str, float] = {}
    names = [*column.tissues, "air"][: len(stack.admittivities)]
    for name, above, under in zip(names, below[:-1], below[1:], strict=True):
        shares[name] = shares.get(name, 0.0) + above - under
    return shares


def _apart(one: float, other: float) -> Estimate:
    """How many times the larger is of the smaller; nothing that is not positive agrees with anything."""
    if not (one > 0 and other > 0):
        raise PredictionError(f"A resistance is not positive: {one:g} and {other:g} ohm.")
    return Estimate.exact(max(one / other, other / one), "ratio")


def _share(limit: Limit, predicted: StepExposure, seconds: list[_Second], where: str) -> Finding:
    given = {tissue: share.value for tissue, share in predicted.tissue_share}
    second = {
        tissue: float(np.mean([one.shares.get(tissue, 0.0) for one in seconds]))
        for tissue in dict.fromkeys((*given, *(name for one in seconds for name in one.shares)))
    }
    worst = max(
        (tissue for tissue in second if max(second[tissue], given.get(tissue, 0.0)) >= _LITTLE),
        key=lambda tissue: abs(second[tissue] - given.get(tissue, 0.0)),
    )
    off = Estimate.exact(abs(second[worst] - given.get(worst, 0.0)), "fraction")
    text = (
        f"{worst} carries {100 * second[worst]:.0f} % of the current half-way in closed form, "
        f"{100 * given.get(worst, 0.0):.0f} % predicted"
    )
    return _told(limit, off, where, text, seconds=seconds)


def _density(limit: Limit, step: Step, predicted: StepExposure, areas: list[float], where: str) -> Finding:
    """Peak current over area, by the current itself looked at again and again through whole periods."""
    stimulus = step.stimulus
    # Starts by the golden ratio: no surge or reversal of polarity has all of them at one phase.
    starts = stimulus.duration * ((np.arange(_STARTS) * _GOLDEN) % 1)
    within = np.arange(_PHASES) / (_PHASES * stimulus.frequency) if stimulus.frequency else np.zeros(1)
    peak = max(abs(stimulus.current_at(float(a + b))) for a in starts for b in within)
    apart = max(
        _apart(contact.peak_density.value, peak / area).value
        for contact, area in zip(predicted.contacts, areas, strict=True)
    )
    return _told(limit, Estimate.exact(apart, "ratio"), where,
                 f"the current reaches {1e6 * peak:.3g} uA, looked at {starts.size * within.size} times",
                 seconds=[])  # fmt: skip


def _told(limit: Limit, value: Estimate, where: str, text: str, *, seconds: list[_Second]) -> Finding:
    """The finding, with both figures, and beyond the band what the closed form does not know."""
    found = compare(limit, value, where)
    why = "" if found.verdict == "ok" or not seconds else f" {_why(seconds)}"
    return replace(found, reason=f"{found.reason} ({text}.){why}")


def _why(seconds: list[_Second]) -> str:
    """What of this body flat, endless layers leave out, with its figures."""
    one = max(seconds, key=lambda each: each.distance)
    said = []
    tops = [_thickness(column, 2) for column in one.columns]
    if max(tops) > 1.5 * min(tops):
        said.append(
            "skin and the layer below it are "
            + ", ".join(f"{1e3 * top:.1f}" for top in tops)
            + " mm thick below the first probe, the second and the middle"
        )
    if len({column.tissues for column in one.columns}) > 1:
        said.append("the tissues below the probes and the middle differ")
    if any(column.ends_in_air for column in one.columns):
        said.append("there is air in the depth")
    said.append(f"the skin is curved over the {1e3 * one.distance:.0f} mm between the probes")
    return "The closed form takes flat, even, endless layers; here " + "; ".join(said) + "."


def _thickness(column: Column, count: int) -> float:
    return sum(column.thicknesses[:count]) or DEEP
