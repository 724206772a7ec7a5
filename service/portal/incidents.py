"""What is wrong just now, what to do about it, and what was wrong in the last month; and who of the staff is told of it."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core import incidents
from core.errors import Unusable
from core.incidents import Incident
from jobs.watch import PAGING
from service.accounts import duty, guard, people
from service.portal.farmers import runtime
from service.portal.words import said

pages = Blueprint("incidents", __name__)
HISTORY, MOST = timedelta(days=30), 200

# what a kind begins with → (its title, the page to look at and what it is called)
KINDS: dict[str, tuple[str, str, str]] = {
    "queue.lane1": ("Replies are late", "messages.sent", "Messages"),
    "queue.": ("Texts are late", "messages.sent", "Messages"),
    "inbox.": ("Texts from farmers wait", "messages.sent", "Messages"),
    "unconfirmed.": ("Texts wait for a person", "messages.sent", "Messages"),
    "reports.": ("No delivery reports", "messages.sent", "Messages"),
    "delivery.": ("Fewer texts arrive", "messages.sent", "Messages"),
    "gateway.": ("A gateway refuses or fails", "messages.sent", "Messages"),
    "route.": ("A gateway is slow or fails", "messages.sent", "Messages"),
    "batch.": ("A batch was given up", "messages.sent", "Messages"),
    "budget.": ("Money for texts", "messages.sent", "Messages"),
    "proof.": ("The daily account of texts", "messages.sent", "Messages"),
    "ussd.": ("Dial-ins fail", "", ""),
    "stops.": ("Too many say STOP", "campaigns.all", "Campaigns"),
    "campaign.": ("A campaign did not go out", "campaigns.all", "Campaigns"),
    "prices.": ("Prices are old", "open_prices.page", "Open prices"),
    "weather.": ("No weather", "", ""),
    "clock.": ("The clock has stopped", "", ""),
    "spool.": ("The database takes nothing", "", ""),
    "jobs.": ("Jobs fail", "", ""),
    "mail.": ("No e-mail leaves", "", ""),
    "phone.loops": ("A machine texts us", "", ""),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One incident as the page draws it."""

    row: Incident
    title: str
    endpoint: str
    room: str
    pages: bool


@pages.get("/incidents")
@guard.needs(duty.SEES)
def page() -> str:
    person = guard.person()
    with runtime().reading() as session:
        account = people.get(session, person.account_id)
        return _page(session, account.phone or "", account.hears, {})


@pages.post("/incidents/duty")
@guard.needs(duty.SEES)
def choose() -> Response | tuple[str, int]:
    """Whether, and on which number, this person is told."""
    person, typed, hears = guard.person(), request.form.get("phone", "")[:40], request.form.get("hears") == "yes"
    try:
        with runtime().transaction() as session:
            duty.choose(session, person.account_id, typed, hears, person.actor, runtime().now(), runtime().settings.country)
    except Unusable as wrong:
        with runtime().reading() as session:
            return _page(session, typed, hears, {"phone": said(wrong.key)}), 400
    flash("You will be told of incidents." if hears else "You will not be told of incidents.", "good")
    return redirect(url_for("incidents.page"))


def shown(row: Incident) -> Shown:
    """With the first row of KINDS that its kind begins with; one that nobody wrote down bears its own name."""
    title, endpoint, room = next((facts for begins, facts in KINDS.items() if row.kind.startswith(begins)), (row.kind, "", ""))
    return Shown(row, title, endpoint, room, row.kind in PAGING)


def _page(session: Session, phone: str, hears: bool, errors: dict[str, str]) -> str:
    now = runtime().now()
    past = select(Incident).where(Incident.closed_at > now - HISTORY).order_by(Incident.closed_at.desc()).limit(MOST)
    standing = sorted(map(shown, incidents.standing(session)), key=lambda one: not one.pages)
    return render_template(
        "incidents.html",
        standing=standing,
        past=[shown(row) for row in session.scalars(past)],
        now=now,
        phone=phone,
        hears=hears,
        errors=errors,
        by_mail=bool(runtime().settings.smtp_url.get_secret_value()),
        told=len(runtime().hearers(session)),
    )
