"""Africa's Talking's callbacks: every form we know, whole, mangled, and in the spellings that were seen."""

from datetime import UTC, datetime

import pytest

from messaging.gateway import Advice, OptedOut, State, Unreadable
from messaging.gateways.africastalking import AfricasTalking

A = "+256772111222"
DIALLED = {"sessionId": "ATUid_1", "phoneNumber": A, "networkCode": "64110", "serviceCode": "*284*55#", "text": "1*2"}
HEARD = {"date": "2017-05-03T06:04:45Z", "from": A, "id": "m1", "linkId": "", "text": "PRICE maize", "to": "8055", "networkCode": "64110"}
TOLD = {"id": "ATXid_1", "status": "Success", "phoneNumber": A, "networkCode": "64110", "retryCount": "0"}
ENDED = {"sessionId": "ATUid_1", "status": "Incomplete", "phoneNumber": A, "hopsCount": "3"}
OPTED_OUT = {"senderId": "ENSIGO", "phoneNumber": A}
MANDATORY = {
    "parse_dialled": (DIALLED, tuple(DIALLED)),
    "parse_heard": (HEARD, ("from", "id", "text", "to")),
    "parse_told": (TOLD, ("id", "status")),
    "parse_ended": (ENDED, ("sessionId", "status")),
    "parse_opted_out": (OPTED_OUT, ("senderId", "phoneNumber")),
}
GATEWAY = AfricasTalking("sandbox", "a-key")


@pytest.mark.parametrize(("parse", "field"), [(parse, field) for parse, (_, fields) in MANDATORY.items() for field in fields])
def test_a_missing_mandatory_field_is_named(parse: str, field: str) -> None:
    form = {name: value for name, value in MANDATORY[parse][0].items() if name != field}
    with pytest.raises(Unreadable, match=rf"\b{field}\b"):
        getattr(GATEWAY, parse)(form)


@pytest.mark.parametrize("parse", MANDATORY)
def test_an_unreadable_callback_does_not_say_what_it_contained(parse: str) -> None:
    form, fields = MANDATORY[parse]
    with pytest.raises(Unreadable) as wrong:
        getattr(GATEWAY, parse)(form | dict.fromkeys(fields, "") | {"phoneNumber": "0772999999"})
    assert "0772999999" not in str(wrong.value)


@pytest.mark.parametrize("text", ["", "1", "1*", "1*1*2", "98*00"])
def test_a_ussd_turn_keeps_its_text_as_it_came(text: str) -> None:
    dialled = GATEWAY.parse_dialled(DIALLED | {"text": text})
    assert (dialled.session_id, dialled.phone, dialled.service_code, dialled.network) == ("ATUid_1", A, "*284*55#", "64110")
    assert (dialled.text, dialled.cumulative) == (text, True)


def test_a_plus_that_arrived_as_a_space_is_repaired() -> None:
    spaced = {"phoneNumber": " " + A[1:]}
    assert GATEWAY.parse_dialled(DIALLED | spaced).phone == A
    assert GATEWAY.parse_told(TOLD | spaced).phone == A
    assert GATEWAY.parse_opted_out(OPTED_OUT | spaced).phone == A
    assert GATEWAY.parse_heard(HEARD | {"from": " " + A[1:]}).phone == A


@pytest.mark.parametrize("phone", ["0772123456", "256772123456", " 0772123456", "+256772123456x", "+٢٥٦٧٧٢١١١٢٢٢", "MTN"])
def test_a_ussd_turn_without_a_phone_is_unreadable(phone: str) -> None:
    with pytest.raises(Unreadable, match="phoneNumber"):
        GATEWAY.parse_dialled(DIALLED | {"phoneNumber": phone})


@pytest.mark.parametrize("network", ["64110", "99999", "123", "", "new network"])
def test_an_unknown_network_never_fails(network: str) -> None:
    unknown = {"networkCode": network}
    assert GATEWAY.parse_dialled(DIALLED | unknown).network == network
    assert GATEWAY.parse_heard(HEARD | unknown).network == network
    assert GATEWAY.parse_told(TOLD | unknown).network == network


