"""Situations: a galvanic and a faradic hold of equal peak at one place, predicted once and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from microcurrent.model.exposure import ContactExposure, Estimate, Prediction, StepExposure
from microcurrent.model.plan import Plan, Step
from microcurrent.planning.bodies import BodySource
from microcurrent.planning.devices.reference_hold import hold_of
from microcurrent.planning.planfile.reader import plan_of
from microcurrent.planning.prediction.predict import Progress
from microcurrent.planning.toml_file import parse_toml

#: The bodies of a full answer, and of one that takes seconds.
FULL, QUICK = ("face", "forearm"), ("slab",)


@dataclass(frozen=True, kw_only=True, eq=False)
class Situation:
    """Two holds at one place of a body, galvanic and faradic, of equal peak; `prediction` of both."""

    body: str
    plan: Plan
    source: BodySource
    prediction: Prediction

    @property
    def steps(self) -> dict[str, Step]:
        """The step of each system."""
        return {step.system: step for step in self.plan.steps}

    @property
    def exposures(self) -> dict[str, StepExposure]:
        """What each system gives."""
        found = {exposure.number: exposure for exposure in self.prediction.exposure.steps}
        return {system: found[step.number] for system, step in self.steps.items()}

    @property
    def peak(self) -> float:
        """The peak current [A] of both."""
        return self.steps["galvanic"].stimulus.peak

    @property
    def contact(self) -> ContactExposure:
        """The skin under the anode of the galvanic hold."""
        return self.exposures["galvanic"].contacts[0]

    def shares(self, system: str) -> dict[str, Estimate]:
        """The part of the current that each tissue carries half-way between the probes."""
        return dict(self.exposures[system].tissue_share)


def situation(
    body: str,
    *,
    samples: int,
    on_step: Callable[[str], None] = lambda _: None,
    on_progress: Progress | None = None,
) -> Situation:
    """Return the situation on one of `FULL` or `QUICK`, its prediction kept or made with so many draws."""
    name = f"{body}.toml"
    content = parse_toml(files(__package__).joinpath(name).read_bytes(), name)
    plan, source = plan_of(content, base=Path(), on_step=on_step)
    hold = hold_of(plan, source, samples=samples, on_progress=on_progress)
    return Situation(body=body, plan=plan, source=source, prediction=hold.prediction)
