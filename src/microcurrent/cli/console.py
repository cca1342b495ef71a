"""What goes where: results to standard output, progress and remarks to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from microcurrent.model.digest import plain

#: Columns of a table that is not shown in a terminal, so that a file or a pipe gets whole words.
_UNSEEN_WIDTH = 140

#: Markup is off everywhere: a title in a plan may hold square brackets.
output = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else _UNSEEN_WIDTH)
remarks = Console(stderr=True, highlight=False, markup=False)


def show_json(value: Any) -> None:
    """Print a value, or a noun, as JSON and nothing else."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print(json.dumps(plain(value), indent=2, ensure_ascii=not utf8, sort_keys=False))


def say(text: str) -> None:
    """Print a remark for a person; it never mixes with results."""
    remarks.print(text)


def building(step: str) -> None:
    """Say what is done while a body is built; it is kept, so that this comes once."""
    say(f"Building the body, once: {step} ...")


@contextmanager
def progress(title: str, *, shown: bool = True) -> Iterator[Callable[[float, float, str], None]]:
    """Show a bar while this lasts; yields a function of done, total and what is being done.

    Nothing is drawn where standard error is not a terminal or `shown` is false.
    """
    if not shown or not remarks.is_terminal:
        yield lambda done, total, doing: None
        return
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(),
        TextColumn("{task.fields[doing]}"), console=remarks, transient=True,
    )  # fmt: skip
    with bar:
        task = bar.add_task(title, total=1.0, doing="")

        def report(done: float, total: float, doing: str) -> None:
            bar.update(task, completed=done, total=total, doing=doing)

        yield report
