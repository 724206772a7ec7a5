"""Kannel's adapter against a Kannel that misbehaves in every way we know: four fates, an id of our own, one deadline."""

import threading
import time
from collections.abc import Iterator

import pytest
import structlog

from core.errors import Misconfigured
from core.settings import Settings
from messaging.gateway import Advice, Fate, Unreadable
from messaging.gateways import kannel
from messaging.gateways.kannel import Kannel, fate, id_of
from messaging.gateways.line import Answer
from service.bootstrap import GATEWAY_MODULES, build
from tests.fake_kannel import MODES, FakeKannel

A = "+256772111222"
MANY = [f"+25677211{number:04d}" for number in range(1000, 1040)]
REPORTS = "https://ensigo.example.org/kannel/s%2Fecret/delivery"

SENT = (Fate.SENT, Advice.NONE)
UNCONFIRMED = (Fate.UNCONFIRMED, Advice.NONE)
# What each mood of Kannel means for the phone that it was met with.
FATES = {
    "accepted": SENT,
    "queued": SENT,
    "at_once": SENT,
    "not_routable": (Fate.REFUSED, Advice.LATER),
    "black_listed": (Fate.REFUSED, Advice.NONE),
    "unauthorised": (Fate.NOT_SENT, Advice.PAUSE),
    "forbidden": (Fate.NOT_SENT, Advice.PAUSE),
    "unknown_address": (Fate.NOT_SENT, Advice.PAUSE),
    "no_sender": (Fate.NOT_SENT, Advice.PAUSE),
    "misformed": (Fate.NOT_SENT, Advice.NONE),
    "temporal": (Fate.NOT_SENT, Advice.LATER),
    "throttled": (Fate.NOT_SENT, Advice.LATER),
    "redirect": (Fate.UNCONFIRMED, Advice.PAUSE),
    "proxy_503": UNCONFIRMED,
    "500": UNCONFIRMED,
    "502": UNCONFIRMED,
    "portal": UNCONFIRMED,
    "empty": UNCONFIRMED,
    "strange": UNCONFIRMED,
    "other_2xx": UNCONFIRMED,
    "hang": UNCONFIRMED,
    "drop": UNCONFIRMED,
    "reset": UNCONFIRMED,
    "drop_unread": UNCONFIRMED,
    "half_headers": UNCONFIRMED,
    "truncated": UNCONFIRMED,
    "drip_headers": UNCONFIRMED,
    "drip_body": UNCONFIRMED,
    "no_http": UNCONFIRMED,
}
GOES_ON = {Fate.SENT, Fate.REFUSED}


@pytest.fixture
def fake() -> Iterator[FakeKannel]:
    with FakeKannel() as server:
        yield server


def adapter(fake: FakeKannel, deadline: float = 5.0) -> Kannel:
    return Kannel(fake.url, "ensigo", "secret pass", REPORTS, deadline)


def test_every_mood_of_kannel_has_a_fate_in_the_table() -> None:
    assert set(FATES) == set(MODES)


@pytest.mark.parametrize("mode", FATES)
def test_each_mood_leads_to_its_fate_in_time(fake: FakeKannel, mode: str) -> None:
    fake.mode = mode
    began = time.monotonic()
    (told,) = adapter(fake, deadline=1.0).send("Hello", [A], reference="r")
    assert time.monotonic() - began < 1.9
    assert (told.phone, told.fate, told.advice) == (A, *FATES[mode])
    assert (told.gateway_id is not None) == (told.fate in {Fate.SENT, Fate.UNCONFIRMED})
    assert len(fake.asked) == 1


@pytest.mark.parametrize("mode", FATES)
def test_what_kannel_took_is_never_called_safe_to_send_again(fake: FakeKannel, mode: str) -> None:
    fake.moods = dict.fromkeys(MANY[5:], mode)
    told = {each.phone: each for each in adapter(fake, deadline=1.0).send("Hello", MANY, reference="r")}
    assert [phone for phone in fake.taken if told[phone].fate not in {Fate.SENT, Fate.UNCONFIRMED}] == []
    assert len(fake.taken) == len(set(fake.taken))
    assert list(told) == MANY


