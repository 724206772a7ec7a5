"""One HTTP call to a gateway, told as it was: the status kept, no redirect followed, nothing repeated, all in time.

What certainly never left is told apart from what may have: only the first may be sent again.
"""

import ipaddress
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import ClosedPoolError, ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError

from core.errors import Misconfigured
from messaging.gateway import Advice

T = TypeVar("T")

CONNECT_AND_READ = (3.05, 9.05)  # seconds: to connect, and between two bytes of the answer
AT_ONCE = 16  # calls under way; one that never ends keeps its place until it does
IDLE = 4.0  # seconds: an older idle connection may be closed by the other side under our request, and we would not know its fate
LONGEST_ANSWER = 4_000_000  # bytes: twenty times what a thousand recipients take
NEVER_LEFT = (NewConnectionError, NameResolutionError, ConnectTimeoutError, ClosedPoolError)
UNSENDABLE = (requests.ConnectTimeout, requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL)

# Statuses by which any gateway says that it took nothing, and what each asks of us. One that is neither here nor 2xx leaves us not knowing.
REFUSED_CALLS = {
    400: Advice.NONE,
    401: Advice.PAUSE,
    403: Advice.PAUSE,
    404: Advice.PAUSE,
    405: Advice.PAUSE,
    413: Advice.NONE,
    415: Advice.PAUSE,
    422: Advice.NONE,
    429: Advice.LATER,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its content type says. `retry_after` is in seconds."""

    status: int
    body: bytes
    retry_after: float | None


class NoAnswer(OSError):
    """Nothing that can be read came back. `left`: whether the request may have reached the gateway; `code` says why, for the log."""

    def __init__(self, code: str, *, left: bool) -> None:
        super().__init__(code)
        self.code, self.left = code, left


class Line:
    """Calls to one gateway, `deadline` seconds for each as a whole. Safe to use from several threads."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._used = time.monotonic()
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, no .netrc: neither may see the key
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, requests.adapters.HTTPAdapter(max_retries=0, pool_maxsize=AT_ONCE))

    def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        data: Mapping[str, Any] | bytes | None = None,
        params: Mapping[str, str] | None = None,
        timeout: tuple[float, float] = CONNECT_AND_READ,
        until: float | None = None,
    ) -> Answer:
        """One call and its answer, at the latest at `until` by the monotonic clock. Raises NoAnswer."""
        ends = time.monotonic() + self.deadline if until is None else until

        def call() -> Answer:
            if time.monotonic() - self._used > IDLE:
                self._session.close()
            self._used = time.monotonic()
            with self._session.request(
                method, url, headers=dict(headers), data=data, params=params, timeout=timeout, allow_redirects=False, stream=True
            ) as response:
                body = _read(response, ends)
                self._used = time.monotonic()
                return Answer(response.status_code, body, seconds(response.headers.get("Retry-After", "")))

        try:
            return self._in_time(call, ends)
        except requests.RequestException as wrong:
            raise NoAnswer(type(wrong).__name__, left=may_have_left(wrong)) from wrong

    def _in_time(self, ask: Callable[[], T], until: float) -> T:
        """Run the call in a thread of its own, which does not outlive the process, and stop listening at the deadline."""
        if not self._places.acquire(timeout=max(0.0, until - time.monotonic())):
            raise NoAnswer("all_lines_busy", left=False)
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(ask())
            except BaseException as wrong:  # carried to the thread that waits
                future.set_exception(wrong)
            finally:
                self._places.release()

        threading.Thread(target=run, name="gateway", daemon=True).start()
        try:
            return future.result(max(0.0, until - time.monotonic()))
        except TimeoutError:
            raise NoAnswer("total_deadline", left=True) from None


def checked(address: str, setting: str) -> str:
    """The address without its last slash. A key travels with each call: plain http is for this machine alone. Raises Misconfigured."""
    parts = urlsplit(address)
    if not parts.hostname or parts.scheme not in {"http", "https"} or parts.username is not None or parts.query or parts.fragment:
        raise Misconfigured(f"{setting} must look like https://gateway.example.org")
    if parts.scheme == "http" and not _loopback(parts.hostname):
        raise Misconfigured(f"{setting} must begin with https://: the key would travel unprotected")
    return address.rstrip("/")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read(response: requests.Response, until: float) -> bytes:
    """The body, piece by piece as it arrives, so that a dripping one ends at the deadline and an endless one at its length."""
    body = bytearray()
    while piece := _piece(response):
        body += piece
        if len(body) > LONGEST_ANSWER or time.monotonic() > until:
            raise NoAnswer("endless_answer", left=True)
    return bytes(body)


def _piece(response: requests.Response) -> bytes:
    try:
        return bytes(response.raw.read1(65536, decode_content=True))
    except (HTTPError, HTTPException, OSError) as wrong:
        raise NoAnswer(type(wrong).__name__, left=True) from wrong


def may_have_left(wrong: requests.RequestException) -> bool:
    """False only for what certainly failed before the request: no host, no connection, a foreign certificate, an unsendable header."""
    if isinstance(wrong, UNSENDABLE):
        return False
    cause = wrong.args[0] if wrong.args else None
    why = getattr(cause, "reason", cause)
    inner = why.args[0] if isinstance(why, HTTPError) and why.args else None
    return not isinstance(why, NEVER_LEFT) and not isinstance(inner, ssl.SSLCertVerificationError)


def seconds(retry_after: str) -> float | None:
    """A Retry-After header, given in seconds or as a date; None where there is none or it makes no sense."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:6])
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
