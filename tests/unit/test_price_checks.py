"""What cannot be right is doubted with its reason; what only the season moved is not."""

from decimal import Decimal

import pytest

from content import commodities, price_checks
from content.price_checks import Neighbour

STEADY = [1200.0, 1180.0, 1250.0, 1210.0, 1190.0, 1230.0]
OTHERS = [Neighbour(1000.0, 1010.0), Neighbour(1100.0, 1090.0), Neighbour(950.0, 940.0), Neighbour(1300.0, 1290.0)]
MAIZE = commodities.bounds("maize_white", "kg", "UGX")


def test_two_shillings_for_a_kilogram_of_maize_is_impossible():
    doubt = price_checks.doubt(2.0, STEADY, OTHERS, MAIZE)
    assert doubt is not None
    assert doubt.code == "impossibly low"
    assert "2 is lower" in doubt.says


@pytest.mark.parametrize("slip", [0.1, 10.0, 3.0, 0.3])
def test_a_slip_of_a_factor_is_doubted_against_the_series_itself(slip):
    doubt = price_checks.doubt(1200.0 * slip, STEADY, OTHERS)
    assert doubt is not None
    assert doubt.code == "far from its series"


@pytest.mark.parametrize("season", [0.55, 0.7, 1.0, 1.4, 1.9])
def test_what_a_harvest_does_to_a_price_is_not_doubted(season):
    assert price_checks.doubt(1200.0 * season, STEADY, OTHERS, MAIZE) is None


def test_a_rise_that_all_markets_share_is_not_doubted():
    risen = [Neighbour(each.amount * 2, each.usual) for each in OTHERS]
    assert price_checks.doubt(1200.0 * 2.8, STEADY, risen, MAIZE) is None
    assert price_checks.doubt(1200.0 * 2.8, STEADY, OTHERS, MAIZE) is not None


def test_all_markets_ten_times_too_high_at_once_excuse_nothing():
    slipped = [Neighbour(each.amount * 10 / 1.6, each.usual) for each in OTHERS]
    assert price_checks.doubt(1200.0 * 10, STEADY, slipped) is not None


def test_one_earlier_error_does_not_hide_the_next():
    assert price_checks.doubt(12_000.0, [*STEADY, 12_000.0], OTHERS) is not None


def test_a_step_back_to_what_other_markets_say_is_not_doubted():
    wrong = [3900.0, 4000.0, 3800.0, 3950.0]
    assert price_checks.doubt(1000.0, wrong, OTHERS) is None


def test_the_first_value_of_a_series_is_compared_with_other_markets():
    assert price_checks.doubt(1400.0, [], OTHERS, MAIZE) is None
    doubt = price_checks.doubt(5000.0, [], OTHERS, MAIZE)
    assert doubt is not None
    assert doubt.code == "far from other markets"
    assert price_checks.doubt(5000.0, [], OTHERS[:1], MAIZE) is None


def test_a_bag_is_judged_by_what_a_bag_can_cost():
    low, high = commodities.bounds("maize", "90 kg", "KES")
    assert low < 1480 < high
    assert price_checks.doubt(16.0, [], [], (low, high)) is not None
    assert commodities.bounds("cabbage", "head", "KES") is None


def test_a_month_of_round_figures_times_a_factor_is_seen_as_computed():
    april = [Decimal(amount) for amount in ("2092", "2615", "4707", "4184", "3400")]
    assert price_checks.adjusted(april) == [True, True, True, True, False]


def test_one_value_that_looks_computed_is_chance():
    assert price_checks.adjusted([Decimal("2092"), Decimal(1500), Decimal(1733)]) == [False] * 3
    assert price_checks.adjusted([]) == []
