"""Read a plan file: text -> entries -> Plan, with every problem found and its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path as FilePath
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from microcurrent import __version__
from microcurrent.errors import InputError, PlanError, Problem, ValueRefused
from microcurrent.model.body import Site
from microcurrent.model.course import Schedule
from microcurrent.model.electrode import Electrode
from microcurrent.model.plan import Plan, Step
from microcurrent.physics.bodies.placing import FARTHEST
from microcurrent.planning.bodies import BodySource, OnStep, read_body
from microcurrent.planning.planfile.entries import STEPS, GlideEntry, HeadEntry, HoldEntry
from microcurrent.planning.planfile.messages import problems_of, problems_of_noun, shown, suggestion
from microcurrent.planning.planfile.steps import Sites, step_of
from microcurrent.planning.toml_file import TomlFile, read_toml

METHODS = f"microcurrent {__version__}"
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


def read_plan(path: FilePath, *, on_step: OnStep = lambda _: None) -> tuple[Plan, BodySource]:
    """Return the plan in a file and the body it is for; `on_step` is told what is done while it is built.

    Raises `PlanError` with every problem found: each names file, line, key, what was expected and
    what came; `BodyError` where the body itself cannot be read.
    """
    return plan_of(read_toml(path), base=path.parent, on_step=on_step)


def plan_of(file: TomlFile, *, base: FilePath, on_step: OnStep = lambda _: None) -> tuple[Plan, BodySource]:
    """Return the plan in parsed TOML; body files are looked for in the folder `base`."""
    problems: list[Problem] = []
    head = _checked(HeadEntry, file.data, file, (), problems)
    entries = _step_entries(file, problems)
    if head is None:
        raise PlanError(*problems)
    source = _body(head, file, base, on_step)
    electrodes = {
        name: made
        for name, entry in head.electrode.items()
        if (
            made := _made(
                lambda n=name, e=entry: Electrode(name=n, **e.model_dump()),  # type: ignore[misc]
                file,
                ("electrode", name),
                problems,
            )
        )
    }
    own = _own_sites(head, source, file, problems)
    sites = Sites(source=source, own=own, electrodes=electrodes)
    if problems:
        raise PlanError(*problems)
    steps = _steps(entries, file, sites, tuple(electrodes), problems)
    if problems:
        raise PlanError(*problems)
    _check_overlaps(steps, file, problems)
    if problems:
        raise PlanError(*problems)
    course = Schedule(**head.course.model_dump()) if head.course else None
    plan = _made(
        lambda: Plan(
            title=head.title,
            body=source.body.name,
            body_content=source.body.content,
            intent=head.intent,
            mode=head.mode,
            author=head.author,
            electrodes=tuple(electrodes.values()),
            steps=tuple(steps),
            sites=sites.used,
            course=course,
            methods=METHODS,
        ),
        file,
        (),
        problems,
    )
    if plan is None:
        raise PlanError(*problems)
    return plan, source


def _checked(
    model: type[M], data: object, file: TomlFile, at: tuple[str | int, ...], problems: list[Problem]
) -> M | None:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems.extend(problems_of(error, model, file=file, at=at))
        return None


def _made(
    make: Callable[[], T], file: TomlFile, at: tuple[str | int, ...], problems: list[Problem]
) -> T | None:
    try:
        return make()
    except ValueRefused as refused:
        problems.extend(problems_of_noun(refused, file, at))
        return None


def _step_entries(file: TomlFile, problems: list[Problem]) -> list[tuple[int, HoldEntry | GlideEntry]]:
    """Check each step against the kind that its `do` and `system` name."""
    raw = file.data.get("step")
    entries: list[tuple[int, HoldEntry | GlideEntry]] = []
    for index, step in enumerate(raw if isinstance(raw, list) else []):
        at = ("step", index)
        if not isinstance(step, dict):
            problems.append(file.problem(at, "not a step", expected="a table [[step]]", came=shown(step)))
            continue
        known = True
        for key, words in (("do", ("hold", "glide")), ("system", ("galvanic", "faradic"))):
            if step.get(key) not in words:
                known = False
                came = shown(step[key]) if key in step else "nothing"
                problems.append(
                    file.problem(
                        (*at, key),
                        "missing" if key not in step else "not one of the known words",
                        expected="one of " + ", ".join(words),
                        came=came,
                    )
                )
        if known:
            entry = _checked(STEPS[step["do"], step["system"]], step, file, at, problems)
            if entry is not None:
                entries.append((index, entry))
    return entries


def _body(head: HeadEntry, file: TomlFile, base: FilePath, on_step: OnStep) -> BodySource:
    try:
        return read_body(head.body, labels=head.labels or None, base=base, on_step=on_step)
    except InputError as refused:
        line, key = file.line(("body",)), "body"
        placed = [
            p
            if p.file
            else Problem(
                what=p.what,
                expected=p.expected,
                came=p.came,
                advice=p.advice,
                file=file.name,
                line=line,
                key=p.key or key,
            )
            for p in refused.problems
        ]
        raise type(refused)(*placed) from refused


def _own_sites(
    head: HeadEntry, source: BodySource, file: TomlFile, problems: list[Problem]
) -> tuple[Site, ...]:
    """Return the sites that the plan file itself gives, two coordinates on a slab, else three."""
    body = source.body
    wanted = 2 if body.kind == "slab" else 3
    own = []
    for name, coordinates in head.sites.items():
        at = ("sites", name)
        if len(coordinates) != wanted:
            problems.append(
                file.problem(
                    at,
                    "wrong number of coordinates",
                    expected=f"{wanted} lengths",
                    came=str(len(coordinates)),
                )
            )
            continue
        if body.find_site(name):
            problems.append(
                file.problem(
                    at, "the body already has a site of this name", expected="a new name", came=name
                )
            )
            continue
        position = (*coordinates, 0.0) if wanted == 2 else tuple(coordinates)
        site = _made(
            lambda n=name, p=position: Site(name=n, position=p, source="plan file"),  # type: ignore[misc]
            file,
            at,
            problems,
        )
        if site:
            own.append(site)
            problems += _off_skin(site, source, file, at)
    return tuple(own)


def _off_skin(site: Site, source: BodySource, file: TomlFile, at: tuple[str, ...]) -> list[Problem]:
    """The problem of a site that is no place on the skin, if it is none."""
    away = source.off_skin(site.position)
    if away <= FARTHEST:
        return []
    return [
        file.problem(
            at,
            "the site does not lie on the skin of the body",
            expected=f"at most {1e3 * FARTHEST:g} mm from it",
            came=f"{1e3 * away:.3g} mm",
            advice="Check its coordinates, their unit and sign on a picture of the body",
        )
    ]


def _steps(
    entries: list[tuple[int, HoldEntry | GlideEntry]],
    file: TomlFile,
    sites: Sites,
    electrodes: tuple[str, ...],
    problems: list[Problem],
) -> list[Step]:
    steps: list[Step] = []
    clock = 0.0
    for index, entry in entries:
        at = ("step", index)
        names = _electrodes_named(entry)
        unknown = [(key, name) for key, name in names if name not in electrodes]
        for key, name in unknown:
            problems.append(
                file.problem(
                    (*at, *key),
                    "unknown electrode",
                    expected="an [electrode.NAME] of this plan",
                    came=name,
                    advice=suggestion(name, electrodes),
                )
            )
        if unknown:
            continue
        try:
            step = step_of(entry, index, clock=clock, sites=sites)
        except PlanError as refused:  # raised with keys relative to the step
            for p in refused.problems:
                key = tuple(p.key.split(".")) if p.key else ()
                problems.append(
                    file.problem((*at, *key), p.what, expected=p.expected, came=p.came, advice=p.advice)
                )
            continue
        except ValueRefused as refused:
            problems.extend(problems_of_noun(refused, file, at))
            continue
        steps.append(step)
        clock = step.stop
    return steps


def _electrodes_named(entry: HoldEntry | GlideEntry) -> list[tuple[tuple[str | int, ...], str]]:
    named: list[tuple[tuple[str | int, ...], str]] = []
    for key in ("anode", "cathode", "fixed", "moving"):
        part = getattr(entry, key, None)
        if part is not None:
            named.append(((key, "electrode"), part.electrode))
    for index, part in enumerate(getattr(entry, "between", None) or []):
        named.append((("between", index, "electrode"), part.electrode))
    return named


def _check_overlaps(steps: list[Step], file: TomlFile, problems: list[Problem]) -> None:
    """One channel: steps come one after another, and an electrode is in one step at a time."""
    ordered = sorted(steps, key=lambda s: s.start)
    for before, after in zip(ordered, ordered[1:], strict=False):
        if after.start < before.stop - 1e-9:
            shared = sorted(set(before.electrodes) & set(after.electrodes))
            pair = f"steps {before.number} and {after.number}"
            what = f'{pair} use electrode "{shared[0]}" at once'
            if not shared:
                what = f"{pair} overlap; this version delivers one channel"
            problems.append(
                file.problem(
                    ("step", after.number - 1, "start"),
                    what,
                    expected=f"a start at or after {before.stop:g} s",
                    came=f"{after.start:g} s",
                    advice="Leave start out to follow the step before",
                )
            )
    if not problems and ordered != steps:
        problems.append(
            file.problem(
                ("step",),
                "steps are out of order",
                expected="steps in order of their start",
                came=", ".join(f"{s.start:g} s" for s in steps),
            )
        )
