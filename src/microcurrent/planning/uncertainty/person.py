"""The same plan on one person: tissue, layers, skin, contact, the hand and the device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from microcurrent import __version__, tables
from microcurrent.errors import ConvergenceError, InputError, PredictionError
from microcurrent.model import Input
from microcurrent.model.digest import digest
from microcurrent.model.plan import Plan
from microcurrent.physics.bodies.volume import normals_of
from microcurrent.physics.conduction.contact import Faces
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.bodies import BodySource
from microcurrent.planning.positions import Point
from microcurrent.planning.prediction.flows import FigureKey, figures_of
from microcurrent.planning.prediction.poses import Pose, poses
from microcurrent.planning.prediction.sampling import Values, contact_area, inputs_of, middle
from microcurrent.planning.uncertainty.inputs import (
    CURRENT_GIVEN,
    DIRECTIONS,
    chances,
    drawn,
    is_of_tissue,
    offset_name,
    uncertain_inputs,
)
from microcurrent.planning.uncertainty.on_basis import (
    StoredBasis,
    figures_on_basis,
    moved_plan,
    scene_of,
)

METHOD = f"microcurrent {__version__}: finite volumes, complete electrode model, scrambled Sobol sequence"
#: Skin within this [m] of a probe says which way it looks there.
_AROUND = 8e-3
#: The first direction on the skin is square to the upward axis; to the other where skin looks up or down.
_UP, _SIDE, _STEEP = (0.0, 0.0, 1.0), (1.0, 0.0, 0.0), 0.9


@dataclass(frozen=True, kw_only=True)
class Study:
    """One plan on virtual people: what stays the same for all of them.

    `inputs` are drawn, from a sequence with a `seed`; `tables`: the digest of the tables. `basis`: where
    the bulk is solved already, for the conductivities of the tables.
    """

    plan: Plan
    source: BodySource
    inputs: tuple[Input, ...]
    seed: int
    tables: str
    basis: StoredBasis | None = None

    @cached_property
    def digest(self) -> str:
        """The digest of plan, body, tables, method, inputs and seed: equal digests, equal people."""
        return digest(
            {
                "plan": self.plan.digest, "body": digest(self.source.body), "tables": self.tables,
                "method": METHOD, "inputs": [given.name for given in self.inputs], "seed": self.seed,
                "basis": self.basis.name if self.basis else "",
            }
        )  # fmt: skip

    @cached_property
    def centre(self) -> Values:
        """The value of every input, those without a range too."""
        return middle(inputs_of(self.plan, self.source)) | middle(self.inputs)

    @cached_property
    def held(self) -> dict[int, tuple[Pose, ...]]:
        """Where both probes stand in each step, by its number, when nothing is off its site."""
        diameter = min(
            2 * float(np.sqrt(contact_area(e, self.centre) / np.pi)) for e in self.plan.electrodes
        )
        return {step.number: poses(step, self.plan, diameter) for step in self.plan.steps}

    @cached_property
    def directions(self) -> dict[Point, Floats]:
        """Two unit vectors (2, 3) along the skin at every point of `held`; on a slab those of x and y."""
        points = [p for held in self.held.values() for pose in held for p in (pose.anode, pose.cathode)]
        if self.source.layers:
            return dict.fromkeys(points, np.eye(3)[:2])
        return _along_skin(points, self.source.whole.surface())

    def chances(self, first: int, count: int) -> Floats:
        """Return the chances (count, N) of people `first` and on; see `inputs.chances`."""
        return chances(self.inputs, first, count, seed=self.seed)


def study_of(plan: Plan, source: BodySource, *, seed: int, basis: StoredBasis | None = None) -> Study:
    """Return the study of a plan on virtual people; on a `basis` tissue and layers are alike on all."""
    inputs = uncertain_inputs(plan, source)
    if basis is not None:
        inputs = tuple(given for given in inputs if not is_of_tissue(given.name, source))
    return Study(plan=plan, source=source, inputs=inputs, seed=seed, tables=tables.digest(), basis=basis)


def solved(study: Study, values: Values, *, coarse: bool = True) -> dict[FigureKey, float]:
    """Return every figure [SI] of the plan on one person whose inputs have `values`.

    Raises `InputError` where a probe cannot be placed, `PredictionError` where a solution does not hold.
    """
    full = study.centre | values
    given = full[CURRENT_GIVEN]
    steps = tuple(
        replace(step, stimulus=replace(step.stimulus, amplitude=given * step.stimulus.amplitude))
        for step in study.plan.steps
    )
    plan = replace(study.plan, steps=steps)
    if study.basis is not None:
        scene = scene_of(study.basis, study.plan, study.source)
        moved_ = moved_plan(plan, _shifts(study, full))
        return figures_on_basis(moved_, scene, full, skin_group=study.source.skin_group)
    moved = _moved(study, full)
    return figures_of(plan, study.source, full, step_poses=moved, coarse=coarse).values


def solve_people(study: Study, keys: Sequence[FigureKey], *, first: int, count: int) -> Floats:
    """Return the figures (count, K) of people `first` and on, not-a-number for what a person has not.

    A row is not-a-number throughout for a person on whom a probe cannot be placed or a solution does not
    converge. Raises `PredictionError` where the tables of this machine are not those of the study.
    """
    if tables.digest() != study.tables:
        raise PredictionError(
            f"The tables here have the digest {tables.digest()[:12]}, those of the study "
            f"{study.tables[:12]}: install the same microcurrent on every machine."
        )
    found = np.full((count, len(keys)), np.nan)
    for row, values in enumerate(drawn(study.inputs, study.chances(first, count))):
        try:
            figures = solved(study, values)
        except (InputError, ConvergenceError):
            continue
        found[row] = [figures.get(key, np.nan) for key in keys]
    return found


def _shifts(study: Study, values: Values) -> dict[tuple[int, str], Point]:
    """How far [m] each probe stands off its line in each step: by the directions where the step begins."""
    found = {}
    for step in study.plan.steps:
        first = study.held[step.number][0]
        for name, point in zip(step.electrodes, (first.anode, first.cathode), strict=True):
            offset = np.array([values.get(offset_name(name, direction), 0.0) for direction in DIRECTIONS])
            x, y, z = (float(part) for part in offset @ study.directions[point])
            found[step.number, name] = (x, y, z)
    return found


def _moved(study: Study, values: Values) -> dict[int, tuple[Pose, ...]]:
    """The poses with each probe as far off its site as this person's hand holds it."""
    result = {}
    for step in study.plan.steps:
        offsets = [
            [values.get(offset_name(name, direction), 0.0) for direction in DIRECTIONS]
            for name in step.electrodes
        ]
        result[step.number] = tuple(_pose_off(study, pose, offsets) for pose in study.held[step.number])
    return result


