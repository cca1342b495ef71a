"""The nouns: frozen, keyword-only, plain standard library; no arrays, no files, no clock.

::

    waveform, shapes, envelope   the shape of a current, and what shapes it slowly
    stimulus                     Stimulus.current_at, the one definition of the current
    electrode, body, plan        what touches, where, in which order
    way                          the line on the skin that a gliding probe follows
    exposure, limits             what tissue receives; what may not be passed
    exposure_map                 what tissue receives, place by place
    screening, approval          what is asked; who agrees
    mode                         what a mode of treatment asks a person to agree to; roles
    tissue, interfaces           what the tables of numbers are made of
    chemistry, heat              what the tables of ions, films and thermal properties are made of
    labels                       what the tables of label maps are made of
    limb                         what the table of limbs and patches of the back is made of
    device                       a product on the market, cell by cell
    stimulator, sitting, course  what gives current; one visit; many visits and their results
    course_plan, course_rules    sittings in the calendar; how courses are given and when they stop
    course_exposure              what adds up over a course, and how far it was kept to
    move, program                where two probes go; what a sitting consists of; systems and lore
    cost                         what treatment costs, as ranges in one currency
    proposal                     what a treatment is for; the plan that serves it, and why not more
    atlas                        what the atlas of the head is made of
    axon                         what the tables of nerve fibres are made of
    expectation                  what may be expected of a course, with a sham twin
    uncertainty                  how a plan's figures spread over people, and what brings that
    claim                        what is claimed, and the answer computed or found
    wording                      what nothing shown to a person may say
    digest, restore, checks      one digest for all nouns; data back to nouns; how a noun refuses
"""

from microcurrent.model.approval import Approval
from microcurrent.model.body import Body, Guess, Muscle, Nerve, Region, Site, Zone
from microcurrent.model.chemistry import Buffer, Film, Ion, SkinChemistry
from microcurrent.model.claim import Claim, ClaimAnswer, ClaimFigure
from microcurrent.model.cost import Cost, CostLine, CostSheet, Price
from microcurrent.model.course import Client, Course, Outcome, Schedule
from microcurrent.model.course_exposure import Adherence, CourseExposure, Halt, HeldSitting, PlaceExposure
from microcurrent.model.course_plan import Booking, Calendar, CoursePlan, Mark, Phase
from microcurrent.model.course_rules import CourseRules, MeasurementRule, PhaseRule, Preset, StopRule
from microcurrent.model.device import Device, Known, ProductCode, Span
from microcurrent.model.digest import digest
from microcurrent.model.electrode import Electrode
from microcurrent.model.envelope import Polarity, Ramp, Surge
from microcurrent.model.expectation import (
    DoseFinding,
    Expectation,
    ExpectedPoint,
    Importance,
    OutcomeModel,
    Trial,
)
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
from microcurrent.model.heat import BurnTime, HeatDamage, HeatSurface, ThermalTissue
from microcurrent.model.interfaces import Interface, SkinDynamics, WaterWindow
from microcurrent.model.limits import Assessment, Finding, Limit, Limits
from microcurrent.model.mode import Mode, Role
from microcurrent.model.move import Move, PlacedMove
from microcurrent.model.plan import Path, Placement, Plan, Step
from microcurrent.model.program import Program, TherapySystem
from microcurrent.model.screening import (
    Answer,
    Contraindication,
    Reading,
    SameDay,
    SameDayQuestion,
    Screening,
    ScreeningFinding,
)
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
from microcurrent.model.uncertainty import FigureSpread, Influence, Uncertainty
from microcurrent.model.waveform import Piece, Waveform
from microcurrent.model.way import Way
from microcurrent.model.wording import ForbiddenWord

__all__ = [
    "Adherence",
    "Answer",
    "Approval",
    "Assessment",
    "Body",
    "Booking",
    "Buffer",
    "BurnTime",
    "Calendar",
    "Capabilities",
    "Claim",
    "ClaimAnswer",
    "ClaimFigure",
    "Client",
    "ContactExposure",
    "ContactRule",
    "Contraindication",
    "Cost",
    "CostLine",
    "CostSheet",
    "Course",
    "CourseExposure",
    "CoursePlan",
    "CourseRules",
    "Device",
    "DoseFinding",
    "Electrode",
    "Estimate",
    "Event",
    "Expectation",
    "ExpectedPoint",
    "Exposure",
    "ExposureMap",
    "FigureSpread",
    "Film",
    "Finding",
    "ForbiddenWord",
    "Guess",
    "Halt",
    "HeatDamage",
    "HeatSurface",
    "HeldSitting",
    "Histogram",
    "Importance",
    "Influence",
    "Input",
    "Interface",
    "Interlock",
    "Ion",
    "Known",
    "Limit",
    "Limits",
    "Mark",
    "Material",
    "MeasurementRule",
    "Mode",
    "Move",
    "Muscle",
    "Nerve",
    "NerveField",
    "NervePath",
    "Observation",
    "Outcome",
    "OutcomeModel",
    "Path",
    "Phase",
    "PhaseRule",
    "Piece",
    "PlaceExposure",
    "PlacedMove",
    "Placement",
    "Plan",
    "Polarity",
    "Prediction",
    "Preset",
    "Price",
    "ProductCode",
    "Program",
    "Ramp",
    "Reading",
    "Reference",
    "Region",
    "Role",
    "SameDay",
    "SameDayQuestion",
    "Schedule",
    "Screening",
    "ScreeningFinding",
    "Site",
    "Sitting",
    "SkinChemistry",
    "SkinDynamics",
    "SkinLayer",
    "SkinPart",
    "Span",
    "Spread",
    "Stack",
    "StackLayer",
    "Status",
    "Step",
    "StepExposure",
    "StepMap",
    "Stimulator",
    "Stimulus",
    "StopRule",
    "Surge",
    "TherapySystem",
    "ThermalTissue",
    "Tissue",
    "TissueExposure",
    "TissuePart",
    "Trial",
    "Trip",
    "Uncertainty",
    "WaterWindow",
    "Waveform",
    "Way",
    "Zone",
    "digest",
]
