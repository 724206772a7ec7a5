"""Partners' keys: made once, shown once, kept as a keyed hash; bound to scopes and, for profiles, to one product and purpose."""

import hmac
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core import audit
from core.errors import NotFound, Unusable
from linkage.credit import ALLOWED
from profiles import organisations
from service.accounts.models import ApiKey

SCOPES = {
    "profiles:read": "read the profile of a farmer who permits it",
    "consents:ask": "ask a farmer for her permission",
    "offers:read": "read one's own offers",
    "offers:write": "draft, publish and close offers",
    "applications:read": "read farmers' yeses to one's own offers",
    "applications:write": "answer them",
}
OF_FARMERS = frozenset({"profiles:read", "consents:ask"})
LONGEST = timedelta(days=365)
START = "pk_live_"
LETTERS = string.ascii_letters + string.digits
ID_LENGTH, SECRET_LENGTH = 8, 43  # 43 letters of 62 are more than 256 bits
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key this is and what it may do."""

    key_id: str
    organisation_id: UUID
    name: str
    scopes: frozenset[str]
    product: str | None
    purpose: str | None
    until: datetime
    used_at: datetime | None

    @property
    def actor(self) -> str:
        return f"key:{self.key_id}"


def create(
    session: Session,
    organisation_id: UUID,
    scopes: Sequence[str],
    by: str,
    now: datetime,
    pepper: str,
    days: int = 365,
    product: str | None = None,
    purpose: str | None = None,
) -> str:
    """A new key, which can be read here and never again. Raises Unusable for unknown scopes, too long a life, a missing binding."""
    organisations.get(session, organisation_id)
    if not scopes or any(scope not in SCOPES for scope in scopes):
        raise Unusable("key.scopes", scopes=", ".join(SCOPES))
    if not 1 <= days <= LONGEST.days:
        raise Unusable("key.days", most=LONGEST.days)
    if OF_FARMERS & set(scopes) and (not product or purpose not in ALLOWED):
        raise Unusable("key.binding", purposes=", ".join(ALLOWED))
    readable = START + "".join(secrets.choice(LETTERS) for _ in range(ID_LENGTH))
    whole = f"{readable}_{''.join(secrets.choice(LETTERS) for _ in range(SECRET_LENGTH))}"
    row = ApiKey(
        id=readable,
        organisation_id=organisation_id,
        secret_hash=_hash(whole, pepper),
        scopes=sorted(set(scopes)),
        product=product,
        purpose=purpose,
        by=by,
        created_at=now,
        until=now + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    audit.note(session, by, "key.created", f"key:{readable}", now, organisation=str(organisation_id), scopes=row.scopes)
    return whole


def who(session: Session, given: str, now: datetime, pepper: str) -> Caller | None:
    """Whose live key this is. The same work is done for a key that does not exist."""
    readable, _, _ = given[len(START) :].partition("_")
    row = session.get(ApiKey, START + readable) if given.startswith(START) and given.isascii() and len(given) < 100 else None
    stored = row.secret_hash if row is not None else _hash("nobody's", pepper)
    fits = hmac.compare_digest(stored, _hash(given, pepper))
    if row is None or not fits or row.revoked_at is not None or now >= row.until:
        return None
    name = organisations.get(session, row.organisation_id).name
    return Caller(row.id, row.organisation_id, name, frozenset(row.scopes), row.product, row.purpose, row.until, row.used_at)


def seen(session: Session, key_id: str, now: datetime) -> None:
    """Remember when it was used last, to the minute."""
    late = (ApiKey.id == key_id, ApiKey.used_at.is_(None) | (ApiKey.used_at < now - SEEN_EVERY))
    session.execute(update(ApiKey).where(*late).values(used_at=now))


def revoke(session: Session, key_id: str, by: str, now: datetime) -> None:
    """It opens nothing from now on. Raises NotFound."""
    row = session.get(ApiKey, key_id)
    if row is None:
        raise NotFound(f"no key {key_id[:40]}")
    if row.revoked_at is None:
        row.revoked_at = now
        audit.note(session, by, "key.revoked", f"key:{key_id}", now)
    session.flush()


def of(session: Session, organisation_id: UUID) -> list[ApiKey]:
    """This partner's keys, newest first."""
    return list(session.scalars(select(ApiKey).where(ApiKey.organisation_id == organisation_id).order_by(ApiKey.created_at.desc())))


def _hash(whole: str, pepper: str) -> str:
    return hmac.new(pepper.encode(), whole.encode("utf-8", "surrogatepass"), "sha256").hexdigest()
