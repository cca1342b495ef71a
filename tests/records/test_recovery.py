"""A process that is killed loses nothing that it was told is written, and blocks nobody."""

import math
import signal
import sqlite3
import subprocess
import sys

import pytest

from microcurrent.errors import RecordError
from microcurrent.model import Event
from microcurrent.records import Store, schema, verify

WRITER = """
import sys
from microcurrent.model import Event
from microcurrent.records import Store

path, plan, approval, client, count = sys.argv[1:]
utc = "2027-01-31T10:00:00+00:00"
with Store(path) as store:
    name = store.open_sitting(plan=plan, approval=approval, client=client, stimulator="bench", actor="w")
    store.append(name, Event(time=0.0, utc=utc, kind="step", figures=(("step", 1),)))
    print(name, flush=True)
    for k in range(int(count)):
        if k % 10 == 0:
            store.append(name, Event(time=k / 10, utc=utc, kind="lease", figures=(("lease", 2.0),)))
        figures = (("net_charge", k * 1e-5), ("absolute_charge", k * 1e-5))
        store.append(name, Event(time=k / 10, utc=utc, kind="measured", figures=figures))
        print(k, flush=True)
    store.close_sitting(name, "completed")
"""


def writer(opened, *, count: int, client: str = "client-9") -> subprocess.Popen:
    command = [sys.executable, "-c", WRITER, str(opened.path), opened.plan, opened.approval, client]
    return subprocess.Popen([*command, str(count)], stdout=subprocess.PIPE, text=True)


def test_kill_9_in_mid_sitting_loses_nothing_that_was_reported_written(opened):
    process = writer(opened, count=1_000_000)
    name = process.stdout.readline().strip()
    for _ in range(60):
        process.stdout.readline()
    assert opened.store.recover() == [], "a sitting that a living process delivers was taken from it"
    with pytest.raises(RecordError, match="being delivered by another process"):
        opened.store.close_sitting(name, "stopped")
    process.send_signal(signal.SIGKILL)
    printed = [int(line) for line in process.stdout.read().split()]  # the pipe keeps what was printed
    process.wait()
    process.stdout.close()

    with Store(opened.path) as again:
        assert again.recover() == [name]
        sitting = again.sitting(name)
        assert again.recover() == []
    charges = [e.figure("net_charge") for e in sitting.events if e.kind == "measured"]
    last = max(printed, default=59)
    assert charges[: last + 1] == [k * 1e-5 for k in range(last + 1)]
    assert sitting.ending == "interrupted"
    closing = sitting.events[-1]
    assert closing.kind == "closed" and closing.figure("net_charge") == charges[-1]
    # a lease, and the tenth of a second before it where the kill fell before the next measurement
    assert 0 < closing.figure("unmeasured_time") < 2.1 + 1e-6
    assert closing.figure("unmeasured_charge") == pytest.approx(200e-6 * closing.figure("unmeasured_time"))
    assert not list(opened.path.parent.glob("*.lock"))
    verify(opened.path)


def test_two_processes_that_write_at_once_make_one_chain(opened):
    writers = [writer(opened, count=80, client=f"client-{k}") for k in (1, 2)]
    outputs = [process.communicate()[0] for process in writers]
    assert [process.returncode for process in writers] == [0, 0]
    for output in outputs:
        name = output.split()[0]
        charges = [
            e.figure("net_charge") for e in opened.store.sitting(name).events if e.kind == "measured"
        ]
        assert charges == [k * 1e-5 for k in range(80)]
        assert opened.store.sitting(name).ending == "completed"
    assert verify(opened.path).entries == 3 + 2 * (1 + 1 + 80 + 8 + 1)


def test_two_processes_may_make_the_store_at_once(tmp_path):
    path = tmp_path / "records.sqlite"
    program = "import sys; from microcurrent.records import Store; Store(sys.argv[1]).close()"
    makers = [subprocess.Popen([sys.executable, "-c", program, str(path)]) for _ in range(3)]
    assert [maker.wait() for maker in makers] == [0, 0, 0]
    assert verify(path).entries == 1


def event(time: float, kind: str, **figures: float | str) -> Event:
    return Event(time=time, utc="2027-01-31T10:00:00+00:00", kind=kind, figures=tuple(figures.items()))


def recovered(opened, *events: Event) -> tuple[str, Event | None]:
    name = opened.sitting()
    for one in events:
        opened.store.append(name, one)
    opened.store.close()
    with Store(opened.path) as again:
        assert again.recover() == [name]
        sitting = again.sitting(name)
    return sitting.ending, sitting.events[-1] if sitting.events else None


def test_after_the_output_was_off_nothing_is_left_unmeasured(opened):
    ending, closing = recovered(
        opened, event(0, "step", step=1), event(0, "lease", lease=2.0),
        event(1.5, "measured", net_charge=3e-4, absolute_charge=3e-4), event(1.6, "off"),
    )  # fmt: skip
    assert ending == "interrupted"
    assert (closing.figure("unmeasured_time"), closing.figure("unmeasured_charge")) == (0.0, 0.0)
    assert closing.figure("net_charge") == 3e-4


def test_a_lease_without_a_measurement_is_counted_in_full(opened):
    _, closing = recovered(opened, event(5.0, "lease", lease=2.0))
    assert closing.figure("net_charge") is None
    assert closing.figure("unmeasured_time") == 2.0
    assert closing.figure("unmeasured_charge") == pytest.approx(2.0 * 200e-6)


def test_a_sitting_without_any_current_is_closed_without_charge(opened):
    _, closing = recovered(opened)
    assert closing.figure("unmeasured_charge") == 0.0


@pytest.mark.parametrize("said", ["completed", "stopped", "tripped", "interrupted"])
def test_a_sitting_that_said_how_it_ended_keeps_that_ending(opened, said):
    ending, closing = recovered(opened, event(3.0, "off"), event(3.0, "closed", ending=said))
    assert ending == said
    assert closing == event(3.0, "closed", ending=said)


def test_a_sitting_does_not_wait_for_long_on_one_who_keeps_writing(opened, monkeypatch):
    """The loop that watches a current must not stand still; `BUSY` would be half a minute."""
    name = opened.sitting()
    monkeypatch.setattr(schema, "BUSY_DELIVERING", 0.05)
    monkeypatch.setattr(schema, "BUSY", math.nan)  # no one can wait for that
    other = sqlite3.connect(opened.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        for write in (
            lambda: opened.store.append(name, event(1.0, "measured")),
            lambda: opened.store.close_sitting(name, "stopped"),
        ):
            with pytest.raises(RecordError, match="another process is writing"):
                write()
    finally:
        other.close()
    opened.store.append(name, event(1.0, "measured"))


def test_a_note_may_be_added_by_another_process_while_one_delivers(opened):
    name = opened.sitting()
    with Store(opened.path) as other:
        other.append(name, event(2.0, "felt", what="tingling"), actor="practitioner")
        assert other.recover() == []
    assert opened.store.sitting(name).events[-1].figure("what") == "tingling"
