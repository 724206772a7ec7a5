"""What a gateway, or anyone who pretends to be one, may post: stored once, answered as promised, never a page."""

import pytest
from sqlalchemy import func, select

from messaging import suppressions
from messaging.models import Inbound, Report, Unread, UssdSession
from service.app import create_app
from tests.builders import farmer, phone, runtime

OLD, NEW = "old-" + "o" * 28, "new-" + "n" * 28
USSD = {"sessionId": "ATUid_1", "phoneNumber": phone(1), "networkCode": "64110", "serviceCode": "*284*55#", "text": ""}
SMS = {
    "id": "in-1",
    "from": phone(1),
    "to": "28455",
    "text": "HELP",
    "date": "2026-03-12 09:00:00",
    "linkId": "",
    "networkCode": "64110",
    "cost": "0",
}
REPORT = {"id": "ATXid_1", "status": "Success", "phoneNumber": phone(1), "networkCode": "64110"}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def house(url, now):
    return runtime(url, now, callback_secret=f"{NEW},{OLD}")


@pytest.fixture
def client(house):
    return create_app(house).test_client()


def count(house, model):
    with house.reading() as session:
        return session.scalars(select(func.count()).select_from(model)).one()


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_both_secrets_open_the_door_while_rotating(client, secret):
    assert client.post(f"/at/{secret}/ussd", data=USSD).data.startswith(b"CON ")


@pytest.mark.parametrize("path", ["/at/wrong/ussd", "/at/wrong/sms", f"/at/{NEW},{OLD}/sms", f"/at/{OLD}x/delivery"])
def test_a_wrong_secret_is_not_found_and_nothing_is_read(client, house, path):
    assert client.post(path, data=SMS).status_code == 404
    assert count(house, Inbound) == 0


def test_only_posts_are_taken(client):
    assert client.get(f"/at/{NEW}/sms").status_code == 405


BAD_DIALS = {
    "no text": {name: value for name, value in USSD.items() if name != "text"},
    "no phone": {name: value for name, value in USSD.items() if name != "phoneNumber"},
    "no session": USSD | {"sessionId": ""},
    "a long session": USSD | {"sessionId": "x" * 2048},
    "sql in the session": USSD | {"sessionId": "'; DROP TABLE farmers;--"},
    "a foreign phone": USSD | {"phoneNumber": "+447700900123"},
    "a name for a phone": USSD | {"phoneNumber": "MTN-Info"},
    "an unknown network": USSD | {"networkCode": "00000"},
    "another service": USSD | {"serviceCode": "*999#"},
    "an empty segment": USSD | {"text": "1*"},
    "a star": USSD | {"text": "*"},
    "two stars": USSD | {"text": "**1"},
    "three inputs and no session": USSD | {"text": "1*2*3"},
    "fifty hops": USSD | {"text": "*".join(["1"] * 50)},
    "four kilobytes": USSD | {"text": "x" * 4096},
    "other digits": USSD | {"text": "१"},
    "a NUL": USSD | {"text": "1\x00"},
    "an emoji": USSD | {"text": "\U0001f33d"},
    "a plus that became a space": USSD | {"phoneNumber": " 256772000001"},
}


@pytest.mark.parametrize("form", BAD_DIALS.values(), ids=BAD_DIALS.keys())
def test_a_dial_in_is_always_answered_in_words(client, form):
    answer = client.post(f"/at/{NEW}/ussd", data=form)
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    assert answer.data[:4] in {b"CON ", b"END "}
    assert len(answer.data) > 8
    assert b"Traceback" not in answer.data


BAD_BODIES = {
    "json": ("application/json", b'{"sessionId": "a"}'),
    "multipart": ("multipart/form-data; boundary=x", b"--x\r\n\r\n--x--"),
    "raw bytes": (FORM, b"text=\xff\xfe&sessionId=a"),
    "bytes that are no UTF-8": (FORM, b"text=%E9&sessionId=a"),
    "a key twice": (FORM, b"phoneNumber=%2B256772000001&phoneNumber=%2B256772000002&text=&sessionId=a"),
    "fifteen hundred fields": (FORM, b"&".join(b"f%d=1" % n for n in range(1500))),
    "nothing": (FORM, b""),
    "zipped": (FORM, b"\x1f\x8b\x08\x00"),
}


@pytest.mark.parametrize(("kind", "body"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_body_that_cannot_be_read_is_kept_as_it_came(client, house, kind, body):
    answer = client.post(f"/at/{NEW}/ussd", data=body, content_type=kind)
    assert (answer.status_code, answer.data[:4]) == (200, b"END ")
    assert client.post(f"/at/{NEW}/sms", data=body, content_type=kind).status_code == 200
    assert count(house, Inbound) == 0
    with house.reading() as session:
        assert session.scalars(select(Unread.body)).one() == body


def test_what_is_too_large_is_refused(client):
    body = b"text=" + b"x" * 65_536
    assert client.post(f"/at/{NEW}/sms", data=body, content_type=FORM).status_code == 413
    assert client.post(f"/at/{NEW}/ussd", data=body, content_type=FORM).data.startswith(b"END ")


def test_a_text_that_comes_three_times_is_one_text(client, house):
    for _ in range(3):
        assert client.post(f"/at/{NEW}/sms", data=SMS).status_code == 200
    assert count(house, Inbound) == 1


@pytest.mark.parametrize(
    "change", [{"status": "success"}, {"status": "Brandnew"}, {"id": "x" * 5000}, {"failureReason": "Moonquake"}, {"id": 'it\'s "quoted"'}]
)
def test_a_strange_report_is_kept_and_changes_nothing(client, house, change):
    assert client.post(f"/at/{NEW}/delivery", data=REPORT | change).status_code == 200
    assert count(house, Report) + count(house, Unread) == 1


def test_an_opt_out_at_the_gateway_is_heard_for_a_phone_that_we_know(client, house, now):
    with house.transaction() as session:
        farmer(session, now, 1)
    client.post(f"/at/{NEW}/opt-out", data={"senderId": "Ensigo", "phoneNumber": phone(2)})
    assert client.post(f"/at/{NEW}/opt-out", data={"senderId": "Ensigo", "phoneNumber": phone(1)}).status_code == 200
    with house.reading() as session:
        assert suppressions.stopped(session, [phone(1), phone(2)]) == {phone(1)}


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_with_neither_database_nor_spool_the_farmer_reads_a_goodbye_and_the_gateway_tries_again(url, now, tmp_path):
    nowhere = runtime(f"sqlite:///{tmp_path}/absent/none.db", now, callback_secret=NEW, spool_dir=f"{tmp_path}/absent/spool")
    client = create_app(nowhere).test_client()
    assert client.post(f"/at/{NEW}/ussd", data=USSD).data.startswith(b"END ")
    assert client.post(f"/at/{NEW}/sms", data=SMS).status_code == 503
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_of_what_was_typed_nothing_is_kept(client, house):
    client.post(f"/at/{NEW}/ussd", data=USSD)
    client.post(f"/at/{NEW}/ussd", data=USSD | {"text": "48213"})
    with house.reading() as session:
        row = session.scalars(select(UssdSession)).one()
        written = " ".join(str(getattr(row, column.key)) for column in UssdSession.__table__.columns)
    assert "48213" not in written
