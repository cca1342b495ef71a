"""The cable solver beside NEURON in one run, one core: agreement, speed, accuracy; writes the page of both.

`--out FILE` writes the page (`docs/reference/nerve-verification.md` as shipped). About two minutes.
"""

import argparse
import functools
import platform
import statistics
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from nerve_in_neuron import InNeuron, h

from microcurrent import tables
from microcurrent.physics.nerve import kernel
from microcurrent.physics.nerve.blocks import (
    Watching,
    block_at_rest,
    driven,
    drives_of,
    march_block,
    tables_of,
)
from microcurrent.physics.nerve.cables import myelinated, point_source
from microcurrent.physics.nerve.schemes import EULER, SECOND_ORDER, scheme_of
from microcurrent.physics.nerve.thresholds import Method, thresholds
from microcurrent.physics.nerve.traces import traces, velocity

MRG = tables.axons()["mrg-2002"]
SIZES = tuple(size for size in MRG.sizes if size.diameter > 5e-6)
NODES = 21
THEIR_STEP = 5e-6
LEVEL = MRG.membrane.rest + Watching().detection
TO_THE_END = Watching(quiet=None)


def pulse(step, width, *, before=0.1e-3, after=3e-3):
    """A rectangle of 1."""
    first, length = round(before / step), round(width / step)
    wave = np.zeros(first + length + round(after / step))
    wave[first : first + length] = 1
    return wave


def cathode(cables, distances):
    """1 A drawn at some distance from each fibre in tissue of 3 ohm m."""
    return -point_source(cables, np.asarray(distances), conductivity=1 / 3)


def narrowed(fibre, outside, wave, *, low, high, tolerance):
    """Bisect in NEURON between an amplitude that does not fire and one that does."""
    while high > low * (1 + tolerance):
        middle = (low * high) ** 0.5
        if fibre.fires(outside * middle, wave, step=THEIR_STEP, detection=LEVEL):
            high = middle
        else:
            low = middle
    return low, high


def agreement():
    """Thresholds at the same step by both, over diameters, widths and distances; rows of the table."""
    rows = []
    for size in (SIZES[0], SIZES[2], SIZES[3], SIZES[5], SIZES[8]):
        fibre = InNeuron(MRG, size, NODES)
        fibre.start(THEIR_STEP)
        for width in (0.05e-3, 0.1e-3, 0.3e-3, 1e-3):
            cables, wave = myelinated(MRG, [size] * 3, nodes=NODES), pulse(THEIR_STEP, width, after=1.5e-3)
            field = cathode(cables, (0.5e-3, 1e-3, 2e-3))
            method = Method(
                step=THEIR_STEP, weights=EULER, dtype=np.float64, tolerance=1e-5, watching=TO_THE_END
            )
            ours = thresholds(cables, field, wave, method=method).high
            cells = []
            for mine, outside in zip(ours, field, strict=True):
                low, high = narrowed(
                    fibre, outside, wave, low=mine * 0.9995, high=mine * 1.0005, tolerance=4e-5
                )
                cells.append((mine, (low * high) ** 0.5))
            rows.append((size.diameter, width, cells))
    return rows


def speeds():
    """Speed and trace at the same step by both: (diameter, ours, theirs [m/s], largest difference [V])."""
    rows = []
    for size in (SIZES[0], SIZES[3], SIZES[8]):
        cables, wave = myelinated(MRG, [size], nodes=NODES), pulse(THEIR_STEP, 0.1e-3, after=1e-3)
        field, amplitude = cathode(cables, [1e-3]), 400e-6
        method = Method(step=THEIR_STEP, weights=EULER, dtype=np.float64, watching=TO_THE_END)
        ours = traces(cables, field, wave, amplitude=np.array([amplitude]), method=method)
        fibre = InNeuron(MRG, size, NODES)
        fibre.start(THEIR_STEP)
        run = fibre.run(field[0] * amplitude, wave, THEIR_STEP)
        theirs = np.array([[node.v for node in nodes] for nodes in run]) * 1e-3
        again = type(ours)(step=THEIR_STEP, potential=theirs[:, :, None], detection=ours.detection)
        pair = [float(velocity(cables, one, (12, 17))[0]) for one in (ours, again)]
        rows.append((size.diameter, *pair, float(np.abs(ours.potential[:, :, 0] - theirs).max())))
    return rows


