"""What was delivered, as the stimulator reported it, and what was felt."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.model import Event, Plan, Sitting, Step
from microcurrent.reports import wording
from microcurrent.reports.content import Block, Notice, Paragraph, Section, Table
from microcurrent.reports.pictures import trace_picture
from microcurrent.units import write

#: Events that a reader should see one by one.
_TOLD = {
    "trip": ("✕", "A safety rule stopped the current", "stop"),
    "stop": ("▲", "A person stopped the current", "caution"),
    "not-off": ("✕", "Zero output could not be read back", "stop"),
}

#: Dimensions of the figures that events carry.
_DIMENSIONS = {
    "net_charge": "charge", "absolute_charge": "charge", "unmeasured_charge": "charge",
    "unmeasured_time": "time", "mean": "current", "rms": "current", "peak": "current",
    "commanded_peak": "current", "current": "current", "voltage": "voltage", "impedance": "resistance",
    "lease": "time", "elapsed": "time", "window": "time", "duration": "time",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Given:
    """What one step gave, as reported: `time` [s], charges [C], largest current [A]; None: no report."""

    time: float | None
    net_charge: float | None
    absolute_charge: float | None
    peak: float | None


def given(sitting: Sitting, number: int) -> Given:
    """Return what the stimulator reported of one step."""
    events = _measured_in(sitting.events, number)
    if not events:
        return Given(time=None, net_charge=None, absolute_charge=None, peak=None)
    last = events[-1]
    peaks = [value for event in events if (value := _number(event, "peak")) is not None]
    return Given(
        time=_number(last, "elapsed"),
        net_charge=_number(last, "net_charge"),
        absolute_charge=_number(last, "absolute_charge"),
        peak=max(peaks, default=None),
    )


def _measured_in(events: tuple[Event, ...], number: int) -> list[Event]:
    """Measurements of a step: by the number they carry, else by the "step" event before them."""
    found, current = [], None
    for event in events:
        if event.kind == "step":
            current = event.figure("step")
        named = event.figure("step")
        if event.kind == "measured" and (named if named is not None else current) == number:
            found.append(event)
    return found


def _number(event: Event, name: str) -> float | None:
    value = event.figure(name)
    return float(value) if isinstance(value, int | float) else None


def delivered_section(plan: Plan, sitting: Sitting | None) -> Section:
    """Return the section on the current that flowed."""
    title = "What was delivered"
    if sitting is None:
        return Section(title=title, blocks=(Notice(tone="note", text="Nothing has been delivered yet."),))
    tone = "ok" if sitting.ending == "completed" else "caution"
    blocks: list[Block] = [
        Notice(tone=tone, text=f"The sitting was {wording.ENDINGS[sitting.ending]}."),
        *(_told(event) for event in sitting.events if event.kind in _TOLD),
        *_unmeasured(sitting),
        Paragraph(
            text=f"Stimulator: {sitting.stimulator}. Planned is what the plan asks for; delivered is what "
            "the stimulator reported; neither is a measurement of a result."
        ),
        trace_picture(plan, sitting),
        _charges(plan, sitting),
    ]
    return Section(title=title, blocks=tuple(blocks))


def _told(event: Event) -> Notice:
    sign, words, tone = _TOLD[event.kind]
    reason = event.figure("reason")
    code = event.figure("code")
    text = f"{sign} {words} after {write(event.time, 'time')}"
    text += f": {reason}" if reason else ""
    return Notice(tone=tone, text=text + (f" ({code})" if code else "") + ".")


def _unmeasured(sitting: Sitting) -> list[Notice]:
    """What is not known of an interrupted sitting, as an upper bound."""
    notices = []
    for event in sitting.events:
        charge, time = _number(event, "unmeasured_charge"), _number(event, "unmeasured_time")
        if event.kind == "closed" and charge is not None and time:
            notices.append(
                Notice(
                    tone="caution",
                    text=f"▲ The last {write(time, 'time')} at most were not recorded. They can have "
                    f"carried no more than {write(charge, 'charge')} beyond what is shown here.",
                )
            )
    return notices


def _charges(plan: Plan, sitting: Sitting) -> Table:
    return Table(
        caption="Charge by step: planned against delivered. One way is the net charge; both ways adds up "
        "the charge in either direction.",
        columns=(("Step", "text"), ("One way, planned", "figures"), ("One way, delivered", "figures"),
                 ("Both ways, planned", "figures"), ("Both ways, delivered", "figures"),
                 ("Difference", "figures"), ("Largest current", "figures"),
                 ("Time with current", "figures")),
        rows=tuple(_charge(step, given(sitting, step.number)) for step in plan.steps),
    )  # fmt: skip


def _charge(step: Step, got: Given) -> tuple[str, ...]:
    planned = step.stimulus.absolute_charge
    difference, whole = "–", write(step.stimulus.duration, "time")
    if got.absolute_charge is not None and planned > 0:
        percent = round(100 * (got.absolute_charge / planned - 1), 1)
        difference = f"{percent:+.1f} %" if percent else "0.0 %"
    return (
        wording.step_name(step),
        wording.charge(step.stimulus.net_charge),
        "not delivered" if got.net_charge is None else wording.charge(got.net_charge),
        wording.charge(planned),
        "not delivered" if got.absolute_charge is None else wording.charge(got.absolute_charge),
        difference.replace("-", "−"),
        "–" if got.peak is None else write(got.peak, "current"),
        "–" if got.time is None else f"{write(got.time, 'time')} of {whole}",
    )


def felt_section(sitting: Sitting | None) -> Section:
    """Return the section on what the client felt and what was noted."""
    title = "What was felt and noted"
    marks = [event for event in sitting.events if event.kind in ("felt", "mark")] if sitting else []
    if not marks:
        return Section(title=title, blocks=(Paragraph(text="Nothing was noted."),))
    return Section(
        title=title,
        blocks=(
            Table(
                caption="Notes made during the sitting.",
                columns=(("Time", "text"), ("Kind", "text"), ("Note", "text")),
                rows=tuple((write(event.time, "time"), event.kind, _figures(event)) for event in marks),
                tones=tuple("caution" if event.figure("adverse") else "note" for event in marks),
            ),
        ),
    )


def _figures(event: Event) -> str:
    parts = []
    for name, value in event.figures:
        if isinstance(value, int | float) and name in _DIMENSIONS:
            value = write(value, _DIMENSIONS[name])
        elif isinstance(value, float):
            value = f"{value:g}"
        parts.append(f"{name.replace('_', ' ')}: {'–' if value is None else value}")
    return "; ".join(parts) or "–"
