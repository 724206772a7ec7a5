"""Phones, codes, money, distances and ids, from what people really write."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import codes, db, geo, log, money, phone
from core.errors import Unusable


@pytest.mark.parametrize(
    "typed",
    [
        "0772123456",
        "256772123456",
        " 256772123456",
        "+256 772 123456\n",
        "'+256772123456",
        "+256(0)772123456",
        "٠٧٧٢١٢٣٤٥٦",
        "+256772-123-456",
    ],
)
def test_numbers_that_people_write_become_e164(typed):
    assert phone.e164(typed) == "+256772123456"


@pytest.mark.parametrize(
    "typed",
    [
        *("", "   ", "+", "0", "+256772123456;ext=9", "tel:+256772123456;phone-context=evil", "+1900555", "+88299123456", "+447700900123"),
        *(
            "+2567721234567890",
            "2.56772E+11",
            "12345",
            "MTN-Info",
            "+256414123456",
            "+256772123456,+256772123457",
            "null",
            "+256772123456\x00",
        ),
    ],
)
def test_what_no_text_can_reach_is_refused(typed):
    with pytest.raises(Unusable):
        phone.e164(typed)


def test_a_foreign_number_without_its_plus_is_not_guessed_at():
    with pytest.raises(Unusable):
        phone.e164("254722000000", "UG")
    assert phone.e164("+254722000000", "UG") == "+254722000000"


def test_the_network_of_a_request_overrides_the_prefix():
    assert phone.operator("+256772123456") == "MTN UG"
    assert phone.operator("+256772123456", "64101") == "Airtel UG"
    assert phone.operator("+256772123456", "11111") == "MTN UG"


@given(st.integers(min_value=1000, max_value=10**9), st.data())
def test_a_code_with_one_wrong_digit_is_noticed(number, data):
    code = codes.written(number)
    assert codes.read(code) == number
    assert codes.read(code.replace("-", " ")) == number
    digits = [*code.replace("-", "")]
    place = data.draw(st.integers(0, len(digits) - 1))
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != digits[place]]))
    with pytest.raises(Unusable):
        codes.read("".join([*digits[:place], wrong, *digits[place + 1 :]]))


def test_money_is_written_in_whole_shillings():
    assert money.figure(Decimal("1049.5")) == "1,050"
    assert money.written(25000, "UGX") == "UGX 25,000"
    assert money.written(1250, "KES") == "KES 12.50"
    assert money.minor(Decimal("12.505"), "KES") == 1251


def test_gulu_to_kampala_is_about_270_kilometres():
    assert 265 < geo.km((2.77, 32.30), (0.32, 32.58)) < 280


def test_ids_sort_by_their_moment():
    now = datetime(2026, 3, 12, tzinfo=UTC)
    ids = [db.new_id(now + timedelta(milliseconds=n)) for n in range(50)]
    assert ids == sorted(ids)
    assert {one.version for one in ids} == {7}
    assert len({db.new_id(now) for _ in range(1000)}) == 1000


@pytest.mark.parametrize("line", ["to +256772123456", "from 256772123456.", "POST /at/very-secret/ussd 200"])
def test_no_phone_and_no_secret_stays_in_a_line_of_log(line):
    clean = log.scrub(line)
    assert "772123456" not in clean
    assert "very-secret" not in clean


@pytest.mark.parametrize("country", phone.COUNTRIES)
def test_a_number_taken_as_it_comes_is_what_the_long_way_would_have_made_of_it(country):
    """A space in front is what sends a number the long way."""
    for head in range(1000):
        typed = f"{phone.CALLING_CODES[country]}{head:03d}123456"
        try:
            made = phone.e164(" " + typed, country)
        except Unusable:
            made = None
        try:
            taken = phone.e164(typed, country)
        except Unusable:
            taken = None
        assert taken == made, typed
