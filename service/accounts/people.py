"""The life of an account: made, invited, given a role, ended. Every deed is audited."""

import re
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core import audit
from core.db import insert_new, new_id
from core.errors import Conflict, NotFound, Unusable
from service.accounts import links, passwords, sign_ins
from service.accounts.models import Account
from service.accounts.roles import ROLES

EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


def create(
    session: Session, email: str, name: str, role: str, by: str, now: datetime, *, organisation_id: UUID | None = None, sample: bool = False
) -> Account:
    """An account without a password yet. Raises Unusable ("account.email", "account.role", "account.group") or Conflict when it exists."""
    folded = email.strip().casefold()
    if len(folded) > 254 or not EMAIL.fullmatch(folded):
        raise Unusable("account.email")
    if role not in ROLES:
        raise Unusable("account.role", roles=", ".join(ROLES))
    row = {
        "id": new_id(now),
        "email": folded,
        "name": name.strip()[:80] or folded.partition("@")[0],
        "role": role,
        "organisation_id": organisation_id,
        "password_hash": "",
        "active": True,
        "sample": sample,
        "created_at": now,
    }
    made = insert_new(session, Account, [row])
    if not made:
        raise Conflict("account.exists")
    audit.note(session, by, "account.created", f"account:{row['id']}", now, role=role)
    account: Account = made[0]
    return account


def by_email(session: Session, email: str) -> Account | None:
    return session.scalars(select(Account).where(Account.email == email.strip().casefold())).first()


def get(session: Session, account_id: UUID) -> Account:
    """Raises NotFound."""
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound("account")
    return account


def everyone(session: Session) -> list[Account]:
    """Active ones first, then by name."""
    return list(session.scalars(select(Account).order_by(Account.active.desc(), func.lower(Account.name))))


def invite(session: Session, account_id: UUID, by: str, now: datetime) -> str:
    """A token with which this person sets a password, once, within seven days."""
    account = get(session, account_id)
    if not account.active:
        raise Conflict("account.inactive")
    audit.note(session, by, "account.invited", f"account:{account_id}", now)
    return links.make(session, links.INVITATION, account_id, now)


def set_password(session: Session, account: Account, password: str, now: datetime) -> None:
    """Take a new password and end every browser that was signed in with the old one."""
    passwords.check(password, account.email)
    account.password_hash = passwords.hashed(password)
    sign_ins.end_all(session, account.id, now)
    audit.note(session, f"account:{account.id}", "account.password_set", f"account:{account.id}", now)


def change_role(session: Session, account_id: UUID, role: str, by: str, now: datetime) -> None:
    """Give another role. The last administrator stays one: somebody must be able to let people in."""
    account = get(session, account_id)
    if role not in ROLES:
        raise Unusable("account.role", roles=", ".join(ROLES))
    if account.role == "admin" and role != "admin":
        _keep_an_admin(session, account)
    audit.note(session, by, "account.role_changed", f"account:{account_id}", now, before=account.role, after=role)
    account.role = role
    sign_ins.end_all(session, account_id, now)


def deactivate(session: Session, account_id: UUID, by: str, now: datetime) -> None:
    """End this person's access at once: no sign-in, no browser, no link."""
    account = get(session, account_id)
    if account.role == "admin":
        _keep_an_admin(session, account)
    account.active = False
    links.make(session, links.INVITATION, account_id, now)  # nobody is told this one, and older ones stop
    sign_ins.end_all(session, account_id, now)
    audit.note(session, by, "account.deactivated", f"account:{account_id}", now)


def activate(session: Session, account_id: UUID, by: str, now: datetime) -> None:
    get(session, account_id).active = True
    audit.note(session, by, "account.activated", f"account:{account_id}", now)


def has_admin(session: Session) -> bool:
    """Whether somebody real can let people in: an active administrator with a password, not of the sample country."""
    return session.scalar(select(_admins().where(Account.sample.is_(False)).exists())) or False


def _keep_an_admin(session: Session, account: Account) -> None:
    others = session.scalar(select(func.count()).select_from(_admins().where(Account.id != account.id).with_for_update().subquery()))
    if not others:
        raise Unusable("account.last_admin")


def _admins() -> Select[UUID]:
    return select(Account.id).where(Account.role == "admin", Account.active, Account.password_hash != "")
