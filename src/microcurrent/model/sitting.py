"""Event and Sitting: one visit, what was delivered second by second and what was felt."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.model.checks import finite, named, one_of

ENDINGS = ("open", "completed", "stopped", "tripped", "interrupted")


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened: `time` [s] into the sitting, `utc` (ISO), `kind`, and figures [SI].

    `kind`: opened, step, lease, measured, impedance, pause, resumed, trip, stop, off, not-off, felt,
    mark, closed. `figures` are `(name, number or text)` pairs.
    """

    time: float
    utc: str
    kind: str
    figures: tuple[tuple[str, float | str | None], ...] = ()

    def __post_init__(self) -> None:
        finite(self, "time", self.time, minimum=0)
        named(self, "kind", self.kind)

    def figure(self, name: str) -> float | str | None:
        """Return one figure, or None where there is none of this name."""
        return dict(self.figures).get(name)


@dataclass(frozen=True, kw_only=True)
class Sitting:
    """One visit: digests of plan and approval, the client's pseudonym, the events, the ending."""

    id: str
    plan: str
    approval: str
    client: str
    stimulator: str
    events: tuple[Event, ...] = ()
    ending: str = "open"

    def __post_init__(self) -> None:
        named(self, "id", self.id)
        one_of(self, "ending", self.ending, ENDINGS)
