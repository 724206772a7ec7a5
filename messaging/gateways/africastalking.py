"""Africa's Talking as a gateway: one call for many phones, and one of four fates for each of them."""

import json
import re
import time
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import structlog

from core.errors import Misconfigured
from core.phone import looks_e164
from messaging.gateway import Advice, Fate, Handed, Told, Unreadable
from messaging.gateways.africastalking_forms import Forms
from messaging.gateways.africastalking_wire import Wire
from messaging.gateways.africastalking_words import CODE_OF, CODES, NOTHING_TAKEN, folded
from messaging.gateways.line import REFUSED_CALLS, Answer, NoAnswer

log = structlog.get_logger(__name__)

AMOUNT = re.compile(r"(?:(?P<currency>[A-Z]{3})\s*)?(?P<amount>\d{1,8}(?:\.\d+)?)")
GATEWAY_ID = re.compile(r"[!-~]{1,200}")
NO_ID = "None"  # what they write for the id of a text that they did not take
# When a phone is named twice in one answer, the first of these that it was given counts.
STRONGEST = (Fate.SENT, Fate.UNCONFIRMED, Fate.REFUSED, Fate.NOT_SENT)


class AfricasTalking(Forms):
    """`base_url`: None for the vendor's own (the sandbox for the username "sandbox"). `deadline`: seconds for one whole call.

    Raises Misconfigured for an empty username or key and for an address that would show the key.
    """

    name = "africastalking"

    def __init__(self, username: str, api_key: str, sender: str | None = None, base_url: str | None = None, deadline: float = 12.0) -> None:
        if not username or not api_key.isascii() or not api_key.isprintable() or not api_key.strip():
            raise Misconfigured("AT_USERNAME and AT_API_KEY must both be set")
        self._sender = sender or None
        self._wire = Wire(username, api_key.strip(), base_url, deadline)

    def send(self, body: str, phones: Sequence[str], *, reference: str) -> list[Handed]:
        """Hand one body to the gateway for all the phones: one row for each distinct phone, in their order. Never raises.

        `reference` is ours, for the log: the gateway takes none.
        """
        asked = list(dict.fromkeys(phones))
        good = [phone for phone in asked if looks_e164(phone)]
        bad = Handed("", Fate.NOT_SENT, code="bad_recipient", advice=Advice.BAD_NUMBER)
        told = self._hand_over(body, good, reference) if good else {}
        return [told.get(phone) or _for(phone, bad) for phone in asked]

    def _hand_over(self, body: str, phones: list[str], reference: str) -> dict[str, Handed]:
        began, status = time.monotonic(), 0
        try:
            answer = self._wire.send(body, phones, sender_id=self._sender)
            status = answer.status
            told = fates(answer, phones)
        except NoAnswer as none:
            fate, advice = (Fate.UNCONFIRMED, Advice.NONE) if none.left else (Fate.NOT_SENT, Advice.LATER)
            told = _all(phones, Handed("", fate, code=none.code, advice=advice))
        except Exception as wrong:  # whatever it was, the request may have left: nobody is texted twice for a bug of ours
            log.exception("sending failed", reference=reference, wrong=type(wrong).__name__)
            told = _all(phones, Handed("", Fate.UNCONFIRMED, code=type(wrong).__name__))
        log.info(
            "handed over",
            reference=reference,
            phones=len(phones),
            status=status,
            latency_ms=round((time.monotonic() - began) * 1000),
            fates=_counted(told.values()),
            gateway_ids=[each.gateway_id for each in told.values() if each.gateway_id],
        )
        return told

    def collect(self) -> list[Told]:
        """Delivery reports that must be fetched: none here, they are posted to us."""
        return []

    def balance(self) -> tuple[Decimal, str]:
        """What is left and its currency. Raises OSError where the gateway cannot be asked, Unreadable where its answer makes no sense."""
        answer = self._wire.account()
        if not 200 <= answer.status < 300:
            raise NoAnswer(f"http_{answer.status}", left=True)
        read = _json(answer.body)
        data = read.get("UserData", read.get("userData")) if isinstance(read, dict) else None
        amount, currency = _amount(data.get("balance")) if isinstance(data, dict) else (None, None)
        if amount is None or currency is None:
            raise Unreadable("missing: balance")
        return amount, currency


