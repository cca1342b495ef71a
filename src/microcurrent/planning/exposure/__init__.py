"""What tissue and skin receive from a plan, place by place, on a surface basis.

::

    dwells       a step as positions with their time and charge, a millimetre apart
    covering     the faces of the skin under a contact, wherever it stands
    layers       how the skin under both electrodes answers the current of a step
    flowing      the live solve of every position
    tallies      |E| and |J| in every cell, added up over positions
    charges      charge through every face of the skin, over the whole plan
    zones        named parts of a body in which tissue and skin are summed up
    nerve_paths  potential and field along lines through tissue
    spreads      percentiles and histograms over volume or area
    cutting      a section through both probes
    stepping     the sums of one step, and its figures
    exposing     all of it: Plan, basis -> Exposed
    exposed      the arrays behind an exposure map
    wanting      which basis a person wants: from words to a request
    catalogue    the bases that a folder holds, and the one that fits a plan
    compiling    whether the kernels of the engine are compiled already
"""

from microcurrent.planning.exposure.covering import Coating
from microcurrent.planning.exposure.exposed import Exposed, fields_of
from microcurrent.planning.exposure.exposing import Ground, expose
from microcurrent.planning.exposure.nerve_paths import read_nerve_paths

__all__ = ["Coating", "Exposed", "Ground", "expose", "fields_of", "read_nerve_paths"]
