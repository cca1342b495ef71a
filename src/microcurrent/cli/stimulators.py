"""stimulator list, info, test, clear: what gives current, and whether it can be trusted to stop."""

from __future__ import annotations

from typing import Annotated

import typer

from microcurrent import units
from microcurrent.cli.console import output, say, show_json
from microcurrent.cli.options import Json
from microcurrent.cli.tables import table
from microcurrent.errors import DeliveryTripped
from microcurrent.workflow import stimulators

app = typer.Typer(no_args_is_help=True, help="Stimulators: which there are, and whether they stop.")

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="pty, serial:PORT, stimjim:PORT or scpi:RESOURCE; see `list`."),
]


@app.command("list")
def list_(
    ask: Annotated[
        bool, typer.Option("--ask", help="Say hello at each port: which have our firmware?")
    ] = False,
    json: Json = False,
) -> None:
    """List what this machine has: rehearsals, and every serial port."""
    found = stimulators.listed(ask=ask)
    if json:
        show_json(found)
        return
    table(
        "Stimulators",
        ("name", "what it is", "for a person"),
        ((one.name, one.what, "yes" if one.person else "no: a rehearsal") for one in found),
        whole=("name",),
    )
    output.print("A Stimjim is stimjim:PORT with its port; a bench source is scpi:RESOURCE (VISA).")


@app.command()
def info(name: Name, json: Json = False) -> None:
    """Show what a stimulator says that it can do, and how it is now."""
    can, status = stimulators.info(name)
    if json:
        show_json({"capabilities": can, "status": status})
        return
    quantities = (
        ("largest current", "current", can.max_current),
        ("largest voltage", "voltage", can.max_voltage),
        ("longest lease: zero by itself after", "time", can.max_lease),
        ("shortest ramp", "time", can.min_ramp),
        ("ramp at an end that is asked for", "time", can.end_ramp),
        ("largest net charge of a sitting", "charge", can.max_charge),
        ("longest current of a sitting", "time", can.max_time),
        ("largest charge of one phase", "charge", can.max_phase_charge),
        ("shortest stretch of a waveform", "time", can.shortest),
    )
    rows = [
        (what, units.write(value, dimension) if value not in (0.0, float("inf")) else "?")
        for what, dimension, value in quantities
    ]
    if status is not None:
        rows.append(("now", status.state + (f": {status.fault}" if status.fault else "")))
    table(can.name, ("what", "value"), rows, whole=("value",))


@app.command()
def test(
    name: Name = "pty",
    *,
    resistance: Annotated[
        str,
        typer.Option(
            "--resistance", metavar="OHM", help='Of the resistor in place of the probes: "10 kohm".'
        ),
    ] = "",
    nobody: Annotated[
        bool, typer.Option("--nobody-connected", help="Say so instead of being asked, on hardware.")
    ] = False,
    json: Json = False,
) -> None:
    """Test a stimulator on a known load: an impedance sweep, refusals, stops, and every interlock tripped.

    Nobody may be connected. Our firmware as a process (pty) brings its own load and breaks it; on
    hardware, connect a resistor in place of the probes and give its --resistance.
    """
    ohms = units.read(resistance, "resistance") if resistance else None
    if ohms is not None and not nobody and not name.startswith("pty"):
        typer.confirm(
            f"Is nobody connected, and {units.write(ohms, 'resistance')} in place of probes?", abort=True
        )
    if not json:
        say("Nobody may be connected. Each check starts from zero and ends there.")
    checks = []
    for check in stimulators.test(name, resistance=ohms):
        checks.append(check)
        if not json:
            mark = {True: "ok", False: "FAILED", None: "not tried"}[check.passed]
            output.print(
                f"{mark:9}  {check.name}: {check.came} (expected: {check.expected})", soft_wrap=True
            )
    if json:
        show_json(checks)
    failed = [check.name for check in checks if check.passed is False]
    if failed:
        raise DeliveryTripped(
            f"{len(failed)} of {len(checks)} checks failed: {'; '.join(failed)}. Do not connect anybody."
        )
    if not json:
        tried = sum(check.passed is not None for check in checks)
        output.print(f"{tried} of {len(checks)} checks passed, {len(checks) - tried} not tried.")


@app.command()
def clear(name: Name) -> None:
    """Forget a latched fault, once you have looked at probes and leads; refused unless it is at zero."""
    status = stimulators.clear(name)
    output.print(f"{name} is {status.state}.")
