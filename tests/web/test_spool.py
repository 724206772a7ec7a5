"""While the database takes nothing, what gateways post waits on disk, and is in the tables once after it, in the order in which it came."""

import os
import resource
import time
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from content import texts
from core import incidents
from core.errors import Misconfigured
from messaging import dial_failures, spool, suppressions
from messaging.models import Hop, Inbound, Report, Unread
from messaging.spool import Post
from service import handing_in, keeper
from service.app import create_app
from tests.builders import farmer, phone, runtime, settle
from tests.web.test_callbacks import FORM, NEW, REPORT, SMS, USSD


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "spool"
    spool.prepare(made)
    return made


@pytest.fixture
def house(url, now, folder):
    return runtime(url, now, callback_secret=NEW, spool_dir=str(folder))


@pytest.fixture
def client(house):
    return create_app(house).test_client()


@contextmanager
def down(house):
    """No connection can be had, as when the server is gone."""

    def refuse(*_):
        raise OperationalError("connect", None, OSError("the server is gone"))

    event.listen(house.sessions.kw["bind"], "checkout", refuse)
    yield
    event.remove(house.sessions.kw["bind"], "checkout", refuse)


def text(client, id_, words="HELP", number=1):
    return client.post(f"/at/{NEW}/sms", data=SMS | {"id": id_, "text": words, "from": phone(number)}).status_code


def rows(house, model):
    with house.reading() as session:
        return list(session.scalars(select(model)))


def count(house, model):
    with house.reading() as session:
        return session.scalars(select(func.count()).select_from(model)).one()


def test_what_came_while_the_database_was_down_is_there_once_after_it(client, house, folder):
    with down(house):
        assert [text(client, f"in-{n}") for n in range(120)] == [200] * 120
        assert text(client, "in-7") == 200
        assert client.post(f"/at/{NEW}/delivery", data=REPORT).status_code == 200
        assert client.post(f"/at/{NEW}/ussd-events", data={"sessionId": "ATUid_1", "status": "Failed"}).status_code == 200
        assert client.post(f"/at/{NEW}/sms", data=b"\xff", content_type=FORM).status_code == 200
        assert client.post(f"/at/{NEW}/ussd", data=USSD).data.startswith(b"END ")
    assert (count(house, Inbound), count(house, Report)) == (0, 0)
    assert handing_in.hand_in(house) == 124
    assert sorted(row.gateway_id for row in rows(house, Inbound)) == sorted(f"in-{n}" for n in range(120))
    assert (count(house, Report), count(house, Unread)) == (1, 1)
    assert [path.name for path in folder.iterdir()] == [spool.LOCK]
    assert handing_in.hand_in(house) == 0


