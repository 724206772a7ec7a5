"""Farmers for staff: searched, listed, one whole profile. A phone is masked until somebody asks for it, which is noted."""

from datetime import date
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from content.languages import LANGUAGES
from core import audit, clock, money
from jobs.runtime import Runtime
from linkage import profit
from messaging import story, suppressions
from profiles import consent, places, records, roll
from profiles.models import Farmer
from service.accounts import guard

pages = Blueprint("farmers", __name__)
Choices = list[tuple[str, str]]


def runtime() -> Runtime:
    found: Runtime = current_app.extensions["runtime"]
    return found


def today() -> date:
    return clock.day(runtime().now(), runtime().settings.zone)


@pages.get("/farmers", endpoint="roll")
@guard.needs("farmers.see")
def listed() -> Response | str:
    text = request.args.get("q", "").strip()
    if roll.holds_phone(text):
        flash("Type a phone number into the box: it does not belong into an address.", "warn")
        return redirect(url_for("farmers.roll"))
    return _list(text)


@pages.post("/farmers")
@guard.needs("farmers.see")
def look_up() -> Response | str:
    """The search box posts, so that a number never stands in an address; anything else gets an address to share."""
    text = request.form.get("q", "").strip()
    if roll.holds_phone(text):
        return _list(text)
    district, language = (request.form.get(name) or None for name in ("district", "language"))
    return redirect(url_for("farmers.roll", q=text or None, district=district, language=language))


@pages.get("/farmers/<uuid:farmer_id>")
@guard.needs("farmers.see")
def one(farmer_id: UUID) -> str:
    return _profile(farmer_id, unmasked=False)


@pages.post("/farmers/<uuid:farmer_id>/phone")
@guard.needs("farmers.phone")
def phone(farmer_id: UUID) -> str:
    """The whole number, once, to whoever asked; the audit says who."""
    person, now = guard.person(), runtime().now()
    with runtime().transaction() as session:
        roll.one(session, farmer_id, person.scope, today())
        audit.note(session, person.actor, "farmer.phone_shown", f"farmer:{farmer_id}", now)
    return _profile(farmer_id, unmasked=True)


def _list(text: str) -> str:
    given = request.form if request.method == "POST" else request.args
    district, language = given.get("district", type=int), given.get("language") or None
    page = max(given.get("page", 1, type=int), 1)
    person = guard.person()
    wanted = roll.Search(text, district, language, person.scope, runtime().settings.country)
    with runtime().reading() as session:
        lines, total = roll.search(session, wanted, page, today())
        return render_template(
            "farmers/roll.html",
            lines=lines,
            total=total,
            page=page,
            last=max(-(-total // roll.PAGE), 1),
            wanted=wanted,
            private=roll.holds_phone(text),
            districts=districts(session),
            languages=LANGUAGES,
        )


def districts(session: Session) -> Choices:
    return [(str(place.id), place.name) for place in places.children(session, None, "district")]


def _profile(farmer_id: UUID, *, unmasked: bool) -> str:
    person, now = guard.person(), runtime().now()
    with runtime().reading() as session:
        profile = roll.profile(session, farmer_id, person.scope, today())
        number = profile.farmer.phone
        shows_texts = number and person.may("messages.see")
        return render_template(
            "farmers/one.html",
            profile=profile,
            farmer=profile.farmer,
            unmasked=unmasked,
            texts=story.for_one(session, number, {str(farmer_id), farmer_id.hex}) if shows_texts and number else [],
            stopped=bool(number and suppressions.stopped(session, [number])),
            agreed=farmer_id in consent.standing(session, [farmer_id], consent.SERVICE, now),
            today=today(),
            kept=_kept(session, profile.farmer) if person.may("records.see") else None,
        )


def _kept(session: Session, farmer: Farmer) -> dict[str, object]:
    """What they noted, and what this season comes to for each crop of it."""
    rows = records.history(session, farmer.id)
    seasons = []
    for crop in dict.fromkeys(row.crop for row in rows):
        season = profit.season_of(session, farmer, crop, today())
        seasons.append((crop, season, profit.of_season(session, farmer, crop, season)))
    return {"rows": rows, "seasons": seasons, "currency": money.CURRENCIES[runtime().settings.country]}