@pytest.mark.parametrize("mode", [mode for mode, (became, _) in FATES.items() if became not in GOES_ON])
def test_a_failure_leaves_few_phones_in_doubt_and_the_rest_untouched(fake: FakeKannel, mode: str) -> None:
    """Whoever was not asked for yet has certainly got nothing: the next batch may try again."""
    fake.mode = mode
    told = adapter(fake, deadline=1.0).send("Hello", MANY, reference="r")
    assert len(fake.asked) <= kannel.AT_ONCE
    tried = {each.phone for each in fake.asked}
    assert {each.fate for each in told if each.phone not in tried} == {Fate.NOT_SENT}
    assert sum(each.fate is Fate.UNCONFIRMED for each in told) <= kannel.AT_ONCE


@pytest.mark.parametrize("mode", ["not_routable", "black_listed"])
def test_a_phone_that_kannel_refuses_is_refused_alone(fake: FakeKannel, mode: str) -> None:
    fake.moods = {MANY[7]: mode}
    told = {each.phone: each.fate for each in adapter(fake).send("Hello", MANY, reference="r")}
    assert told == dict.fromkeys(MANY, Fate.SENT) | {MANY[7]: Fate.REFUSED}


def test_when_the_key_is_refused_the_whole_batch_waits_for_a_person(fake: FakeKannel) -> None:
    fake.mode = "unauthorised"
    told = adapter(fake).send("Hello", MANY, reference="r")
    assert {(each.fate, each.advice, each.code) for each in told} == {(Fate.NOT_SENT, Advice.PAUSE, "http_403")}


def test_a_temporal_failure_says_when_to_come_back(fake: FakeKannel) -> None:
    fake.mode = "temporal"
    assert adapter(fake).send("Hello", [A], reference="r")[0].retry_after == 60.0
    fake.headers = {"Retry-After": "7"}
    assert {each.retry_after for each in adapter(fake).send("Hello", MANY, reference="r")} == {7.0}


def test_a_call_names_the_phone_the_account_and_where_reports_go(fake: FakeKannel) -> None:
    (told,) = adapter(fake).send("Beans @ 5€", [A], reference="0197-b")
    (asked,) = fake.asked
    assert (asked.path, asked.phone, asked.body) == ("/cgi-bin/sendsms", A, "Beans @ 5€")
    given = {name.removeprefix("x-kannel-"): value for name, value in asked.headers.items() if name.startswith("x-kannel")}
    assert given == {
        "username": "ensigo",
        "password": "secret pass",
        "to": A,
        "coding": "0",
        "validity": "1440",
        "dlr-mask": "31",
        "dlr-url": REPORTS.replace("%", "%%") + f"?id={told.gateway_id}&type=%d&phone=%p&reason=%A&smsc=%i",
    }


def test_a_body_beyond_gsm_7_is_sent_as_ucs_2(fake: FakeKannel) -> None:
    adapter(fake).send("Eŋŋano", [A], reference="r")
    assert fake.asked[0].headers["x-kannel-coding"] == "2"
    assert fake.asked[0].body == "Eŋŋano"


def test_our_id_is_the_same_for_the_same_text_and_shows_no_number(fake: FakeKannel) -> None:
    told = adapter(fake).send("Hello", MANY, reference="batch-7")
    assert [each.gateway_id for each in told] == [id_of("batch-7", phone) for phone in MANY]
    assert len({each.gateway_id for each in told}) == len(MANY)
    assert not [each for each in told if each.phone[5:] in str(each.gateway_id)]
    assert id_of("batch-8", A) != id_of("batch-7", A)


def test_the_password_never_follows_a_redirect(fake: FakeKannel) -> None:
    with FakeKannel() as stranger:
        fake.mode, fake.headers = "redirect", {"Location": stranger.url}
        adapter(fake).send("Hello", [A], reference="r")
        assert stranger.asked == []


def test_one_deadline_holds_for_the_whole_batch(fake: FakeKannel) -> None:
    fake.mode = "drip_body"
    began = time.monotonic()
    told = adapter(fake, deadline=1.0).send("Hello", MANY, reference="r")
    assert time.monotonic() - began < 1.9
    assert len(told) == len(MANY)


