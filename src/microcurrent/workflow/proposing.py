"""Propose: from an intent, a body and a device to a plan that serves it best under every limit."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from microcurrent import tables, units
from microcurrent.errors import InputError, Problem, ValueRefused
from microcurrent.model import Body, Electrode, Limits, Ramp, Stimulus, shapes
from microcurrent.model.limits import Assessment
from microcurrent.model.proposal import Intent, Proposal, Target
from microcurrent.planning.bodies import BodySource, read_body
from microcurrent.planning.files import check_free, write_through
from microcurrent.planning.programs import moves
from microcurrent.planning.proposal import Proposed, Request, Wanted, propose
from microcurrent.planning.proposal.candidates import Move
from microcurrent.planning.proposal.caps import Cap
from microcurrent.planning.proposal.devices import Reach, reach_of
from microcurrent.workflow.preparing import SAMPLES, SEED
from microcurrent.workflow.workspace import Workspace

Progress = Callable[[int, int, str], None]

#: Holds and glides of a whole proposal, where nothing else is said: a person can follow so many.
STEPS = 8
#: Length [s] of the step that currents are judged by; limits on current do not depend on it.
_STEP = 60.0
#: Moves of the programs that are looked at beside all pairs of sites.
_GLIDES = ("shorten", "lengthen", "relax", "vector")
#: The target of an intent that a person must name.
_ANY = "*"


@dataclass(frozen=True, kw_only=True)
class ProposalWanted:
    """What a person asks for.

    `intent`; `body` by name or file, with its `labels`; `side`: "left", "right" or "both"; `device` by
    name, "" for none; `targets` in words ("zygomaticus major", "skin under forehead", "muscle around
    SITE"), none for those of the intent; `minutes` and largest `current` [A], None for those of the intent;
    `steps`; `probe` diameter [m]; `profiles` of limits; `do`: "any", "hold" or "glide"; `accept_warnings`;
    draws and seed of the prediction.
    """

    intent: str
    body: str
    labels: Path | None = None
    side: str = "both"
    device: str = ""
    targets: tuple[str, ...] = ()
    minutes: float | None = None
    current: float | None = None
    steps: int = STEPS
    probe: float = 12.0e-3
    profiles: tuple[str, ...] = ()
    do: str = "any"
    accept_warnings: bool = False
    author: str = ""
    samples: int = SAMPLES
    seed: int = SEED


@dataclass(frozen=True, kw_only=True)
class PlanProposed:
    """What came of it: the `proposal`, the plan `file`, its `assessment`, the intent, and what was
    taken."""

    proposal: Proposal
    file: Path
    assessment: Assessment
    intent: Intent
    notes: tuple[str, ...]


def propose_plan(
    wanted: ProposalWanted,
    file: Path,
    *,
    workspace: Workspace,
    actor: str,
    on_step: Callable[[str], None] = lambda _: None,
    on_progress: Progress | None = None,
) -> PlanProposed:
    """Write the best plan for an intent into a new file, and keep its prediction and assessment.

    Raises `InputError` for what cannot be used, for an intent that nothing is proposed for, where no plan
    keeps every limit, and where the file is there already; `PredictionError` where nothing fits into the
    time.
    """
    check_free([file], overwrite=False)
    intent = _intent(wanted.intent)
    source = read_body(wanted.body, labels=wanted.labels, base=Path(), on_step=on_step)
    output = _output(wanted, intent, source)
    profiles = tuple(dict.fromkeys((*wanted.profiles, *(output.profiles if output else ()))))
    limits = tables.limits(profiles=profiles)
    asked = _wanted(wanted, intent, source, output, limits)
    made = propose(
        asked, _request(wanted, intent), source, limits=limits,
        moves={side: _moves(asked, source, side) for side in asked.sides}, on_progress=on_progress,
    )  # fmt: skip
    write_through(file, lambda path: _write(path, made.text), overwrite=False)
    workspace.keep(made.plan, actor=actor)
    workspace.keep_fields(made.fields)
    workspace.keep(made.prediction, actor=actor)
    workspace.keep(made.assessment, actor=actor)
    notes = (*(output.notes if output else ()), *_voltage(made, output))
    return PlanProposed(
        proposal=replace(made.proposal, notes=notes), file=file, assessment=made.assessment, intent=intent,
        notes=notes,
    )  # fmt: skip


def list_intents() -> tuple[Intent, ...]:
    """Return what a treatment can be for."""
    return tuple(tables.intents().values())


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _intent(name: str) -> Intent:
    known = tables.intents()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise InputError(
            Problem(what="unknown intent", key="--intent", came=name, expected=f"one of {', '.join(known)}",
                    advice=f"Perhaps {near[0]}" if near else "")
        )  # fmt: skip
    intent = known[name]
    if intent.refusal:
        raise InputError(
            Problem(what=f"nothing is proposed for {name!r}", key="--intent", came=intent.evidence,
                    expected="an intent that a choice of sites and currents serves", advice=intent.refusal)
        )  # fmt: skip
    return intent


def _output(wanted: ProposalWanted, intent: Intent, source: BodySource) -> Reach | None:
    if not wanted.device:
        return None
    known = tables.devices()
    if wanted.device not in known:
        near = difflib.get_close_matches(wanted.device, known, n=3)
        raise InputError(
            Problem(what="unknown device", key="--device", came=wanted.device,
                    expected="a name from: microcurrent device list",
                    advice=f"Perhaps {' or '.join(near)}" if near else "")
        )  # fmt: skip
    return reach_of(known[wanted.device], intent, on_face=_sort(source.body) != "limb")


def _wanted(
    wanted: ProposalWanted, intent: Intent, source: BodySource, output: Reach | None, limits: Limits
) -> Wanted:
    frequency = output.frequency if output else intent.frequency
    ramp = limits.stop("ramp-microcurrent")
    sides = _sides(wanted.side, source.body)
    caps = [Cap(rule="intent", title=f"Usual current for {intent.name}", current=intent.current,
                level=units.write(intent.current, "current"))]  # fmt: skip
    if wanted.current is not None:
        if wanted.current <= 0:
            raise InputError(
                Problem(what="no current", key="--current", came=units.write(wanted.current, "current"),
                        expected="a current above 0 uA")
            )  # fmt: skip
        caps = [Cap(rule="asked", title="Largest current asked for", current=wanted.current,
                    level=units.write(wanted.current, "current"))]  # fmt: skip
    if output:
        caps.append(output.cap)
    diameter = (output.diameter if output else 0.0) or wanted.probe
    electrodes = (
        Electrode(name="first", shape="sphere", diameter=diameter, coupling="gel"),
        Electrode(name="second", shape="sphere", diameter=diameter, coupling="gel"),
    )
    return Wanted(
        intent=intent,
        targets=_targets(wanted, intent, source.body),
        sides=sides,
        output=tuple(caps),
        electrodes=electrodes,
        stimulus=Stimulus(
            waveform=shapes.biphasic(width=intent.pulse * intent.frequency), amplitude=1.0, duration=_STEP,
            frequency=frequency, ramp=Ramp(rise=ramp, fall=ramp),
        ),
        seconds=_seconds(wanted, intent, limits),
        most_holds=max(1, wanted.steps // len(sides)),
        kinds=_kinds(wanted.do),
        warnings=wanted.accept_warnings,
    )  # fmt: skip


def _kinds(do: str) -> tuple[str, ...]:
    known = {"any": ("hold", "glide"), "hold": ("hold",), "glide": ("glide",)}
    if do not in known:
        raise InputError(
            Problem(what="unknown kind of step", key="--do", came=do, expected=" or ".join(known))
        )
    return known[do]


def _seconds(wanted: ProposalWanted, intent: Intent, limits: Limits) -> float:
    """The time of the sitting [s], within every limit on it where the person did not ask for another."""
    usual = intent.course.minutes if intent.course else 0.0
    if wanted.minutes is not None:
        return 60.0 * wanted.minutes
    levels = [
        limit.warn if limit.warn is not None else limit.stop
        for limit in limits.limits
        if limit.quantity == "sitting time" and limit.sense == "at most"
    ]
    return min([60.0 * usual, *(level for level in levels if level is not None)])


def _moves(asked: Wanted, source: BodySource, side: str) -> tuple[Move, ...]:
    """The glides of the programs for the targets on one side; none where the body has none for a target."""
    found: list[Move] = []
    for target in asked.targets:
        try:
            placed = moves(source, target=target.name, side=side or "both", kinds=_GLIDES,
                           electrodes=asked.electrodes)  # fmt: skip
        except ValueRefused:
            continue
        found += [
            Move(first=one.first, second=one.second, seconds=one.move.seconds, share=one.move.share)
            for one in placed
            if not one.is_hold
        ]
    return tuple(found)


def _sides(side: str, body: Body) -> tuple[str, ...]:
    there = tuple(one for one in ("left", "right") if any(site.side == one for site in body.sites))
    if not there or body.kind == "slab":
        return there[:1] or ("",)
    if side == "both":
        return there
    if side not in there:
        raise InputError(
            Problem(what="no sites on this side", key="--side", came=side,
                    expected=f"one of {', '.join((*there, 'both'))}")
        )  # fmt: skip
    return (side,)


def _sort(body: Body) -> str:
    if body.kind == "slab":
        return "slab"
    return "face" if body.midline else "limb"


def _targets(wanted: ProposalWanted, intent: Intent, body: Body) -> tuple[Target, ...]:
    usual = intent.targets_on(_sort(body))
    if wanted.targets:
        tissue = usual[0].tissue if usual else ""
        return tuple(_target(words, body, tissue) for words in wanted.targets)
    if not usual or any(target.name == _ANY for target in usual):
        sites = sorted({site.name for site in body.sites})
        raise InputError(
            Problem(
                what=f"where on the body {body.name!r} {intent.name!r} is for, is not said",
                key="--target",
                expected="a site, such as --target " + repr(sites[0]) if sites else "a body with sites",
                came="nothing", advice="The sites are listed by: microcurrent body show",
            )
        )  # fmt: skip
    return usual


def _target(words: str, body: Body, tissue: str) -> Target:
    """A target from words: a muscle, "TISSUE under ZONE", "TISSUE around SITE", or a zone or site alone."""
    match = re.fullmatch(r"(?P<tissue>.+) (?P<how>under|around) (?P<name>.+)", words.strip())
    if match:
        kind = "zone" if match["how"] == "under" else "around"
        if match["tissue"] not in body.tissues:
            raise InputError(
                Problem(what="unknown tissue", key="--target", came=match["tissue"],
                        expected=f"one of {', '.join(body.tissues)}")
            )  # fmt: skip
        return Target(kind=kind, name=match["name"], tissue=match["tissue"])
    plain = {one.name for one in body.muscles} | {
        re.sub(" (left|right)$", "", m.name) for m in body.muscles
    }
    if words in plain:
        return Target(kind="muscle", name=words)
    zones = {re.sub(" (left|right)$", "", zone.name) for zone in body.zones}
    if words in zones:
        return Target(kind="zone", name=words, tissue=tissue or "skin")
    if body.find_site(words) or any(site.name.startswith(words) for site in body.sites):
        return Target(kind="around", name=words, tissue=tissue or "muscle")
    near = difflib.get_close_matches(
        words, [*sorted(plain), *zones, *(site.name for site in body.sites)], n=3
    )
    raise InputError(
        Problem(what="unknown target", key="--target", came=words,
                expected="a muscle, a zone or a site of the body, "
                'or "TISSUE under ZONE", "TISSUE around SITE"',
                advice=f"Perhaps {' or '.join(near)}" if near else "See: microcurrent body show")
    )  # fmt: skip


def _request(wanted: ProposalWanted, intent: Intent) -> Request:
    device = tables.devices()[wanted.device].title if wanted.device else "no particular device"
    return Request(
        title=f"{intent.title}, proposed", body=wanted.body, device=device, samples=wanted.samples,
        seed=wanted.seed, base=Path(), author=wanted.author,
        labels=str(wanted.labels) if wanted.labels else "",
    )  # fmt: skip


def _voltage(made: Proposed, output: Reach | None) -> tuple[str, ...]:
    """What is said where the device may not reach the voltage that the skin asks for."""
    if output is None:
        return ()
    needed = max(step.voltage.high for step in made.prediction.exposure.steps)
    if needed <= output.compliance:
        return ()
    return (
        f"At the worse end of the interval the skin asks for {units.write(needed, 'voltage')}; the device "
        f"reaches {units.write(output.compliance, 'voltage')} and then gives less than proposed.",
    )
