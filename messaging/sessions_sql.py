"""The row of a dial-in, read and written by plain SQL: every turn does both, and as objects they would cost more than all else.

One statement takes the row, and with it goes whatever else a turn begins by asking (`beside`): a round trip costs as much as
either. One writes it together with the hop. Both databases; `python -m bench turn` measures it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean
from sqlalchemy.orm import Session

from core.db import Json, Moment, TextList, dialect
from core.plain import Asked, Plain, together

BEGIN = Plain(
    """INSERT INTO ussd_sessions
    (gateway, session_id, phone, network, heard_length, heard_hash, turns, trail, page, draft, reply, ends, seen_at)
    VALUES (:gateway, :session_id, :phone, :network, NULL, '', 0, :trail, 0, :draft, '', false, :now)
    ON CONFLICT DO NOTHING RETURNING turns""",
    binds={"trail": TextList, "draft": Json, "now": Moment},
)
# SQLite has one writer and needs no lock: Plain leaves FOR UPDATE away there.
LOCK = Plain(
    """SELECT phone, network, heard_length, heard_hash, turns, trail, page, draft, reply, ends, seen_at FROM ussd_sessions
    WHERE gateway = :gateway AND session_id = :session_id FOR UPDATE""",
    columns={"trail": TextList, "draft": Json, "ends": Boolean, "seen_at": Moment},
)
_KEEP = """UPDATE ussd_sessions SET network = :network, heard_length = :heard_length, heard_hash = :heard_hash, turns = :turns,
    trail = :trail, page = :page, draft = :draft, reply = :reply, ends = :ends, seen_at = :now,
    ended = CASE WHEN :turns = 1 THEN NULL ELSE ended END
    WHERE gateway = :gateway AND session_id = :session_id"""
_HOP = """INSERT INTO hops (at, screen, language, network, first, ends)
    VALUES (:now, :screen, :language, :network, :first, :ends)"""
_KEPT = {"trail": TextList, "draft": Json, "now": Moment, "ends": Boolean}
KEEP = Plain(_KEEP, binds=_KEPT)
HOP = Plain(_HOP, binds={"now": Moment, "first": Boolean, "ends": Boolean})
KEEP_AND_HOP = Plain(f"WITH hop AS ({_HOP}) {_KEEP}", binds={**_KEPT, "first": Boolean})


def begin(session: Session, new: Mapping[str, Any], now: datetime, beside: Asked) -> tuple[bool, Sequence[Any]]:
    """Whether a new row was made, ours until we commit, and what `beside` gave. Waits for a twin that is just making it."""
    made, found = together(session, (BEGIN, {**new, "trail": [], "draft": {}, "now": now}), beside)
    return bool(made), found


def lock(session: Session, named: Mapping[str, Any], beside: Asked) -> tuple[Any | None, Sequence[Any]]:
    """The row, ours until we commit: `LOCK`'s columns, or None; and what `beside` gave after that."""
    rows, found = together(session, (LOCK, named), beside)
    return next(iter(rows), None), found


def keep(session: Session, row: Mapping[str, Any], now: datetime) -> None:
    KEEP.rows(session, **row, now=now)


def keep_and_hop(session: Session, row: Mapping[str, Any], screen: str, language: str, now: datetime, beside: Sequence[Asked]) -> None:
    """Write the row, that a screen was shown, and what else there is: in one round trip where the database can."""
    shown = {"screen": screen, "language": language, "first": row["turns"] == 1}
    if dialect(session) == "postgresql":
        together(session, *beside, (KEEP_AND_HOP, {**row, **shown, "now": now}))
        return
    hop = {**shown, "network": row["network"], "ends": row["ends"], "now": now}
    together(session, *beside, (KEEP, {**row, "now": now}), (HOP, hop))
