"""Display: progress for people, in a thread of its own, so that who looks on cannot hold the current up."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from microcurrent.model import Status

Progress = Callable[[float, float, int, Status], None]
_News = tuple[float, float, int, Status]

#: News that may wait; where more come, the oldest is dropped: a display needs the newest.
_MOST = 8


class Display:
    """Hands progress on; what `show` raises is kept in `error`, and nothing more is shown then."""

    def __init__(self, show: Progress) -> None:
        self.error: Exception | None = None
        self._show = show
        self._news: queue.Queue[_News | None] = queue.Queue(maxsize=_MOST)
        self._thread = threading.Thread(target=self._work, name="display", daemon=True)
        self._thread.start()

    def put(self, *news: *_News) -> None:
        """Take time, total [s], number of the step and status; never waits."""
        self._offer(news)

    def close(self) -> None:
        """Show what is left, for a second at most."""
        self._offer(None)
        self._thread.join(1.0)

    def _offer(self, news: _News | None) -> None:
        while True:
            try:
                self._news.put_nowait(news)
                return
            except queue.Full:
                self._drop()

    def _drop(self) -> None:
        try:
            self._news.get_nowait()
        except queue.Empty:
            return

    def _work(self) -> None:
        while (news := self._news.get()) is not None:
            if self.error is None:
                try:
                    self._show(*news)
                except Exception as error:  # noqa: BLE001  whatever it is, the current does not depend on it
                    self.error = error
