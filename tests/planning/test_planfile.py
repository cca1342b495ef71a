"""Plan files: the right plan from a good one, one exact message for each mistake, and nothing else."""

import copy
import json
import re
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from microcurrent.errors import InputError, PlanError
from microcurrent.model import Path as GlidePath
from microcurrent.planning.planfile import json_schema, read_plan, template
from microcurrent.planning.planfile.reader import plan_of
from microcurrent.planning.toml_file import TomlFile, parse_toml, written

ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / "examples" / "01-cheek-lift.toml"

#: What each shipped broken plan must be told: line, key, what was expected, what came.
BROKEN = {
    "01-unknown-key": (9, "electrode.upper.couplng", "unknown key", "couplng", 'Did you mean "coupling"?'),
    "02-wrong-unit": (19, "step 1.current", "wrong unit: expected a current", "'50 uV'", ""),
    "03-missing-unit": (20, "step 1.duration", "unit missing: expected a time", "'40'", ""),
    "04-impossible-value": (8, "electrode.upper.diameter", "above 0 and at most 0.5 m", "-0.012 m", ""),
    "05-unknown-site": (22, "step 1.anode.at", "unknown site", "malar low lef", 'Perhaps "malar low left"'),
    "06-current-without-polarity": (22, "step 1.between", "current without polarity", "constant", "anode"),
    "07-glide-without-speed": (25, "step 2.speed", "missing: expected the key speed", "nothing", ""),
    "08-two-steps-at-once": (
        27,
        "step 2.start",
        'use electrode "lower" at once',
        "10 s",
        "Leave start out",
    ),
    "09-pulse-longer-than-period": (31, "step 2.pulse", "one period, 33.3 ms", "40 ms", ""),
    "10-not-toml": (30, "", "not valid TOML", "", "text and quantities stand in quotes"),
}


def read_text(text: str):
    return plan_of(parse_toml(text.encode(), "plan.toml"), base=ROOT)[0]


def test_a_good_plan_is_what_it_says():
    plan, source = read_plan(BASE)
    hold, glide, surged = plan.steps
    assert (hold.do, hold.system, hold.stimulus.amplitude) == ("hold", "galvanic", pytest.approx(50e-6))
    assert hold.stimulus.ramp.rise == 10 and hold.stimulus.duration == 40
    assert isinstance(glide.anode, GlidePath)
    ends = [plan.site(name) for name in glide.anode.sites]
    length = ends[0].distance_to(ends[1])
    assert glide.stimulus.duration == pytest.approx(5 * length / 6e-3)
    assert glide.start == pytest.approx(40) and surged.start == pytest.approx(glide.stop)
    assert surged.stimulus.surge.period == 5
    assert plan.course.sittings == 16
    assert plan.body_content == source.body.content


def test_equal_text_gives_equal_digests_and_any_change_another():
    text = BASE.read_text(encoding="utf-8")
    digest = read_text(text).digest
    assert read_text(text + "\n# a remark\n").digest == digest
    assert read_text(text.replace('"50 uA"', '"0.05 mA"')).digest == digest
    assert read_text(text.replace('"50 uA"', '"51 uA"')).digest != digest


def test_rms_is_turned_into_the_peak_of_the_shape():
    text = BASE.read_text(encoding="utf-8").replace('"300 uA"', '"30 uA rms"')
    stimulus = read_text(text).steps[1].stimulus
    assert stimulus.plateau_rms == pytest.approx(30e-6)
    assert stimulus.amplitude == pytest.approx(30e-6 / (2 * 300e-6 * 30) ** 0.5)


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_each_mistake_gets_its_message(name):
    line, key, what, came, advice = BROKEN[name]
    path = ROOT / "examples" / "broken" / f"{name}.toml"
    with pytest.raises(PlanError) as caught:
        read_plan(path)
    messages = str(caught.value).splitlines()
    place = f"{path}:{line}: {key}"
    message = next((m for m in messages if m.startswith(place)), None)
    assert message is not None, messages
    for part in (what, came, advice):
        assert part in message


def test_every_broken_example_is_tested():
    assert {p.stem for p in (ROOT / "examples" / "broken").glob("*.toml")} == set(BROKEN)


def test_all_problems_are_told_at_once():
    text = BASE.read_text(encoding="utf-8").replace('"50 uA"', '"50"').replace('"6 mm/s"', '"6 m"')
    with pytest.raises(PlanError) as caught:
        read_text(text)
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('do       = "hold"', 'do       = "holt"'), "one of hold, glide"),
        (('system   = "galvanic"', ""), "step 1.system: missing"),
        (('anode    = { electrode = "upper"', 'anode    = { electrode = "uper"'), 'Did you mean "upper"?'),
        (('cathode  = { electrode = "lower"', 'cathode  = { electrode = "upper"'), "two different electrodes"),
        (('moving    = { electrode = "upper", along = ["mid cheek left", "malar low left"] }',
          'moving    = { electrode = "upper", at = "malar low left" }'), "step 2.moving"),
        (('waveform  = "biphasic"', 'waveform  = "constant"'), "one of biphasic, burst, monophasic"),
        (('pulse     = "300 us"', 'pulse     = "300 us"\nrise = "1 ms"'), "no rise, for a biphasic current"),
        (('frequency = "10 Hz"', 'frequency = "0 Hz"'), "a frequency above 0 Hz"),
        (('body   = "slab"', 'body   = "fase"'), 'Perhaps "face'),
        (("sittings    = 16", "sittings    = 1600"), "course.sittings"),
        (("passes    = 5", "passes    = 2.5"), "a whole number"),
        (('ramp     = "10 s"', 'ramp     = "30 s"'), "ramps in and out within the duration"),
        (('title  = "Cheek lift, left"', "title = 3"), "text in quotes"),
        (('ramp     = "10 s"', 'ramp     = { rise = "10 s" }'), "step 1.ramp"),
        (('ramp     = "10 s"', 'polarity = { every = "5 s" }'), "step 1.polarity"),
    ],
)  # fmt: skip
def test_more_mistakes(change, words):
    text = BASE.read_text(encoding="utf-8")
    assert change[0] in text
    with pytest.raises(InputError, match=re.escape(words)) as caught:
        read_text(text.replace(*change, 1))
    assert "plan.toml:" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfetitle", "not UTF-8"), (b"", "title: missing"), (b"title = 1\n" * 2, "not valid TOML"),
        (b"a = " + b"[" * 5000, "not valid TOML"), (b"#" * 2_000_000, "too large"),
    ],
)  # fmt: skip
def test_files_that_are_no_plans(tmp_path, content, words):
    path = tmp_path / "plan.toml"
    path.write_bytes(content)
    with pytest.raises(PlanError, match=words):
        read_plan(path)


