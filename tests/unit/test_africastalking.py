"""Africa's Talking's adapter against a gateway that misbehaves in every way we know: four fates, one key, one deadline."""

import inspect
import ssl
import threading
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest
import requests
import structlog
import urllib3
from africastalking.SMS import SMSService
from urllib3.exceptions import MaxRetryError

from core.errors import Misconfigured
from messaging.gateway import Advice, Fate, Unreadable
from messaging.gateways import africastalking_wire as wire
from messaging.gateways import africastalking_words as words
from messaging.gateways import line
from messaging.gateways.africastalking import AfricasTalking
from tests.fake_gateway import FakeGateway
from tests.fake_gateway_modes import MODES, PHONE_SUFFIXES

A, B, C = "+256772111222", "+256701111333", "+256772111444"
PHONES = [A, B, C]
KEY = "a-very-secret-key"

SENT = (Fate.SENT, Advice.NONE)
UNCONFIRMED = (Fate.UNCONFIRMED, Advice.NONE)
# What each mood of the gateway means for the first phone and for the last.
FATES = {
    "ok": (SENT, SENT),
    "charset_json": (SENT, SENT),
    "reordered": (SENT, SENT),
    "doubled": (SENT, SENT),
    "missing": (SENT, UNCONFIRMED),
    "accept_then_hang": (UNCONFIRMED, UNCONFIRMED),
    "accept_then_500": (UNCONFIRMED, UNCONFIRMED),
    "accept_then_reset": (UNCONFIRMED, UNCONFIRMED),
    "accept_then_drop": (UNCONFIRMED, UNCONFIRMED),
    "hang_then_drop": (UNCONFIRMED, UNCONFIRMED),
    "500": (UNCONFIRMED, UNCONFIRMED),
    "503": (UNCONFIRMED, UNCONFIRMED),
    "half_headers": (UNCONFIRMED, UNCONFIRMED),
    "truncated_body": (UNCONFIRMED, UNCONFIRMED),
    "invalid_json": (UNCONFIRMED, UNCONFIRMED),
    "html_200": (UNCONFIRMED, UNCONFIRMED),
    "drip_body": (UNCONFIRMED, UNCONFIRMED),
    "drip_headers": (UNCONFIRMED, UNCONFIRMED),
    "unknown_code": (UNCONFIRMED, UNCONFIRMED),
    "no_id": (UNCONFIRMED, UNCONFIRMED),
    "nobody": (UNCONFIRMED, UNCONFIRMED),
    "redirect": ((Fate.UNCONFIRMED, Advice.PAUSE),) * 2,
    "refuse": ((Fate.NOT_SENT, Advice.PAUSE),) * 2,
    "throttle": ((Fate.NOT_SENT, Advice.LATER),) * 2,
    "empty_balance": ((Fate.NOT_SENT, Advice.PAUSE),) * 2,
    "invalid_sender": ((Fate.REFUSED, Advice.PAUSE),) * 2,
}


@pytest.fixture
def fake() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:
        yield gateway


def adapter(fake: FakeGateway, deadline: float = 5.0) -> AfricasTalking:
    return AfricasTalking("sandbox", KEY, "ENSIGO", fake.url, deadline)


def test_every_mood_of_the_gateway_has_a_fate_in_the_table() -> None:
    assert FATES.keys() == MODES.keys()


@pytest.mark.parametrize("mode", FATES)
def test_each_mood_of_the_gateway_leads_to_its_fate(fake: FakeGateway, mode: str) -> None:
    fake.mode(mode)
    began = time.monotonic()
    first, _, last = adapter(fake, deadline=1.0).send("Hello", PHONES, reference="r")
    assert time.monotonic() - began < 1.9
    assert ((first.fate, first.advice), (last.fate, last.advice)) == FATES[mode]
    assert (first.phone, last.phone) == (A, C)
    assert first.gateway_id or first.fate is not Fate.SENT


@pytest.mark.parametrize("mode", FATES)
def test_what_the_gateway_took_is_never_called_safe_to_send_again(fake: FakeGateway, mode: str) -> None:
    fake.mode(mode)
    told = adapter(fake, deadline=0.4).send("Hello", PHONES, reference="r")
    taken = {each.phone for each in fake.accepted()}
    assert not [each for each in told if each.phone in taken and each.fate not in {Fate.SENT, Fate.UNCONFIRMED}]
    assert {each.gateway_id for each in told if each.fate is Fate.SENT} <= {each.gateway_id for each in fake.accepted()}
    assert len(fake.calls()) == 1


