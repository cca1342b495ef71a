"""Seeking: from what is wanted to the best few holds and glides of each side, why not more, and what
else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from microcurrent import tables, units
from microcurrent.model import Electrode, Limits, Stimulus
from microcurrent.model.proposal import Binding, Chosen, Intent, Target, Tradeoff
from microcurrent.physics.conduction.grid import Floats
from microcurrent.planning.bodies import BodySource
from microcurrent.planning.exposure.wanting import table_values
from microcurrent.planning.prediction.contacts import area_impedance_of, footprint_of
from microcurrent.planning.prediction.sampling import contact_area, contact_name, inputs_of, middle
from microcurrent.planning.proposal.candidates import Candidate, Candidates, Move, Probes, candidates
from microcurrent.planning.proposal.caps import Cap, caps
from microcurrent.planning.proposal.optimum import Answer, Question, few_holds, gentlest, mixture
from microcurrent.planning.proposal.plans import plan_of_one
from microcurrent.planning.proposal.responses import Ground, responses
from microcurrent.planning.proposal.targets import aim, on_side

#: Room of fine cells [m] beyond a contact.
_MARGIN = 6.0e-3
#: The shortest hold that is worth moving the probes for [s]; a policy of this program.
SHORTEST = 20.0
#: Trade-offs are looked for at these parts of the strongest.
_PARTS = (0.8, 0.5)

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a proposal is asked for.

    `intent`; `targets` without sides; `sides`; `output`: caps of the device and of the person who asks, in
    [A]; the two `electrodes`; `stimulus` of 1 A, as long as a step with its ramps; `seconds` of the
    sitting; `most_holds` on each side; `kinds`: "hold", "glide" or both; `warnings`: whether levels that
    only warn may be passed.
    """

    intent: Intent
    targets: tuple[Target, ...]
    sides: tuple[str, ...]
    output: tuple[Cap, ...]
    electrodes: tuple[Electrode, Electrode]
    stimulus: Stimulus
    seconds: float
    most_holds: int
    kinds: tuple[str, ...] = ("hold", "glide")
    warnings: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Side:
    """One side: its `targets`, `found` candidates and per ampere what they give: `served` (C, K), `spilled`
    (C,) [V/m per A]; `usage` (P, C): charge per area and second at each point per ampere [1/m2]."""

    targets: tuple[Target, ...]
    found: Candidates
    served: Floats
    spilled: Floats
    usage: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Sought:
    """The best of one side: `candidates` chosen, as `chosen`; `binding` limits, `tradeoffs`; `strength` [V
    s/m] in the least served target, and the `bound` that no mixture passes."""

    candidates: tuple[Candidate, ...]
    chosen: tuple[Chosen, ...]
    binding: tuple[Binding, ...]
    tradeoffs: tuple[Tradeoff, ...]
    strength: float
    bound: float


def side_of(
    wanted: Wanted,
    side: str,
    source: BodySource,
    *,
    limits: Limits,
    moves: Sequence[Move] = (),
    on_progress: Progress | None = None,
) -> Side:
    """Return what could be done on one side of a body, and what each would give.

    Raises `ValueRefused` for targets that the body does not have, and where nothing may be done.
    """
    body = source.body
    targets = on_side(wanted.targets, body, side)
    probes = Probes(
        electrodes=wanted.electrodes, stimulus=wanted.stimulus, limits=limits, guards=tables.guards()
    )
    glides = moves if "glide" in wanted.kinds else ()
    found = candidates(targets, source, probes, side=side, moves=glides, holds="hold" in wanted.kinds)
    one = plan_of_one(source, found.found[0], probes=(wanted.electrodes, wanted.stimulus))
    values = middle(inputs_of(one, source))
    footprint = footprint_of(wanted.electrodes[0], values)
    volume = source.volume(found.points, footprint.radius + _MARGIN, coarse=True)
    aimed = aim(targets, body, volume)
    ground = Ground(
        volume=volume, conductor=volume.conductor(table_values(source)), surface=volume.surface(),
        footprint=footprint, impedance=area_impedance_of(wanted.electrodes[0], wanted.stimulus, values),
    )  # fmt: skip
    told = on_progress or (lambda done, total, doing: None)
    given = responses(
        found, ground, aimed, on_solve=lambda d, t: told(d, t, f"searching, {side or 'body'}")
    )
    return Side(
        targets=targets, found=found, served=given.served, spilled=given.spilled,
        usage=_usage(found, footprint.area, wanted.stimulus),
    )  # fmt: skip


