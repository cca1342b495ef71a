"""A second, simpler calculation of a predicted plan, before anybody approves it.

::

    columns    the layers of tissue straight below a point of the skin
    checking   each step as two discs on flat layers, in closed form, beside what was predicted

It shares no grid and no solver with the prediction: only the plan, the values of the inputs, and the area
that follows from them for a contact.
"""

from microcurrent.planning.independent.checking import QUANTITIES, check, has_second, with_second

__all__ = ["QUANTITIES", "check", "has_second", "with_second"]
