"""What an operator holds back, with the reason and until when; and what goes on again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core import audit
from core.db import wake
from core.errors import NotFound, Unusable
from messaging import switches
from messaging.models import Switch
from messaging.outbox import DISPATCH
from messaging.unconfirmed import ONCE_MORE

SHORTEST, LONGEST = 3, 200  # characters of a reason
FURTHEST = timedelta(days=60)
SENDER = "sender:"  # a broadcast is stopped and resumed on its own page, which does more than this switch


def standing(session: Session, now: datetime) -> Sequence[Switch]:
    """What is held back at this instant: all of it first, then by name."""
    found = switches.off(session, now)
    return [found[name] for name in sorted(found, key=lambda name: (name != switches.SENDING, name)) if name != ONCE_MORE]


def pause(session: Session, name: str, why: str, by: str, now: datetime, until: datetime | None = None) -> None:
    """Hold back what this names. Raises Unusable without a reason, or with an end that lies behind us or too far ahead."""
    why = reason(why)
    if until is not None and not now < until <= now + FURTHEST:
        raise Unusable("pause.until")
    switches.turn_off(session, name, why, by, now, until)
    audit.note(session, by, "sending.paused", f"switch:{name}", now, why=why, until=until.isoformat() if until else None)


def resume(session: Session, name: str, by: str, now: datetime) -> None:
    """Let it go again. Raises NotFound for what is not held back, and for a broadcast."""
    if name.startswith(SENDER) or name == ONCE_MORE or name not in switches.off(session, now, [name]):
        raise NotFound(f"{name} is not paused")
    switches.turn_on(session, name)
    audit.note(session, by, "sending.resumed", f"switch:{name}", now)
    wake(session, DISPATCH)


def allow_once_more(session: Session, why: str, by: str, now: datetime) -> None:
    """From now on an unconfirmed emergency goes once more by itself. Raises Unusable without a reason."""
    why = reason(why)
    switches.turn_off(session, ONCE_MORE, why, by, now)
    audit.note(session, by, "once_more.allowed", f"switch:{ONCE_MORE}", now, why=why)


def forbid_once_more(session: Session, by: str, now: datetime) -> None:
    """An unconfirmed emergency is closed as every other text is. Nothing happens where that is so already."""
    if switches.off(session, now, [ONCE_MORE]):
        switches.turn_on(session, ONCE_MORE)
        audit.note(session, by, "once_more.forbidden", f"switch:{ONCE_MORE}", now)


def reason(typed: str) -> str:
    """A reason in a few words, on one line. Raises Unusable."""
    why = " ".join(typed.split())[:LONGEST]
    if len(why) < SHORTEST:
        raise Unusable("pause.why")
    return why
