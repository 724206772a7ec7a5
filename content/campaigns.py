"""Campaigns: template + audience + schedule. What is due is claimed, makes its broadcasts, and knows its next moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
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
PLAN, FIRE, CLOCK = "plan", "fire", "clock"
LATE, BROKEN = "campaign.late", "campaign.broken"
FIRST_COVERS = {"week": 7, "month": 30}  # days
Quiet = tuple[time, time] | None


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


def fire_due(session: Session, now: datetime, zone: ZoneInfo, quiet: Quiet = None) -> Campaign | None:
    """Fire one campaign that is due, if any: its row is claimed, so that two clocks fire two different ones.

    After an outage the latest missed moment is fired once; one that is too old is skipped and reported. A campaign that
    cannot be fired is reported, waits for its next moment, and stops no other.
    """
    due = select(Campaign).where(Campaign.on.is_(True), Campaign.next_at <= now).order_by(Campaign.next_at)
    campaign = session.scalars(due.limit(1).with_for_update(skip_locked=True)).first()
    if campaign is None or campaign.next_at is None:
        return None
    subject, moment = f"campaign:{campaign.id}", campaign.next_at
    campaign.next_at = None
    try:
        schedule = schedules.from_json(campaign.schedule)
        moment = schedules.latest(schedule, moment, now, zone)
        campaign.next_at = schedules.following(schedule, moment, zone)
        with session.begin_nested():
            _fire_in_time(session, campaign, schedule, moment, now, zone, quiet)
        incidents.close(session, BROKEN, subject, now)
    except Exception as wrong:
        log.exception("a campaign could not be fired", campaign=campaign.code)
        incidents.open_(session, BROKEN, subject, f"Campaign {campaign.code} could not be fired ({type(wrong).__name__}: {wrong}).", now)
    return campaign


def _fire_in_time(
    session: Session, campaign: Campaign, schedule: Schedule, moment: datetime, now: datetime, zone: ZoneInfo, quiet: Quiet
) -> None:
    subject = f"campaign:{campaign.id}"
    if schedules.is_late(schedule, moment, now):
        says = f"Campaign {campaign.code} missed its moment of {moment.astimezone(zone):%d %b %H:%M} by too much and was skipped."
        incidents.open_(session, LATE, subject, says, now)
        return
    fire(session, campaign, moment, now, zone, CLOCK, quiet)
    incidents.close(session, LATE, subject, now)


def fire(
    session: Session, campaign: Campaign, moment: datetime, now: datetime, zone: ZoneInfo, by: str, quiet: Quiet = None
) -> list[Broadcast]:
    """Make the broadcasts of one moment, each with its version and audience frozen; a second try makes none.

    Raises Conflict when a template of it was never published.
    """
    days = days_covered(campaign, moment, zone)
    made = []
    for number, step in enumerate(campaign.steps):
        template = templates.by_code(session, step["template"])
        version = templates.published(session, template.id)
        if version is None:
            raise Conflict(f"template {template.code} has no published version")
        audience = audiences.from_json(campaign.audience)
        if step["weeks"] is not None:
            audience = audiences.planted_weeks_ago(audience, step["weeks"], clock.day(moment, zone), days)
        klass = MessageClass(template.klass)
        until = classes.valid_until(klass, now, zone, quiet)
        made += _broadcast(session, campaign, number, version, klass, audience, moment, now, until, by)
    fired = min(moment, now)  # one that was fired ahead of its day leaves the days until then to the clock
    campaign.last_at = max(fired, campaign.last_at or fired)
    if made:
        wake(session, PLAN)
    return made


def days_covered(campaign: Campaign, moment: datetime, zone: ZoneInfo) -> int:
    """How many days of reaching a number of weeks this firing speaks for: those since the clock fired it last."""
    if campaign.last_at is not None:
        return max(1, (clock.day(moment, zone) - clock.day(campaign.last_at, zone)).days)
    return FIRST_COVERS.get(campaign.schedule.get("every", ""), 1)


def _broadcast(
    session: Session,
    campaign: Campaign,
    number: int,
    version: TemplateVersion,
    klass: MessageClass,
    audience: Audience,
    moment: datetime,
    now: datetime,
    until: datetime,
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
        "valid_until": until,
        "state": "planning",
        "cursor": "",
        "phones": 0,
        "unsaid": 0,
        "by": by,
    }
    return insert_new(session, Broadcast, [row])
