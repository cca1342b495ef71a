"""Screening: the strictest source wins, no answer refuses, only a named clinician clears."""

import datetime
import re
from pathlib import Path

import pytest

from microcurrent import tables
from microcurrent.errors import AnswersError, ValueRefused
from microcurrent.model import Answer, Client
from microcurrent.planning.screening import (
    ZONES,
    answers_date,
    answers_template,
    questions,
    read_answers,
    screen,
)

TODAY = datetime.date(2026, 11, 22)
BOTH = ("galvanic", "faradic")
RULES = {rule.id: rule for rule in tables.contraindications()}
CLIENT = Client(pseudonym="client-7")
CLEARED = {
    "cleared_by": "Dr A. Example", "cleared_role": "physician", "cleared_on": "2026-11-20",
    "clearance": "feeling tested, normal",
}  # fmt: skip
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "client-clear.toml"


def answered(systems=BOTH, zones=(), **given):
    """A screening in which everything is "no" but what is given, by id with _ for -."""
    answers = {id_: Answer(id=id_, yes=False) for id_ in RULES}
    for key, answer in given.items():
        id_ = key.replace("_", "-")
        answers[id_] = Answer(id=id_, yes=True, **answer)
    return screen(answers.values(), client=CLIENT, systems=systems, on=TODAY, zones=zones)


def finding(screening, id_):
    return next(f for f in screening.findings if f.id == id_)


def test_all_no_is_clear():
    screening = answered()
    assert screening.outcome == "clear"
    assert len(screening.findings) == len(RULES)
    assert all(f.outcome == "clear" for f in screening.findings)
    assert (screening.date, screening.client) == ("2026-11-22", "client-7")


def test_a_question_without_an_answer_refuses():
    answers = [Answer(id=id_, yes=False) for id_ in RULES if id_ != "minor"]
    screening = screen(answers, client=CLIENT, systems=BOTH, on=TODAY)
    assert screening.unanswered == ("minor",)
    assert screening.outcome == "refused"
    assert screen([], client=CLIENT, systems=BOTH, on=TODAY).outcome == "refused"


@pytest.mark.parametrize("id_", RULES)
def test_yes_has_the_outcome_of_the_strictest_rank(id_):
    screening = answered(**{id_: {}})
    rule = RULES[id_]
    outcomes = {"A": "refused", "L": "blocked", "C": "clearance", "T": "deferred"}
    order = ["clearance", "blocked", "deferred", "refused"]
    expected = max((outcomes[rule.rank_for(s)] for s in rule.systems), key=order.index)
    assert finding(screening, id_).outcome == expected
    assert screening.outcome == expected
    assert finding(screening, id_).sources == rule.sources
    assert rule.rationale in finding(screening, id_).reason


def test_direct_current_is_judged_more_strictly_where_sources_say_so():
    for id_, faradic, galvanic in (
        ("skin-insensate", "blocked", "refused"),
        ("rosacea-couperose", "clearance", "blocked"),
    ):
        assert finding(answered(systems=("faradic",), **{id_: {}}), id_).outcome == faradic
        assert finding(answered(systems=("galvanic",), **{id_: {}}), id_).outcome == galvanic
        assert finding(answered(systems=BOTH, **{id_: {}}), id_).outcome == galvanic


def test_a_question_about_direct_current_alone_is_not_asked_without_it():
    asked = {rule.id for rule in questions(("faradic",))}
    assert "scar-recent" not in asked
    assert {rule.id for rule in questions(("galvanic",))} == asked | {"scar-recent"}
    screening = answered(systems=("faradic",), scar_recent={})
    assert screening.outcome == "clear"


# -- dates ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ago", "outcome"), [(0, "deferred"), (29, "deferred"), (30, "clear"), (31, "clear")]
)
def test_a_deferral_ends_on_its_last_day(ago, outcome):
    date = (TODAY - datetime.timedelta(days=ago)).isoformat()
    found = finding(answered(botox={"date": date}), "botox")
    assert found.outcome == outcome
    if outcome == "deferred":
        until = datetime.date.fromisoformat(date) + datetime.timedelta(days=30)
        assert found.until == until.isoformat() and found.until in found.reason
    else:
        assert found.until == ""


@pytest.mark.parametrize("date", ["2026-11-23", "9999-12-31"])
def test_nothing_has_happened_on_a_day_to_come(date):
    with pytest.raises(AnswersError, match=rf"botox\.date: .*still to come: .*2026-11-22, came {date}"):
        answered(botox={"date": date})


