"""Nothing that a person can read says what the evidence does not: pages, helps, messages and tables."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest
import typer

from microcurrent import tables
from microcurrent.cli.app import app
from microcurrent.errors import ValueRefused
from microcurrent.model.wording import ForbiddenWord

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "microcurrent"
#: Keys of tables that quote others, and those of the list itself.
QUOTING = {"claim", "pattern", "example"}
PAGES = (".md", ".html", ".j2", ".typ", ".toml", ".txt", ".py")


def texts_of_code(path):
    """Every text in a module: what it says, what it is asked, its docstrings; parts of an f-string together."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        if isinstance(node, ast.JoinedStr):
            yield "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)


def texts_of_table(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in QUOTING:
                yield from texts_of_table(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of_table(inner)
    elif isinstance(value, str):
        yield value


def texts_of(path):
    if path.suffix == ".py":
        return texts_of_code(path)
    if path.suffix == ".toml":
        return texts_of_table(tomllib.loads(path.read_text(encoding="utf-8")))
    return [path.read_text(encoding="utf-8")]


def files():
    """All that ships or is read: the package, its tables and templates, pages, examples; not pages built from them."""
    yield from (p for p in SOURCE.rglob("*") if p.suffix in PAGES)
    for folder in ("docs", "examples", "firmware", "benchmarks"):
        pages = (p for p in (ROOT / folder).rglob("*") if p.suffix in PAGES)
        yield from (page for page in pages if not {"broken", "_build"} & set(page.parts))
    yield from ROOT.glob("*.md")


def helps(command, name=""):
    yield name, command.help or ""
    for parameter in command.params:
        yield name, getattr(parameter, "help", None) or ""
    for word, inner in getattr(command, "commands", {}).items():
        yield from helps(inner, f"{name} {word}".strip())


def said(text):
    return [place for word in tables.forbidden_words() for place in word.places(text)]


def test_nothing_that_can_be_read_says_a_forbidden_word():
    found = {
        str(path.relative_to(ROOT)): places
        for path in files()
        if (places := [place for text in texts_of(path) for place in said(text)])
    }
    assert found == {}


def test_no_help_of_a_command_says_a_forbidden_word():
    found = [(name, places) for name, text in helps(typer.main.get_command(app)) if (places := said(text))]
    assert found == []


def test_all_kinds_of_text_are_looked_at():
    looked_at = {path.suffix for path in files()}
    assert {".py", ".toml", ".md", ".typ"} <= looked_at
    assert sum(1 for path in files() if path.suffix == ".md") > 20


@pytest.mark.parametrize(
    "text",
    [
        "An FDA-approved device", "an FDA approved treatment", "so low that it cannot be felt",
        "You can't feel it.", "safe for everyone", "safe for all skin types", "raises ATP by up to 500 %",
        "It exercises your facial muscles", "galvanic current reaches deep tissue", "faradic is superficial",
        "uses a deep current", "It heals wounds", "microcurrent treats pain", "removes cellulite",
        "permanent results", "FDA-\n approved".replace("\n ", ""), "cannot be\nfelt",
    ],
)  # fmt: skip
def test_planted_words_are_found(tmp_path, text):
    assert said(text)
    module, table, page = tmp_path / "a.py", tmp_path / "a.toml", tmp_path / "a.md"
    module.write_text(f"def show(x):\n    return f'''{text.replace(chr(39), '’')} {{x}}'''\n")
    table.write_text(f'[[row]]\nnote = """{text}"""\n')
    page.write_text(f"A page. {text}")
    for path in (module, table, page):
        assert [place for one in texts_of(path) for place in said(one)], path


@pytest.mark.parametrize(
    "text",
    [
        "510(k)-cleared device for facial stimulation (cosmetic)", "usually faint or not felt",
        "limited evidence (very low certainty)", "deep muscle", "the surface basis", "how deep the current goes",
        "an injury that heals", "the page says “FDA-approved”", "a plan that was approved", "treats the cheek",
    ],
)  # fmt: skip
def test_preferred_words_and_quotations_pass(text):
    assert said(text) == []


def test_what_is_said_instead_passes_too():
    for word in tables.forbidden_words():
        assert said(word.instead) == [] and said(word.why) == [], word.id


def test_the_list_has_every_word_of_the_brief():
    wanted = (
        "FDA-approved", "cannot be felt", "safe for everyone", "safe for all skin types", "500 % ATP",
        "exercises your muscles", "heals", "treats pain", "removes cellulite", "permanent",
        "deep galvanic", "surface faradic",
    )  # fmt: skip
    for text in wanted:
        assert said(text), text


def test_a_pattern_that_misses_its_own_example_is_refused():
    with pytest.raises(ValueRefused, match="example"):
        ForbiddenWord(
            id="x", pattern="abc", example="xyz", instead="y", why="z", source="s", confidence="found"
        )