@pytest.mark.parametrize(
    ("date", "instant"),
    [
        ("2017-05-03T06:04:45Z", datetime(2017, 5, 3, 6, 4, 45, tzinfo=UTC)),
        ("2017-05-03 06:04:45", datetime(2017, 5, 3, 6, 4, 45, tzinfo=UTC)),
        ("2018-03-19T08:34:18.445Z", datetime(2018, 3, 19, 8, 34, 18, 445000, tzinfo=UTC)),
        ("2018-03-19 08:34:18.445", datetime(2018, 3, 19, 8, 34, 18, 445000, tzinfo=UTC)),
        ("2017-05-03T09:04:45+03:00", datetime(2017, 5, 3, 6, 4, 45, tzinfo=UTC)),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("", None),
    ],
)
def test_a_text_is_kept_whatever_its_date_looks_like(date: str, instant: datetime | None) -> None:
    assert GATEWAY.parse_heard(HEARD | {"date": date}).sent_at == instant


@pytest.mark.parametrize("sender", ["MTN", "8055", "Airtel Money", "0772123456"])
def test_a_sender_that_is_no_number_has_no_phone(sender: str) -> None:
    heard = GATEWAY.parse_heard(HEARD | {"from": sender, "text": "a\0b"})
    assert (heard.phone, heard.sender, heard.text, heard.to, heard.gateway_id) == (None, sender, "ab", "8055", "m1")


@pytest.mark.parametrize(
    ("status", "reason", "state", "advice"),
    [
        ("Sent", "", State.ON_THE_WAY, Advice.NONE),
        ("Submitted", "", State.ON_THE_WAY, Advice.NONE),
        ("Buffered", "", State.BUFFERED, Advice.NONE),
        ("Success", "UserInBlackList", State.DELIVERED, Advice.NONE),
        ("Failed", "", State.FAILED, Advice.NONE),
        ("Failed", "UserInBlackList", State.FAILED, Advice.OPTED_OUT),
        ("Rejected", "userinblacklist", State.REJECTED, Advice.OPTED_OUT),
        ("failed", "User Does Not Exist", State.FAILED, Advice.BAD_NUMBER),
        ("Failed", "NotNetworkSubcriber", State.FAILED, Advice.BAD_NUMBER),
        ("Failed", "Not_Network_Subscriber", State.FAILED, Advice.BAD_NUMBER),
        ("Failed", "DoNotDisturbRejection", State.FAILED, Advice.LATER),
        ("Failed", "SomethingNew", State.FAILED, Advice.NONE),
        ("Expired", "DeliveryFailure", State.EXPIRED, Advice.NONE),
        ("AbsentSubscriber", "", State.ABSENT, Advice.EVENING),
        ("Absent Subscriber", "SomethingNew", State.ABSENT, Advice.EVENING),
        ("Teleported", "UserInBlackList", State.UNKNOWN, Advice.NONE),
    ],
)
def test_a_report_is_understood_by_its_letters(status: str, reason: str, state: State, advice: Advice) -> None:
    told = GATEWAY.parse_told(TOLD | {"status": status, "failureReason": reason})
    assert (told.gateway_id, told.phone, told.status, told.reason) == ("ATXid_1", A, status, reason)
    assert (told.state, told.advice) == (state, advice)


def test_a_report_may_lack_its_phone_but_not_have_an_endless_id() -> None:
    assert GATEWAY.parse_told({"id": "x", "status": "Sent"}).phone is None
    with pytest.raises(Unreadable, match="id"):
        GATEWAY.parse_told({"id": "x" * 5000, "status": "Sent"})


def test_an_opt_out_and_the_end_of_a_subscription_say_the_same() -> None:
    assert GATEWAY.parse_opted_out(OPTED_OUT) == OptedOut(A, "ENSIGO")
    ended = {"phoneNumber": A, "shortCode": "8055", "keyword": "farm", "updateType": "Deletion"}
    assert GATEWAY.parse_opted_out(ended) == OptedOut(A, "8055")
    with pytest.raises(Unreadable, match="updateType"):
        GATEWAY.parse_opted_out(ended | {"updateType": "addition"})


def test_the_end_of_a_session_is_read() -> None:
    ended = GATEWAY.parse_ended(ENDED)
    assert (ended.session_id, ended.status) == ("ATUid_1", "Incomplete")


def test_a_screen_is_rendered_with_its_word_first() -> None:
    assert GATEWAY.render("Welcome", ends=False) == "CON Welcome"
    assert GATEWAY.render("Bye", ends=True) == "END Bye"
