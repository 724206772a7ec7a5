"""Kannel as a gateway: one HTTP call for each phone, several at a time, and one of four fates for each of them.

Its answer to a call with many receivers speaks of one of them only, so each phone has a call of its own. It gives no id: ours is made
of the reference and the phone before the call, and stands in the address that its reports are sent to. So even a text whose answer we
did not get is found again by its report.
"""

import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from urllib.parse import quote, urlsplit

import structlog

from core.errors import Misconfigured
from core.phone import looks_e164
from messaging import gsm
from messaging.gateway import Advice, Fate, Handed, Told, Unreadable
from messaging.gateways.kannel_forms import Forms
from messaging.gateways.kannel_words import ALL_TYPES, ANSWERS, TRY_AGAIN
from messaging.gateways.line import REFUSED_CALLS, Answer, Line, NoAnswer, checked

log = structlog.get_logger(__name__)

PATH = "/cgi-bin/sendsms"
AT_ONCE = 4  # calls of one batch under way: as many texts, at most, are unconfirmed when Kannel falls silent
LAST_CALL = 0.6  # of the deadline, after which no further call is begun
KEEPS = 24 * 60  # minutes that Kannel and the operator may try: none of our texts is worth more
GSM_7, UCS_2 = "0", "2"


class Kannel(Forms):
    """`url`: smsbox's sendsms address. `reports_to`: where we are told of deliveries. `deadline`: seconds for one whole batch.

    Raises Misconfigured, naming the setting, for an address or an account that cannot be used.
    """

    name = "kannel"

    def __init__(self, url: str, username: str, password: str, reports_to: str, deadline: float = 12.0) -> None:
        if not url or not _sendable(username) or not _sendable(password):
            raise Misconfigured("KANNEL_URL, KANNEL_USERNAME and KANNEL_PASSWORD must all be set: see docs/kannel.md")
        address = checked(url, "KANNEL_URL")
        self._url = address if urlsplit(address).path else address + PATH
        self._account = {"X-Kannel-Username": username, "X-Kannel-Password": password}
        self._reports_to = reports_to
        self._line = Line(deadline)

    def send(self, body: str, phones: Sequence[str], *, reference: str) -> list[Handed]:
        """Hand one body over for all the phones: one row for each distinct phone, in their order. Never raises."""
        asked = list(dict.fromkeys(phones))
        good = [phone for phone in asked if looks_e164(phone)]
        told = self._hand_over(body, good, reference) if good else {}
        return [told.get(phone) or Handed(phone, Fate.NOT_SENT, code="bad_recipient", advice=Advice.BAD_NUMBER) for phone in asked]

    def _hand_over(self, body: str, phones: Sequence[str], reference: str) -> dict[str, Handed]:
        began = time.monotonic()
        until, last_call = began + self._line.deadline, began + self._line.deadline * LAST_CALL
        waiting, told = deque(phones), dict[str, Handed]()
        stopped: list[Handed] = []  # by these, after which no further phone is tried

        def work(_number: int) -> None:
            while not stopped and time.monotonic() < last_call:
                try:
                    phone = waiting.popleft()
                except IndexError:
                    return
                told[phone] = self._one(body, phone, reference, until)
                if told[phone].fate in {Fate.NOT_SENT, Fate.UNCONFIRMED}:
                    stopped.append(told[phone])

        lines = min(AT_ONCE, len(phones))
        with ThreadPoolExecutor(lines, thread_name_prefix="kannel") as pool:
            list(pool.map(work, range(lines)))
        untried = _untried(stopped)
        told |= {phone: replace(untried, phone=phone) for phone in waiting}
        spent = round((time.monotonic() - began) * 1000)
        log.info("handed over", reference=reference, phones=len(phones), latency_ms=spent, fates=_counted(told.values()))
        return told

    def _one(self, body: str, phone: str, reference: str, until: float) -> Handed:
        """One phone's call and fate. It keeps our id where Kannel may have the text."""
        try:
            answer = self._line.ask("POST", self._url, headers=self._headers(body, phone, reference), data=body.encode(), until=until)
            told = fate(answer)
        except NoAnswer as none:
            told = Handed(
                "", Fate.UNCONFIRMED if none.left else Fate.NOT_SENT, code=none.code, advice=Advice.NONE if none.left else Advice.LATER
            )
        except Exception as wrong:  # whatever it was, the request may have left: nobody is texted twice for a bug of ours
            log.exception("sending failed", reference=reference, wrong=type(wrong).__name__)
            told = Handed("", Fate.UNCONFIRMED, code=type(wrong).__name__)
        kept = told.fate in {Fate.SENT, Fate.UNCONFIRMED}
        return replace(told, phone=phone, gateway_id=id_of(reference, phone) if kept else None)

    def _headers(self, body: str, phone: str, reference: str) -> dict[str, str]:
        """smsbox takes no form by POST; it takes the words as the body and all else as headers, so that neither stands in an address."""
        ours = quote(id_of(reference, phone), safe="").replace("%", "%%")
        reports = self._reports_to.replace("%", "%%")
        return {
            **self._account,
            "Content-Type": "text/plain; charset=UTF-8",
            "X-Kannel-To": phone,
            "X-Kannel-Coding": UCS_2 if gsm.septets(body) is None else GSM_7,
            "X-Kannel-Validity": str(KEEPS),
            "X-Kannel-DLR-Mask": str(ALL_TYPES),
            "X-Kannel-DLR-Url": f"{reports}?id={ours}&type=%d&phone=%p&reason=%A&smsc=%i",
        }

    def collect(self) -> list[Told]:
        """Delivery reports that must be fetched: none here, they are sent to us."""
        return []

    def balance(self) -> tuple[Decimal, str]:
        raise Unreadable("Kannel keeps no balance: the operators behind it do")


def id_of(reference: str, phone: str) -> str:
    """Our name for one text at Kannel: the same for the same reference and phone, and no number can be read off it."""
    return f"{reference[:100]}-{sha256(f'{reference} {phone}'.encode()).hexdigest()[:16]}"


def fate(answer: Answer) -> Handed:
    """A phone's fate by the answer to its call. Only Kannel's own words are believed; a 2xx alone says nothing."""
    words, code = answer.body[:200].decode("latin-1").strip(), f"http_{answer.status}"
    for status, beginning, became, advice in ANSWERS:
        if answer.status == status and words.startswith(beginning):
            again = (answer.retry_after or TRY_AGAIN) if status == 503 else None
            return Handed(
                "", became, code=beginning[:1] if became is Fate.SENT and beginning[0].isdigit() else code, advice=advice, retry_after=again
            )
    if answer.status in REFUSED_CALLS:
        return Handed("", Fate.NOT_SENT, code=code, advice=REFUSED_CALLS[answer.status], retry_after=answer.retry_after)
    moved = 300 <= answer.status < 400  # it will go on so until a person looks
    return Handed("", Fate.UNCONFIRMED, code=code, advice=Advice.PAUSE if moved else Advice.NONE)


def _untried(stopped: Sequence[Handed]) -> Handed:
    """What is said of the phones that no call was made for: the same as of a call that certainly failed, else that the time was up."""
    failed = next((one for one in stopped if one.fate is Fate.NOT_SENT), None)
    if failed:
        return replace(failed, gateway_id=None)
    return Handed("", Fate.NOT_SENT, code="not_tried", advice=Advice.LATER)


def _sendable(word: str) -> bool:
    return bool(word.strip()) and word == word.strip() and word.isascii() and word.isprintable()


def _counted(handed: Iterable[Handed]) -> dict[str, int]:
    return dict(Counter(one.fate.value for one in handed))
