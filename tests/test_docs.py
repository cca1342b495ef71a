"""What the pages say is true: their commands run, their links lead somewhere, nothing is left out."""

from __future__ import annotations

import contextlib
import io
import re
import runpy
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel

from microcurrent.cli.app import app
from microcurrent.cli.main import EXIT_CODES, run
from microcurrent.planning.planfile import entries

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(page for page in DOCS.rglob("*.md") if "_build" not in page.parts)
TOP = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
#: Read in this order: later pages go on with the records that earlier ones made.
READ = [
    DOCS / "tutorials" / "first-treatment.md",
    *sorted((DOCS / "how-to").glob("*.md")),
    *sorted((DOCS / "reference").glob("*.md")),
]
#: The page that makes what later ones need.
FIRST = READ[0]


@dataclass(frozen=True)
class Block:
    """A fenced block: the language, the lines, and the line of the page where it begins."""

    language: str
    lines: tuple[str, ...]
    at: int


def blocks(page: Path) -> list[Block]:
    found, inside, language, begin = [], None, "", 0
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        fence = re.fullmatch(r"```(\S*)\s*.*", line)
        if fence and inside is None:
            inside, language, begin = [], fence.group(1), number
        elif line == "```" and inside is not None:
            found.append(Block(language, tuple(inside), begin))
            inside = None
        elif inside is not None:
            inside.append(line)
    assert inside is None, f"{page}: a block is left open"
    return found


def plain(text: str) -> str:
    return " ".join(text.split())


