"""The first administrator: a link printed at start-up, good for a day, that works once and only while there is none."""

from datetime import datetime

from sqlalchemy.orm import Session

from core.errors import NotFound
from service.accounts import links, people
from service.accounts.models import Account


def link(session: Session, now: datetime) -> str | None:
    """A new set-up token, or None when an administrator exists. The page is /setup/<token>."""
    if people.has_admin(session):
        return None
    return links.make(session, links.SETUP, None, now)


def stands(session: Session, token: str, now: datetime) -> None:
    """Raise NotFound unless this token may make the administrator now."""
    links.look(session, token, links.SETUP, now)
    if people.has_admin(session):
        raise NotFound("setup")


def administrator(session: Session, token: str, name: str, email: str, password: str, now: datetime) -> Account:
    """Make the first administrator and use the link up. Raises NotFound, Unusable, or Conflict when the address is taken."""
    stands(session, token, now)
    account = people.create(session, email, name, "admin", "setup", now)
    people.set_password(session, account, password, now)
    links.use(session, token, links.SETUP, now)
    return account
