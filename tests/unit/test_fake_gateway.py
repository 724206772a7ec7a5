"""The fake gateway itself: its ledger can be trusted, its reports repeat with their seed, and it runs as a program."""

import http.client
import http.server
import json
import queue
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest

from tests.fake_gateway import FakeGateway
from tests.fake_gateway_modes import CALL_SUFFIXES, MODES, PHONE_SUFFIXES
from tests.fake_gateway_reports import ENDINGS, Habits, reports

A, B = "+256772111222", "+256701111333"
JSON = {"Accept": "application/json", "apiKey": "k"}
Inbox = tuple[str, "queue.Queue[dict[str, str]]"]


def ask(port: int, method: str, path: str, fields: dict[str, str] | None = None, headers: dict[str, str] = JSON) -> tuple[int, bytes]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    line.request(method, path, urlencode(fields or {}), headers)
    answer = line.getresponse()
    read = answer.status, answer.read()
    line.close()
    return read


def send(fake: FakeGateway, *phones: str, body: str = "Hello", headers: dict[str, str] = JSON) -> tuple[int, bytes]:
    return ask(fake.port, "POST", "/version1/messaging", {"username": "sandbox", "to": ",".join(phones), "message": body}, headers)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """An address that takes forms, and the forms as they come."""
    forms: queue.Queue[dict[str, str]] = queue.Queue()

    class Taker(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            forms.put({name: values[0] for name, values in parse_qs(body).items()})
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/delivery", forms
    server.shutdown()
    server.server_close()


def test_what_is_taken_and_what_is_answered_are_two_books() -> None:
    with FakeGateway() as fake:
        send(fake, A, B)
        fake.mode("accept_then_drop")
        with pytest.raises(http.client.RemoteDisconnected):
            send(fake, A)
        assert [(each.call, each.phone, each.cost) for each in fake.accepted()] == [
            (1, A, "UGX 25.0000"),
            (1, B, "UGX 25.0000"),
            (2, A, "UGX 25.0000"),
        ]
        assert [(each.mode, each.status, each.phones) for each in fake.calls()] == [("ok", 201, 2), ("accept_then_drop", None, 1)]


def test_a_text_taken_twice_is_found_and_another_body_is_another_text() -> None:
    with FakeGateway() as fake:
        send(fake, A, B)
        send(fake, A, body="Another")
        assert fake.twice() == []
        send(fake, B)
        assert [(phone, times) for _, phone, times in fake.twice()] == [(B, 2)]


def test_a_mood_with_a_count_ends_after_it() -> None:
    with FakeGateway() as fake:
        fake.mode("500", count=2)
        assert [send(fake, A)[0] for _ in range(3)] == [500, 500, 201]


def test_a_mood_can_be_set_over_http() -> None:
    with FakeGateway() as fake:
        line = http.client.HTTPConnection("127.0.0.1", fake.port, timeout=5)
        line.request("POST", "/control", json.dumps({"mode": "500", "count": 1, "latency": 0.01, "reports": {"lose": 1.0}}))
        told = json.loads(line.getresponse().read())
        assert (told["mode"], told["accepted"]) == ("500", 0)
        assert fake.habits.lose == 1.0
        assert [send(fake, A)[0] for _ in range(2)] == [500, 201]
        for nonsense in ('{"mode": "no such"}', '{"colour": 1}', "[]", "{"):
            line.request("POST", "/control", nonsense)
            answer = line.getresponse()
            answer.read()
            assert answer.status == 400
        assert json.loads(ask(fake.port, "GET", "/control")[1])["accepted"] == 1


def test_every_mood_can_be_brought_about_by_a_phone() -> None:
    assert sorted(CALL_SUFFIXES.values()) == sorted(MODES)
    assert not CALL_SUFFIXES.keys() & PHONE_SUFFIXES.keys()
    assert not ENDINGS.keys() & (PHONE_SUFFIXES.keys() | CALL_SUFFIXES.keys())


def test_the_digits_of_a_phone_mean_nothing_when_switched_off() -> None:
    with FakeGateway(suffixes=False) as fake:
        assert send(fake, "+256772110009")[0] == 201
        assert len(fake.accepted()) == 1
    with FakeGateway() as fake:
        assert send(fake, "+256772110009")[0] == 500


def test_without_a_key_or_with_another_nothing_is_taken() -> None:
    with FakeGateway(key="k") as fake:
        assert send(fake, A, headers={"Accept": "application/json"}) == (401, b"The supplied authentication is invalid")
        assert send(fake, A, headers=JSON | {"apiKey": "other"})[0] == 401
        assert fake.accepted() == []
        assert [each.keyed for each in fake.calls()] == [0, 1]


def test_who_does_not_ask_for_json_gets_xml() -> None:
    with FakeGateway() as fake:
        assert b"<Recipient><cost>UGX 25.0000</cost>" in send(fake, A, headers={"apiKey": "k"})[1]
        assert b"<balance>UGX" in ask(fake.port, "GET", "/version1/user?username=sandbox", headers={"apiKey": "k"})[1]
        assert b'{"UserData"' in ask(fake.port, "GET", "/version1/user?username=sandbox")[1]


def test_a_request_without_a_field_is_refused_and_a_nonsense_number_alone() -> None:
    with FakeGateway() as fake:
        assert ask(fake.port, "POST", "/version1/messaging", {"username": "u", "to": A}) == (
            400,
            b"Request is missing required form field 'message'",
        )
        rows = json.loads(send(fake, A, "0772")[1])["SMSMessageData"]["Recipients"]
        assert [(row["statusCode"], row["messageId"] == "None") for row in rows] == [(102, False), (403, True)]


def test_reports_arrive_after_the_answer_in_order(inbox: Inbox) -> None:
    url, forms = inbox
    with FakeGateway(callback=url) as fake:
        send(fake, A)
        came = [forms.get(timeout=5) for _ in range(2)]
        assert [form["status"] for form in came] == ["Sent", "Success"]
        assert {form["id"] for form in came} == {fake.accepted()[0].gateway_id}


def test_early_reports_arrive_before_the_answer(inbox: Inbox) -> None:
    url, forms = inbox
    with FakeGateway(callback=url, habits=Habits(early=True)) as fake:
        fake.mode("accept_then_drop")
        with pytest.raises(http.client.RemoteDisconnected):
            send(fake, A)
        assert forms.qsize() == 2


def test_a_late_report_waits_for_its_moment(inbox: Inbox) -> None:
    url, forms = inbox
    with FakeGateway(callback=url, habits=Habits(delay=3600)) as fake:
        send(fake, A)
        assert fake.postman is not None
        assert (fake.postman.waiting(), forms.empty()) == (2, True)


def test_reports_repeat_with_their_seed() -> None:
    def told(**habits: float) -> list[list[str]]:
        return [
            [form["status"] for form in reports("id", f"+2567721{number:05d}", "hash", Habits(**habits), suffixes=False)]  # type: ignore[arg-type]
            for number in range(200)
        ]

    mixed = {"double": 0.3, "reverse": 0.3, "lose": 0.2}
    assert told(**mixed) == told(**mixed)
    assert told(**mixed) != told(**mixed, seed=2)
    assert told(lose=1.0) == [[]] * 200
    assert told(double=1.0) == [["Sent", "Sent", "Success", "Success"]] * 200
    assert told(reverse=1.0) == [["Success", "Sent"]] * 200


def test_a_phone_that_is_off_is_reported_so() -> None:
    last = reports("id", "+256772110701", "hash", Habits(), suffixes=True)[-1]
    assert (last["status"], "failureReason" in last) == ("AbsentSubscriber", False)
    assert reports("id", "+256772110702", "hash", Habits(), suffixes=True)[-1]["failureReason"] == "UserDoesNotExist"


def test_it_runs_as_a_program_and_its_ledger_outlives_it(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.sqlite"
    numbers = []
    for _ in range(2):
        command = [sys.executable, "-m", "tests.fake_gateway", "--port", "0", "--ledger", str(ledger), "--no-suffixes"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
            assert program.stdout is not None
            port = int(program.stdout.readline())
            assert ask(port, "POST", "/version1/messaging", {"username": "u", "to": "+256772110009", "message": "Hello"})[0] == 201
            program.send_signal(signal.SIGTERM)
            assert program.wait(10) == 0
        numbers.append(sqlite3.connect(ledger).execute("SELECT count(*), count(DISTINCT gateway_id), max(call) FROM accepted").fetchone())
    assert numbers == [(1, 1, 1), (2, 2, 2)]
