"""records list, show, verify: what the store holds, and whether it holds."""

from __future__ import annotations

from typing import Annotated

import typer

from microcurrent import workflow
from microcurrent.cli.console import output, show_json
from microcurrent.cli.options import Json, Records, records_path
from microcurrent.cli.tables import table

app = typer.Typer(no_args_is_help=True, help="The records: append-only, hash-chained.")


@app.command("list")
def list_(records: Records = None, json: Json = False) -> None:
    """List every sitting, the oldest first."""
    with workflow.Workspace(records_path(records)) as workspace:
        workflow.recover(workspace)
        found = workflow.sittings(workspace)
    if json:
        show_json(found)
        return
    table(
        "Sittings",
        ("sitting", "opened", "client", "plan", "stimulator", "ending"),
        ((s.id, s.opened, s.client, s.plan[:12], s.stimulator, s.ending) for s in found),
    )


@app.command()
def show(
    sitting: Annotated[str, typer.Argument(metavar="SITTING", help="The id of a sitting.")],
    records: Records = None,
    json: Json = False,
) -> None:
    """Print every event of a sitting."""
    with workflow.Workspace(records_path(records)) as workspace:
        workflow.recover(workspace)
        found = workspace.store.sitting(sitting)
    if json:
        show_json(found)
        return
    output.print(f"{found.id}: client {found.client}, {found.ending}")
    table(
        "Events",
        ("s", "UTC", "kind", "figures"),
        (
            (f"{e.time:.2f}", e.utc, e.kind,
             ", ".join(f"{n}={v:.6g}" if isinstance(v, float) else f"{n}={v}" for n, v in e.figures))
            for e in found.events
        ),
    )  # fmt: skip


@app.command()
def verify(
    records: Records = None,
    head: Annotated[
        str, typer.Option("--head", metavar="DIGEST", help="A head digest noted earlier, as on a report.")
    ] = "",
    json: Json = False,
) -> None:
    """Check every entry and document; a changed byte is found and named."""
    path = records_path(records)
    verified = workflow.verify(path, containing=head)
    if json:
        show_json({"holds": True, "entries": verified.entries, "head": verified.head})
        return
    output.print(f"{path}: {verified.entries} entries hold. Head {verified.head}")
