"""Approval: a named person's consent to one exact plan, prediction and table version."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from microcurrent.model.checks import named, one_of, refuse
from microcurrent.model.digest import LATER
from microcurrent.model.plan import MODES

ROLES = ("practitioner", "clinician", "home user", "researcher")


@dataclass(frozen=True, kw_only=True)
class Approval:
    """Consent by `by` in `role`, `given` (ISO date and time), valid through the ISO date `until`.

    It is for one `client` (a pseudonym) and names the digests of plan, prediction, assessment,
    screening and tables. `meaning` is the sentence that was agreed to; `warnings` are the ids of
    findings that were accepted; `mode`: the mode of treatment that was consented to.
    """

    plan: str
    prediction: str
    assessment: str
    screening: str
    tables: str
    client: str
    by: str
    role: str
    given: str
    until: str
    meaning: str
    warnings: tuple[str, ...] = ()
    mode: str = field(default="microcurrent", metadata=LATER)

    def __post_init__(self) -> None:
        named(self, "client", self.client)
        named(self, "by", self.by)
        named(self, "meaning", self.meaning)
        one_of(self, "role", self.role, ROLES)
        one_of(self, "mode", self.mode, MODES)
        for key in ("plan", "prediction", "assessment", "screening", "tables"):
            if not re.fullmatch(r"[0-9a-f]{64}", getattr(self, key)):
                raise refuse(
                    self, key, expected="a digest of 64 hexadecimal digits", came=getattr(self, key)
                )
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", self.until):
            raise refuse(self, "until", expected="a date such as 2027-01-31", came=self.until)
        if self.until < self.given[:10]:
            raise refuse(self, "until", expected=f"not before {self.given[:10]}", came=self.until)

    def refusal(self, plan_digest: str, today: str) -> str:
        """Return why this approval does not cover a plan on an ISO date, or "" where it does."""
        if plan_digest != self.plan:
            return f"the approval by {self.by} names plan {self.plan[:12]}, this plan is {plan_digest[:12]}"
        if today > self.until:
            return f"the approval by {self.by} ended on {self.until}, today is {today}"
        return ""
