"""A partner with somebody who signs in, a published offer, a farmer's yes and what she permits: what its pages are tested on."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from core import clock
from jobs.runtime import Runtime
from linkage import applications
from linkage.models import Offer
from messaging.models import Batch
from profiles import sharing
from profiles.models import Farmer, Organisation
from tests import market
from tests.market import ZONE
from tests.web.visitor import account


def house(runtime: Runtime, kind: str = "lender", code: str = "KIGANDA", licence: str | None = "UMRA/1") -> Organisation:
    """A partner with somebody who signs in as <code>@example.org."""
    now = runtime.now()
    with runtime.transaction() as session:
        made = market.partner(session, now, kind, code, licence, f"{code.title()} House")
        account(session, "partner", now, email=f"{code.lower()}@example.org", organisation_id=made.id)
        return made


def published(runtime: Runtime, by: Organisation) -> UUID:
    with runtime.transaction() as session:
        return market.published(session, by, runtime.now()).id


def asks(runtime: Runtime, farmer: Farmer, offer_id: UUID) -> UUID:
    """She says yes."""
    now = runtime.now()
    with runtime.transaction() as session:
        offer = session.get_one(Offer, offer_id)
        return applications.accept(session, farmer.id, offer, "pay back 220,000", "ussd", now, clock.day(now, ZONE)).id


def count(runtime: Runtime, table: Any) -> int:
    with runtime.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def told(runtime: Runtime) -> list[str]:
    with runtime.reading() as session:
        return list(session.scalars(select(Batch.body).order_by(Batch.id)))


def permit(runtime: Runtime, farmer: Farmer, by: Organisation, *fields: str) -> None:
    now = runtime.now()
    with runtime.transaction() as session:
        sharing.grant(session, farmer.id, by.id, "credit", "input-2026A", fields, "ussd", "test", now, now + timedelta(days=30))
