"""The conductivity of every tissue of a body for one draw of the inputs."""

from __future__ import annotations

from microcurrent import tables
from microcurrent.physics.bodies.fine import along_axes
from microcurrent.planning.bodies import BodySource
from microcurrent.planning.prediction.sampling import Values, tissue_name


def conductivities(source: BodySource, values: Values) -> dict[str, float | tuple[float, ...]]:
    """Return for each tissue one conductivity [S/m], or three along x, y and z where fibres are known.

    With fibres along the unit vector f the tensor is across + (along - across) f f'; the grid takes
    its diagonal. Where a body does not say how the fibres run, an anisotropic tissue gets the geometric
    mean of the three, (across**2 * along)**(1/3), in all directions. An anatomy knows it place by place, so
    for it there are two, (across, along), which its volumes make the tensor of, see `Volume.conductivity`.
    """
    known = tables.tissues()
    result: dict[str, float | tuple[float, ...]] = {}
    for tissue in source.body.tissues:
        across = values[tissue_name(tissue)]
        if known[tissue].along is None:
            result[tissue] = across
            continue
        along = values[tissue_name(tissue, along=True)]
        if source.body.kind == "anatomy":
            result[tissue] = (across, along)
        elif tissue in source.fibres:
            result[tissue] = along_axes(tissue, (across, along), source.fibres[tissue])
        else:
            result[tissue] = along_axes(tissue, (across, along))[0]
    return result
