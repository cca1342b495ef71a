"""Sizes of myelinated fibres: from the published table, or from the published formulas between its rows."""

from __future__ import annotations

from dataclasses import fields

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.axon import Axon, FibreSize

#: Two diameters closer than this [m] are the same row.
_SAME = 1e-9


def size_in_table(axon: Axon, diameter: float) -> FibreSize:
    """Return the published size of a fibre of this `diameter` [m]; `ValueRefused` where it is not there."""
    for size in axon.sizes:
        if abs(size.diameter - diameter) < _SAME:
            return size
    raise ValueRefused(
        Problem(
            what=f"{axon.name} has no published fibre of this diameter",
            key="diameter",
            expected="one of " + ", ".join(f"{size.diameter * 1e6:g}" for size in axon.sizes) + " µm",
            came=f"{diameter * 1e6:g} µm",
            advice="Take a size by its formulas.",
        )
    )


def size_by_formula(axon: Axon, diameter: float) -> FibreSize:
    """Return the size of a fibre of this `diameter` [m] by the published polynomials.

    They do not pass through the rows of the table. `ValueRefused` outside their range.
    """
    lengths = {}
    for quantity in (field.name for field in fields(FibreSize) if field.name != "diameter"):
        for formula in axon.formulas:
            if formula.quantity == quantity and formula.low <= diameter <= formula.high:
                powers = enumerate(formula.coefficients)
                lengths[quantity] = sum(value * diameter**power for power, value in powers)
                break
        else:
            own = [formula for formula in axon.formulas if formula.quantity == quantity]
            low, high = (min((f.low for f in own), default=0.0), max((f.high for f in own), default=0.0))
            raise ValueRefused(
                Problem(
                    what=f"{axon.name} has no formula for the {quantity} of a fibre of this diameter",
                    key="diameter",
                    expected=f"from {low * 1e6:g} to {high * 1e6:g} µm" if own else "a model with formulas",
                    came=f"{diameter * 1e6:g} µm",
                )
            )
    return FibreSize(diameter=diameter, **lengths)
