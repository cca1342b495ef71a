"""One plan on a layered slab with everything that follows from it, small and made by hand.

The fields are those of two points on a uniform half-space, so their course is known; the figures of
the prediction are plausible and nothing more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

from microcurrent.model import (
    Answer,
    Approval,
    Assessment,
    Client,
    ContactExposure,
    Electrode,
    Estimate,
    Event,
    Exposure,
    Finding,
    Histogram,
    Input,
    Path,
    Placement,
    Plan,
    Prediction,
    Ramp,
    Schedule,
    Screening,
    ScreeningFinding,
    Site,
    Sitting,
    Step,
    StepExposure,
    Stimulus,
    Surge,
    TissueExposure,
    digest,
)
from microcurrent.model.shapes import biphasic, constant
from microcurrent.planning.fields import Fields, Section, Surface

CONDUCTIVITY = {"skin": 0.2, "fat": 0.05, "muscle": 0.13, "bone": 0.02}
BOTTOMS = {"skin": -0.0015, "fat": -0.0055, "muscle": -0.0135, "bone": -1.0}


def estimate(value: float, dimension: str, spread: float = 0.35) -> Estimate:
    return Estimate(value=value, low=value * (1 - spread), high=value * (1 + 1.6 * spread),
                    dimension=dimension)  # fmt: skip


@pytest.fixture(scope="session")
def plan() -> Plan:
    hold = Stimulus(waveform=constant(), amplitude=100e-6, duration=40.0, ramp=Ramp(rise=10, fall=10))
    glide = Stimulus(
        waveform=biphasic(width=0.009), amplitude=300e-6, frequency=30.0, duration=24.0,
        ramp=Ramp(rise=2, fall=2), surge=Surge(rise=1, hold=2, fall=1, rest=1),
    )  # fmt: skip
    sites = {"cheilion left": (0.0, 0.0, 0.0), "zygion left": (0.036, 0.030, 0.0),
             "tragion left": (0.066, 0.018, 0.0)}  # fmt: skip
    return Plan(
        title="Cheek lift, left", body="slab", body_content="5" * 64, intent="lift",
        author="A. Practitioner", methods="microcurrent 0.1.0",
        electrodes=tuple(
            Electrode(name=name, shape="sphere", diameter=0.01, coupling="gel")
            for name in ("upper", "lower")
        ),
        sites=tuple(Site(name=name, position=place, side="left") for name, place in sites.items()),
        steps=(
            Step(number=1, system="galvanic", stimulus=hold, start=0.0,
                 anode=Placement(electrode="upper", site="zygion left"),
                 cathode=Placement(electrode="lower", site="cheilion left")),
            Step(number=2, system="faradic", stimulus=glide, start=50.0, title="Glide to the ear",
                 anode=Path(electrode="upper", sites=tuple(sites), speed=0.01, length=0.08, passes=3),
                 cathode=Placement(electrode="lower", site="cheilion left")),
        ),
        course=Schedule(sittings=16, per_week=2, minutes=40, maintenance="monthly"),
    )  # fmt: skip


def tissue(name: str, scale: float) -> TissueExposure:
    field = scale / CONDUCTIVITY[name]
    fields = {f"field_{k}": estimate(field * f, "field")
              for k, f in (("median", 0.1), ("p95", 0.4), ("p99", 0.7), ("max", 1.0))}  # fmt: skip
    densities = {f"density_{k}": estimate(scale * f, "current density")
                 for k, f in (("median", 0.1), ("p95", 0.4), ("p99", 0.7), ("max", 1.0))}  # fmt: skip
    return TissueExposure(tissue=name, volume=4e-6, histogram=Histogram(edges=(0, 1, 2), shares=(0.5, 0.5)),
                          **fields, **densities)  # fmt: skip


def contact(name: str, current: float, direct: float, charge: float) -> ContactExposure:
    area = estimate(4.1e-5, "area", 0.3)
    return ContactExposure(
        electrode=name, area=area,
        peak_density=estimate(current / area.value, "current density"),
        rms_density=estimate(0.6 * current / area.value, "current density"),
        dc_density=estimate(direct / area.value, "current density"),
        edge_ratio=Estimate.exact(1.4, "fraction"),
        net_charge_density=estimate(charge / area.value, "charge density"),
        absolute_charge_density=estimate(3e-3 / area.value, "charge density"),
        charge_per_phase_density=estimate(3e-7 / area.value, "charge density"),
    )  # fmt: skip


@pytest.fixture(scope="session")
def fields(plan: Plan) -> Fields:
    return Fields(
        tissues=tuple(CONDUCTIVITY),
        sections=tuple(section(number, current) for number, current in ((1, 100e-6), (2, 300e-6))),
        surface=surface(),
        sites=tuple((site.name, site.position) for site in plan.sites),
    )


def section(number: int, current: float, spacing: float = 0.047) -> Section:
    along, height = np.linspace(-0.04, spacing + 0.04, 128), np.linspace(-0.05, 0.004, 55)
    x, z = np.meshgrid(along, height, indexing="ij")
    tops = (0.0, *BOTTOMS.values())[: len(BOTTOMS)]
    layer = sum((z <= top).astype(int) for top in tops) - 1  # -1 is air
    across, up = np.zeros(x.shape), np.zeros(x.shape)
    for place, sign in ((0.0, 1), (spacing, -1)):
        distance = np.hypot(np.hypot(x - place, z), 0.003)
        across += sign * current / (2 * np.pi) * (x - place) / distance**3
        up += sign * current / (2 * np.pi) * z / distance**3
    conductivity = np.array([*CONDUCTIVITY.values(), np.inf])[layer]
    air = layer < 0
    return Section(
        step=number, position="first position" if number == 2 else "", along=along, height=height,
        tissue=layer, field=np.where(air, np.nan, np.hypot(across, up) / conductivity),
        density_along=np.where(air, 0, across), density_up=np.where(air, 0, up), anode=0.0, cathode=spacing,
    )  # fmt: skip


def surface(flat: bool = True) -> Surface:
    """Charge along the path of the second step; on a slab, or on the front half of an egg."""
    x, y = (a.ravel() for a in np.meshgrid(np.arange(-0.03, 0.1, 0.002), np.arange(-0.03, 0.06, 0.002)))
    z = np.zeros_like(x) if flat else 0.05 - ((x - 0.035) ** 2 + (y - 0.015) ** 2) / 0.12
    corners = np.array([(0.0, 0.0), (0.036, 0.030), (0.066, 0.018)])
    charge = 0.6 * np.exp(-((np.hypot(x, y) / 0.004) ** 2))
    for first, last in zip(corners, corners[1:], strict=False):
        share = np.clip(((x - first[0]) * (last - first)[0] + (y - first[1]) * (last - first)[1])
                        / np.sum((last - first) ** 2), 0, 1)  # fmt: skip
        away = np.hypot(x - first[0] - share * (last - first)[0], y - first[1] - share * (last - first)[1])
        charge = np.maximum(charge, 0.15 * np.exp(-((away / 0.004) ** 2)))
    points = np.stack([x, y, z], axis=1)
    return Surface(points=points, area=np.full(len(x), 4e-6), absolute=charge, net=-0.5 * charge, flat=flat)


@pytest.fixture(scope="session")
def prediction(plan: Plan, fields: Fields) -> Prediction:
    steps = tuple(
        StepExposure(
            number=step.number,
            tissues=tuple(tissue(name, 0.6 * (3 if step.number == 2 else 1) / (k + 1) ** 2)
                          for k, name in enumerate(CONDUCTIVITY)),
            contacts=tuple(
                contact(name, step.stimulus.peak, abs(step.stimulus.mean), step.stimulus.net_charge)
                for name in step.electrodes
            ),
            tissue_resistance=estimate(820.0, "resistance"), voltage=estimate(3.2, "voltage"),
            spacing=(0.047, 0.047 if step.number == 1 else 0.07),
            tissue_share=(("skin", estimate(0.3, "fraction", 0.2)), ("fat", estimate(0.2, "fraction", 0.3)),
                          ("muscle", estimate(0.43, "fraction", 0.2))),
            balance_error=2e-9, positions=1 if step.number == 1 else 9,
        )
        for step in plan.steps
    )  # fmt: skip
    return Prediction(
        plan=plan.digest, body="b" * 64, tables="7" * 64, fields=fields.digest,
        exposure=Exposure(steps=steps, net_charge_density=estimate(73.0, "charge density"),
                          absolute_charge_density=estimate(98.0, "charge density"),
                          dc_charge=Estimate.exact(3e-3, "charge")),
        inputs=(
            Input(name="conductivity of muscle", value=0.13, low=0.09, high=0.20, dimension="conductivity",
                  source="kangasmaa2025", confidence="abstract"),
            Input(name="conductivity of fat", value=0.05, low=0.02, high=0.10, dimension="conductivity",
                  source="project", confidence="proposed"),
        ),
        method="finite volumes 1", cells=48_000, samples=64, seed=7,
        warnings=("The body is a slab: curvature is left out.",),
    )  # fmt: skip


@pytest.fixture(scope="session")
def assessment(plan: Plan, prediction: Prediction) -> Assessment:
    first = prediction.exposure.steps[0].contacts[0]
    return Assessment(
        plan=plan.digest, prediction=digest(prediction), tables=prediction.tables,
        findings=(
            Finding(rule="dc-density", what="Direct current density", where="step 1, upper", verdict="ok",
                    reason="", value=first.dc_density, warn=5.0, stop=10.0, source=("project",),
                    confidence="proposed"),
            Finding(rule="charge-site", what="Net charge per area at one place", where="cheilion left",
                    verdict="warn", reason="the probe stands still for 40 s",
                    value=prediction.exposure.net_charge_density, warn=100.0, stop=300.0,
                    source=("prausnitz1996", "project"), confidence="memory-medium"),
            Finding(rule="eye-distance", what="Distance from the eye", where="step 2", verdict="unknown",
                    reason="this body has no eyes", source=("iec60601-2-10",), confidence="found"),
        ),
    )  # fmt: skip


@pytest.fixture(scope="session")
def screening() -> Screening:
    return Screening(
        client="client-7", date="2027-01-30", systems=("galvanic", "faradic"),
        answers=(Answer(id="implant-active", yes=False), Answer(id="epilepsy", yes=False),
                 Answer(id="retinoid", yes=True, date="2027-01-10", zones=("cheek",), note="once a week")),
        findings=(
            ScreeningFinding(id="epilepsy", outcome="clear", reason="Answered no.", rank="A",
                             sources=("nuface",)),
            ScreeningFinding(id="retinoid", outcome="clearance", reason="The skin barrier is thinner.",
                             rank="C", sources=("nuface",),
                             conflict="One manual waits 5 days, another 30 days.",
                             cleared_by="Dr. B. Clinician", zones=("cheek",), until="2027-02-09"),
        ),
    )  # fmt: skip


@pytest.fixture(scope="session")
def approval(plan: Plan, prediction: Prediction, assessment: Assessment, screening: Screening) -> Approval:
    return Approval(
        plan=plan.digest, prediction=digest(prediction), assessment=digest(assessment),
        screening=digest(screening), tables=prediction.tables, client="client-7", by="A. Practitioner",
        role="practitioner",
        given="2027-01-31T09:50:00+00:00", until="2027-04-30",
        meaning="I have read the plan, its prediction and every finding, and agree to its delivery.",
        warnings=("charge-site",),
    )  # fmt: skip


@pytest.fixture(scope="session")
def sitting(plan: Plan, approval: Approval) -> Sitting:
    return Sitting(
        id="20270131-0a1b2c3d", plan=plan.digest, approval=digest(approval), client="client-7",
        stimulator="bench stimulator", events=tuple(delivered(plan)), ending="completed",
    )  # fmt: skip


def delivered(plan: Plan):
    """What a stimulator that gives 1 % too little would report each second."""
    utc = "2027-01-31T10:00:00+00:00"
    yield Event(time=0.0, utc=utc, kind="opened", figures=(("plan", plan.digest),))
    for step in plan.steps:
        stimulus = step.stimulus
        yield Event(time=step.start + 0.1, utc=utc, kind="step", figures=(("step", float(step.number)),))
        for second in range(1, int(stimulus.duration) + 1):
            largest = max(abs(stimulus.envelope_at(second - 1 + k / 10)) for k in range(11))
            yield Event(
                time=step.start + second + 0.1, utc=utc, kind="measured",
                figures=(
                    ("step", float(step.number)), ("elapsed", float(second)), ("window", 1.0),
                    ("mean", 0.99 * stimulus.charge_between(second - 1, second)),
                    ("peak", 0.99 * stimulus.amplitude * largest),
                    ("net_charge", 0.99 * stimulus.charge_between(0, second)),
                    ("absolute_charge", 0.99 * stimulus.absolute_charge_between(0, second)),
                    ("voltage", 3.0 * largest),
                    ("impedance", 29e3 + 900 * math.exp(-second / 8)),
                ),
            )  # fmt: skip
        yield Event(time=step.stop + 0.2, utc=utc, kind="off", figures=(("step", float(step.number)),))
    yield Event(time=30.0, utc=utc, kind="felt",
                figures=(("felt", "tingling"), ("comfort", 8.0), ("by", "A. Practitioner")))  # fmt: skip
    yield Event(time=74.4, utc=utc, kind="closed", figures=(("ending", "completed"),))


@pytest.fixture(scope="session")
def references() -> dict[str, str]:
    return {
        "kangasmaa2025": "Kangasmaa O. et al. In-vivo conductivities of forearm tissues. 2025",
        "prausnitz1996": "Prausnitz M.R. The effects of electric current applied to skin. 1996",
        "iec60601-2-10": "IEC 60601-2-10, nerve and muscle stimulators",
        "nuface": "A facial toning device, manual",
        "project": "Proposed by this project",
        "unused2000": "A paper that nothing here rests on",
    }


@dataclass(frozen=True)
class Nouns:
    """Everything that the report of one sitting is made from."""

    plan: Plan
    prediction: Prediction
    assessment: Assessment
    screening: Screening
    approval: Approval
    sitting: Sitting
    fields: Fields
    references: dict[str, str]
    client: Client
    head: str


@pytest.fixture(scope="session")
def nouns(plan, prediction, assessment, screening, approval, sitting, fields, references) -> Nouns:
    return Nouns(plan, prediction, assessment, screening, approval, sitting, fields, references,
                 Client(pseudonym="client-7"), "e" * 64)  # fmt: skip
