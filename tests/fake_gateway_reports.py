"""The fake gateway's delivery reports: late, twice, in the wrong order, before the answer, or never, as a seed decides."""

import heapq
import http.client
import random
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlencode, urlsplit

NETWORK = "64110"

# What is reported for phones that end in these digits: (status, reason).
ENDINGS = {
    "0701": ("AbsentSubscriber", ""),
    "0702": ("Failed", "UserDoesNotExist"),
    "0703": ("Expired", "DeliveryFailure"),
    "0704": ("Rejected", "UserInBlackList"),
    "0705": ("Failed", "NotNetworkSubcriber"),
}


@dataclass(frozen=True, slots=True)
class Habits:
    """How reports behave. `delay` in seconds; `double`, `reverse` and `lose` are shares from 0 to 1; `early`: before the answer."""

    delay: float = 0.0
    double: float = 0.0
    reverse: float = 0.0
    lose: float = 0.0
    early: bool = False
    seed: int = 1


def reports(gateway_id: str, phone: str, body_hash: str, habits: Habits, *, suffixes: bool) -> list[dict[str, str]]:
    """The forms for one text, in the order they are posted: the same for the same seed, phone and body."""
    dice = random.Random(f"{habits.seed}:{phone}:{body_hash}")
    status, reason = ENDINGS.get(phone[-4:], ("Success", "")) if suffixes else ("Success", "")
    stages = [("Sent", ""), (status, reason)]
    if dice.random() < habits.reverse:
        stages.reverse()
    posted = []
    for stage, why in stages:
        times = 0 if dice.random() < habits.lose else 2 if dice.random() < habits.double else 1
        form = {"id": gateway_id, "status": stage, "phoneNumber": phone, "networkCode": NETWORK, "retryCount": "0"}
        posted += [form | ({"failureReason": why} if why else {})] * times
    return posted


class Postman:
    """Posts forms to one address, in order of their moments, from one thread. A form that is not answered is not posted again."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._due: list[tuple[float, int, dict[str, str]]] = []
        self._order = count()
        self._changed = threading.Condition()
        self._ended = False
        self.posted = self.failed = 0
        threading.Thread(target=self._work, daemon=True).start()

    def post_later(self, forms: Iterable[dict[str, str]], delay: float) -> None:
        at = time.monotonic() + delay
        with self._changed:
            for form in forms:
                heapq.heappush(self._due, (at, next(self._order), form))
            self._changed.notify()

    def post_now(self, forms: Iterable[dict[str, str]]) -> None:
        line = self._line()
        for form in forms:
            self._post(line, form)
        line.close()

    def waiting(self) -> int:
        with self._changed:
            return len(self._due)

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _line(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._url.hostname or "", self._url.port, timeout=10)

    def _work(self) -> None:
        line = self._line()
        while (form := self._next()) is not None:
            self._post(line, form)

    def _next(self) -> dict[str, str] | None:
        with self._changed:
            while not self._ended:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)
        return None

    def _post(self, line: http.client.HTTPConnection, form: dict[str, str]) -> None:
        try:
            line.request("POST", self._url.path or "/", urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
            answer = line.getresponse()
            answer.read()
            self.posted += 1
            self.failed += answer.status != 200
        except (OSError, http.client.HTTPException):
            line.close()
            self.failed += 1
