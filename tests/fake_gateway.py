"""Africa's Talking over real HTTP, with its moods and faults: a program, and a class for tests. It never talks to anyone but us.

    python -m tests.fake_gateway --port 0 --ledger FILE.sqlite [--callback URL] [--no-suffixes]

prints its port as the first line. POST /control {"mode": "accept_then_hang", "count": 3, "latency": 0.2} changes it while it runs
(`count` calls, then "ok" again; any field of Mood and, as "reports", any of Habits); GET /control tells the counts of the ledger.
The moods, and the last four digits of a phone that bring them about, are the tables of fake_gateway_modes. Benchmarks with numbers in
sequence switch these digits off with --no-suffixes, or suffixes=False.
"""

import argparse
import contextlib
import hashlib
import json
import re
import signal
import socket
import socketserver
import tempfile
import threading
import time
import uuid
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from messaging import gsm
from tests.fake_gateway_ledger import Accepted, Call, Ledger
from tests.fake_gateway_modes import CALL_SUFFIXES, JSON, MODES, PHONE_SUFFIXES, TEXT, XML, HungUp, as_json, as_xml
from tests.fake_gateway_reports import Habits, Postman, reports

PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
PRICE, CURRENCY = 25, "UGX"  # of one part to one phone


@dataclass(frozen=True, slots=True)
class Mood:
    """`count`: calls until it is "ok" again, None for ever. Seconds: `latency` before an answer, `hold` of a hang, `drip` between bytes."""

    mode: str = "ok"
    count: int | None = None
    latency: float = 0.0
    hold: float = 30.0
    drip: float = 0.1
    retry_after: int | str = 7
    redirect_to: str = "/elsewhere"
    suffixes: bool = True
    balance: str = "UGX 999589.6168"
    balance_key: str = "UserData"


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, port: int, fake: "FakeGateway") -> None:
        self.fake = fake
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Line)