def _usage(found: Candidates, area: float, stimulus: Stimulus) -> Floats:
    """Charge per area and second [1/m2] at each point (P, C) for each ampere of peak, both directions
    added.

    A glide spreads its charge over the strip that its contact sweeps.
    """
    mean = stimulus.absolute_charge / (stimulus.duration * stimulus.peak)
    table = np.zeros((len(found.points), len(found.found)))
    for number, one in enumerate(found.found):
        ends: tuple[set[int], set[int]] = ({a for a, _ in one.positions}, {b for _, b in one.positions})
        for points in ends:
            swept = area + (0.0 if len(points) == 1 else one.length * 2 * np.sqrt(area / np.pi))
            for point in points:
                table[point, number] += mean / swept
    return table


def least_area(wanted: Wanted, source: BodySource, candidate: Candidate) -> float:
    """Return the smallest area [m2] that a contact is likely to have: the low end of its range."""
    one = plan_of_one(source, candidate, probes=(wanted.electrodes, wanted.stimulus))
    inputs = inputs_of(one, source)
    low = middle(inputs) | {given.name: given.low for given in inputs}
    electrode = wanted.electrodes[0]
    return contact_area(electrode, low if contact_name(electrode) in low else middle(inputs))


def currents_of(
    wanted: Wanted, side: Side, limits: Limits, *, area: float, factor: float = 1.0
) -> tuple[Floats, tuple[Cap, ...]]:
    """Return the current [A] of every candidate (C,), and the cap that holds it there.

    Sites with a guard get their share of what would be given elsewhere by choice; limits hold everywhere
    alike.
    """
    by_limit = caps(
        wanted.stimulus, limits, area=area, write=units.write, warnings=wanted.warnings
    )  # fmt: skip
    usual = min(wanted.output, key=lambda cap: cap.current)
    currents, reasons = [], []
    for one in side.found.found:
        cap = min((*by_limit, _guarded(usual, one.share)), key=lambda each: each.current)
        currents.append(whole(cap.current * factor))
        reasons.append(cap)
    return np.array(currents), tuple(reasons)


def _guarded(usual: Cap, share: float) -> Cap:
    if share == 1:
        return usual
    current = usual.current * share
    return Cap(
        rule="guard",
        title="Less current at lips and eye",
        level=units.write(current, "current"),
        current=current,
    )


def whole(current: float) -> float:
    """Return a current [A] rounded down to what a plan writes: whole microampere, tenths below 10."""
    step = 1e-6 if current >= 10e-6 else 1e-7
    return float(np.floor(current / step + 1e-9) * step)


def seek(wanted: Wanted, side: Side, held: tuple[Floats, tuple[Cap, ...]]) -> Sought:
    """Return the best few holds and glides of one side within its share of the sitting.

    `held`: the current of every candidate and the cap that holds it there, see `currents_of`.
    Raises `PredictionError` where nothing fits into the time.
    """
    currents, reasons = held
    weights = np.array([target.weight for target in side.targets])
    change = (wanted.stimulus.ramp.rise + wanted.stimulus.ramp.fall) / 2
    question = Question(
        served=side.served * currents[:, None] / weights,
        seconds=wanted.seconds / len(wanted.sides),
        change=change,
        shortest=SHORTEST,
        longest=wanted.intent.longest - change,
        most_holds=wanted.most_holds,
    )
    best = mixture(question)
    found = few_holds(question)
    picked = np.flatnonzero(found.times > 0)
    order = picked[np.argsort(-found.times[picked])]
    tradeoffs = [_tradeoff("the proposal", side, currents, found.times)]
    for part in _PARTS:
        for title, loads in (
            ("most selective", (side.spilled * currents)[None]),
            ("least charge on the skin", side.usage * currents),
        ):
            times = gentlest(question, loads, least=part * best.least)
            tradeoffs.append(
                _tradeoff(f"{title} at {100 * part:.0f} % of the strongest", side, currents, times)
            )
    return Sought(
        candidates=tuple(side.found.found[k] for k in order),
        chosen=tuple(_chosen(side, k, currents, found.times, reasons, question) for k in order),
        binding=_binding(question, found, reasons),
        tradeoffs=unbeaten(tradeoffs),
        strength=found.least,
        bound=best.least,
    )


