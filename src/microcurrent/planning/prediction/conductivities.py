"""The conductivity of every tissue of a body for one draw of the inputs."""

from __future__ import annotations

from microcurrent import tables
from microcurrent.planning.bodies import BodySource
from microcurrent.planning.prediction.sampling import Values, tissue_name


def conductivities(source: BodySource, values: Values) -> dict[str, float | tuple[float, float, float]]:
    """Return for each tissue one conductivity [S/m], or three along x, y and z where fibres are known.

    With fibres along the unit vector f the tensor is across + (along - across) f f'; the grid takes
    its diagonal. Where a body does not say how the fibres run, an anisotropic tissue gets the geometric
    mean of the three, (across**2 * along)**(1/3), in all directions.
    """
    known = tables.tissues()
    result: dict[str, float | tuple[float, float, float]] = {}
    for tissue in source.body.tissues:
        across = values[tissue_name(tissue)]
        if known[tissue].along is None:
            result[tissue] = across
            continue
        along = values[tissue_name(tissue, along=True)]
        if tissue in source.fibres:
            x, y, z = (across + (along - across) * part**2 for part in source.fibres[tissue])
            result[tissue] = (x, y, z)
        else:
            result[tissue] = (across**2 * along) ** (1 / 3)
    return result
