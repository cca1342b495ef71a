"""Programs, one file each; the systems that they belong to; lore."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from typing import Any

from microcurrent.errors import TableError
from microcurrent.model.course import Schedule
from microcurrent.model.electrode import Electrode
from microcurrent.model.envelope import Polarity, Ramp, Surge
from microcurrent.model.plan import MODES
from microcurrent.model.program import Evidence, Lore, Program, ProgramCurrent, ProgramStep, TherapySystem
from microcurrent.tables.materials import read_references
from microcurrent.tables.moves import flag, optional, read_session_phases, word
from microcurrent.tables.rows import CONFIDENCES, PROGRAM_FILES, Row, each_once, kinds_only, parse, rows

_SYSTEMS, _LORE = "systems.toml", "lore.toml"
_MARKS = ("source", "confidence", "note")
_KINDS = ("program", "electrode", "current", "step", "course")
_RANGES = ("waveform", "amplitude", "timing", "pulse", "net_direct", "practice")
_PROGRAM_KEYS = (
    "name", "title", "system", "mode", "intent", "users", "bodies", "level", "grade", "evidence", "minutes",
    "in_turn", "guards", *_MARKS,
)  # fmt: skip
_CURRENT_KEYS = (
    "name", "system", "waveform", "current", "frequency", "pulse", "gap", "ratio", "rise", "pulses", "fill",
    "offset", "ramp", "surge", "polarity", *_MARKS,
)  # fmt: skip


def read_programs(folder: Traversable) -> dict[str, Program]:
    """Return every program by its name, in the order of the alphabet."""
    references = tuple(read_references(folder))
    systems = tuple(row.text("name") for row in rows(folder, _SYSTEMS, "system", naming=("name",)))
    phases = tuple(phase.name for phase in read_session_phases(folder) if phase.with_current)
    programs: dict[str, Program] = {}
    for file in PROGRAM_FILES:
        program = _Reader(folder, file, references, systems, phases).program()
        if f"programs/{program.name}.toml" != file:
            raise TableError(
                f"{file}: row [[program]] 1: name: expected that of the file, came {program.name!r}."
            )
        programs[program.name] = program
    return programs


class _Reader:
    """One file of a program and what its rows may name."""

    def __init__(
        self, folder: Traversable, file: str, references: tuple[str, ...], *known: tuple[str, ...]
    ) -> None:
        self.folder, self.file, self.references = folder, file, references
        self.systems, self.phases = known
        kinds_only(folder, file, _KINDS)
        self.has_course = "course" in parse(folder, file)

    def rows(self, kind: str, naming: tuple[str, ...], keys: tuple[str, ...]) -> tuple[Row, ...]:
        """Return the rows of a kind, their keys, sources and marks checked."""
        found = rows(self.folder, self.file, kind, naming=naming)
        for row in found:
            row.only(keys).sources(self.references)
            row.word("confidence", CONFIDENCES)
        return found

    def program(self) -> Program:
        """Return the program."""
        heads = self.rows("program", ("name",), _PROGRAM_KEYS)
        if len(heads) != 1:
            raise TableError(f"{self.file}: row [[program]]: expected one, came {len(heads)}.")
        row = heads[0]
        evidence = row.made(Evidence, level=row.content.get("level"), grade=row.text("grade"),
                            sentence=row.text("evidence"))  # fmt: skip
        made: Program = row.made(
            Program, name=row.text("name"), title=row.text("title"),
            system=row.word("system", self.systems), mode=row.word("mode", MODES),
            intent=row.text("intent"), users=row.words("users"),
            bodies=row.words("bodies"), evidence=evidence, electrodes=self._electrodes(),
            currents=self._currents(), steps=self._steps(), source=row.sources(self.references),
            confidence=row.confidence(), duration=optional(row, "minutes", "time") or 0.0,
            in_turn=flag(row, "in_turn"), guards=row.words("guards"), course=self._course(),
            note=word(row, "note"),
        )  # fmt: skip
        return made

    def _electrodes(self) -> tuple[Electrode, ...]:
        sizes = ("diameter", "width", "height", "length")
        found = self.rows(
            "electrode", ("name",), ("name", "shape", "coupling", "material", *sizes, *_MARKS)
        )
        if len(found) != 2:
            raise found[0].broken("name", f"expected two electrodes, came {len(found)}")
        return tuple(
            row.made(Electrode, name=row.text("name"), shape=row.text("shape"),
                     coupling=row.text("coupling"), material=row.text("material", "stainless steel"),
                     **{size: optional(row, size, "length") for size in sizes})
            for row in found
        )  # fmt: skip

    def _currents(self) -> tuple[ProgramCurrent, ...]:
        found = self.rows("current", ("name",), _CURRENT_KEYS)
        each_once(found, ("name",))
        return tuple(
            row.made(
                ProgramCurrent, name=row.text("name"), system=row.text("system"),
                waveform=row.text("waveform"), amplitude=row.quantity("current", "current"),
                frequency=optional(row, "frequency", "frequency") or 0.0,
                **{key: optional(row, key, "time") for key in ("pulse", "gap", "rise")},
                **{key: row.content.get(key) for key in ("ratio", "pulses", "fill")},
                offset=optional(row, "offset", "current") or 0.0, ramp=_ramp(row),
                surge=_slow(row, "surge", Surge),
                polarity=_slow(row, "polarity", Polarity, mode="alternating"),
                source=row.sources(self.references), confidence=row.confidence(), note=word(row, "note"),
            )
            for row in found
        )  # fmt: skip

    def _steps(self) -> tuple[ProgramStep, ...]:
        keys = ("phase", "kinds", "current", "active", "share", "seconds", "passes", *_MARKS)
        return tuple(
            row.made(
                ProgramStep, phase=row.word("phase", self.phases), kinds=row.words("kinds"),
                current=row.text("current"), active=word(row, "active"),
                share=optional(row, "share", "fraction") or 0.0, seconds=optional(row, "seconds", "time"),
                passes=row.content.get("passes"),
            )
            for row in self.rows("step", ("phase",), keys)
        )  # fmt: skip

    def _course(self) -> Schedule | None:
        if not self.has_course:
            return None
        keys = ("sittings", "per_week", "minutes", "maintenance")
        row = self.rows("course", (), (*keys, *_MARKS))[0]
        course: Schedule = row.made(
            Schedule, **{key: row.content[key] for key in keys if key in row.content}
        )
        return course


def _ramp(row: Row) -> Ramp | None:
    value = optional(row, "ramp", "time")
    return None if value is None else Ramp(rise=value, fall=value)


def _slow(row: Row, key: str, noun: type, **more: str) -> Any:
    """A table of times [s] such as a surge, or None where the key is absent."""
    if key not in row.content:
        return None
    content = row.content[key]
    if not isinstance(content, dict):
        raise row.broken(key, f"expected a table of times, came {content!r}")
    inner = Row(file=row.file, name=f"{row.name} {key}", content=content)
    return inner.made(noun, **more, **{name: inner.quantity(name, "time") for name in content})


def read_systems(folder: Traversable) -> dict[str, TherapySystem]:
    """Return every system by its name; each names programs that there are, or says why there is none."""
    references, programs = tuple(read_references(folder)), read_programs(folder)
    kinds_only(folder, _SYSTEMS, ("system",))
    found = rows(folder, _SYSTEMS, "system", naming=("name",))
    each_once(found, ("name",))
    systems = {}
    for row in found:
        row.only(("name", "title", *_RANGES, "programs", "reason", *_MARKS))
        systems[row.text("name")] = row.made(
            TherapySystem, name=row.text("name"), title=row.text("title"),
            programs=row.words("programs", programs), reason=word(row, "reason"),
            source=row.sources(references), confidence=row.confidence(), note=word(row, "note"),
            **{key: row.text(key) for key in _RANGES},
        )  # fmt: skip
    return systems


def read_lore(folder: Traversable) -> tuple[Lore, ...]:
    """Return rules of the trade about frequencies: level 5, for showing alone."""
    references, systems = tuple(read_references(folder)), tuple(read_systems(folder))
    kinds_only(folder, _LORE, ("lore",))
    found = rows(folder, _LORE, "lore", naming=("name",))
    each_once(found, ("name",))
    return tuple(
        row.only(("name", "systems", "claim", "finding", "level", "source", "confidence")).made(
            Lore, name=row.text("name"), systems=row.words("systems", systems), claim=row.text("claim"),
            finding=row.text("finding"), level=row.content.get("level"), source=row.sources(references),
            confidence=row.confidence(),
        )
        for row in found
    )  # fmt: skip
