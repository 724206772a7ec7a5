"""Kannel's callbacks, read: what a text and a report must hold, and what each type and reason means."""

from datetime import UTC, datetime

import pytest

from messaging.gateway import Advice, State, Unreadable
from messaging.gateways.kannel_forms import Forms
from messaging.gateways.kannel_words import ALL_TYPES, TYPES

A = "+256772111222"
TEXT = {"id": "e6883-7c0", "from": A, "to": "8228", "text": "HELP", "charset": "UTF-8", "time": "1795298144", "smsc": "mtn"}
REPORT = {"id": "batch-1a2b", "type": "1", "phone": A, "reason": "", "smsc": "mtn"}
RECEIPT = "id:0 sub:001 dlvrd:000 submit date:2603120900 done date:2603120905 stat:{} err:045 text:Your balance"


def test_a_text_is_read_whole() -> None:
    heard = Forms().parse_heard(TEXT)
    assert (heard.gateway_id, heard.phone, heard.sender, heard.to, heard.text, heard.network) == ("e6883-7c0", A, A, "8228", "HELP", "mtn")
    assert heard.sent_at == datetime(2026, 11, 21, 21, 55, 44, tzinfo=UTC)


def test_a_text_may_be_empty_but_not_absent() -> None:
    assert Forms().parse_heard(TEXT | {"text": ""}).text == ""
    with pytest.raises(Unreadable, match="text"):
        Forms().parse_heard({name: value for name, value in TEXT.items() if name != "text"})


@pytest.mark.parametrize("field", ["id", "from", "to"])
@pytest.mark.parametrize("value", [None, "", " "])
def test_a_text_without_what_it_needs_is_unreadable_and_says_what(field: str, value: str | None) -> None:
    form = {name: given for name, given in (TEXT | {field: value}).items() if given is not None}
    with pytest.raises(Unreadable, match=field):
        Forms().parse_heard(form)


@pytest.mark.parametrize("charset", ["UTF-16BE", "8-BIT", "ISO-8859-1", "utf-7"])
def test_a_text_that_kannel_did_not_recode_is_not_guessed_at(charset: str) -> None:
    with pytest.raises(Unreadable, match="charset"):
        Forms().parse_heard(TEXT | {"charset": charset})


@pytest.mark.parametrize(
    ("sender", "phone"),
    [
        (A, A),
        (A[1:], A),
        ("00" + A[1:], A),
        ("+447700900123", "+447700900123"),
        ("0772111222", None),
        ("8228", None),
        ("447700900123", None),
        ("MTN Uganda", None),
        ("٢٥٦٧٧٢١١١٢٢٢", None),
        ("+256772111222x", None),
    ],
)
def test_a_sender_is_a_phone_only_where_that_is_certain(sender: str, phone: str | None) -> None:
    heard = Forms().parse_heard(TEXT | {"from": sender})
    assert (heard.phone, heard.sender) == (phone, sender)


@pytest.mark.parametrize("time", ["", "soon", "-1", "9" * 30, "१७९५२९८१४४"])
def test_a_moment_that_makes_no_sense_is_left_out(time: str) -> None:
    assert Forms().parse_heard(TEXT | {"time": time}).sent_at is None


def test_we_ask_for_every_type_of_report_that_we_know() -> None:
    assert sum(map(int, TYPES)) == ALL_TYPES


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("1", State.DELIVERED),
        ("2", State.FAILED),
        ("4", State.BUFFERED),
        ("8", State.ON_THE_WAY),
        ("16", State.REJECTED),
        ("32", State.UNKNOWN),
        ("3", State.UNKNOWN),
        ("delivered", State.UNKNOWN),
    ],
)
def test_each_type_of_report_has_its_state(kind: str, state: State) -> None:
    told = Forms().parse_told(REPORT | {"type": kind})
    assert (told.gateway_id, told.phone, told.status, told.state, told.network) == ("batch-1a2b", A, kind, state, "mtn")


@pytest.mark.parametrize(
    ("kind", "reason", "state", "kept", "advice"),
    [
        ("8", "ACK/", State.ON_THE_WAY, "ACK/", Advice.NONE),
        ("2", RECEIPT.format("EXPIRED"), State.EXPIRED, "stat:EXPIRED err:045", Advice.NONE),
        ("2", RECEIPT.format("UNDELIV"), State.FAILED, "stat:UNDELIV err:045", Advice.NONE),
        ("2", RECEIPT.format("REJECTD"), State.REJECTED, "stat:REJECTD err:045", Advice.NONE),
        ("2", RECEIPT.format("MOONED"), State.FAILED, "stat:MOONED err:045", Advice.NONE),
        ("1", RECEIPT.format("EXPIRED"), State.DELIVERED, "stat:EXPIRED err:045", Advice.NONE),
        ("16", "NACK/11/Invalid Destination Address", State.REJECTED, "NACK/11/Invalid Destination Address", Advice.BAD_NUMBER),
        ("16", "NACK/88/Throttling error", State.REJECTED, "NACK/88/Throttling error", Advice.NONE),
        ("16", "NACK/110/Unknown", State.REJECTED, "NACK/110/Unknown", Advice.NONE),
        ("2", "NACK/11/Invalid Destination Address", State.FAILED, "NACK/11/Invalid Destination Address", Advice.NONE),
        ("2", "x" * 500, State.FAILED, "x" * 100, Advice.NONE),
    ],
)
def test_a_reason_is_kept_short_and_without_the_words_of_the_text(kind: str, reason: str, state: State, kept: str, advice: Advice) -> None:
    told = Forms().parse_told(REPORT | {"type": kind, "reason": reason})
    assert (told.state, told.reason, told.advice) == (state, kept, advice)


def test_a_report_needs_no_phone_no_reason_and_no_connection() -> None:
    told = Forms().parse_told({"id": "batch-1a2b", "type": "1"})
    assert (told.phone, told.reason, told.network) == (None, "", "")


def test_kannel_carries_no_ussd_and_no_opt_outs() -> None:
    for parse in (Forms().parse_dialled, Forms().parse_ended, Forms().parse_opted_out):
        with pytest.raises(Unreadable, match="Kannel"):
            parse({"sessionId": "s", "phoneNumber": A, "serviceCode": "*284#", "networkCode": "64110", "text": "", "senderId": "E"})
    assert Forms().render("Bye", ends=True) == "Bye"
