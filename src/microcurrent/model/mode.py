"""Mode and Role: what a way of treating asks a person to agree to, and who may."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.model.approval import ROLES
from microcurrent.model.checks import named, one_of
from microcurrent.model.plan import MODES


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One of `MODES`: `title`; `device`: what it takes to be given.

    `consent`: the sentence agreed to by name besides the usual one, empty where that is enough;
    `clinician`: whether only a clinician may agree; `roles`: those in which a person may agree;
    `source`: ids of references; `confidence` mark.
    """

    name: str
    title: str
    device: str
    consent: str
    clinician: bool
    source: tuple[str, ...]
    confidence: str
    roles: tuple[str, ...] = ROLES

    def __post_init__(self) -> None:
        one_of(self, "name", self.name, MODES)
        for role in self.roles:
            one_of(self, "roles", role, ROLES)
        for field in ("title", "device", "confidence"):
            named(self, field, getattr(self, field))


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role in which a person agrees: whether it is a clinician's, its `profile` of limits or ""."""

    name: str
    clinician: bool
    profile: str = ""

    def __post_init__(self) -> None:
        named(self, "name", self.name)
