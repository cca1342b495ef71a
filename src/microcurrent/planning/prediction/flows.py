"""What flows in one body with one draw of the inputs: every step's figures, before any interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.electrode import Electrode
from microcurrent.model.plan import Plan, Step
from microcurrent.physics.bodies.placing import Placed, place_contact
from microcurrent.physics.bodies.volume import Volume, normals_of
from microcurrent.physics.conduction.conductor import Conductor, Solution
from microcurrent.physics.conduction.contact import Contact, Faces
from microcurrent.physics.conduction.fields import (
    current_density,
    electric_field,
    face_currents,
    magnitude,
    power,
)
from microcurrent.physics.conduction.recovery import tissue_field
from microcurrent.planning.bodies import BodySource
from microcurrent.planning.fields import NEAR
from microcurrent.planning.prediction.conductivities import conductivities
from microcurrent.planning.prediction.contacts import (
    area_impedance_of,
    footprint_of,
    metal_voltage,
    skin_voltage,
)
from microcurrent.planning.prediction.cuts import Flow, tissue_shares
from microcurrent.planning.prediction.poses import Pose
from microcurrent.planning.prediction.sampling import Values, contact_area, thickness_name

Floats = npt.NDArray[np.float64]
#: What a figure is of: (step number, kind, of which tissue or electrode); step 0 is the whole plan.
FigureKey = tuple[int, str, str]

#: The grid stays fine this far [m] beyond a contact, where the field still changes fast.
FINE_MARGIN = 3e-3
#: Classes of |E| [V/m] in histograms: five to a decade from 10 mV/m to 10 kV/m.
HISTOGRAM_EDGES = tuple(float(10 ** (k / 5)) for k in range(-10, 21))


@dataclass(frozen=True, kw_only=True, eq=False)
class StepFlow:
    """The middle pose of one step at 1 A, for pictures: `flow`, both contacts, `inward` normal (3,)."""

    step: Step
    pose: Pose
    flow: Flow
    anode: Floats
    cathode: Floats
    inward: Floats


@dataclass(kw_only=True, eq=False)
class Figures:
    """Everything computed for one draw.

    `values`: figures by key [SI]; `histograms` by (step, tissue): shares; `volumes` by (step,
    tissue) [m3]; `surface`, `absolute` and `net` (F,) [C/m2] of the skin; `middle`: one per step.
    """

    values: dict[FigureKey, float] = field(default_factory=dict)
    histograms: dict[tuple[int, str], tuple[float, ...]] = field(default_factory=dict)
    volumes: dict[tuple[int, str], float] = field(default_factory=dict)
    spacing: dict[int, tuple[float, float]] = field(default_factory=dict)
    positions: dict[int, int] = field(default_factory=dict)
    middle: list[StepFlow] = field(default_factory=list)
    surface: Faces
    absolute: Floats
    net: Floats
    tissues: tuple[str, ...]
    flat: bool
    cells: int
    balance_error: float = 0.0


def figures_of(
    plan: Plan,
    source: BodySource,
    values: Values,
    *,
    step_poses: dict[int, tuple[Pose, ...]],
    coarse: bool,
    on_solve: Callable[[], None] = lambda: None,
) -> Figures:
    """Return every figure of the plan for one draw of the inputs.

    `step_poses` by step number; `coarse` takes the coarser grid; `on_solve` is called after each
    solution, to show progress. Raises `PredictionError` where a solution does not hold, and
    `InputError` where a contact cannot be placed.
    """
    radius = max(math.sqrt(contact_area(e, values) / math.pi) for e in plan.electrodes)
    points = [p for poses in step_poses.values() for pose in poses for p in (pose.anode, pose.cathode)]
    thickness = {
        index: values[thickness_name(index + 1, layer.tissue)] for index, layer in enumerate(source.layers)
    }
    volume = source.volume(points, radius + FINE_MARGIN, coarse=coarse, thickness=thickness)
    sigma = conductivities(source, values)
    conductor = volume.conductor(sigma)
    surface = volume.surface()
    count = surface.cells.size
    figures = Figures(
        surface=surface,
        absolute=np.zeros(count),
        net=np.zeros(count),
        tissues=volume.tissues,
        flat=bool(volume.skin_borders),
        cells=int(volume.conducting.sum()),
    )
    solver = _Solver(
        plan=plan, values=values, volume=volume, conductor=conductor, surface=surface,
        conductivity=volume.conductivity(sigma) if volume.fine else conductor.conductivity,
    )  # fmt: skip
    for step in plan.steps:
        _one_step(step, step_poses[step.number], solver, figures, on_solve)
    figures.values[0, "absolute", ""] = float(figures.absolute.max())
    figures.values[0, "net", ""] = float(np.abs(figures.net).max())
    return figures


@dataclass(frozen=True, kw_only=True, eq=False)
class _Solver:
    """What stays the same for all steps of one draw.

    `conductivity` [S/m]: that of each cell as the tissue it is labelled as.
    """

    plan: Plan
    conductivity: Floats
    values: Values
    volume: Volume
    conductor: Conductor
    surface: Faces

    def solve(self, step: Step, pose: Pose) -> tuple[Solution, list[Placed]]:
        """Return the flow of 1 A from anode to cathode, and where both stand on the skin."""
        placed = []
        for name, point in zip(step.electrodes, (pose.anode, pose.cathode), strict=True):
            electrode = self.plan.electrode(name)
            layer = area_impedance_of(electrode, step.stimulus, self.values)
            footprint = footprint_of(electrode, self.values)
            placed.append(
                place_contact(self.volume, point, footprint, impedance=layer, surface=self.surface)
            )
        self._check_apart(step, pose, placed)
        return self.conductor.solve([p.contact for p in placed], [1.0, -1.0]), placed

    def on_skin(self, contact: Contact, density: Floats) -> Floats:
        """Return `density` [A/m2] under a contact for each face of the skin (F,), 0 elsewhere.

        On a slab a partly covered face takes the mean over its whole area. On a segmentation the
        staircase has more area than the skin, so the density under the contact itself stands.
        """
        keys, order = self._faces
        key = (contact.cells * 3 + contact.axis) * 2 + (contact.side > 0)
        place = order[np.searchsorted(keys, key, sorter=order)]
        result = np.zeros(keys.size)
        covered = contact.area / self.surface.area[place] if self.volume.skin_borders else 1.0
        result[place] = density * covered
        return result

    @cached_property
    def _faces(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.intp]]:
        """A number for each face of the skin (F,), and the order that sorts them."""
        keys = (self.surface.cells * 3 + self.surface.axis) * 2 + (self.surface.side > 0)
        return keys, np.argsort(keys)

    def sizes(self, solution: Solution, density: Floats) -> tuple[Floats, Floats]:
        """Return |E| [V/m] and |J| [A/m2] in the tissue that each cell is labelled as, (nx, ny, nz).

        In whole cells both follow from the `density` of current through their faces. In a cell of several
        tissues that density is of them all, so there the field is the slope of the potential in its own.
        """
        if self.volume.fine is None:
            return magnitude(electric_field(self.conductor, density)), magnitude(density)
        field = tissue_field(self.conductor, solution, self.volume.labels)
        sigma = self.conductivity if self.conductivity.ndim == 4 else self.conductivity[..., None]
        return magnitude(field), np.nan_to_num(magnitude(field * sigma))

    def _check_apart(self, step: Step, pose: Pose, placed: list[Placed]) -> None:
        faces = [set(zip(p.contact.cells.tolist(), p.contact.axis.tolist(), strict=True)) for p in placed]
        if faces[0] & faces[1]:
            apart = float(np.linalg.norm(placed[0].centre - placed[1].centre))
            raise ValueRefused(
                Problem(
                    what=f"the probes touch in step {step.number} ({pose.label})",
                    expected="two contacts apart from each other",
                    came=f"centres {1e3 * apart:.3g} mm apart",
                    advice="Choose sites farther apart, or smaller probes",
                )
            )


def _one_step(step: Step, poses: tuple[Pose, ...], solver: _Solver, figures: Figures,
              on_solve: Callable[[], None]) -> None:  # fmt: skip
    grid = solver.volume.grid
    sums = _Sums(mean_field=np.zeros(grid.shape), mean_density=np.zeros(grid.shape),
                 max_field=np.zeros(grid.shape), max_density=np.zeros(grid.shape))  # fmt: skip
    near = np.zeros(grid.shape, dtype=bool)
    distances, resistances, shares = [], [], []
    charge = {"absolute": step.stimulus.absolute_charge, "net": step.stimulus.net_charge}
    own = {(key, name): np.zeros_like(figures.absolute) for key in charge for name in step.electrodes}
    for number, pose in enumerate(poses):
        solution, placed = solver.solve(step, pose)
        on_solve()
        figures.balance_error = max(
            figures.balance_error, float(np.abs(solution.delivered - [1.0, -1.0]).max())
        )
        density = current_density(solver.conductor, face_currents(solver.conductor, solution))
        strength, size = solver.sizes(solution, density)
        flow = Flow(volume=solver.volume, density=density, field=strength)
        sums.add(pose.share, np.nan_to_num(strength), size)
        anode, cathode = (p.centre for p in placed)
        near |= _near(grid.centres, anode, cathode)
        distances.append(float(np.linalg.norm(anode - cathode)))
        resistances.append(power(solver.conductor, solution).tissue)  # at 1 A, watt is ohm
        inward = -_outward(solver.surface, anode, cathode)
        shares.append(tissue_shares(flow, anode, cathode, inward=inward))
        for name, per_area in zip(step.electrodes, _per_area(solver, step, pose, solution), strict=True):
            for key, total in charge.items():
                own[key, name] += total * pose.share * (per_area if key == "net" else np.abs(per_area))
        _edge_ratios(step, solution, figures)
        if number == len(poses) // 2:
            figures.middle.append(
                StepFlow(step=step, pose=pose, flow=flow, anode=anode, cathode=cathode, inward=inward)
            )
    for name in step.electrodes:
        figures.absolute += own["absolute", name]
        figures.net += own["net", name]
    figures.spacing[step.number] = (min(distances), max(distances))
    figures.positions[step.number] = len(poses)
    _tissue_figures(step, sums, near & solver.volume.conducting, solver, figures)
    for tissue in solver.volume.tissues:
        figures.values[step.number, "share", tissue] = float(np.mean([s[tissue] for s in shares]))
    _contact_figures(step, solver, figures, own)
    resistance = max(resistances)
    figures.values[step.number, "resistance", ""] = resistance
    first, second = (solver.plan.electrode(name) for name in step.electrodes)
    layers = sum(skin_voltage(electrode, step.stimulus, solver.values) for electrode in (first, second))
    metal = metal_voltage((first, second), step.stimulus, solver.values)
    figures.values[step.number, "voltage", ""] = step.stimulus.peak * resistance + layers + metal


@dataclass(kw_only=True, eq=False)
class _Sums:
    """Time-weighted means and maxima over the poses of a step, per ampere."""

    mean_field: Floats
    mean_density: Floats
    max_field: Floats
    max_density: Floats

    def add(self, share: float, strength: Floats, density: Floats) -> None:
        """Take in one pose."""
        self.mean_field += share * strength
        self.mean_density += share * density
        np.maximum(self.max_field, strength, out=self.max_field)
        np.maximum(self.max_density, density, out=self.max_density)


def _near(centres: Callable[[int], Floats], a: Floats, b: Floats) -> npt.NDArray[np.bool_]:
    """Cells within `NEAR` of the straight line between two points."""
    axes = [centres(axis) for axis in range(3)]
    shape = [tuple(-1 if axis == k else 1 for k in range(3)) for axis in range(3)]
    x = [axes[k].reshape(shape[k]) for k in range(3)]
    line = b - a
    t = sum((x[k] - a[k]) * line[k] for k in range(3)) / float(line @ line)
    t = np.clip(t, 0.0, 1.0)
    return np.asarray(sum((x[k] - a[k] - t * line[k]) ** 2 for k in range(3)) <= NEAR**2)


def _outward(surface: Faces, *points: Floats) -> Floats:
    """Mean outward normal (3,) of the skin around some points."""
    normals = normals_of(surface)
    total = np.zeros(3)
    for point in points:
        close = np.linalg.norm(surface.centres - point, axis=1) < NEAR / 2
        total += (normals[close] * surface.area[close, None]).sum(axis=0)
    return np.asarray(total / np.linalg.norm(total))


def _per_area(solver: _Solver, step: Step, pose: Pose, solution: Solution) -> Iterator[Floats]:
    """Yield for each contact its current density (F,) [A/m2] into each face of the skin at 1 A.

    Held, it is the density of the solution. Moving, it is the mean over every place that the contact
    passes in this pose, evenly spread under it.
    """
    for k, (name, way) in enumerate(zip(step.electrodes, pose.ways, strict=True)):
        if len(way) == 1:
            yield solver.on_skin(solution.contacts[k], solution.contact_densities[k])
            continue
        footprint = footprint_of(solver.plan.electrode(name), solver.values)
        total = np.zeros(solver.surface.cells.size)
        for point in way:
            contact = place_contact(
                solver.volume, point, footprint, impedance=1.0, surface=solver.surface
            ).contact
            total += solver.on_skin(contact, np.full(contact.cells.size, 1 / contact.area.sum()))
        yield (1.0 if k == 0 else -1.0) * total / len(way)


def _edge_ratios(step: Step, solution: Solution, figures: Figures) -> None:
    for name, contact, density in zip(
        step.electrodes, solution.contacts, solution.contact_densities, strict=True
    ):
        ratio = float(np.abs(density).max() * contact.area.sum() / abs(density @ contact.area))
        key = (step.number, "edge", name)
        figures.values[key] = max(figures.values.get(key, 0.0), ratio)


def _tissue_figures(
    step: Step, sums: _Sums, near: npt.NDArray[np.bool_], solver: _Solver, figures: Figures
) -> None:
    volumes, peak = solver.volume.tissue_volumes(), step.stimulus.peak
    for index, tissue in enumerate(solver.volume.tissues):
        cells = near & (solver.volume.labels == index)
        if not cells.any():
            continue
        weight = volumes[cells]
        figures.volumes[step.number, tissue] = float(weight.sum())
        for kind, mean, largest in (
            ("field", sums.mean_field, sums.max_field), ("density", sums.mean_density, sums.max_density)
        ):  # fmt: skip
            values = peak * mean[cells]
            for word, share in (("median", 0.5), ("p95", 0.95), ("p99", 0.99)):
                figures.values[step.number, f"{kind}_{word}", tissue] = percentile(values, weight, share)
            figures.values[step.number, f"{kind}_max", tissue] = peak * float(largest[cells].max())
        held = np.clip(peak * sums.mean_field[cells], HISTOGRAM_EDGES[0], HISTOGRAM_EDGES[-1])
        classes, _ = np.histogram(held, bins=HISTOGRAM_EDGES, weights=weight)
        figures.histograms[step.number, tissue] = tuple(float(c) for c in classes / weight.sum())


def percentile(values: Floats, weights: Floats, share: float) -> float:
    """Return the value (N,) below which `share` of the weight (N,) lies."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    place = int(np.searchsorted(reached, share * reached[-1]))
    return float(values[order][min(place, values.size - 1)])


def _contact_figures(
    step: Step, solver: _Solver, figures: Figures, own: dict[tuple[str, str], Floats]
) -> None:
    stimulus = step.stimulus
    for name in step.electrodes:
        electrode: Electrode = solver.plan.electrode(name)
        area = contact_area(electrode, solver.values)
        for kind, amount in (
            ("area", area * area), ("peak", stimulus.peak), ("rms", stimulus.plateau_rms),
            ("dc", stimulus.window_mean()), ("phase", stimulus.charge_per_phase),
        ):  # fmt: skip
            figures.values[step.number, kind, name] = amount / area
        for key in ("absolute", "net"):
            figures.values[step.number, key, name] = float(np.abs(own[key, name]).max())
