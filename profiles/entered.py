"""People whom somebody else entered: a list, an agent. Kept apart until they themselves say yes; nothing is sent before but one notice."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session

from core.errors import Conflict, Unusable
from profiles import consent, farmers, organisations
from profiles.farmers import NewFarmer
from profiles.models import Consent, Farmer, Membership, Organisation

SOURCES = ("import", "agent")
REFUSED = "entered"  # in Farmer.declined: they said no to being kept and texted
A_DAY = 15  # people that one agent may register on one local day
TOLD_WITHIN = timedelta(days=30)  # whoever was entered longer ago was told then, or never had a phone


def listed(session: Session, farmer: Farmer, now: datetime) -> bool:
    """Whether somebody else entered them and their own yes is missing: the first thing that they are asked."""
    return farmer.source in SOURCES and not consent.standing(session, [farmer.id], consent.SERVICE, now)


def by_whom(session: Session, farmer: Farmer) -> str:
    """Who entered them, by name: the group that they are in or were in last, else the agent; empty when nobody is known."""
    newest = (
        select(Organisation.name)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.farmer_id == farmer.id)
        .order_by(Membership.until.is_not(None), Membership.since.desc())
    )
    group = session.scalars(newest.limit(1)).first()
    if group is None and farmer.registered_by is not None:
        return farmers.get(session, farmer.registered_by).name or ""
    return group or ""


def agree(session: Session, farmer: Farmer, how: str, wording: str, now: datetime, witness: str | None = None) -> None:
    """Their yes. `witness`: who saw it, where it was given at a meeting."""
    consent.give(session, farmer.id, consent.SERVICE, how, wording, now, witness=witness)
    farmer.confirmed_at = now
    farmer.declined = {key: when for key, when in farmer.declined.items() if key != REFUSED}
    session.flush()


def refuse(session: Session, farmer: Farmer, now: datetime, day: date) -> None:
    """Their no: no permission stands, and they belong to no group that says they do."""
    consent.withdraw(session, farmer.id, consent.SERVICE, now)
    for group in organisations.of(session, farmer.id, day):
        organisations.leave(session, farmer.id, group.id, day)
    farmer.declined = {**farmer.declined, REFUSED: now.isoformat()}
    session.flush()


def to_be_told(session: Session, organisation_id: UUID, now: datetime) -> Sequence[Farmer]:
    """Members entered lately by somebody else, with a phone and neither a yes nor a no of their own; who came first first."""
    query = _unconfirmed(organisation_id).where(Farmer.phone.is_not(None), Farmer.created_at > now - TOLD_WITHIN)
    return [farmer for farmer in session.scalars(query.order_by(Farmer.number)) if REFUSED not in farmer.declined]


def for_a_meeting(session: Session, organisation_id: UUID) -> Sequence[Farmer]:
    """Members without a phone whom somebody else entered: a meeting of the group says whether they are who they are said to be."""
    return list(
        session.scalars(_unconfirmed(organisation_id).where(Farmer.phone.is_(None)).order_by(Farmer.name, Farmer.number).limit(200))
    )


def registered_today(session: Session, agent_id: UUID, since: datetime) -> int:
    """How many this agent has registered since the day began. Holds the agent's row, so that two dial-ins take turns."""
    session.execute(select(Farmer.id).where(Farmer.id == agent_id).with_for_update())
    counted = select(func.count()).select_from(Farmer).where(Farmer.created_at >= since, Farmer.registered_by == agent_id)
    return session.scalar(counted) or 0


def agents_groups(session: Session, farmer_id: UUID, day: date) -> Sequence[Organisation]:
    """The groups for which this farmer is an agent on a day, by name."""
    return [
        group for group in organisations.of(session, farmer_id, day) if organisations.role(session, farmer_id, group.id, day) == "agent"
    ]


def register(session: Session, agent: Farmer, new: NewFarmer, now: datetime, day: date, since: datetime) -> Farmer:
    """A neighbour whom an agent enters into the agent's group, without a yes of their own yet.

    Raises Unusable over the day's number, or when the phone is somebody's already; Conflict for who is no agent.
    """
    groups = agents_groups(session, agent.id, day)
    if not groups:
        raise Conflict("not an agent")
    if registered_today(session, agent.id, since) >= A_DAY:
        raise Unusable("agent.full", most=A_DAY)
    if new.phone is not None and farmers.on_phone(session, new.phone):
        raise Unusable("agent.known")
    farmer = farmers.add(session, new, now)
    farmer.registered_by = agent.id
    organisations.join(session, farmer.id, groups[0].id, day)
    session.flush()
    return farmer


def _unconfirmed(organisation_id: UUID) -> Select[Farmer]:
    agreed: ColumnElement[bool] = exists().where(
        Consent.farmer_id == Farmer.id,
        Consent.purpose == consent.SERVICE,
        Consent.organisation_id.is_(None),
        Consent.withdrawn_at.is_(None),
    )
    member = Membership.farmer_id == Farmer.id
    return (
        select(Farmer)
        .join(Membership, member)
        .where(Membership.organisation_id == organisation_id, Membership.until.is_(None), Farmer.source.in_(SOURCES), ~agreed)
    )
