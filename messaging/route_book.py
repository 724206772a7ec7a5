"""The routes as an operator keeps them: rank, rate, calls and price of each gateway, and of one for the phones of one operator."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import audit
from core.errors import Conflict, NotFound
from messaging import operators, ways
from messaging.flow_models import Pace, Route
from messaging.models import Report

# field → the least and the most that is sensible
BOUNDS = {"rank": (0, 99), "per_second": (1, 1_000_000), "calls": (1, 256)}
MOST_FOR_A_PART = Decimal(10_000)
PLACES = Decimal("0.0001")
LOOKED_AT = 5_000  # newest reports among which a gateway's last one is looked for


@dataclass(frozen=True, slots=True)
class Terms:
    """What an operator of the service decides about a route."""

    rank: int
    per_second: int
    calls: int
    price: Decimal


def all_of(session: Session, gateways: Sequence[str]) -> list[Route]:
    """Every row of these gateways, in their order; one that was never used is shown with the row that it will be given."""
    found = session.scalars(select(Route).where(Route.gateway.in_(gateways)).order_by(Route.operator)).all()
    rows = []
    for rank, name in enumerate(gateways):
        own = [route for route in found if route.gateway == name]
        if not any(route.operator == operators.OTHER for route in own):
            own.insert(0, Route(**ways.default(name, rank)))
        rows += own
    return rows


def one(session: Session, gateways: Sequence[str], gateway: str, operator: str) -> Route:
    """Raises NotFound."""
    for route in all_of(session, gateways):
        if (route.gateway, route.operator) == (gateway, operator):
            return route
    raise NotFound(f"no route {gateway} {operator}")


def change(session: Session, gateways: Sequence[str], key: ways.Key, terms: Terms, by: str, now: datetime) -> None:
    """Other terms for a row that is there. Raises NotFound."""
    ways.load(session, gateways, set())
    route = session.get(Route, key)
    if route is None or route.gateway not in gateways:
        raise NotFound(f"no route {key}")
    before = asdict(_terms(route))
    for name, value in asdict(terms).items():
        setattr(route, name, value)
    _note(session, "route.changed", key, by, now, was=_plain(before), becomes=_plain(asdict(terms)))


def add(session: Session, gateways: Sequence[str], key: ways.Key, terms: Terms, by: str, now: datetime) -> None:
    """A row of its own for one operator's phones. Raises NotFound for a stranger, Conflict where there is one."""
    if key[0] not in gateways or key[1] not in operators.OPERATORS:
        raise NotFound(f"no gateway or operator {key}")
    loaded = ways.load(session, gateways, set())
    if key in loaded.routes:
        raise Conflict("route.there")
    home = loaded.routes[key[0], operators.OTHER]
    facts = {"gateway": key[0], "operator": key[1], "currency": home.currency, "tokens": float(terms.per_second), "filled_at": None}
    session.add(Route(**facts, **asdict(terms)))
    _note(session, "route.added", key, by, now, becomes=_plain(asdict(terms)))


def remove(session: Session, gateways: Sequence[str], key: ways.Key, by: str, now: datetime) -> None:
    """The operator's phones go by the gateway's own row again, which itself stays. Raises NotFound."""
    route = session.get(Route, key)
    if route is None or route.gateway not in gateways or route.operator == operators.OTHER:
        raise NotFound(f"no route {key}")
    _note(session, "route.removed", key, by, now, was=_plain(asdict(_terms(route))))
    session.delete(route)


def paces(session: Session, gateways: Sequence[str]) -> dict[ways.Key, Pace]:
    """How each did lately, by gateway and operator, as the clock last looked."""
    return {(pace.gateway, pace.operator): pace for pace in session.scalars(select(Pace).where(Pace.gateway.in_(gateways)))}


def last_reports(session: Session) -> dict[str, datetime]:
    """Gateway → when it last reported on a text, among the newest reports of all."""
    newest = select(Report.gateway, Report.at).order_by(Report.id.desc()).limit(LOOKED_AT).subquery()
    return {gateway: at for gateway, at in session.execute(select(newest.c.gateway, func.max(newest.c.at)).group_by(newest.c.gateway))}  # noqa: C416 a Row is no pair to mypy


def _terms(route: Route) -> Terms:
    return Terms(route.rank, route.per_second, route.calls, route.price)


def _plain(terms: dict[str, Any]) -> dict[str, Any]:
    return terms | {"price": str(terms["price"])}


def _note(session: Session, verb: str, key: ways.Key, by: str, now: datetime, **detail: Any) -> None:
    audit.note(session, by, verb, f"route:{key[0]}:{key[1]}", now, **detail)
