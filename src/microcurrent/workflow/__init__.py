"""The verbs of the clinic in their order; the only place that sees physics and current.

    read -> screen -> predict -> assess -> approve -> deliver -> record -> report

::

    workspace   where records and fields are kept, and finding them again
    preparing   read, predict, assess: what is known of a plan before a person agrees
    screening   screen, and the questions of the day before each sitting; where not to treat
    agreeing    approve: a named person's consent to exactly this plan
    delivering  deliver: the current, from an approval to a closed record
    spacing     the time since the last sitting of the same zone
    stopping    adverse events that stand open, until the client is screened again
    stimulators which there are, what one can do, its self-test
    devices     products on the market: listed, shown, compared, measured
    recording   record: what was felt; verify: whether the records hold
    reporting   report: one sitting as pages
    bases       surface bases made, listed and shown
    exposing    expose: what a plan gives on a surface basis, place by place
    expecting   expect: what a course may bring, beside a sham twin
    uncertainty a plan on many virtual people, and which input would narrow its intervals
    claims      what is claimed of microcurrent, answered by computing or by evidence
    drawing     draw: the steps of a plan on the skin of its body
    proposing   propose: the plan that serves an intent best under every limit
    programs    programs of sittings: listed, shown, written as plan files
    bodies      which bodies there are, and what one is made of
    body_files  a body built and kept as one file, and exported in open formats
    body_paths  the way of a probe on a body, from site to site
    courses     a course planned from a plan and a schedule, and what a person notes in it
    course_records   which of its sittings took place
    course_standing  what comes next and whether it may; the whole picture of a course
    costs       what a plan or a course costs
    scans       the landmarks of a person's own scan or image, and a file to correct them in

Each verb loads what it needs when it is first used, so that reading a plan does not wait for solvers.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from microcurrent.workflow.agreeing import (
        Consent,
        approve,
        check_consent,
        check_screening,
        profiles_for,
    )
    from microcurrent.workflow.bases import (
        BasisWanted,
        build_basis,
        engine_is_compiled,
        list_bases,
        show_basis,
    )
    from microcurrent.workflow.bodies import body_names, label_maps, show_body
    from microcurrent.workflow.body_files import BodyWritten, build_body, write_body
    from microcurrent.workflow.body_paths import PathShown, path_on, write_path
    from microcurrent.workflow.claims import ClaimsWanted, answer_claims, write_claims
    from microcurrent.workflow.costs import CostWanted, cost_of, cost_regions, course_cost
    from microcurrent.workflow.course_standing import course_next, course_show, grounds_of, totals_of
    from microcurrent.workflow.courses import CourseWanted, mark_course, open_course, plan_course
    from microcurrent.workflow.delivering import Delivery, deliver, recover
    from microcurrent.workflow.drawing import draw_plan
    from microcurrent.workflow.expecting import ExpectationWanted, draw_expectation, expect
    from microcurrent.workflow.exposing import ExposureWanted, expose_plan
    from microcurrent.workflow.preparing import (
        Prepared,
        assess,
        plan_schema,
        plan_template,
        predict,
        read,
        stored_prediction,
    )
    from microcurrent.workflow.programs import (
        ProgramShown,
        ProgramWanted,
        list_programs,
        list_systems,
        show_program,
        write_program,
    )
    from microcurrent.workflow.proposing import PlanProposed, ProposalWanted, list_intents, propose_plan
    from microcurrent.workflow.recording import Noticed, record, sittings, verify
    from microcurrent.workflow.reporting import report
    from microcurrent.workflow.scans import find_landmarks
    from microcurrent.workflow.screening import (
        ZoneShown,
        answer_today,
        answers_template,
        check_dated,
        check_today,
        client_of,
        day_of,
        draw_blocked,
        questions_today,
        same_day_template,
        screen,
        screen_today,
        zones_shown,
    )
    from microcurrent.workflow.stopping import check_events
    from microcurrent.workflow.uncertainty import RankingWanted, SweepWanted, sweep_plan, uncertainty_of
    from microcurrent.workflow.workspace import Workspace

__all__ = [
    "BasisWanted",
    "BodyWritten",
    "ClaimsWanted",
    "Consent",
    "CostWanted",
    "CourseWanted",
    "Delivery",
    "ExpectationWanted",
    "ExposureWanted",
    "Noticed",
    "PathShown",
    "PlanProposed",
    "Prepared",
    "ProgramShown",
    "ProgramWanted",
    "ProposalWanted",
    "RankingWanted",
    "SweepWanted",
    "Workspace",
    "ZoneShown",
    "answer_claims",
    "answer_today",
    "answers_template",
    "approve",
    "assess",
    "body_names",
    "build_basis",
    "build_body",
    "check_consent",
    "check_dated",
    "check_events",
    "check_screening",
    "check_today",
    "client_of",
    "cost_of",
    "cost_regions",
    "course_cost",
    "course_next",
    "course_show",
    "day_of",
    "deliver",
    "draw_blocked",
    "draw_expectation",
    "draw_plan",
    "engine_is_compiled",
    "expect",
    "expose_plan",
    "find_landmarks",
    "grounds_of",
    "label_maps",
    "list_bases",
    "list_intents",
    "list_programs",
    "list_systems",
    "mark_course",
    "open_course",
    "path_on",
    "plan_course",
    "plan_schema",
    "plan_template",
    "predict",
    "profiles_for",
    "propose_plan",
    "questions_today",
    "read",
    "record",
    "recover",
    "report",
    "same_day_template",
    "screen",
    "screen_today",
    "show_basis",
    "show_body",
    "show_program",
    "sittings",
    "stored_prediction",
    "sweep_plan",
    "totals_of",
    "uncertainty_of",
    "verify",
    "write_body",
    "write_claims",
    "write_path",
    "write_program",
    "zones_shown",
]

_HOMES = {
    "agreeing": ("Consent", "approve", "check_consent", "check_screening", "profiles_for"),
    "bases": ("BasisWanted", "build_basis", "engine_is_compiled", "list_bases", "show_basis"),
    "bodies": ("body_names", "label_maps", "show_body"),
    "body_files": ("BodyWritten", "build_body", "write_body"),
    "costs": ("CostWanted", "cost_of", "cost_regions", "course_cost"),
    "course_standing": ("course_next", "course_show", "grounds_of", "totals_of"),
    "courses": ("CourseWanted", "mark_course", "open_course", "plan_course"),
    "body_paths": ("PathShown", "path_on", "write_path"),
    "delivering": ("Delivery", "deliver", "recover"),
    "claims": ("ClaimsWanted", "answer_claims", "write_claims"),
    "drawing": ("draw_plan",),
    "expecting": ("ExpectationWanted", "draw_expectation", "expect"),
    "exposing": ("ExposureWanted", "expose_plan"),
    "preparing": (
        "Prepared", "assess", "plan_schema", "plan_template", "predict", "read", "stored_prediction",
    ),
    "programs": (
        "ProgramShown", "ProgramWanted", "list_programs", "list_systems", "show_program", "write_program",
    ),
    "proposing": ("PlanProposed", "ProposalWanted", "list_intents", "propose_plan"),
    "recording": ("Noticed", "record", "sittings", "verify"),
    "reporting": ("report",),
    "scans": ("find_landmarks",),
    "screening": (
        "ZoneShown", "answer_today", "answers_template", "check_dated", "check_today", "client_of",
        "day_of", "draw_blocked",
        "questions_today",
        "same_day_template", "screen", "screen_today", "zones_shown",
    ),
    "stopping": ("check_events",),
    "uncertainty": ("RankingWanted", "SweepWanted", "sweep_plan", "uncertainty_of"),
    "workspace": ("Workspace",),
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load the module that has a verb, when the verb is first asked for."""
    for module, verbs in _HOMES.items():
        if name in verbs:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
