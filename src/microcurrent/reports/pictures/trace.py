"""What was planned and what was delivered, over time; below it voltage and impedance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from microcurrent.model import Event, Plan, Sitting, Step
from microcurrent.reports.content import Picture
from microcurrent.reports.pictures import style
from microcurrent.units import write

Array = np.ndarray

#: Most windows that a step is drawn with: more cannot be told apart on paper.
_WINDOWS = 400
#: Shortest window [s]: one reading a second is what is delivered.
_WINDOW = 1.0
#: Looks at the envelope within one window.
_LOOKS = 12
MICRO = 1e6


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Times (T,) [s] from the start of the sitting; mean and peak (T,) [A]; steps are set apart by NaN."""

    time: Array
    mean: Array
    peak: Array


def trace_picture(plan: Plan, sitting: Sitting) -> Picture:
    """Return current planned and delivered, voltage and impedance over the time of the sitting.

    A step that was delivered is drawn from when it really began; one that was not, from its place in
    the plan.
    """
    planned, delivered = planned_curve(plan, sitting), delivered_curve(sitting)
    constant = all(step.stimulus.waveform.is_constant for step in plan.steps)
    minutes = max(plan.duration, *(event.time for event in sitting.events), 0.0) > 300
    unit, name = (60.0, "min") if minutes else (1.0, "s")
    with style.drawing(5.4) as figure:
        rows = figure.subplots(4, 1, sharex=True, gridspec_kw={"height_ratios": [2.2, 1.5, 1, 1]})
        peak, mean, volts, ohms = rows
        _draw(peak, (planned.time / unit, planned.peak), (delivered.time / unit, delivered.peak))
        _draw(mean, (planned.time / unit, planned.mean), (delivered.time / unit, delivered.mean))
        peak.set_title("Current" if constant else "Largest current in each second")
        mean.set_title("Mean current in each second (what goes one way)")
        peak.set_ylabel("µA")
        mean.set_ylabel("µA")
        peak.legend(loc="lower right", bbox_to_anchor=(1, 1.0), ncols=2, borderpad=0, columnspacing=1.5)
        _draw_measured(volts, sitting, "voltage", unit=unit)
        volts.set_title("Voltage that it took")
        volts.set_ylabel("V")
        _draw_measured(ohms, sitting, "impedance", factor=1e-3, unit=unit)
        ohms.set_title("Impedance: skin, contact and tissue together")
        ohms.set_ylabel("kΩ")
        ohms.set_xlabel(f"Time in the sitting ({name})")
        _mark_steps(rows, plan, sitting, unit=unit)
        figure.align_ylabels(list(rows))
        image = style.as_svg(figure)
    return Picture(image=image, alternative=_alternative(plan, sitting, delivered), caption=_CAPTION)


_CAPTION = (
    "Planned is what the plan asks for; delivered is what the stimulator reported, about once a second. "
    "Numbers at the top mark the start of each step."
)


def step_starts(plan: Plan, sitting: Sitting) -> dict[int, float]:
    """Return when each step began [s]: as recorded, or as planned where it did not begin."""
    starts = {step.number: step.start for step in plan.steps}
    for event in sitting.events:
        number = event.figure("step")
        if event.kind == "step" and isinstance(number, int | float):
            starts[int(number)] = event.time
    return starts


def planned_curve(plan: Plan, sitting: Sitting) -> Curve:
    """Return what the plan asks for, window by window, from the stimulus itself."""
    starts = step_starts(plan, sitting)
    parts = [_planned_step(step, starts[step.number]) for step in plan.steps]
    return Curve(
        time=np.concatenate([part.time for part in parts]),
        mean=np.concatenate([part.mean for part in parts]),
        peak=np.concatenate([part.peak for part in parts]),
    )


def _planned_step(step: Step, start: float) -> Curve:
    stimulus = step.stimulus
    count = max(1, min(_WINDOWS, math.ceil(stimulus.duration / _WINDOW)))
    edges = np.linspace(0.0, stimulus.duration, count + 1)
    mean = [stimulus.charge_between(a, b) / (b - a) for a, b in zip(edges, edges[1:], strict=False)]
    peak = [
        stimulus.amplitude * max(abs(stimulus.envelope_at(t)) for t in np.linspace(a, b, _LOOKS))
        for a, b in zip(edges, edges[1:], strict=False)
    ]
    # a step curve: each window from edge to edge, and nothing between two steps
    return Curve(
        time=np.append(np.repeat(edges, 2)[1:-1], np.nan) + start,
        mean=np.append(np.repeat(mean, 2), np.nan),
        peak=np.append(np.repeat(peak, 2), np.nan),
    )


