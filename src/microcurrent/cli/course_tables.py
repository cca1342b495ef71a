"""How courses and costs look in a terminal."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from microcurrent import units
from microcurrent.cli.console import output
from microcurrent.cli.tables import SIGNS, table, written
from microcurrent.model.cost import CostSheet
from microcurrent.model.course_plan import Booking, Calendar, CoursePlan

if TYPE_CHECKING:  # the command line does not wait for solvers
    from microcurrent.workflow.course_standing import CourseNext, CourseShown, CourseTotals

#: Sittings of maintenance that are shown; all are in the calendar file and in JSON.
_SHOWN = 3


def show_phases(course: CoursePlan) -> None:
    """Print what a course is, and its phases."""
    schedule = course.schedule
    days = ", ".join(day.capitalize() for day in course.days)
    output.print(
        f"{course.title}: {schedule.sittings} sittings of {schedule.minutes:g} min, {days} at {course.at}; "
        f"afterwards {schedule.maintenance}"
    )
    table(
        "Phases",
        ("phase", "sittings", "plan", "digest", "what for"),
        ((p.name, f"{p.first} to {p.last}", p.plan, p.digest[:12], p.what) for p in course.phases),
        whole=("phase", "sittings"),
    )


def _day(booking: Booking) -> str:
    return f"{datetime.datetime.fromisoformat(booking.start):%a %Y-%m-%d %H:%M}"


def show_calendar(calendar: Calendar) -> None:
    """Print the sittings with their dates, the first of maintenance, and when to measure."""
    measured: dict[str, list[str]] = {}
    for day, what in calendar.measurements:
        measured.setdefault(day, []).append(what)
    table(
        "Calendar",
        ("", "when", "phase", "", "measure"),
        (
            (str(b.number), _day(b), b.phase, b.state, "; ".join(measured.get(b.day, ())))
            for b in calendar.bookings
        ),
        whole=("when", "phase"),
    )
    for day, why in calendar.missed:
        output.print(f"Missed: {day} ({why})", soft_wrap=True)
    if calendar.maintenance:
        first = ", ".join(b.day for b in calendar.maintenance[:_SHOWN])
        output.print(f"Maintenance, {len(calendar.maintenance)} in a year: {first}, ...", soft_wrap=True)
    last = calendar.bookings[-1].day
    for day, what in calendar.measurements:
        if day > last:
            output.print(f"Measure on {day}: {what.lower()}")


def show_totals(totals: CourseTotals) -> None:
    """Print what skin receives, in one sitting, over the course and in a year of maintenance."""
    columns = [("one sitting", totals.sitting), ("course", totals.course)]
    if totals.maintenance.sittings:
        columns.append(("a year of maintenance", totals.maintenance))
    if totals.delivered is not None:
        columns.append(("delivered so far", totals.delivered))
    rows = [
        (name, *(written(getattr(part, field)) for _, part in columns))
        for name, field in (
            ("charge, both ways", "charge"), ("charge, direct part", "direct"),
            ("skin that receives most: net", "net"), ("skin that receives most: both ways", "absolute"),
        )
    ]  # fmt: skip
    table("What skin receives, at most (90 % interval)", ("", *(name for name, _ in columns)), rows)
    table(
        "By place, both ways",
        ("place", "zone", *(name for name, _ in columns)),
        (
            (
                place.place, place.zone or "?",
                *(_at(part, place.place) for _, part in columns),
            )
            for place in totals.course.places
        ),
    )  # fmt: skip
    for finding in totals.findings:
        output.print(
            f"{SIGNS[finding.verdict]}  {finding.rule} (one sitting): {finding.reason}", soft_wrap=True
        )
    output.print("No limit is known for a whole course: its sums are shown, not judged.")


def _at(part: object, place: str) -> str:
    found = next((p for p in getattr(part, "places", ()) if p.place == place), None)
    return "-" if found is None else written(found.absolute)


def show_next(found: CourseNext, course: CoursePlan) -> None:
    """Print the next sitting and what stands against it."""
    if found.booking is None:
        output.print(f"Nothing is left: {found.done} sittings done.")
    else:
        b = found.booking
        place = (
            "maintenance" if b.maintenance else f"sitting {found.done + 1} of {course.schedule.sittings}"
        )
        plan = f", by {found.phase.plan}" if found.phase else ""
        output.print(f"Next: {place}, {_day(b)}, {b.minutes:g} min, phase {b.phase}{plan}", soft_wrap=True)
        output.print(f"Done {found.done}, left {found.left}.")
    for what in found.measure:
        output.print(f"Measure that day: {what.lower()}")
    for warning in found.warnings:
        output.print(f"! {warning}", soft_wrap=True)
    for halt in found.halts:
        output.print(f"✗ {halt.rule} ({halt.outcome}): {halt.reason}.", soft_wrap=True, style="bold red")
    if found.may and found.booking is not None:
        output.print("✓ Nothing stands against it. Ask the questions of the day before it.")


def show_standing(shown: CourseShown) -> None:
    """Print adherence and stop rules."""
    a = shown.adherence
    share = "none was due yet" if a.share is None else units.write(a.share, "fraction", digits=2)
    sign = "✓" if a.enough else "!"
    output.print(
        f"{sign} Adherence on {shown.on}: {a.done} of {a.due} sittings due ({share}; the mark is "
        f"{units.write(a.least, 'fraction', digits=2)}), {a.minutes_done:.3g} of {a.minutes_due:.3g} min "
        "of current",
        soft_wrap=True,
    )
    for place, part in a.places:
        output.print(
            f"        {place}: {units.write(part, 'fraction', digits=2)} of the charge due",
            soft_wrap=True,
        )
    partial = [one.id for one in shown.held if not one.whole]
    if partial:
        output.print(f"! Not to their end, so not counted as done: {', '.join(partial)}", soft_wrap=True)
    noted = sum(not one.measured for one in shown.held)
    if noted:
        output.print(f"{noted} by the course file alone: taken as planned, not measured.")
    for halt in shown.halts:
        output.print(f"✗ {halt.rule} ({halt.outcome}): {halt.reason}.", soft_wrap=True, style="bold red")


def show_costs(sheet: CostSheet, *, short: bool) -> None:
    """Print what a course costs; `short`: without the prices behind it."""
    table(
        f"Costs, {sheet.sittings} sittings and {sheet.maintenance} of maintenance in the year after "
        f"({sheet.region})",
        ("where", "what", "cost", "from"),
        (
            (where, line.what, "?" if line.cost is None else str(line.cost), line.why)
            for where, lines in (("practice", sheet.professional), ("home", sheet.home))
            for line in lines
        ),
        whole=("where", "cost"),
    )
    if sheet.break_even is not None:
        low, high = sheet.break_even
        output.print(
            f"A device of one's own with its gel costs as much as {low:.2g} to {high:.2g} sittings in a "
            "practice."
        )
    else:
        output.print("Break-even: ? (a price is missing)")
    years = {p.cost.year for p in sheet.prices if p.cost is not None}
    told = ", ".join("not stated" if year is None else str(year) for year in years)
    output.print(f"Year of the prices: {told or 'not stated'}.")
    if short:
        return
    for line in sheet.per_coulomb:
        output.print(f"Each coulomb delivered, {line.what}: {line.cost} ({line.why})")
    charge = units.write(sheet.charge_per_sitting, "charge")
    output.print(f"One sitting delivers {charge}. Equal charge is not equal effect.")
    table(
        "Prices that this rests on",
        ("price", "range", "region", "source", "confidence"),
        ((p.title, p.written, p.region, ", ".join(p.source), p.confidence) for p in sheet.prices),
    )
    if sheet.unused:
        names = "; ".join(f"{p.title} ({p.written})" for p in sheet.unused)
        output.print(f"In a currency that is not known, and in no sum: {names}", soft_wrap=True)
