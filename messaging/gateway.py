"""The port to whoever carries texts for us: what comes in, what goes out, and the four fates of a text.

    sent         the gateway took it and gave it a name
    refused      the gateway said no, for this phone, and says why
    not_sent     it certainly never left: safe to try again
    unconfirmed  we stopped listening before the answer: never sent again by ourselves

An adapter is the only code that calls the network; it takes no database session, and its `send` never raises.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class Fate(StrEnum):
    """What became of one phone of a batch. The first four come from a gateway, the others from us."""

    SENT = "sent"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    UNCONFIRMED = "unconfirmed"
    SUPPRESSED = "suppressed"  # the phone said STOP, or its consent does not stand
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    DEFERRED = "deferred"  # held back by a cap or the quiet hours: a later batch follows


class Advice(StrEnum):
    """What a refusal or failure asks of us, beyond this one text."""

    NONE = ""
    LATER = "later"  # try again after a while
    EVENING = "evening"  # the phone was off: try once, in the evening
    BAD_NUMBER = "bad_number"  # no text will ever reach it
    OPTED_OUT = "opted_out"  # the person told the gateway to stop
    PAUSE = "pause"  # ours to fix (balance, key, sender id): hold the queue and raise an incident


@dataclass(frozen=True, slots=True)
class Handed:
    """One phone's fate at the gateway. `cost` is in the gateway's currency and exact to four places."""

    phone: str
    fate: Fate
    gateway_id: str | None = None
    cost: Decimal | None = None
    currency: str | None = None
    code: str = ""
    advice: Advice = Advice.NONE
    retry_after: float | None = None  # seconds


@dataclass(frozen=True, slots=True)
class Dialled:
    """One USSD request. `text` is everything typed so far when `cumulative`, else the latest input alone."""

    session_id: str
    phone: str
    service_code: str
    network: str
    text: str
    cumulative: bool = True


@dataclass(frozen=True, slots=True)
class Ended:
    """The gateway's word that a USSD session is over; may be missing, late or doubled."""

    session_id: str
    status: str


@dataclass(frozen=True, slots=True)
class Heard:
    """One text from a phone. `phone` is None when the sender is not a number (an operator's name)."""

    gateway_id: str
    phone: str | None
    sender: str
    to: str
    text: str
    network: str
    sent_at: datetime | None


class State(StrEnum):
    """What a gateway later says became of a text, in the order of its life."""

    ON_THE_WAY = "on_the_way"
    BUFFERED = "buffered"
    DELIVERED = "delivered"
    FAILED = "failed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Told:
    """One delivery report as it came; `state` is what we make of `status`."""

    gateway_id: str
    phone: str | None
    status: str
    state: State
    reason: str
    network: str
    advice: Advice = Advice.NONE


@dataclass(frozen=True, slots=True)
class OptedOut:
    """The gateway's word that a phone wants no more of a sender's texts."""

    phone: str
    sender: str


class Unreadable(Exception):
    """A callback that cannot be read. Its message says what is missing, never what it contained."""


class Gateway(Protocol):
    """One carrier. Parsing and rendering are pure; `send` is the only call that leaves the machine."""

    name: str

    def parse_dialled(self, form: Mapping[str, str]) -> Dialled: ...
    def parse_ended(self, form: Mapping[str, str]) -> Ended: ...
    def parse_heard(self, form: Mapping[str, str]) -> Heard: ...
    def parse_told(self, form: Mapping[str, str]) -> Told: ...
    def parse_opted_out(self, form: Mapping[str, str]) -> OptedOut: ...
    def render(self, text: str, *, ends: bool) -> str: ...
    def send(self, body: str, phones: Sequence[str], *, reference: str) -> list[Handed]: ...
    def collect(self) -> list[Told]: ...  # reports that must be fetched, where they do not come by callback
    def balance(self) -> tuple[Decimal, str]: ...
