"""Plans: what was chosen as the text of a plan file, and one candidate as a plan to look numbers up for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from microcurrent.model import Electrode, Plan, Site, Step, Stimulus
from microcurrent.model.course import Schedule
from microcurrent.model.plan import Placement
from microcurrent.model.proposal import Chosen
from microcurrent.planning.bodies import BodySource
from microcurrent.planning.proposal.candidates import Candidate


def plan_of_one(
    source: BodySource, candidate: Candidate, *, probes: tuple[tuple[Electrode, Electrode], Stimulus]
) -> Plan:
    """Return a plan of one hold at the first sites of a candidate: what its figures rest on is the same."""
    electrodes, stimulus = probes
    sites = candidate.first[0], candidate.second[0]
    anode, cathode = (
        Placement(electrode=electrode.name, site=site.name)
        for electrode, site in zip(electrodes, sites, strict=True)
    )
    step = Step(number=1, system="faradic", stimulus=stimulus, anode=anode, cathode=cathode, start=0.0)
    return Plan(
        title="candidate", intent="candidate", body=source.body.name, body_content=source.body.content,
        electrodes=electrodes, steps=(step,), sites=sites,
    )  # fmt: skip


def plan_text(
    head: dict[str, str],
    remarks: Iterable[str],
    chosen: Sequence[tuple[Candidate, Chosen]],
    *,
    probes: tuple[Sequence[Electrode], Stimulus],
    course: Schedule,
    known: Iterable[str],
) -> str:
    """Return the text of a plan file.

    `head`: title, body, intent and author; `remarks`: comments at its top; `probes`: the electrodes and the
    stimulus of every step; `known`: names of sites that the body has, any other is written out with its
    coordinates.
    """
    electrodes, stimulus = probes
    lines = [f"# {remark}" for remark in remarks]
    lines += [f"{key} = {_quoted(value)}" for key, value in head.items() if value]
    lines += _sites(chosen, set(known))
    for electrode in electrodes:
        lines += ["", f"[electrode.{electrode.name}]", *_electrode(electrode)]
    for candidate, one in chosen:
        lines += ["", "[[step]]", *_step(candidate, one, electrodes, stimulus)]
    lines += ["", "[course]", f"sittings = {course.sittings}", f"per_week = {course.per_week:g}",
              f"minutes = {course.minutes:g}", f"maintenance = {_quoted(course.maintenance)}"]  # fmt: skip
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _length(value: float) -> str:
    return _quoted(f"{1e3 * value:.6g} mm")


def _time(value: float) -> str:
    return _quoted(f"{value:.6g} s")


def _sites(chosen: Sequence[tuple[Candidate, Chosen]], known: set[str]) -> list[str]:
    own: dict[str, Site] = {
        site.name: site
        for candidate, _ in chosen
        for site in (*candidate.first, *candidate.second)
        if site.name not in known
    }
    if not own:
        return []
    rows = [
        f"{_quoted(name)} = ["
        + ", ".join(_quoted(f"{1e3 * value:.3f} mm") for value in site.position)
        + "]"
        for name, site in own.items()
    ]
    return ["", "[sites]", *rows]


def _electrode(electrode: Electrode) -> list[str]:
    lines = [f"shape = {_quoted(electrode.shape)}"]
    lines += [
        f"{size} = {_length(value)}"
        for size in ("diameter", "width", "height", "length")
        if (value := getattr(electrode, size)) is not None
    ]
    return [
        *lines,
        f"material = {_quoted(electrode.material)}",
        f"coupling = {_quoted(electrode.coupling)}",
    ]


def _step(
    candidate: Candidate, one: Chosen, electrodes: Sequence[Electrode], stimulus: Stimulus
) -> list[str]:
    glides = candidate.seconds > 0
    names = [electrode.name for electrode in electrodes]
    lines = [
        f"title = {_quoted(' - '.join(candidate.words))}",
        f"do = {_quoted('glide' if glides else 'hold')}",
        'system = "faradic"',
        f"waveform = {_quoted(stimulus.waveform.name)}",
        f"current = {_quoted(f'{1e6 * one.current:.6g} uA')}",
        f"frequency = {_quoted(f'{stimulus.frequency:.6g} Hz')}",
    ]
    if stimulus.waveform.name == "biphasic":
        lines.append(f"pulse = {_quoted(f'{1e6 * pulse_of(stimulus):.6g} us')}")
    lines.append(f"ramp = {_time(stimulus.ramp.rise)}")
    parts = [
        _part(name, sites) for name, sites in zip(names, (candidate.first, candidate.second), strict=True)
    ]
    if not glides:
        return [*lines, f"duration = {_time(one.seconds)}", f"between = [ {', '.join(parts)} ]"]
    lines += [f"speed = {_quoted(f'{1e3 * candidate.length / candidate.seconds:.6g} mm/s')}",
              f"passes = {passes_of(candidate, one.seconds)}"]  # fmt: skip
    if len(candidate.first) == 1 or len(candidate.second) == 1:
        keys = ("fixed", "moving") if len(candidate.first) == 1 else ("moving", "fixed")
    else:
        keys = ("anode", "cathode")
    return [*lines, *(f"{key} = {part}" for key, part in zip(keys, parts, strict=True))]


def _part(electrode: str, sites: Sequence[Site]) -> str:
    where = f"at = {_quoted(sites[0].name)}"
    if len(sites) > 1:
        where = f"along = [{', '.join(_quoted(site.name) for site in sites)}]"
    return f"{{ electrode = {_quoted(electrode)}, {where} }}"


def pulse_of(stimulus: Stimulus) -> float:
    """Return the length [s] of the first pulse of a rectangular waveform."""
    first = stimulus.waveform.pieces[0]
    return (first.stop - first.start) / stimulus.frequency


def passes_of(candidate: Candidate, seconds: float) -> int:
    """Return how many whole passes of a glide fit into a time [s], at least one."""
    return max(1, int(seconds / candidate.seconds + 1e-9))
