"""A sitting in a thread of its own, so that its loop waits for nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType

from microcurrent.delivery.controller import Controller
from microcurrent.delivery.display import Display
from microcurrent.delivery.host import Delivered, Host
from microcurrent.delivery.wishes import Figures
from microcurrent.model import Approval, Limits, Plan, Stimulator


class _Kept:
    """Keeps an error for the thread that asks for the result, where it belongs."""

    error: BaseException | None = None

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> bool:  # fmt: skip
        self.error = error
        return True


class Running:
    """A sitting that runs. As a context manager it stops the current and waits at the end.

    The thread does not outlive the program: if the program dies, the lease ends the current.
    """

    def __init__(
        self, controller: Controller, work: Callable[[], Delivered], display: Display | None = None
    ) -> None:
        self._controller = controller
        self._display = display
        self._kept = _Kept()
        self._delivered: Delivered | None = None
        self._thread = threading.Thread(target=self._work, args=(work,), name="sitting", daemon=True)
        self._thread.start()

    def _work(self, work: Callable[[], Delivered]) -> None:
        with self._kept:
            self._delivered = work()
        if self._display is not None:
            self._display.close()

    @property
    def state(self) -> str:
        """The state of the controller."""
        return self._controller.state

    @property
    def done(self) -> bool:
        """Whether the sitting has ended."""
        return not self._thread.is_alive()

    def stop(self, reason: str) -> None:
        """Ask the current to end by its ramp."""
        self._controller.stop(reason)

    def cut(self, reason: str) -> None:
        """Ask for zero at once."""
        self._controller.cut(reason)

    def pause(self, reason: str) -> None:
        """Ask for zero by the ramp, to go on later."""
        self._controller.pause(reason)

    def resume(self, by: str) -> None:
        """Go on after a pause or a lost contact; `by`: the person who looked."""
        self._controller.resume(by)

    def mark(self, kind: str, figures: Figures) -> None:
        """Write down what was felt or noticed, with its time; see `Controller.mark`."""
        self._controller.mark(kind, figures)

    @property
    def display_error(self) -> Exception | None:
        """What the display of progress failed with, if it did; the sitting goes on without it."""
        return self._display.error if self._display is not None else None

    def result(self, timeout: float | None = None) -> Delivered:
        """Wait for the end, at most `timeout` [s], and return what was given.

        Raises what the sitting raised, and `TimeoutError` if it still runs.
        """
        self._thread.join(timeout)
        if self._thread.is_alive():
            raise TimeoutError(f"the sitting still runs after {timeout} s")
        if self._kept.error is not None:
            raise self._kept.error
        if self._delivered is None:
            raise RuntimeError("the sitting ended without a result")
        return self._delivered

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop("the program ended")
        self._thread.join()


def deliver_in_thread(plan: Plan, approval: Approval, stimulator: Stimulator, *, limits: Limits,
                      host: Host) -> Running:  # fmt: skip
    """Deliver `plan` in a thread of its own and return at once; see `deliver`.

    `host.sink` is called in that thread, so is the stimulator; `host.on_progress` in one of its own, so
    that a slow or broken display holds nothing up.
    """
    display = Display(host.on_progress) if host.on_progress is not None else None
    if display is not None:
        host = replace(host, on_progress=display.put)
    controller = Controller(stimulator, limits=limits, host=host)
    return Running(controller, lambda: controller.deliver(plan, approval), display)