def delivered_curve(sitting: Sitting) -> Curve:
    """Return what the stimulator reported; a new step begins with a gap."""
    time: list[float] = []
    mean: list[float] = []
    peak: list[float] = []
    for event in sitting.events:
        if event.kind == "step" and time:
            time, mean, peak = [*time, math.nan], [*mean, math.nan], [*peak, math.nan]
        elif event.kind == "measured":
            time.append(_middle(event))
            mean.append(_number(event, "mean"))
            peak.append(_number(event, "peak"))
    return Curve(time=np.array(time), mean=np.array(mean), peak=np.array(peak))


def _middle(event: Event) -> float:
    """The middle of the window that a measurement sums up."""
    window = event.figure("window")
    return event.time - (window / 2 if isinstance(window, int | float) else 0.0)


def _number(event: Event, name: str) -> float:
    value = event.figure(name)
    return float(value) if isinstance(value, int | float) else math.nan


def _draw(axes: Axes, asked: tuple[Array, Array], given: tuple[Array, Array]) -> None:
    """Draw times and currents [A], planned and delivered, over each other."""
    time, planned, when, delivered = asked[0], asked[1] * MICRO, given[0], given[1] * MICRO
    axes.plot(time, planned, color=style.PLANNED, linewidth=3.2, alpha=0.45, label="planned")
    sparse = max(1, len(when) // 60)
    axes.plot(when, delivered, color=style.DELIVERED, linewidth=1.2, marker="o", markersize=3,
              markevery=sparse, label="delivered")  # fmt: skip
    axes.axhline(0, color=style.FAINT, linewidth=0.8)
    axes.grid(axis="y")
    axes.margins(x=0.01, y=0.12)
    highest = np.nanmax(np.abs(np.concatenate([planned, delivered, [1.0]])))
    if np.nanmin(np.concatenate([planned, delivered, [0.0]])) >= 0:
        axes.set_ylim(0, 1.15 * highest)
    else:
        axes.set_ylim(-1.15 * highest, 1.15 * highest)


def _draw_measured(axes: Axes, sitting: Sitting, name: str, *, factor: float = 1.0, unit: float) -> None:
    # a new step begins with a gap: NaN at its start
    events = [event for event in sitting.events if event.kind in ("measured", "step")]
    values = np.array([_number(event, name) if event.kind == "measured" else math.nan for event in events])
    values = values * factor
    axes.plot([_middle(event) / unit for event in events], values, color=style.INK, linewidth=1.2)
    axes.grid(axis="y")
    known = values[np.isfinite(values)]
    axes.set_ylim(0, 1.2 * float(known.max()) if known.size and known.max() > 0 else 1.0)
    if not known.size:
        axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center", va="center")


def _mark_steps(rows: Array, plan: Plan, sitting: Sitting, *, unit: float) -> None:
    for number, start in step_starts(plan, sitting).items():
        for axes in rows:
            axes.axvline(start / unit, color=style.FAINT, linewidth=0.7, linestyle=(0, (2, 3)))
        rows[0].annotate(f"step {number}", (start / unit, 1), xycoords=("data", "axes fraction"),
                         xytext=(3, -2), textcoords="offset points", va="top", fontsize=9)  # fmt: skip
    for event in sitting.events:
        if event.kind in ("trip", "stop", "not-off"):
            for axes in rows:
                axes.axvline(event.time / unit, color=style.INK, linewidth=1.4)
            rows[0].annotate(event.kind, (event.time / unit, 0.8), xycoords=("data", "axes fraction"),
                             xytext=(-3, 0), textcoords="offset points", ha="right", va="top",
                             fontsize=9.5, fontweight="bold", path_effects=style.halo(3))  # fmt: skip


def _alternative(plan: Plan, sitting: Sitting, delivered: Curve) -> str:
    if not np.isfinite(delivered.peak).any():
        return f"Planned current over {write(plan.duration, 'time')}; nothing was delivered."
    return (
        f"Planned current over {write(plan.duration, 'time')} with a peak of "
        f"{write(max(step.stimulus.peak for step in plan.steps), 'current')}; delivered up to "
        f"{write(float(np.nanmax(delivered.peak)), 'current')} over "
        f"{write(sitting.events[-1].time, 'time')}. Voltage and impedance as measured."
    )
