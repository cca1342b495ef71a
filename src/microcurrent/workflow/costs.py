"""Costs: what a plan or a course costs in a practice and at home, as ranges with their sources."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from microcurrent import tables
from microcurrent.errors import InputError, Problem
from microcurrent.model.cost import Cost, CostSheet
from microcurrent.model.device import Device
from microcurrent.model.plan import Plan
from microcurrent.planning.cost import CostQuestion, cost_sheet, regions, repeats_for
from microcurrent.planning.course.dates import maintenance_a_year
from microcurrent.planning.toml_file import read_toml
from microcurrent.workflow.courses import CourseRead, OnStep, open_course
from microcurrent.workflow.preparing import read

#: Where a plan says nothing of its course.
_DEFAULT_PRESET = "professional"


@dataclass(frozen=True, kw_only=True)
class CostWanted:
    """`region` of the prices; `device` of the catalogue, or ""; `price` such as "USD 350", or ""."""

    region: str = "us"
    device: str = ""
    price: str = ""


def cost_regions() -> tuple[str, ...]:
    """Return the regions for which prices are known."""
    return regions(tables.prices())


def cost_of(path: Path, wanted: CostWanted, *, on_step: OnStep = lambda _: None) -> CostSheet:
    """Return what the course in a course file costs, or that of a plan file.

    A plan that names no course is taken for the default course of a practice. Raises `InputError` for a
    device or a region that is not known.
    """
    if "phase" in read_toml(path, error=InputError).data:
        return course_cost(open_course(path, on_step=on_step), wanted)
    plan = read(path, on_step=on_step).plan
    schedule = plan.course
    if schedule is not None:
        counts = schedule.sittings, maintenance_a_year(schedule.maintenance)
    else:
        preset = next(p for p in tables.course_rules().presets if p.id == _DEFAULT_PRESET)
        counts = preset.sittings or 1, maintenance_a_year(preset.maintenance)
    return _sheet((plan,) * counts[0], plan, counts[1], wanted)


def course_cost(given: CourseRead, wanted: CostWanted) -> CostSheet:
    """Return what a course costs; every phase counts with the charge of its own plan."""
    course = given.course
    plans = tuple(
        given.plans[phase.digest].plan
        for phase in course.phases
        for _ in range(phase.first, phase.last + 1)
    )
    return _sheet(plans, plans[-1], maintenance_a_year(course.schedule.maintenance), wanted)


def _sheet(plans: tuple[Plan, ...], last: Plan, maintenance: int, wanted: CostWanted) -> CostSheet:
    device = _device(wanted.device)
    price = Cost.read(wanted.price) if wanted.price else _price_of(device)
    charges = [sum(step.stimulus.absolute_charge for step in plan.steps) for plan in plans]
    peak = max(step.stimulus.peak for step in last.steps)
    largest = device.span("largest_current").high if device else None
    question = CostQuestion(
        region=wanted.region, sittings=len(plans), maintenance=maintenance,
        charge=sum(charges) / len(charges), repeats=repeats_for(peak, largest), device=price,
        device_name=device.title if device else "home device",
        device_from="as given" if wanted.price else f"device catalogue ({_marks(device)})",
    )  # fmt: skip
    return cost_sheet(tables.prices(), question)


def _device(name: str) -> Device | None:
    if not name:
        return None
    devices = tables.devices()
    if name not in devices:
        raise InputError(
            Problem(what="no such device", key="--device", came=name,
                    expected="a name of the catalogue: see microcurrent device list")
        )  # fmt: skip
    return devices[name]


def _marks(device: Device | None) -> str:
    """Who says the price, and how surely."""
    known = device.get("price") if device else None
    return f"{', '.join(known.sources)}; {known.confidence}" if known else "?"


def _price_of(device: Device | None) -> Cost | None:
    """The price of a device in the catalogue; where it is not known, it has to be given."""
    if device is None:
        return None
    known = device.get("price")
    if known is None or not known.span.known:
        raise InputError(
            Problem(what=f"the price of {device.title} is not known", key="--price", came="?",
                    expected="a price, such as \"USD 350\"", advice="Give it with --price")
        )  # fmt: skip
    return Cost(low=known.span.low or 0.0, high=known.span.high or 0.0, currency=known.currency,
                year=known.year)  # fmt: skip
