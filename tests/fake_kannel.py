"""Kannel's smsbox over real HTTP, with its answers and with faults on demand. It never talks to anyone but us.

`with FakeKannel() as fake:` serves sendsms at `fake.url`; `fake.mode = "hang"` changes every answer, `fake.moods[phone] = "not_routable"`
that of one phone. `fake.taken` are the phones whose text a real one would have sent, whatever it answered.
"""

import contextlib
import socket
import socketserver
import struct
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType

PATH = "/cgi-bin/sendsms"
# Plain answers: whether the text was taken, the status, the words.
ANSWERS = {
    "accepted": (True, 202, "0: Accepted for delivery"),
    "queued": (True, 202, "3: Queued for later delivery"),
    "at_once": (True, 202, "Sent. Message splits: 2"),
    "not_routable": (False, 403, "Not routable. Do not try again."),
    "unauthorised": (False, 403, "Authorization failed for sendsms"),
    "forbidden": (False, 403, "<html>Forbidden by a proxy</html>"),
    "unknown_address": (False, 404, "Unknown request."),
    "black_listed": (False, 400, "Number(s) has/have been denied by white- and/or black-lists."),
    "no_sender": (False, 400, "Sender missing and no global set, rejected"),
    "misformed": (False, 400, "Charset or body misformed, rejected"),
    "temporal": (False, 503, "Temporal failure, try again later."),
    "throttled": (False, 429, "Too many"),
    "proxy_503": (True, 503, "<html>Service unavailable</html>"),
    "500": (True, 500, "Sending failed."),
    "502": (True, 502, "Bad gateway"),
    "redirect": (True, 302, ""),
    "portal": (False, 200, "<html>Please sign in to this network</html>"),
    "empty": (True, 202, ""),
    "strange": (True, 202, "7: Something new"),
    "other_2xx": (True, 200, "0: Accepted for delivery"),
}
# Faults of the line: whether the text was taken before it.
FAULTS = {
    "hang": True,
    "drop": True,
    "reset": True,
    "drop_unread": False,
    "half_headers": True,
    "truncated": True,
    "drip_headers": True,
    "drip_body": True,
    "no_http": True,
}
MODES = (*ANSWERS, *FAULTS)


@dataclass(frozen=True, slots=True)
class Asked:
    """One call as it came."""

    path: str
    phone: str
    body: str
    headers: dict[str, str] = field(repr=False)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    fake: "FakeKannel"


class _Connection(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self.server.fake.open.add(self.connection)
        with contextlib.suppress(OSError):
            while line := self.rfile.readline(65536):
                if not self._answer(line.decode("latin-1").split()[1]):
                    return

    def _answer(self, path: str) -> bool:
        """False at the end of the connection."""
        headers = {}
        while (line := self.rfile.readline(65536)) not in {b"\r\n", b""}:
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", 0))).decode()
        fake, phone = self.server.fake, headers.get("x-kannel-to", "")
        mode = fake.moods.get(phone, fake.mode)
        with fake.noting:
            fake.asked.append(Asked(path, phone, body, headers))
            if ANSWERS[mode][0] if mode in ANSWERS else FAULTS[mode]:
                fake.taken.append(phone)
        if mode in ANSWERS:
            self.connection.sendall(self._whole(*ANSWERS[mode][1:]))
            return True
        getattr(self, f"_{mode}")()
        return False

    def _whole(self, status: int, words: str) -> bytes:
        more = "".join(f"{name}: {value}\r\n" for name, value in self.server.fake.headers.items())
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: text/html\r\nContent-Length: {len(words)}\r\n{more}\r\n"
        return (head + words).encode()

    def _hang(self) -> None:
        self.connection.settimeout(30)
        self.connection.recv(1)

    def _drop(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)

    _drop_unread = _drop

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _half_headers(self) -> None:
        self.connection.sendall(self._whole(*ANSWERS["accepted"][1:])[:30])

    def _truncated(self) -> None:
        self.connection.sendall(self._whole(*ANSWERS["accepted"][1:])[:-8])

    def _drip_headers(self) -> None:
        self._drip(b"HTTP/1.1 202 Accepted\r\nX-Slow: " + b"a" * 1000)

    def _drip_body(self) -> None:
        head, _, words = self._whole(202, "0: Accepted for delivery" + " " * 1000).partition(b"\r\n\r\n")
        self.connection.sendall(head + b"\r\n\r\n")
        self._drip(words)

    def _drip(self, piece: bytes) -> None:
        for byte in piece:
            self.connection.sendall(bytes([byte]))
            if self.server.fake.ended.wait(0.05):
                return

    def _no_http(self) -> None:
        self.connection.sendall(b"220 mail.example.org ESMTP\r\n")


class FakeKannel:
    def __init__(self) -> None:
        self.mode, self.moods = "accepted", dict[str, str]()
        self.headers = dict[str, str]()  # of every answer, beside the usual
        self.asked, self.taken = list[Asked](), list[str]()
        self.open, self.noting, self.ended = set[socket.socket](), threading.Lock(), threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Connection)
        self._server.fake = self
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.url = self.base + PATH

    def __enter__(self) -> "FakeKannel":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
