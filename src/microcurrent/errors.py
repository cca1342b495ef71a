"""Every exception that microcurrent raises on purpose, as one tree.

::

    MicrocurrentError
    ├─ InputError                 what a person gave cannot be used
    │  ├─ UnitError               text is not a quantity of the wanted kind
    │  ├─ ValueRefused            a noun of `microcurrent.model` refuses a value
    │  ├─ PlanError               a plan file, with every problem found in it
    │  ├─ BodyError               a body file, a label map or a site
    │  └─ AnswersError            a file with answers to the screening
    ├─ TableError                 a shipped table is missing or breaks its own rules
    │  └─ MissingLimit            a limit that is needed is not there
    ├─ PredictionError            the physics did not come out right
    │  ├─ ConvergenceError        a solver did not reach its tolerance
    │  └─ ConservationError       delivered current and wanted current differ
    ├─ Refusal                    a gate said no
    │  ├─ ScreeningRefused        a contraindication stands
    │  ├─ AssessmentRefused       a limit is passed
    │  └─ ApprovalRefused         no valid consent to exactly this plan
    ├─ DeliveryError              something between host and tissue
    │  ├─ StimulatorRefused       the stimulator refuses a command
    │  ├─ StimulatorSilent        the stimulator does not answer
    │  ├─ DeliveryTripped         an interlock stopped the sitting; output is off
    │  └─ OutputNotConfirmedOff   zero could not be read back: take the probes off
    ├─ RecordError                the store cannot be used
    │  └─ RecordDamaged           the chain of records does not hold
    └─ Interrupted                a person stopped the work

A message says what, where, what was expected, what came and what to do, in one sentence each.
"""

from __future__ import annotations

from dataclasses import dataclass


class MicrocurrentError(Exception):
    """The root: catch this to catch everything that microcurrent raises on purpose."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing wrong with what a person gave.

    `file` and `line` (counted from 1) say where, as far as known; `key` names the entry.
    """

    what: str
    expected: str = ""
    came: str = ""
    advice: str = ""
    file: str = ""
    line: int | None = None
    key: str = ""

    def __str__(self) -> str:
        place = self.file
        if self.line is not None:
            place = f"{place}:{self.line}" if place else f"line {self.line}"
        text = ": ".join(part for part in (place, self.key, self.what) if part)
        if self.expected:
            text += f": expected {self.expected}"
        if self.came:
            text += f"{',' if self.expected else ':'} came {self.came}"
        return " ".join(_sentence(part) for part in (text, self.advice) if part)


def _sentence(text: str) -> str:
    """Return `text` with one mark at its end."""
    return text if text.endswith("?") else text.rstrip(".") + "."


class InputError(MicrocurrentError):
    """What a person gave cannot be used; `problems` lists every reason found."""

    def __init__(self, *problems: Problem) -> None:
        if not problems:
            raise TypeError(f"{type(self).__name__} needs at least one Problem")
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class UnitError(InputError):
    """Text is not a quantity of the wanted kind."""


class ValueRefused(InputError):
    """A noun of `microcurrent.model` refuses a value."""


class PlanError(InputError):
    """A plan file cannot be read; every problem found in it is listed."""


class BodyError(InputError):
    """A body file, a label map or a named site cannot be used."""


class AnswersError(InputError):
    """A file with answers to the screening cannot be read."""


class TableError(MicrocurrentError):
    """A shipped table is missing or breaks its own rules."""


class MissingLimit(TableError):
    """A limit that is needed is not in the limits given."""


class PredictionError(MicrocurrentError):
    """The physics did not come out right."""


class ConvergenceError(PredictionError):
    """A solver did not reach its tolerance."""


class ConservationError(PredictionError):
    """The current that a solution delivers is not the current that was asked for."""


class Refusal(MicrocurrentError):
    """A gate said no."""


class ScreeningRefused(Refusal):
    """A contraindication stands."""


class AssessmentRefused(Refusal):
    """A limit is passed."""


class ApprovalRefused(Refusal):
    """There is no valid consent to exactly this plan."""


class DeliveryError(MicrocurrentError):
    """Something between host and tissue went wrong."""


class StimulatorRefused(DeliveryError):
    """The stimulator refuses a command."""


class StimulatorSilent(DeliveryError):
    """The stimulator does not answer."""


class DeliveryTripped(DeliveryError):
    """An interlock stopped the sitting; output is off."""


class OutputNotConfirmedOff(DeliveryError):
    """Zero output could not be read back: take the probes off the skin now."""


class RecordError(MicrocurrentError):
    """The store cannot be used."""


class RecordDamaged(RecordError):
    """The chain of records does not hold."""


class Interrupted(MicrocurrentError):
    """A person stopped the work."""
