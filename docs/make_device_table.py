"""Write the tables of the page on five devices compared, from the catalogue and the physics.

    python docs/make_device_table.py

Compares the devices on the face (about half a minute, kept) and writes `docs/reference/devices-compared.md`
anew between its two marks. A test holds the part that needs no prediction to the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from make_pictures import FIVE

from microcurrent import units
from microcurrent.model import Device, Estimate
from microcurrent.planning.devices.outputs import output_of
from microcurrent.workflow.devices import Comparison, compare_devices, find_device

PAGE = Path(__file__).resolve().parent / "reference" / "devices-compared.md"
BEGIN, END = "<!-- begin: docs/make_device_table.py -->", "<!-- end -->"
SAMPLES = 24
CELLS = (
    "maker", "waveform", "polarity", "frequency", "largest_current", "control", "compliance", "channels",
    "electrodes", "clearance", "price",
)  # fmt: skip
KINDS = (("field_median", "field, half above"), ("field_p99", "field, 1 % above"),
         ("density_median", "density, half above"), ("density_p99", "density, 1 % above"))  # fmt: skip
SIGNS = {"ok": "ok", "warn": "**warn**", "stop": "**stop**", "unknown": "?"}


def row(name: str, cells: Iterator[str]) -> str:
    """Return a row of a table of a page."""
    return "| " + " | ".join((name, *cells)) + " |"


def head(first: str, devices: list[Device]) -> list[str]:
    """Return the head of a table with a column for each device."""
    names = [device.title.split(", ")[0] for device in devices]
    return [row(first, iter(names)), "|" + "---|" * (len(names) + 1)]


def marked(device: Device, cell: str) -> str:
    """Return a cell with its source and mark; "?" where it is not known."""
    fact = device.get(cell)
    return "?" if fact is None else f"{fact.text} [{', '.join(fact.sources)}; {fact.confidence}]"


def known(devices: list[Device]) -> list[str]:
    """Return the table of what is known."""
    rows = head("what", devices)
    for cell in CELLS:
        rows.append(row(cell.replace("_", " "), (marked(device, cell) for device in devices)))
    return [*rows, row("cells not known", (str(len(device.unknown)) for device in devices))]


def follows(devices: list[Device]) -> list[str]:
    """Return the table of what follows at the largest current; a star where a shape was assumed."""
    outputs = [output_of(device) for device in devices]
    rows = head("at the largest current", devices)
    for name, of in (
        ("r.m.s.", lambda o: o.rms), ("direct part", lambda o: o.net_direct),
        ("charge per phase, as claimed", lambda o: o.charge),
        *((f"the same into {units.write(load, 'resistance')}", lambda o, i=i: o.charge_at[i][1])
          for i, (load, _) in enumerate(outputs[0].charge_at)),
        ("energy of a pulse into 500 Ω", lambda o: o.energy),
    ):  # fmt: skip
        spans = [of(output) for output in outputs]
        rows.append(row(name, (f"{s.text} \\*" if s.assumed and s.text != "?" else s.text for s in spans)))
    return rows


def shown(estimate: Estimate | None) -> str:
    """Return a middle with its interval."""
    if estimate is None:
        return "?"
    value = units.write(estimate.value, estimate.dimension, digits=2)
    if estimate.low == estimate.high:
        return value
    return f"{value} ({units.write_interval(estimate.low, estimate.high, estimate.dimension)})"


def received(compared: Comparison) -> list[str]:
    """Return the table of what the face gets, and of what is delivered."""
    entries, devices = compared.devices, [entry.device for entry in compared.devices]
    rows = head(f"on the {compared.body}", devices)
    for tissue in dict.fromkeys(r.tissue for entry in entries for r in entry.received):
        for kind, words in KINDS:
            cells = (
                next((getattr(r, kind) for r in e.received if r.tissue == tissue), None) for e in entries
            )
            rows.append(row(f"{tissue}: {words}", map(shown, cells)))
    rows.append(row("voltage needed", (shown(entry.voltage) for entry in entries)))
    rows.append(row("voltage there is", (entry.device.text("compliance") for entry in entries)))
    rows.append(row("current claimed", (entry.output.peak.text for entry in entries)))
    rows.append(row("current delivered", (shown(entry.delivered) for entry in entries)))
    return [*rows, row("delivers what it claims", (entry.delivers for entry in entries))]


def limits(compared: Comparison) -> list[str]:
    """Return the table of limits that any device passes, by the worst of its settings."""
    entries = compared.devices
    rows = head("limit", [entry.device for entry in entries])
    passed = {f.rule: f.what for e in entries for f in e.findings if f.verdict in ("warn", "stop")}
    for rule, what in passed.items():
        worst = []
        for entry in entries:
            verdicts = [finding.verdict for finding in entry.findings if finding.rule == rule]
            worst.append(SIGNS[max(verdicts, key=list(SIGNS).index)] if verdicts else "–")
        rows.append(row(what, iter(worst)))
    return rows


def main() -> None:
    """Write the tables into the page."""
    compared = compare_devices(FIVE, body="face", samples=SAMPLES)
    devices = [find_device(name) for name in FIVE]
    parts = (
        ("## What is known", known(devices)), ("## What follows", follows(devices)),
        ("## What the face gets", received(compared)), ("## Limits passed", limits(compared)),
    )  # fmt: skip
    text = "\n\n".join(f"{title}\n\n" + "\n".join(rows) for title, rows in parts)
    sources = "\n".join(f"- `{id_}`: {citation}" for id_, citation in compared.sources)
    page = PAGE.read_text(encoding="utf-8")
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    whole = f"{before}{BEGIN}\n\n{text}\n\n## Sources\n\n{sources}\n\n{END}{after}"
    PAGE.write_text(whole, encoding="utf-8")


if __name__ == "__main__":
    main()
