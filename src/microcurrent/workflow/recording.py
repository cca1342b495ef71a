"""Record: what was felt and noticed; and whether the records hold."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from pathlib import Path

from microcurrent.errors import Problem, ValueRefused
from microcurrent.model.sitting import Event, Sitting
from microcurrent.records.store import SittingSummary
from microcurrent.records.verify import Verified, kept
from microcurrent.records.verify import verify as _verify
from microcurrent.workflow.workspace import Workspace, fields_content


@dataclass(frozen=True, kw_only=True)
class Noticed:
    """What a person says of a sitting: what was `felt`, `comfort` from 0 (very unpleasant) to 10
    (pleasant), an `adverse` event, a `note`. At least one of them.
    """

    felt: str = ""
    comfort: int | None = None
    adverse: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if self.comfort is not None and not 0 <= self.comfort <= 10:
            raise ValueRefused(
                Problem(what="comfort", expected="a whole number from 0 to 10", came=str(self.comfort))
            )
        if not self.figures:
            raise ValueRefused(
                Problem(
                    what="nothing to record", expected="felt, comfort, adverse or note", came="none of them"
                )
            )

    @property
    def figures(self) -> tuple[tuple[str, float | str | None], ...]:
        """What was given, by name."""
        comfort = None if self.comfort is None else float(self.comfort)
        given = (("felt", self.felt), ("comfort", comfort), ("adverse", self.adverse), ("note", self.note))
        return tuple((name, value) for name, value in given if value not in (None, ""))


def record(
    sitting: str, noticed: Noticed, *, workspace: Workspace, by: str, now: datetime.datetime
) -> Sitting:
    """Add what was noticed to a sitting and return it; nothing already recorded is changed."""
    felt = bool(noticed.felt) or noticed.comfort is not None
    last = workspace.store.sitting(sitting).events
    event = Event(
        time=last[-1].time if last else 0.0, utc=now.isoformat(timespec="seconds"),
        kind="felt" if felt else "mark", figures=(*noticed.figures, ("by", by)),
    )  # fmt: skip
    workspace.store.note(sitting, event, actor=by)
    return workspace.store.sitting(sitting)


def sittings(workspace: Workspace) -> list[SittingSummary]:
    """Return a line on every sitting, the oldest first."""
    return workspace.store.sittings()


def verify(records: Path, *, containing: str = "") -> Verified:
    """Check every entry of the records in a file, and the fields beside it by their digests.

    Raises `RecordDamaged` naming the first entry that does not hold, and `RecordError` where the file
    is not there or is no store; `ValueRefused` for a head that is none.

    `containing`: a head digest noted earlier, such as one printed on a report.
    """
    if containing and not re.fullmatch(r"[0-9a-f]{12,64}", containing):
        raise ValueRefused(
            Problem(what="not a head of the chain", key="--head", came=containing,
                    expected="12 to 64 hexadecimal digits, as at the foot of a report")
        )  # fmt: skip
    verified = _verify(records, containing=containing)
    for prediction in kept(records, "prediction"):
        fields_content(records, prediction["fields"])
    return verified
