"""Prices: recorded in bulk, revised by newer editions, checked before they are told, decided by people where they are odd."""

from calendar import monthrange
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from statistics import median
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from content import commodities, markets, price_checks
from content.models import Market, Price
from content.price_checks import Doubt, Neighbour
from content.price_files import Bad, Row
from core import audit
from core.db import insert_new, new_id
from core.errors import Conflict, NotFound

PUBLISHED, HELD, REFUSED = "published", "held", "refused"
UNCHECKED = "not checked yet"  # the `why` of a row between its recording and its check: held, but nobody need look
MEMORY = timedelta(days=550)  # how far back a series is asked what is usual: a year and a half, a whole harvest year at least
RECENT = 12  # how many of its values
CHUNK = 500  # ids in one statement

Series = tuple[int, str, str, str]  # market, kind, unit, currency


@dataclass(frozen=True, slots=True)
class Change:
    """A stored price of which an edition says another amount. `what`: market, commodity, kind and month, for a report."""

    what: str
    was: Decimal
    became: Decimal


@dataclass(slots=True)
class Recorded:
    """What became of some rows: `revised` took the new amount, `decided` kept the one that a person had decided."""

    new: int = 0
    unchanged: int = 0
    revised: list[Change] = field(default_factory=list)
    decided: list[Change] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)


def record(
    session: Session, rows: Sequence[Row], register: markets.Register, now: datetime, *, monthly: bool, actor: str, edition: str
) -> Recorded:
    """Keep these prices, held until `check` has seen them. A row that is there already with the same amount is left alone.

    Another amount revises it, with a note, unless a person has decided that row. Of a row that stands twice among `rows`
    the first counts.
    """
    done = Recorded()
    fresh: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        try:
            market_id = register.id_of(session, row.place, now)
        except markets.Nowhere as wrong:
            done.bad.append(Bad(row.line, str(wrong)))
            continue
        values = _values(row, market_id, register.source, monthly, now)
        if fresh.setdefault(_key(values), values) is not values:
            done.bad.append(Bad(row.line, "the same market, commodity, kind, unit and day stand in the file before"))
    for known in _stored(session, fresh):
        said = fresh.pop(_key(known._mapping))
        if (known.amount, known.currency) == (said["amount"], said["currency"]):
            done.unchanged += 1
            continue
        what = f"{register.name_of(known.market_id)}, {known.commodity}, {known.kind}, {known.day:%Y-%m}"
        fate = done.revised if _revise(session, known, said, actor, edition, now) else done.decided
        fate.append(Change(what, known.amount, said["amount"]))
    done.new = len(insert_new(session, Price, list(fresh.values()), Price.id))
    return done


def _values(row: Row, market_id: int, source: str, monthly: bool, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(now),
        "market_id": market_id,
        "commodity": row.commodity,
        "kind": row.kind,
        "unit": row.unit,
        "day": row.day,
        "monthly": monthly,
        "amount": row.amount,
        "currency": row.currency,
        "reports": row.reports,
        "estimated": False,
        "source": source,
        "state": HELD,
        "why": UNCHECKED,
        "decided_by": None,
        "decided_at": None,
        "created_at": now,
    }


def _key(values: Any) -> tuple[Any, ...]:
    return tuple(values[name] for name in ("market_id", "commodity", "kind", "unit", "day", "source"))


def _stored(session: Session, fresh: dict[tuple[Any, ...], dict[str, Any]]) -> list[Any]:
    """Which of these are there: asked by market and span of days, which for a file in order of days is little more."""
    if not fresh:
        return []
    days = [values["day"] for values in fresh.values()]
    keys = (Price.market_id, Price.commodity, Price.kind, Price.unit, Price.day, Price.source)
    found = session.execute(
        select(Price.id, *keys, Price.amount, Price.currency)
        .where(Price.market_id.in_({values["market_id"] for values in fresh.values()}))
        .where(Price.day.between(min(days), max(days)), Price.source == next(iter(fresh.values()))["source"])
    )
    return [row for row in found if _key(row._mapping) in fresh]


