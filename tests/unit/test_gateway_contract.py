"""What every gateway promises, whichever carries the texts: the same suite over the simulator, Africa's Talking and Kannel."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pytest

from messaging.gateway import Advice, Fate, Gateway, Told, Unreadable
from messaging.gateways.africastalking import AfricasTalking
from messaging.gateways.kannel import Kannel
from messaging.gateways.simulator import Simulator
from tests.fake_gateway import FakeGateway
from tests.fake_kannel import FakeKannel

A, B, C = "+256772111222", "+256701111333", "+256772111444"
PHONES = [A, B, C]
FROM_A_GATEWAY = {Fate.SENT, Fate.REFUSED, Fate.NOT_SENT, Fate.UNCONFIRMED}
NUMBERS_THAT_ARE_NONE = [
    "",
    "0772123456",
    "772123456",
    "+256772111222\n",
    "+٢٥٦٧٧٢١١١٢٢٢",
    "+1900",
    f"{A},{B}",
    f"{A} {B}",
    "+0256772111",
    "MTN",
]
CARRIERS = ("africastalking", "kannel")  # those that leave the machine


@dataclass
class Carrier:
    """A gateway, what stands behind it, and how to make that misbehave."""

    gateway: Gateway
    calls: Callable[[], int]
    taken: Callable[[], Sequence[str]]
    falls: Callable[[str], None]


@pytest.fixture
def fakes() -> Iterator[tuple[FakeGateway, FakeKannel]]:
    with FakeGateway(suffixes=False) as africa, FakeKannel() as kannel:
        yield africa, kannel


def carrier(name: str, fakes: tuple[FakeGateway, FakeKannel]) -> Carrier:
    africa, kannel = fakes
    if name == "simulator":
        return Carrier(Simulator(), lambda: 0, list, lambda mood: None)
    if name == "africastalking":
        gateway = AfricasTalking("sandbox", "key", "ENSIGO", africa.url, deadline=1.0)
        return Carrier(gateway, lambda: len(africa.calls()), lambda: [one.phone for one in africa.accepted()], africa.mode)
    gateway = Kannel(kannel.url, "ensigo", "password", "http://127.0.0.1:8000/kannel/s/delivery", deadline=1.0)
    return Carrier(gateway, lambda: len(kannel.asked), lambda: list(kannel.taken), lambda mood: setattr(kannel, "mode", mood))


@pytest.fixture(params=["simulator", *CARRIERS])
def any_one(request: pytest.FixtureRequest, fakes: tuple[FakeGateway, FakeKannel]) -> Carrier:
    return carrier(request.param, fakes)


@pytest.fixture(params=CARRIERS)
def real(request: pytest.FixtureRequest, fakes: tuple[FakeGateway, FakeKannel]) -> Carrier:
    return carrier(request.param, fakes)


# The same trouble, as each of the two servers calls it.
TROUBLES = {
    "hangs": {"africastalking": "accept_then_hang", "kannel": "hang"},
    "resets": {"africastalking": "accept_then_reset", "kannel": "reset"},
    "drops": {"africastalking": "hang_then_drop", "kannel": "drop_unread"},
    "drips": {"africastalking": "drip_body", "kannel": "drip_body"},
    "fails": {"africastalking": "accept_then_500", "kannel": "500"},
    "moves": {"africastalking": "redirect", "kannel": "redirect"},
    "is a sign-in page": {"africastalking": "html_200", "kannel": "portal"},
    "cuts off": {"africastalking": "truncated_body", "kannel": "truncated"},
    "throttles": {"africastalking": "throttle", "kannel": "throttled"},
    "refuses the key": {"africastalking": "refuse", "kannel": "unauthorised"},
}
CERTAIN = {"throttles": Advice.LATER, "refuses the key": Advice.PAUSE}


def test_every_phone_has_exactly_one_fate_in_the_order_that_was_asked(any_one: Carrier) -> None:
    told = any_one.gateway.send("Hello", [B, A, C], reference="r")
    assert [(each.phone, each.fate) for each in told] == [(B, Fate.SENT), (A, Fate.SENT), (C, Fate.SENT)]


def test_a_phone_named_twice_gets_one_text(any_one: Carrier) -> None:
    assert [each.phone for each in any_one.gateway.send("Hello", [A, B, A], reference="r")] == [A, B]
    assert sorted(any_one.taken()) in ([], sorted([A, B]))


def test_nobody_to_send_to_is_no_call(any_one: Carrier) -> None:
    assert any_one.gateway.send("Hello", [], reference="r") == []
    assert any_one.calls() == 0


def test_each_text_that_was_taken_has_a_name_of_its_own(any_one: Carrier) -> None:
    first, second = (any_one.gateway.send("Hello", PHONES, reference=reference) for reference in ("r-1", "r-2"))
    names = [each.gateway_id for each in (*first, *second)]
    assert len(set(names)) == 6
    assert all(name and len(name) <= 200 and name.isascii() and name.isprintable() for name in names)


def test_a_cost_has_a_currency_or_there_is_neither(any_one: Carrier) -> None:
    for each in any_one.gateway.send("Hello", PHONES, reference="r"):
        assert (each.cost is None) == (each.currency is None)
        assert each.cost is None or isinstance(each.cost, Decimal)


@pytest.mark.parametrize("reference", ["r", "0197b1c8-6f0e-7000-8000-000000000001", "", "a b&c=%d?é", "x" * 5000])
def test_any_reference_is_carried(any_one: Carrier, reference: str) -> None:
    assert [each.fate for each in any_one.gateway.send("Hello", PHONES, reference=reference)] == [Fate.SENT] * 3


@pytest.mark.parametrize("bad", NUMBERS_THAT_ARE_NONE)
def test_a_number_that_is_none_makes_no_call(real: Carrier, bad: str) -> None:
    (told,) = real.gateway.send("Hello", [bad], reference="r")
    assert (told.phone, told.fate, told.code, told.advice) == (bad, Fate.NOT_SENT, "bad_recipient", Advice.BAD_NUMBER)
    assert real.calls() == 0


def test_a_number_that_is_none_does_not_hold_up_the_others(real: Carrier) -> None:
    told = real.gateway.send("Hello", [A, "0772", B], reference="r")
    assert [each.fate for each in told] == [Fate.SENT, Fate.NOT_SENT, Fate.SENT]
    assert sorted(real.taken()) == sorted([A, B])


@pytest.mark.parametrize("body", ["", "\0", "Hello\r\nX-Kannel-To: +256772000009", "ŋ" * 500, "x" * 5000, "\ud800"])
def test_it_never_raises_whatever_the_words(any_one: Carrier, body: str) -> None:
    told = any_one.gateway.send(body, PHONES, reference="r")
    assert [each.phone for each in told] == PHONES
    assert {each.fate for each in told} <= FROM_A_GATEWAY
    assert set(any_one.taken()) <= set(PHONES)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_in_trouble_each_phone_still_has_one_fate_in_time(real: Carrier, trouble: str) -> None:
    real.falls(TROUBLES[trouble][real.gateway.name])
    began = time.monotonic()
    told = real.gateway.send("Hello", PHONES, reference="r")
    assert time.monotonic() - began < 1.9
    assert [each.phone for each in told] == PHONES
    if trouble in CERTAIN:
        assert {(each.fate, each.advice) for each in told} == {(Fate.NOT_SENT, CERTAIN[trouble])}
    else:  # one that goes phone by phone stops at the first that is in doubt
        assert Fate.UNCONFIRMED in {each.fate for each in told}
        assert {each.fate for each in told} <= {Fate.UNCONFIRMED, Fate.NOT_SENT}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_was_taken_is_never_called_safe_to_send_again(real: Carrier, trouble: str) -> None:
    real.falls(TROUBLES[trouble][real.gateway.name])
    told = {each.phone: each.fate for each in real.gateway.send("Hello", PHONES, reference="r")}
    assert [phone for phone in real.taken() if told[phone] not in {Fate.SENT, Fate.UNCONFIRMED}] == []
    assert len(real.taken()) == len(set(real.taken()))


@pytest.mark.parametrize("form", [{}, {"unknown": "1"}, {"id": "", "from": "", "to": "", "text": ""}, {"id": "x" * 5000, "type": "1"}])
def test_rubbish_is_unreadable_and_its_words_are_not_repeated(any_one: Carrier, form: dict[str, str]) -> None:
    gateway = any_one.gateway
    for parse in (gateway.parse_dialled, gateway.parse_ended, gateway.parse_heard, gateway.parse_told, gateway.parse_opted_out):
        with pytest.raises(Unreadable) as wrong:
            parse(form)
        assert "xxx" not in str(wrong.value)


def test_reports_that_are_fetched_are_reports(any_one: Carrier) -> None:
    any_one.gateway.send("Hello", PHONES, reference="r")
    assert all(isinstance(each, Told) for each in any_one.gateway.collect())


def test_a_balance_is_an_amount_or_says_that_it_cannot_be_read(any_one: Carrier) -> None:
    if any_one.gateway.name == "kannel":
        with pytest.raises(Unreadable, match="balance"):
            any_one.gateway.balance()
    else:
        amount, currency = any_one.gateway.balance()
        assert isinstance(amount, Decimal)
        assert len(currency) == 3
