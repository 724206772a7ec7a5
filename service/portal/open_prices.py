"""Open prices: what we tell farmers, for everybody, as a page, a CSV file and JSON, with source and licence on every row."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from sqlalchemy import Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from content import prices
from content.models import Market, Price
from profiles.models import Place
from service.accounts import guard
from service.portal.farmers import runtime

pages = Blueprint("open_prices", __name__)
SHOWN, A_PAGE = 60, 1000
# source → (who, licence)
SOURCES = {
    "wfp": ("WFP through HDX", "CC BY-IGO"),
    "reporters": ("Ensigo's price reporters", "CC BY 4.0"),
    "sample": ("Sample, made up", "none: not real"),
}
COLUMNS = (
    "market",
    "district",
    "commodity",
    "kind",
    "unit",
    "day",
    "monthly",
    "price",
    "currency",
    "estimated",
    "reports",
    "source",
    "licence",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to show; the same words in all three addresses."""

    market: str
    commodity: str
    kind: str
    since: str

    @classmethod
    def asked(cls) -> "Wanted":
        return cls(*(request.args.get(name, "").strip()[:80] for name in ("market", "commodity", "kind", "since")))

    def as_query(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in self.__slots__ if getattr(self, name)}


@pages.get("/prices")
@guard.anyone
def page() -> str:
    """The newest value of each series: the rest is in the files."""
    wanted = Wanted.asked()
    with runtime().reading() as session:
        rows = [_row(*found) for found in session.execute(_newest(wanted).limit(SHOWN + 1))]
        return render_template(
            "prices.html",
            rows=rows[:SHOWN],
            more=len(rows) > SHOWN,
            wanted=wanted,
            markets=_distinct(session, Market.name),
            commodities=_distinct(session, Price.commodity),
            kinds=_distinct(session, Price.kind),
        )


@pages.get("/prices.csv")
@guard.anyone
def as_csv() -> Response:
    """Every published value, oldest first, streamed: the whole table need not fit into memory."""
    wanted, opened = Wanted.asked(), runtime()

    def lines() -> Iterator[str]:
        yield _line(COLUMNS)
        with opened.reading() as session:
            for found in session.execute(_history(wanted).execution_options(yield_per=1000)):
                row = _row(*found)
                yield _line([_harmless(str(row[name])) for name in COLUMNS])

    return Response(lines(), mimetype="text/csv", headers={"Content-Disposition": "attachment; filename=ensigo-prices.csv"})


@pages.get("/prices.json")
@guard.anyone
def as_json() -> Response:
    """A thousand values at a time, oldest first; `next` is the address of those after."""
    wanted, after = Wanted.asked(), request.args.get("after", type=UUID)
    with runtime().reading() as session:
        query = _history(wanted)
        last = session.get(Price, after) if after else None
        if last is not None:
            query = query.where(or_(Price.day > last.day, and_(Price.day == last.day, Price.id > last.id)))
        found = session.execute(query.limit(A_PAGE)).all()
    onward = None
    if len(found) == A_PAGE:
        onward = url_for("open_prices.as_json", after=found[-1][0].id, **wanted.as_query())  # type: ignore[arg-type]
    return jsonify(prices=[_row(*row) for row in found], next=onward, sources={key: list(value) for key, value in SOURCES.items()})


def _published(wanted: Wanted) -> Select[Price, str, str]:
    query = (
        select(Price, Market.name, func.coalesce(Place.name, ""))
        .join(Market, Market.id == Price.market_id)
        .outerjoin(Place, Place.id == Market.district_id)
        .where(Price.state == prices.PUBLISHED)
    )
    for column, value in ((Market.name, wanted.market), (Price.commodity, wanted.commodity), (Price.kind, wanted.kind)):
        if value:
            query = query.where(column == value)
    return query


def _history(wanted: Wanted) -> Select[Price, str, str]:
    query = _published(wanted)
    since = _day(wanted.since)
    if since is not None:
        query = query.where(Price.day >= since)
    return query.order_by(Price.day, Price.id)


def _newest(wanted: Wanted) -> Select[Price, str, str]:
    series = (Price.market_id, Price.commodity, Price.kind, Price.unit)
    latest = select(*series, func.max(Price.day)).where(Price.state == prices.PUBLISHED).group_by(*series)
    newest = _published(wanted).where(tuple_(*series, Price.day).in_(latest))
    return newest.order_by(Price.day.desc(), Market.name, Price.commodity, Price.kind)


def _row(price: Price, market: str, district: str) -> dict[str, Any]:
    who, licence = SOURCES.get(price.source, (price.source, "ask us"))
    return {
        "market": market,
        "district": district,
        "commodity": price.commodity,
        "kind": price.kind,
        "unit": price.unit,
        "day": price.day.isoformat(),
        "monthly": price.monthly,
        "price": float(price.amount),
        "currency": price.currency,
        "estimated": price.estimated,
        "reports": price.reports,
        "source": who,
        "licence": licence,
    }


def _distinct(session: Session, column: Any) -> list[str]:
    """What can be chosen: only what a published price has."""
    query = select(column).distinct().order_by(column)
    joined = query.join(Price, Price.market_id == Market.id) if column is Market.name else query
    return list(session.scalars(joined.where(Price.state == prices.PUBLISHED)))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _line(cells: Any) -> str:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow(cells)
    return line.getvalue()


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula. Names of markets come from other people's files."""
    return f"'{cell}" if cell.strip().startswith(FORMULA) or cell.startswith(FORMULA) else cell
