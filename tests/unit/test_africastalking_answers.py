"""What an answer of Africa's Talking means for each phone, without a network: only what is clear is believed."""

import json
from decimal import Decimal
from typing import Any

import pytest

from messaging.gateway import Advice, Fate
from messaging.gateways import line
from messaging.gateways.africastalking import fates
from messaging.gateways.line import Answer

A, B, C = "+256772111222", "+256701111333", "+256772111444"
PHONES = [A, B, C]


def answered(rows: list[dict[str, Any]], message: str = "Sent", status: int = 201) -> Answer:
    return Answer(status, json.dumps({"SMSMessageData": {"Message": message, "Recipients": rows}}).encode(), None)


def row(**changed: Any) -> dict[str, Any]:
    return {"cost": "KES 0.8000", "messageId": "ATXid_1", "number": A, "status": "Success", "statusCode": 102} | changed


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 415, 422, 429])
def test_a_call_that_was_refused_whole_was_not_sent(status: int) -> None:
    assert {each.fate for each in fates(Answer(status, b"", None), PHONES).values()} == {Fate.NOT_SENT}


@pytest.mark.parametrize("status", [100, 204, 301, 307, 402, 408, 409, 418, 500, 502, 504])
def test_any_other_status_leaves_us_not_knowing(status: int) -> None:
    assert {each.fate for each in fates(Answer(status, b"", None), PHONES).values()} == {Fate.UNCONFIRMED}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"{}",
        b'{"SMSMessageData":null}',
        b'{"SMSMessageData":[]}',
        b'{"SMSMessageData":{"Recipients":{}}}',
        b'{"SMSMessageData":{"Recipients":["x",null,{}]}}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_a_2xx_that_cannot_be_understood_is_unconfirmed(body: bytes) -> None:
    assert {each.fate for each in fates(Answer(201, body, None), PHONES).values()} == {Fate.UNCONFIRMED}


@pytest.mark.parametrize(
    ("changed", "fate", "code"),
    [
        ({}, Fate.SENT, "102"),
        ({"statusCode": "101"}, Fate.SENT, "101"),
        ({"statusCode": None}, Fate.SENT, "101"),  # older answers tell the status alone
        ({"statusCode": None, "status": "User In BlackList"}, Fate.REFUSED, "406"),
        ({"number": A[1:]}, Fate.SENT, "102"),
        ({"statusCode": 999}, Fate.UNCONFIRMED, "999"),
        ({"statusCode": 999, "messageId": "None"}, Fate.REFUSED, "999"),
        ({"statusCode": True}, Fate.UNCONFIRMED, "0"),
        ({"statusCode": "١٠١"}, Fate.UNCONFIRMED, "0"),
        ({"messageId": "None"}, Fate.UNCONFIRMED, "no_id"),
        ({"messageId": ""}, Fate.UNCONFIRMED, "no_id"),
        ({"messageId": 7}, Fate.UNCONFIRMED, "no_id"),
        ({"messageId": "x" * 5000}, Fate.UNCONFIRMED, "no_id"),
        ({"number": B}, Fate.UNCONFIRMED, "missing"),
        ({"number": None}, Fate.UNCONFIRMED, "missing"),
    ],
)
def test_a_row_of_the_answer_is_believed_only_where_it_is_clear(changed: dict[str, Any], fate: Fate, code: str) -> None:
    told = fates(answered([row(**changed)]), [A])[A]
    assert (told.fate, told.code) == (fate, code)


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_rows_for_one_phone_the_one_that_cost_money_counts(order: int) -> None:
    rows = [row(statusCode=406, messageId="None", cost="0"), row(), row(statusCode=999)][::order]
    assert fates(answered(rows), [A])[A].gateway_id == "ATXid_1"


@pytest.mark.parametrize(
    ("message", "fate"),
    [
        ("InvalidSenderId", Fate.REFUSED),
        ("invalid sender id", Fate.REFUSED),
        ("RiskHold", Fate.REFUSED),
        ("InsufficientBalance", Fate.NOT_SENT),
    ],
)
def test_a_batch_refused_by_its_summary_is_refused_for_all_and_holds_the_queue(message: str, fate: Fate) -> None:
    told = fates(answered([], message), PHONES)
    assert {(each.fate, each.advice) for each in told.values()} == {(fate, Advice.PAUSE)}


@pytest.mark.parametrize("message", ["", "UserInBlacklist", "Sent to 0/3 Total Cost: 0", "Please wait"])
def test_a_summary_that_is_no_refusal_of_the_batch_leaves_us_not_knowing(message: str) -> None:
    assert {each.fate for each in fates(answered([], message), PHONES).values()} == {Fate.UNCONFIRMED}


@pytest.mark.parametrize(
    ("written", "cost", "currency"),
    [
        ("KES 0.8000", Decimal("0.8000"), "KES"),
        ("UGX 35", Decimal(35), "UGX"),
        ("0", Decimal(0), None),
        (0, Decimal(0), None),
        ("None", None, None),
        ("KES 1e9", None, None),
        ("USD 999999999999.0", None, None),
        (None, None, None),
    ],
)
def test_a_cost_is_read_exactly_or_not_at_all(written: object, cost: Decimal | None, currency: str | None) -> None:
    told = fates(answered([row(cost=written)]), [A])[A]
    assert (told.fate, told.cost, told.currency) == (Fate.SENT, cost, currency)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Thu, 01 Jan 1970 00:00:00 -0000", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str, seconds: float | None) -> None:
    assert line.seconds(header) == seconds
