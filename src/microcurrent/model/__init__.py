"""The nouns: frozen, keyword-only, plain standard library; no arrays, no files, no clock.

::

    waveform, shapes, envelope   the shape of a current, and what shapes it slowly
    stimulus                     Stimulus.current_at, the one definition of the current
    electrode, body, plan        what touches, where, in which order
    way                          the line on the skin that a gliding probe follows
    exposure, limits             what tissue receives; what may not be passed
    exposure_map                 what tissue receives, place by place
    screening, approval          what is asked; who agrees
    tissue, interfaces           what the tables of numbers are made of
    labels                       what the tables of label maps are made of
    limb                         what the table of limbs and patches of the back is made of
    stimulator, sitting, course  what gives current; one visit; many visits and their results
    atlas                        what the atlas of the head is made of
    digest, restore, checks      one digest for all nouns; data back to nouns; how a noun refuses
"""

from microcurrent.model.approval import Approval
from microcurrent.model.body import Body, Guess, Muscle, Nerve, Region, Site, Zone
from microcurrent.model.course import Client, Course, Outcome, Schedule
from microcurrent.model.digest import digest
from microcurrent.model.electrode import Electrode
from microcurrent.model.envelope import Polarity, Ramp, Surge
from microcurrent.model.exposure import (
    ContactExposure,
    Estimate,
    Exposure,
    Histogram,
    Input,
    Prediction,
    StepExposure,
    TissueExposure,
)
from microcurrent.model.exposure_map import (
    ExposureMap,
    NerveField,
    NervePath,
    SkinPart,
    Spread,
    StepMap,
    TissuePart,
)
from microcurrent.model.interfaces import Interface, SkinDynamics, WaterWindow
from microcurrent.model.limits import Assessment, Finding, Limit, Limits
from microcurrent.model.plan import Path, Placement, Plan, Step
from microcurrent.model.screening import Answer, Contraindication, Screening, ScreeningFinding
from microcurrent.model.sitting import Event, Sitting
from microcurrent.model.stimulator import (
    Capabilities,
    Interlock,
    Observation,
    Status,
    Stimulator,
    Trip,
)
from microcurrent.model.stimulus import Stimulus
from microcurrent.model.tissue import (
    ContactRule,
    Material,
    Reference,
    SkinLayer,
    Stack,
    StackLayer,
    Tissue,
)
from microcurrent.model.waveform import Piece, Waveform
from microcurrent.model.way import Way

__all__ = [
    "Answer",
    "Approval",
    "Assessment",
    "Body",
    "Capabilities",
    "Client",
    "ContactExposure",
    "ContactRule",
    "Contraindication",
    "Course",
    "Electrode",
    "Estimate",
    "Event",
    "Exposure",
    "ExposureMap",
    "Finding",
    "Guess",
    "Histogram",
    "Input",
    "Interface",
    "Interlock",
    "Limit",
    "Limits",
    "Material",
    "Muscle",
    "Nerve",
    "NerveField",
    "NervePath",
    "Observation",
    "Outcome",
    "Path",
    "Piece",
    "Placement",
    "Plan",
    "Polarity",
    "Prediction",
    "Ramp",
    "Reference",
    "Region",
    "Schedule",
    "Screening",
    "ScreeningFinding",
    "Site",
    "Sitting",
    "SkinDynamics",
    "SkinLayer",
    "SkinPart",
    "Spread",
    "Stack",
    "StackLayer",
    "Status",
    "Step",
    "StepExposure",
    "StepMap",
    "Stimulator",
    "Stimulus",
    "Surge",
    "Tissue",
    "TissueExposure",
    "TissuePart",
    "Trip",
    "WaterWindow",
    "Waveform",
    "Way",
    "Zone",
    "digest",
]
