"""What brings the spread of a plan's figures: Sobol indices as bars, each with its interval."""

from __future__ import annotations

from matplotlib.axes import Axes

from microcurrent.model.uncertainty import FigureSpread, Influence, Uncertainty
from microcurrent.reports import wording
from microcurrent.reports.content import Picture
from microcurrent.reports.pictures import style
from microcurrent.reports.pictures.expectation import standing_alone

__all__ = ["influences_picture", "standing_alone"]

#: Inputs shown for a figure, and the least total index that is worth a bar.
MOST = 6
_LEAST = 0.01
_HEIGHT, _ROW = 1.0, 0.3


def influences_picture(found: Uncertainty, title: str) -> Picture:
    """Return bars of the inputs that matter to every figure ranked: alone, and together with others."""
    ranked = [spread for spread in found.spreads if spread.influences]
    rows = [len(shown(spread)) for spread in ranked]
    with style.drawing(_HEIGHT * max(len(ranked), 1) + _ROW * sum(rows)) as figure:
        if ranked:
            axes = figure.subplots(len(ranked), 1, sharex=True, squeeze=False, height_ratios=rows)[:, 0]
            for one, spread in zip(axes, ranked, strict=True):
                _bars(one, spread)
            figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
            axes[-1].set_xlabel("Share of the spread (line: its 90 % interval)")
        image = style.as_svg(figure)
    return Picture(
        image=image,
        alternative=alternative(ranked),
        caption=f"{title}: what brings the spread of its figures over {found.people} virtual people.",
    )


def shown(spread: FigureSpread) -> tuple[Influence, ...]:
    """Return the inputs worth a bar: the largest, and at least one."""
    worth = [one for one in spread.influences[:MOST] if one.total.value >= _LEAST]
    return tuple(worth or spread.influences[:1])


def alternative(ranked: list[FigureSpread]) -> str:
    """Return the picture in words."""
    if not ranked:
        return "No bars: no figure of this plan spreads between people, or none was ranked."
    told = []
    for spread in ranked:
        parts = ", ".join(f"{one.input} {wording.estimate(one.total)}" for one in shown(spread)[:3])
        told.append(f"{spread.figure}: {parts}")
    return f"Bars of what brings the spread, largest first. {'. '.join(told)}."


def _bars(axes: Axes, spread: FigureSpread) -> None:
    worth = shown(spread)
    places = range(len(worth))
    for part, shift, colour, hatch, words in (
        ("total", 0.18, style.PLANNED, "", "with all it does together with others"),
        ("first", -0.18, style.DELIVERED, "////", "alone"),
    ):
        values = [getattr(one, part) for one in worth]
        axes.barh(
            [-place + shift for place in places], [v.value for v in values], height=0.34,
            color="white" if hatch else colour, edgecolor=colour, hatch=hatch, label=words, linewidth=1.2,
        )  # fmt: skip
        for place, value in zip(places, values, strict=True):
            axes.plot([value.low, value.high], [-place + shift] * 2, color=style.INK, linewidth=1.4)
    axes.set_yticks([-place for place in places], [one.input for one in worth])
    axes.set_title(spread.figure)
    axes.set_xlim(left=0)
    axes.grid(axis="x")