@pytest.mark.parametrize("given", [{"date": "soon"}, {"date": "20261122"}, {"cleared_on": "2026-11-31"}])
def test_an_answer_knows_only_real_days(given):
    more = CLEARED | given if "cleared_on" in given else given
    with pytest.raises(ValueRefused, match="a date such as"):
        Answer(id="botox", yes=True, **more)


def test_the_longest_deferral_of_the_sources_holds():
    assert RULES["botox"].longest == 30  # 14 days in another source
    assert RULES["retinoid"].longest == 21  # 48 hours in another source
    assert RULES["surgery"].longest == 84  # 10 days in another source


def test_without_a_date_the_days_count_from_today():
    found = finding(answered(filler={}), "filler")
    assert found.until == "2026-12-22"
    assert "no date" in found.reason


def test_a_state_defers_until_the_answer_is_no():
    found = finding(answered(infection_fever={"date": "2020-01-01"}), "infection-fever")
    assert (found.outcome, found.until) == ("deferred", "")


# -- conflicts and clearance ---------------------------------------------------------------


def test_a_conflict_of_sources_is_carried_along():
    screening = answered(metal_internal={})
    assert "still safe" in finding(screening, "metal-internal").conflict
    assert finding(screening, "botox").conflict == ""


def test_a_named_clinician_clears_with_a_reason():
    found = finding(answered(diabetes=CLEARED), "diabetes")
    assert found.outcome == "clear" and found.cleared_by == "Dr A. Example"
    assert found.overruled == "clearance"
    assert "feeling tested" in found.reason and found.clearance.startswith("physician, 2026-11-20: feeling")
    screening = answered(diabetes=CLEARED)
    assert screening.outcome == "clear"
    assert [f.id for f in screening.cleared] == ["diabetes"]
    assert answered(pregnancy=CLEARED).outcome == "clear"


def test_a_clearance_of_a_later_day_does_not_count():
    found = finding(answered(diabetes=CLEARED | {"cleared_on": "2026-11-23"}), "diabetes")
    assert found.outcome == "clearance" and found.cleared_by == ""
    assert "later day" in found.reason


def test_a_clearance_grows_old_as_answers_do():
    def outcome(cleared_on, date=""):
        return finding(answered(diabetes=CLEARED | {"cleared_on": cleared_on, "date": date}), "diabetes")

    assert outcome("2026-10-23").outcome == "clear"  # 30 days
    old = outcome("2026-10-22")
    assert old.outcome == "clearance" and "older than 30 days" in old.reason
    assert outcome("2026-11-20", "2026-11-20").outcome == "clear"
    before = outcome("2026-11-19", "2026-11-20")
    assert before.outcome == "clearance" and "before 2026-11-20" in before.reason
    assert outcome("2019-01-02", "2019-01-01").outcome == "clearance"


@pytest.mark.parametrize("id_", [id_ for id_, rule in RULES.items() if not rule.overridable])
def test_nobody_clears_an_active_implant_or_what_is_marked_so(id_):
    screening = answered(**{id_: CLEARED})
    assert screening.outcome == ("deferred" if RULES[id_].rank == "T" else "refused")
    assert finding(screening, id_).cleared_by == ""
    assert "nobody can clear" in finding(screening, id_).reason


def test_a_clearance_needs_a_name_and_a_reason_and_something_to_clear():
    for given in (
        *({"yes": True} | {key: CLEARED[key] for key in CLEARED if key != left} for left in CLEARED),
        {"yes": True} | CLEARED | {"cleared_by": "  "},
        {"yes": True} | CLEARED | {"cleared_role": "home user"},
        {"yes": False} | CLEARED,
    ):
        with pytest.raises(ValueRefused):
            Answer(id="diabetes", **given)


# -- zones ---------------------------------------------------------------------------------


def test_a_local_finding_blocks_only_its_zone():
    broken = {"zones": ("forehead",)}
    assert answered(zones=("cheek",), skin_broken=broken).outcome == "clear"
    assert answered(zones=("cheek", "forehead"), skin_broken=broken).outcome == "blocked"
    assert answered(zones=("face",), skin_broken=broken).outcome == "blocked"
    assert answered(zones=("forehead left",), skin_broken=broken).outcome == "blocked"


def test_where_the_zone_is_not_known_it_counts():
    assert answered(skin_broken={"zones": ("forehead",)}).outcome == "blocked"  # plan's zones unknown
    assert answered(zones=("cheek",), skin_broken={}).outcome == "blocked"  # answer's zones unknown
    assert answered(zones=("somewhere",), skin_broken={"zones": ("forehead",)}).outcome == "blocked"