def _chosen(
    side: Side, number: int, currents: Floats, times: Floats, reasons: tuple[Cap, ...], question: Question
) -> Chosen:
    one = side.found.found[number]
    return Chosen(
        first=tuple(site.name for site in one.first),
        second=tuple(site.name for site in one.second),
        seconds=float(times[number] + question.change),
        current=float(currents[number]),
        field=tuple(float(value) for value in side.served[number] * currents[number]),
        capped_by=reasons[number].rule,
    )


def _binding(question: Question, found: Answer, reasons: tuple[Cap, ...]) -> tuple[Binding, ...]:
    """What keeps the least served target from more: the time, and each limit on the current of a hold."""
    tenth = 0.1 / found.least
    gains: dict[str, tuple[Cap, float]] = {}
    for number in np.flatnonzero(found.times > 0):
        cap = reasons[number]
        part = float(found.evenness @ question.served[number]) * found.times[number] * tenth
        gains[cap.rule] = (cap, gains.get(cap.rule, (cap, 0.0))[1] + part)
    binding = [
        Binding(rule=cap.rule, title=cap.title, level=cap.level, gain=gain) for cap, gain in gains.values()
    ]
    if found.price_of_longest > 0:
        binding.append(
            Binding(rule="longest", title="Longest hold at one place",
                    level=units.write(question.longest + question.change, "time"),
                    gain=found.price_of_longest * question.longest * tenth)
        )  # fmt: skip
    if found.price_of_time > 0:
        binding.append(
            Binding(rule="time", title="Time of the sitting on this side",
                    level=units.write(question.seconds, "time"),
                    gain=found.price_of_time * question.seconds * tenth)
        )  # fmt: skip
    return tuple(sorted(binding, key=lambda one: -one.gain))


def _tradeoff(title: str, side: Side, currents: Floats, times: Floats) -> Tradeoff:
    weights = np.array([target.weight for target in side.targets])
    served = (side.served * currents[:, None]).T @ times
    spilled = float((side.spilled * currents) @ times)
    used = np.flatnonzero(times > 0)
    return Tradeoff(
        title=title,
        strength=float((served / weights).min()),
        selectivity=float(served.mean() / spilled),
        collateral=float(((side.usage * currents) @ times).max()),
        holds=int(used.size),
    )


def unbeaten(points: Sequence[Tradeoff]) -> tuple[Tradeoff, ...]:
    """Return the points that no other is at least as good as in all three, and better in one."""

    def beats(a: Tradeoff, b: Tradeoff) -> bool:
        slack = 1e-6
        pairs = ((a.strength, b.strength), (a.selectivity, b.selectivity), (-a.collateral, -b.collateral))
        no_worse = all(x >= y - slack * abs(y) for x, y in pairs)
        return no_worse and any(x > y + slack * abs(y) for x, y in pairs)

    left = [point for point in points if not any(beats(other, point) for other in points)]
    kept: list[Tradeoff] = []
    for point in left:
        alike = any(
            np.allclose(
                (point.strength, point.selectivity, point.collateral),
                (k.strength, k.selectivity, k.collateral),
                rtol=1e-3,
            )
            for k in kept
        )
        if not alike:
            kept.append(point)
    return tuple(kept)
