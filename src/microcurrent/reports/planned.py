"""What was planned: steps, electrodes, course."""

from __future__ import annotations

from microcurrent.model import Electrode, Plan, Step
from microcurrent.reports import wording
from microcurrent.reports.content import Block, Paragraph, Section, Table
from microcurrent.units import write


def planned_section(plan: Plan) -> Section:
    """Return the section on the plan."""
    count = "1 step" if len(plan.steps) == 1 else f"{len(plan.steps)} steps"
    mode = "" if plan.mode == "microcurrent" else f" Mode of treatment: {plan.mode}."
    author = f" Written by {plan.author}." if plan.author else ""
    blocks: list[Block] = [
        Paragraph(
            text=f"{count} on the body {plan.body} in {write(plan.duration, 'time')}, "
            f"meant for: {plan.intent}.{mode}{author}"
        ),
        _steps(plan),
        _electrodes(plan),
    ]
    if plan.course:
        course = plan.course
        after = "none" if course.maintenance == "none" else course.maintenance
        blocks.append(
            Paragraph(
                text=f"Part of a course of {course.sittings} sittings of {course.minutes:g} minutes, "
                f"{course.per_week:g} a week; maintenance afterwards: {after}."
            )
        )
    return Section(title="What was planned", blocks=tuple(blocks))


def _steps(plan: Plan) -> Table:
    return Table(
        caption="Steps of the plan. Current is the peak; time counts from the start of the sitting.",
        columns=(
            ("Step", "text"), ("Where", "text"), ("Current", "text"), ("Polarity", "text"),
            ("Starts", "figures"), ("Lasts", "figures"), ("Charge one way", "figures"),
        ),
        rows=tuple(_step(step, plan) for step in plan.steps),
    )  # fmt: skip


def _step(step: Step, plan: Plan) -> tuple[str, ...]:
    shaping = wording.shaping(step.stimulus)
    return (
        wording.step_name(step),
        f"{wording.place(step.anode, plan)}; {wording.place(step.cathode, plan)}",
        wording.current(step.stimulus) + (f"; {shaping}" if shaping != "–" else ""),
        wording.polarity(step),
        write(step.start, "time"),
        write(step.stimulus.duration, "time"),
        wording.charge(step.stimulus.net_charge),
    )


def _electrodes(plan: Plan) -> Table:
    return Table(
        caption="Electrodes.",
        columns=(("Name", "text"), ("Shape", "text"), ("Size", "text"), ("Material", "text"),
                 ("Through", "text"), ("Contact area", "text")),
        rows=tuple(
            (
                electrode.name, electrode.shape, _size(electrode), electrode.material, electrode.coupling,
                "estimated" if electrode.contact_area is None
                else f"{write(electrode.contact_area, 'area')}, measured",
            )
            for electrode in plan.electrodes
        ),
    )  # fmt: skip


def _size(electrode: Electrode) -> str:
    names = Electrode.sizes_needed(electrode.shape)
    return " by ".join(f"{write(getattr(electrode, name), 'length')} {name}" for name in names)
