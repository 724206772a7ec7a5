"""Texts for staff: batches with their states in plain words, and the whole story of one message."""

from uuid import UUID

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from content import versions
from messaging import story
from messaging.classes import MessageClass
from profiles import roll
from profiles.models import Farmer
from service.accounts import guard
from service.portal.farmers import runtime

pages = Blueprint("messages", __name__)


@pages.get("/messages")
@guard.needs("messages.see")
def sent() -> str:
    which, klass = request.args.get("state") or None, request.args.get("class") or None
    before = request.args.get("before", type=UUID)
    with runtime().reading() as session:
        lines = story.batches(session, which, klass, before)
        return render_template(
            "messages/sent.html", lines=lines, which=which, klass=klass, classes=list(MessageClass), full=len(lines) == story.PAGE
        )


@pages.get("/messages/<uuid:batch_id>")
@guard.needs("messages.see")
def batch(batch_id: UUID) -> str:
    with runtime().reading() as session:
        one = story.batch(session, batch_id)
        states = story.states(session, one)
        return render_template(
            "messages/batch.html",
            batch=one,
            planned_at=story.planned_at(one.id),
            phones=list(zip(one.phones, whose(session, one.refs), states, strict=True)),
        )


@pages.get("/messages/<uuid:batch_id>/<int:index>")
@guard.needs("messages.see")
def one(batch_id: UUID, index: int) -> str:
    """One message. Its place in the batch stands for the phone: a number never stands in an address."""
    with runtime().reading() as session:
        whole = story.whole(session, batch_id, index)
        return render_template(
            "messages/one.html", whole=whole, farmer=whose(session, [whole.ref])[0], made=versions.made_from(session, whole.batch.sender)
        )


def whose(session: Session, refs: list[str]) -> list[Farmer | None]:
    """Whose texts these are, where `refs` name farmers."""
    ids = [_uuid(ref) for ref in refs]
    known = roll.names(session, [one for one in ids if one])
    return [known.get(one) if one else None for one in ids]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text.rpartition(":")[2])
    except ValueError:
        return None
