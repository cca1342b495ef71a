"""The verbs of the clinic in their order; the only place that sees physics and current.

    read -> screen -> predict -> assess -> approve -> deliver -> record -> report

::

    workspace   where records and fields are kept, and finding them again
    preparing   read, screen, predict, assess: everything before a person agrees
    agreeing    approve: a named person's consent to exactly this plan
    delivering  deliver: the current, from an approval to a closed record
    recording   record: what was felt; verify: whether the records hold
    reporting   report: one sitting as pages
    bases       surface bases made, listed and shown
    exposing    expose: what a plan gives on a surface basis, place by place
    bodies      which bodies there are, and what one is made of

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
    from microcurrent.workflow.bodies import body_names, show_body
    from microcurrent.workflow.delivering import Delivery, deliver, delivery, recover
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
    from microcurrent.workflow.workspace import Workspace

__all__ = [
    "BasisWanted",
    "Consent",
    "Delivery",
    "ExposureWanted",
    "Noticed",
    "Prepared",
    "Workspace",
    "answers_template",
    "approve",
    "assess",
    "body_names",
    "build_basis",
    "check_screening",
    "deliver",
    "delivery",
    "engine_is_compiled",
    "expose_plan",
    "list_bases",
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
]

_HOMES = {
    "agreeing": ("Consent", "approve", "check_screening"),
    "bases": ("BasisWanted", "build_basis", "engine_is_compiled", "list_bases", "show_basis"),
    "bodies": ("body_names", "show_body"),
    "delivering": ("Delivery", "deliver", "delivery", "recover"),
    "exposing": ("ExposureWanted", "expose_plan"),
    "preparing": (
        "Prepared", "answers_template", "assess", "plan_schema", "plan_template", "predict", "read",
        "screen", "stored_prediction",
    ),
    "recording": ("Noticed", "record", "sittings", "verify"),
    "reporting": ("report",),
    "workspace": ("Workspace",),
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load the module that has a verb, when the verb is first asked for."""
    for module, verbs in _HOMES.items():
        if name in verbs:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
