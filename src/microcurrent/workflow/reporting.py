"""Report: one sitting as pages, from the records alone."""

from __future__ import annotations

from pathlib import Path

from microcurrent import tables
from microcurrent.model.approval import Approval
from microcurrent.model.course import Client
from microcurrent.model.exposure import Prediction
from microcurrent.model.limits import Assessment
from microcurrent.model.plan import Plan
from microcurrent.model.screening import SameDay, Screening
from microcurrent.model.sitting import Sitting
from microcurrent.reports import sitting_report, write_html, write_pdf
from microcurrent.workflow.workspace import Workspace


def report(sitting: str, *, workspace: Workspace, folder: Path) -> tuple[Path, Path]:
    """Write the report of a sitting as PDF and as HTML into `folder`; return both paths.

    Everything comes from the records: what was planned, predicted, assessed, approved, delivered and
    felt, with the digest of each and the head of the chain. Raises `RecordError` where something is
    missing and `RecordDamaged` where the fields have changed.
    """
    given = workspace.store.sitting(sitting)
    approval = workspace.find(Approval, given.approval)
    prediction = workspace.find(Prediction, approval.prediction)
    content = sitting_report(
        plan=workspace.find(Plan, given.plan),
        prediction=prediction,
        assessment=workspace.find(Assessment, approval.assessment),
        screening=workspace.find(Screening, approval.screening),
        approval=approval,
        sitting=given,
        fields=workspace.fields(prediction),
        references={id_: reference.citation for id_, reference in tables.references().items()},
        head=workspace.store.head(),
        client=Client(pseudonym=given.client),
        today=_todays(given, workspace),
    )
    pdf, html = folder / f"{sitting}.pdf", folder / f"{sitting}.html"
    write_pdf(content, pdf)
    write_html(content, html)
    return pdf, html


def _todays(sitting: Sitting, workspace: Workspace) -> SameDay | None:
    """Return the answers of the day of a sitting, or None where none are on record."""
    if not sitting.events:
        return None
    day = sitting.events[0].utc[:10]
    return workspace.newest(SameDay, client=sitting.client, plan=sitting.plan, date=day)
