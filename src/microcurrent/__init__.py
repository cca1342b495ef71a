"""microcurrent: plans, predicts, safety-checks, delivers, records and measures microcurrent therapy.

Research and education software, not a medical device. The floor plan; imports go only downwards::

    faces      cli
    verbs      workflow
    pages      reports
    work       planning | delivery | records       rooms with no doors between them
    laws       physics
    facts      tables <- data/
    words      model, over units, over errors
"""

__version__ = "0.1.0"
