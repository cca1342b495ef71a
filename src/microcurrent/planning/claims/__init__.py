"""What is claimed of microcurrent, computed: a galvanic and a faradic hold on one body, and what follows.

::

    situations   the same two holds on the face, on a forearm or on a flat block, predicted once and kept
    reckoning    sums and ratios of figures with their intervals
    depth        whether one kind of current goes deeper: at equal current, at equal voltage
    tissue       what field reaches the dermis and muscle, against published thresholds
    skin         density, voltage and sensation at the skin
    plain        chemistry, frequency and cost
    answering    every claim with its answer

No answer is stored: each is worked out when it is asked for.
"""

from microcurrent.planning.claims.answering import answer, chosen, needs_situations
from microcurrent.planning.claims.situations import FULL, QUICK, Situation, situation

__all__ = ["FULL", "QUICK", "Situation", "answer", "chosen", "needs_situations", "situation"]
