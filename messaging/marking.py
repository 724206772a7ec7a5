"""The last moment before the network: what may go of a claimed batch, by which gateway, out of whose money; and the mark.

Everything is read in the transaction that marks the batch submitting, so that a STOP, a withdrawn consent or a spent budget that was
committed before it holds. Nothing is changed when the batch must only wait its turn.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core import clock, incidents
from core.db import among, dialect, insert_new, lease
from messaging import evening, lastlook, money, settle, suppressions, switches
from messaging import ways as routes
from messaging.claims import LEASE
from messaging.classes import POLICIES, UNASKED_A_DAY, UNASKED_A_WEEK, MessageClass
from messaging.gateway import Fate
from messaging.lastlook import CAP, ROUTE, Facts, Look, Who
from messaging.models import Batch, Unasked
from messaging.ways import Key, Ways

RECHECK = timedelta(minutes=1)
# A hundred rows from one array: a third of what as many parameters cost on the way of every batch.
TAKE = text(
    "INSERT INTO unasked (phone, day, batch_id) SELECT unnest(CAST(:phones AS text[])), :day, :batch ON CONFLICT DO NOTHING RETURNING phone"
)
AskWho = Callable[[Session, Sequence[str], datetime, bool], Who]


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every text of this process. `admits`: whether the sender may send so many texts by these buckets now."""

    zone: ZoneInfo
    quiet: tuple[time, time] | None
    guests: Set[str]
    who: AskWho
    ways: Ways
    admits: Callable[[Mapping[Key, int]], bool]


@dataclass(frozen=True, slots=True)
class Marked:
    """To be handed to this gateway now: the batch, which is committed as submitting, and the phones."""

    batch: Batch
    phones: list[str]
    gateway: str


@dataclass(frozen=True, slots=True)
class Full:
    """There is no room in these buckets, or in the air: the batch stays claimed and unchanged."""

    needs: Mapping[Key, int]
    lane: int
    air: bool


def mark(session: Session, batch_id: UUID, owner: str, now: datetime, terms: Terms) -> Marked | Full | None:
    """The last look, and the mark that a call is about to be made.

    None when there is nothing to hand over: the lease was lost, the batch waits, or everybody in it is withheld.
    """
    claimed = select(Batch).where(Batch.id == batch_id, Batch.owner == owner, Batch.state == "claimed")
    batch = session.scalars(claimed.with_for_update()).first()
    if batch is None:
        return None
    if evening.arrived_meanwhile(session, batch):
        settle.end(session, batch, {}, {phone: [Fate.CANCELLED, lastlook.ARRIVED] for phone in batch.phones}, None, now)
        return None
    facts = _facts(session, batch, now, terms)
    seen = lastlook.look(MessageClass(batch.klass), batch.phones, batch.refs, batch.valid_until, facts)
    gateway, full = None, None
    if seen.go:
        gateway, full = _way(session, batch, seen, terms, now)
    if full:
        return full
    if seen.wait_until:
        _wait(batch, seen.wait_until)
        return None
    if seen.go and POLICIES[MessageClass(batch.klass)].capped:
        _cap(session, batch, seen, now, terms.zone, facts)
    _follow(session, batch, seen, facts, now)
    if not seen.go:
        settle.end(session, batch, {}, seen.withheld, None, now)
        return None
    assert gateway is not None
    batch.state, batch.withheld, batch.lease_until = "submitting", seen.withheld or None, lease(session, LEASE)
    batch.gateway = gateway
    cost, currency = routes.cost(terms.ways, gateway, seen.go, batch.body)
    money.reserve(session, batch, cost, currency, clock.day(now, terms.zone))
    return Marked(batch, seen.go, gateway)


def _facts(session: Session, batch: Batch, now: datetime, terms: Terms) -> Facts:
    policy = POLICIES[MessageClass(batch.klass)]
    off = switches.off(session, now, switches.names(batch.klass, batch.sender, batch.payer))
    people = terms.who(session, batch.refs, now, policy.asks_consent)
    return Facts(
        now=now,
        stopped=suppressions.stopped(session, batch.phones),
        agreed=people.agreed,
        barred=people.barred,
        guests=terms.guests,
        quiet_until=clock.quiet_until(now, terms.quiet, terms.zone),
        asleep=_asleep(people.zones, now, terms.quiet) if policy.quiet else {},
        off_until=now + RECHECK if off else None,
        after_cap=clock.end_of_day(now, terms.zone),
    )


