"""Modes of treatment: each judged by its own limits; and both systems' limits for both currents at once."""

import dataclasses

import pytest

from microcurrent import tables
from microcurrent.errors import AssessmentRefused, InputError, MissingLimit, TableError, ValueRefused
from microcurrent.model import Estimate, Limits, Path, Polarity, Ramp, Stimulus, Surge, shapes
from microcurrent.model.plan import MODES
from microcurrent.planning.assess import NEEDED, NEEDED_IN_MODE
from microcurrent.planning.quantities import DELIVERY, longest_pulse

from .test_assess import BUILD, JUST, dwell, faradic, galvanic, judged, make_plan, verdict

OTHERS = ("motor", "iontophoresis", "wound")
ALL_MODES = {mode: tables.limits(mode=mode) for mode in MODES}
SITES = {"a": (0.0, 0.0, 0.0), "b": (0.03, 0.0, 0.0), "c": (0.0, 0.03, 0.0)}
#: How to bring a quantity of another mode to a value, where the table of microcurrent has none.
BUILD_TOO = {"direct current with no electrode moving": BUILD["stationary direct current"]}
#: Rows that only a mode has.
OWN = [
    pytest.param(mode, limit, level, word, id=f"{mode}-{limit.id}-{word}")
    for mode in OTHERS
    for limit in ALL_MODES[mode].limits
    if limit.modes and "microcurrent" not in limit.modes
    for word, level in (("warn", limit.warn), ("stop", limit.stop))
    if level is not None and limit.quantity not in DELIVERY
    # The noun Schedule takes no course of sittings as near to each other as those over a wound.
    if (mode, limit.id) != ("wound", "same-zone-interval")
]


def in_mode(plan, mode):
    return dataclasses.replace(plan, mode=mode)


def superposed(alternating=100e-6, direct=20e-6, *, inner=None, duration=40.0, ramp=10.0, **more):
    shape = shapes.superposed(inner or shapes.biphasic(width=0.06), offset=direct / alternating)
    return Stimulus(waveform=shape, amplitude=direct / shape.direct, frequency=30.0, duration=duration,
                    ramp=Ramp(rise=ramp, fall=ramp), **more)  # fmt: skip


# -- each mode its own limits ------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "limit", "level", "word"), OWN)
def test_a_level_of_a_mode_speaks_just_past_it_and_not_at_it(mode, limit, level, word):
    build = {**BUILD, **BUILD_TOO}[limit.quantity]
    past = 1 + (JUST if limit.sense == "at most" else -JUST)
    for factor, expected in ((past, word), (1 / past, None)):
        plan, values = build(level * factor, limit)
        found = verdict(judged(in_mode(plan, mode), limits=ALL_MODES[mode], **values), limit.id)
        assert found == expected if expected else found != word


def test_what_microcurrent_is_judged_by_has_not_moved():
    """The rows of before, with their levels; a row for another mode takes none away and adds none."""
    levels = {limit.id: (limit.warn, limit.stop) for limit in ALL_MODES["microcurrent"].limits}
    assert levels["total-current"] == (600e-6, pytest.approx(1e-3))
    assert levels["dc-charge-density"] == (pytest.approx(340.0), pytest.approx(960.0))
    assert levels["stationary-dc-dwell"] == (15.0, 60.0)
    assert levels["sitting-time"] == (2700.0, 3600.0)
    assert not {"motor-charge", "ns4-charge", "ns4-current", "wound-current-least"} & set(levels)


@pytest.mark.parametrize("mode", OTHERS)
def test_current_of_another_mode_is_refused_without_it_and_the_advice_names_the_mode(mode):
    plan = make_plan(faradic(6e-3) if mode == "motor" else galvanic(3e-3))
    finding = next(f for f in judged(plan, limits=tables.limits()).findings if f.rule == "total-current")
    assert finding.verdict == "stop"
    assert 'mode = "motor"' in finding.reason and 'mode = "iontophoresis"' in finding.reason
    inside = judged(in_mode(plan, mode), limits=ALL_MODES[mode])
    assert verdict(inside, "total-current") == ("stop" if mode == "wound" else "ok")


def test_a_warning_gives_no_such_advice():
    warned = judged(make_plan(faradic(700e-6)), limits=tables.limits())
    assert "mode =" not in next(f.reason for f in warned.findings if f.rule == "total-current")


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_without_a_limit_that_it_needs_is_an_error(mode):
    plan = in_mode(make_plan(faradic()), mode)
    for id_ in (*NEEDED, *NEEDED_IN_MODE[mode]):
        fewer = tuple(limit for limit in ALL_MODES[mode].limits if limit.id != id_)
        with pytest.raises(MissingLimit, match=id_):
            judged(plan, limits=Limits(limits=fewer, mode=mode))


def test_limits_of_one_mode_never_judge_a_plan_of_another():
    with pytest.raises(
        AssessmentRefused, match="mode motor, the limits are those of the mode microcurrent"
    ):
        judged(in_mode(make_plan(faradic()), "motor"), limits=tables.limits())
    with pytest.raises(
        AssessmentRefused, match="mode microcurrent, the limits are those of the mode wound"
    ):
        judged(make_plan(faradic()), limits=ALL_MODES["wound"])
    with pytest.raises(ValueRefused, match="limits of the mode microcurrent"):
        Limits(limits=ALL_MODES["motor"].limits)