def test_a_text_that_was_taken_has_its_id_and_its_exact_cost(fake: FakeGateway) -> None:
    told = adapter(fake).send("ŋ" * 71, PHONES, reference="r")
    assert [(each.phone, each.gateway_id) for each in told] == [(each.phone, each.gateway_id) for each in fake.accepted()]
    assert {(each.cost, each.currency, each.code) for each in told} == {(Decimal("50.0000"), "UGX", "102")}


@pytest.mark.parametrize(("ending", "code"), [(ending, code) for ending, (code, _) in PHONE_SUFFIXES.items()])
def test_a_refused_phone_is_refused_alone_with_its_code_and_advice(fake: FakeGateway, ending: str, code: int) -> None:
    refused, other = adapter(fake).send("Hello", [f"+25677211{ending}", A], reference="r")
    assert (refused.fate, refused.advice, refused.code) == (*words.CODES[code][1:], str(code))
    assert refused.fate in {Fate.REFUSED, Fate.NOT_SENT}
    assert (refused.gateway_id, refused.cost) == (None, Decimal(0))
    assert other.fate is Fate.SENT


def test_a_throttled_call_says_when_to_come_back(fake: FakeGateway) -> None:
    fake.mode("throttle", retry_after=42)
    assert {each.retry_after for each in adapter(fake).send("Hello", PHONES, reference="r")} == {42.0}


def test_the_key_never_follows_a_redirect(fake: FakeGateway) -> None:
    with FakeGateway() as stranger:
        fake.mode("redirect", redirect_to=f"{stranger.url}/version1/messaging")
        adapter(fake).send("Hello", PHONES, reference="r")
        assert stranger.calls() == []
    assert [call.status for call in fake.calls()] == [302]


@pytest.mark.parametrize(
    "bad", ["", "0772123456", "772123456", "+256772111222\n", "+٢٥٦٧٧٢١١١٢٢٢", "+1900", "+256 772 111222", "+256772111222,+256772111223"]
)
def test_no_call_is_made_for_a_number_that_is_none(fake: FakeGateway, bad: str) -> None:
    (told,) = adapter(fake).send("Hello", [bad], reference="r")
    assert (told.phone, told.fate, told.code, told.advice) == (bad, Fate.NOT_SENT, "bad_recipient", Advice.BAD_NUMBER)
    assert fake.calls() == []


def test_a_bad_number_does_not_hold_up_the_good_ones(fake: FakeGateway) -> None:
    told = adapter(fake).send("Hello", [A, "0772", B, A], reference="r")
    assert [(each.phone, each.fate) for each in told] == [(A, Fate.SENT), ("0772", Fate.NOT_SENT), (B, Fate.SENT)]
    assert [each.phone for each in fake.accepted()] == [A, B]


def test_an_empty_list_makes_no_call(fake: FakeGateway) -> None:
    assert adapter(fake).send("Hello", [], reference="r") == []
    assert fake.calls() == []


def test_nobody_listening_means_not_sent() -> None:
    with FakeGateway() as gone:
        url = gone.url
    (told,) = AfricasTalking("sandbox", KEY, base_url=url).send("Hello", [A], reference="r")
    assert (told.fate, told.advice) == (Fate.NOT_SENT, Advice.LATER)


def test_no_such_host_means_not_sent() -> None:
    (told,) = AfricasTalking("sandbox", KEY, base_url="https://gateway.invalid", deadline=30).send("Hello", [A], reference="r")
    assert (told.fate, told.advice) == (Fate.NOT_SENT, Advice.LATER)