def fates(answer: Answer, phones: Sequence[str]) -> dict[str, Handed]:
    """Each phone's fate by the answer of a call. Only what is documented as taken or refused is believed; a 2xx alone says nothing."""
    code = f"http_{answer.status}"
    if answer.status in REFUSED_CALLS:
        advice = REFUSED_CALLS[answer.status]
        return _all(phones, Handed("", Fate.NOT_SENT, code=code, advice=advice, retry_after=answer.retry_after))
    if not 200 <= answer.status < 300:
        moved = 300 <= answer.status < 400  # it will go on so until a person looks
        return _all(phones, Handed("", Fate.UNCONFIRMED, code=code, advice=Advice.PAUSE if moved else Advice.NONE))
    read = _json(answer.body)
    data = read.get("SMSMessageData") if isinstance(read, dict) else None
    rows = data.get("Recipients") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(rows, list):
        return _all(phones, Handed("", Fate.UNCONFIRMED, code="unreadable_answer"))
    summary = str(data.get("Message", ""))
    if not rows and folded(summary) in NOTHING_TAKEN:
        number = CODE_OF[folded(summary)]
        return _all(phones, Handed("", CODES[number][1], code=str(number), advice=Advice.PAUSE))
    return _matched(rows, phones)


def _matched(rows: list[Any], phones: Sequence[str]) -> dict[str, Handed]:
    """By number, since rows may be missing, doubled or in another order. A missing phone is unconfirmed, a foreign one ignored."""
    told = _all(phones, Handed("", Fate.UNCONFIRMED, code="missing"))
    named: set[str] = set()
    for row in rows:
        phone = "+" + str(row.get("number", "")).strip().removeprefix("+") if isinstance(row, dict) else ""
        if phone not in told:
            log.warning("a row of the answer names no phone of ours")
            continue
        handed = _recipient(phone, row)
        if phone not in named or STRONGEST.index(handed.fate) < STRONGEST.index(told[phone].fate):
            told[phone] = handed
        named.add(phone)
    return told


def _recipient(phone: str, row: dict[str, Any]) -> Handed:
    code = _code(row)
    cost, currency = _amount(row.get("cost"))
    raw = row.get("messageId")
    gateway_id = raw if isinstance(raw, str) and raw != NO_ID and GATEWAY_ID.fullmatch(raw) else None
    _, fate, advice = CODES.get(code, ("", Fate.UNCONFIRMED, Advice.NONE))
    if fate is Fate.SENT and gateway_id is None:
        return Handed(phone, Fate.UNCONFIRMED, None, cost, currency, code="no_id")
    if fate is Fate.UNCONFIRMED and raw == NO_ID:
        fate = Fate.REFUSED  # a code we have not met, with their word for "not taken"
    return Handed(phone, fate, gateway_id, cost, currency, code=str(code), advice=advice)


def _code(row: dict[str, Any]) -> int:
    """The status code, or the one of the status's name where older answers leave the number out; 0 for neither."""
    raw = row.get("statusCode")
    if raw is None:
        return CODE_OF.get(folded(str(row.get("status", ""))), 0)
    return int(raw) if re.fullmatch(r"\d{1,4}", str(raw), re.ASCII) else 0


def _amount(written: object) -> tuple[Decimal | None, str | None]:
    """ "KES 0.8000" as an exact decimal and its currency; "0" has none; (None, None) for what is not an amount."""
    read = AMOUNT.fullmatch(str(written).strip()) if written is not None else None
    return (Decimal(read["amount"]), read["currency"]) if read else (None, None)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _all(phones: Iterable[str], pattern: Handed) -> dict[str, Handed]:
    return {phone: _for(phone, pattern) for phone in phones}


def _for(phone: str, like: Handed) -> Handed:
    return Handed(phone, like.fate, code=like.code, advice=like.advice, retry_after=like.retry_after)


def _counted(handed: Iterable[Handed]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for each in handed:
        counts[each.fate.value] = counts.get(each.fate.value, 0) + 1
    return counts
