"""What each tissue receives: bars with the 90 % interval as whiskers."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from microcurrent.model import Estimate, Prediction
from microcurrent.reports import wording
from microcurrent.reports.content import Picture
from microcurrent.reports.pictures import style

#: Largest over smallest value from which a logarithmic scale is used.
_WIDE = 40.0


def exposure_picture(prediction: Prediction) -> Picture:
    """Return bars of |E| by tissue, each from the step in which that tissue receives most."""
    rows = _strongest(prediction)
    medians, strong = [row[2] for row in rows], [row[3] for row in rows]
    ends = [end for value in (*medians, *strong) for end in (value.low, value.high) if end > 0]
    wide = bool(ends) and max(ends) / min(ends) > _WIDE
    with style.drawing(0.72 * len(rows) + 1.2) as figure:
        axes = figure.add_subplot()
        places = np.arange(len(rows), dtype=float)
        _bars(axes, places - 0.19, medians, label="half of the tissue near the probes is above", hatch="",
              colour="#7fb3d5")  # fmt: skip
        _bars(
            axes, places + 0.19, strong, label="a twentieth of it is above", hatch="////", colour="#f0c37a"
        )
        if wide:
            axes.set_xscale("log")
            axes.set_xlim(min(ends) / 1.6, max(ends) * 6)
            style.plain_log(axes.xaxis)
        else:
            axes.set_xlim(0, 1.55 * max(ends, default=1.0))
        _label(axes, rows)
        image = style.as_svg(figure)
    told = " ".join(
        f"{tissue}: half above {wording.estimate(median)}, a twentieth above {wording.estimate(high)}."
        for tissue, _, median, high in rows
    )
    return Picture(
        image=image,
        alternative=f"Electric field by tissue. {told}",
        caption="Electric field in each tissue near the probes at the peak of the current, in the step "
        "that gives that tissue most. Whiskers: 90 % interval from what is not known of the tissues.",
    )


def _strongest(prediction: Prediction) -> list[tuple[str, int, Estimate, Estimate]]:
    """For each tissue, in the order of depth: name, step, median and 95th percentile of |E|."""
    best: dict[str, tuple[str, int, Estimate, Estimate]] = {}
    for step in prediction.exposure.steps:
        for tissue in step.tissues:
            known = best.get(tissue.tissue)
            if known is None or tissue.field_p95.value > known[3].value:
                best[tissue.tissue] = (tissue.tissue, step.number, tissue.field_median, tissue.field_p95)
    return list(best.values())


def _bars(
    axes: Axes, places: np.ndarray, values: list[Estimate], *, label: str, hatch: str, colour: str
) -> None:
    middles = np.array([value.value for value in values])
    spread = np.array([[v.value - v.low for v in values], [v.high - v.value for v in values]])
    axes.barh(places, middles, height=0.36, xerr=np.maximum(spread, 0.0), label=label, hatch=hatch,
              color=colour, edgecolor=style.INK, linewidth=0.8,
              error_kw={"elinewidth": 1.6, "capsize": 4, "capthick": 1.6, "ecolor": style.INK})  # fmt: skip
    for place, value in zip(places, values, strict=True):
        axes.annotate(wording.estimate(value), (max(value.high, value.value), place), xytext=(7, 0),
                      textcoords="offset points", va="center", fontsize=9.5)  # fmt: skip


def _label(axes: Axes, rows: list[tuple[str, int, Estimate, Estimate]]) -> None:
    steps = {step for _, step, _, _ in rows}
    names = [name if len(steps) == 1 else f"{name}\n(step {step})" for name, step, _, _ in rows]
    axes.set_yticks(np.arange(len(rows)), names, fontsize=10.5)
    axes.invert_yaxis()
    axes.set_xlabel("Electric field (V/m)")
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, borderpad=0.2, columnspacing=1.5)
