"""Moves and programs: what the nouns refuse, so that a broken row cannot become a plan."""

import dataclasses

import pytest

from microcurrent import tables
from microcurrent.errors import ValueRefused
from microcurrent.model.program import Evidence


def program():
    return tables.programs()["microcurrent-lift"]


def move(kind):
    return next(one for one in tables.moves() if one.kind == kind)


@pytest.mark.parametrize(
    ("noun", "changes", "words"),
    [
        (lambda: program().currents[0], {"amplitude": 0.0}, "above 0"),
        (lambda: program().currents[0], {"system": "magnetic"}, "one of galvanic, faradic"),
        (lambda: program().steps[0], {"kinds": ("massage",)}, "one of shorten"),
        (lambda: program().steps[0], {"active": "north"}, "anode"),
        (lambda: program(), {"users": ("anyone",)}, "one of home, professional, clinician"),
        (lambda: program(), {"duration": -1.0}, "at least 0"),
        (lambda: tables.lore()[0], {"level": 2}, "5"),
        (lambda: tables.systems()["galvanic"], {"programs": (), "reason": ""}, "reason why"),
        (lambda: move("shorten"), {"share": 1.5}, "at most 1"),
        (lambda: move("shorten"), {"passes": 0}, "whole number"),
        (lambda: move("hold"), {"line": ("malar low", "malar")}, "one site"),
        (lambda: move("stroke"), {"anchor": ("malar low",)}, "two or more"),
    ],
)
def test_what_no_row_may_say(noun, changes, words):
    with pytest.raises(ValueRefused, match=words):
        dataclasses.replace(noun(), **changes)


def test_shares_of_a_timed_program_make_the_whole():
    steps = tuple(dataclasses.replace(step, share=0.1) for step in program().steps)
    with pytest.raises(ValueRefused, match="100 %"):
        dataclasses.replace(program(), steps=steps)


def test_a_direct_part_demands_a_pole_and_a_balanced_current_has_none():
    direct = tables.programs()["galvanic-hold"]
    with pytest.raises(ValueRefused, match="anode or cathode"):
        dataclasses.replace(direct, steps=(dataclasses.replace(direct.steps[0], active=""),))
    balanced = dataclasses.replace(program().steps[0], active="anode")
    with pytest.raises(ValueRefused, match="nothing"):
        dataclasses.replace(program(), steps=(balanced, *program().steps[1:]))


@pytest.mark.parametrize(("level", "grade"), [(0, "low"), (6, "low"), (4, "certain")])
def test_evidence_has_a_level_and_a_grade_that_exist(level, grade):
    with pytest.raises(ValueRefused):
        Evidence(level=level, grade=grade, sentence="Somebody says so.")
