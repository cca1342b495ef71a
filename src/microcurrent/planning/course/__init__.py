"""Courses: from a schedule to dated sittings, and what they come to. No clock: the day is always given.

::

    week           which days of the week, and how far apart they are
    slots          the days on which a sitting may be, one after the other
    dates          the calendar: sittings with their dates, missed ones made up, maintenance, measurements
    entries        what may stand in a course file
    course_file    course.toml <-> CoursePlan; a mark added to it
    calendar_file  the calendar in iCalendar (.ics); holidays from one
    zones          the zone that a site lies in
    accumulating   what skin receives over the sittings of a course
    standing       adherence, and the rules that stop or hold a course
"""

from microcurrent.planning.course.accumulating import delivered_exposure, exposure_of
from microcurrent.planning.course.calendar_file import calendar_text, read_holidays
from microcurrent.planning.course.course_file import course_text, read_course, with_mark
from microcurrent.planning.course.dates import calendar_of
from microcurrent.planning.course.standing import adherence_of, halts, rule_on
from microcurrent.planning.course.week import check_week, spacing_of, spread_days

__all__ = [
    "adherence_of",
    "calendar_of",
    "calendar_text",
    "check_week",
    "course_text",
    "delivered_exposure",
    "exposure_of",
    "halts",
    "read_course",
    "read_holidays",
    "rule_on",
    "spacing_of",
    "spread_days",
    "with_mark",
]
