"""Accounts for the administrator: who may come in, with which role; invited, changed, ended."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core.errors import Conflict, Unusable
from profiles.models import Organisation
from service.accounts import guard, people
from service.accounts.models import Account
from service.accounts.roles import DEEDS, ROLES
from service.portal.farmers import runtime
from service.portal.words import said

pages = Blueprint("accounts", __name__)
SCOPED = ("cooperative", "partner")
GROUPS = ("cooperative", "producer_group", "savings_group")
BLANK = {"email": "", "name": "", "role": "", "group": ""}


@pages.get("/accounts", endpoint="all")
@guard.needs("accounts.manage")
def listed() -> str:
    return _page(BLANK, {})


@pages.post("/accounts")
@guard.needs("accounts.manage")
def invite() -> str | tuple[str, int]:
    """A new account; the link is shown once, here: nobody's address book is trusted with it."""
    values = {name: request.form.get(name, "").strip() for name in BLANK}
    try:
        with runtime().transaction() as session:
            account = people.create(
                session,
                values["email"],
                values["name"],
                values["role"],
                guard.person().actor,
                runtime().now(),
                organisation_id=_group(session, values),
            )
            token = people.invite(session, account.id, guard.person().actor, runtime().now())
        return _page(BLANK, {}, made=account, link=_link(token))
    except Unusable as wrong:
        field = wrong.key.removeprefix("account.")
        errors = {field if field in BLANK else "email": said(wrong.key, **wrong.values)}
    except Conflict as taken:
        errors = {"email": said(str(taken))}
    return _page(values, errors), 400


@pages.post("/accounts/<uuid:account_id>/link")
@guard.needs("accounts.manage")
def link(account_id: UUID) -> str:
    """A new link for somebody who lost theirs, or their password."""
    with runtime().transaction() as session:
        token = people.invite(session, account_id, guard.person().actor, runtime().now())
        account = people.get(session, account_id)
    return _page(BLANK, {}, made=account, link=_link(token))


@pages.post("/accounts/<uuid:account_id>/role")
@guard.needs("accounts.manage")
def role(account_id: UUID) -> Response:
    wanted = request.form.get("role", "")
    return _change(account_id, lambda session, by, now: people.change_role(session, account_id, wanted, by, now), "The role is changed.")


@pages.post("/accounts/<uuid:account_id>/end")
@guard.needs("accounts.manage")
def end(account_id: UUID) -> Response:
    return _change(account_id, lambda session, by, now: people.deactivate(session, account_id, by, now), "The account is ended.")


@pages.post("/accounts/<uuid:account_id>/open")
@guard.needs("accounts.manage")
def reopen(account_id: UUID) -> Response:
    return _change(account_id, lambda session, by, now: people.activate(session, account_id, by, now), "The account is open again.")


def _change(account_id: UUID, deed: Callable[[Session, str, datetime], None], done: str) -> Response:
    person = guard.person()
    try:
        if account_id == person.account_id:
            raise Unusable("account.self")
        with runtime().transaction() as session:
            deed(session, person.actor, runtime().now())
        flash(done, "good")
    except Unusable as wrong:
        flash(said(wrong.key, **wrong.values), "bad")
    return redirect(url_for("accounts.all"))


def _group(session: Session, values: dict[str, str]) -> UUID | None:
    """The organisation of a role that sees only its own; no other role has one. A cooperative's is a group, a partner's any."""
    if values["role"] not in SCOPED:
        return None
    groups = {str(one.id): one.id for one in _organisations(session) if values["role"] == "partner" or one.kind in GROUPS}
    if values["group"] not in groups:
        raise Unusable("account.group")
    return groups[values["group"]]


def _organisations(session: Session) -> list[Organisation]:
    """All of them by name: groups, and partners."""
    return list(session.scalars(select(Organisation).order_by(Organisation.name)))


def _link(token: str) -> str:
    return f"{runtime().settings.public_url.rstrip('/')}{url_for('doors.invited', token=token)}"


def _page(values: dict[str, str], errors: dict[str, str], made: Account | None = None, link: str = "") -> str:
    with runtime().reading() as session:
        return render_template(
            "accounts.html",
            accounts=people.everyone(session),
            roles=ROLES,
            deeds=DEEDS,
            organisations=_organisations(session),
            values=values,
            errors=errors,
            made=made,
            link=link,
        )
