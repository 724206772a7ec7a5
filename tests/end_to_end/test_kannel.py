"""Texts by Debian's real Kannel, started as docs/kannel.md says: out through our adapter, reports and texts back to our running service."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from signal import SIGCONT, SIGSTOP

import pytest
import requests
from flask import Flask, request
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from jobs.queue import InlineQueue
from jobs.runtime import Runtime
from messaging.classes import MessageClass
from messaging.gateway import Advice, Fate, Handed
from messaging.gateways.kannel import Kannel
from messaging.models import Inbound, Message, Outcome, Report
from service.app import create_app
from service.bootstrap import build
from tests.builders import Clock, settings, settle, text
from tests.processes import wait_until
from tests.real_kannel import PASSWORD, SECRET, RealKannel, free_port, listening, required

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("kannel")]
BODY = "Maize 1,200 a kg @ Mubende {new}"  # of GSM 7, with letters that lie elsewhere in ASCII


@pytest.fixture(scope="session")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealKannel]:
    required()
    kannel = RealKannel(tmp_path_factory.mktemp("kannel"), free_port())
    yield kannel
    kannel.kill("smsbox", "fakesmsc", "bearerbox")


@pytest.fixture
def kannel(boxes: RealKannel) -> RealKannel:
    """All of it running, with the operator on the line, whatever the test before did."""
    if any(name not in boxes.running or boxes.ended(name) for name in ("bearerbox", "smsbox")):
        boxes.kill("smsbox", "bearerbox")
        boxes.start()
    boxes.operator_on()
    return boxes


def adapter(kannel: RealKannel, deadline: float = 12.0, password: str = PASSWORD) -> Kannel:
    return Kannel(kannel.url, "ensigo", password, f"http://127.0.0.1:{kannel.app_port}/kannel/{SECRET}/delivery", deadline)


def house_of(kannel: RealKannel, url: str, now: datetime, gateway: Kannel | None = None) -> Runtime:
    """A service with GATEWAY=kannel, which makes its adapter of its settings unless it is given one."""
    account = {"kannel_url": kannel.url, "kannel_username": "ensigo", "kannel_password": PASSWORD, "callback_secret": SECRET}
    ours = {
        "gateway": "kannel",
        "public_url": f"http://127.0.0.1:{kannel.app_port}",
        "secret_key": "s" * 32,
        "inbound": "shortcode",
        "spool_dir": str(kannel.folder / "spool"),
    }
    return build(settings(url, **account, **ours), gateways={"kannel": gateway} if gateway else None, queue=InlineQueue(), now=Clock(now))


@contextmanager
def served(app: Flask, port: int) -> Iterator[None]:
    """An application over real HTTP at the address that Kannel knows."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: a failing test is easier to read."""


@pytest.fixture
def house(kannel: RealKannel, url: str, now: datetime) -> Iterator[Runtime]:
    built = house_of(kannel, url, now)
    with served(create_app(built), kannel.app_port):
        yield built
    built.sessions.kw["bind"].dispose()


def sends(house: Runtime, phone: str, body: str = BODY) -> Message:
    """One text out of the outbox, and what became of it at the gateway."""
    with house.transaction() as session:
        text(session, house, phone, body, MessageClass.REPLY)
    settle(house)
    with house.reading() as session:
        return session.scalars(select(Message).where(Message.phone == phone)).one()


def states(house: Runtime, message: Message) -> set[str]:
    with house.reading() as session:
        return set(session.scalars(select(Report.state).where(Report.gateway_id == message.gateway_id)))


def outcome(house: Runtime, message: Message) -> str | None:
    settle(house)
    with house.reading() as session:
        return session.scalars(
            select(Outcome.state).where(Outcome.batch_id == message.batch_id, Outcome.phone == message.phone)
        ).one_or_none()


def texts_from(house: Runtime, phone: str) -> list[Inbound]:
    with house.reading() as session:
        return list(session.scalars(select(Inbound).where(Inbound.phone == phone)))


