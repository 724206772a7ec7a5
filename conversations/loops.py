"""When two machines text each other, ours falls silent first: too many answers that are alike, and the phone is muted for a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from messaging import inbox
from messaging.models import Inbound

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SAME_AN_HOUR = 5
PLAIN = ("HELP", "STOP?", "")  # taken for these, a text got an answer that says nothing new
PLAIN_AN_HOUR, PLAIN_A_DAY = 5, 15
ANSWERS_A_DAY = 30


@dataclass(frozen=True, slots=True)
class Said:
    """One answer of ours: when, its words, and what the text was taken for."""

    at: datetime
    body: str
    understood: str


def too_many(session: Session, inbound: Inbound, phone: str, body: str, plain: bool, now: datetime) -> str | None:
    """Why one answer more would be one too many, in words for an operator; None while it is well."""
    earlier = [one for one in inbox.lately(session, phone, now - DAY) if one.id != inbound.id]
    bodies = inbox.answers(session, earlier)
    return why([Said(one.at, bodies[one.id], one.understood or "") for one in earlier if one.id in bodies], body, plain, now)


def why(said: Sequence[Said], body: str, plain: bool, now: datetime) -> str | None:
    """The rules alone. Pure."""
    last_hour = [one for one in said if one.at > now - HOUR]
    if sum(one.body == body for one in last_hour) >= SAME_AN_HOUR:
        return f"{SAME_AN_HOUR} answers alike within an hour"
    if plain and sum(one.understood in PLAIN for one in last_hour) >= PLAIN_AN_HOUR:
        return f"{PLAIN_AN_HOUR} texts within an hour that ask for nothing"
    if plain and sum(one.understood in PLAIN for one in said) >= PLAIN_A_DAY:
        return f"{PLAIN_A_DAY} texts within a day that ask for nothing"
    return f"{ANSWERS_A_DAY} answers within a day" if len(said) >= ANSWERS_A_DAY else None
