"""device list, show, compare, measure: products on the market, and a device of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microcurrent import units
from microcurrent.cli.console import building, output, progress, show_json
from microcurrent.cli.device_tables import show_comparison, show_measured
from microcurrent.cli.options import SAMPLES, Json, Samples
from microcurrent.cli.tables import table
from microcurrent.model.device import CELLS
from microcurrent.workflow import devices

app = typer.Typer(
    no_args_is_help=True,
    help="Products on the market: what is known of each, and what each gives. What this program drives is "
    "under `stimulator`.",
)


@app.command("list")
def list_(
    class_: Annotated[
        str,
        typer.Option(
            "--class", metavar="CLASS", help="home, professional, aesthetic, therapeutic or prescription."
        ),
    ] = "",
    codes: Annotated[
        bool, typer.Option("--codes", help="List the product codes of the American regulator instead.")
    ] = False,
    json: Json = False,
) -> None:
    """List the devices of the catalogue; "?" is what nobody has found."""
    if codes:
        _show_codes(json=json)
        return
    found = devices.list_devices(class_)
    if json:
        show_json(found)
        return
    table(
        f"Devices on the market ({len(found)})",
        ("name", "what it is", "for", "largest current", "frequency", "compliance", "price", "unknown"),
        (
            (
                device.name, device.title, ", ".join(device.classes), device.text("largest_current"),
                _short(device.text("frequency")), device.text("compliance"), device.text("price"),
                f"{len(device.unknown)} of {len(CELLS)}",
            )
            for device in found
        ),
        whole=("name",),
    )  # fmt: skip
    output.print("`device show NAME` gives the source and the mark of every cell.")


def _show_codes(*, json: bool) -> None:
    codes = devices.product_codes()
    if json:
        show_json(codes)
        return
    table(
        "Product codes",
        ("code", "name", "regulation", "class", "sources", "confidence"),
        ((c.code, c.name, c.regulation, c.device_class, ", ".join(c.sources), c.confidence) for c in codes),
        whole=("code",),
    )


def _short(text: str) -> str:
    """Return a list of many values as its first and last."""
    values = text.split(", ")
    return text if len(values) < 5 else f"{values[0]} … {values[-1]} ({len(values)})"


Device = Annotated[
    str, typer.Argument(metavar="DEVICE", help="A name from `device list`, or a device file (TOML).")
]


@app.command()
def show(device: Device, json: Json = False) -> None:
    """Show what is known of a device, cell by cell with its source, and what follows from it."""
    shown = devices.show_device(device)
    if json:
        show_json(shown)
        return
    found = shown.device
    output.print(f"{found.title} ({', '.join(found.classes) or 'no class'})")
    if found.note:
        output.print(found.note, soft_wrap=True)
    table(
        "What is known",
        ("cell", "value", "source", "confidence", "note"),
        (
            (fact.cell.replace("_", " "), fact.text, ", ".join(fact.sources), fact.confidence, fact.note)
            for fact in found.facts
        ),
        whole=("cell",),
    )
    output.print(
        "Not known (?): " + (", ".join(found.unknown).replace("_", " ") or "nothing"), soft_wrap=True
    )
    out = shown.output
    rows = [
        ("peak", out.peak.text), ("r.m.s.", out.rms.text),
        ("direct part, mean of a period", out.net_direct.text),
        ("charge per phase, if the claim holds", out.charge.text),
        *((f"charge per phase into {units.write(load, 'resistance')}", span.text)
          for load, span in out.charge_at),
        ("energy of a pulse into 500 Ω, if the claim holds", out.energy.text),
    ]  # fmt: skip
    table("What follows at the largest current", ("figure", "value"), rows, whole=("figure",))
    for text in out.assumed:
        output.print(f"* {text}", soft_wrap=True)
    for text in out.missing:
        output.print(f"? {text}", soft_wrap=True)
    for id_, citation in shown.sources:
        output.print(f"[{id_}] {citation}", soft_wrap=True)


@app.command()
def compare(
    names: Annotated[
        list[str], typer.Argument(metavar="DEVICE DEVICE ...", help="Names, or device files (TOML).")
    ],
    *,
    body: Annotated[
        str, typer.Option("--body", metavar="BODY", help="On which body: face, slab, or another.")
    ] = "face",
    samples: Samples = SAMPLES,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Write a picture into this folder.")
    ] = None,
    json: Json = False,
) -> None:
    """Compare devices on one hold of one body, with the same contact: tissue, voltage, limits, price."""
    with progress("Predicting the hold", shown=not json) as bar:
        compared = devices.compare_devices(
            names, body=body, samples=samples, out=out, on_step=building, on_progress=bar
        )
    if json:
        show_json(compared)
        return
    show_comparison(compared)


@app.command()
def measure(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="A trace from an oscilloscope (CSV).")],
    *,
    load: Annotated[
        str, typer.Option("--load", metavar="OHM", help='The resistor across the probes: "500 ohm".')
    ],
    column: Annotated[
        str, typer.Option("--column", metavar="NAME", help="Which readings, by name or number.")
    ] = "",
    unit: Annotated[
        str, typer.Option("--unit", metavar="UNIT", help="Of the readings: V, mV, A, mA or uA.")
    ] = "",
    time_unit: Annotated[
        str, typer.Option("--time-unit", metavar="UNIT", help="Of the times: s, ms or us.")
    ] = "",
    zero: Annotated[
        str, typer.Option("--zero", metavar="READING", help='What the scope shows of no current: "2 mV".')
    ] = "",
    flat_top: Annotated[
        bool, typer.Option("--flat-top", help="A top that looks cut off is the device's own.")
    ] = False,
    against: Annotated[
        str, typer.Option("--against", metavar="DEVICE", help="Compare with what this device claims.")
    ] = "",
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE.toml", help="Keep it as a device of your own.")
    ] = None,
    json: Json = False,
) -> None:
    """Measure a device by its trace on an oscilloscope, through a known resistor in place of a person."""
    reading = devices.Reading(
        load=units.read(load, "resistance"),
        columns=devices.Columns(reading=column, unit=unit, time_unit=time_unit),
        zero=zero,
        flat_top=flat_top,
    )
    measured = devices.measure_device(file, reading, against_device=against, save=save)
    if json:
        show_json(measured)
        return
    show_measured(measured)
