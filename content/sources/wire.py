"""One question to a public source over HTTP, in all its time: no redirect followed, nothing repeated, no proxy, an end to every answer."""

import ipaddress
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from core.errors import Misconfigured

CONNECT_AND_READ = (5.0, 15.0)  # seconds: to connect, and between two bytes of the answer
LONGEST_ANSWER = 4_000_000  # bytes: many times what fifty districts take


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `headers` is looked into without regard to case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoAnswer(OSError):
    """Nothing that can be read came back; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def checked(base_url: str) -> str:
    """The address without its last slash. Plain http is for this machine alone. Raises Misconfigured."""
    parts = urlsplit(base_url)
    if not parts.hostname or parts.scheme not in {"http", "https"} or parts.username is not None or parts.query or parts.fragment:
        raise Misconfigured(f"a source's address must look like https://api.example.org, not {base_url!r}")
    if parts.scheme == "http" and not _loopback(parts.hostname):
        raise Misconfigured(f"a source's address must begin with https://: what {parts.hostname} says could be changed on the way")
    return base_url.rstrip("/")


def get(url: str, params: Mapping[str, str], headers: Mapping[str, str], deadline: float) -> Answer:
    """Ask, in a thread of its own that does not outlive the process, and stop listening at the deadline. Raises NoAnswer."""
    until = time.monotonic() + deadline
    future: Future[Answer] = Future()

    def run() -> None:
        try:
            future.set_result(_ask(url, params, headers, until))
        except BaseException as wrong:  # carried to the thread that waits
            future.set_exception(wrong)

    threading.Thread(target=run, name="source", daemon=True).start()
    try:
        return future.result(deadline)
    except TimeoutError:
        raise NoAnswer("time_out") from None
    except requests.Timeout:
        raise NoAnswer("time_out") from None
    except requests.RequestException as wrong:
        raise NoAnswer(type(wrong).__name__) from wrong


def _ask(url: str, params: Mapping[str, str], headers: Mapping[str, str], until: float) -> Answer:
    with requests.Session() as client:
        client.trust_env = False  # no proxy and no .netrc: what is asked is what the settings say
        with client.get(url, params=params, headers=headers, timeout=CONNECT_AND_READ, allow_redirects=False, stream=True) as response:
            return Answer(response.status_code, response.headers, _read(response, until))


def _read(response: requests.Response, until: float) -> bytes:
    """The body piece by piece, so that a dripping one ends at the deadline and an endless one at its length."""
    body = bytearray()
    try:
        while piece := response.raw.read1(65536, decode_content=True):
            body += piece
            if len(body) > LONGEST_ANSWER:
                raise NoAnswer("endless_answer")
            if time.monotonic() > until:
                raise NoAnswer("time_out")
    except (HTTPError, HTTPException, OSError) as wrong:
        raise wrong if isinstance(wrong, NoAnswer) else NoAnswer("cut_off") from wrong
    return bytes(body)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
