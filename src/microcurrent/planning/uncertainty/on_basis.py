"""One person on a stored surface basis: the bulk is solved; skin, contact, hand and device are live.

The tissues have the conductivities that the basis was made with, so their share of the spread is left out.
What stays is what a person who treats can do something about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path as File

from microcurrent.model.plan import Path, Placement, Plan, Step
from microcurrent.planning.basis import even_volume
from microcurrent.planning.basis.making import open_basis
from microcurrent.planning.bodies import BodySource
from microcurrent.planning.exposure.charges import Charges
from microcurrent.planning.exposure.covering import Skin
from microcurrent.planning.exposure.dwells import APART
from microcurrent.planning.exposure.exposing import media_of
from microcurrent.planning.exposure.flowing import flows_of, standing
from microcurrent.planning.exposure.layers import layers_of
from microcurrent.planning.exposure.stepping import Scene, StepSums
from microcurrent.planning.exposure.tallies import new_tally
from microcurrent.planning.exposure.zones import NEAR_PROBES, Zones
from microcurrent.planning.positions import Point
from microcurrent.planning.prediction.flows import FigureKey
from microcurrent.planning.prediction.sampling import Values, contact_area, inputs_of, middle

#: Percentiles of a map, and their words among the figures.
_PARTS = {"median": "median", "p95": "p95", "p99": "p99", "max": "largest"}


@dataclass(frozen=True, kw_only=True)
class StoredBasis:
    """Where a basis is: its `folder`, its `name` there, the `spacing` [m] of its grid."""

    folder: str
    name: str
    spacing: float


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A scene that is asked for; two are the same where basis and plan are."""

    stored: StoredBasis
    plan: str
    source: BodySource = field(compare=False)
    values: Values = field(compare=False)


def scene_of(stored: StoredBasis, plan: Plan, source: BodySource) -> Scene:
    """Return what stays the same for all people; opened once in each process.

    Raises `RecordError` where the basis is missing or damaged.
    """
    values = middle(inputs_of(plan, source))
    return _scene(_Asked(stored=stored, plan=plan.digest, source=source, values=values))


@lru_cache(maxsize=1)
def _scene(asked: _Asked) -> Scene:
    basis = open_basis(File(asked.stored.folder) / asked.stored.name)
    volume = even_volume(asked.source, asked.stored.spacing)
    return Scene(
        basis=basis, skin=Skin(volume, basis.patches), lines=(), zones=Zones(sites=(), regions=()),
        media=media_of(basis, asked.source, asked.values, volume=volume),
    )  # fmt: skip


def figures_on_basis(
    plan: Plan, scene: Scene, values: Values, *, skin_group: str
) -> dict[FigureKey, float]:
    """Return the figures [SI] that a basis gives: fields and densities near the probes, charge, resistance.

    Raises `InputError` where a contact cannot be placed or lies outside the basis, `PredictionError` where
    a solution does not hold.
    """
    charges, whole = Charges(skin=scene.skin), {t: new_tally(medium) for t, medium in scene.media.items()}
    found: dict[FigureKey, float] = {}
    for step in plan.steps:
        where = standing(step, plan, scene.skin, values=values, apart=APART)
        layers = layers_of(step, plan, values, skin_group=skin_group)
        sums = StepSums(scene, where, layers)
        for flow in flows_of(where, scene.basis, layers):
            charges.add(flow)
            sums.add(flow, whole=whole)
        summary = sums.summary()
        found[step.number, "resistance", ""] = summary.resistance
        for part in summary.tissues:
            if part.place == NEAR_PROBES:
                for kind, spread in (("field", part.field), ("density", part.density)):
                    for word, name in _PARTS.items():
                        found[step.number, f"{kind}_{word}", part.tissue] = getattr(spread, name)
        found |= _contacts(step, plan, values)
    skin = charges.parts(scene.zones)[0]
    return found | {(0, "absolute", ""): skin.absolute.largest, (0, "net", ""): skin.net.largest}


def moved_plan(plan: Plan, shifts: Mapping[tuple[int, str], Point]) -> Plan:
    """Return a plan whose probes stand off their sites by `shifts` [m], by number of step and electrode."""
    sites, steps = [], []
    for step in plan.steps:
        parts: dict[str, Placement | Path] = {}
        for side in ("anode", "cathode"):
            part: Placement | Path = getattr(step, side)
            by = shifts[step.number, part.electrode]
            names = tuple(f"{name} (step {step.number}, {part.electrode})" for name in part.sites)
            for old, new in dict(zip(part.sites, names, strict=True)).items():
                site = plan.site(old)
                sites.append(replace(site, name=new, position=_added(site.position, by)))
            parts[side] = (
                replace(part, sites=names, way=tuple(_added(point, by) for point in part.way))
                if isinstance(part, Path)
                else replace(part, site=names[0])
            )
        steps.append(replace(step, anode=parts["anode"], cathode=parts["cathode"]))
    return replace(plan, sites=tuple(sites), steps=tuple(steps))


def _contacts(step: Step, plan: Plan, values: Values) -> dict[FigureKey, float]:
    found = {}
    for name in step.electrodes:
        area, stimulus = contact_area(plan.electrode(name), values), step.stimulus
        for kind, amount in (
            ("area", area * area), ("peak", stimulus.peak), ("rms", stimulus.plateau_rms),
            ("dc", stimulus.window_mean()), ("phase", stimulus.charge_per_phase),
        ):  # fmt: skip
            found[step.number, kind, name] = amount / area
    return found


def _added(point: Point, by: Point) -> Point:
    return (point[0] + by[0], point[1] + by[1], point[2] + by[2])
