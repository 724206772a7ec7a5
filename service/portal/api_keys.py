"""The keys of a partner's programs: what each may do, when it was made and used last; ended at once where one was lost."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core.errors import NotFound
from profiles.models import Organisation
from service.accounts import guard, keys
from service.accounts.models import ApiKey
from service.portal.farmers import runtime

pages = Blueprint("api_keys", __name__)
MOST = 500


@pages.get("/keys", endpoint="all")
@guard.needs("keys.see")
def listed() -> str:
    with runtime().reading() as session:
        lines = _keys(session, guard.person().scope)
        return render_template("partner/keys.html", lines=lines, scopes=keys.SCOPES, now=runtime().now())


@pages.post("/keys/<key_id>/revoke")
@guard.needs("keys.revoke")
def revoke(key_id: str) -> Response:
    """It opens nothing from this moment. Another partner's key is not there."""
    person, house = guard.person(), runtime()
    with house.transaction() as session:
        row = session.get(ApiKey, key_id) if key_id.startswith(keys.START) and key_id.isprintable() else None
        if row is None or (person.scope is not None and row.organisation_id != person.scope):
            raise NotFound("key")
        keys.revoke(session, row.id, person.actor, house.now())
    flash("The key opens nothing any more. A program that still uses it is refused.", "good")
    return redirect(url_for("api_keys.all"))


def _keys(session: Session, scope: UUID | None) -> list[tuple[ApiKey, str]]:
    query = select(ApiKey, Organisation.name).join(Organisation, Organisation.id == ApiKey.organisation_id)
    query = query if scope is None else query.where(ApiKey.organisation_id == scope)
    return [(row, name) for row, name in session.execute(query.order_by(ApiKey.created_at.desc()).limit(MOST))]
