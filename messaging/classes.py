"""What kinds of text there are, and what each kind is allowed to do. The table of the whole policy."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from core import clock


class MessageClass(StrEnum):
    REPLY = "reply"
    EMERGENCY = "emergency"
    ALERT = "alert"
    NOTICE = "notice"
    ADVICE = "advice"
    SURVEY = "survey"
    OFFER = "offer"


class Unconfirmed(StrEnum):
    """What becomes of a message when we stopped listening before the gateway's answer. Never: sent again by ourselves."""

    CLOSED = "closed"
    ASKS_PERSON = "asks a person"
    ONCE_MORE_IF_SWITCHED_ON = "once more, only where an operator switched that on"


@dataclass(frozen=True, slots=True)
class Policy:
    lane: int  # 1 goes first
    quiet: bool  # waits for the end of the quiet hours
    capped: bool  # counts as an unasked text, and is held back by the caps
    asks_consent: bool  # goes only where the person agreed to be texted
    valid: timedelta | None  # None: to the end of its local day
    unconfirmed: Unconfirmed


POLICIES = {
    MessageClass.REPLY: Policy(1, False, False, False, timedelta(minutes=30), Unconfirmed.CLOSED),
    MessageClass.EMERGENCY: Policy(1, False, False, False, timedelta(hours=6), Unconfirmed.ONCE_MORE_IF_SWITCHED_ON),
    MessageClass.ALERT: Policy(2, True, False, True, timedelta(hours=12), Unconfirmed.CLOSED),
    MessageClass.NOTICE: Policy(2, True, False, False, timedelta(hours=72), Unconfirmed.ASKS_PERSON),
    MessageClass.ADVICE: Policy(3, True, True, True, None, Unconfirmed.CLOSED),
    MessageClass.SURVEY: Policy(4, True, True, True, timedelta(hours=24), Unconfirmed.CLOSED),
    MessageClass.OFFER: Policy(4, True, True, True, timedelta(hours=24), Unconfirmed.CLOSED),
}
CAPPED = tuple(kind for kind, policy in POLICIES.items() if policy.capped)
UNASKED_A_DAY, UNASKED_A_WEEK = 1, 3


def heeds_stop(kind: MessageClass) -> bool:
    """STOP ends every text but the answer to what a person asked."""
    return kind is not MessageClass.REPLY


def valid_until(kind: MessageClass, now: datetime, zone: ZoneInfo, quiet: tuple[time, time] | None = None) -> datetime:
    """The instant after which a text of this kind is no longer sent. What must wait for the morning is of the morning's day."""
    policy = POLICIES[kind]
    begins = (clock.quiet_until(now, quiet, zone) or now) if policy.quiet else now
    return begins + policy.valid if policy.valid is not None else clock.end_of_day(begins, zone)
