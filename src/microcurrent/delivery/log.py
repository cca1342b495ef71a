"""Log: the events of a sitting, each kept before anything goes on."""

from __future__ import annotations

from microcurrent.delivery.host import Host
from microcurrent.delivery.ledger import Ledger
from microcurrent.delivery.wishes import Wishes
from microcurrent.model import Event


class Log:
    """Writes events to the sink of `host`, with their time since `opened` [s] on its clock.

    `total` [s]: the length of the sitting, for progress.
    """

    def __init__(self, host: Host, *, opened: float, total: float) -> None:
        self._host, self._opened, self._total = host, opened, total
        self.lost = False  # whether the sink has not kept an event

    @property
    def time(self) -> float:
        """Time [s] since the sitting was opened."""
        return self._host.clock.now() - self._opened

    def write(self, kind: str, *figures: tuple[str, float | str | None]) -> None:
        """Write one event; what the sink raises goes through."""
        event = Event(time=self.time, utc=self._host.clock.utc(), kind=kind, figures=figures)
        self.lost = True  # until the sink has kept it
        self._host.sink(event)
        self.lost = False

    def marks(self, wishes: Wishes) -> None:
        """Write what people have marked since."""
        while (mark := wishes.take_mark()) is not None:
            self.write(mark[0], *mark[1])

    def measured(self, ledger: Ledger) -> None:
        """Write what was measured since the last time, and show it."""
        figures = ledger.measured()
        if not figures:
            return
        self.write("measured", *figures)
        if self._host.on_progress is not None:
            self._host.on_progress(self.time, self._total, ledger.step.number, ledger.status)

    def off(self, confirmed: bool, ledger: Ledger) -> None:
        """Write whether zero was read back after the last step."""
        number = float(ledger.done[-1].number) if ledger.done else None
        self.write("off" if confirmed else "not-off", ("step", number))
