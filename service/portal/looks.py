"""Who looked: every time that a farmer's data was shown to a partner's people and programs."""

from uuid import UUID

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from linkage import partner_book
from linkage.partner_book import Look
from service.accounts import guard
from service.accounts.models import Account
from service.portal.farmers import runtime

pages = Blueprint("looks", __name__)
PERSON = "account:"


@pages.get("/looks", endpoint="all")
@guard.needs("disclosures.see")
def listed() -> str:
    with runtime().reading() as session:
        found = partner_book.looks(session, guard.person().scope)
        return render_template("partner/looks.html", lines=[(one, _who(session, one)) for one in found])


def _who(session: Session, one: Look) -> str:
    """A person by name, a program by the readable part of its key."""
    key_id = one.disclosure.key_id
    if not key_id.startswith(PERSON):
        return f"key {key_id}"
    account = session.get(Account, UUID(key_id.removeprefix(PERSON)))
    return account.name if account else "somebody who is gone"
