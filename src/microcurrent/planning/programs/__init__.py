"""Programs: from a program, a body, a part and a side to the text of a plan.

::

    placing    moves(): the moves of a part of a body, placed on its skin
    timing     how often each move is done, so that a sitting has its length and each zone its share
    writing    the text of a plan file, with sources and grades as comments
    composing  compose(): all of these; refuses what the limits or the device do not allow
"""

from microcurrent.planning.programs.composing import Wanted, compose
from microcurrent.planning.programs.placing import moves, parts_of

__all__ = ["Wanted", "compose", "moves", "parts_of"]