@pytest.mark.parametrize("unseen", ["\\u001b[2J", "\\u0000", "\\u202e", "\\u0085", "\\r"])
def test_text_that_steers_a_terminal_is_refused_and_not_repeated(unseen):
    for text in (f'title = "lift{unseen}"', f'[[step]]\ntitle = "lift{unseen}"', f'"a{unseen}" = 1'):
        with pytest.raises(PlanError, match="cannot be seen") as caught:
            parse_toml(text.encode(), "plan.toml")
        assert str(caught.value).isprintable()
    assert parse_toml(b'note = "two\\nlines\\tand a tab"', "plan.toml").data["note"]


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(PlanError, match="no such file"):
        read_plan(tmp_path / "absent.toml")
    with pytest.raises(PlanError, match="this is a folder"):
        read_plan(tmp_path)


def test_own_sites_and_coordinates():
    text = BASE.read_text(encoding="utf-8")
    own = '[sites]\n"my spot" = ["10 mm", "-5 mm"]\n\n[electrode.upper]'
    text = text.replace("[electrode.upper]", own, 1)
    text = text.replace(
        'electrode = "upper", at = "malar low left"', 'electrode = "upper", at = "my spot"', 1
    )
    text = text.replace('at = "modiolus left"', 'at = ["-20 mm", "-30 mm"]', 1)
    plan = read_text(text)
    assert plan.site("my spot").position == (pytest.approx(0.01), pytest.approx(-0.005), 0.0)
    assert plan.site("(-20, -30) mm").position == (pytest.approx(-0.02), pytest.approx(-0.03), 0.0)


def test_the_template_is_a_valid_plan(tmp_path):
    path = tmp_path / "new.toml"
    path.write_text(template(), encoding="utf-8")
    assert len(read_plan(path)[0].steps) == 2


def test_the_json_schema_takes_what_the_reader_takes():
    import tomllib

    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    data = tomllib.loads(BASE.read_text(encoding="utf-8"))
    jsonschema.validate(data, schema)
    data["step"][0]["currant"] = "1 uA"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema)


# -- fuzz -------------------------------------------------------------------------------------------

GOOD = parse_toml(BASE.read_bytes(), "plan.toml")
SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=12)
    | st.sampled_from([
        "", "0 A", "-1 uA", "1e999 A", "nan s", "1 A", "5 kHz", "0 s", "1e-300 s", "1e9 s", "slab", "hold",
        "glide", "galvanic", "faradic", "burst", "upper", "lower", "modiolus left", "../../etc/passwd",
        "head.nii.gz", "\x00", "10 mm", "1e30 mm", "1 km/h", "300 uA rms", "sine", "roller", "dry",
    ])
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


def places(data, at=()):
    yield at
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield from places(value, (*at, key))


@st.composite
def mutated(draw):
    data = copy.deepcopy(GOOD.data)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.sampled_from([p for p in places(data) if p]))
        holder = data
        for key in at[:-1]:
            holder = holder[key]
        what = draw(st.sampled_from(["replace", "delete", "add", "copy"]))
        if what == "delete":
            del holder[at[-1]]
        elif what == "add" and isinstance(holder, dict):
            holder[draw(st.text(max_size=8) | st.sampled_from(["pulse", "surge", "start", "polarity"]))] = (
                draw(VALUES)
            )
        elif what == "copy" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[at[-1]]))
        else:
            holder[at[-1]] = draw(VALUES)
        if not data:
            break
    return data


@settings(
    max_examples=600, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(mutated())
def test_a_mutated_plan_is_a_plan_or_a_message(data):
    try:
        plan, _ = plan_of(TomlFile(name="plan.toml", data=data, lines=GOOD.lines), base=ROOT / "examples")
    except InputError as error:
        for problem in error.problems:
            assert problem.what and "Traceback" not in str(problem) and str(problem).endswith((".", "?"))
    else:
        assert plan.digest and all(step.stimulus.peak >= 0 for step in plan.steps)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(0, len(BASE.read_bytes())), st.binary(max_size=4), st.integers(0, 8))
def test_mutated_bytes_are_a_plan_or_a_message(where, inserted, removed):
    raw = BASE.read_bytes()
    try:
        plan_of(
            parse_toml(raw[:where] + inserted + raw[where + removed :], "plan.toml"), base=ROOT / "examples"
        )
    except InputError as error:
        assert all(problem.what for problem in error.problems)


def test_keys_are_written_as_a_person_would():
    assert written(("step", 1, "anode", "at")) == "step 2.anode.at"
    assert json.dumps(written(("electrode", "upper"))) == '"electrode.upper"'
