"""Screening by the strictest reading: true of every rule, in any order, on any day, for any answers."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microcurrent import tables
from microcurrent.model import Answer, Client, Contraindication, Reading
from microcurrent.model.plan import MODES, SYSTEMS
from microcurrent.model.screening import CLINICIANS, OUTCOME_OF, OUTCOMES, RANKS, TREATED
from microcurrent.planning.screening import Touch, Treated, screen, screen_same_day
from microcurrent.planning.screening.meaning import finding_of

TODAY = datetime.date(2026, 11, 22)
CLIENT = Client(pseudonym="client-7")
RULES = {rule.id: rule for rule in tables.contraindications()}
BOTH = Treated(touches=tuple(Touch(step=1, system=system, zones=("cheek left",)) for system in SYSTEMS))
CLEARED = {
    "cleared_by": "Dr A",
    "cleared_role": "physician",
    "cleared_on": "2026-11-01",
    "clearance": "well",
}

zones = st.lists(
    st.sampled_from(["cheek left", "cheek", "forehead", "neck", "calf"]), max_size=2, unique=True
)
days_ago = st.one_of(st.none(), st.integers(0, 400))
readings = st.builds(
    Reading,
    rank=st.sampled_from(RANKS),
    sources=st.sampled_from([("one",), ("other",)]),
    confidence=st.just("found"),
    systems=st.sampled_from([SYSTEMS, ("galvanic",), ("faradic",)]),
    modes=st.sampled_from([MODES, ("motor",), ("microcurrent", "wound")]),
    zones=st.sampled_from([(), (TREATED,), ("face",), ("calf",)]),
    days=st.one_of(st.none(), st.integers(1, 100)),
)


def rule_of(found):
    return Contraindication(id="x", question="Is it?", rationale="Why.", readings=tuple(found))


def answer_of(id_, ago, where, **more):
    date = "" if ago is None else (TODAY - datetime.timedelta(days=ago)).isoformat()
    return Answer(id=id_, yes=True, date=date, zones=tuple(where), **more)


@settings(max_examples=150, deadline=None)
@given(st.lists(readings, min_size=1, max_size=5), days_ago, zones, st.randoms())
def test_the_order_of_readings_does_not_matter(found, ago, where, random):
    answer = answer_of("x", ago, where)
    shuffled = list(found)
    random.shuffle(shuffled)
    a, b = (finding_of(rule_of(order), answer, BOTH, on=TODAY) for order in (found, shuffled))
    for name in ("outcome", "until", "zones", "steps", "rank"):
        assert getattr(a, name) == getattr(b, name), name


@settings(max_examples=150, deadline=None)
@given(st.lists(readings, min_size=1, max_size=4), readings.filter(lambda r: r.days is None), zones)
def test_one_reading_more_is_never_milder(found, more, where):
    """Of readings without an end; a longer deferral only prolongs what stands beside it."""
    answer = answer_of("x", None, where)
    before = finding_of(rule_of(found), answer, BOTH, on=TODAY)
    after = finding_of(rule_of([*found, more]), answer, BOTH, on=TODAY)
    assert OUTCOMES.index(after.outcome) >= OUTCOMES.index(before.outcome)


@settings(max_examples=60, deadline=None)
@given(st.lists(readings, min_size=1, max_size=4))
def test_a_reading_that_is_set_aside_changes_nothing_but_is_told(found):
    aside = Reading(rank="A", sources=("third",), confidence="found", set_aside="it cannot be meant")
    answer = answer_of("x", None, ())
    before = finding_of(rule_of(found), answer, BOTH, on=TODAY)
    after = finding_of(rule_of([*found, aside]), answer, BOTH, on=TODAY)
    assert after.outcome == before.outcome
    if after.conflict:
        assert "third" in after.conflict and "it cannot be meant" in after.conflict


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from(sorted(RULES))), st.sampled_from(sorted(RULES)), zones, days_ago)
def test_a_yes_more_never_makes_the_outcome_milder(yes, more, where, ago):
    def outcome(ids):
        answers = [answer_of(id_, ago, where) if id_ in ids else Answer(id=id_, yes=False) for id_ in RULES]
        return OUTCOMES.index(
            screen(answers, client=CLIENT, systems=SYSTEMS, on=TODAY, zones=("cheek left",)).outcome
        )

    assert outcome(yes | {more}) >= outcome(yes)


@settings(max_examples=40, deadline=None)
@given(
    st.sets(st.sampled_from(sorted(RULES))), zones, days_ago, st.booleans(), st.sampled_from(MODES),
    st.sampled_from([("galvanic",), ("faradic",), SYSTEMS]),
)  # fmt: skip
def test_no_answers_with_an_active_implant_are_ever_clear(yes, where, ago, cleared, mode, systems):
    more = CLEARED if cleared else {}
    answers = [
        answer_of(id_, ago, where, **more) if id_ in yes | {"implant-active"} else Answer(id=id_, yes=False)
        for id_ in RULES
    ]
    screening = screen(answers, client=CLIENT, systems=systems, on=TODAY, zones=("calf",), mode=mode)
    assert screening.outcome == "refused"


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from(sorted(RULES)), min_size=1))
def test_a_question_without_an_answer_refuses(missing):
    answers = [Answer(id=id_, yes=False) for id_ in RULES if id_ not in missing]
    screening = screen(answers, client=CLIENT, systems=SYSTEMS, on=TODAY)
    assert screening.outcome == "refused"
    assert set(screening.unanswered) == missing


@pytest.mark.parametrize("id_", RULES)
def test_direct_current_is_never_judged_more_mildly(id_):
    for ago in (None, 0, 2, 3, 13, 14, 20, 21, 60, 400):
        outcomes = [
            finding_of(
                RULES[id_], answer_of(id_, ago, ("cheek left",)),
                Treated(touches=(Touch(step=1, system=system, zones=("cheek left",)),)), on=TODAY,
            ).outcome
            for system in SYSTEMS
        ]  # fmt: skip
        assert OUTCOMES.index(outcomes[0]) >= OUTCOMES.index(outcomes[1]), (id_, ago)


@pytest.mark.parametrize("id_", [id_ for id_, rule in RULES.items() if rule.longest])
def test_days_run_out_on_the_day_and_not_the_day_before(id_):
    days = RULES[id_].longest
    treated = Treated(touches=(Touch(step=1, system="galvanic", zones=("cheek left",)),))
    last, over = (
        finding_of(RULES[id_], answer_of(id_, ago, ("cheek",)), treated, on=TODAY)
        for ago in (days - 1, days)
    )
    assert last.outcome in ("deferred", "blocked")
    assert last.until == (TODAY + datetime.timedelta(days=1)).isoformat()
    assert over.outcome == "clear"


def test_a_shorter_source_does_not_end_a_longer_one():
    for ago, until in ((13, "2026-12-09"), (14, "2026-12-08"), (29, "2026-11-23")):
        found = finding_of(RULES["botox"], answer_of("botox", ago, ("cheek",)), BOTH, on=TODAY)
        assert (found.outcome, found.until) == ("deferred", until)
        assert "30 days" in found.conflict and "14 days" in found.conflict


def test_only_the_step_with_the_current_and_the_zone_counts():
    """A young scar on the cheek: direct current on the forehead and alternating on the cheek do not meet it."""
    apart = Treated(touches=(Touch(step=1, system="galvanic", zones=("forehead",)),
                             Touch(step=2, system="faradic", zones=("cheek left",))))  # fmt: skip
    together = Treated(touches=(*apart.touches, Touch(step=3, system="galvanic", zones=("cheek left",))))
    answer = answer_of("scar-recent", 30, ("cheek left",))
    assert finding_of(RULES["scar-recent"], answer, apart, on=TODAY).outcome == "clear"
    found = finding_of(RULES["scar-recent"], answer, together, on=TODAY)
    assert (found.outcome, found.steps) == ("blocked", (3,))
    assert "Step 3 touches cheek left." in found.reason


def test_every_rank_has_an_outcome_and_every_clinician_role_may_clear():
    assert set(OUTCOME_OF) == set(RANKS)
    roles = {name for name, role in tables.roles().items() if role.clinician}
    assert roles <= set(CLINICIANS)
    assert not {name for name, role in tables.roles().items() if not role.clinician} & set(CLINICIANS)


# -- the questions of the day ------------------------------------------------------------------


def same_day(asked="dated", **yes):
    answers = [Answer(id=q.id, yes=False) for q in tables.same_day() if q.id.replace("-", "_") not in yes]
    answers += [Answer(id=id_.replace("_", "-"), yes=True, **more) for id_, more in yes.items()]
    return screen_same_day(answers, client=CLIENT, treated=BOTH, on=TODAY, asked=asked)


def test_all_no_today_is_clear_and_every_yes_is_not():
    assert same_day().outcome == "clear"
    for question in tables.same_day():
        assert same_day(**{question.id.replace("-", "_"): {}}).outcome != "clear", question.id


def test_a_yes_of_the_day_means_what_its_contraindication_means():
    assert same_day(skin_today={"zones": ("cheek left",)}).outcome == "blocked"
    assert same_day(skin_today={"zones": ("forehead",)}).outcome == "clear"
    when = {"date": "2026-11-10", "zones": ("cheek",)}
    found = same_day(retinoid=when, peel_laser=when | {"date": "2026-11-12"}).findings
    assert {f.id: f.until for f in found if f.until} == {
        "retinoid": "2026-12-01",
        "peel-laser": "2026-11-26",
    }
    assert same_day(new_implant=CLEARED).outcome == "refused"


def test_a_question_of_the_day_asks_for_one_date():
    """A filler of 3 days ago is not hidden by botulinum toxin of 29."""
    longest = {q.id: [id_ for id_ in q.about if RULES[id_].longest] for q in tables.same_day()}
    assert all(len(dated) < 2 for dated in longest.values()), longest


def test_an_answer_of_the_day_is_cleared_on_that_day_if_at_all():
    today = CLEARED | {"cleared_on": TODAY.isoformat()}
    yesterday = CLEARED | {"cleared_on": (TODAY - datetime.timedelta(days=1)).isoformat()}
    where = {"zones": ("cheek left",)}
    assert same_day(skin_today=today | where).outcome == "clear"
    found = same_day(skin_today=yesterday | where)
    assert found.outcome == "blocked"
    assert any("is cleared on that day" in f.reason for f in found.findings)
    for id_ in ("new_health", "alcohol_drugs"):
        assert same_day(**{id_: today}).outcome == "deferred", id_


def test_a_question_of_the_day_left_out_refuses():
    screening = screen_same_day([], client=CLIENT, treated=BOTH, on=TODAY, asked="dated")
    assert screening.outcome == "refused"
    assert len(screening.unanswered) == len(tables.same_day())