def _revise(session: Session, known: Any, said: dict[str, Any], actor: str, edition: str, now: datetime) -> bool:
    """Whether the stored row took the new amount: it keeps the one that a person decided."""
    moved = session.execute(
        update(Price)
        .where(Price.id == known.id, Price.decided_by.is_(None))
        .values(amount=said["amount"], currency=said["currency"], estimated=False, state=HELD, why=UNCHECKED)
        .returning(Price.id)
    ).one_or_none()
    if moved is None:
        return False
    change = {"was": str(known.amount), "became": str(said["amount"]), "edition": edition}
    audit.note(session, actor, "price.revised", f"price:{known.id}", now, **change)
    return True


def unchecked(session: Session) -> list[str]:
    """The commodities that have rows nobody has checked."""
    return list(
        session.scalars(select(Price.commodity).where(Price.state == HELD, Price.why == UNCHECKED).distinct().order_by(Price.commodity))
    )


def check(session: Session, commodity: str) -> list[tuple[Any, Doubt]]:
    """Publish the unchecked rows of one commodity that can be right; hold the others, each with its reason, and give them back.

    Goes through the months in order with the last RECENT right values of every series in hand: what memory holds is those and
    the ids of the rows that are judged, never the whole past.
    """
    waiting = and_(Price.commodity == commodity, Price.state == HELD, Price.why == UNCHECKED)
    first = session.scalar(select(func.min(Price.day)).where(waiting))
    if first is None:
        return []
    told = or_(Price.state == PUBLISHED, Price.why == UNCHECKED)
    stream = session.execute(
        select(Price.id, Price.market_id, Price.commodity, Price.kind, Price.unit, Price.currency, Price.day, Price.amount, Price.state)
        .where(Price.commodity == commodity, Price.state != REFUSED, told, Price.day >= first - MEMORY)
        .order_by(Price.day, Price.id)
        .execution_options(yield_per=1000)
    )
    past: dict[Series, deque[tuple[date, float]]] = defaultdict(lambda: deque(maxlen=RECENT))
    right: list[UUID] = []
    doubted: list[tuple[Any, Doubt]] = []
    for _month, rows in groupby(stream, key=lambda row: (row.day.year, row.day.month)):
        for row, doubt in _judged(list(rows), past):
            if doubt is None:
                right.append(row.id)
            else:
                doubted.append((row, doubt))
    for row, doubt in doubted:
        session.execute(update(Price).where(Price.id == row.id, waiting).values(why=doubt.says))
    for start in range(0, len(right), CHUNK):
        session.execute(update(Price).where(Price.id.in_(right[start : start + CHUNK]), waiting).values(state=PUBLISHED, why=None))
    return doubted


def _judged(rows: list[Any], past: dict[Series, deque[tuple[date, float]]]) -> Iterator[tuple[Any, Doubt | None]]:
    """The unchecked rows of one month of one commodity, each with its doubt if any; what is right joins the past of its series."""
    beside: dict[tuple[str, str, str], dict[int, Neighbour]] = defaultdict(dict)
    for row in rows:
        usual = price_checks.usual(_recent(past[_series(row)], row.day))
        beside[row.kind, row.unit, row.currency][row.market_id] = Neighbour(float(row.amount), usual)
    for row in rows:
        series = past[_series(row)]
        if row.state == HELD:
            others = [each for market, each in beside[row.kind, row.unit, row.currency].items() if market != row.market_id]
            bounds = commodities.bounds(row.commodity, row.unit, row.currency)
            doubt = price_checks.doubt(float(row.amount), _recent(series, row.day), others, bounds)
            yield row, doubt
            if doubt is not None:
                continue
        series.append((row.day, float(row.amount)))


def _series(row: Any) -> Series:
    return row.market_id, row.kind, row.unit, row.currency


def _recent(series: deque[tuple[date, float]], day: date) -> list[float]:
    return [amount for seen, amount in series if seen >= day - MEMORY]


def mark_estimated(session: Session, source: str, first: date, last: date) -> int:
    """Mark what a source has computed instead of asked, in these days, market by market; how many were marked."""
    stream = session.execute(
        select(Price.id, Price.market_id, Price.day, Price.amount, Price.estimated)
        .where(Price.source == source, Price.day.between(first, last), Price.state != REFUSED)
        .order_by(Price.day, Price.market_id)
        .execution_options(yield_per=1000)
    )
    marked: list[UUID] = []
    for _, group in groupby(stream, key=lambda row: (row.day, row.market_id)):
        rows = list(group)
        marks = price_checks.adjusted([row.amount for row in rows])
        marked += [row.id for row, mark in zip(rows, marks, strict=True) if mark and not row.estimated]
    for price_id in marked:
        session.execute(update(Price).where(Price.id == price_id).values(estimated=True))
    return len(marked)


