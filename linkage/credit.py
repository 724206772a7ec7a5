"""What a partner is shown of a farmer: what she permits, for as long as she permits it, and never without a row that says so."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import clock
from core.db import new_id
from core.errors import Forbidden, NotFound, Unusable
from linkage import notices
from linkage.models import Disclosure
from profiles import farmers, organisations, places, sharing
from profiles.models import Consent, Farmer, Membership, Record

# Every field there is, and which of them may be asked for with which purpose.
FIELDS = ("name", "district", "crops", "land", "membership_months", "records")
ALLOWED: dict[str, tuple[str, ...]] = {
    "credit": FIELDS,
    "cover": ("name", "district", "crops", "land"),
    "purchase": ("name", "district", "crops"),
}
DATA_LIFE_DAYS = 90


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, with which key, and what that key is bound to."""

    key_id: str
    organisation_id: UUID
    product: str | None
    purpose: str | None


def pull(session: Session, asker: Asker, code: str, now: datetime, zone: ZoneInfo, ussd: str) -> dict[str, Any]:
    """The farmer's profile and the row that it was shown, in the caller's one transaction.

    Raises Forbidden, always the same, for an unknown farmer, one without a live permission, or a key that is bound to none:
    the answer never says which.
    """
    if asker.product is None or asker.purpose not in ALLOWED:
        raise Forbidden("no profile")
    try:
        farmer = farmers.by_code(session, code)
    except (NotFound, Unusable) as nobody:
        raise Forbidden("no profile") from nobody
    consent = sharing.stands(session, farmer.id, asker.organisation_id, asker.purpose, asker.product, (), now)
    fields = [one for one in ALLOWED[asker.purpose] if consent is not None and one in (consent.fields or ())]
    if consent is None or not fields:
        raise Forbidden("no profile")
    shown = {
        "code": farmers.code(farmer),
        "consent": {"id": str(consent.id), "until": consent.until.isoformat() if consent.until else None},
        "data_life_days": DATA_LIFE_DAYS,
        "fields": profile(session, farmer, fields, clock.day(now, zone)),
    }
    session.add(_disclosure(asker, consent, fields, shown, now))
    session.flush()
    notices.seen(session, farmer, organisations.get(session, asker.organisation_id), consent.id, now, zone, ussd)
    return shown


def profile(session: Session, farmer: Farmer, fields: list[str], day: date) -> dict[str, Any]:
    """These fields, and no others. Land as the bands she said, never a place; records as counts, never a single one."""
    plots = farmers.plots(session, farmer.id)
    found: dict[str, Callable[[], Any]] = {
        "name": lambda: farmer.name,
        "district": lambda: places.get(session, farmer.district_id).name if farmer.district_id is not None else None,
        "crops": lambda: [plot.crop for plot in plots],
        "land": lambda: {plot.crop: plot.land for plot in plots if plot.land},
        "membership_months": lambda: _months(session, farmer.id, day),
        "records": lambda: _records(session, farmer.id),
    }
    return {name: found[name]() for name in fields}


def withdraw(session: Session, farmer_id: UUID, consent_id: UUID, now: datetime) -> bool:
    """End a permission. Its moment is never before the last time that data was shown under it: the row is held while we look."""
    consent = sharing.hold(session, consent_id, farmer_id)
    if consent is None or consent.withdrawn_at is not None:
        return False
    last = session.scalar(select(func.max(Disclosure.at)).where(Disclosure.consent_id == consent_id))
    consent.withdrawn_at = max(now, last) if last else now
    session.flush()
    return True


def looked(session: Session, farmer_id: UUID, most: int = 5) -> list[Disclosure]:
    """Who was shown her data, latest first."""
    query = select(Disclosure).where(Disclosure.farmer_id == farmer_id).order_by(Disclosure.at.desc(), Disclosure.id.desc())
    return list(session.scalars(query.limit(most)))


def _disclosure(asker: Asker, consent: Consent, fields: list[str], shown: dict[str, Any], now: datetime) -> Disclosure:
    return Disclosure(
        id=new_id(now),
        consent_id=consent.id,
        organisation_id=asker.organisation_id,
        farmer_id=consent.farmer_id,
        product=asker.product or "",
        purpose=asker.purpose or "",
        fields=fields,
        key_id=asker.key_id,
        response_hash=sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest(),
        at=now,
    )


def _months(session: Session, farmer_id: UUID, day: date) -> int:
    """Whole months in the group that she has been in longest, of those she is in."""
    standing = select(func.min(Membership.since)).where(Membership.farmer_id == farmer_id, Membership.until.is_(None))
    since = session.scalar(standing)
    return 0 if since is None else max(0, (day.year - since.year) * 12 + day.month - since.month - (day.day < since.day))


def _records(session: Session, farmer_id: UUID) -> dict[str, Any]:
    rows = session.execute(select(Record.kind, Record.grade, Record.day).where(Record.farmer_id == farmer_id, Record.replaced.is_(False)))
    found = [(kind, grade, day) for kind, grade, day in rows]
    days = [day for _, _, day in found]
    return {
        "count": len(found),
        "by_kind": dict(Counter(kind for kind, _, _ in found)),
        "by_grade": dict(Counter(grade for _, grade, _ in found)),
        "since": min(days).isoformat() if days else None,
    }