class Reader:
    """Somebody who types what the pages say into a folder that has the examples in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.sitting, self.said = folder, "", ""

    def read(self, page: Path) -> None:
        for block in blocks(page):
            where = f"{page.relative_to(ROOT)}:{block.at}"
            if block.language == "bash" and not block.lines[0].startswith("# not run:"):
                self.type(block, where)
            elif block.language == "python":
                self.said = ""
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(compile("\n".join(block.lines), where, "exec"), {"__name__": "page"})
            elif block.language == "text" and self.said:
                self.compare(block, where)

    def type(self, block: Block, where: str) -> None:
        self.said = ""
        for line in "\n".join(block.lines).replace("\\\n", " ").splitlines():
            command, _, remark = line.removeprefix("$ ").partition("  # exit code ")
            code, out = self.call(command.replace("SITTING", self.sitting))
            assert code == int(remark or 0), f"{where}: {line}\nexit code {code}\n{out}"
            self.said += out

    def call(self, command: str) -> tuple[int, str]:
        words = shlex.split(command)
        assert words[0] == "microcurrent", f"cannot type {command!r}; say why not with '# not run: reason'"
        target = words[words.index(">") + 1] if ">" in words else None
        arguments = words[1 : words.index(">") if target else None]
        out, remarks = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(remarks):
            code = run(arguments)
        if target:
            (self.folder / target).write_text(out.getvalue(), encoding="utf-8")
        found = re.search(r"Sitting (\d{8}-\w{8}): completed", out.getvalue())
        self.sitting = found.group(1) if found else self.sitting
        return code, out.getvalue() + remarks.getvalue()

    def compare(self, block: Block, where: str) -> None:
        """Each line shown must have been said; an ellipsis stands for anything."""
        said = plain(self.said)
        for line in block.lines:
            pattern = ".*".join(re.escape(plain(part)) for part in line.split("…"))
            assert re.search(pattern, said), f"{where}: not said: {line}\nsaid: {self.said}"


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reader")
    shutil.copytree(ROOT / "examples", folder / "examples")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("MICROCURRENT_RECORDS", str(folder / "out" / "records.sqlite"))
        patch.setenv("COLUMNS", "200")
        someone = Reader(folder)
        someone.read(FIRST)
        yield someone


def test_the_tutorial_ends_with_a_sitting_and_its_report(reader):
    assert {path.suffix for path in (reader.folder / "out").glob(f"{reader.sitting}.*")} == {
        ".pdf",
        ".html",
    }


@pytest.mark.parametrize("page", READ[1:], ids=lambda page: page.stem)
def test_what_a_page_tells_you_to_type_works(reader, page):
    reader.read(page)


# -- nothing is left out ---------------------------------------------------------------------------


def commands(group: typer.core.TyperGroup, name: str = "") -> dict[str, typer.core.TyperCommand]:
    found = {}
    for word, command in group.commands.items():
        full = f"{name} {word}".strip()
        found |= commands(command, full) if hasattr(command, "commands") else {full: command}
    return found


def test_every_command_and_option_is_explained():
    text = (DOCS / "reference" / "command-line.md").read_text(encoding="utf-8")
    known = commands(typer.main.get_command(app))
    assert set(re.findall(r"^### `([^`]+)`$", text, flags=re.MULTILINE)) == set(known)
    for name, command in known.items():
        section = text.split(f"### `{name}`\n")[1].split("\n### ")[0].split("\n## ")[0]
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--"):
                    assert option in section, f"{name}: {option} is not explained"


def test_every_exit_code_is_explained():
    text = (DOCS / "reference" / "command-line.md").read_text(encoding="utf-8")
    explained = {int(code) for code in re.findall(r"^\| (\d+) \|", text, flags=re.MULTILINE)}
    assert explained == {0, 1, 70, 130, *(code for _, code in EXIT_CODES)}


def test_every_error_is_explained():
    import microcurrent.errors as errors

    text = (DOCS / "reference" / "errors.md").read_text(encoding="utf-8")
    named = {n for n, e in vars(errors).items() if isinstance(e, type) and issubclass(e, Exception)}
    explained = set(re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE))
    assert explained == named - {"MicrocurrentError"}


def keys(model: type[BaseModel]) -> set[str]:
    return set(model.model_fields)


def test_every_key_of_a_plan_file_is_explained():
    text = (DOCS / "reference" / "plan-file.md").read_text(encoding="utf-8")
    models = [m for m in vars(entries).values() if isinstance(m, type) and issubclass(m, entries.Entry)]
    assert len(models) > 10
    for key in set.union(*map(keys, models)) - {"electrode", "step", "sites", "course"}:
        assert f"`{key}`" in text or f"{key} =" in text, f"{key} is not explained"
    for table in ("[electrode.NAME]", "[sites]", "[[step]]", "[course]"):
        assert f"## `{table}`" in text
    for name in entries.WAVEFORMS:
        assert f"| `{name}` |" in text


def test_every_table_and_mark_is_explained():
    from microcurrent.tables import CONFIDENCES, FILES

    text = (DOCS / "reference" / "data.md").read_text(encoding="utf-8")
    for word in (*FILES, *CONFIDENCES):
        assert f"`{word}`" in text, f"{word} is not explained"


def test_every_broken_example_is_answered_on_a_page():
    text = (DOCS / "how-to" / "write-a-plan.md").read_text(encoding="utf-8")
    for plan in (ROOT / "examples" / "broken").glob("*.toml"):
        assert f"examples/broken/{plan.name}" in text


# -- links and words -------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [*PAGES, *TOP], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for shown, target in re.findall(r"\[([^\]]*)\]\(([^)\s]+)\)", text):
        if not re.match(r"https?://|#|mailto:", target):
            assert (page.parent / target.split("#")[0]).exists(), f"{page}: {shown} -> {target}"


@pytest.mark.parametrize("page", [*PAGES, *TOP], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_picture_has_words(page):
    for words in re.findall(r"!\[([^\]]*)\]\(", page.read_text(encoding="utf-8")):
        assert len(words.split()) > 8, f"{page}: a picture without words for those who cannot see it"


#: Claims that nothing here may make; where a page speaks of them it quotes them or denies them.
CLAIMS = (
    r"FDA.approved|cannot be felt|safe for (?:everyone|all)|500 ?% ATP|exercises your muscles|permanent"
)


@pytest.mark.parametrize("page", [*PAGES, *TOP], ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_makes_a_claim_that_the_product_must_not_make(page):
    text = plain(page.read_text(encoding="utf-8"))
    quoted = re.sub(r"“[^”]*”", "", text)
    assert not re.search(CLAIMS, quoted, flags=re.IGNORECASE), page


def test_every_page_is_reached_from_the_first():
    reached, left = set(), [DOCS / "index.md"]
    while left:
        page = left.pop()
        reached.add(page)
        for block in blocks(page):
            if block.language == "{toctree}":
                named = [page.parent / f"{line}.md" for line in block.lines if line and line[0] != ":"]
                left += [other for other in named if other not in reached]
    assert reached == {page for page in PAGES if page.name != "verification-table.md"}


# -- figures -----------------------------------------------------------------------------------------


def test_the_face_is_what_its_page_says():
    """Measured again on twice as coarse cells: what changed the face and forgot the page is told."""
    made = runpy.run_path(str(DOCS / "make_body_tables.py"))
    page = (DOCS / "reference" / "face-against-tables.md").read_text(encoding="utf-8").replace("**", "")
    rows = {cells[1].strip(): cells[2:] for line in page.splitlines() if len(cells := line.split("|")) > 8}
    source = made["face"]("female", 2e-3)
    for row in made["measures"](source, "female"):
        wanted, got = (float(rows[row.name][column]) for column in (3, 4))
        # A site is a corner of the skin, whose triangles are 1.6 mm wide here.
        assert (wanted, got) == (pytest.approx(row.wanted, abs=0.06), pytest.approx(row.got, abs=1.6)), row
    for length, volume in made["muscles"](source.body, "female"):
        assert float(rows[length.name][2]) == pytest.approx(length.got, abs=1.0), length
        assert float(rows[length.name][5]) == pytest.approx(volume.got, rel=0.15, abs=0.05), volume