def approve(session: Session, price_id: UUID, actor: str, now: datetime) -> None:
    """A person says that a held price is right: it may be told. Raises NotFound, Conflict when somebody decided before."""
    _decide(session, price_id, (HELD,), PUBLISHED, "price.approved", actor, now)


def refuse(session: Session, price_id: UUID, actor: str, now: datetime, why: str) -> None:
    """A person says that a price is wrong: never told. A right one is entered anew, by its own source.

    Also takes back a published price that nobody has decided. Raises NotFound, Conflict when somebody decided before.
    """
    _decide(session, price_id, (HELD, PUBLISHED), REFUSED, "price.refused", actor, now, because=why)


def _decide(
    session: Session, price_id: UUID, states: tuple[str, ...], state: str, verb: str, actor: str, now: datetime, **detail: str
) -> None:
    moved = session.execute(
        update(Price)
        .where(Price.id == price_id, Price.state.in_(states), Price.decided_by.is_(None), Price.why.is_distinct_from(UNCHECKED))
        .values(state=state, decided_by=actor, decided_at=now)
        .returning(Price.amount, Price.why)
    ).one_or_none()
    if moved is None:
        if session.get(Price, price_id) is None:
            raise NotFound(f"price {price_id}")
        raise Conflict("this price is decided already")
    audit.note(session, actor, verb, f"price:{price_id}", now, amount=str(moved.amount), held_for=moved.why, **detail)


@dataclass(frozen=True, slots=True)
class Context:
    """What a person needs beside a price to judge it: all per the same unit, kind and currency."""

    market: str
    recent: tuple[tuple[date, Decimal], ...]  # published amounts of its series before it, oldest first
    usual: Decimal | None  # their median
    neighbours: tuple[tuple[str, Decimal], ...]  # other markets that month, by name
    elsewhere: Decimal | None  # their median


def held(session: Session, limit: int, after: UUID | None = None) -> list[tuple[Price, Context]]:
    """Prices that wait for a person, newest day first, each with its context; `after` is the last id of the page before."""
    waiting = select(Price).where(Price.state == HELD, Price.why.is_distinct_from(UNCHECKED))
    if after is not None:
        last = session.get(Price, after)
        if last is None:
            raise NotFound(f"price {after}")
        waiting = waiting.where(or_(Price.day < last.day, and_(Price.day == last.day, Price.id < last.id)))
    found = session.scalars(waiting.order_by(Price.day.desc(), Price.id.desc()).limit(limit)).all()
    return [(price, context(session, price)) for price in found]


def context(session: Session, price: Price) -> Context:
    """The recent values of a price's series, and what other markets said in its month."""
    alike = (Price.commodity == price.commodity, Price.kind == price.kind, Price.unit == price.unit, Price.currency == price.currency)
    recent = session.execute(
        select(Price.day, Price.amount)
        .where(*alike, Price.market_id == price.market_id, Price.state == PUBLISHED)
        .where(Price.day < price.day, Price.day >= price.day - MEMORY)
        .order_by(Price.day.desc())
        .limit(RECENT)
    ).all()
    begin = price.day.replace(day=1)
    end = begin.replace(day=monthrange(begin.year, begin.month)[1])
    beside = session.execute(
        select(Market.name, Price.amount)
        .join(Market, Market.id == Price.market_id)
        .where(*alike, Price.market_id != price.market_id, Price.state == PUBLISHED, Price.day.between(begin, end))
        .order_by(Market.name, Price.day)
    ).all()
    return Context(
        market=markets.name(session, price.market_id),
        recent=tuple((row.day, row.amount) for row in reversed(recent)),
        usual=median(row.amount for row in recent) if recent else None,
        neighbours=tuple((markets.spoken(row.name), row.amount) for row in beside),
        elsewhere=median(row.amount for row in beside) if beside else None,
    )
