"""The verbs of the clinic in their order; the only place that sees physics and current.

    read -> screen -> predict -> assess -> approve -> deliver -> record -> report

::

    workspace   where records and fields are kept, and finding them again
    preparing   read, screen, predict, assess: everything before a person agrees
    agreeing    approve: a named person's consent to exactly this plan
    delivering  deliver: the current, from an approval to a closed record
    spacing     the time since the last sitting of the same zone
    stimulators which there are, what one can do, its self-test
    recording   record: what was felt; verify: whether the records hold
    reporting   report: one sitting as pages
    bases       surface bases made, listed and shown
    exposing    expose: what a plan gives on a surface basis, place by place
    bodies      which bodies there are, and what one is made of
    body_files  a body built and kept as one file, and exported in open formats
    body_paths  the way of a probe on a body, from site to site
    scans       the landmarks of a person's own scan or image, and a file to correct them in

Each verb loads what it needs when it is first used, so that reading a plan does not wait for solvers.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from microcurrent.workflow.agreeing import Consent, approve, check_screening
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
    from microcurrent.workflow.delivering import Delivery, deliver, recover
    from microcurrent.workflow.exposing import ExposureWanted, expose_plan
    from microcurrent.workflow.preparing import (
        Prepared,
        answers_template,
        assess,
        plan_schema,
        plan_template,
        predict,
        read,
        screen,
        stored_prediction,
    )
    from microcurrent.workflow.recording import Noticed, record, sittings, verify
    from microcurrent.workflow.reporting import report
    from microcurrent.workflow.scans import find_landmarks
    from microcurrent.workflow.workspace import Workspace

__all__ = [
    "BasisWanted",
    "BodyWritten",
    "Consent",
    "Delivery",
    "ExposureWanted",
    "Noticed",
    "PathShown",
    "Prepared",
    "Workspace",
    "answers_template",
    "approve",
    "assess",
    "body_names",
    "build_basis",
    "build_body",
    "check_screening",
    "deliver",
    "engine_is_compiled",
    "expose_plan",
    "find_landmarks",
    "label_maps",
    "list_bases",
    "path_on",
    "plan_schema",
    "plan_template",
    "predict",
    "read",
    "record",
    "recover",
    "report",
    "screen",
    "show_basis",
    "show_body",
    "sittings",
    "stored_prediction",
    "verify",
    "write_body",
    "write_path",
]

_HOMES = {
    "agreeing": ("Consent", "approve", "check_screening"),
    "bases": ("BasisWanted", "build_basis", "engine_is_compiled", "list_bases", "show_basis"),
    "bodies": ("body_names", "label_maps", "show_body"),
    "body_files": ("BodyWritten", "build_body", "write_body"),
    "body_paths": ("PathShown", "path_on", "write_path"),
    "delivering": ("Delivery", "deliver", "recover"),
    "exposing": ("ExposureWanted", "expose_plan"),
    "preparing": (
        "Prepared", "answers_template", "assess", "plan_schema", "plan_template", "predict", "read",
        "screen", "stored_prediction",
    ),
    "recording": ("Noticed", "record", "sittings", "verify"),
    "reporting": ("report",),
    "scans": ("find_landmarks",),
    "workspace": ("Workspace",),
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load the module that has a verb, when the verb is first asked for."""
    for module, verbs in _HOMES.items():
        if name in verbs:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