def test_the_files_are_for_us_alone(client, house, folder):
    with down(house):
        text(client, "in-1")
    (file,) = folder.glob("*.lines")
    assert (file.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_text_keeps_the_time_at_which_it_came(client, house, now):
    with down(house):
        text(client, "in-1")
    house.now.forward(minutes=12)
    handing_in.hand_in(house)
    assert [row.at for row in rows(house, Inbound)] == [now]


@pytest.mark.parametrize(("first", "then", "stopped"), [("STOP", "START", False), ("START", "STOP", True)])
def test_a_text_that_waited_does_not_undo_what_its_phone_said_later(client, house, now, first, then, stopped):
    with house.transaction() as session:
        farmer(session, now, 1)
        if first == "START":
            suppressions.stop(session, phone(1), "sms", now)
    with down(house):
        text(client, "in-1", first)
    house.now.forward(seconds=20)
    assert text(client, "in-2", then) == 200  # the database is back, the spool not yet handed in
    settle(house)
    handing_in.hand_in(house)
    settle(house)
    with house.reading() as session:
        assert bool(suppressions.stopped(session, [phone(1)])) == stopped


def test_an_opt_out_at_the_gateway_that_waited_does_not_undo_a_later_start(client, house, now):
    with house.transaction() as session:
        farmer(session, now, 1)
    with down(house):
        client.post(f"/at/{NEW}/opt-out", data={"senderId": "Ensigo", "phoneNumber": phone(1)})
    house.now.forward(seconds=20)
    text(client, "in-2", "START")
    settle(house)
    handing_in.hand_in(house)
    with house.reading() as session:
        assert suppressions.stopped(session, [phone(1)]) == set()


def test_lines_of_several_processes_are_handed_in_by_time(house, folder, now, monkeypatch):
    for number, process in enumerate((11, 12, 11, 13, 12)):
        monkeypatch.setattr(os, "getpid", lambda process=process: process)
        body = f"id=in-{number}&from=%2B256772000001&to=28455&text=x".encode()
        spool.keep(folder, Post("sms", house.gateway.name, FORM, body, now + timedelta(seconds=number)))
    spool.take(folder)
    assert [line.post.at for line in spool.lines(folder)] == [now + timedelta(seconds=number) for number in range(5)]


def test_half_a_line_spoils_none_of_its_neighbours_and_is_kept_for_a_person(client, house, folder):
    with down(house):
        text(client, "in-1")
        (file,) = folder.glob("*.lines")
        with file.open("ab") as torn:
            torn.write(b'\n0123456789abcdef {"kind":"sm')
        text(client, "in-2")
    handing_in.hand_in(house)
    assert sorted(row.gateway_id for row in rows(house, Inbound)) == ["in-1", "in-2"]
    assert [row.body for row in rows(house, Unread)] == [b'0123456789abcdef {"kind":"sm']


def test_while_the_database_is_still_down_nothing_is_deleted(client, house, folder):
    with down(house):
        text(client, "in-1")
        for _ in range(2):
            with pytest.raises(handing_in.DOWN):
                handing_in.hand_in(house)
            text(client, "in-2")
    handing_in.hand_in(house)
    assert sorted(row.gateway_id for row in rows(house, Inbound)) == ["in-1", "in-2"]


def test_what_is_committed_is_not_handed_in_again_after_a_crash(url, now, folder):
    steps = []

    def crash(step):
        steps.append(step)
        if len(steps) == 1:
            raise KeyboardInterrupt(step)

    house = runtime(url, now, callback_secret=NEW, spool_dir=str(folder), checkpoint=crash)
    client = create_app(house).test_client()
    sent = sorted(f"ATXid_{number}" for number in range(handing_in.CHUNK * 2))
    with down(house):
        for id_ in sent:
            client.post(f"/at/{NEW}/delivery", data=REPORT | {"id": id_})
    with pytest.raises(KeyboardInterrupt, match=r"spool\.committed"):
        handing_in.hand_in(house)
    assert count(house, Report) == handing_in.CHUNK
    handing_in.hand_in(house)
    assert sorted(row.gateway_id for row in rows(house, Report)) == sent


def test_only_one_process_hands_in(client, house, folder):
    with down(house):
        text(client, "in-1")
    with spool.alone(folder) as ours:
        assert ours
        assert handing_in.hand_in(house) == 0
    assert handing_in.hand_in(house) == 1


def test_a_line_for_a_gateway_that_is_no_more_is_kept_for_a_person(house, folder, now):
    spool.keep(folder, Post("sms", "gone", FORM, b"id=1", now))
    handing_in.hand_in(house)
    assert [(row.gateway, row.body) for row in rows(house, Unread)] == [("gone", b"id=1")]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_full_database_sends_texts_to_the_disk_and_a_full_disk_promises_nothing(client, house, folder):
    engine = house.sessions.kw["bind"]

    def full(connection, *_):
        connection.execute("PRAGMA max_page_count=1")  # SQLite makes it the size that the file has

    def roomy(connection, *_):
        connection.execute("PRAGMA max_page_count=1000000")

    event.listen(engine, "checkout", full)
    answers = {f"in-{number}": text(client, f"in-{number}", "x" * 1500) for number in range(40)}
    assert set(answers.values()) == {200}
    room = resource.getrlimit(resource.RLIMIT_FSIZE)
    (file,) = folder.glob("*.lines")
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 100, room[1]))
    try:
        answers |= {f"late-{number}": text(client, f"late-{number}") for number in range(3)}
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, room)
    assert [answers[f"late-{number}"] for number in range(3)] == [503] * 3
    event.remove(engine, "checkout", full)
    event.listen(engine, "checkout", roomy)
    handing_in.hand_in(house)
    assert {row.gateway_id for row in rows(house, Inbound)} == {id_ for id_, answer in answers.items() if answer == 200}


