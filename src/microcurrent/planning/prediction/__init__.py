"""From a plan and a body to what every tissue receives, with a 90 % interval on every figure.

::

    sampling         the numbers a prediction rests on, and draws from their ranges
    poses            where both probes stand during a step
    contacts         an electrode's outline on the skin, and the skin layer under it
    interfaces       rows of the tables as laws: skin under cover, under direct current, metal
    conductivities   of every tissue, for one draw
    flows            every step solved for one draw: figures before any interval
    cuts             sections through the body, and who carries the current half-way
    predict          all of it: Plan -> Prediction and Fields
"""

from microcurrent.planning.prediction.predict import predict

__all__ = ["predict"]
