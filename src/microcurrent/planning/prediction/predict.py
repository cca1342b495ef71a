"""Predict: from a plan to what every tissue receives, with a 90 % interval on every figure.

The middle of every input is solved on the fine grid. For the interval the inputs are drawn by Latin
hypercube and solved on a coarser grid; each figure's interval is its fine value times the 5th to 95th
percentile of drawn over middle on that coarser grid, where the error of the grid cancels.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from microcurrent import __version__
from microcurrent.model.digest import digest
from microcurrent.model.exposure import (
    ContactExposure,
    Estimate,
    Exposure,
    Histogram,
    Prediction,
    StepExposure,
    TissueExposure,
)
from microcurrent.model.plan import Plan, Step
from microcurrent.physics.bodies.volume import normals_of
from microcurrent.planning.bodies import BodySource
from microcurrent.planning.fields import Fields, Section, Surface
from microcurrent.planning.prediction.cuts import section
from microcurrent.planning.prediction.flows import HISTOGRAM_EDGES, FigureKey, Figures, figures_of
from microcurrent.planning.prediction.poses import poses
from microcurrent.planning.prediction.sampling import contact_area, draws, inputs_of, middle

METHOD = f"microcurrent {__version__}: finite volumes, complete electrode model, Latin hypercube"
#: A contact with an edge this much above its mean deserves a warning.
_STEEP_EDGE = 1.5

#: Progress of a prediction: solutions done, solutions in all, what is being done.
Progress = Callable[[int, int, str], None]


def predict(
    plan: Plan,
    source: BodySource,
    *,
    tables_digest: str,
    samples: int,
    seed: int,
    on_progress: Progress | None = None,
) -> tuple[Prediction, Fields]:
    """Return what tissue receives from one sitting of `plan`, and the fields to draw.

    Equal plan, body, tables, `samples` and `seed` give equal predictions. Raises `InputError` where
    a contact cannot be placed, `PredictionError` where a solution does not hold.
    """
    inputs = inputs_of(plan, source)
    centre = middle(inputs)
    diameter = min(2 * math.sqrt(contact_area(e, centre) / math.pi) for e in plan.electrodes)
    step_poses = {step.number: poses(step, plan, diameter) for step in plan.steps}
    each = sum(len(p) for p in step_poses.values())
    count = _Counter(total=each * (samples + 2), report=on_progress)
    count.doing = "fine grid"
    fine = figures_of(plan, source, centre, step_poses=step_poses, coarse=False, on_solve=count.one_more)
    count.doing = "interval"
    coarse = figures_of(plan, source, centre, step_poses=step_poses, coarse=True, on_solve=count.one_more)
    drawn = [
        figures_of(plan, source, values, step_poses=step_poses, coarse=True, on_solve=count.one_more).values
        for values in draws(inputs, samples, seed)
    ]
    estimates = _Estimates(fine=fine.values, coarse=coarse.values, drawn=drawn)
    fields = _fields(plan, fine)
    prediction = Prediction(
        plan=plan.digest,
        body=digest(source.body),
        tables=tables_digest,
        fields=fields.digest,
        exposure=_exposure(plan, fine, estimates),
        inputs=inputs,
        method=METHOD,
        cells=fine.cells,
        samples=samples,
        seed=seed,
        warnings=_warnings(plan, source, fine, coarse=coarse),
    )
    return prediction, fields


class _Counter:
    """Counts solutions and reports them."""

    def __init__(self, *, total: int, report: Progress | None) -> None:
        self.total, self.done, self.doing, self._report = total, 0, "", report

    def one_more(self) -> None:
        """Count one solution."""
        self.done += 1
        if self._report:
            self._report(self.done, self.total, self.doing)


class _Estimates:
    """Figures with their intervals."""

    def __init__(
        self,
        *,
        fine: dict[FigureKey, float],
        coarse: dict[FigureKey, float],
        drawn: list[dict[FigureKey, float]],
    ) -> None:
        self._fine, self._coarse, self._drawn = fine, coarse, drawn

    def __call__(self, key: FigureKey, dimension: str) -> Estimate:
        """Return one figure with its 90 % interval."""
        value = self._fine[key]
        ratios = self._ratios(key) or self._widest_like(key)
        if not ratios:
            return Estimate.exact(value, dimension)
        # Hazen's positions (k - 1/2) / n are the middles of the strata of a Latin hypercube.
        low, high = (value * float(r) for r in np.quantile(ratios, (0.05, 0.95), method="hazen"))
        return Estimate(
            value=value, low=min(low, high, value), high=max(low, high, value), dimension=dimension
        )

    def _ratios(self, key: FigureKey) -> list[float]:
        """Drawn over middle on the coarse grid; none where the coarse grid does not have the figure."""
        reference = self._coarse.get(key, 0.0)
        return [d[key] / reference for d in self._drawn if key in d] if reference else []

    def _widest_like(self, key: FigureKey) -> list[float]:
        """The ratios of the tissue that spreads most in this figure and step.

        For a tissue too thin near the probes for the coarse grid: its own spread is not known, and none
        at all would say that it is exact.
        """
        step, kind, _ = key
        alike = [self._ratios(other) for other in self._fine if other[:2] == (step, kind) and other != key]
        return max((r for r in alike if r), key=lambda r: max(r) - min(r), default=[])


def _exposure(plan: Plan, fine: Figures, estimate: _Estimates) -> Exposure:
    return Exposure(
        steps=tuple(_step_exposure(step, fine, estimate) for step in plan.steps),
        net_charge_density=estimate((0, "net", ""), "charge density"),
        absolute_charge_density=estimate((0, "absolute", ""), "charge density"),
        dc_charge=Estimate.exact(sum(abs(step.stimulus.net_charge) for step in plan.steps), "charge"),
    )


def _step_exposure(step: Step, fine: Figures, estimate: _Estimates) -> StepExposure:
    n = step.number
    tissues = tuple(
        TissueExposure(
            tissue=tissue,
            volume=volume,
            histogram=Histogram(edges=HISTOGRAM_EDGES, shares=fine.histograms[n, tissue]),
            **{
                f"{kind}_{word}": estimate((n, f"{kind}_{word}", tissue), dimension)
                for kind, dimension in (("field", "field"), ("density", "current density"))
                for word in ("median", "p95", "p99", "max")
            },
        )
        for (number, tissue), volume in fine.volumes.items()
        if number == n
    )
    contacts = tuple(
        ContactExposure(
            electrode=name,
            area=estimate((n, "area", name), "area"),
            peak_density=estimate((n, "peak", name), "current density"),
            rms_density=estimate((n, "rms", name), "current density"),
            dc_density=estimate((n, "dc", name), "current density"),
            edge_ratio=estimate((n, "edge", name), "fraction"),
            net_charge_density=estimate((n, "net", name), "charge density"),
            absolute_charge_density=estimate((n, "absolute", name), "charge density"),
            charge_per_phase_density=estimate((n, "phase", name), "charge density"),
        )
        for name in step.electrodes
    )
    return StepExposure(
        number=n,
        tissues=tissues,
        contacts=contacts,
        tissue_resistance=estimate((n, "resistance", ""), "resistance"),
        voltage=estimate((n, "voltage", ""), "voltage"),
        spacing=fine.spacing[n],
        tissue_share=tuple((tissue, estimate((n, "share", tissue), "fraction")) for tissue in fine.tissues),
        balance_error=fine.balance_error,
        positions=fine.positions[n],
    )


def _fields(plan: Plan, fine: Figures) -> Fields:
    sections = []
    for middle_ in fine.middle:
        cut = section(middle_.flow, middle_.anode, middle_.cathode, inward=middle_.inward)
        peak = middle_.step.stimulus.peak
        sections.append(
            Section(
                step=middle_.step.number,
                position=middle_.pose.label,
                along=cut["along"],
                height=cut["height"],
                tissue=cut["tissue"],
                field=peak * cut["field"],
                density_along=peak * cut["density_along"],
                density_up=peak * cut["density_up"],
                anode=0.0,
                cathode=float(np.linalg.norm(middle_.cathode - middle_.anode)),
            )
        )
    used = fine.absolute > 0
    looks = (fine.absolute * fine.surface.area) @ normals_of(fine.surface)
    x, y, z = (float(part) for part in looks / np.linalg.norm(looks))
    return Fields(
        tissues=fine.tissues,
        sections=tuple(sections),
        surface=Surface(
            points=fine.surface.centres[used],
            area=fine.surface.area[used],
            absolute=fine.absolute[used],
            net=fine.net[used],
            flat=fine.flat,
            outward=(x, y, z),
        ),
        sites=tuple((site.name, site.position) for site in plan.sites),
    )


def _warnings(plan: Plan, source: BodySource, fine: Figures, *, coarse: Figures) -> tuple[str, ...]:
    found = [*source.body.warnings, *(guess.sentence for guess in source.body.guesses)]
    found += [
        f"Step {number}: too little {tissue} lies near the probes for the coarser grid: the intervals of "
        "that tissue are those of the one that spreads most."
        for number, tissue in fine.volumes
        if (number, tissue) not in coarse.volumes
    ]
    for step in plan.steps:
        for name in step.electrodes:
            edge = fine.values[step.number, "edge", name]
            if edge > _STEEP_EDGE:
                found.append(
                    f"Step {step.number}, electrode {name}: at the rim the density is "
                    f"{edge:.2g} times the mean."
                )
    return tuple(found)