def mixed(count, seed=8):
    """Sizes and distances of `count` fibres."""
    random = np.random.default_rng(seed)
    return [SIZES[i] for i in random.integers(0, len(SIZES), count)], random.uniform(0.5e-3, 3e-3, count)


def load_and_search(sizes, distances, method, width=0.1e-3):
    """Everything from sizes to thresholds."""
    cables = myelinated(MRG, sizes, nodes=NODES)
    return thresholds(cables, cathode(cables, distances), pulse(method.step, width), method=method)


def seconds(call, runs):
    """Median of some runs after one that is not counted."""
    call()
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def their_search(fibre, outside, wave, *, start):
    """Up from a free guess far below, then halving the bracket to 0.5 %: NEURON's own loop."""
    low, high = 0.0, start
    while not fibre.fires(outside * high, wave, step=THEIR_STEP, detection=LEVEL):
        low, high = high, high * 1.5
    return narrowed(fibre, outside, wave, low=low or high / 1.5, high=high, tolerance=5e-3)[1]


def per_step(weights, step, dtype):
    """Seconds of ours for one fibre and one step of a block of mixed fibres."""
    sizes, distances = mixed(kernel.LANES)
    cables = myelinated(MRG, sizes, nodes=NODES)
    scheme = scheme_of(cables, step, weights)
    block = block_at_rest(cables, scheme, tables=tables_of(cables, step, dtype), watching=TO_THE_END)
    drives, wave = drives_of(cables, scheme, cathode(cables, distances)), pulse(step, 0.1e-3)
    amplitude = np.full(kernel.LANES, 300e-6)
    return (
        seconds(lambda: march_block(block, wave, state=driven(block, drives, amplitude)), 9)
        / wave.size
        / kernel.LANES
    )


def their_step():
    """Seconds of NEURON for one fibre and one step, alone in its process, without a loop in Python."""
    fibre = InNeuron(MRG, SIZES[3], NODES)
    fibre.start(THEIR_STEP)
    h.dt = THEIR_STEP * 1e3

    def run():
        for _ in range(200):
            h.fadvance()

    return seconds(run, 5) / 200


def speed(sample):
    """Seconds a threshold by ours and by NEURON, in turn, and both errors against 1 us in second order."""
    sizes, distances = mixed(512)
    fast = Method()
    load_and_search(sizes, distances, fast)
    ours_seconds, theirs_seconds, theirs = [], [], {}
    chosen = np.linspace(0, 511, sample).astype(int)
    for index in chosen:
        start = time.perf_counter()
        found = load_and_search(sizes, distances, fast)
        ours_seconds.append((time.perf_counter() - start) / 512)
        fibre = InNeuron(MRG, sizes[index], NODES)
        cables = myelinated(MRG, [sizes[index]], nodes=NODES)
        outside, wave = cathode(cables, [distances[index]])[0], pulse(THEIR_STEP, 0.1e-3)
        start = time.perf_counter()
        fibre.start(THEIR_STEP)
        theirs[index] = their_search(fibre, outside, wave, start=found.high[index] / 3)
        theirs_seconds.append(time.perf_counter() - start)
    exact = load_and_search(sizes, distances, Method(step=1e-6, dtype=np.float64, tolerance=1e-4)).high
    euler = load_and_search(sizes, distances, Method(step=5e-6, weights=EULER, tolerance=1e-4)).high
    return {
        "ours": statistics.median(ours_seconds),
        "theirs": statistics.median(theirs_seconds),
        "our error": float(np.abs((found.low + found.high) / 2 / exact - 1).max()),
        "euler error": float(np.abs(euler / exact - 1).max()),
        "their error": max(abs(value / exact[index] - 1) for index, value in theirs.items()),
        "sample": sample,
    }


def growth():
    """Seconds a threshold by number of fibres."""
    found = []
    for count in (64, 256, 1024, 4096):
        sizes, distances = mixed(count)
        search = functools.partial(load_and_search, sizes, distances, Method())
        found.append((count, seconds(search, 3) / count))
    return found