class _Line(socketserver.StreamRequestHandler):
    """One connection and the calls that come over it. HTTP is read by hand: it is faster, and faults need the bare socket."""

    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        self.server.open.add(self.connection)
        self.server.fake.connections += 1
        with contextlib.suppress(HungUp, OSError):
            while request := self.rfile.readline(65536):
                self._answer(*request.decode("latin-1").split()[:2])
        self.server.open.discard(self.connection)

    def _answer(self, method: str, target: str) -> None:
        self.call, self.headers = 0, {}
        while (line := self.rfile.readline(65536)) not in {b"\r\n", b""}:
            name, _, value = line.decode("latin-1").partition(":")
            self.headers[name.strip().lower()] = value.strip()
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        path, fake = urlsplit(target).path, self.server.fake
        if path == "/control":
            return self.reply(*fake.control(method, body))
        self.call, self.mood = next(fake.numbers), fake.mood
        form = {name: values[-1] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
        text_hash = hashlib.sha256(form.get("message", "").encode()).hexdigest()[:32]
        phones = form.get("to", "").split(",") if form.get("to") else []
        mode = fake.next_mode(phones) if (method, path) == ("POST", "/version1/messaging") else "ok"
        fake.ledger.put("calls", (self.call, path, mode, "apikey" in self.headers, len(phones), text_hash, time.time()))
        if self.mood.latency:
            fake.ended.wait(self.mood.latency)
        if "apikey" not in self.headers or fake.key not in {None, self.headers["apikey"]}:
            self.reply(401, TEXT, b"The supplied authentication is invalid")
        elif (method, path) == ("POST", "/version1/messaging"):
            self._take(mode, form, phones, text_hash)
        elif (method, path) == ("GET", "/version1/user"):
            self.reply(200, *self._account())
        elif (method, path) == ("GET", "/version1/messaging"):
            self.reply(200, JSON, b'{"SMSMessageData":{"Messages":[]}}')
        else:
            self.reply(404, TEXT, b"Not found")
        return None

    def _take(self, mode: str, form: dict[str, str], phones: list[str], text_hash: str) -> None:
        absent = next((field for field in ("username", "to", "message") if not form.get(field)), None)
        if absent:
            return self.reply(400, TEXT, f"Request is missing required form field '{absent}'".encode())
        takes, answer = MODES[mode]
        fake, cost = self.server.fake, f"{CURRENCY} {PRICE * gsm.parts(form['message'])}.0000"
        rows = [self._row(phone, mode, cost) for phone in phones]
        accepted = [(row["messageId"], row["number"]) for row in rows if takes and row["messageId"] != "None"]
        now = time.time()
        fake.ledger.put("accepted", *((self.call, text_hash, phone, gateway_id, cost, now) for gateway_id, phone in accepted))
        posts = [
            form
            for gateway_id, phone in accepted
            if fake.postman
            for form in reports(gateway_id, phone, text_hash, fake.habits, suffixes=self.mood.suffixes)
        ]
        if fake.postman and fake.habits.early:
            fake.postman.post_now(posts)
        try:
            return answer(self, rows)
        finally:
            if fake.postman and not fake.habits.early:
                fake.postman.post_later(posts, fake.habits.delay)

    def _row(self, phone: str, mode: str, cost: str) -> dict[str, Any]:
        code, status = PHONE_SUFFIXES.get(phone[-4:], (102, "Success")) if self.mood.suffixes else (102, "Success")
        if mode == "empty_balance":
            code, status = 405, "InsufficientBalance"
        if not PHONE.fullmatch(phone):
            code, status = 403, "InvalidPhoneNumber"
        good = code == 102
        gateway_id = self.server.fake.new_id() if good else "None"
        return {"cost": cost if good else "0", "messageId": gateway_id, "number": phone, "status": status, "statusCode": code}

    def _account(self) -> tuple[str, bytes]:
        if JSON in self.headers.get("accept", ""):
            return JSON, json.dumps({self.mood.balance_key: {"balance": self.mood.balance}}).encode()
        told = f"<UserData><balance>{self.mood.balance}</balance></UserData>"
        return XML, f"<AfricasTalkingResponse>{told}</AfricasTalkingResponse>".encode()

    def envelope(self, rows: list[dict[str, Any]], message: str = "") -> tuple[str, bytes]:
        good = sum(row["messageId"] != "None" for row in rows)
        message = message or f"Sent to {good}/{len(rows)} Total Cost: {CURRENCY} {good * PRICE}.0000 Message parts: 1"
        return (JSON, as_json(rows, message)) if JSON in self.headers.get("accept", "") else (XML, as_xml(rows, message))

    def reply(self, status: int, kind: str, body: bytes, **headers: str) -> None:
        self.connection.sendall(self.whole(status, kind, body, **headers))
        if self.call:
            self.server.fake.ledger.put("responded", (self.call, status, time.time()))

    def whole(self, status: int, kind: str, body: bytes, **headers: str) -> bytes:
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        return head.encode() + body

    def hang(self) -> None:
        """Until the caller hangs up, or for as long as the mood holds."""
        self.connection.settimeout(self.mood.hold)
        with contextlib.suppress(OSError):
            self.connection.recv(1)

    def drip(self, piece: bytes) -> None:
        for byte in piece:
            self.connection.sendall(bytes([byte]))
            self.server.fake.ended.wait(self.mood.drip)

    def setting(self, name: str) -> Any:
        return getattr(self.mood, name)


class FakeGateway:
    """`with FakeGateway() as fake:` gives a gateway at `fake.url`. `key`: the only one that it takes; None: any that is sent."""

    def __init__(
        self,
        ledger: Path | str | None = None,
        callback: str | None = None,
        key: str | None = None,
        port: int = 0,
        suffixes: bool = True,
        habits: Habits = Habits(),  # noqa: B008 (it is frozen)
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="fake-gateway-")
        self.ledger = Ledger(ledger or Path(self._folder.name) / "ledger.sqlite")
        self.numbers, self._ids, self._origin = count(self.ledger.last_call + 1), count(1), uuid.uuid4().hex[:16]
        self.key, self.habits, self.mood = key, habits, Mood(suffixes=suffixes)
        self.postman = Postman(callback) if callback else None
        self.connections = 0
        self.ended = threading.Event()
        self._choosing = threading.Lock()
        self._server = _Server(port, self)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "FakeGateway":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._server.open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        if self.postman:
            self.postman.end()
        self.ledger.close()
        self._folder.cleanup()

    def mode(self, mode: str = "ok", count: int | None = None, **settings: Any) -> None:
        """How the next calls go; the settings are the fields of Mood. What is not named stays. Raises ValueError for an unknown mode."""
        if mode not in MODES:
            raise ValueError(f"no such mode: {mode}")
        with self._choosing:
            self.mood = replace(self.mood, mode=mode, count=count, **settings)

    def accepted(self) -> list[Accepted]:
        return self.ledger.accepted()

    def calls(self) -> list[Call]:
        """Every request of any kind but /control, answered or not."""
        return self.ledger.calls()

    def twice(self) -> list[tuple[str, str, int]]:
        return self.ledger.twice()

    def next_mode(self, phones: list[str]) -> str:
        with self._choosing:
            mood = self.mood
            if mood.suffixes:
                chosen = next((CALL_SUFFIXES[phone[-4:]] for phone in phones if phone[-4:] in CALL_SUFFIXES), None)
                if chosen:
                    return chosen
            if mood.count is not None:
                left = mood.count - 1
                self.mood = replace(mood, count=left) if left > 0 else replace(mood, mode="ok", count=None)
            return mood.mode

    def new_id(self) -> str:
        return f"ATXid_{self._origin}{next(self._ids):016x}"

    def control(self, method: str, body: bytes) -> tuple[int, str, bytes]:
        try:
            wanted = json.loads(body) if method == "POST" else {}
            self.habits = replace(self.habits, **wanted.pop("reports", {}))
            if wanted:
                self.mode(wanted.pop("mode", self.mood.mode), **wanted)
        except (ValueError, TypeError, AttributeError) as wrong:
            return 400, TEXT, str(wrong).encode()
        return 200, JSON, json.dumps({"mode": self.mood.mode, **self.ledger.counts()}).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ledger")
    parser.add_argument("--callback", help="where delivery reports are posted")
    parser.add_argument("--key", help="the only API key that is taken")
    parser.add_argument("--mode", default="ok", choices=MODES)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--no-suffixes", action="store_true", help="the last digits of a phone mean nothing")
    for share in ("delay", "double", "reverse", "lose"):
        parser.add_argument(f"--{share}", type=float, default=0.0, help="of delivery reports")
    parser.add_argument("--early", action="store_true", help="delivery reports before the answer")
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    habits = Habits(told.delay, told.double, told.reverse, told.lose, told.early, told.seed)
    over = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: over.set())
    with FakeGateway(told.ledger, told.callback, told.key, told.port, not told.no_suffixes, habits) as fake:
        fake.mode(told.mode, latency=told.latency)
        print(fake.port, flush=True)  # noqa: T201
        over.wait()


if __name__ == "__main__":
    main()
