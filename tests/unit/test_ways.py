"""Which gateway, how many a second, whose turn: what can be said without a database."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging import claims, operators, paces, ways
from messaging.flow_models import Route
from messaging.ways import Leases, Ways

NOON = datetime(2026, 3, 12, 9, tzinfo=UTC)


def route(gateway, operator="", rank=0, per_second=100, price=25):
    facts = {"calls": 8, "price": Decimal(price), "currency": "UGX", "tokens": 0.0, "filled_at": None}
    return Route(gateway=gateway, operator=operator, rank=rank, per_second=per_second, **facts)


def house(*routes, open_=None, weights=None):
    names = tuple(dict.fromkeys(one.gateway for one in routes))
    return Ways({(one.gateway, one.operator): one for one in routes}, names, frozenset(names if open_ is None else open_), weights or {})


@pytest.mark.parametrize(
    ("phone", "operator"),
    [
        ("+256772123456", "mtn"),
        ("+256782123456", "mtn"),
        ("+256392123456", "mtn"),
        ("+256702123456", "airtel"),
        ("+256752123456", "airtel"),
        ("+256712123456", "utel"),
        ("+254712123456", ""),
    ],
)
def test_the_operator_is_read_from_the_number(phone, operator):
    assert operators.operator(phone) == operator


def test_the_preferred_gateway_is_chosen_for_each_operator_and_the_next_when_it_is_closed():
    both = (route("africastalking", rank=0), route("kannel", rank=1), route("kannel", "mtn", rank=-1))
    assert house(*both).choose("mtn", 50) == "kannel"
    assert house(*both).choose("airtel", 50) == "africastalking"
    assert house(*both, open_={"kannel"}).choose("airtel", 50) == "kannel"
    assert house(*both, open_=set()).choose("airtel", 50) is None


def test_a_slow_gateway_gets_its_weight_and_the_next_one_the_rest():
    slow = house(route("africastalking", rank=0), route("kannel", rank=1), weights={("africastalking", "mtn"): 30})
    given_ = Counter(slow.choose("mtn", luck) for luck in range(100))
    assert given_ == {"africastalking": 30, "kannel": 70}
    assert {slow.choose("airtel", luck) for luck in range(100)} == {"africastalking"}
    alone = house(route("africastalking"), weights={("africastalking", "mtn"): 30})
    assert {alone.choose("mtn", luck) for luck in range(100)} == {"africastalking"}


def test_phones_of_one_batch_are_shared_out_by_operator():
    both = house(route("africastalking"), route("kannel", rank=1), route("kannel", "mtn", rank=-1))
    phones = ["+256772000001", "+256752000002", "+256782000003"]
    assert ways.shares(both, phones, 0) == {"kannel": [phones[0], phones[2]], "africastalking": [phones[1]]}
    assert ways.needs(both, "kannel", phones) == {("kannel", "mtn"): 2, ("kannel", ""): 1}
    assert ways.cost(both, "kannel", phones, "x" * 161) == (Decimal(150), "UGX")


def test_a_bucket_fills_by_the_second_and_holds_no_more_than_one():
    assert ways.filled(0, 100, None, NOON) == 100
    assert ways.filled(0, 100, NOON - timedelta(seconds=0.25), NOON) == 25
    assert ways.filled(90, 100, NOON - timedelta(seconds=5), NOON) == 100
    assert ways.filled(50, 100, NOON + timedelta(seconds=5), NOON) == 50  # a clock that went back gives nothing


def test_bulk_leaves_a_part_of_the_bucket_for_what_is_urgent():
    assert ways.granted(20, 100, 10, lane=3) == 0
    assert ways.granted(20, 100, 10, lane=1) == 20
    assert ways.granted(100, 100, 10, lane=3) == 25


def test_a_batch_larger_than_a_second_goes_when_the_bucket_is_full_and_later_ones_pay():
    assert ways.granted(10, 10, 100, lane=1) == 100
    assert ways.granted(9, 10, 100, lane=1) == 0
    assert ways.filled(10 - 100, 10, NOON, NOON + timedelta(seconds=9)) == 0


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 4), st.integers(0, 400)), max_size=40))
def test_no_more_texts_are_granted_than_seconds_allow(asked):
    """Whatever is asked when, what was granted stays within one second's burst, one overdraft and the rate."""
    per_second, level, at, granted, largest = 50, 50.0, NOON, 0, 0
    for wanted, lane, wait in asked:
        later = at + timedelta(milliseconds=wait)
        level, at = ways.filled(level, per_second, at, later), later
        amount = ways.granted(level, per_second, wanted, lane)
        level -= amount
        granted, largest = granted + amount, max(largest, wanted)
    assert granted <= per_second * (1 + (at - NOON).total_seconds()) + max(0, largest - per_second) + 1e-6


def test_what_a_sender_did_not_use_in_its_second_is_lost():
    leases = Leases()
    leases.add(("kannel", ""), 10, ticks=100.0)
    assert leases.take({("kannel", ""): 4}, 100.5)
    assert not leases.take({("kannel", ""): 7}, 100.5)
    assert leases.take({("kannel", ""): 6}, 100.9)
    leases.add(("kannel", ""), 10, ticks=101.0)
    assert not leases.take({("kannel", ""): 1}, 102.0)


def test_a_sender_takes_from_all_buckets_or_from_none():
    leases = Leases()
    leases.add(("kannel", "mtn"), 10, ticks=0.0)
    assert not leases.take({("kannel", "mtn"): 5, ("kannel", ""): 1}, 0.1)
    assert leases.take({("kannel", "mtn"): 10}, 0.1)


def test_within_a_lane_every_payer_begins_as_often_as_any_other():
    queues = [(3, ""), (3, "organisation:a"), (3, "organisation:b"), (1, "")]
    begins = Counter(claims.in_turn(queues, turn)[1] for turn in range(30))
    assert set(begins.values()) == {10}
    assert all(claims.in_turn(queues, turn)[0] == (1, "") for turn in range(30))
    assert all(sorted(claims.in_turn(queues, turn)) == sorted(queues) for turn in range(5))


def test_a_seventh_of_slow_texts_takes_traffic_away_and_it_drifts_back():
    weight, path = 100, []
    for seen, slow in [(100, 15), (100, 60), (100, 60), (100, 60), (100, 14), (10, 10), (0, 0)]:
        weight = paces.weigh(weight, seen, slow)
        path.append(weight)
    assert path == [70, 40, 10, 10, 20, 30, 40]