def test_a_mode_is_part_of_the_digest_and_the_first_one_is_not():
    plan = make_plan(faradic())
    assert plan.digest == in_mode(plan, "microcurrent").digest
    assert len({in_mode(plan, mode).digest for mode in MODES}) == len(MODES)
    with pytest.raises(ValueRefused, match="one of microcurrent, motor"):
        in_mode(plan, "massage")


def test_a_profile_that_a_mode_does_not_have_is_refused():
    with pytest.raises(InputError, match="the mode motor has no profiles"):
        tables.limits(profiles=("home",), mode="motor")


def test_every_mode_and_role_says_what_it_asks():
    modes, roles = tables.modes(), tables.roles()
    assert tuple(modes) == MODES
    assert not modes["microcurrent"].consent and not modes["microcurrent"].clinician
    assert all(modes[mode].consent.startswith("I a") for mode in OTHERS)
    assert [mode for mode in MODES if modes[mode].clinician] == ["wound"]
    assert [name for name, role in roles.items() if role.clinician] == ["clinician"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("clinician = true", 'clinician = "yes"', "true or false"),
        ('name = "wound"', 'name = "motor"', "twice"),
        ('name = "home user"', 'name = "robot"', "home user"),
        ("[[role]]", "[[rolle]]", r"\[\[rolle\]\]"),
        ('title = "motor level: faradic, NMES"\n', "", "title"),
    ],
)
def test_a_damaged_table_of_modes_is_refused(tmp_path, old, new, words):
    text = (tables.shipped() / "modes.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "modes.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    (tmp_path / "references.toml").write_text(
        (tables.shipped() / "references.toml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    with pytest.raises(TableError, match=words):
        tables.modes(tmp_path)
        tables.roles(tmp_path)


def test_in_iontophoresis_what_stays_may_stay_while_the_other_moves():
    path = Path(electrode="upper", sites=("a", "c"), speed=0.01, length=0.03, passes=100)
    glide = in_mode(make_plan(galvanic(duration=300.0), parts=[(path, "b")]), "iontophoresis")
    hold = in_mode(make_plan(galvanic(duration=61.0)), "iontophoresis")
    limits = ALL_MODES["iontophoresis"]
    assert verdict(judged(glide, limits=limits), "stationary-dc-dwell") == "ok"
    assert verdict(judged(hold, limits=limits), "stationary-dc-dwell") == "stop"
    assert dwell(galvanic(duration=300.0), parts=[(path, "b")]) == pytest.approx(300)


# -- both currents at once ---------------------------------------------------------------------


def test_the_limits_of_both_systems_hold():
    plan = make_plan(superposed())
    found = {f.rule: f for f in judged(plan, limits=tables.limits()).findings}
    for rule in (
        "ramp-galvanic",
        "ramp-microcurrent",
        "ac-rms-density",
        "stationary-dc-dwell",
        "dc-density",
    ):
        assert found[rule].value is not None, rule
    assert verdict(judged(make_plan(superposed(ramp=9.9))), "ramp-galvanic") == "stop"
    assert verdict(judged(make_plan(superposed(duration=61.0))), "stationary-dc-dwell") == "stop"
    wide = Estimate.exact(5.1, "current density")
    assert verdict(judged(plan, dc_density=wide), "dc-density") == "stop"
    assert verdict(judged(plan, rms_density=20.1), "ac-rms-density") == "stop"


def test_direct_and_alternating_part_are_measured_apart():
    """IEC 60601-2-10: of a mixed current each part is compared with its own limit."""
    found = {f.rule: f.value for f in judged(make_plan(superposed(30e-3, 4e-3))).findings}
    assert found["iec-output-direct"].value == pytest.approx(4e-3)
    assert found["iec-output-400-hz"].value == pytest.approx(30e-3 * (2 * 0.06) ** 0.5)
    assert found["iontophoresis-current"].value == pytest.approx(4e-3, rel=1e-3)
    assert found["net-dc-balanced"] is None  # its direct current is meant


def test_a_reversal_and_a_swell_of_the_direct_part_are_ramped_like_one():
    def ramp(**more):
        return verdict(judged(make_plan(superposed(duration=60.0, **more))), "ramp-galvanic")

    assert ramp(polarity=Polarity(mode="alternating", every=30.0, ramp=10.0)) == "ok"
    assert ramp(polarity=Polarity(mode="alternating", every=30.0, ramp=9.0)) == "stop"
    assert ramp(surge=Surge(rise=10, hold=1, fall=10, rest=1)) == "ok"
    assert ramp(surge=Surge(rise=1, hold=1, fall=1, rest=1)) == "stop"


def test_its_dwell_is_that_of_direct_current():
    forty = superposed()
    assert dwell(forty, galvanic(duration=40.0), parts=[("a", "b")] * 2) == pytest.approx(80)
    back = superposed(polarity=Polarity(mode="reversed"))
    assert dwell(forty, back, parts=[("a", "b")] * 2) == pytest.approx(40)


def test_what_never_turns_is_one_long_pulse():
    assert longest_pulse(superposed(direct=300e-6)) == 40.0
    assert longest_pulse(superposed(inner=shapes.sine(), direct=50e-6)) == pytest.approx(2 / 3 / 30)


def test_in_motor_mode_direct_current_has_the_bounds_of_microcurrent():
    plan = in_mode(make_plan(superposed(5e-3, 1.1e-3)), "motor")
    found = judged(plan, limits=ALL_MODES["motor"])
    assert verdict(found, "motor-direct-current") == "stop" and verdict(found, "total-current") == "ok"
    assert verdict(found, "motor-charge") == "stop"  # between two pulses, its direct part has no end
