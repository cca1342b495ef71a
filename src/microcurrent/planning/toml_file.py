"""Read a TOML file and remember the line of every key, so that a message can name it.

`tomllib` gives the values; the tree-sitter grammar of TOML gives the lines.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tree_sitter
import tree_sitter_toml

from microcurrent.errors import InputError, PlanError, Problem

Key = tuple[str | int, ...]

#: Larger files are refused: no plan, map or list of answers comes near, a wrong file may.
LARGEST_FILE = 1_000_000

#: Characters that steer a terminal or turn text around, so that a person agrees to what is not there;
#: only the line feed and the tab are in use.
_UNSEEN = {*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)} - {9, 10}


@dataclass(frozen=True, kw_only=True)
class TomlFile:
    """The `data` of a file called `name`, and the line of each key."""

    name: str
    data: dict[str, Any]
    lines: dict[Key, int]

    def line(self, key: Key) -> int | None:
        """Return the line (from 1) of a key, or of the nearest key around it that has one."""
        for length in range(len(key), 0, -1):
            if key[:length] in self.lines:
                return self.lines[key[:length]]
        return None

    def problem(
        self, key: Key, what: str, *, expected: str = "", came: str = "", advice: str = ""
    ) -> Problem:
        """Return a problem with this file's name and the line and name of `key`."""
        return Problem(
            what=what,
            expected=expected,
            came=came,
            advice=advice,
            file=self.name,
            line=self.line(key),
            key=written(key),
        )


def written(key: Key) -> str:
    """Return a key as a person would write it: ``step 2 . anode . at`` (steps counted from 1)."""
    words: list[str] = []
    for part in key:
        if isinstance(part, int):
            words[-1:] = [f"{words[-1]} {part + 1}"] if words else [str(part + 1)]
        else:
            words.append(part)
    return ".".join(words)


def read_toml(path: Path, *, error: type[InputError] = PlanError) -> TomlFile:
    """Return the content of a TOML file.

    Raises `error` where it cannot be opened, is too large, is not UTF-8 or is not TOML, or holds a
    control character.
    """
    name = str(path)
    try:
        if path.is_dir():
            raise error(Problem(what="this is a folder", expected="a TOML file", file=name))
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise error(
                Problem(
                    what="the file is too large",
                    file=name,
                    came=f"{size} bytes",
                    expected=f"at most {LARGEST_FILE} bytes",
                )
            )
        raw = path.read_bytes()
    except FileNotFoundError as missing:
        raise error(
            Problem(what="there is no such file", file=name, advice="Check the name and the folder")
        ) from missing
    except (OSError, ValueError) as trouble:  # ValueError: a null character in the name
        raise error(Problem(what=f"the file cannot be opened ({trouble})", file=name)) from trouble
    return parse_toml(raw, name, error=error)


def parse_toml(raw: bytes, name: str, *, error: type[InputError] = PlanError) -> TomlFile:
    """Return the content of TOML text; see `read_toml`."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as bad:
        line = raw[: bad.start].count(b"\n") + 1
        raise error(
            Problem(
                what="not UTF-8 text",
                file=name,
                line=line,
                expected="a plain text file",
                came=f"byte 0x{raw[bad.start]:02x}",
                advice="Save the file as UTF-8",
            )
        ) from bad
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as bad:
        line, what = _line_of(bad, text)
        raise error(
            Problem(
                what=f"not valid TOML ({what})",
                file=name,
                line=line,
                advice='Write key = "value"; text and quantities stand in quotes',
            )
        ) from bad
    file = TomlFile(name=name, data=data, lines=_lines(raw))
    unseen = [
        file.problem(
            key,
            "a character that cannot be seen",
            expected="text without control characters",
            came=ascii(text),
        )
        for key, text in _texts(data, ())
        if any(ord(character) in _UNSEEN for character in text)
    ]
    if unseen:
        raise error(*unseen)
    return file


def _texts(value: Any, key: Key) -> Iterator[tuple[Key, str]]:
    """Yield every text in a table, the names of its keys included, and where it stands."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield key, name
            yield from _texts(inner, (*key, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*key, index))


def _line_of(bad: Exception, text: str) -> tuple[int, str]:
    message = str(bad) or type(bad).__name__
    what, _, place = message.partition(" (at ")
    digits = place.removeprefix("line ").split(",")[0]
    return (int(digits) if digits.isdigit() else text.count("\n") + 1), what


def _lines(raw: bytes) -> dict[Key, int]:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))
    root = parser.parse(raw).root_node
    found: dict[Key, int] = {}
    counts: dict[Key, int] = {}
    for node in root.named_children:
        if node.type == "pair":
            found.update(_pair(node, ()))
        elif node.type in ("table", "table_array_element"):
            prefix = _resolve(_key(node.named_children[0]), counts, node.type == "table_array_element")
            found.setdefault(prefix, node.start_point[0] + 1)
            for child in node.named_children[1:]:
                if child.type == "pair":
                    found.update(_pair(child, prefix))
    return found


def _resolve(key: tuple[str, ...], counts: dict[Key, int], element: bool) -> Key:
    """Put the index of the newest element after each array of tables in the key."""
    resolved: Key = ()
    for position, part in enumerate(key):
        resolved = (*resolved, part)
        if element and position == len(key) - 1:
            counts[resolved] = counts.get(resolved, -1) + 1
        if resolved in counts:
            resolved = (*resolved, counts[resolved])
    return resolved


def _pair(node: tree_sitter.Node, prefix: Key) -> Iterator[tuple[Key, int]]:
    key = (*prefix, *_key(node.named_children[0]))
    yield key, node.start_point[0] + 1
    yield from _value(node.named_children[-1], key)


def _value(node: tree_sitter.Node, key: Key) -> Iterator[tuple[Key, int]]:
    if node.type == "inline_table":
        for child in node.named_children:
            if child.type == "pair":
                yield from _pair(child, key)
    elif node.type == "array":
        for index, child in enumerate(c for c in node.named_children if c.type != "comment"):
            yield (*key, index), child.start_point[0] + 1
            yield from _value(child, (*key, index))


def _key(node: tree_sitter.Node) -> tuple[str, ...]:
    if node.type == "dotted_key":
        return tuple(part for child in node.named_children for part in _key(child))
    text = (node.text or b"").decode()
    return (text[1:-1],) if node.type == "quoted_key" else (text,)
