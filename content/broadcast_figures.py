"""A desk's broadcast in figures: who would get it and what that costs, how far it is, and what became of each phone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from content.models import Broadcast
from core.db import dialect
from core.phone import operator
from messaging import gsm, story
from messaging.models import Batch, Message, Outcome, Suppression
from profiles import audiences
from profiles.audiences import Audience
from profiles.models import Farmer, Plot

SAMPLES = 5
# Price of one part in shillings. A sample: what a bulk sender may pay, for the sum to be seen. The contract decides.
SAMPLE_PRICES = {"MTN UG": Decimal("35"), "Airtel UG": Decimal("35"), "UTL UG": Decimal("30")}
CURRENCY = "UGX"
HANDED = ("sent", "unconfirmed")
RETRIED = ("not_sent", "refused", "deferred")


@dataclass(frozen=True, slots=True)
class Share:
    """One operator's part: phones, parts, and the sum; None where no price is known."""

    operator: str
    phones: int
    parts: int
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Reach:
    """What a broadcast would come to. `stopped` said STOP and get nothing; the shares count the others."""

    phones: int
    stopped: int
    parts: int
    shares: Sequence[Share]
    samples: Sequence[Farmer]

    @property
    def going(self) -> int:
        return self.phones - self.stopped

    @property
    def cost(self) -> Decimal:
        """Of what has a price."""
        return sum((share.cost for share in self.shares if share.cost is not None), Decimal(0))

    @property
    def unpriced(self) -> int:
        return sum(share.parts for share in self.shares if share.cost is None)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: phones handed over, phones that wait, phones that get nothing. `reasons`: (state, reason) → phones."""

    planned: int
    sent: int
    waiting: int
    held: int
    reasons: Mapping[tuple[str, str], int]

    @property
    def percent(self) -> int:
        return 100 * (self.planned - self.waiting) // self.planned if self.planned else 0


def phones(session: Session, audience: Audience, now: datetime) -> list[str]:
    """The phones of an audience as planning will find them, each once."""
    return list(session.scalars(_members(audience, now, Farmer.phone).distinct().order_by(Farmer.phone)))


def reach(session: Session, audience: Audience, body: str, now: datetime) -> Reach:
    """Who would get this body, at what cost, and five of them."""
    found = phones(session, audience, now)
    stops = select(Suppression.phone).where(Suppression.phone.in_(_members(audience, now, Farmer.phone)))
    stopped = set(session.scalars(stops))
    parts = gsm.parts(body)
    counted = Counter(operator(phone) or "not known" for phone in found if phone not in stopped)
    shares = [_share(name, count, count * parts) for name, count in sorted(counted.items(), key=lambda one: (-one[1], one[0]))]
    some = session.scalars(_members(audience, now, Farmer).order_by(Farmer.id).limit(SAMPLES * 4))
    samples = [farmer for farmer in some if farmer.phone not in stopped][:SAMPLES]
    return Reach(len(found), len(stopped), parts, shares, samples)


def progress(session: Session, broadcast: Broadcast) -> Progress:
    """How far it is at this moment. A phone that is tried again counts where its last batch is."""
    mine = Batch.sender == f"broadcast:{broadcast.id}"
    size: Any = func.cardinality if dialect(session) == "postgresql" else func.json_array_length
    waiting = session.scalar(select(func.sum(size(Batch.phones))).where(mine, Batch.state != "done")) or 0
    reason = case((Outcome.state.is_not(None), Outcome.reason), else_=Message.code).label("reason")
    later, again = aliased(Batch), aliased(Message)
    follows = select(later.id).where(later.follows == Message.batch_id, later.sender == f"broadcast:{broadcast.id}")
    tried_again = follows.join(again, (again.batch_id == later.id) & (again.phone == Message.phone)).exists()
    to_be_tried = follows.where(later.state != "done").exists() & Message.fate.in_(RETRIED)
    rows = session.execute(
        select(story.STATE, reason, func.count(), func.sum(case((Message.fate.in_(HANDED), 1), else_=0)))
        .join(Batch, Batch.id == Message.batch_id)
        .outerjoin(Outcome, (Outcome.batch_id == Message.batch_id) & (Outcome.phone == Message.phone))
        .where(mine, ~tried_again, ~to_be_tried)
        .group_by(story.STATE, reason)
    ).all()
    sent, ended = sum(int(row[3]) for row in rows), sum(int(row[2]) for row in rows)
    reasons = {(row[0], row[1] or ""): int(row[2]) for row in rows}
    planned = max(broadcast.phones, ended + int(waiting))
    return Progress(planned, sent, int(waiting), planned - sent - int(waiting), reasons)


def _share(name: str, count: int, parts: int) -> Share:
    price = SAMPLE_PRICES.get(name)
    return Share(name, count, parts, None if price is None else price * parts)


def _members(audience: Audience, now: datetime, *columns: Any) -> Any:
    return select(*columns).join(Plot, Plot.farmer_id == Farmer.id).where(*audiences.conditions(audience, now))