def test_a_foreign_certificate_means_not_sent_and_a_broken_line_does_not() -> None:
    foreign = MaxRetryError(None, "/", urllib3.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed")))  # type: ignore[arg-type]
    broken = MaxRetryError(None, "/", urllib3.exceptions.SSLError(ssl.SSLEOFError("eof")))  # type: ignore[arg-type]
    assert not line.may_have_left(requests.exceptions.SSLError(foreign))
    assert line.may_have_left(requests.exceptions.SSLError(broken))


def test_when_every_line_is_busy_the_next_call_is_not_sent(fake: FakeGateway) -> None:
    fake.mode("accept_then_hang")
    gateway = adapter(fake, deadline=0.5)
    calls = [threading.Thread(target=gateway.send, args=("Hello", [A]), kwargs={"reference": "r"}) for _ in range(line.AT_ONCE)]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    (told,) = gateway.send("Hello", [B], reference="r")
    assert (told.fate, told.code) == (Fate.NOT_SENT, "all_lines_busy")
    assert B not in {each.phone for each in fake.accepted()}


def test_a_body_that_cannot_be_written_still_gets_a_fate(fake: FakeGateway) -> None:
    (told,) = adapter(fake).send("\ud800", [A], reference="r")
    assert told.fate is Fate.UNCONFIRMED
    assert fake.accepted() == []


def test_a_line_is_used_again_but_not_after_it_was_idle(fake: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = adapter(fake)
    for _ in range(5):
        gateway.send("Hello", [A], reference="r")
    assert fake.connections == 1
    monkeypatch.setattr(line, "IDLE", -1.0)
    gateway.send("Hello", [A], reference="r")
    assert fake.connections == 2


def test_proxies_of_the_environment_are_not_asked(fake: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert adapter(fake).send("Hello", [A], reference="r")[0].fate is Fate.SENT


def test_the_log_tells_ids_status_and_latency_but_no_words_phones_or_key(fake: FakeGateway) -> None:
    with structlog.testing.capture_logs() as lines:
        told = adapter(fake).send("Private words", PHONES, reference="batch-7")
    (line,) = lines
    assert (line["reference"], line["status"], line["fates"]) == ("batch-7", 201, {"sent": 3})
    assert line["gateway_ids"] == [each.gateway_id for each in told]
    assert line["latency_ms"] >= 0
    assert not [secret for secret in ("Private", KEY, *(phone[4:] for phone in PHONES)) if secret in str(lines)]


@pytest.mark.parametrize("key", ["UserData", "userData"])
def test_the_balance_is_read_from_either_spelling(fake: FakeGateway, key: str) -> None:
    fake.mode(balance="USD 999589.6168", balance_key=key)
    assert adapter(fake).balance() == (Decimal("999589.6168"), "USD")


def test_a_balance_that_makes_no_sense_is_unreadable_and_a_refused_one_an_error(fake: FakeGateway) -> None:
    fake.mode(balance="plenty")
    with pytest.raises(Unreadable, match="balance"):
        adapter(fake).balance()
    with FakeGateway(key="another") as strict, pytest.raises(OSError, match="http_401"):
        adapter(strict).balance()


def test_there_are_no_reports_to_fetch(fake: FakeGateway) -> None:
    assert adapter(fake).collect() == []
    assert fake.calls() == []


@pytest.mark.parametrize(
    ("username", "base"),
    [("sandbox", "https://api.sandbox.africastalking.com/version1"), ("shamba", "https://api.africastalking.com/version1")],
)
def test_the_vendors_own_address_follows_from_the_username(username: str, base: str) -> None:
    assert AfricasTalking(username, KEY, base_url="")._wire._baseUrl == base


@pytest.mark.parametrize(
    "address",
    [
        "http://api.africastalking.com",
        "http://127.0.0.1.example.org",
        "ftp://localhost",
        "api.example.org",
        "https://",
        "https://u:p@example.org",
    ],
)
def test_an_address_that_would_show_the_key_is_refused(address: str) -> None:
    with pytest.raises(Misconfigured):
        AfricasTalking("sandbox", KEY, base_url=address)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/", "http://localhost:9", "http://[::1]:9", "https://api.example.org"])
def test_plain_http_is_for_this_machine(address: str) -> None:
    assert AfricasTalking("sandbox", KEY, base_url=address)._wire._baseUrl == address.rstrip("/") + "/version1"


@pytest.mark.parametrize(("username", "key"), [("", KEY), ("sandbox", ""), ("sandbox", " "), ("sandbox", "a\nb")])
def test_an_account_without_a_name_or_key_is_refused(username: str, key: str) -> None:
    with pytest.raises(Misconfigured):
        AfricasTalking(username, key)


def test_the_package_still_has_what_we_replace_and_what_we_set() -> None:
    service = SMSService("sandbox", KEY)
    assert service._baseUrl.endswith("/version1")
    assert service._contentUrl.endswith("/version1")
    assert service._headers["apiKey"] == KEY
    assert service._headers["Accept"] == "application/json"
    theirs, ours = (inspect.signature(each._make_request).parameters for each in (SMSService, wire.Wire))
    assert list(theirs) == list(ours)
    assert "_make_request(" in inspect.getsource(SMSService.send)
