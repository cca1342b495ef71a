"""Wishes: what people ask of a sitting while it runs, from any thread, kept in bounded queues."""

from __future__ import annotations

from collections import deque

from microcurrent.errors import DeliveryError

#: Marks that may wait to be written down; ten looks a second take them.
MOST_MARKS = 64

Figures = tuple[tuple[str, float | str | None], ...]


class Wishes:
    """Stop, cut, pause, resume and marks. Takes no lock, so that a signal may call it at any moment."""

    def __init__(self) -> None:
        self._stops: deque[str] = deque(maxlen=MOST_MARKS)
        self._pauses: deque[str] = deque(maxlen=1)
        self._resumes: deque[str] = deque(maxlen=1)
        self._marks: deque[tuple[str, Figures]] = deque()
        self._fresh = self._at_once = self._closed = False

    def stop(self, reason: str, *, at_once: bool = False) -> None:
        """Ask for the end, by the ramp or `at_once`; the first reason is kept."""
        if len(self._stops) < MOST_MARKS or at_once:
            self._stops.append(reason)
        self._at_once = self._at_once or at_once
        self._fresh = True

    def pause(self, reason: str) -> None:
        """Ask for zero by the ramp, to go on later."""
        self._resumes.clear()
        self._pauses.append(reason)
        self._fresh = True

    def resume(self, by: str) -> None:
        """Ask to go on; `by` names the person who looked."""
        self._resumes.append(by)

    def mark(self, kind: str, figures: Figures) -> None:
        """Keep what was felt or noticed; `DeliveryError` when too many wait: none is lost unseen."""
        if self._closed:
            raise DeliveryError("The sitting is closed; write this down with `microcurrent record`.")
        if len(self._marks) >= MOST_MARKS:
            raise DeliveryError(f"{MOST_MARKS} marks wait to be written down; this one was not taken.")
        self._marks.append((kind, figures))

    @property
    def stopped(self) -> bool:
        """Whether anybody asked for the end."""
        return bool(self._stops)

    @property
    def at_once(self) -> bool:
        """Whether anybody asked for zero at once."""
        return self._at_once

    @property
    def reason(self) -> str:
        """The first reason to stop, or nothing."""
        return self._stops[0] if self._stops else ""

    @property
    def fresh(self) -> bool:
        """Whether a stop or a pause has come since the last `look`: reason to look at once."""
        return self._fresh

    def look(self) -> None:
        """Say that what has come so far is known."""
        self._fresh = False

    def forget_resumes(self) -> None:
        """Drop what was asked before there was anything to resume: nobody had looked then."""
        self._resumes.clear()

    def close(self) -> None:
        """Take no more marks: nobody would write them down."""
        self._closed = True

    def take_pause(self) -> str | None:
        """Return the reason of a pause that was asked for, once."""
        return self._pauses.popleft() if self._pauses else None

    def take_resume(self) -> str | None:
        """Return who asked to go on, once."""
        return self._resumes.popleft() if self._resumes else None

    def take_mark(self) -> tuple[str, Figures] | None:
        """Return the next mark, or None."""
        return self._marks.popleft() if self._marks else None
