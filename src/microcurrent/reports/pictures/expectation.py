"""What a course may bring: the bands with current and with sham, told apart by line and hatching."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.sax.saxutils import escape

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from microcurrent import units
from microcurrent.model.expectation import Expectation, ExpectedPoint
from microcurrent.model.exposure import Estimate
from microcurrent.reports import wording
from microcurrent.reports.content import Picture
from microcurrent.reports.pictures import style

_DAY, _WEEK = 86400.0, 7 * 86400.0
_AXES = {
    "days after a sitting": "Days after a sitting",
    "sittings": "Sittings given",
    "weeks": "Weeks from the first sitting",
}


@dataclass(frozen=True, kw_only=True)
class _Look:
    """How a part of a point is drawn, told apart by hatching and line as well as by colour."""

    part: str
    name: str
    colour: str
    hatch: str
    line: str


_LOOKS = (
    _Look(part="active", name="with current", colour=style.PLANNED, hatch="", line="-"),
    _Look(part="sham", name="with sham", colour=style.DELIVERED, hatch="....", line="--"),
    _Look(
        part="difference", name="what the current itself adds", colour=style.THIRD, hatch="////", line="-"
    ),
)
_UNITS = {"fraction": ("%", 100.0), "score": ("points", 1.0)}


def expectation_picture(expectation: Expectation) -> Picture:
    """Return the curves with current and with sham, each with its 90 % band, and what the current adds."""
    model = expectation.model
    adds = any(point.difference for point in expectation.points)
    with style.drawing(5.6 if adds else 3.8) as figure:
        rows = figure.subplots(2 if adds else 1, 1, sharex=True, squeeze=False)[:, 0]
        whole = rows[0]
        _band(whole, expectation, _LOOKS[1])
        _band(whole, expectation, _LOOKS[0])
        whole.set_title(model.title)
        whole.legend(loc="best")
        if adds:
            _band(rows[1], expectation, _LOOKS[2])
            rows[1].set_title("What the current itself adds")
        for axes in rows:
            axes.axhline(0, color=style.FAINT, linewidth=0.9)
            axes.set_ylabel(_UNITS[model.dimension][0])
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.grid(axis="y")
        rows[-1].set_xlabel(_AXES[model.clock])
        image = style.as_svg(figure)
    return Picture(
        image=image,
        alternative=_alternative(expectation),
        caption=f"{model.title}: {model.measure}. Bands: 90 % interval from what is not known. "
        f"Evidence: level {model.level}, certainty {model.certainty}.",
    )


def standing_alone(picture: Picture) -> bytes:
    """Return the drawing as a file of its own, which tells its text alternative to a screen reader."""
    title = f"<title>{escape(picture.alternative)}</title>".encode()
    return re.sub(
        rb"<svg\b[^>]*>", lambda tag: tag.group(0)[:-1] + b' role="img">' + title, picture.image, count=1
    )


def place(expectation: Expectation, point: ExpectedPoint) -> float:
    """Return where a point stands on the clock of its model: days, sittings or weeks."""
    clock = expectation.model.clock
    if clock == "sittings":
        return float(point.sitting)
    return point.time / (_DAY if clock.startswith("days") else _WEEK)


def _band(axes: Axes, expectation: Expectation, look: _Look) -> None:
    known = [
        (place(expectation, p), getattr(p, look.part)) for p in expectation.points if getattr(p, look.part)
    ]
    if not known:
        return
    factor = _UNITS[expectation.model.dimension][1]
    x = [at for at, _ in known]
    low, high, middle = (
        [factor * getattr(one, end) for _, one in known] for end in ("low", "high", "value")
    )
    axes.fill_between(x, low, high, facecolor=look.colour, alpha=0.16, linewidth=0)
    axes.fill_between(
        x, low, high, facecolor="none", edgecolor=look.colour, alpha=0.45, hatch=look.hatch, linewidth=0.8
    )
    axes.plot(x, middle, color=look.colour, linestyle=look.line, linewidth=2.0, label=look.name)


def _alternative(expectation: Expectation) -> str:
    last, model = expectation.last, expectation.model
    at = f"{units.write(last.time, 'time')}"
    when = f"after {last.sitting} sittings" if model.clock == "sittings" else f"after {at}"
    told = [
        f"{look.name} {wording.estimate(value)}"
        for look in _LOOKS
        if isinstance(value := getattr(last, look.part), Estimate)
    ]
    unknown = "" if last.sham else " With sham: not known."
    return f"{model.title}, {model.measure}. Curves that end {when}: {'; '.join(told)}.{unknown}"
