"""Costs are ranges: they add, widen and never mix currencies; break-even is where both are equal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microcurrent import tables
from microcurrent.errors import InputError, TableError, ValueRefused
from microcurrent.model.cost import Cost
from microcurrent.planning.cost import CostQuestion, cost_sheet, regions, repeats_for

PRICES = tables.prices()


def usd(low, high):
    return Cost(low=low, high=high, currency="USD")


money = st.floats(0, 1e6)
costs = st.tuples(money, money).map(lambda ends: usd(min(ends), max(ends)))
prices = st.tuples(st.floats(1, 1e5), st.floats(1, 1e5)).map(lambda ends: usd(min(ends), max(ends)))


def ask(**change):
    return CostQuestion(**({"region": "us", "sittings": 15, "maintenance": 12, "charge": 3e-3} | change))


def lines(sheet, where):
    return {line.what: line.cost for line in getattr(sheet, where)}


@given(one=costs, other=costs, wider=costs)
def test_sums_of_ranges_hold_every_sum_and_widen_with_their_parts(one, other, wider):
    total = one + other
    assert total.low <= one.low + other.high <= total.high
    assert (one | other).low == min(one.low, other.low)
    more = (one | wider) + other
    assert more.low <= total.low and more.high >= total.high


@given(cost=prices, sitting=prices)
def test_break_even_is_where_both_cost_the_same(cost, sitting):
    low, high = cost.over(sitting)
    assert low <= high
    assert low * sitting.high == pytest.approx(cost.low) and high * sitting.low == pytest.approx(cost.high)


def test_currencies_are_never_mixed():
    with pytest.raises(ValueRefused, match="No rate of exchange"):
        usd(1, 2) + Cost.read("GBP 3")
    assert str(Cost.read("USD 150 to 400")) == "USD 150 to 400"
    for bad in ("350", "usd 350", "USD 400 to 150", "$ 350", "USD -3"):
        with pytest.raises(ValueRefused):
            Cost.read(bad)


def test_a_year_is_kept_only_where_both_have_it():
    assert (Cost.read("USD 1", year=2020) + Cost.read("USD 1", year=2020)).year == 2020
    assert (Cost.read("USD 1", year=2020) + Cost.read("USD 1")).year is None


def test_a_course_costs_what_the_sources_come_to():
    """Twelve to twenty sittings: USD 2400 to 10 000, GBP 480 to 1200 (domain.md 9)."""
    least, most = (lines(cost_sheet(PRICES, ask(sittings=n)), "professional") for n in (12, 20))
    assert (least["the course"].low, most["the course"].high) == (2400, 10_000)
    least, most = (
        lines(cost_sheet(PRICES, ask(sittings=n, region="uk")), "professional") for n in (12, 20)
    )
    assert (least["the course"].low, most["the course"].high) == (480, 1200)
    assert least["the course"].currency == "GBP"
    whole = lines(cost_sheet(PRICES, ask(sittings=10)), "professional")
    assert whole["the course, bought whole"].low == pytest.approx(10 * 200 * 0.8)
    assert whole["the course, bought whole"].high == pytest.approx(10 * 500 * 0.9)


def test_break_even_of_the_table_is_the_closed_form():
    """A device of USD 350 and gel for 15 + 12 sittings, at USD 20 to 60 for 5 a week in a month."""
    sheet = cost_sheet(PRICES, ask(device=usd(350, 350)))
    gel = [27 * month / (5 * 52 / 12) for month in (20, 60)]
    assert sheet.break_even == pytest.approx(((350 + gel[0]) / 500, (350 + gel[1]) / 200))
    assert lines(sheet, "home")["all of it"].low == pytest.approx(350 + gel[0])


@given(sittings=st.integers(1, 60), more=st.integers(1, 40), charge=st.floats(1e-6, 10))
def test_more_sittings_cost_more_and_a_coulomb_does_not_depend_on_them_in_a_practice(
    sittings, more, charge
):
    few, many = (cost_sheet(PRICES, ask(sittings=n, charge=charge)) for n in (sittings, sittings + more))
    for where, what in (("professional", "the course"), ("home", "all of it")):
        one, other = lines(few, where)[what], lines(many, where)[what]
        assert one.low < other.low and one.high < other.high
    at_practice, at_home = (dict((line.what, line.cost) for line in s.per_coulomb) for s in (few, many))
    assert at_practice["in a practice"] == at_home["in a practice"]
    assert at_practice["at home"].low > at_home["at home"].low


def test_what_is_not_known_is_left_open():
    sheet = cost_sheet(PRICES, ask(region="uk"))
    assert sheet.break_even is None and lines(sheet, "home")["home device"] is None
    with_price = cost_sheet(PRICES, ask(region="uk", device=Cost.read("GBP 300")))
    assert with_price.break_even is not None
    assert "without gel" in {line.why.split(":")[0] for line in with_price.home}
    assert {price.currency for price in (p.cost for p in with_price.prices) if price} == {"GBP"}
    other = cost_sheet(PRICES, ask(region="uk", device=usd(300, 300)))
    assert other.break_even is None  # a price in dollars says nothing of one in pounds
    assert {p.id for p in sheet.unused} == {"listed-sitting", "home-device-australia"}
    with pytest.raises(InputError, match="one of us, us-small-market, uk"):
        cost_sheet(PRICES, ask(region="mars"))
    assert "us-small-market" in regions(PRICES)


def test_a_weaker_device_needs_more_sittings_for_the_same_charge():
    assert repeats_for(300e-6, 400e-6) == repeats_for(300e-6, None) == 1
    assert repeats_for(400e-6, 400e-6) == 1 and repeats_for(500e-6, 200e-6) == 3
    once, thrice = (lines(cost_sheet(PRICES, ask(repeats=n)), "home") for n in (1, 3))
    assert thrice["gel for the course"].low == pytest.approx(3 * once["gel for the course"].low)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('price = "GBP 40 to 60"', 'price = "40 to 60"', "costs.toml: row [[price]] 4 (uk-sitting): price"),
        ('year = "?"', "", "year: expected a year"),
        ('share = "10 % to 20 %"', 'share = "20 % to 10 %"', "the lower first"),
        ("per_week = 5", "", "sittings a week"),
        ('kind = "gel"', 'kind = "cream"', "expected one of sitting"),
    ],
)
def test_a_broken_row_says_where(tmp_path, old, new, words):
    for name in ("references.toml", "costs.toml"):
        text = (tables.shipped() / name).read_text(encoding="utf-8")
        if name == "costs.toml":
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(TableError) as broken:
        tables.prices(tmp_path)
    assert words in str(broken.value)