def _pose_off(study: Study, pose: Pose, offsets: Sequence[Sequence[float]]) -> Pose:
    """A pose with its anode and cathode off by offsets (2, 2) [m] along the two directions on the skin."""
    anode, cathode = (
        tuple(offset @ study.directions[point])
        for point, offset in zip((pose.anode, pose.cathode), np.asarray(offsets), strict=True)
    )
    return replace(
        pose, anode=_added(pose.anode, anode), cathode=_added(pose.cathode, cathode),
        ways=(
            tuple(_added(point, anode) for point in pose.ways[0]),
            tuple(_added(point, cathode) for point in pose.ways[1]),
        ),
    )  # fmt: skip


def _added(point: Point, shift: Sequence[float]) -> Point:
    return (point[0] + float(shift[0]), point[1] + float(shift[1]), point[2] + float(shift[2]))


def _along_skin(points: Sequence[Point], skin: Faces) -> dict[Point, Floats]:
    """Return at each point (3,) [m] two unit vectors (2, 3) along the skin, the first level."""
    normals, found = normals_of(skin), {}
    for point in points:
        near = np.linalg.norm(skin.centres - np.asarray(point), axis=1) < _AROUND
        if not near.any():
            near = np.array([np.argmin(np.linalg.norm(skin.centres - np.asarray(point), axis=1))])
        normal = skin.area[near] @ normals[near]
        normal /= np.linalg.norm(normal)
        across = np.cross(_UP if abs(normal[2]) < _STEEP else _SIDE, normal)
        across /= np.linalg.norm(across)
        found[point] = np.stack([across, np.cross(normal, across)])
    return found
