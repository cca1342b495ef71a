"""Devices side by side: current, voltage against what is there, and field in muscle, each with its span."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from microcurrent.model import Estimate
from microcurrent.model.device import Span
from microcurrent.planning.devices.comparing import Compared
from microcurrent.reports import wording
from microcurrent.reports.content import Picture
from microcurrent.reports.pictures import style

#: The tissue of the last panel: the one that a body has of these.
_MUSCLE = ("mimetic muscle", "muscle")
#: Largest over smallest end from which a scale is logarithmic.
_WIDE = 40.0


@dataclass(frozen=True, kw_only=True)
class _Bar:
    """A span from `low` to `high` with a mark at `middle`, None where not known; `words` beside it."""

    low: float | None
    high: float | None
    middle: float | None
    words: str
    assumed: bool = False


def devices_picture(compared: Iterable[Compared]) -> Picture:
    """Return three panels over the same devices: claimed current, voltage needed, field in muscle."""
    entries = tuple(compared)
    panels: tuple[tuple[str, float, Callable[[Compared], _Bar]], ...] = (
        ("Charge per phase (µC)", 1e6, _charge),
        ("Voltage needed (V)", 1.0, _voltage),
        ("Field in muscle (V/m)", 1.0, _field),
    )
    there = [entry.device.span("compliance").low for entry in entries]
    with style.drawing(0.75 * len(entries) + 0.8) as figure:
        axes = figure.subplots(1, 3, sharey=True)
        for place, (title, factor, of) in zip(axes, panels, strict=True):
            bars = [of(entry) for entry in entries]
            _panel(place, title, bars, factor=factor, marks=there if of is _voltage else ())
        axes[0].set_yticks(range(len(entries)), [_title(entry) for entry in entries], fontsize=9)
        image = style.as_svg(figure)
    return Picture(image=image, alternative=_alternative(entries), caption=_CAPTION)


_CAPTION = (
    "Devices at their largest current on the same hold. Bars: from the least to the most that follows from "
    "what is known, or the 90 % interval; line: the middle. Thick orange line: the voltage that the device "
    "has, where it is known. Hatched: rests on an assumed shape. “?”: not known."
)


def _title(entry: Compared) -> str:
    """Name and largest current, in lines of about 18 letters."""
    lines = textwrap.wrap(entry.device.title.split(", ")[0], 18)
    return "\n".join((*lines, entry.output.peak.text))


def _charge(entry: Compared) -> _Bar:
    span = entry.output.charge
    return _Bar(low=span.low, high=span.high, middle=None, words=span.text, assumed=span.assumed)


def _voltage(entry: Compared) -> _Bar:
    return _of(entry.voltage, assumed=entry.output.rms.assumed)


def _field(entry: Compared) -> _Bar:
    return _of(_muscle(entry))


def _muscle(entry: Compared) -> Estimate | None:
    for name in _MUSCLE:
        for tissue in entry.received:
            if tissue.tissue == name:
                return tissue.field_median
    return None


def _of(estimate: Estimate | None, *, assumed: bool = False) -> _Bar:
    if estimate is None:
        return _Bar(low=None, high=None, middle=None, words="?")
    words = Span(low=estimate.low, high=estimate.high, dimension=estimate.dimension).text
    return _Bar(low=estimate.low, high=estimate.high, middle=estimate.value, words=words, assumed=assumed)


def _panel(
    axes: Axes, title: str, bars: list[_Bar], *, factor: float, marks: Sequence[float | None]
) -> None:
    ends = [end * factor for bar in bars for end in (bar.low, bar.high) if end]
    ends += [mark for mark in marks if mark]
    least, most = (min(ends), max(ends)) if ends else (0.1, 1.0)
    wide = most / least > _WIDE
    for row, bar in enumerate(bars):
        _bar(axes, row, bar, factor=factor, least=least / 2 if wide else 0.0)
    for row, mark in enumerate(marks):
        if mark is not None:
            axes.plot([mark, mark], [row - 0.25, row + 0.25], color=style.DELIVERED, linewidth=3)
            axes.annotate(
                f"has {style.number(mark)} V", (mark, row + 0.28), ha="right", va="top", fontsize=8
            )
    if wide:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(numticks=5))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: style.number(value)))
    axes.set_xlim(least / 2 if wide else 0, most * (3 if wide else 1.3))
    axes.set_ylim(len(bars) - 0.4, -0.7)
    axes.set_title(title, fontsize=9.5)
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)


def _bar(axes: Axes, row: int, bar: _Bar, *, factor: float, least: float) -> None:
    if bar.high is None:
        axes.annotate("?", (0.03, row), xycoords=("axes fraction", "data"), va="center", fontsize=12)
        return
    low = max(least, (bar.low or 0.0) * factor)
    high = max(bar.high * factor, low * 1.02)
    axes.barh(row, high - low, left=low, height=0.36, color="#f0c37a" if bar.assumed else "#7fb3d5",
              hatch="////" if bar.assumed else "", edgecolor=style.INK, linewidth=0.8)  # fmt: skip
    if bar.middle is not None:
        axes.plot([bar.middle * factor] * 2, [row - 0.18, row + 0.18], color=style.INK, linewidth=2.0)
    axes.annotate(bar.words, (low, row - 0.22), va="bottom", fontsize=8)


def _alternative(entries: tuple[Compared, ...]) -> str:
    rows = []
    for entry in entries:
        muscle = _muscle(entry)
        rows.append(
            f"{entry.device.title}: charge per phase {entry.output.charge.text}"
            f"{' (assumed shape)' if entry.output.charge.assumed else ''}, voltage needed "
            f"{'?' if entry.voltage is None else wording.estimate(entry.voltage)}, voltage there is "
            f"{entry.device.text('compliance')}, field in muscle "
            f"{'?' if muscle is None else wording.estimate(muscle)}."
        )
    return "Devices compared on the same hold. " + " ".join(rows)
