"""Record: what was felt and noticed; and whether the records hold."""

from __future__ import annotations

import datetime

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.sitting import Event, Sitting
from microcurrent.records.store import SittingSummary
from microcurrent.records.verify import Verified
from microcurrent.records.verify import verify as _verify
from microcurrent.workflow.workspace import Workspace


def record(
    sitting: str,
    *,
    workspace: Workspace,
    by: str,
    now: datetime.datetime,
    felt: str = "",
    comfort: int | None = None,
    adverse: str = "",
    note: str = "",
) -> Sitting:
    """Add what a person felt (`felt`, `comfort` 0 very unpleasant to 10 pleasant), an adverse event
    or a note to a sitting, and return the sitting. Nothing already recorded is changed.
    """
    if comfort is not None and not 0 <= comfort <= 10:
        raise ValueRefused(
            Problem(
                what="comfort", key="comfort", expected="a whole number from 0 to 10", came=str(comfort)
            )
        )
    given: list[tuple[str, float | str | None]] = []
    for name, value in (("felt", felt), ("comfort", comfort), ("adverse", adverse), ("note", note)):
        if value is not None and value != "":
            given.append((name, float(value) if isinstance(value, int) else value))
    if not given:
        raise ValueRefused(
            Problem(
                what="nothing to record", expected="felt, comfort, adverse or note", came="none of them"
            )
        )
    last = workspace.store.sitting(sitting).events
    event = Event(
        time=last[-1].time if last else 0.0, utc=now.isoformat(timespec="seconds"),
        kind="felt" if felt or comfort is not None else "mark", figures=(*given, ("by", by)),
    )  # fmt: skip
    workspace.store.note(sitting, event, actor=by)
    return workspace.store.sitting(sitting)


def sittings(workspace: Workspace) -> list[SittingSummary]:
    """Return a line on every sitting, the oldest first."""
    return workspace.store.sittings()


def verify(workspace: Workspace, *, containing: str = "") -> Verified:
    """Check every entry of the records; `RecordDamaged` names the first that does not hold.

    `containing`: a head digest noted earlier, such as one printed on a report.
    """
    return _verify(workspace.records, containing=containing)
