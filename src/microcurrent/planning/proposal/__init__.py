"""A plan from an intent: which sites, paths, currents and times serve its targets best under every limit.

::

    targets      which cells are what the intent is for, and which lie around them
    candidates   every hold and glide that no rule of placement stops
    responses    the field that each gives in each target per ampere, from one solve for each point
    caps         the highest current of a step by every limit on current and contact
    optimum      the linear and the mixed-integer program, with the price of every limit
    plans        what was chosen as the text of a plan file
    seeking      the best of one side, why not more, and what else could be had
    devices      what a device of the catalogue gives, as caps and electrodes
    proposing    all of it, predicted and assessed until nothing is refused
"""

from microcurrent.planning.proposal.proposing import Proposed, Request, propose
from microcurrent.planning.proposal.seeking import Wanted

__all__ = ["Proposed", "Request", "Wanted", "propose"]
