"""One row for each dial-in: locked while it is answered, bound to its phone, able to tell what is new from what was answered before.

Of what was typed the row keeps a length and a keyed hash, so a PIN is in no table and a repeated request is still known.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from core.errors import Forbidden, Unusable
from core.plain import Asked
from messaging import sessions_sql
from messaging.gateway import Dialled, Ended
from messaging.models import UssdSession
from messaging.ussd import Seen, Walk

LONGEST_ID = 100
LONGEST_TEXT = 2000
OVER = timedelta(minutes=5)  # no network holds a session this long: the same id means a new call
KEPT = timedelta(hours=24)
OFFERED = "offered"  # in the memory of a dial-in: Walk.offered
COLUMNS = ("gateway", "session_id", "network", "heard_length", "heard_hash", "turns", "page", "reply", "ends")


@dataclass(slots=True)
class DialIn:
    """The row of one dial-in while it is answered. `memory`: what screens keep between its turns, and what was offered last."""

    gateway: str
    session_id: str
    phone: str
    network: str
    heard_length: int | None = None  # None: nothing answered yet
    heard_hash: str = ""
    turns: int = 0
    trail: Sequence[str] = ()
    page: int = 0
    memory: dict[str, Any] = field(default_factory=dict)
    reply: str = ""
    ends: bool = False

    @property
    def columns(self) -> dict[str, Any]:
        """What is written of it."""
        row = {name: getattr(self, name) for name in COLUMNS}
        return {**row, "trail": list(self.trail), "draft": self.memory}

    @property
    def walk(self) -> Walk:
        """Where the caller stands."""
        offered = self.memory.get(OFFERED)
        return Walk(tuple(self.trail), self.page, tuple(offered) if offered else None)


def take(session: Session, gateway: str, dialled: Dialled, now: datetime, beside: Asked) -> tuple[DialIn, Sequence[Any]]:
    """The row of this session, made at its first request and ours alone until we commit: twins take turns.

    Also what `beside` gives, a statement that is asked in the same round trip once the row is ours.
    Raises Unusable for a request without a session id, and Forbidden when the session is another phone's.
    """
    if not dialled.session_id.strip():
        raise Unusable("ussd.try_again")
    network = "".join(c for c in dialled.network[:16] if c.isprintable())
    new = DialIn(gateway, _key(dialled.session_id), dialled.phone, network)
    named = {"gateway": gateway, "session_id": new.session_id}
    blank = {**named, "phone": new.phone, "network": network}
    row, made = None, False
    found: Sequence[Any] = ()
    if not dialled.text:  # the first request, most likely
        made, found = sessions_sql.begin(session, blank, now, beside)
    while row is None and not made:  # the row may be swept away between the two statements
        row, found = sessions_sql.lock(session, named, beside)
        if row is None:
            made, found = sessions_sql.begin(session, blank, now, beside)
    if row is None:
        return new, found
    *kept, seen_at = row
    known = DialIn(gateway, new.session_id, *kept)
    if known.phone != new.phone:
        raise Forbidden("this session belongs to another phone")
    over = known.turns and not dialled.text and seen_at < now - OVER
    return (new if over else known), found


def newly_said(row: DialIn, dialled: Dialled, own_code: str, key: str) -> list[str] | None:
    """What this request adds to what was answered before, in order; None when it was answered before.

    `own_code` is the code that we are reached under; further segments that were dialled with it are the first inputs.
    A text that is older than what we answered, or was rewritten, adds nothing.
    """
    text = dialled.text[:LONGEST_TEXT]
    if row.turns == 0:
        return _first(dialled, text, own_code)
    if not dialled.cumulative:
        return [text]
    heard = row.heard_length or 0
    if len(text) <= heard or not hmac.compare_digest(_hash(row, text[:heard], key), row.heard_hash):
        return None
    if heard and text[heard] != "*":
        return None
    return _inputs(text[heard + 1 :] if heard else text)


def remember(session: Session, row: DialIn, dialled: Dialled, seen: Seen, language: str, key: str, now: datetime, *beside: Asked) -> None:
    """Keep what was read and how far this text went; and, for the funnel, that this screen was shown. `beside` is written with it."""
    measure(row, dialled, key)
    row.trail, row.page, row.reply, row.ends = seen.walk.trail, seen.walk.page, seen.text, seen.ends
    row.memory[OFFERED] = seen.walk.offered
    row.turns += 1
    sessions_sql.keep_and_hop(session, row.columns, seen.walk.place.partition(":")[0], language, now, beside)


def note(session: Session, row: DialIn, dialled: Dialled, key: str, now: datetime) -> None:
    """Keep that we were asked again for what we had answered."""
    measure(row, dialled, key)
    sessions_sql.keep(session, row.columns, now)


def measure(row: DialIn, dialled: Dialled, key: str) -> None:
    """Measure later texts by this one, unless it is shorter than what we answered: then it is only late."""
    text = dialled.text[:LONGEST_TEXT]
    if dialled.cumulative and len(text) >= (row.heard_length or 0):
        row.heard_length, row.heard_hash = len(text), _hash(row, text, key)


def end(session: Session, gateway: str, ended: Ended) -> None:
    """The gateway's word that a session is over: for the funnel, never for correctness."""
    row = (UssdSession.gateway == gateway, UssdSession.session_id == _key(ended.session_id))
    session.execute(update(UssdSession).where(*row).values(ended=ended.status[:32]))


def sweep(session: Session, now: datetime) -> int:
    """Delete the sessions of yesterday and before, with the phones and texts in them; how many."""
    old = delete(UssdSession).where(UssdSession.seen_at <= now - KEPT)
    return len(session.execute(old.returning(UssdSession.session_id)).all())


def _key(session_id: str) -> str:
    """A gateway's id as we store it: one that no column should hold becomes its hash."""
    if len(session_id) <= LONGEST_ID and session_id.isprintable():
        return session_id
    return sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()


def _hash(row: DialIn, text: str, key: str) -> str:
    said = f"{row.gateway}\0{row.session_id}\0{text}".encode("utf-8", "surrogatepass")
    return hmac.new(key.encode(), said, "sha256").hexdigest()


def _inputs(text: str) -> list[str]:
    """Segments, empty ones too; a lone star is what remains of a typed one."""
    return ["*"] if text == "*" else text.split("*")


def _first(dialled: Dialled, text: str, own_code: str) -> list[str]:
    """The inputs that came with the first request: in the text, in the code that was dialled, or in both."""
    dialled_with = _beyond(dialled.service_code, own_code)
    if not dialled.cumulative:  # the first text is the code, or nothing that was typed
        return _beyond(text, own_code) or dialled_with
    typed = _inputs(text) if text else []
    return typed if typed[: len(dialled_with)] == dialled_with else [*dialled_with, *typed]


def _beyond(code: str, own_code: str) -> list[str]:
    """The segments after our own code: ["1", "9"] of "*284*55*1*9#"; none when it is not ours."""
    said, own = _segments(code), _segments(own_code)
    return said[len(own) :] if code.startswith("*") and said[: len(own)] == own else []


def _segments(code: str) -> list[str]:
    return code.strip().removesuffix("#").removeprefix("*").split("*")
