"""Farmers' yeses to a partner's offers: answered, and her data looked at as far as she allows; every look is noted and she is told."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core import codes
from core.errors import Conflict, Forbidden, Unusable
from linkage import applications, credit, partner_book, requests
from linkage.credit import Asker
from linkage.partner_book import PURPOSES, Yes
from profiles import organisations
from service.accounts import guard
from service.accounts.guard import Person
from service.portal.farmers import runtime
from service.portal.offers import own
from service.portal.words import said

pages = Blueprint("applications", __name__)
DAYS = 30  # how long a permission lasts that is asked for here
CLOSED = "This farmer has not allowed it, or no longer does. You may ask; they decide on their own phone."


@pages.get("/applications", endpoint="all")
@guard.needs("applications.see")
def listed() -> str:
    state = request.args.get("state", "")
    states = (state,) if state in (applications.ACCEPTED, applications.APPROVED, applications.REFUSED, applications.WITHDRAWN) else ()
    with runtime().reading() as session:
        lines = partner_book.yeses(session, guard.person().scope, states)
        return render_template("applications/all.html", lines=lines, chosen=state if states else "", most=partner_book.MOST)


@pages.get("/applications/<uuid:application_id>")
@guard.needs("applications.see")
def one(application_id: UUID) -> str:
    with runtime().reading() as session:
        return _page(session, application_id)


@pages.post("/applications/<uuid:application_id>/answer")
@guard.needs("applications.answer")
def answer(application_id: UUID) -> Response | tuple[str, int]:
    """The partner's yes or no; the farmer is told."""
    person, house, now = guard.person(), runtime(), runtime().now()
    given, typed = request.form.get("answer", ""), " ".join(request.form.get("words", "").split())
    here = redirect(url_for("applications.one", application_id=application_id))
    try:
        with house.transaction() as session:
            mine = own(session, person)
            if given not in ("approve", "refuse"):
                raise Unusable("application.which")
            voice = (house.settings.zone, house.settings.ussd_code)
            applications.answer(session, application_id, mine.id, given == "approve", typed, person.actor, now, *voice)
    except Unusable as wrong:
        with house.reading() as session:
            return _page(session, application_id, error=said(wrong.key, **wrong.values), typed=typed), 400
    except Conflict:
        flash("It was answered before, or taken back. This is how it stands now.", "warn")
        return here
    flash("Your yes is noted, and the farmer is told." if given == "approve" else "Your no is noted, and the farmer is told.", "good")
    return here


@pages.post("/applications/<uuid:application_id>/look")
@guard.needs("applications.answer")
def look(application_id: UUID) -> Response | str:
    """What she allows, shown once on the answer to this press: the row that it was shown is of the same transaction."""
    person, house = guard.person(), runtime()
    with house.transaction() as session:
        mine = own(session, person)
        found = partner_book.yes(session, application_id, mine.id)
        try:
            settings = house.settings
            shown = credit.pull(session, _asker(person, found), codes.written(found.code), house.now(), settings.zone, settings.ussd_code)
        except Forbidden:
            flash(CLOSED, "warn")
            return redirect(url_for("applications.one", application_id=application_id))
        return _page(session, application_id, shown=shown)


@pages.post("/applications/<uuid:application_id>/ask")
@guard.needs("applications.answer")
def ask(application_id: UUID) -> Response:
    """Ask her to let these people see some of her data. The answer is the same whatever becomes of it."""
    person, house = guard.person(), runtime()
    try:
        with house.transaction() as session:
            mine = own(session, person)
            found = partner_book.yes(session, application_id, mine.id)
            fields, settings = request.form.getlist("fields"), house.settings
            code = codes.written(found.code)
            requests.ask(session, _asker(person, found), code, fields, DAYS, house.now(), settings.zone, settings.ussd_code)
        flash("The farmer is asked, unless that was done of late. If they allow it, Look shows it here.", "good")
    except Unusable:
        flash(said("application.fields"), "bad")
    return redirect(url_for("applications.one", application_id=application_id))


def _asker(person: Person, found: Yes) -> Asker:
    """A person looks as a program does: for one product and the purpose of its kind."""
    return Asker(person.actor, found.offer.organisation_id, found.offer.product, PURPOSES[found.offer.kind])


def _page(session: Session, application_id: UUID, shown: dict[str, Any] | None = None, error: str = "", typed: str = "") -> str:
    person = guard.person()
    found = partner_book.yes(session, application_id, person.scope)
    return render_template(
        "applications/one.html",
        one=found,
        row=found.application,
        offer=found.offer,
        by=organisations.get(session, found.offer.organisation_id),
        mine=person.organisation_id == found.offer.organisation_id and person.may("applications.answer"),
        allowed=credit.ALLOWED[PURPOSES[found.offer.kind]],
        asked=partner_book.asked(session, found, runtime().now()),
        open=found.application.state == applications.ACCEPTED,
        shown=shown,
        error=error,
        typed=typed,
        days=DAYS,
        most=applications.LONGEST_ANSWER,
    )
