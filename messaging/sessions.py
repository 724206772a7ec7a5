"""One row for each dial-in: locked while it is answered, bound to its phone, able to tell what is new from what was answered before.

Of what was typed the row keeps a length and a keyed hash, so a PIN is in no table and a repeated request is still known.
"""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.db import insert_new
from core.errors import Forbidden, Unusable
from messaging.gateway import Dialled, Ended
from messaging.models import Hop, UssdSession
from messaging.ussd import Seen

LONGEST_ID = 100
LONGEST_TEXT = 2000
OVER = timedelta(minutes=5)  # no network holds a session this long: the same id means a new call
KEPT = timedelta(hours=24)


def take(session: Session, gateway: str, dialled: Dialled, now: datetime) -> UssdSession:
    """The row of this session, made at its first request and ours alone until we commit: twins take turns.

    Raises Unusable for a request without a session id, and Forbidden when the session is another phone's.
    """
    if not dialled.session_id.strip():
        raise Unusable("ussd.try_again")
    key, row = _key(dialled.session_id), None
    while row is None:  # the row may be swept away between the two statements
        insert_new(session, UssdSession, [_new(gateway, key, dialled, now)])
        query = select(UssdSession).where(UssdSession.gateway == gateway, UssdSession.session_id == key)
        row = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row.phone != dialled.phone:
        raise Forbidden("this session belongs to another phone")
    if row.turns and not dialled.text and row.seen_at < now - OVER:
        for column, value in _new(gateway, key, dialled, now).items():
            setattr(row, column, value)
    return row


def newly_said(row: UssdSession, dialled: Dialled, own_code: str, key: str) -> list[str] | None:
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


def remember(row: UssdSession, dialled: Dialled, seen: Seen, key: str, now: datetime) -> None:
    """Keep what was read and how far this text went."""
    note(row, dialled, key, now)
    row.trail, row.page, row.reply, row.ends = list(seen.walk.trail), seen.walk.page, seen.text, seen.ends
    row.turns += 1


def note(row: UssdSession, dialled: Dialled, key: str, now: datetime) -> None:
    """Measure later texts by this one, unless it is shorter than what we answered: then it is only late."""
    text = dialled.text[:LONGEST_TEXT]
    if dialled.cumulative and len(text) >= (row.heard_length or 0):
        row.heard_length, row.heard_hash = len(text), _hash(row, text, key)
    row.seen_at = now


def hop(session: Session, row: UssdSession, screen: str, language: str, now: datetime) -> None:
    """That a screen was shown, for the funnel: after `remember`, which counts the turn."""
    session.add(Hop(at=now, screen=screen, language=language, network=row.network, first=row.turns == 1, ends=row.ends))


def end(session: Session, gateway: str, ended: Ended) -> None:
    """The gateway's word that a session is over: for the funnel, never for correctness."""
    row = (UssdSession.gateway == gateway, UssdSession.session_id == _key(ended.session_id))
    session.execute(update(UssdSession).where(*row).values(ended=ended.status[:32]))


def sweep(session: Session, now: datetime) -> int:
    """Delete the sessions of yesterday and before, with the phones and texts in them; how many."""
    old = delete(UssdSession).where(UssdSession.seen_at <= now - KEPT)
    return len(session.execute(old.returning(UssdSession.session_id)).all())


def _new(gateway: str, key: str, dialled: Dialled, now: datetime) -> dict[str, object]:
    begun: dict[str, object] = {
        "heard_length": None,
        "heard_hash": "",
        "turns": 0,
        "trail": [],
        "page": 0,
        "draft": {},
        "reply": "",
        "ends": False,
    }
    network = "".join(c for c in dialled.network[:16] if c.isprintable())
    named = {"gateway": gateway, "session_id": key, "phone": dialled.phone, "network": network, "seen_at": now, "ended": None}
    return {**named, **begun}


def _key(session_id: str) -> str:
    """A gateway's id as we store it: one that no column should hold becomes its hash."""
    if len(session_id) <= LONGEST_ID and session_id.isprintable():
        return session_id
    return sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()


def _hash(row: UssdSession, text: str, key: str) -> str:
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
