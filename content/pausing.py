"""A campaign that makes farmers say STOP is paused: its broadcast stops where it is, and it fires no more until a person says so."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from content import broadcasts, campaigns
from content.models import Broadcast, Campaign


def named(session: Session, sender: str) -> str:
    """What staff call the sender of these texts: "campaign weed", or "a broadcast of …"."""
    broadcast = _of(session, sender)
    campaign = session.get(Campaign, broadcast.campaign_id) if broadcast and broadcast.campaign_id else None
    return f"campaign {campaign.code}" if campaign else "a broadcast of an organisation"


def pause(session: Session, sender: str, actor: str, now: datetime, zone: ZoneInfo) -> None:
    """Stop the broadcast that sent them and switch its campaign off. Nothing happens to what is stopped already."""
    broadcast = _of(session, sender)
    if broadcast is None:
        return
    if broadcast.state in broadcasts.UNDER_WAY:
        broadcasts.stop(session, broadcast, actor, now)
    campaign = session.get(Campaign, broadcast.campaign_id) if broadcast.campaign_id else None
    if campaign is not None and campaign.on:
        campaigns.switch(session, campaign, False, actor, now, zone)


def _of(session: Session, sender: str) -> Broadcast | None:
    return session.get(Broadcast, UUID(sender.partition(":")[2]))
