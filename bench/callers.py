"""Phones that call: which keys they press, what each request looks like on the wire, how long its answer took."""

import random
import socket
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlencode

from bench import country

CODE, NETWORK = "*284*55#", "64110"
LINES = 2  # phones at a time: as many as there are workers
# Who joins: English, maize, agree, a district, go on; name, woman, 1 to 2 acres, 2-3 weeks ago, my own phone.
JOINING = ("1", "1", "1", "District 7", "1", "sarah", "1", "3", "2", "1")


@dataclass(frozen=True)
class Kind:
    """A way to use the service: the keys, a word that its last screen holds in any language, how many of twenty calls are such."""

    name: str
    keys: tuple[str, ...]
    reads: str
    of_twenty: int
    stranger: bool = False


KINDS = (
    Kind("prices", ("1", "1"), "1,0", 9),
    Kind("weather", ("2",), "District", 5),
    Kind("a cost noted", ("3", "1", "2", "50000"), "0,000", 3),
    Kind("weather elsewhere", ("2", "1", "District 77"), "District 77", 2),
    Kind("joining", JOINING, "-", 1, stranger=True),
)


@dataclass(frozen=True)
class Call:
    kind: Kind
    phone: str


@dataclass(frozen=True)
class Answered:
    kind: str
    body: str
    seconds: float
    reads: str  # what the body must hold


def calls(farmers: int, count: int, seed: int, strangers: int) -> list[Call]:
    """So many dial-ins of the mix, by farmers at random, the same for each side; those who join have numbers from `strangers` on."""
    chance = random.Random(seed)
    kinds = [kind for kind in KINDS for _ in range(kind.of_twenty)]
    made = []
    for number in range(count):
        kind = kinds[number % len(kinds)]
        phone = (
            f"+25678{strangers + number:07d}"
            if kind.stranger
            else country.farmer(chance.randrange(farmers), uuid.UUID(int=0), country.NOW)["phone"]
        )
        made.append(Call(kind, phone))
    chance.shuffle(made)
    return made


def ring(port: int, path: str, made: Sequence[Call]) -> list[Answered]:
    """Every call from its dialling to its last screen, a few phones at a time."""
    with ThreadPoolExecutor(LINES) as lines:
        return [one for answers in lines.map(lambda call: _one(port, path, call), made) for one in answers]


def check(answers: Sequence[Answered]) -> None:
    """What was read was what the caller came for. Raises AssertionError."""
    for one in answers:
        right = one.body[:4] in ("CON ", "END ") and one.reads in one.body and "Sorry" not in one.body
        assert right, one


def reachable(port: int, path: str) -> bool:
    try:
        return bool(_post(port, path, {}))
    except OSError:
        return False


def _one(port: int, path: str, call: Call) -> list[Answered]:
    session, answers = f"ATUid_{uuid.uuid4().hex}", []
    for pressed in range(len(call.kind.keys) + 1):
        form = {"sessionId": session, "phoneNumber": call.phone, "networkCode": NETWORK, "serviceCode": CODE}
        began = time.perf_counter()
        body = _post(port, path, {**form, "text": "*".join(call.kind.keys[:pressed])})
        last = pressed == len(call.kind.keys)
        answers.append(Answered(call.kind.name, body, time.perf_counter() - began, call.kind.reads if last else ""))
    return answers


def _post(port: int, path: str, form: dict[str, str]) -> str:
    """One request on a connection of its own, which is all that a sync worker gives. The body of the answer."""
    body = urlencode(form)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), 30) as line:
        line.sendall((head + body).encode())
        answer = b""
        while more := line.recv(65_536):
            answer += more
    return answer.partition(b"\r\n\r\n")[2].decode()