def test_a_text_goes_out_and_its_reports_come_back_by_our_id(kannel: RealKannel, house: Runtime, tmp_path: Path) -> None:
    phone = fresh(tmp_path)
    message = sends(house, phone)
    assert (message.fate, message.code) == (Fate.SENT, "0")
    wait_until(lambda: kannel.received(phone) == [BODY], 20, "the text at the operator")
    wait_until(lambda: states(house, message) == {"on_the_way", "delivered"}, 20, "both reports")
    assert outcome(house, message) == "delivered"


def test_a_text_from_a_phone_is_kept_once_answered_and_nothing_else_is_sent_back(
    kannel: RealKannel, house: Runtime, tmp_path: Path
) -> None:
    phone = fresh(tmp_path)
    kannel.operator_on(f"0{phone[4:]} 8228 text HELP  me & you+1 {{é}}")
    wait_until(lambda: texts_from(house, phone), 20, "the text from the phone")
    (heard,) = texts_from(house, phone)
    assert (heard.text, heard.to, heard.sender, heard.network) == ("HELP  me & you+1 {é}", "8228", phone, "operator")
    assert heard.sent_at is not None
    settle(house)
    wait_until(lambda: kannel.received(phone), 20, "the answer")
    with house.reading() as session:
        ours = session.scalars(select(Message).where(Message.phone == phone, Message.fate == Fate.SENT)).all()
    assert len(kannel.received(phone)) == len(ours)


def test_a_text_in_other_letters_comes_and_goes_as_it_was_written(kannel: RealKannel, house: Runtime, tmp_path: Path) -> None:
    phone = fresh(tmp_path)
    kannel.operator_on(f"{phone} 8228 ucs2 %01%4b%00a%00n%00o")
    wait_until(lambda: texts_from(house, phone), 20, "the text from the phone")
    assert texts_from(house, phone)[0].text == "ŋano"
    other = fresh(tmp_path, 2)  # our outbox writes such letters out: only the adapter is asked here
    assert adapter(kannel).send("ŋano", [other], reference="letters")[0].fate is Fate.SENT
    wait_until(lambda: kannel.received(other) == ["%01K%00a%00n%00o"], 20, "the same letters at the operator")


def test_many_phones_each_get_the_text_once(kannel: RealKannel, tmp_path: Path) -> None:
    phones = [f"{fresh(tmp_path)[:-3]}{number:03d}" for number in range(100)]
    told = adapter(kannel).send(BODY, phones, reference="many")
    assert [(each.phone, each.fate) for each in told] == [(phone, Fate.SENT) for phone in phones]
    wait_until(lambda: all(kannel.received(phone) for phone in phones), 30, "a hundred texts at the operator")
    assert {len(kannel.received(phone)) for phone in phones} == {1}


def test_what_the_service_could_not_take_comes_again_and_is_kept_once(kannel: RealKannel, url: str, now: datetime, tmp_path: Path) -> None:
    phone, house, asked = fresh(tmp_path), house_of(kannel, url, now), list[str]()
    away = Flask("away")

    @away.before_request
    def refuse() -> tuple[str, int]:
        asked.append(request.headers.get("X-Kannel-From", ""))
        return "", 503

    with served(away, kannel.app_port):
        kannel.operator_on(f"{phone} 8228 text PRICE maize")
        wait_until(lambda: asked.count(phone) > 1, 30, "a second try")
    with served(create_app(house), kannel.app_port):
        wait_until(lambda: texts_from(house, phone), 30, "the text from the phone")
        assert len(texts_from(house, phone)) == 1
    house.sessions.kw["bind"].dispose()


def test_a_wrong_password_is_not_sent_and_asks_for_a_person(kannel: RealKannel, tmp_path: Path) -> None:
    told = adapter(kannel, password="wrong").send(BODY, [fresh(tmp_path), fresh(tmp_path, 2)], reference="wrong")
    assert {(each.fate, each.advice) for each in told} == {(Fate.NOT_SENT, Advice.PAUSE)}


def test_another_address_is_not_sent_and_asks_for_a_person(kannel: RealKannel, tmp_path: Path) -> None:
    lost = Kannel(kannel.url + "x", "ensigo", PASSWORD, "http://127.0.0.1:1/", 12.0)
    (told,) = lost.send(BODY, [fresh(tmp_path)], reference="lost")
    assert (told.fate, told.advice, told.code) == (Fate.NOT_SENT, Advice.PAUSE, "http_404")


