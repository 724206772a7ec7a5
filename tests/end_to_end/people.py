"""Everybody who meets the service from outside: at a browser, with a program, and those whom its texts reach."""

import re
from collections import Counter
from hashlib import sha256
from html import unescape
from typing import Any
from urllib.parse import urljoin

import requests

from tests.fake_gateway import FakeGateway
from tests.phone import Phone
from tests.processes import wait_until

PASSWORD = "three wet green goats"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
CHOICE = re.compile(r"\d+ .+")
SECONDS = 30  # for a text, or for a page to say what is under way


class Browser:
    """Somebody at a screen: reads pages, fills in forms with the token that stands in them, follows where the answer leads when told to."""

    def __init__(self, base: str) -> None:
        self.base, self.token, self.http = base, "", requests.Session()
        self.http.trust_env = False
        self.at: requests.Response

    def get(self, path: str) -> "Browser":
        return self._took(self.http.get(urljoin(self.base, path), allow_redirects=False, timeout=10))

    def post(self, path: str, files: dict[str, Any] | None = None, **form: str) -> "Browser":
        sent = {"csrf_token": self.token, **form}
        return self._took(self.http.post(urljoin(self.base, path), sent, files=files, allow_redirects=False, timeout=10))

    def follow(self) -> "Browser":
        """To where the answer leads, and on from there."""
        assert self.status in {302, 303}, self.text
        while self.status in {302, 303}:
            self.get(self.address)
        return self

    def comes_in(self, link: str, email: str) -> "Browser":
        """Choose a password by the link that was sent, go out, and come in by the door that everybody uses."""
        self.get(link).post(link, password=PASSWORD).follow()
        self.post("/sign-out").follow().post("/sign-in", email=email, password=PASSWORD).follow()
        assert self.status == 200, self.text
        return self

    def hidden(self, name: str) -> str:
        """What a form carries along unseen."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.at.text)
        assert found, f"no {name} on the page: {self.text}"
        return unescape(found.group(1))

    @property
    def status(self) -> int:
        return self.at.status_code

    @property
    def address(self) -> str:
        return self.at.headers["Location"]

    @property
    def text(self) -> str:
        """The page as it is read: words without marks, one space between them."""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.at.text)).split())

    def _took(self, answer: requests.Response) -> "Browser":
        self.at = answer
        found = TOKEN.search(answer.text)
        self.token = found.group(1) if found else self.token
        return self


class Program:
    """A partner's program with one key."""

    def __init__(self, base: str, key: str) -> None:
        self.base, self.key = f"{base}/api/v1", key

    def get(self, path: str) -> tuple[int, Any]:
        answer = requests.get(self.base + path, headers=self._headers(), timeout=10)
        return answer.status_code, answer.json()

    def post(self, path: str, body: Any = None, once: str = "") -> tuple[int, Any]:
        answer = requests.post(self.base + path, json=body, headers=self._headers() | {"Idempotency-Key": once}, timeout=10)
        return answer.status_code, answer.json()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


class Post:
    """Every text that a phone should get, in exact words; what the gateway took must be that and nothing else."""

    def __init__(self, gateway: FakeGateway) -> None:
        self.gateway, self.due, self.words = gateway, Counter[tuple[str, str]](), dict[str, str]()

    def reaches(self, number: str, body: str) -> None:
        """Wait until it is there once more than before."""
        mark = sha256(body.encode()).hexdigest()[:32]
        self.words[mark] = body
        self.due[number, mark] += 1
        wait_until(lambda: self.taken()[number, mark] >= self.due[number, mark], SECONDS, f"{body!r} to {number}")

    def taken(self) -> Counter[tuple[str, str]]:
        return Counter((one.phone, one.body_hash) for one in self.gateway.accepted())

    def amiss(self) -> list[str]:
        """Texts that went out more or less often than they should, or that nobody should have got."""
        taken = self.taken()
        wrong = [one for one in {**self.due, **taken} if taken[one] != self.due[one]]
        return [f"{phone}, {self.words.get(mark, mark)!r}: {taken[phone, mark]} for {self.due[phone, mark]}" for phone, mark in wrong]


def read(phone: Phone) -> str:
    """All of a screen's pages as they are read on, without the choices under them."""
    pages = [phone.screen]
    while "\n98 More" in phone.screen:
        pages.append(phone.press("98"))
    lines = [line for page in pages for line in page.split("\n")]
    return " ".join(line for line in lines if not CHOICE.fullmatch(line))


def walk(phone: Phone, *labels: str) -> str:
    """Dial, and press the choices with these words, one after the other."""
    phone.dial()
    for label in labels:
        phone.choose(label)
    return phone.screen


def twice(phone: Phone, label: str) -> str:
    """Press a choice; the network repeats the request, and the same screen comes back."""
    screen = phone.choose(label)
    assert phone.again() == screen
    return screen