def test_a_rule_for_the_whole_body_does_not_care_for_zones():
    assert answered(zones=("cheek",), diabetes={"zones": ("foot",)}).outcome == "clearance"
    assert answered(zones=("cheek",), isotretinoin={"zones": ("back",)}).outcome == "deferred"


def test_a_treated_zone_is_deferred_and_another_is_not():
    assert answered(zones=("cheek",), botox={"zones": ("forehead",)}).outcome == "clear"
    assert answered(zones=("forehead",), botox={"zones": ("forehead",)}).outcome == "deferred"


def test_a_rule_of_the_face_holds_for_its_parts():
    assert answered(zones=("cheek",), migraine={}).outcome == "clearance"
    assert answered(zones=("forearm",), migraine={}).outcome == "clear"
    assert answered(zones=("forehead",), thyroid={}).outcome == "clear"
    assert answered(zones=("neck",), thyroid={}).outcome == "blocked"
    assert answered(zones=("side of the neck left",), thyroid={}).outcome == "clear"


def test_absolute_in_its_zone_and_for_a_clinician_elsewhere():
    """Domain 5.2: epilepsy at head and neck, cancer at its place, pregnancy at face and trunk."""
    assert answered(zones=("cheek",), epilepsy={}).outcome == "refused"
    assert answered(zones=("forearm left",), epilepsy={}).outcome == "clearance"
    assert answered(zones=("cheek",), cancer_active={"zones": ("cheek",)}).outcome == "refused"
    assert answered(zones=("cheek",), cancer_active={"zones": ("foot",)}).outcome == "clearance"
    assert answered(zones=("abdomen",), pregnancy={}).outcome == "refused"
    assert answered(zones=("lip",), pregnancy={}).outcome == "refused"
    assert answered(zones=("calf",), pregnancy={}).outcome == "clearance"
    assert answered(zones=("cheek",), thrombosis={"zones": ("calf",)}).outcome == "clear"


def test_left_and_right_are_two_zones():
    broken = {"zones": ("cheek left",)}
    assert answered(zones=("cheek right",), skin_broken=broken).outcome == "clear"
    assert answered(zones=("cheek left",), skin_broken=broken).outcome == "blocked"
    assert answered(zones=("cheek",), skin_broken=broken).outcome == "blocked"


def test_a_zone_that_is_spared_still_stands_there():
    found = finding(answered(zones=("cheek",), filler={"zones": ("forehead",)}), "filler")
    assert (found.outcome, found.elsewhere, found.standing) == ("clear", "deferred", "deferred")
    assert found.zones == ("forehead",)


def test_a_wound_is_what_the_wound_mode_is_for():
    answers = [Answer(id=id_, yes=id_ == "skin-broken") for id_ in RULES]
    for mode, outcome in (("wound", "clearance"), ("motor", "blocked"), ("microcurrent", "blocked")):
        screening = screen(answers, client=CLIENT, systems=("galvanic",), on=TODAY, mode=mode)
        assert (screening.outcome, screening.mode) == (outcome, mode)


def test_zones_of_the_table_are_known():
    known = {*ZONES, *(zone for parts in ZONES.values() for zone in parts), "treated zone"}
    assert {zone for rule in RULES.values() for reading in rule.readings for zone in reading.zones} <= known


# -- refusals ------------------------------------------------------------------------------


def test_an_answer_to_no_question_is_an_error():
    with pytest.raises(AnswersError, match=r'implnt-active.*Did you mean "implant-active"'):
        screen([Answer(id="implnt-active", yes=False)], client=CLIENT, systems=BOTH, on=TODAY)
    with pytest.raises(AnswersError, match="twice"):
        screen([Answer(id="minor", yes=False)] * 2, client=CLIENT, systems=BOTH, on=TODAY)
    with pytest.raises(AnswersError, match="magic"):
        screen([], client=CLIENT, systems=("magic",), on=TODAY)


# -- files ---------------------------------------------------------------------------------


def write(tmp_path, text):
    path = tmp_path / "answers.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_example_answers_everything_with_no():
    answers, client = read_answers(EXAMPLE, on=TODAY)
    assert {answer.id for answer in answers} == set(RULES)
    assert client.pseudonym == "demo-01"
    assert screen(answers, client=CLIENT, systems=BOTH, on=TODAY).outcome == "clear"
    assert answers_date(EXAMPLE) is None  # it is to run on any day


