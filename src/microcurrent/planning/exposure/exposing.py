"""Exposing: from a plan and a surface basis to what tissue and skin receive, place by place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from microcurrent import __version__
from microcurrent.model.digest import digest
from microcurrent.model.exposure_map import ExposureMap, NervePath
from microcurrent.model.plan import Plan
from microcurrent.physics.bodies.volume import Volume
from microcurrent.physics.conduction.basis.surface_basis import SurfaceBasis
from microcurrent.planning.bodies import BodySource
from microcurrent.planning.exposure.charges import Charges
from microcurrent.planning.exposure.covering import Coating, Skin
from microcurrent.planning.exposure.dwells import APART
from microcurrent.planning.exposure.exposed import Exposed, NerveArrays
from microcurrent.planning.exposure.flowing import flows_of, standing
from microcurrent.planning.exposure.layers import layers_of
from microcurrent.planning.exposure.nerve_paths import line_of
from microcurrent.planning.exposure.stepping import Scene, StepSums
from microcurrent.planning.exposure.tallies import Medium, arrays_of, new_tally
from microcurrent.planning.exposure.zones import zones_of
from microcurrent.planning.prediction.conductivities import conductivities
from microcurrent.planning.prediction.sampling import Values, inputs_of, middle

METHOD = f"microcurrent {__version__}: surface basis, live electrode solve at every position"
#: What a map leaves out, in words that a person can judge it by.
_NO_INTERVALS = (
    "Intervals: the figures are those of the values in the tables. `microcurrent predict` gives the 90 % "
    "interval of the same quantities."
)
_NO_FILM = (
    "Gel or water beyond the contact: the tables have no thickness or conductivity of a film, so current "
    "enters through the contact alone, unless a film is asked for."
)
_FILM = "Films of another kind: around every contact the film is taken alike, as it was asked for."
_NOT_HELD = "Tissue that the basis does not hold, and skin outside its region."
_AT_REST = "Skin between steps: each step begins with the layer at rest."

#: Progress: positions done, positions in all, what is being done.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """A basis and where it comes from.

    The `basis`, the `volume` that it was made on and the `spacing` [m] of its grid; the digest `name`
    that it is known by and that of the `tables`.
    """

    basis: SurfaceBasis
    volume: Volume
    spacing: float
    name: str
    tables: str


def expose(
    plan: Plan,
    source: BodySource,
    ground: Ground,
    *,
    nerves: Sequence[NervePath] = (),
    coating: Coating | None = None,
    on_progress: Progress | None = None,
) -> Exposed:
    """Return what tissue and skin receive from one sitting of `plan`.

    `nerves`: paths through the tissues of the basis; `coating`: a film around every contact. Raises
    `InputError` where a contact cannot be placed, touches another or lies outside the basis, and where a
    path leaves its tissues; `PredictionError` where a solution does not hold.
    """
    basis, volume = ground.basis, ground.volume
    values = middle(inputs_of(plan, source))
    scene = Scene(
        basis=basis,
        skin=Skin(volume, basis.patches, coating),
        media=media_of(basis, source, values, volume=volume),
        lines=tuple(line_of(path, basis, volume) for path in nerves),
        zones=zones_of(plan, source.body),
    )
    where = [standing(step, plan, scene.skin, values=values, apart=APART) for step in plan.steps]
    charges, whole = Charges(skin=scene.skin), {t: new_tally(medium) for t, medium in scene.media.items()}
    total, done = sum(len(one.dwells) for one in where), 0
    steps = []
    for one in where:
        layers = layers_of(one.step, plan, values, skin_group=source.skin_group)
        sums = StepSums(scene, one, layers)
        for flow in flows_of(one, basis, layers):
            charges.add(flow)
            sums.add(flow, whole=whole)
            if on_progress:
                on_progress(done + sums.positions, total, f"step {one.step.number}")
        done += len(one.dwells)
        steps.append(sums)
    return Exposed(
        summary=ExposureMap(
            plan=plan.digest, body=digest(source.body), tables=ground.tables, basis=ground.name,
            spacing=ground.spacing, basis_error=max(one.error for one in basis.operators.values()),
            method=METHOD, steps=tuple(sums.summary() for sums in steps), skin=charges.parts(scene.zones),
            not_covered=not_covered(coating),
            warnings=(*source.body.warnings, *(guess.sentence for guess in source.body.guesses)),
        ),
        volume=volume, patches=basis.patches,
        cells={tissue: medium.operator.cells for tissue, medium in scene.media.items()},
        steps=tuple(sums.arrays() for sums in steps),
        plan={tissue: arrays_of(tally) for tissue, tally in whole.items()},
        skin=charges.arrays(), nerves=_nerves(scene, steps),
        sections=tuple(sums.section for sums in steps),
        sites=tuple((site.name, site.position) for site in plan.sites),
    )  # fmt: skip


def not_covered(coating: Coating | None) -> tuple[str, ...]:
    """Return what a map leaves out."""
    return (_NO_INTERVALS, _NO_FILM if coating is None else _FILM, _NOT_HELD, _AT_REST)


def media_of(
    basis: SurfaceBasis, source: BodySource, values: Values, *, volume: Volume
) -> dict[str, Medium]:
    """Return the tissues of a basis with their conductivities and fibres, on the `volume` it was made on.

    With sub-voxels both are those of the kind that a cell counts as; where some cells of a tissue have no
    fibres, it has none.
    """
    sigma = conductivities(source, values)
    if volume.fine is not None:
        main, rows = volume.fine.main.reshape(-1), volume.fine.conductivities(sigma)
        sizes = volume.tissue_volumes().reshape(-1)
        kinds = {tissue: main[operator.cells] for tissue, operator in basis.operators.items()}
        return {
            tissue: Medium(
                operator=operator,
                conductivity=rows[kinds[tissue]],
                fibres=volume.fine.directions(kinds[tissue]),
                tissue=sizes[operator.cells],
            )
            for tissue, operator in basis.operators.items()
        }
    return {
        tissue: Medium(
            operator=operator,
            conductivity=np.array(np.broadcast_to(sigma[tissue], 3), dtype=float),
            fibres=np.array(source.fibres[tissue]) if tissue in source.fibres else None,
        )
        for tissue, operator in basis.operators.items()
    }


def _nerves(scene: Scene, steps: Sequence[StepSums]) -> tuple[NerveArrays, ...]:
    return tuple(
        NerveArrays(
            name=line.path.name,
            points=line.points,
            distance=line.distance,
            potential=np.stack([sums.worst[k].potential for sums in steps]),
            along=np.stack([sums.worst[k].along for sums in steps]),
        )
        for k, line in enumerate(scene.lines)
    )
