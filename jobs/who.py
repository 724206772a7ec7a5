"""Whose consent stands, and who is made up: the answer of profiles to messaging's question, since messaging knows no farmer."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.db import among
from messaging.lastlook import Who
from profiles import consent
from profiles.models import Farmer

SERVICE = "service"


def who(session: Session, refs: Sequence[str], now: datetime, asks_consent: bool, *, simulated: bool) -> Who:
    """Of these refs (farmer ids): who agreed to be texted at this instant, where that is asked, and who is barred.

    Made-up people of the sample country are for the simulator only, whatever kind of text it is: their numbers may be somebody's.
    """
    ids = {UUID(ref): ref for ref in refs if ref}
    if not ids:
        return Who()
    agreed = consent.standing(session, list(ids), SERVICE, now) if asks_consent else set()
    special = select(Farmer.id, Farmer.sample, Farmer.zone).where(
        among(session, Farmer.id, list(ids)), or_(Farmer.sample, Farmer.zone.is_not(None))
    )
    rows = session.execute(special).all()
    barred = set() if simulated else {ids[row.id] for row in rows if row.sample}
    return Who({ids[one] for one in agreed}, barred, {ids[row.id]: row.zone for row in rows if row.zone})
