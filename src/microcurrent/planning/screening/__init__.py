"""Screening: asks every contraindication, reads the answers, and says what they mean.

::

    zones         the words for zones of the body, and whether two of them meet
    outlines      the outlines of zones on the skin of a body, and what lies in them
    treating      which zones each step of a plan touches, on its body
    meaning       what one answer means: the strictest reading that holds
    asking        all questions, or those of the day, put to one client for one plan
    answer_files  files of answers, and empty ones to start from

Policy: the strictest source wins, a question without an answer refuses, and only a named clinician with
a reason clears a finding, for a time, where the rule lets anyone do so. Everything but `answer_files` is
pure: it knows no clock and reads no file but the tables.
"""

from microcurrent.model.screening import TREATED
from microcurrent.planning.screening.answer_files import (
    answers_date,
    answers_template,
    read_answers,
    read_same_day_answers,
    same_day_template,
)
from microcurrent.planning.screening.asking import (
    questions,
    same_day_questions,
    screen,
    screen_same_day,
    screen_treated,
)
from microcurrent.planning.screening.meaning import ANSWERS_HOLD
from microcurrent.planning.screening.outlines import limb_of, outlines_of
from microcurrent.planning.screening.treating import Touch, Treated, treated_by
from microcurrent.planning.screening.zones import ZONES, meet, standing_in

__all__ = [
    "ANSWERS_HOLD",
    "TREATED",
    "ZONES",
    "Touch",
    "Treated",
    "answers_date",
    "answers_template",
    "limb_of",
    "meet",
    "outlines_of",
    "questions",
    "read_answers",
    "read_same_day_answers",
    "same_day_questions",
    "same_day_template",
    "screen",
    "screen_same_day",
    "screen_treated",
    "standing_in",
    "treated_by",
]
