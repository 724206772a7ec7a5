"""Whose consent stands: the answer of profiles to messaging's question, since messaging knows no farmer."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import among
from profiles import consent
from profiles.models import Farmer

SERVICE = "service"


def agreed(session: Session, refs: Sequence[str], now: datetime, *, simulated: bool) -> set[str]:
    """Those of these refs (farmer ids) who agreed to be texted at this instant.

    Made-up people of the sample country agree to the simulator only: their numbers may belong to somebody.
    """
    ids = {UUID(ref): ref for ref in refs if ref}
    standing = consent.standing(session, list(ids), SERVICE, now)
    if standing and not simulated:
        standing -= set(session.scalars(select(Farmer.id).where(among(session, Farmer.id, list(standing)), Farmer.sample)))
    return {ids[farmer_id] for farmer_id in standing}