def test_a_form_is_not_what_kannel_takes_by_post(kannel: RealKannel) -> None:
    """Why the words travel as the body and the rest as headers."""
    form = {"username": "ensigo", "password": PASSWORD, "to": "+256772000001", "text": "Hello"}
    assert requests.post(kannel.url, data=form, timeout=5).text == "Invalid content-type"


def test_a_text_whose_answer_never_came_is_unconfirmed_and_found_by_its_report(
    kannel: RealKannel, url: str, now: datetime, tmp_path: Path
) -> None:
    phone, house = fresh(tmp_path), house_of(kannel, url, now, adapter(kannel, deadline=1.0))
    with served(create_app(house), kannel.app_port):
        kannel.signal("bearerbox", SIGSTOP)
        try:
            message = sends(house, phone)
        finally:
            kannel.signal("bearerbox", SIGCONT)
        assert message.fate == Fate.UNCONFIRMED
        wait_until(lambda: "delivered" in states(house, message), 30, "the report")
        assert outcome(house, message) == "delivered"
        assert kannel.received(phone) == [BODY]
    house.sessions.kw["bind"].dispose()


def test_without_its_boxes_nothing_is_sent_and_with_them_it_goes_on(kannel: RealKannel, tmp_path: Path) -> None:
    gateway, phone = adapter(kannel), fresh(tmp_path)
    kannel.kill("bearerbox")
    wait_until(lambda: not listening(kannel.sendsms), 20, "smsbox to close its door when its bearerbox is gone")
    assert gateway.send(BODY, [phone], reference="gone") == [not_sent(phone)]
    kannel.kill("smsbox")
    kannel.start()
    kannel.operator_on()
    assert gateway.send(BODY, [phone], reference="back")[0].fate is Fate.SENT
    wait_until(lambda: kannel.received(phone) == [BODY], 20, "the second text, and only it")


def test_what_waited_for_the_operator_outlives_a_killed_kannel_and_is_reported(kannel: RealKannel, house: Runtime, tmp_path: Path) -> None:
    phone = fresh(tmp_path)
    kannel.stop("fakesmsc")
    wait_until(lambda: "(online" not in kannel.status(), 20, "the operator to be gone")
    message = sends(house, phone)
    assert (message.fate, message.code) == (Fate.SENT, "3")
    kannel.kill("bearerbox", "smsbox")
    kannel.start()
    kannel.operator_on()
    wait_until(lambda: "delivered" in states(house, message), 30, "the report")
    assert outcome(house, message) == "delivered"
    assert kannel.received(phone) == [BODY]


def test_kannels_own_log_holds_no_words_and_of_phones_only_those_whose_report_we_did_not_take(
    kannel: RealKannel, house: Runtime, tmp_path: Path
) -> None:
    phone = fresh(tmp_path)
    message = sends(house, phone, "Private words")
    kannel.operator_on(f"{phone} 8228 text Private answer")
    wait_until(lambda: texts_from(house, phone) and "delivered" in states(house, message), 20, "a text and a report")
    assert "Private" not in kannel.logs()
    assert phone[1:] not in kannel.logs()


def test_words_that_we_did_not_take_are_in_no_log_of_kannels(kannel: RealKannel, tmp_path: Path) -> None:
    phone, before = fresh(tmp_path), kannel.logs().count("Couldn't fetch")
    kannel.operator_on(f"{phone} 8228 text Private answer")
    wait_until(lambda: kannel.logs().count("Couldn't fetch") > before, 20, "a try that failed")
    assert "Private" not in kannel.logs()
    assert phone[1:] not in kannel.logs()


def fresh(folder: Path, last: int = 1) -> str:
    """A phone of this test's own, so that what others left in Kannel is never taken for its texts."""
    return f"+25677{abs(hash(str(folder))) % 1_000_000:06d}{last}"


def not_sent(phone: str) -> Handed:
    return Handed(phone, Fate.NOT_SENT, code="ConnectionError", advice=Advice.LATER)
