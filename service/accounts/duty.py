"""Who is told of incidents: operators and administrators who asked for it, by e-mail, and by text where they gave a number."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.errors import Unusable
from core.phone import e164
from core.settings import Settings
from jobs.hearers import Hearer
from service.accounts import people
from service.accounts.models import Account
from service.accounts.roles import ROLES

SEES = "incidents.see"


def hearers(session: Session, settings: Settings) -> Sequence[Hearer]:
    """Those who are told. People of the sample country only where nothing leaves the house."""
    asked = select(Account).where(Account.hears, Account.active, Account.role.in_([role for role in ROLES if SEES in ROLES[role].may]))
    if settings.gateways != ("simulator",):
        asked = asked.where(Account.sample.is_(False))
    return [Hearer(one.id, one.email, one.phone) for one in session.scalars(asked.order_by(Account.email))]


def choose(session: Session, account_id: UUID, typed: str, hears: bool, by: str, now: datetime, country: str) -> None:
    """What one person wants: to be told or not, and by text if there is a number. Raises Unusable("account.phone")."""
    account = people.get(session, account_id)
    try:
        phone = e164(typed, country) if typed.strip() else None
    except Unusable as wrong:
        raise Unusable("account.phone") from wrong
    account.phone, account.hears = phone, hears
    audit.note(session, by, "account.duty", f"account:{account_id}", now, hears=hears, by_text=phone is not None)
