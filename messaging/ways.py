"""By which gateway a text leaves, and how fast: routes by operator, the preferred first, less for one that is slow, and a bucket each.

A bucket lies in the database, so that any number of senders share it; each takes a part of a second's texts at a time.
"""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.db import database_now, insert_new
from messaging import gsm, operators, paces
from messaging.flow_models import Route
from messaging.models import Batch

# What a gateway is given before an operator of the service says otherwise: texts a second, calls at once, a part's price.
# Calls of a worker that died hold their places for a minute: room for several such is part of it.
DEFAULTS: Mapping[str, tuple[int, int, Decimal, str]] = {
    "simulator": (1_000_000, 64, Decimal(0), "UGX"),
    "africastalking": (1_000, 64, Decimal(25), "UGX"),
    "kannel": (50, 32, Decimal(15), "UGX"),
}
UNLISTED = (1_000, 16, Decimal(0), "UGX")
KEPT_FOR_URGENT = 0.2  # of a bucket: advice and surveys never drain it to where a reply would wait
LAST_URGENT_LANE = 2
LEASE_SHARE = 0.25  # of a second's texts to one sender, or what its batch needs
LEASE_SECONDS = 1.0
Key = tuple[str, str]  # gateway, operator


@dataclass(frozen=True, slots=True)
class Ways:
    """The routes of the gateways that this process has, in order of preference, and which gateways are open now."""

    routes: Mapping[Key, Route]
    gateways: tuple[str, ...]
    open: Set[str]
    weights: Mapping[Key, int] = field(default_factory=dict)  # per cent, where it is less than all

    def route(self, gateway: str, operator: str) -> Route:
        return self.routes.get((gateway, operator)) or self.routes[gateway, operators.OTHER]

    def choose(self, operator: str, luck: int) -> str | None:
        """The gateway for phones of this operator; `luck` is 0 to 99. None when every one is closed.

        One that is slow gets its weight's share of what it would be given; the rest goes to the next.
        """
        ranked = sorted((name for name in self.gateways if name in self.open), key=lambda name: self.route(name, operator).rank)
        for name in ranked[:-1]:
            if luck < self.weights.get((name, operator), paces.FULL):
                return name
        return ranked[-1] if ranked else None


def load(session: Session, gateways: Sequence[str], closed: Set[str]) -> Ways:
    """The routes as they are now; a gateway without any is given its defaults, in the order of `gateways`."""
    found = {(route.gateway, route.operator): route for route in session.scalars(select(Route).where(Route.gateway.in_(gateways)))}
    missing = [name for name in gateways if (name, operators.OTHER) not in found]
    if missing:
        insert_new(session, Route, [default(name, rank) for rank, name in enumerate(gateways) if name in missing])
        found = {(route.gateway, route.operator): route for route in session.scalars(select(Route).where(Route.gateway.in_(gateways)))}
    return Ways(found, tuple(gateways), frozenset(gateways) - closed, paces.weights(session, gateways))


def default(gateway: str, rank: int) -> dict[str, object]:
    """The row that a gateway is given when it is used for the first time."""
    per_second, calls, price, currency = DEFAULTS.get(gateway, UNLISTED)
    row = {"gateway": gateway, "operator": operators.OTHER, "rank": rank, "per_second": per_second, "calls": calls, "price": price}
    return row | {"currency": currency, "tokens": float(per_second), "filled_at": None}


def shares(ways: Ways, phones: Sequence[str], luck: int) -> dict[str, list[str]]:
    """The phones by the gateway that is to carry them. Empty when all are closed."""
    found: dict[str, list[str]] = {}
    by_operator: dict[str, str | None] = {}
    for phone in phones:
        operator = operators.operator(phone)
        if operator not in by_operator:
            by_operator[operator] = ways.choose(operator, luck)
        gateway = by_operator[operator]
        if gateway is not None:
            found.setdefault(gateway, []).append(phone)
    return found


def needs(ways: Ways, gateway: str, phones: Sequence[str]) -> dict[Key, int]:
    """How many texts each bucket is asked for."""
    counted = Counter(operators.operator(phone) for phone in phones)
    found: Counter[Key] = Counter()
    for operator, count in counted.items():
        route = ways.route(gateway, operator)
        found[route.gateway, route.operator] += count
    return dict(found)


def cost(ways: Ways, gateway: str, phones: Sequence[str], body: str) -> tuple[Decimal, str]:
    """What a text to these phones is expected to cost by this gateway, and in which currency."""
    home = ways.route(gateway, operators.OTHER)
    counted = Counter(operators.operator(phone) for phone in phones)
    parts = gsm.parts(body)
    return sum((ways.route(gateway, operator).price * count * parts for operator, count in counted.items()), Decimal(0)), home.currency


@dataclass(slots=True)
class Leases:
    """What the senders of one process may send this second, by bucket. What is not used in its second is lost."""

    held: dict[Key, tuple[int, float]] = field(default_factory=dict)  # texts left, until when by `ticks`
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, wanted: Mapping[Key, int], ticks: float) -> bool:
        """All that is wanted, or nothing. `ticks`: a monotonic clock's seconds."""
        with self.lock:
            if any(self._left(key, ticks) < count for key, count in wanted.items()):
                return False
            for key, count in wanted.items():
                left, until = self.held[key]
                self.held[key] = (left - count, until)
            return True

    def add(self, key: Key, count: int, ticks: float) -> None:
        with self.lock:
            self.held[key] = (self._left(key, ticks) + count, ticks + LEASE_SECONDS)

    def _left(self, key: Key, ticks: float) -> int:
        left, until = self.held.get(key, (0, 0.0))
        return left if ticks < until else 0


def lease(session: Session, wanted: Mapping[Key, int], lane: int) -> dict[Key, int]:
    """Take texts out of the buckets for all that is wanted, some more where there are plenty; nothing when one has too few.

    A batch larger than a bucket waits for a full one and leaves a debt, which later seconds pay: rates hold over time.
    """
    now = database_now(session)
    taken: dict[Key, int] = {}
    for gateway, operator in sorted(wanted):
        route = session.get_one(Route, (gateway, operator), with_for_update=True, populate_existing=True)
        level = filled(route.tokens, route.per_second, route.filled_at, now)
        amount = granted(level, route.per_second, wanted[gateway, operator], lane)
        if not amount:
            session.rollback()
            return {}
        route.tokens, route.filled_at = level - amount, now
        taken[gateway, operator] = amount
    return taken


def filled(tokens: float, per_second: int, filled_at: datetime | None, now: datetime) -> float:
    """What a bucket holds at this moment: never more than a second's texts."""
    if filled_at is None:
        return float(per_second)
    return min(float(per_second), tokens + max(0.0, (now - filled_at).total_seconds()) * per_second)


def granted(level: float, per_second: int, wanted: int, lane: int) -> int:
    """How many texts a sender gets: what its batch needs at least, up to a share of a second; 0: not now."""
    kept = 0.0 if lane <= LAST_URGENT_LANE else per_second * KEPT_FOR_URGENT
    spare = level - kept
    if spare < min(wanted, per_second - kept):
        return 0
    return max(wanted, min(int(spare), int(per_second * LEASE_SHARE)))


def in_the_air(session: Session, gateway: str) -> int:
    """Calls to this gateway that are marked and not yet settled, in all processes."""
    marked = select(func.count()).select_from(Batch).where(Batch.owner.is_not(None), Batch.state == "submitting", Batch.gateway == gateway)
    return session.scalars(marked).one()


SOON = timedelta(seconds=1)  # when a batch that found no room is looked at again