def test_an_answer_in_full(tmp_path):
    path = write(
        tmp_path,
        """client = "demo-01"
        [answers]
        minor = "no"
        botox = { answer = "yes", date = 2026-11-01, zones = ["forehead"], note = "both sides" }
        filler = { answer = "yes", date = "2026-10-01" }
        [answers.diabetes]
        answer = "yes"
        cleared_by = "Dr A. Example"
        cleared_role = "physician"
        cleared_on = 2026-11-20
        clearance = "tested"
        """,
    )
    answers, _ = read_answers(path, on=TODAY)
    assert answers == (
        Answer(id="minor", yes=False),
        Answer(id="botox", yes=True, date="2026-11-01", zones=("forehead",), note="both sides"),
        Answer(id="filler", yes=True, date="2026-10-01"),
        Answer(id="diabetes", yes=True, **(CLEARED | {"clearance": "tested"})),
    )
    assert answers_date(path) is None


MISTAKES = [
    # text, line, what the message must say
    (
        'client = "x"\n[answers]\nimplant-activ = "no"',
        3,
        ["answers.implant-activ", 'Did you mean "implant-active"'],
    ),
    ('client = "x"\n[answers]\nminor = "maybe"', 3, ["answers.minor", '"yes" or "no"', "maybe"]),
    ('client = "x"\n[answers]\nminor = false', 3, ["answers.minor", '"yes" or "no"', "False"]),
    ('client = "x"\n[answers]\nminor = { note = "?" }', 3, ["answers.minor", "came nothing"]),
    ('client = "x"\n[answers]\nbotox = { answer = "yes", dat = "x" }', 3, ["answers.botox.dat", '"date"']),
    ('client = "x"\n[answers]\nbotox = { answer = "yes", date = "soon" }', 3, ["date such as", "soon"]),
    ('client = "x"\n[answers]\nbotox = { answer = "yes", date = 5 }', 3, ["date such as", "5"]),
    (
        'client = "x"\n[answers]\nbotox = { answer = "yes", date = 9999-12-31 }',
        3,
        ["answers.botox.date", "still to come", "up to 2026-11-22", "came 9999-12-31"],
    ),
    ('client = "x"\n[answers]\nbotox = { answer = "yes", zones = ["chek"] }', 3, ['Did you mean "cheek"']),
    ('client = "x"\n[answers]\nbotox = { answer = "yes", zones = "cheek" }', 3, ["a list such as"]),
    ('client = "x"\n[answers]\nbotox = { answer = "yes", note = 5 }', 3, ["text in quotes"]),
    (
        'client = "x"\n[answers]\nbp = { answer = "yes", cleared_by = "Dr X" }',
        3,
        ["name, role, date and reason"],
    ),
    ('client = "Jane Doe"\n[answers]\n', 1, ["client", "pseudonym", "Do not use the person's name"]),
    ("[answers]\n", None, ["client", "came nothing"]),
    ('client = "x"\n', None, ["answers", "came nothing"]),
    ('client = "x"\nanswers = "no"\n', 2, ["answers", "a table [answers]"]),
    ('client = "x"\ndate = "today"\n[answers]\n', 2, ["date", "today"]),
    ('client = "x"\nclent = "y"\n[answers]\n', 2, ["clent", 'Did you mean "client"']),
    ('client = "x"\n[answers\n', 2, ["not valid TOML"]),
]


@pytest.mark.parametrize(("text", "line", "said"), MISTAKES)
def test_a_mistake_is_named_by_file_line_and_key(tmp_path, text, line, said):
    path = write(tmp_path, text)
    with pytest.raises(AnswersError) as error:
        read_answers(path, on=TODAY)
    message = str(error.value)
    assert message.startswith(f"{path}:{line}:" if line else str(path)), message
    for part in said:
        assert part in message, message


def test_all_mistakes_are_named_at_once(tmp_path):
    path = write(tmp_path, 'client = "a b"\n[answers]\nminr = "no"\nbp = "perhaps"\n')
    with pytest.raises(AnswersError) as error:
        read_answers(path, on=TODAY)
    assert len(error.value.problems) == 3


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AnswersError, match=r"nowhere\.toml"):
        read_answers(tmp_path / "nowhere.toml", on=TODAY)
    with pytest.raises(AnswersError, match="date"):
        answers_date(write(tmp_path, 'date = "x"'))


def test_the_template_asks_everything_and_answers_nothing(tmp_path):
    text = answers_template()
    for rule in RULES.values():
        assert rule.question in text
    path = write(tmp_path, re.sub(r"(?m)^# client", "client", text))
    answers, _ = read_answers(path, on=TODAY)
    assert answers == ()
    filled = re.sub(r'(?m)^# ([a-z-]+ = "no")$', r"\1", re.sub(r"(?m)^# client", "client", text))
    answers, _ = read_answers(write(tmp_path, filled), on=TODAY)
    assert {answer.id for answer in answers} == set(RULES)
