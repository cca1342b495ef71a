"""The house rules of DESIGN section 8 that a machine can hold. Each list of exceptions may only shrink."""

import ast
import subprocess
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "microcurrent"
MODULES = sorted(SOURCE.rglob("*.py"))
PACKAGES = [path for path in MODULES if path.name == "__init__.py"]

LONGEST_MODULE = 300
LONGEST_BODY = 50
MOST_PARAMETERS, MOST_POSITIONAL = 6, 3

#: Modules above 300 lines of code, with the reason.
LONG_MODULES: dict[str, str] = {}
#: Functions above 50 lines, with the reason.
LONG_BODIES: dict[str, str] = {}
#: Functions with more than six parameters: commands take one for each option of the command line.
MANY_PARAMETERS = {
    "cli/bases.py:build": "one for each option",
    "cli/devices.py:measure": "one for each option",
    "cli/courses.py:mark": "one for each option",
    "cli/courses.py:plan": "one for each option",
    "cli/exposing.py:expose": "one for each option",
    "cli/preparing.py:approve": "one for each option",
    "cli/screening.py:screen": "one for each option",
    "cli/programs.py:write": "one for each option",
    "cli/proposing.py:propose": "one for each option",
    "cli/sittings.py:deliver": "one for each option",
    "cli/sittings.py:record": "one for each option",
    "cli/sittings.py:run": "one for each option",
    "cli/sweeping.py:sweep": "one for each option",
    "cli/sweeping.py:uncertainty": "one for each option",
}
#: Public functions with more than three positional parameters.
MANY_POSITIONAL = {
    "model/checks.py:one_of": "reads as a sentence: noun, field, value, allowed",
    **{
        name: "typer reads positional parameters"
        for name in (
            "cli/bases.py:build", "cli/bodies.py:show", "cli/exposing.py:expose", "cli/preparing.py:approve", "cli/preparing.py:assess",
            "cli/preparing.py:predict", "cli/screening.py:screen", "cli/sittings.py:deliver",
            "cli/sittings.py:record", "cli/sittings.py:report", "cli/sittings.py:run", "cli/records.py:show",
        )
    },
}  # fmt: skip
FORBIDDEN_WORDS = {"utils", "util", "helpers", "helper", "manager", "handler", "misc", "common"}


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def trees():
    return [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in MODULES]


def functions():
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name_of(path)}:{node.name}", node


def is_kernel(node):
    """Numba calls kernels by position alone, and they are called from the next module, not by people."""
    return any(isinstance(d, ast.Name) and d.id in ("kernel", "primitive") for d in node.decorator_list)


def public():
    """Functions that others may call: those at the top of a module or class, without underscore."""
    for path, tree in trees():
        for holder in (tree, *(n for n in tree.body if isinstance(n, ast.ClassDef))):
            for node in holder.body:
                if (
                    isinstance(node, ast.FunctionDef)
                    and not node.name.startswith("_")
                    and not is_kernel(node)
                ):
                    yield f"{name_of(path)}:{node.name}", node


def lines_of_code(path: Path) -> int:
    """Lines that hold code: not blank, not comment, not docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented: set[int] = set()
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            documented.update(range(node.lineno, node.end_lineno + 1))
    code: set[int] = set()
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
               tokenize.ENCODING, tokenize.ENDMARKER}  # fmt: skip
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type not in skipped:
                code.update(range(token.start[0], token.end[0] + 1))
    return len(code - documented)


def body_length(node: ast.FunctionDef) -> int:
    body = node.body
    first = body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        body = body[1:]
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_modules_are_short():
    long = {name_of(path): n for path in MODULES if (n := lines_of_code(path)) > LONGEST_MODULE}
    assert set(long) == set(LONG_MODULES), long


def test_functions_are_short():
    long = {name: n for name, node in functions() if (n := body_length(node)) > LONGEST_BODY}
    assert set(long) == set(LONG_BODIES), long


def test_the_firmware_keeps_the_same_lengths():
    for path in sorted((ROOT / "firmware").rglob("*.py")):
        assert lines_of_code(path) <= LONGEST_MODULE, path.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                assert body_length(node) <= LONGEST_BODY, f"{path.name}:{node.name}"
                assert parameters(node)[1] <= MOST_PARAMETERS, f"{path.name}:{node.name}"


def parameters(node):
    names = [a.arg for a in (*node.args.posonlyargs, *node.args.args) if a.arg not in ("self", "cls")]
    return len(names), len(names) + len(node.args.kwonlyargs)


def test_functions_take_few_parameters():
    many = {name: n for name, node in functions() if (n := parameters(node)[1]) > MOST_PARAMETERS}
    assert set(many) - set(MANY_PARAMETERS) == set(), many
    positional = {name: n for name, node in public() if (n := parameters(node)[0]) > MOST_POSITIONAL}
    assert set(positional) - set(MANY_POSITIONAL) == set(), positional


def test_lists_of_exceptions_hold_nothing_that_is_no_exception():
    many = {name for name, node in functions() if parameters(node)[1] > MOST_PARAMETERS}
    positional = {name for name, node in public() if parameters(node)[0] > MOST_POSITIONAL}
    assert set(MANY_PARAMETERS) <= many
    assert set(MANY_POSITIONAL) <= positional


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_in_its_first_line_what_it_is(path):
    text = path.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring, f"{name_of(path)} says nothing"
    assert (
        text.startswith('"""') and docstring.splitlines()[0].rstrip().endswith((".", ":"))
    ) or "\n" in docstring


@pytest.mark.parametrize("path", PACKAGES, ids=name_of)
def test_a_package_draws_its_map(path):
    """Every module of a package stands in the map in the package's docstring."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    siblings = [p for p in path.parent.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()]
    missing = [p.stem for p in siblings if p.stem != "__init__" and p.stem not in docstring]
    assert missing == [], f"{name_of(path)} does not name {missing}"


def test_names_say_something():
    for path in [*MODULES, *(p for p in SOURCE.rglob("*") if p.is_dir())]:
        assert path.stem.lower() not in FORBIDDEN_WORDS, path
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                words = {w for w in FORBIDDEN_WORDS if node.name.lower().endswith(w)}
                assert not words, f"{name_of(path)}:{node.name}"


def test_no_work_at_import():
    """A module only defines: no calls that open, read or print at its top level."""
    forbidden = {"open", "print", "read_text", "read_bytes", "mkdir", "getenv", "basicConfig"}
    for path, tree in trees():
        for node in tree.body:
            if isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign):
                for call in (n for n in ast.walk(node) if isinstance(n, ast.Call)):
                    called = getattr(call.func, "attr", getattr(call.func, "id", ""))
                    assert called not in forbidden, f"{name_of(path)}:{call.lineno}"


def test_only_the_command_line_ends_the_program():
    for path, tree in trees():
        if name_of(path).startswith("cli/"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                text = ast.unparse(node.func)
                assert text not in ("sys.exit", "exit", "quit", "os._exit"), (
                    f"{name_of(path)}:{node.lineno}"
                )


def test_no_address_and_no_path_of_a_machine_is_committed():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    bad = []
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix in (".png", ".npz", ".svg") or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for word in (
            "pypi." + "org",
            "files.python" + "hosted",
            "--index" + "-url",
            "file:" + "///",
            "/work/" + "main",
        ):
            if word in text:
                bad.append((name, word))
    assert bad == []
