"""One plan on many people: who they are, what hand and device do to them, and whether intervals hold."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr

from microcurrent import tables
from microcurrent.errors import InputError, PredictionError, ValueRefused
from microcurrent.planning.planfile import read_plan
from microcurrent.planning.prediction.flows import figures_of
from microcurrent.planning.uncertainty.crews import in_process
from microcurrent.planning.uncertainty.emulator import emulator, emulator_checked
from microcurrent.planning.uncertainty.figures import interval, name_of
from microcurrent.planning.uncertainty.inputs import CURRENT_GIVEN, chances, drawn, offset_name
from microcurrent.planning.uncertainty.on_basis import StoredBasis
from microcurrent.planning.uncertainty.person import Study, solve_people, solved, study_of
from microcurrent.planning.uncertainty.pieces import PIECE, folder_of, write_people
from microcurrent.planning.uncertainty.ranking import ranking
from microcurrent.planning.uncertainty.spreading import figures_named, ranked_by_default, spread_of
from microcurrent.planning.uncertainty.sweeping import sweep

ROOT = Path(__file__).resolve().parents[2]
PEOPLE, STRANGERS = 256, 160
MUSCLE = (1, "field_p99", "mimetic muscle")
VOLTAGE, RESISTANCE, CHARGE = (1, "voltage", ""), (1, "resistance", ""), (0, "absolute", "")


@pytest.fixture(scope="module")
def study():
    plan, source = read_plan(ROOT / "examples" / "02-forehead-burst.toml")
    return study_of(plan, source, seed=1)


@pytest.fixture(scope="module")
def people(study, tmp_path_factory):
    return sweep(study, PEOPLE, out=tmp_path_factory.mktemp("people"), crew=in_process)


@pytest.fixture(scope="module")
def middle(study):
    return solved(study, study.centre)


def test_a_person_is_the_same_whoever_asks_and_however_many_are_asked_for(study):
    some = study.chances(10, 5)
    assert np.array_equal(study.chances(0, 64)[10:15], some)
    assert np.array_equal(study.chances(0, 1000)[10:15], some)
    assert not np.array_equal(chances(study.inputs, 10, 5, seed=2), some)


def test_no_chance_is_none_or_certain_and_all_are_spread_evenly(study):
    found = study.chances(0, 1024)
    assert found.min() > 0 and found.max() < 1
    shares = [np.histogram(column, bins=16, range=(0, 1))[0] for column in found.T]
    assert np.all(np.array(shares) == 64)


def test_hand_and_device_are_among_the_inputs_with_the_ranges_of_the_table(study):
    named = {given.name: given for given in study.inputs}
    for electrode in study.plan.electrodes:
        given = named[offset_name(electrode.name, "across")]
        assert (given.low, given.high) == (
            tables.handling()["probe offset"].low, tables.handling()["probe offset"].high
        )  # fmt: skip
    assert named[CURRENT_GIVEN].value == 1.0
    values = drawn(study.inputs, study.chances(0, 1024))
    off = np.array([person[offset_name("upper", "along")] for person in values])
    assert np.mean(np.abs(off) <= named[offset_name("upper", "along")].high) == pytest.approx(0.9, abs=0.01)


def test_a_person_without_any_offset_is_the_prediction(study, middle):
    plain = figures_of(study.plan, study.source, study.centre, step_poses=study.held, coarse=True).values
    assert middle == plain


def test_a_device_that_gives_more_scales_what_tissue_gets_and_not_what_tissue_is(study, middle):
    more = solved(study, {CURRENT_GIVEN: 1.1})
    for key in (MUSCLE, CHARGE):
        assert more[key] == pytest.approx(1.1 * middle[key], rel=1e-9)
    assert more[RESISTANCE] == pytest.approx(middle[RESISTANCE], rel=1e-9)
    assert middle[VOLTAGE] < more[VOLTAGE] < 1.1 * middle[VOLTAGE]  # skin gives way by the sinh law


def test_probes_moved_alike_change_nothing_and_moved_apart_meet_more_resistance(study, middle):
    alike = {offset_name(e.name, "along"): 3e-3 for e in study.plan.electrodes}
    moved = solved(study, alike)
    assert moved[RESISTANCE] == pytest.approx(middle[RESISTANCE], rel=0.01)
    step = study.plan.steps[0]
    first, second = (np.array(study.plan.site(p.sites[0]).position) for p in (step.anode, step.cathode))
    away = np.sign(first - second)
    apart = {
        offset_name(name, direction): 4e-3 * sign
        for name, side in zip(step.electrodes, (away, -away), strict=True)
        for direction, sign in zip(("across", "along"), side[:2], strict=True)
    }
    assert solved(study, apart)[RESISTANCE] > 1.005 * middle[RESISTANCE]


# -- a sweep ---------------------------------------------------------------------------------------


class Watched:
    """A crew that notes what it was asked for, does it backwards, and may be stopped."""

    def __init__(self, stop_after=None):
        self.asked, self.stop_after = [], stop_after

    def __call__(self, work, numbers):
        for count, number in enumerate(reversed(numbers)):
            if count == self.stop_after:
                raise KeyboardInterrupt
            self.asked.append(number)
            yield number, work(number)


def test_a_sweep_goes_on_where_it_was_stopped(study, people, tmp_path):
    first = Watched(stop_after=2)
    with pytest.raises(KeyboardInterrupt):
        sweep(study, 4 * PIECE, out=tmp_path, crew=first)
    rest = Watched()
    found = sweep(study, 5 * PIECE - 3, out=tmp_path, crew=rest)
    assert sorted(first.asked + rest.asked) == [0, 8, 16, 24, 32]
    assert found.figures.shape[0] == 5 * PIECE - 3
    assert np.array_equal(found.figures, people.figures[: 5 * PIECE - 3], equal_nan=True)
    again = Watched()
    sweep(study, 5 * PIECE, out=tmp_path, crew=again)
    assert again.asked == []


def test_another_seed_or_current_is_another_study(study):
    assert dataclasses.replace(study, seed=2).digest != study.digest
    step = study.plan.steps[0]
    louder = dataclasses.replace(step, stimulus=dataclasses.replace(step.stimulus, amplitude=1e-4))
    plan = dataclasses.replace(study.plan, steps=(louder,))
    assert dataclasses.replace(study, plan=plan).digest != study.digest
    assert dataclasses.replace(study).digest == study.digest


def test_a_damaged_piece_is_refused_by_name(study, tmp_path):
    sweep(study, PIECE, out=tmp_path, crew=in_process)
    (piece,) = folder_of(study, tmp_path).iterdir()
    piece.write_bytes(piece.read_bytes()[:200])
    with pytest.raises(InputError, match="piece of the sweep") as told:
        sweep(study, PIECE, out=tmp_path, crew=in_process)
    assert piece.name in str(told.value)


def test_a_machine_with_other_tables_is_refused(study, people):
    with pytest.raises(PredictionError, match="tables"):
        solve_people(dataclasses.replace(study, tables="0" * 64), people.keys, first=0, count=1)


def test_people_on_whom_probes_touch_are_counted_and_many_are_refused(study, tmp_path):
    sites = study.plan.sites
    a, b = (np.array(site.position) for site in sites[:2])
    near = dataclasses.replace(sites[1], position=tuple(a + 0.013 * (b - a) / np.linalg.norm(b - a)))
    plan = dataclasses.replace(study.plan, sites=(sites[0], near))
    close = Study(plan=plan, source=study.source, inputs=study.inputs, seed=study.seed, tables=study.tables)
    with pytest.raises(PredictionError, match="touch"):
        sweep(close, 2 * PIECE, out=tmp_path, crew=in_process)


def test_the_file_holds_everybody_with_names_and_units(people, tmp_path):
    import xarray

    path = write_people(people, tmp_path / "people.nc")
    with xarray.open_dataset(path, engine="scipy") as found:
        assert np.array_equal(found["value"].values, people.figures, equal_nan=True)
        assert found["person"].values.tolist() == list(range(PEOPLE))
        assert name_of(VOLTAGE) in found["figure"].values
        where = list(found["figure"].values).index(name_of(VOLTAGE))
        assert found["figure_unit"].values[where] == "V"
        assert found.attrs["study_digest"] == people.study.digest


# -- intervals that hold ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def truth(study, people):
    """People nobody knew of, drawn one by one and not from the sequence: their figures (P, K)."""
    chance = np.random.default_rng(20261128).random((STRANGERS, len(study.inputs)))
    found = [solved(study, values) for values in drawn(study.inputs, chance)]
    return np.array([[figures.get(key, np.nan) for key in people.keys] for figures in found])


def covered(drawn_figure, true_figure):
    low, high = interval(drawn_figure)
    known = true_figure[np.isfinite(true_figure)]
    return float(np.mean((known >= low) & (known <= high)))


def assert_holds(shares):
    """All figures together cover 85 to 95 %; each does so within what the number of people can tell."""
    doubt = 2 * np.sqrt(0.9 * 0.1 / STRANGERS)
    assert 0.85 <= np.mean(shares) <= 0.95, shares
    assert 0.85 - doubt <= min(shares), shares
    assert max(shares) <= 0.95 + doubt, shares


def test_nine_in_ten_people_lie_in_the_interval_of_every_figure(people, truth):
    assert_holds([covered(people.figures[:, k], truth[:, k]) for k in range(len(people.keys))])


def test_an_emulator_makes_intervals_that_hold_of_a_quarter_of_the_people(study, people, truth):
    few = PEOPLE // 4
    more = study.chances(0, 4096)
    shares = []
    for k in range(0, len(people.keys), 13):
        stand_in = emulator_checked(people.chances[:few], people.figures[:few, k])
        shares.append(covered(stand_in.draws(more, seed=1), truth[:, k]))
    assert_holds(shares)


def test_narrower_inputs_do_not_hold(people, truth):
    """The check of the check: intervals of people who differ half as much are told from true ones."""
    middle_ = np.nanmedian(people.figures, axis=0)
    narrow = middle_ * (people.figures / middle_) ** 0.5
    with pytest.raises(AssertionError):
        assert_holds([covered(narrow[:, k], truth[:, k]) for k in range(len(people.keys))])


def test_an_emulator_foretells_people_it_never_saw(people):
    for key in (MUSCLE, VOLTAGE):
        figure = people.figures[:, people.keys.index(key)]
        half = PEOPLE // 2
        stand_in = emulator(people.chances[:half], figure[:half])
        missed = np.log(figure[half:]) - np.log(stand_in(people.chances[half:]))
        assert np.var(missed) < 0.05 * np.var(np.log(figure[half:])), key


# -- what brings the spread ------------------------------------------------------------------------


def test_indices_of_a_known_law_lie_in_their_intervals():
    """a b + c of normal scores: variance 2, of which c brings half, and a and b half, but only together."""
    score = np.random.default_rng(3).standard_normal((128, 4))
    found = ranking(tuple("abcd"), ndtr(score), score[:, 0] * score[:, 1] + score[:, 2], seed=1)
    indices = {one.input: one for one in found.influences}
    for name, first, total in (("a", 0, 0.5), ("b", 0, 0.5), ("c", 0.5, 0.5), ("d", 0, 0)):
        one = indices[name]
        assert one.first.low - 0.005 <= first <= one.first.high + 0.005, one
        assert one.total.low - 0.005 <= total <= one.total.high + 0.005, one
    assert found.influences[-1].input == "d"
    assert found.explained > 0.99


def test_fewer_people_make_wider_intervals_of_the_indices():
    """A law with something in it that no input tells."""
    score = np.random.default_rng(5).standard_normal((160, 3))
    law = score[:, 0] + 0.5 * score[:, 1] + 0.7 * np.random.default_rng(6).standard_normal(160)
    widths = []
    for count in (40, 160):
        found = ranking(tuple("abc"), ndtr(score[:count]), law[:count], seed=1)
        widths.append(sum(one.total.high - one.total.low for one in found.influences))
    assert widths[1] < 0.7 * widths[0]


def test_charge_hangs_on_the_contact_and_voltage_on_the_skin(people):
    found = spread_of(people, (CHARGE, VOLTAGE))
    spreads = {spread.figure: spread for spread in found.spreads}
    charge, voltage = spreads[name_of(CHARGE)], spreads[name_of(VOLTAGE)]
    assert charge.influences[0].input == "contact ratio of a sphere (gel)"
    assert charge.influences[0].first.value > 0.8
    assert {one.input for one in voltage.influences[:2]} == {"skin parallel (gel)", "skin voltage scale"}
    assert len(spreads) == len(people.keys)
    assert all(s.estimate.low <= s.estimate.value <= s.estimate.high for s in found.spreads)
    assert not spreads[name_of(MUSCLE)].influences


def test_too_few_people_for_a_ranking_are_refused():
    with pytest.raises(ValueRefused, match="too few people"):
        ranking(("a",), np.full((8, 1), 0.5), np.ones(8), seed=1)


def test_a_figure_that_does_not_spread_has_no_ranking():
    chance = np.random.default_rng(1).random((40, 2))
    assert ranking(("a", "b"), chance, np.full(40, 2.5), seed=1) is None


def test_figures_are_found_by_part_of_their_name_and_the_usual_ones_without(people):
    assert figures_named(people, ["VOLTAGE"]) == (VOLTAGE,)
    assert set(ranked_by_default(people)) == {CHARGE, VOLTAGE, MUSCLE}
    with pytest.raises(InputError, match="no figure"):
        figures_named(people, ["tickle"])


# -- on a stored basis -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def on_basis(lab):
    """The plan of three steps of `conftest.py` on its basis."""
    stored = StoredBasis(folder=str(lab.bases), name=lab.card.name, spacing=lab.request.spacing)
    return study_of(lab.plan, lab.source, seed=1, basis=stored)


def test_the_middle_person_on_a_basis_is_the_exposure_map(on_basis, exposed):
    found = solved(on_basis, on_basis.centre)
    for step in exposed.summary.steps:
        assert found[step.number, "resistance", ""] == pytest.approx(step.resistance, rel=1e-12)
        for part in step.tissues:
            if part.place == "near the probes":
                assert found[step.number, "field_p99", part.tissue] == pytest.approx(
                    part.field.p99, rel=1e-9
                )
    assert found[0, "absolute", ""] == pytest.approx(exposed.summary.skin[0].absolute.largest, rel=1e-12)


def test_people_on_a_basis_differ_in_all_but_tissue(held, on_basis, tmp_path):
    names = {given.name for given in on_basis.inputs}
    assert not any(name.startswith(("conductivity", "thickness")) for name in names)
    assert {CURRENT_GIVEN, offset_name("a", "along"), "skin parallel (gel)"} <= names
    steady = [  # the basis of `conftest.py` ends close around its sites
        dataclasses.replace(given, low=-5e-4, high=5e-4) if given.name.startswith("place of") else given
        for given in on_basis.inputs
    ]
    people_ = dataclasses.replace(on_basis, plan=held.plan, inputs=tuple(steady))
    found = sweep(people_, PIECE, out=tmp_path, crew=in_process)
    field = found.figures[:, found.keys.index((1, "field_p99", "skin"))]
    assert np.std(np.log(field)) > 0.02
    assert on_basis.digest != dataclasses.replace(on_basis, basis=None).digest


def test_a_probe_off_its_site_is_the_plan_with_that_site(lab, on_basis):
    shift = {offset_name("a", "across"): 4e-3, offset_name("b", "across"): 4e-3}
    found = solved(on_basis, shift)  # one cell of the basis: its grid is even, and the slab as well
    middle_ = solved(on_basis, on_basis.centre)
    assert found[1, "resistance", ""] == pytest.approx(middle_[1, "resistance", ""], rel=0.02)
    apart = solved(on_basis, {offset_name("a", "across"): -4e-3, offset_name("b", "across"): 4e-3})
    assert apart[1, "resistance", ""] > 1.01 * middle_[1, "resistance", ""]
