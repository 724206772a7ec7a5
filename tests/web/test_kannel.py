"""What Kannel brings us, or anyone who pretends to be it: stored once, answered with nothing that could be texted on."""

from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from messaging.gateways.kannel import Kannel
from messaging.models import Inbound, Report, Unread
from service.app import create_app
from tests.builders import phone, runtime

OLD, NEW = "old-" + "o" * 28, "new-" + "n" * 28
QUERY = {"id": "in-1", "charset": "UTF-8", "time": "1795298144", "smsc": "mtn"}
NUMBERS = {"X-Kannel-From": phone(1), "X-Kannel-To": "8228"}
WORDS = "HELP me & you=1\nŋ"
REPORT = {"id": "batch-1a2b", "type": "1", "phone": phone(1), "reason": "", "smsc": "mtn"}


@pytest.fixture
def house(url, now, tmp_path):
    gateway = Kannel("http://127.0.0.1:9", "ensigo", "p", "http://127.0.0.1:8000/kannel/delivery")
    return runtime(url, now, gateway, callback_secret=f"{NEW},{OLD}", spool_dir=str(tmp_path / "spool"))


@pytest.fixture
def client(house):
    return create_app(house).test_client()


def rows(house, model):
    with house.reading() as session:
        return session.scalars(select(model)).all()


def texts(client, path, query=QUERY, headers=NUMBERS, words=WORDS):
    return client.post(path, query_string=query, headers=headers, data=words, content_type="text/plain; charset=UTF-8")


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_a_text_is_kept_once_and_answered_with_nothing(client, house, secret):
    for _ in range(3):
        answer = texts(client, f"/kannel/{secret}/sms")
        assert (answer.status_code, answer.data) == (200, b"")
    (heard,) = rows(house, Inbound)
    assert (heard.gateway, heard.gateway_id, heard.phone, heard.to, heard.text) == ("kannel", "in-1", phone(1), "8228", WORDS)


def test_reports_are_kept_as_they_come_each_with_our_id(client, house):
    for kind in ("8", "1", "1"):
        answer = client.get(f"/kannel/{NEW}/delivery", query_string=REPORT | {"type": kind})
        assert (answer.status_code, answer.data) == (200, b"")
    assert [(one.gateway_id, one.state) for one in rows(house, Report)] == [
        ("batch-1a2b", "on_the_way"),
        ("batch-1a2b", "delivered"),
        ("batch-1a2b", "delivered"),
    ]


@pytest.mark.parametrize("secret", ["wrong", f"{NEW},{OLD}", f"{OLD}x"])
def test_a_wrong_secret_is_not_found_and_nothing_is_read(client, house, secret):
    assert texts(client, f"/kannel/{secret}/sms").status_code == 404
    assert client.get(f"/kannel/{secret}/delivery", query_string=REPORT).status_code == 404
    assert rows(house, Inbound) + rows(house, Report) == []


def test_where_kannel_is_not_in_use_there_is_no_such_address(url, now):
    client = create_app(runtime(url, now, callback_secret=NEW)).test_client()
    assert texts(client, f"/kannel/{NEW}/sms").status_code == 404


BAD = {
    "nothing": ({}, {}, b""),
    "no id": ({"charset": "UTF-8"}, NUMBERS, b"HELP"),
    "no sender": (QUERY, {"X-Kannel-To": "8228"}, b"HELP"),
    "a key twice": ("id=a&id=b", NUMBERS, b"HELP"),
    "words in the address too": ("id=a&text=STOP", NUMBERS, b"HELP"),
    "bytes that are no UTF-8": (QUERY, NUMBERS, b"\xe9\xff"),
    "another charset": (QUERY | {"charset": "UTF-16BE"}, NUMBERS, b"\0H\0I"),
    "fifteen hundred fields": ("&".join(f"f{number}=1" for number in range(1500)), NUMBERS, b"HELP"),
}


@pytest.mark.parametrize(("query", "headers", "words"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_read_is_kept_and_answered_with_nothing(client, house, query, headers, words):
    answer = texts(client, f"/kannel/{NEW}/sms", query, headers, words)
    assert (answer.status_code, answer.data) == (200, b"")
    assert rows(house, Inbound) == []
    (unread,) = rows(house, Unread)
    assert (unread.gateway, unread.kind) == ("kannel", "sms")
    assert unread.body.endswith(urlencode({"text": words}).encode())


def test_what_is_too_large_is_refused(client):
    assert texts(client, f"/kannel/{NEW}/sms", words=b"x" * 70_000).status_code == 413


@pytest.mark.parametrize("change", [{"type": "99"}, {"id": "x" * 5000}, {"reason": "Moonquake" * 99}, {"phone": "nobody"}, {"id": 'a "b"'}])
def test_a_strange_report_is_kept_and_changes_nothing(client, house, change):
    assert client.get(f"/kannel/{NEW}/delivery", query_string=REPORT | change).status_code == 200
    assert len(rows(house, Report)) + len(rows(house, Unread)) == 1


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_without_a_database_or_a_disk_kannel_is_asked_to_try_again(url, now, tmp_path):
    gateway = Kannel("http://127.0.0.1:9", "ensigo", "p", "http://127.0.0.1:8000/kannel/delivery")
    nowhere = runtime(f"sqlite:///{tmp_path}/absent/none.db", now, gateway, callback_secret=NEW, spool_dir=f"{tmp_path}/absent/spool")
    answer = texts(create_app(nowhere).test_client(), f"/kannel/{NEW}/sms")
    assert (answer.status_code, answer.data) == (503, b"")