def test_nobody_listening_means_not_sent_for_every_phone() -> None:
    with FakeKannel() as gone:
        url = gone.url
    told = Kannel(url, "ensigo", "p", REPORTS).send("Hello", MANY, reference="r")
    assert {(each.fate, each.advice, each.gateway_id) for each in told} == {(Fate.NOT_SENT, Advice.LATER, None)}


def test_no_such_host_means_not_sent() -> None:
    (told,) = Kannel("https://kannel.invalid", "ensigo", "p", REPORTS, deadline=30).send("Hello", [A], reference="r")
    assert (told.fate, told.advice) == (Fate.NOT_SENT, Advice.LATER)


def test_several_batches_at_once_all_get_through(fake: FakeKannel) -> None:
    gateway, told = adapter(fake), []
    batches = [threading.Thread(target=lambda: told.extend(gateway.send("Hello", MANY, reference="r"))) for _ in range(8)]
    for batch in batches:
        batch.start()
    for batch in batches:
        batch.join()
    assert [each.fate for each in told] == [Fate.SENT] * len(MANY) * 8


def test_the_log_tells_fates_and_latency_but_no_words_phones_or_password(fake: FakeKannel) -> None:
    with structlog.testing.capture_logs() as lines:
        adapter(fake).send("Private words", MANY, reference="batch-7")
    (line,) = lines
    assert (line["reference"], line["phones"], line["fates"]) == ("batch-7", 40, {"sent": 40})
    assert not [secret for secret in ("Private", "secret", *(phone[4:] for phone in MANY)) if secret in str(lines)]


@pytest.mark.parametrize("status", [100, 201, 204, 301, 307, 402, 408, 409, 418, 500, 503, 504])
def test_a_status_without_kannels_words_leaves_us_not_knowing(status: int) -> None:
    assert fate(Answer(status, b"", None)).fate is Fate.UNCONFIRMED


@pytest.mark.parametrize("path", ["", "/", "/cgi-bin/sendsms", "/cgi-bin/sendsms/"])
def test_the_address_may_leave_out_its_usual_path(fake: FakeKannel, path: str) -> None:
    Kannel(fake.base + path, "ensigo", "p", REPORTS).send("Hello", [A], reference="r")
    assert fake.asked[0].path == "/cgi-bin/sendsms"


@pytest.mark.parametrize("address", ["http://kannel.example.org:13013", "ftp://localhost", "localhost:13013", "https://u:p@example.org"])
def test_an_address_that_would_show_the_password_is_refused(address: str) -> None:
    with pytest.raises(Misconfigured, match="KANNEL_URL"):
        Kannel(address, "ensigo", "p", REPORTS)


@pytest.mark.parametrize(
    ("url", "username", "password"),
    [("", "ensigo", "p"), ("http://127.0.0.1:1", "", "p"), ("http://127.0.0.1:1", "ensigo", ""), ("http://127.0.0.1:1", "ensigo", "a\nb")],
)
def test_an_account_that_is_not_whole_is_refused_saying_what_to_set(url: str, username: str, password: str) -> None:
    with pytest.raises(Misconfigured, match="KANNEL_URL, KANNEL_USERNAME and KANNEL_PASSWORD"):
        Kannel(url, username, password, REPORTS)


def test_a_process_with_kannel_and_without_its_account_says_what_to_set() -> None:
    settings = Settings(_env_file=None, gateway="kannel", secret_key="long and random", callback_secret="another")
    with pytest.raises(Misconfigured, match="KANNEL_URL, KANNEL_USERNAME and KANNEL_PASSWORD"):
        build(settings)


def test_reports_come_to_our_public_address_with_the_first_secret(fake: FakeKannel) -> None:
    given = {"kannel_url": fake.url, "kannel_username": "u", "kannel_password": "p", "public_url": "https://e.example.org/"}
    made = GATEWAY_MODULES["kannel"][1](kannel, Settings(_env_file=None, callback_secret="new/1,old", **given))
    made.send("Hello", [A], reference="r")
    assert fake.asked[0].headers["x-kannel-dlr-url"].startswith("https://e.example.org/kannel/new%%2F1/delivery?id=r-")


def test_kannel_keeps_no_balance_and_has_no_reports_to_fetch(fake: FakeKannel) -> None:
    assert adapter(fake).collect() == []
    with pytest.raises(Unreadable, match="balance"):
        adapter(fake).balance()
