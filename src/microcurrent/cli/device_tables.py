"""How devices, compared or measured, look in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from microcurrent import units
from microcurrent.cli.console import output
from microcurrent.cli.tables import SIGNS, table, written
from microcurrent.model.device import Span
from microcurrent.workflow.devices import Comparison, TraceMeasured

if TYPE_CHECKING:
    from microcurrent.workflow.devices import Compared

#: How many findings on limits stand in the table: those that any device passes.
_PASSED = ("warn", "stop")
_KINDS = (
    ("|E|, half above", "field_median"), ("|E|, 1 % above", "field_p99"),
    ("|J|, half above", "density_median"), ("|J|, 1 % above", "density_p99"),
)  # fmt: skip


def show_comparison(compared: Comparison) -> None:
    """Print devices side by side: claims, what the body gets, limits passed, and what is not known."""
    entries = compared.devices
    names = [entry.device.name for entry in entries]
    table("What is claimed, and what follows", ("", *names), _claims(compared), whole=("",))
    table(
        f"The same hold on {compared.body}: {' to '.join(compared.sites)}, {compared.contact}",
        ("", *names),
        _received(compared),
    )
    table("Limits that any of them passes", ("limit", *names), _limits(compared))
    for entry in entries:
        for text in entry.output.assumed:
            output.print(f"* {entry.device.name}: {text}", soft_wrap=True)
        for text in entry.output.missing:
            output.print(f"? {entry.device.name}: {text}", soft_wrap=True)
    output.print(
        f"* rests on an assumed shape. ? is not known. Intervals (90 %) of {compared.samples} draws. "
        "Source and mark of every cell: `device show NAME`."
    )
    if compared.picture:
        output.print(f"Picture: {compared.picture}", soft_wrap=True)


def _marked(span: Span) -> str:
    return f"{span.text} *" if span.assumed and span.text != "?" else span.text


def _claims(compared: Comparison) -> Iterator[tuple[str, ...]]:
    def row(name: str, of: Callable[[Compared], str]) -> tuple[str, ...]:
        return (name, *(of(entry) for entry in compared.devices))

    yield row("maker", lambda e: e.device.text("maker"))
    yield row("for", lambda e: ", ".join(e.device.classes) or "?")
    yield row("waveform", lambda e: e.device.text("waveform"))
    yield row("polarity", lambda e: e.device.text("polarity"))
    yield row("frequency", lambda e: e.device.span("frequency").text)
    yield row("largest current", lambda e: e.output.peak.text)
    yield row("r.m.s.", lambda e: _marked(e.output.rms))
    yield row("direct part", lambda e: _marked(e.output.net_direct))
    yield row("charge per phase, as claimed", lambda e: _marked(e.output.charge))
    for index, (load, _) in enumerate(compared.devices[0].output.charge_at):
        shown = units.write(load, "resistance")
        cells = (_marked(entry.output.charge_at[index][1]) for entry in compared.devices)
        yield (f"the same into {shown}", *cells)
    yield row("energy of a pulse, 500 Ω", lambda e: _marked(e.output.energy))
    yield row("clearance", lambda e: e.device.text("clearance"))
    yield row("price", lambda e: e.device.text("price"))


def _received(compared: Comparison) -> Iterator[tuple[str, ...]]:
    entries = compared.devices
    tissues = dict.fromkeys(r.tissue for entry in entries for r in entry.received)
    for word, kind in _KINDS:
        for tissue in tissues:
            cells = []
            for entry in entries:
                found = next((r for r in entry.received if r.tissue == tissue), None)
                cells.append("?" if found is None else written(getattr(found, kind)))
            yield (f"{tissue}: {word}", *cells)
    yield ("voltage needed", *("?" if e.voltage is None else written(e.voltage) for e in entries))
    yield ("voltage there is", *(e.device.text("compliance") for e in entries))
    yield ("current claimed", *(e.output.peak.text for e in entries))
    yield ("current delivered", *("?" if e.delivered is None else written(e.delivered) for e in entries))
    yield ("delivers what it claims", *(f"{e.delivers}: {e.why}" for e in entries))


def _limits(compared: Comparison) -> Iterator[tuple[str, ...]]:
    passed = {
        finding.rule: finding.what
        for entry in compared.devices for finding in entry.findings if finding.verdict in _PASSED
    }  # fmt: skip
    for rule, what in passed.items():
        cells = []
        for entry in compared.devices:
            verdicts = [finding.verdict for finding in entry.findings if finding.rule == rule]
            worst = max(verdicts, key=list(SIGNS).index, default="")
            cells.append(SIGNS.get(worst, "not asked or ?"))
        yield (what, *cells)


def show_measured(found: TraceMeasured) -> None:
    """Print what a trace shows, and what it says of the claims of a device."""
    m = found.measured
    rows = [
        ("shape", f"{m.form}, {m.polarity}"),
        ("frequency", units.write(m.frequency, "frequency", digits=4) if m.frequency else "direct current"),
        ("peak", units.write(m.peak, "current")),
        ("peak voltage at the load", units.write(m.peak * found.load, "voltage")),
        ("r.m.s.", units.write(m.rms, "current")),
        ("direct part, mean of a period", units.write(m.net_direct, "current")),
    ]
    if m.frequency:
        rows += [
            ("charge per phase", units.write(m.charge_per_phase, "charge")),
            ("smaller over larger charge of the two ways", f"{100 * m.balance:.1f} %"),
            ("longest stretch one way", units.write(m.pulse, "time")),
            ("time above half the peak", f"{100 * m.duty:.1f} %"),
            ("rise, 10 to 90 % of the peak", _rise(m.rise, m.sampling)),
            ("whole periods", str(m.periods)),
        ]
    table(f"{found.file}, {found.column}", ("figure", "value"), rows, whole=("figure",))
    if found.claims:
        table(
            "Against what is claimed",
            ("figure", "claimed", "measured", "verdict"),
            ((c.what, c.claimed, c.measured, c.verdict) for c in found.claims),
        )
    if found.saved:
        output.print(f"Saved: {found.saved}. It can be shown and compared like any other device.")


def _rise(rise: float | None, sampling: float) -> str:
    if rise is None:
        return "no edge"
    shown, fastest = units.write(rise, "time", digits=2), units.write(2 * sampling, "time", digits=2)
    return shown if rise > 2 * sampling else f"{fastest} or less: that is two samples"