def table_of_thresholds(rows):
    """Lines on agreement."""
    worst = max(abs(mine / other - 1) for _, _, cells in rows for mine, other in cells)
    lines = [
        "## Same fibre, same step, same numbers",
        "",
        f"MRG fibres of {NODES} nodes, point cathode beside the middle node in 3 Ω m, rectangular",
        "pulse, backward Euler with 5 µs in both. Threshold in µA by us / by NEURON, whose bracket is",
        "0.004 % wide.",
        "",
        "| fibre µm | pulse ms | 0.5 mm | 1 mm | 2 mm |",
        "|---:|---:|---:|---:|---:|",
    ]
    for diameter, width, cells in rows:
        shown = " | ".join(f"{mine * 1e6:.3f} / {other * 1e6:.3f}" for mine, other in cells)
        lines.append(f"| {diameter * 1e6:g} | {width * 1e3:g} | {shown} |")
    return [*lines, "", f"Largest difference: {worst * 100:.4f} %; asked for: 0.05 %.", ""]


def table_of_speeds(found):
    """Lines on speed of conduction and traces."""
    lines = [
        "| fibre µm | speed m/s, ours / NEURON | largest difference of any node at any time |",
        "|---:|---:|---:|",
    ]
    for diameter, mine, other, apart in found:
        lines.append(f"| {diameter * 1e6:g} | {mine:.3f} / {other:.3f} | {apart * 1e3:.5f} mV |")
    return [*lines, ""]


def table_of_times(fast, steps, growing):
    """Lines on seconds and errors."""
    neuron = steps["NEURON"]
    lines = [
        "## Speed",
        "",
        "512 mixed fibres (nine diameters, 0.5 to 3 mm), pulse of 0.1 ms, threshold within 0.5 %. Ours:",
        "everything from sizes to thresholds, second order with 10 µs, float32, one thread. NEURON: its",
        "own loop, 5 µs, the start of the search given to it free,",
        f"{fast['sample']} of the 512 fibres, between runs of ours.",
        "",
        "| | ours | NEURON | ratio |",
        "|---|---:|---:|---:|",
        f"| one threshold | {fast['ours'] * 1e3:.3f} ms | {fast['theirs'] * 1e3:,.0f} ms "
        f"| {fast['theirs'] / fast['ours']:,.0f} |",
    ]
    for name, ours in steps.items():
        if name != "NEURON":
            title = f"one fibre, one step: {name}"
            lines.append(
                f"| {title} | {ours * 1e6:.3f} µs | {neuron * 1e6:.0f} µs | {neuron / ours:,.0f} |"
            )
    size = (NODES * kernel.NODE + kernel.FIXED) / kernel.LANES * 4
    return [
        *lines,
        "",
        "Largest error of a threshold against second order with 1 µs in float64, bracket included:",
        "",
        f"- ours with 10 µs: {fast['our error'] * 100:.2f} %;",
        f"- backward Euler with 5 µs, all 512, narrow bracket: {fast['euler error'] * 100:.2f} %;",
        f"- NEURON's own loop, its {fast['sample']} fibres: {fast['their error'] * 100:.2f} %.",
        "",
        "| fibres | ms a threshold |",
        "|---:|---:|",
        *(f"| {count} | {value * 1e3:.3f} |" for count, value in growing),
        "",
        f"A fibre of {NODES} nodes takes {size / 1024:.1f} KiB while it marches; blocks of",
        f"{kernel.LANES} march one after the other, so the cost grows with the fibres and no faster.",
    ]


def page(*parts):
    """The page as text."""
    head = [
        "# Nerve fibres against NEURON",
        "",
        "Made by `python benchmarks/nerve.py --out docs/reference/nerve-verification.md`; do not edit.",
        "",
        f"NEURON {version('neuron')}, one core ({platform.machine()}), both in one run, on a machine that",
        "others used, too. What the solver does, and what else it is held to:",
        "[Nerve fibres](../explanation/axons.md).",
        "",
    ]
    return "\n".join([*head, *(line for part in parts for line in part)]) + "\n"


def main():
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="where the page is written")
    parser.add_argument("--sample", type=int, default=8, help="fibres that NEURON is timed on")
    given = parser.parse_args()
    fast = speed(given.sample)
    steps = {
        "NEURON": their_step(),
        "backward Euler, the same numbers, float32": per_step(EULER, 5e-6, np.float32),
        "second order, float32": per_step(SECOND_ORDER, 10e-6, np.float32),
        "second order, float64": per_step(SECOND_ORDER, 10e-6, np.float64),
    }
    text = page(
        table_of_thresholds(agreement()), table_of_speeds(speeds()), table_of_times(fast, steps, growth())
    )
    print(text)
    if given.out:
        given.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
