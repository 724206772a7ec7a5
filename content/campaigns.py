"""Campaigns: template + audience + schedule. What is due is claimed, makes its broadcasts, and knows its next moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from content import schedules, templates
from content.models import Broadcast, Campaign, TemplateVersion
from content.schedules import Schedule
from core import audit, clock, incidents
from core.db import insert_new, new_id, wake
from core.errors import Conflict, NotFound
from messaging import classes
from messaging.classes import MessageClass
from profiles import audiences
from profiles.audiences import Audience

log = structlog.get_logger(__name__)
PLAN, FIRE = "plan", "fire"


@dataclass(frozen=True, slots=True)
class Step:
    """One template of a campaign; with `weeks`, for those who reached that many weeks since planting."""

    template: str
    weeks: int | None = None


def add(
    session: Session,
    code: str,
    title: str,
    steps: Sequence[Step],
    audience: Audience,
    schedule: Schedule,
    now: datetime,
    zone: ZoneInfo,
    *,
    on: bool = True,
    sample: bool = False,
) -> Campaign:
    """A campaign by this code; the one that is there already is returned as it is. Raises NotFound for an unknown template."""
    for step in steps:
        templates.by_code(session, step.template)
    row = {
        "id": new_id(now),
        "code": code,
        "title": title,
        "steps": [{"template": step.template, "weeks": step.weeks} for step in steps],
        "audience": audience.as_json(),
        "schedule": schedule.as_json(),
        "on": on,
        "next_at": schedules.following(schedule, now, zone) if on else None,
        "sample": sample,
    }
    insert_new(session, Campaign, [row], Campaign.id)
    return by_code(session, code)


def by_code(session: Session, code: str) -> Campaign:
    """Raises NotFound."""
    campaign = session.scalars(select(Campaign).where(Campaign.code == code)).one_or_none()
    if campaign is None:
        raise NotFound(f"no campaign {code!r}")
    return campaign


def switch(session: Session, campaign: Campaign, on: bool, actor: str, now: datetime, zone: ZoneInfo) -> None:
    """Turn a campaign on or off. Turned on, it starts at the next moment of its schedule: nothing is caught up with."""
    campaign.on = on
    campaign.next_at = schedules.following(schedules.from_json(campaign.schedule), now, zone) if on else None
    audit.note(session, actor, "campaign.on" if on else "campaign.off", f"campaign:{campaign.id}", now)


def fire_due(session: Session, now: datetime, zone: ZoneInfo) -> Campaign | None:
    """Fire one campaign that is due, if any: its row is claimed, so that two clocks fire two different ones.

    After an outage the latest missed moment is fired once; one that is too old is skipped and reported.
    """
    due = select(Campaign).where(Campaign.on.is_(True), Campaign.next_at <= now).order_by(Campaign.next_at)
    campaign = session.scalars(due.limit(1).with_for_update(skip_locked=True)).first()
    if campaign is None or campaign.next_at is None:
        return None
    schedule = schedules.from_json(campaign.schedule)
    moment = schedules.latest(schedule, campaign.next_at, now, zone)
    if schedules.is_late(schedule, moment, now):
        says = f"Campaign {campaign.code} missed its moment of {moment.astimezone(zone):%d %b %H:%M} by too much and was skipped."
        incidents.open_(session, "campaign.late", f"campaign:{campaign.id}", says, now)
    else:
        fire(session, campaign, moment, now, zone, "clock")
        incidents.close(session, "campaign.late", f"campaign:{campaign.id}", now)
    campaign.next_at = schedules.following(schedule, moment, zone)
    return campaign


def fire(session: Session, campaign: Campaign, moment: datetime, now: datetime, zone: ZoneInfo, by: str) -> list[Broadcast]:
    """Make the broadcasts of one moment, each with its version and audience frozen; a second try makes none.

    Raises Conflict when a template of it was never published.
    """
    days = 1 if campaign.last_at is None else max(1, (clock.day(moment, zone) - clock.day(campaign.last_at, zone)).days)
    made = []
    for number, step in enumerate(campaign.steps):
        template = templates.by_code(session, step["template"])
        version = templates.published(session, template.id)
        if version is None:
            raise Conflict(f"template {template.code} has no published version")
        audience = audiences.from_json(campaign.audience)
        if step["weeks"] is not None:
            audience = audiences.planted_weeks_ago(audience, step["weeks"], clock.day(moment, zone), days)
        made += _broadcast(session, campaign, number, version, MessageClass(template.klass), audience, moment, now, zone, by)
    campaign.last_at = max(moment, campaign.last_at or moment)
    if made:
        wake(session, PLAN)
    return made


def _broadcast(
    session: Session,
    campaign: Campaign,
    number: int,
    version: TemplateVersion,
    klass: MessageClass,
    audience: Audience,
    moment: datetime,
    now: datetime,
    zone: ZoneInfo,
    by: str,
) -> list[Broadcast]:
    row: dict[str, Any] = {
        "id": new_id(now),
        "campaign_id": campaign.id,
        "step": number,
        "due_at": moment,
        "template_version_id": version.id,
        "klass": klass.value,
        "audience": audience.as_json(),
        "as_of": now,
        "valid_until": _valid_until(klass, now, zone),
        "state": "planning",
        "cursor": "",
        "phones": 0,
        "unsaid": 0,
        "by": by,
    }
    return insert_new(session, Broadcast, [row])


def _valid_until(klass: MessageClass, now: datetime, zone: ZoneInfo) -> datetime:
    # Advice fired in the evening for the morning lives to the end of the day on which it can still be read.
    until = classes.valid_until(klass, now, zone)
    return until if until - now > timedelta(hours=2) else until + timedelta(days=1)
