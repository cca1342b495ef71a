"""Calendar files (.ics, RFC 5545): the sittings of a course for any calendar; holidays read from one.

Times are "floating": those of the clock on the wall, wherever it hangs, since a sitting is at ten o'clock
there. The identifier of a sitting stays when its date changes, and SEQUENCE grows, so that a calendar
moves it instead of adding another.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from pathlib import Path

from microcurrent.errors import InputError, Problem
from microcurrent.model.course_plan import Booking, Calendar, CoursePlan

#: Octets that a line may have (RFC 5545, 3.1).
_LINE = 75
_STATUS = {"planned": "CONFIRMED", "done": "CONFIRMED", "missed": "CANCELLED", "cancelled": "CANCELLED"}
#: Larger files are refused: no list of holidays comes near.
_LARGEST = 5_000_000
#: Longer stretches of days are no holidays.
_LONGEST = 366


def calendar_text(course: CoursePlan, calendar: Calendar, *, stamp: datetime.datetime) -> str:
    """Return a course as an iCalendar text, lines ended by CRLF and folded.

    `stamp`: when it is written, with its zone. Nothing in it names the client.
    """
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//microcurrent//course//EN", "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
    ]  # fmt: skip
    written = stamp.astimezone(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    total = course.schedule.sittings
    for booking in (*calendar.bookings, *calendar.maintenance):
        title = f"Microcurrent sitting {booking.number} of {total} ({booking.phase})"
        if booking.maintenance:
            title = f"Microcurrent maintenance {booking.number}"
        lines += _event(course, booking, title, written)
    for number, (day, what) in enumerate(calendar.measurements, 1):
        date = day.replace("-", "")
        lines += [
            "BEGIN:VEVENT", f"UID:{course.id}-measure-{number}@microcurrent", f"DTSTAMP:{written}",
            f"DTSTART;VALUE=DATE:{date}", f"SEQUENCE:{course.revision}", "STATUS:CONFIRMED",
            "TRANSP:TRANSPARENT", f"SUMMARY:{_escaped('Measure: ' + what)}", "END:VEVENT",
        ]  # fmt: skip
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _event(course: CoursePlan, booking: Booking, title: str, written: str) -> list[str]:
    begin = datetime.datetime.fromisoformat(booking.start)
    end = begin + datetime.timedelta(minutes=booking.minutes)
    kind = "maintenance" if booking.maintenance else "sitting"
    lines = [
        "BEGIN:VEVENT", f"UID:{course.id}-{kind}-{booking.number}@microcurrent", f"DTSTAMP:{written}",
        f"DTSTART:{begin:%Y%m%dT%H%M%S}", f"DTEND:{end:%Y%m%dT%H%M%S}", f"SEQUENCE:{course.revision}",
        f"STATUS:{_STATUS[booking.state]}", f"SUMMARY:{_escaped(title)}",
        f"DESCRIPTION:{_escaped(course.title)}",
    ]  # fmt: skip
    if course.reminder is not None and booking.state == "planned":
        minutes = round(course.reminder)
        lines += ["BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:-PT{minutes}M",
                  f"DESCRIPTION:{_escaped(title)}", "END:VALARM"]  # fmt: skip
    return [*lines, "END:VEVENT"]


def _escaped(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return text


def _folded(line: str) -> Iterator[str]:
    """Yield a line in parts of at most 75 octets, all but the first behind a space; no character is cut."""
    part, size = "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > _LINE:
            yield part
            part, size = " ", 1
        part, size = part + character, size + octets
    yield part


# -- holidays --------------------------------------------------------------------------------------


def read_holidays(path: Path) -> tuple[datetime.date, ...]:
    """Return every day that an event of a calendar file covers, in order.

    Raises `InputError` for a file that is none, and for an event that repeats: its days are to be listed.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(
                Problem(what="the file is too large", file=str(path), expected=f"{_LARGEST} bytes at most")
            )
        text = path.read_bytes().decode()
    except (OSError, ValueError) as trouble:
        raise InputError(
            Problem(what=f"the file cannot be read ({trouble})", file=str(path),
                    expected="a calendar in UTF-8 (.ics)")
        ) from trouble  # fmt: skip
    lines = list(_unfolded(text))
    if not lines or lines[0][1].strip().upper() != "BEGIN:VCALENDAR":
        raise InputError(
            Problem(what="not a calendar", file=str(path), expected="BEGIN:VCALENDAR in the first line",
                    came=lines[0][1][:40] if lines else "nothing")
        )  # fmt: skip
    days: set[datetime.date] = set()
    for event in _events(lines):
        days.update(_days(event, path))
    return tuple(sorted(days))


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Yield the content lines with the number of the line where each begins."""
    held: tuple[int, str] | None = None
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        if line[:1] in (" ", "\t") and held is not None:
            held = (held[0], held[1] + line[1:])
            continue
        if held is not None and held[1]:
            yield held
        held = (number, line)
    if held is not None and held[1]:
        yield held


def _events(lines: Iterable[tuple[int, str]]) -> Iterator[dict[str, tuple[int, str]]]:
    """Yield name -> (line, value) of every event that is not cancelled; parts within one are left out."""
    event: dict[str, tuple[int, str]] | None = None
    depth = 0
    for number, line in lines:
        head, _, value = line.partition(":")
        name, word = head.split(";")[0].strip().upper(), value.strip().upper()
        if (name, word) == ("BEGIN", "VEVENT"):
            event, depth = {}, 0
        elif (name, word) == ("END", "VEVENT") and event is not None:
            if event.get("STATUS", (0, ""))[1].upper() != "CANCELLED":
                yield event
            event = None
        elif name in ("BEGIN", "END"):
            depth += 1 if name == "BEGIN" else -1
        elif event is not None and depth == 0:
            event.setdefault(name, (number, value.strip()))


def _days(event: dict[str, tuple[int, str]], path: Path) -> list[datetime.date]:
    for name in ("RRULE", "RDATE"):
        if name in event:
            raise InputError(
                Problem(what="an event that repeats", file=str(path), line=event[name][0], key=name,
                        expected="every holiday as an event of its own", came=event[name][1][:40],
                        advice="List the days with --holiday")
            )  # fmt: skip
    first, _ = _moment(event, "DTSTART", path)
    if "DTEND" not in event:
        return [first]
    last, whole = _moment(event, "DTEND", path)
    if whole and last > first:  # the end of a whole-day event is the day after it
        last -= datetime.timedelta(days=1)
    length = (last - first).days
    if not 0 <= length <= _LONGEST:
        raise InputError(
            Problem(what="an event that lasts too long or backwards", file=str(path),
                    line=event["DTEND"][0], key="DTEND", expected=f"0 to {_LONGEST} days", came=f"{length}")
        )  # fmt: skip
    return [first + datetime.timedelta(days=k) for k in range(length + 1)]


def _moment(event: dict[str, tuple[int, str]], name: str, path: Path) -> tuple[datetime.date, bool]:
    """The date of a start or end, and whether it ends with the day before: a date, or midnight."""
    number, value = event.get(name, (0, ""))
    try:
        day = datetime.datetime.strptime(value[:8], "%Y%m%d").date()
    except ValueError as bad:
        raise InputError(
            Problem(what="a date that cannot be read", file=str(path), line=number or None, key=name,
                    expected="a date such as 20261225", came=value or "nothing")
        ) from bad  # fmt: skip
    return day, value[8:15] in ("", "T000000")
