"""Offers at a screen: how they stand, a new one written and looked at as farmers will read it, published where the law allows, closed."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core import money
from core.errors import NotFound, Unusable
from linkage import eligibility, offers, partner_book, said, terms
from linkage import models as tables
from linkage.eligibility import Criteria
from linkage.terms import Loan
from profiles import crops, organisations, places, roll
from profiles.models import Organisation
from service.accounts import guard
from service.accounts.guard import Person
from service.portal import offer_form, words
from service.portal.farmers import districts, runtime, today
from service.portal.offer_form import TERMS, Form

pages = Blueprint("offers", __name__)
Answer = Response | str | tuple[str, int]
DONE = {
    "publish": "Published. The farmers whom it fits are found and told; nobody is told twice.",
    "close": "Closed. Nobody can ask for it any more; given answers stand.",
    "discard": "The draft is thrown away.",
}


@pages.get("/offers", endpoint="all")
@guard.needs("offers.see")
def listed() -> str:
    person = guard.person()
    with runtime().reading() as session:
        return render_template("offers/all.html", lines=partner_book.offers(session, person.scope), may=_may(session, person))


@pages.get("/offers/new")
@guard.needs("offers.write")
def blank() -> Answer:
    person = guard.person()
    with runtime().reading() as session:
        may, kind = _may(session, person), request.args.get("kind", "")
        if not may:
            flash("Your account belongs to no organisation that may make offers. A partner's own staff write its offers.", "warn")
            return redirect(url_for("offers.all"))
        like = request.args.get("like", type=UUID)
        if like:
            return _form(session, Form.like(session, partner_book.offer(session, like, person.scope).offer, today()))
        if len(may) > 1 and kind not in may:
            return render_template("offers/kind.html", may=may)
        return _form(session, Form.blank(kind if kind in may else may[0], today()))


@pages.post("/offers/new")
@guard.needs("offers.write")
def new() -> Answer:
    """A draft, which no farmer sees: its page shows what it comes to and whether it may be published."""
    person, kind = guard.person(), request.form.get("kind", "")
    if kind not in TERMS:
        return redirect(url_for("offers.blank"))
    form, house = Form.of(kind, request.form), runtime()
    with house.transaction() as session:
        mine = own(session, person)
        meant = offer_form.understand(session, form, money.CURRENCIES[house.settings.country])
        if meant is not None:
            try:
                made = offers.draft(session, mine.id, meant, person.actor, house.now())
                return redirect(url_for("offers.one", offer_id=made.id))
            except Unusable as unusable:
                offer_form.refused(form, unusable)
        return _form(session, form), 400


@pages.get("/offers/<uuid:offer_id>")
@guard.needs("offers.see")
def one(offer_id: UUID) -> str:
    return _page(offer_id, guard.person())


@pages.post("/offers/<uuid:offer_id>/<any(publish, close, discard):step>")
@guard.needs("offers.write")
def move(offer_id: UUID, step: str) -> Answer:
    """Only one's own: another's offer is not there."""
    person, house = guard.person(), runtime()
    now, by = house.now(), person.actor
    try:
        with house.transaction() as session:
            mine = own(session, person)
            if step == "publish":
                offers.publish(session, offer_id, mine.id, by, now, today())
            elif step == "close":
                offers.close(session, offer_id, mine.id, by, now)
            else:
                offers.discard(session, offer_id, mine.id, by, now)
    except Unusable as why:
        return _page(offer_id, person, words.said(why.key, **why.values)), 400
    flash(DONE[step], "good")
    return redirect(url_for("offers.all") if step == "discard" else url_for("offers.one", offer_id=offer_id))


def own(session: Session, person: Person) -> Organisation:
    """The organisation that this person acts for. Raises NotFound."""
    if person.organisation_id is None:
        raise NotFound("this account belongs to no organisation")
    return organisations.get(session, person.organisation_id)


def _may(session: Session, person: Person) -> list[str]:
    """The kinds of offers that this person's organisation may make."""
    if person.organisation_id is None or not person.may("offers.write"):
        return []
    kind = organisations.get(session, person.organisation_id).kind
    return [one for one, by in terms.MAY.items() if kind in by]


def _page(offer_id: UUID, person: Person, refused: str = "") -> str:
    with runtime().reading() as session:
        found = partner_book.offer(session, offer_id, person.scope)
        offer, by = found.offer, organisations.get(session, found.offer.organisation_id)
        read = terms.read(offer.kind, offer.terms)
        mine = person.organisation_id == offer.organisation_id
        return render_template(
            "offers/one.html",
            line=found,
            offer=offer,
            by=by,
            read=read,
            loan=read if isinstance(read, Loan) else None,
            cap=terms.CAP,
            whole=said.whole(offer, by, "en"),
            text=said.text(offer, "en", runtime().settings.ussd_code, runtime().settings.inbound != "none"),
            whom=_whom(session, eligibility.from_json(offer.eligibility)),
            refused=refused,
            obstacle=refused or (_obstacle(offer, by) if offer.state == offers.DRAFT else ""),
            mine=mine,
            latest=partner_book.yeses(session, person.scope, offer_id=offer.id)[:10] if person.may("applications.see") else [],
        )


def _obstacle(offer: tables.Offer, by: Organisation) -> str:
    """Why this draft could not be published as it stands; empty where nothing is in the way."""
    if offer.closes_on < today():
        return words.said("offer.dates")
    try:
        terms.refuse(terms.read(offer.kind, offer.terms), offer.kind, by.kind, by.licence, offer.closes_on)
    except Unusable as why:
        return words.said(why.key, **why.values)
    return ""


def _whom(session: Session, criteria: Criteria) -> list[tuple[str, str]]:
    """Whom it is open to, in words; empty for everybody."""
    found = [
        ("Who grow", ", ".join(words.plain(crop).lower() for crop in criteria.crops)),
        ("In", ", ".join(places.get(session, one).name for one in criteria.districts)),
        ("With land", ", ".join(words.LAND[band].lower() for band in criteria.land)),
        ("Who are", {"f": "women", "m": "men"}.get(criteria.sex or "", "")),
        ("Members of", ", ".join(organisations.get(session, one).name for one in criteria.groups)),
        ("With records", f"at least {criteria.records}" if criteria.records else ""),
        ("Of age", "18 and over" if criteria.adult else ""),
    ]
    return [(title, says) for title, says in found if says]


def _form(session: Session, form: Form) -> str:
    return render_template(
        "offers/new.html",
        form=form,
        terms=TERMS[form.kind],
        may=_may(session, guard.person()),
        cap=terms.CAP,
        crops=sorted(crops.BY_CODE),
        bands=eligibility.LAND,
        groups=roll.groups(session),
        districts=[name for _, name in districts(session)],
    )
