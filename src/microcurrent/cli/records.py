"""records list, show, verify: what the store holds, and whether it holds."""

from __future__ import annotations

from typing import Annotated

import typer

from microcurrent import workflow
from microcurrent.cli.console import output, show_json
from microcurrent.cli.options import Json, Records, records_path
from microcurrent.cli.tables import show_event, table

#: Kinds of events that come every second.
_EACH_SECOND = ("lease", "measured")

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
        ("sitting", "opened (UTC)", "client", "plan", "ending"),
        ((s.id, s.opened[:16].replace("T", " "), s.client, s.plan[:12], s.ending) for s in found),
        whole=("sitting", "opened (UTC)"),
    )


@app.command()
def show(
    sitting: Annotated[str, typer.Argument(metavar="SITTING", help="The id of a sitting.")],
    everything: Annotated[
        bool, typer.Option("--all", help="Every event, the leases and measurements of each second, too.")
    ] = False,
    records: Records = None,
    json: Json = False,
) -> None:
    """Print what happened in a sitting: steps, stops, trips, what was felt."""
    with workflow.Workspace(records_path(records)) as workspace:
        workflow.recover(workspace)
        found = workspace.store.sitting(sitting)
    if json:
        show_json(found)
        return
    output.print(f"{found.id}: client {found.client}, {found.ending}")
    shown = [e for e in found.events if everything or e.kind not in _EACH_SECOND]
    table(
        "Events",
        ("after", "UTC", "kind", "figures"),
        ((f"{e.time:.1f} s", e.utc[11:19], e.kind, show_event(e)) for e in shown),
        whole=("after", "UTC", "kind"),
    )
    if len(shown) < len(found.events):
        output.print(
            f"{len(found.events) - len(shown)} leases and measurements are left out; --all shows them."
        )


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
