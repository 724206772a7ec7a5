"""The first page: how the service stands, for whoever is signed in."""

from dataclasses import dataclass
from datetime import datetime, time

from flask import Blueprint, current_app, render_template
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content import prices, texts
from content.models import Price
from core import clock, incidents
from jobs.runtime import Runtime
from linkage import partner_book
from messaging import story, tallies
from profiles import figures
from service.accounts import guard

pages = Blueprint("overview", __name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the overview shows; a part that the role may not see stays empty."""

    farmers: figures.Row | None
    messages: list[tuple[str, int]]
    held: int
    incidents: list[incidents.Incident]
    unreviewed: int
    asked: int  # farmers who asked for an offer and have no answer


@pages.get("/")
@guard.signed_in
def page() -> str:
    runtime: Runtime = current_app.extensions["runtime"]
    person, now = guard.person(), runtime.now()
    with runtime.reading() as session:
        return render_template(
            "overview.html",
            ussd_code=runtime.settings.ussd_code,
            standing=_standing(session, person, now, runtime),
            today=clock.day(now, runtime.settings.zone),
        )


def _standing(session: Session, person: guard.Person, now: datetime, runtime: Runtime) -> Standing:
    zone = runtime.settings.zone
    today = clock.day(now, zone)
    midnight = clock.at(today, time(0), zone)
    all_figures = person.may("figures.see")
    sees_farmers = all_figures or person.may("farmers.see")
    counted = story.today(session, midnight) if all_figures else {}
    held = select(func.count()).select_from(Price).where(Price.state == prices.HELD, Price.why.is_distinct_from(prices.UNCHECKED))
    return Standing(
        farmers=figures.whole(session, person.scope, now, today, tallies.stopped(session)) if sees_farmers else None,
        messages=sorted(counted.items(), key=lambda pair: -pair[1]),
        held=(session.scalar(held) or 0) if person.may("prices.decide") else 0,
        incidents=incidents.standing(session) if all_figures else [],
        unreviewed=len(texts.unreviewed()) if person.may("wording.see") else 0,
        asked=partner_book.waiting(session, person.scope) if person.may("applications.answer") else 0,
    )