def _asleep(zones: Mapping[str, str], now: datetime, quiet: tuple[time, time] | None) -> dict[str, datetime]:
    """Until when it is quiet where they are, for those who live by another clock than the country's."""
    until = {ref: clock.quiet_until(now, quiet, ZoneInfo(zone)) for ref, zone in zones.items()}
    return {ref: moment for ref, moment in until.items() if moment}


def _way(session: Session, batch: Batch, seen: Look, terms: Terms, now: datetime) -> tuple[str | None, Full | None]:
    """The gateway for most of the batch: those who go by another follow by themselves. Waits for a gateway, or for money."""
    ways = terms.ways if batch.route is None else replace(terms.ways, open=terms.ways.open & {batch.route})
    by_gateway = routes.shares(ways, seen.go, batch.id.int % 100)
    if not by_gateway:
        _postpone(batch, seen, now + RECHECK)
        return None, None
    gateway = max(by_gateway, key=lambda name: (len(by_gateway[name]), name))
    needs = routes.needs(ways, gateway, by_gateway[gateway])
    air = routes.in_the_air(session, gateway) >= max(ways.route(*key).calls for key in needs)
    if air or not terms.admits(needs):
        return None, Full(needs, batch.lane, air)
    cost, currency = routes.cost(ways, gateway, by_gateway[gateway], batch.body)
    over = money.over(session, batch.payer, cost, currency, clock.day(now, terms.zone))
    if over:
        says = f"{over.named} has spent its budget of the {over.period}: its texts wait. Raise the budget, or let them expire."
        incidents.open_(session, money.SPENT, over.subject, says, now)
        _postpone(batch, seen, now + RECHECK)
        return None, None
    for other in by_gateway.keys() - {gateway}:
        for phone in by_gateway[other]:
            seen.go.remove(phone)
            seen.withheld[phone] = [Fate.DEFERRED, ROUTE]
    return gateway, None


def _postpone(batch: Batch, seen: Look, until: datetime) -> None:
    """All of it waits, or expires where waiting would be too long."""
    late = lastlook.wait(batch.phones, until, batch.valid_until, lastlook.LATE)
    seen.go, seen.withheld, seen.wait_until = [], late.withheld, late.wait_until


def _wait(batch: Batch, until: datetime) -> None:
    batch.state, batch.owner, batch.lease_until, batch.not_before = "queued", None, None, until


def _cap(session: Session, batch: Batch, seen: Look, now: datetime, zone: ZoneInfo, facts: Facts) -> None:
    """Hold back who had their share of unasked texts."""
    turns = _take_turns(session, seen.go, clock.day(now, zone), batch.id)
    for phone in [phone for phone in seen.go if phone not in turns]:
        seen.go.remove(phone)
        seen.withheld[phone] = lastlook.capped(batch.valid_until, facts)


def _take_turns(session: Session, phones: Sequence[str], day: Any, batch_id: UUID) -> set[str]:
    """The phones that get their one unasked text of this day from this batch, within what a week allows.

    A primary key settles it between two batches at the same instant; sorted, so that they never wait for each other in a ring.
    """
    week = select(Unasked.phone).where(among(session, Unasked.phone, phones), Unasked.day > day - timedelta(days=7))
    full = set(session.scalars(week.group_by(Unasked.phone).having(func.count() >= UNASKED_A_WEEK)))
    assert UNASKED_A_DAY == 1, "the primary key (phone, day) says one"
    free = sorted(set(phones) - full)
    if dialect(session) == "postgresql":
        given = {"phones": free, "day": day, "batch": batch_id}
        return set(session.scalars(TAKE, given)) if free else set()
    rows = [{"phone": phone, "day": day, "batch_id": batch_id} for phone in free]
    return {row[0] for row in insert_new(session, Unasked, rows, Unasked.phone)}


def _follow(session: Session, batch: Batch, seen: Look, facts: Facts, now: datetime) -> None:
    """A batch for those who may be texted later: when the cap lets them, when they wake, by their own gateway at once."""
    refs = dict(zip(batch.phones, batch.refs, strict=True))
    later: defaultdict[datetime, list[str]] = defaultdict(list)
    for phone, (fate, code) in seen.withheld.items():
        if fate == Fate.DEFERRED:
            moment = {CAP: facts.after_cap, ROUTE: now}.get(code) or facts.asleep[refs[phone]]
            later[moment].append(phone)
    for moment, phones in later.items():
        settle.follow(session, batch, phones, moment, now)
