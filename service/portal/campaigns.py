"""Campaigns for staff: when each fires next, what its last firing came to; switched on and off. One page for each firing."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from content import campaigns, schedules
from content.models import Broadcast, BroadcastBody, Campaign, Template, TemplateVersion
from core.errors import NotFound
from messaging import story
from profiles.models import Place
from service.accounts import guard
from service.portal.farmers import runtime

pages = Blueprint("campaigns", __name__)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@pages.get("/campaigns", endpoint="all")
@guard.needs("campaigns.see")
def listed() -> str:
    with runtime().reading() as session:
        found = session.scalars(select(Campaign).order_by(Campaign.on.desc(), Campaign.title)).all()
        lines = [(one, _rhythm(one), _last(session, one)) for one in found]
        return render_template("campaigns/all.html", lines=lines, titles=_titles(session))


@pages.post("/campaigns/<uuid:campaign_id>/switch")
@guard.needs("campaigns.switch")
def switch(campaign_id: UUID) -> Response:
    on = request.form.get("on") == "yes"
    with runtime().transaction() as session:
        campaign = session.get(Campaign, campaign_id)
        if campaign is None:
            raise NotFound("campaign")
        campaigns.switch(session, campaign, on, guard.person().actor, runtime().now(), runtime().settings.zone)
        flash(f"“{campaign.title}” is {'on' if on else 'off'}.", "good")
    return redirect(url_for("campaigns.all"))


@pages.get("/campaigns/<uuid:campaign_id>")
@guard.needs("campaigns.see")
def one(campaign_id: UUID) -> str:
    with runtime().reading() as session:
        campaign = session.get(Campaign, campaign_id)
        if campaign is None:
            raise NotFound("campaign")
        fired = select(Broadcast).where(Broadcast.campaign_id == campaign_id).order_by(Broadcast.due_at.desc(), Broadcast.step).limit(20)
        firings = [(broadcast, story.counts(session, f"broadcast:{broadcast.id}")) for broadcast in session.scalars(fired)]
        return render_template("campaigns/one.html", campaign=campaign, rhythm=_rhythm(campaign), firings=firings, titles=_titles(session))


@pages.get("/campaigns/firings/<uuid:broadcast_id>")
@guard.needs("campaigns.see")
def firing(broadcast_id: UUID) -> str:
    with runtime().reading() as session:
        broadcast = session.get(Broadcast, broadcast_id)
        if broadcast is None:
            raise NotFound("broadcast")
        version = session.get(TemplateVersion, broadcast.template_version_id)
        said = select(BroadcastBody).where(BroadcastBody.broadcast_id == broadcast_id).order_by(BroadcastBody.language, BroadcastBody.crop)
        bodies = session.scalars(said.limit(60)).all()
        districts = dict(session.execute(select(Place.id, Place.name).where(Place.id.in_({body.district_id for body in bodies}))).all())
        return render_template(
            "campaigns/firing.html",
            broadcast=broadcast,
            campaign=session.get(Campaign, broadcast.campaign_id) if broadcast.campaign_id else None,
            template=session.get(Template, version.template_id) if version else None,
            version=version,
            counts=story.counts(session, f"broadcast:{broadcast_id}"),
            bodies=bodies,
            districts=districts,
        )


def _last(session: Session, campaign: Campaign) -> dict[str, int] | None:
    """What the last firing came to, all steps together; None before the first."""
    if campaign.last_at is None:
        return None
    steps = session.scalars(select(Broadcast.id).where(Broadcast.campaign_id == campaign.id, Broadcast.due_at == campaign.last_at))
    total: dict[str, int] = {}
    for broadcast_id in steps:
        for state, count in story.counts(session, f"broadcast:{broadcast_id}").items():
            total[state] = total.get(state, 0) + count
    return total


def _titles(session: Session) -> dict[str, str]:
    return dict(session.execute(select(Template.code, Template.title)).all())


def _rhythm(campaign: Campaign) -> str:
    """The schedule as people say it: "Monday and Thursday at 18:00"."""
    plan = schedules.from_json(campaign.schedule)
    days = [DAYS[number] for number in sorted(plan.weekdays)]
    named = " and ".join([", ".join(days[:-1]), days[-1]] if len(days) > 1 else days)
    when = {"once": f"Once, on {plan.day}", "day": "Every day", "week": f"Every {named}", "month": f"Monthly, on day {plan.month_day}"}
    return f"{when[plan.every]} at {plan.at}"
