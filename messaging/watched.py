"""How the way of texts stands, as a few numbers that are watched: ages of queues, shares of failures, silence, stops.

All are bounded: what is made in a span of time is found by the ids of its batches, which begin with their time, and of many
batches the newest are enough to know a share.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from messaging import switches
from messaging.classes import POLICIES, Unconfirmed
from messaging.gateway import Fate, State
from messaging.inbox import MOST_TRIES
from messaging.models import Batch, Inbound, Message, Outcome, Report, Suppression

SAMPLE = 1000  # batches that a share is taken of
HANDED = (Fate.SENT, Fate.REFUSED, Fate.NOT_SENT, Fate.UNCONFIRMED)
ASKS_PERSON = tuple(kind for kind, policy in POLICIES.items() if policy.unconfirmed is Unconfirmed.ASKS_PERSON)
STOPS_AFTER = timedelta(hours=48)  # a stop speaks of the texts of so long before it


def oldest_minutes(session: Session, lane: int, now: datetime) -> float:
    """How long the oldest due text of a lane has waited, but for those that somebody switched off."""
    off = switches.off(session, now)
    if switches.SENDING in off:
        return 0.0
    named = [name.partition(":") for name in off]
    classes, senders = ([rest for kind, _, rest in named if kind == which] for which in ("class", "sender"))
    waits = select(func.min(Batch.not_before)).where(Batch.state == "queued", Batch.lane == lane, Batch.not_before <= now)
    return _minutes(session.scalar(waits.where(Batch.klass.not_in(classes), Batch.sender.not_in(senders))), now)


def unheard_minutes(session: Session, now: datetime) -> float:
    """How long the oldest text from a phone has waited to be understood, but for those that wait for a person."""
    return _minutes(session.scalar(select(func.min(Inbound.at)).where(Inbound.handled_at.is_(None), Inbound.tries < MOST_TRIES)), now)


def unreported(session: Session, since: datetime, until: datetime) -> Mapping[str, int]:
    """Gateway → how many texts of this span it took; 0 for one that has reported anything since the span began."""
    took = session.execute(
        select(Message.gateway, func.count())
        .where(Message.batch_id.in_(_made(since, until)), Message.fate == Fate.SENT, Message.gateway.is_not(None))
        .group_by(Message.gateway)
    )
    return {gateway or "": 0 if _reported(session, gateway or "", since) else count for gateway, count in took}


def delivered(session: Session, since: datetime, until: datetime) -> tuple[int, int]:
    """Of the texts made in this span that a gateway took: how many, and how many reached their phones."""
    took, came = session.execute(
        select(func.count(), func.count().filter(Outcome.state == State.DELIVERED))
        .select_from(Message)
        .outerjoin(Outcome, (Outcome.batch_id == Message.batch_id) & (Outcome.phone == Message.phone))
        .where(Message.batch_id.in_(_made(since, until)), Message.fate == Fate.SENT)
    ).one()
    return took, came


def failing(session: Session, since: datetime, until: datetime, least: int) -> Mapping[str, float]:
    """Gateway → how many of a hundred texts made in this span it did not take; nothing is said of fewer than `least`."""
    rows = session.execute(
        select(Message.gateway, func.count(), func.count().filter(Message.fate != Fate.SENT))
        .where(Message.batch_id.in_(_made(since, until)), Message.fate.in_(HANDED), Message.gateway.is_not(None))
        .group_by(Message.gateway)
    )
    return {gateway or "": 100 * bad / all_ if all_ >= least else 0.0 for gateway, all_, bad in rows}


def waiting_for_person(session: Session, since: datetime) -> int:
    """Texts of which nobody knows whether they went, and which only a person may settle."""
    unsettled = (
        select(func.count())
        .select_from(Message)
        .join(Batch, Batch.id == Message.batch_id)
        .outerjoin(Outcome, (Outcome.batch_id == Message.batch_id) & (Outcome.phone == Message.phone))
        .where(Batch.id >= first_id(since), Batch.klass.in_(ASKS_PERSON), Message.fate == Fate.UNCONFIRMED)
        .where(Outcome.state.is_(None) | (Outcome.state == State.UNKNOWN))
    )
    return int(session.scalar(unsettled) or 0)


def stops(session: Session, kind: str, since: datetime, least: int) -> Mapping[str, float]:
    """Sender of this kind ("broadcast") → how many of a hundred whom its texts reached said STOP after them, where `least` did."""
    stopped = (
        select(Batch.sender, func.count(Suppression.phone.distinct()).label("stops"))
        .join(Message, Message.phone == Suppression.phone)
        .join(Batch, Batch.id == Message.batch_id)
        .where(Suppression.at >= since, Message.fate == Fate.SENT, Message.at < Suppression.at, Message.at > since - STOPS_AFTER)
        .where(Batch.sender.startswith(f"{kind}:", autoescape=True))
        .group_by(Batch.sender)
    )
    many = {sender: count for sender, count in session.execute(stopped) if count >= least}
    return {sender: 100 * count / max(count, _sent(session, sender)) for sender, count in many.items()}


def first_id(moment: datetime) -> UUID:
    """The smallest id that a batch of this moment can have."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _made(since: datetime, until: datetime) -> Select[Any]:
    span = select(Batch.id).where(Batch.id >= first_id(since), Batch.id < first_id(until), Batch.state == "done")
    return span.order_by(Batch.id.desc()).limit(SAMPLE)


def _reported(session: Session, gateway: str, since: datetime) -> bool:
    newest = session.scalar(select(Report.at).where(Report.gateway == gateway).order_by(Report.id.desc()).limit(1))
    return newest is not None and newest >= since


def _sent(session: Session, sender: str) -> int:
    texts: Sequence[int | None] = session.scalars(
        select(func.count()).select_from(Message).join(Batch).where(Batch.sender == sender, Message.fate == Fate.SENT)
    ).all()
    return int(texts[0] or 0)


def _minutes(since: datetime | None, now: datetime) -> float:
    return (now - since).total_seconds() / 60 if since else 0.0
