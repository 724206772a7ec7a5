"""A village of phones beside the broadcast: they dial and text at the same time, and remember what was answered to each id."""

import http.client
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests

from tests.fake_gateway_reports import Postman

THREADS = 4
PAUSE = 0.25  # seconds between two things that one of them does
TRIES = 10  # of one text or report: the gateway repeats what was not answered 200
BACK_IN = 3.0  # seconds until it brings a report again
WORDS = ("JOIN maize Mubende", "PRICE maize", "HELP", "STOP", "STOP", "START", "PRICE beans", "what is this")
LIMIT = 20  # seconds that a callback may take


class Noting(Postman):
    """The gateway's postman, who brings a report again that was not answered 200, and notes how often each was and was not."""

    def __init__(self, url: str) -> None:
        self.told: Counter[tuple[str, str]] = Counter()
        self.unsure: Counter[tuple[str, str]] = Counter()
        super().__init__(url)

    def _post(self, line: http.client.HTTPConnection, form: dict[str, str]) -> None:
        key = (form["id"], form["status"])
        try:
            line.request("POST", self._url.path or "/", urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
            answer = line.getresponse()
            answer.read()
            (self.told if answer.status == 200 else self.unsure)[key] += 1
            good = answer.status == 200
        except (OSError, http.client.HTTPException):
            line.close()
            self.unsure[key] += 1
            good = False
        if not good and self.unsure[key] < TRIES:
            self.post_later([form], BACK_IN)


@dataclass
class Village:
    """`phones` are farmers of the broadcast; strangers join beside them. `callback`: the address with its secret."""

    callback: str
    phones: list[str]
    seed: int
    texts: dict[str, tuple[str, str]] = field(default_factory=dict)  # id → phone, words: what was answered 200
    unanswered: int = 0
    dialled: Counter[str] = field(default_factory=Counter)  # "CON", "END", "status 503", "no answer"
    slowest: float = 0.0
    pages: list[str] = field(default_factory=list)  # bodies that show what nobody should see
    over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Village":
        self._threads = [threading.Thread(target=self._live, args=(number,), daemon=True) for number in range(THREADS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join()

    def _live(self, number: int) -> None:
        """Each thread has phones of its own, so that the texts of one phone are in order."""
        chance, line, count = random.Random(f"{self.seed}:{number}"), requests.Session(), 0
        mine = self.phones[number::THREADS]
        while not self.over.wait(PAUSE):
            count += 1
            phone = chance.choice(mine)
            if chance.random() < 0.3:
                self._dial(line, phone, f"ATUid_{self.seed}_{number}_{count}")
            elif chance.random() < 0.1:
                self._foreign(line, f"ATXid_foreign_{number}_{count}", phone)
            else:
                words = chance.choice(WORDS)
                stranger = words.startswith("JOIN") and chance.random() < 0.5
                self._text(line, f"village-{number}-{count}", f"+25670{number}{count % 10**6:06d}" if stranger else phone, words, chance)

    def _dial(self, line: requests.Session, phone: str, session_id: str) -> None:
        began = time.monotonic()
        asked = {"sessionId": session_id, "phoneNumber": phone, "networkCode": "64110", "serviceCode": "*284*55#", "text": ""}
        answer = self._post(line, "ussd", asked)
        self.slowest = max(self.slowest, time.monotonic() - began)
        if answer is None:
            self.dialled["no answer"] += 1
        else:
            self.dialled[answer.text[:3] if answer.status_code == 200 else f"status {answer.status_code}"] += 1

    def _text(self, line: requests.Session, id_: str, phone: str, words: str, chance: random.Random) -> None:
        form = {"id": id_, "linkId": "", "from": phone, "to": "28455", "text": words, "networkCode": "64110", "cost": "0"}
        for _ in range(TRIES):
            answer = self._post(line, "sms", form)
            if answer is not None and answer.status_code == 200:
                self.texts[id_] = (phone, words)
                if chance.random() < 0.1:
                    self._post(line, "sms", form)  # the gateway was not sure that we had it
                return
            self.over.wait(1)
        self.unanswered += 1

    def _foreign(self, line: requests.Session, id_: str, phone: str) -> None:
        self._post(line, "delivery", {"id": id_, "status": "Success", "phoneNumber": phone, "networkCode": "64110"})

    def _post(self, line: requests.Session, kind: str, form: dict[str, Any]) -> requests.Response | None:
        try:
            answer = line.post(f"{self.callback}/{kind}", data=form, timeout=LIMIT)
        except requests.RequestException:
            return None
        if "Traceback" in answer.text or "sqlalchemy" in answer.text.lower():
            self.pages.append(answer.text[:300])
        return answer
