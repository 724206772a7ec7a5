"""The figures: whom the service reaches, by sex and district, beside FARMIS's own; as a page, a CSV file and data for its map."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, jsonify, render_template
from sqlalchemy.orm import Session

from content import sent
from content.sent import Sent
from core import clock
from jobs.runtime import Runtime
from messaging import tallies
from profiles import figures, places
from profiles.figures import Figures, Row, Split
from service.accounts import guard
from service.portal.farmers import runtime
from service.portal.open_prices import FORMULA

pages = Blueprint("figures", __name__)
KEPT = timedelta(minutes=1)  # counting a FARMIS month takes half a second on SQLite: asked once a minute, not once a reload
MEASURES = {
    "registered": "Farmers",
    "with_phone": "With a phone",
    "reached": "Reached by phone",
    "active": "Active in 30 days",
    "messages": "Messages this month",
}
SEXES = ("women", "men", "unsaid")
KNOWN = {
    "name": "Name",
    "sex": "Sex",
    "born": "Year of birth",
    "district": "District",
    "place": "Sub-county or parish",
    "phone_use": "Whose phone it is",
    "crop": "A crop",
    "land": "Size of the land",
    "planted": "When it was planted",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A district with its messages beside what the roll knows of it."""

    row: Row
    messages: Split

    def split(self, measure: str) -> Split:
        if measure == "messages":
            return self.messages
        found: Split = getattr(self.row, measure)
        return found


@dataclass(frozen=True, slots=True)
class Report:
    at: datetime
    today: date
    figures: Figures
    sent: Sent
    lines: list[Line]
    total: Line


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure of ours, split, with FARMIS's. `of`: what it is a share of, where FARMIS gives a share."""

    title: str
    says: str
    split: Split
    farmis: str
    of: Split | None = None
    count: int | None = None  # where it is not farmers that are counted


def report(session: Session, scope: UUID | None, now: datetime, runtime: Runtime) -> Report:
    """Everything that the three addresses show, from one look at the database."""
    zone = runtime.settings.zone
    today = clock.day(now, zone)
    counted = figures.count(session, scope, now, today, tallies.stopped(session))
    texts = sent.count(session, scope, now, zone)
    lines = [Line(row, texts.month.get(row.district_id, Split())) for row in counted.rows]
    return Report(now, today, counted, texts, lines, Line(counted.total, texts.this_month))


def headlines(told: Report) -> list[Headline]:
    """Ours beside those that FARMIS published."""
    whole = told.figures.total
    women = Split(women=whole.registered.women)
    return [
        Headline("Farmers registered", "with or without a phone", whole.registered, "15,360"),
        Headline("Women among them", "of those whose sex is known", women, "42%", of=Split(whole.registered.women, whole.registered.men)),
        Headline("Reached by phone", "a phone, agreed to be texted, no STOP", whole.reached, "63%", of=whole.registered),
        Headline("Without a phone", "news is passed on to them", whole.without_phone, "37%", of=whole.registered),
        Headline("Active in 30 days", "they dialled or texted us", whole.active, "8,200"),
        Headline("Messages this month", f"taken by the gateway since 1 {told.today:%B}", told.sent.this_month, "101,300 a month"),
        Headline("Cooperatives", "with so many farmers in them", told.figures.members, "63", count=whole.cooperatives),
    ]


@pages.get("/figures")
@guard.needs("reports.see")
def page() -> str:
    told = _report()
    return render_template(
        "figures/page.html",
        told=told,
        headlines=headlines(told),
        measures=MEASURES,
        known=KNOWN,
        own=guard.person().scope is not None,
    )


@pages.get("/figures.csv")
@guard.needs("reports.see")
def as_csv() -> Response:
    """One row a district, and one for all; every figure as women, men and those who did not say."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerows(_table(_report()))
    return Response(file.getvalue(), mimetype="text/csv", headers={"Content-Disposition": "attachment; filename=ensigo-figures.csv"})


@pages.get("/figures.json")
@guard.needs("reports.see")
def as_json() -> Response:
    """What the map and the chart draw: the same numbers as in the tables beside them."""
    told = _report()
    with runtime().reading() as session:
        dots = [(one.latitude, one.longitude) for one in places.children(session, None, "district") if one.latitude is not None]
    districts = [
        {
            "name": line.row.name,
            "at": [line.row.latitude, line.row.longitude],
            **{measure: {sex: getattr(line.split(measure), sex) for sex in SEXES} for measure in MEASURES},
        }
        for line in told.lines
        if line.row.latitude is not None
    ]
    days = [{"day": day.isoformat(), **{sex: getattr(split, sex) for sex in SEXES}} for day, split in told.sent.days.items()]
    return jsonify(districts=districts, dots=dots, days=days, measures=MEASURES)


def _report() -> Report:
    """What this person may see, as counted within the last minute; each group's apart from every other's."""
    scope, now = guard.person().scope, runtime().now()
    kept: dict[UUID | None, Report] = current_app.extensions.setdefault("figures", {})
    found = kept.get(scope)
    if found is None or not timedelta(0) <= now - found.at < KEPT:
        with runtime().reading() as session:
            found = kept[scope] = report(session, scope, now, runtime())
    return found


def _table(told: Report) -> Iterator[list[Any]]:
    yield ["district", *(f"{measure}_{sex}" for measure in (*MEASURES, "without_phone") for sex in SEXES), "cooperatives", "counted_at"]
    for line in (*told.lines, told.total):
        splits = [*(line.split(measure) for measure in MEASURES), line.row.without_phone]
        numbers = [getattr(split, sex) for split in splits for sex in SEXES]
        name = f"'{line.row.name}" if line.row.name.startswith(FORMULA) else line.row.name
        yield [name, *numbers, line.row.cooperatives, told.at.isoformat(timespec="seconds")]