def test_where_the_folder_cannot_be_written_to_the_service_does_not_start(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Misconfigured, match="SPOOL_DIR"):
        spool.prepare(tmp_path / "file" / "spool")


def test_readyz_says_what_waits_and_since_when(client, house):
    with down(house):
        text(client, "in-1")
        house.now.forward(seconds=30)
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json["spool"]["oldest_seconds"]) == (503, 30)
    answer = client.get("/readyz").json
    assert "spool" in answer["degraded"]
    handing_in.hand_in(house)
    assert client.get("/readyz").json["spool"] == {"bytes": 0, "oldest_seconds": 0}


def test_what_waited_for_minutes_is_reported_and_closed_when_it_is_handed_in(client, house):
    with down(house):
        text(client, "in-1")
    house.now.forward(minutes=6)
    keeper.hand_in(house)
    (row,) = rows(house, incidents.Incident)
    assert (row.kind, row.open) == ("spool.waits", None)
    assert "360 seconds" in row.says


def test_a_portal_page_is_readable_without_a_database(client, house):
    with down(house):
        answer = client.get("/prices")
    assert answer.status_code == 503
    assert b"Back in a moment" in answer.data


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_with_every_connection_taken_a_text_waits_on_disk_and_a_farmer_reads_a_goodbye_in_time(client, house, folder):
    with ExitStack() as busy:
        for _ in range(10):
            busy.enter_context(house.reading()).execute(select(1))
        begun = time.monotonic()
        assert client.post(f"/at/{NEW}/ussd", data=USSD).data.startswith(b"END ")
        assert time.monotonic() - begun < 4
        assert text(client, "in-1") == 200
        assert b"Too many people at once" in client.get("/prices").data
    assert client.post(f"/at/{NEW}/ussd", data=USSD).data.startswith(b"CON ")
    handing_in.hand_in(house)
    assert [row.gateway_id for row in rows(house, Inbound)] == ["in-1"]


def test_the_goodbye_is_in_the_language_that_the_farmer_was_last_answered_in(client, house, now):
    with house.transaction() as session:
        farmer(session, now, 1, language="lg")
    assert client.post(f"/at/{NEW}/ussd", data=USSD).data.startswith(b"CON ")
    with down(house):
        assert client.post(f"/at/{NEW}/ussd", data=USSD).text == "END " + texts.say("ussd.sorry", "lg")
        assert client.post(f"/at/{NEW}/ussd", data=USSD | {"phoneNumber": phone(2)}).text == "END " + texts.say("ussd.sorry", "en")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # PostgreSQL is asked past these hooks
def test_a_dial_in_that_fails_by_a_fault_of_ours_is_counted(client, house):
    engine = house.sessions.kw["bind"]

    def fail(_connection, _cursor, statement, *_):
        if "ussd_sessions" in statement:
            raise ValueError("a fault of ours")

    event.listen(engine, "before_cursor_execute", fail)
    for number in range(5):
        assert client.post(f"/at/{NEW}/ussd", data=USSD | {"sessionId": f"ATUid_{number}"}).data.startswith(b"END ")
    event.remove(engine, "before_cursor_execute", fail)
    assert [(row.screen, row.ends) for row in rows(house, Hop)] == [(dial_failures.FAILED, True)] * 5
