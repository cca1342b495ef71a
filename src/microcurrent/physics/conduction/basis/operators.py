"""Field operators: the field in one tissue per ampere into any face of the region, compressed."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.physics.conduction.contact import Integers
from microcurrent.physics.conduction.grid import Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class FieldOperator:
    """The field in the cells of one tissue.

    `tissue`; `cells` (N,) flat indices; `volumes` (N,) [m3]; `error`: relative, of the compression;
    `nbytes` it takes.
    """

    tissue: str
    cells: Integers
    volumes: Floats
    error: float
    nbytes: int

    def field(self, faces: Integers, currents: Floats) -> Floats:
        """Return the field [V/m], (N, 3), for `currents` (n,) [A] into `faces` (n,), adding up to 0."""
        raise NotImplementedError
