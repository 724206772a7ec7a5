"""The way of texts in numbers for machines: fates of the last hour, how long deliveries take, dial-ins and their errors.

Of deliveries the newest batches are enough; nothing here says whose phone it was.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from messaging.dial_failures import FAILED
from messaging.gateway import Fate, State
from messaging.models import Hop, Message, Outcome

QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
NEWEST = 2_000  # deliveries of which the lag is taken


@dataclass(frozen=True, slots=True)
class Fates:
    """By fate in both spans, and why we held texts back in the last hour."""

    quarter: Mapping[str, int]
    hour: Mapping[str, int]
    withheld: Mapping[str, int]


def fates(session: Session, now: datetime) -> Fates:
    """What became of the texts of the last hour. Only our own reasons are told apart: a gateway's codes are its own words."""
    reason = case((Message.fate == Fate.SUPPRESSED, Message.code), else_="").label("reason")
    lately = func.count().filter(Message.at > now - QUARTER)
    found = select(Message.fate, reason, func.count(), lately).where(Message.at > now - HOUR).group_by(Message.fate, "reason")
    quarter, hour, withheld = (Counter[str](dict.fromkeys((fate.value for fate in Fate), 0)) for _ in range(3))
    withheld.clear()
    for fate, why, all_, few in session.execute(found):
        hour[fate] += all_
        quarter[fate] += few
        if why:
            withheld[why] += all_
    return Fates(quarter, hour, withheld)


def delivery_lag(session: Session, now: datetime, share: float = 0.95) -> float | None:
    """Seconds within which this share of the newest texts of the last hour that arrived did so; None where none did."""
    arrived = (
        select(Message.at, Outcome.at)
        .join(Outcome, (Outcome.batch_id == Message.batch_id) & (Outcome.phone == Message.phone))
        .where(Message.at > now - HOUR, Message.fate == Fate.SENT, Outcome.state == State.DELIVERED)
        .order_by(Message.at.desc())
        .limit(NEWEST)
    )
    lags = sorted((came - sent).total_seconds() for sent, came in session.execute(arrived))
    return lags[min(int(len(lags) * share), len(lags) - 1)] if lags else None


def dial_ins(session: Session, now: datetime) -> tuple[int, int]:
    """Turns of the last quarter of an hour, and how many of them ended in "sorry"."""
    failed = func.count().filter(Hop.screen == FAILED)
    turns, bad = session.execute(select(func.count(), failed).where(Hop.at > now - QUARTER)).one()
    return turns, bad
