"""The landmark file: landmarks of a scan or image as found, for a person to correct by hand.

::

    title = "walt-head.obj"
    unit = "4.053 mm"                    # length of one unit of the file; leave it out if unknown
    [landmarks]                          # in the coordinates of the scan's own file
    "pronasale" = [0.1, 46.2, 26.0]
    "menton" = ["1.2 mm", "120 mm", "85 mm"]
    [found]                              # what the finder is not sure of; not read back
    "cheilion left" = { at = [-6.1, 41.0, 18.2], confidence = 0.4 }

Coordinates are those of the file itself, so that a place picked in any viewer can be typed in as it stands
there. Plain numbers are in the unit of the file; text with a unit is divided by `unit`. Landmarks under
[landmarks] are taken exactly. The finder writes its draft under [found]: move a line up to hold it.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from microcurrent.errors import BodyError, InputError, Problem
from microcurrent.model.body import Point
from microcurrent.planning.toml_file import TomlFile, read_toml
from microcurrent.units import read, write

_KEYS = ("title", "unit", "landmarks", "found")
#: No unit of a file is shorter or longer [m].
_UNIT_RANGE = (1e-7, 100.0)


@dataclass(frozen=True, kw_only=True)
class LandmarkFile:
    """`landmarks`: places (3,) that a person set, in the coordinates and unit of the file they belong to;
    `unit`: length [m] of that unit, or None."""

    landmarks: dict[str, Point]
    unit: float | None = None
    title: str = ""


def landmarks_beside(path: Path) -> Path:
    """Return where the landmark file of a scan or image is looked for: head.obj -> head.landmarks.toml."""
    name = path.name
    for ending in (".gz", *path.suffixes[-1:], ".nii"):
        if name.lower().endswith(ending.lower()):
            name = name[: -len(ending)]
    return path.with_name(f"{name}.landmarks.toml")


def read_landmark_file(path: Path, *, known: Collection[str]) -> LandmarkFile:
    """Return the landmarks in a TOML file; `known`: the names there are.

    Raises `BodyError` that lists every problem with its line.
    """
    return _Reader(read_toml(path, error=BodyError), tuple(known)).read()


def draft(title: str, found: Mapping[str, tuple[Point, float]], *, unit: float | None) -> str:
    """Return the text of a landmark file with every landmark `found`: its place, in the coordinates and
    unit of the scan's own file, and its confidence; `unit`: length [m] of that unit, where it is known."""
    quoted = title.replace("\\", "\\\\").replace('"', '\\"')
    lines = [
        "# Landmarks as they were found. To correct one, write its place under [landmarks], in the",
        "# coordinates of the scan's own file; it is then taken exactly. The others are found again.",
        "",
        f'title = "{quoted}"',
    ]
    if unit is not None:
        lines.append(f'unit = "{1e3 * unit:.6g} mm"')
    lines += ["", "[landmarks]", "", "[found]"]
    for name, (place, confidence) in sorted(found.items(), key=lambda item: item[1][1]):
        at = ", ".join(f"{float(coordinate):.7g}" for coordinate in place)
        lines.append(f'"{name}" = {{ at = [{at}], confidence = {confidence:.2f} }}')
    return "\n".join(lines) + "\n"


@dataclass
class _Reader:
    """One reading of a file: what was found wrong so far."""

    file: TomlFile
    known: tuple[str, ...]
    problems: list[Problem] = field(default_factory=list)

    def read(self) -> LandmarkFile:
        for key in self.file.data:
            if key not in _KEYS:
                self._wrong((key,), "unknown key", "one of " + ", ".join(_KEYS), key, _close(key, _KEYS))
        unit = self._unit()
        title = self.file.data.get("title", "")
        if not isinstance(title, str):
            self._wrong(("title",), "not understood", "text", title)
        landmarks = self._landmarks(unit)
        if self.problems:
            raise BodyError(*self.problems)
        return LandmarkFile(landmarks=landmarks, unit=unit, title=title)

    def _wrong(
        self, key: tuple[str | int, ...], what: str, expected: str, came: object, advice: str = ""
    ) -> None:
        shown = came if isinstance(came, str) else repr(came)
        self.problems.append(self.file.problem(key, what, expected=expected, came=shown, advice=advice))

    def _unit(self) -> float | None:
        if "unit" not in self.file.data:
            return None
        given = self.file.data["unit"]
        # "mm" alone is one of them.
        value = self._length(("unit",), f"1 {given}" if str(given).isalpha() else given)
        if value is not None and not _UNIT_RANGE[0] <= value <= _UNIT_RANGE[1]:
            expected = "the length of one unit of the file, " + " to ".join(
                write(end, "length") for end in _UNIT_RANGE
            )
            self._wrong(("unit",), "not a unit of a file", expected, self.file.data["unit"])
            return None
        return value

    def _landmarks(self, unit: float | None) -> dict[str, Point]:
        entries = self.file.data.get("landmarks", {})
        if not isinstance(entries, dict):
            self._wrong(("landmarks",), "not a table", "[landmarks] with entries", entries)
            return {}
        result: dict[str, Point] = {}
        for name, value in entries.items():
            at = ("landmarks", name)
            if name not in self.known:
                expected = "one of " + ", ".join(sorted(self.known))
                self._wrong(at, "unknown landmark", expected, name, _close(name, self.known))
                continue
            place = self._place(at, value, unit)
            same = next((other for other, there in result.items() if there == place), None)
            if same is not None:
                self._wrong(at, "two landmarks at one place", "each its own place", f"that of {same}")
            elif place is not None:
                result[name] = place
        return result

    def _place(self, at: tuple[str, ...], value: object, unit: float | None) -> Point | None:
        if isinstance(value, dict) and set(value) <= {"at", "confidence"} and "at" in value:
            # A line moved up from [found] is meant as it stands there.
            value = value["at"]
        if not isinstance(value, list) or len(value) != 3:
            example = 'three numbers such as [0.1, 46.2, 26.0], or lengths such as ["1 mm", "2 mm", "3 mm"]'
            self._wrong(at, "not a place", example, value)
            return None
        x, y, z = (self._coordinate((*at, index), part, unit) for index, part in enumerate(value))
        return None if x is None or y is None or z is None else (x, y, z)

    def _coordinate(self, at: tuple[str | int, ...], value: Any, unit: float | None) -> float | None:
        if isinstance(value, int | float) and not isinstance(value, bool):
            if math.isfinite(value):
                return float(value)
            self._wrong(at, "not a place", "a finite number", value)
            return None
        length = self._length(at, value)
        if length is not None and unit is None:
            self._wrong(
                at, "a length in a file whose unit is not known", "a number in the unit of the file", value,
                'Write unit = "1 mm" at the top if the file is in millimetre',
            )  # fmt: skip
            return None
        return None if length is None or unit is None else length / unit

    def _length(self, at: tuple[str | int, ...], value: Any) -> float | None:
        try:
            return read(value, "length")
        except InputError as refused:
            for problem in refused.problems:
                self._wrong(at, problem.what, problem.expected, problem.came, problem.advice)
            return None


def _close(word: str, known: Collection[str]) -> str:
    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f'Perhaps "{by_lower[found[0]]}" is meant' if found else ""
