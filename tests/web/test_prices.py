"""Prices at a screen: the held ones decided by those who may, the open ones for everybody."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from content import prices
from content.models import Market, Price
from core.audit import AuditEntry
from core.db import new_id
from jobs.runtime import Runtime
from tests import builders
from tests.web.visitor import Visitor, staff

FIRST = date(2026, 3, 2)


def price(session: Session, runtime: Runtime, amount: int, day: date, **values: object) -> UUID:
    row = {
        "id": new_id(runtime.now()),
        "market_id": 1,
        "commodity": "maize",
        "kind": "trader",
        "unit": "kg",
        "day": day,
        "monthly": False,
        "amount": Decimal(amount),
        "currency": "UGX",
        "reports": 2,
        "estimated": False,
        "source": "reporters",
        "state": prices.PUBLISHED,
        "created_at": runtime.now(),
    }
    session.add(Price(**row | values))
    session.flush()
    return row["id"]  # type: ignore[return-value]


@pytest.fixture
def held(runtime: Runtime) -> UUID:
    staff(runtime, "admin", "editor", "approver", "helpdesk")
    with runtime.transaction() as session:
        district = builders.district(session)
        session.add(
            Market(id=1, code="t:1", name="=Mubende", district_id=district.id, latitude=0.5, longitude=31.4, selling=True, sample=False)
        )
        session.flush()
        for number in range(5):
            price(session, runtime, 1000 + 10 * number, FIRST + timedelta(days=number))
        return price(session, runtime, 105_000, FIRST + timedelta(days=6), state=prices.HELD, why="this looks like a bag, not a kilogram")


def state(runtime: Runtime, price_id: UUID) -> tuple[str, str | None]:
    with runtime.reading() as session:
        found = session.get_one(Price, price_id)
        return found.state, found.decided_by


def test_a_held_price_is_shown_with_its_reason_and_its_past(visitor: Visitor, held: UUID) -> None:
    page = visitor.signs_in("editor@example.org").get("/prices/held").text
    for shown in ("105,000", "this looks like a bag", "1,020", "103 times the usual", "traders pay"):
        assert shown in page


@pytest.mark.parametrize("role", ["admin", "editor", "approver"])
def test_those_who_decide_approve_it_and_the_audit_says_who(visitor: Visitor, held: UUID, runtime: Runtime, role: str) -> None:
    visitor.signs_in(f"{role}@example.org").get("/prices/held").post(f"/prices/held/{held}/approve").follow()
    assert "Approved" in visitor.text
    assert "Nothing is held" in visitor.text
    became, by = state(runtime, held)
    assert became == prices.PUBLISHED
    with runtime.reading() as session:
        noted = session.scalars(select(AuditEntry).where(AuditEntry.verb == "price.approved")).one()
    assert noted.actor == by
    assert "105,000" in Visitor(visitor.client.application).get("/prices").text


def test_a_refusal_needs_its_reason_and_keeps_it(visitor: Visitor, held: UUID, runtime: Runtime) -> None:
    visitor.signs_in("approver@example.org").get("/prices/held").post(f"/prices/held/{held}/refuse", why=" ")
    assert visitor.status == 400
    assert "Say why it is refused" in visitor.text
    assert state(runtime, held) == (prices.HELD, None)
    visitor.post(f"/prices/held/{held}/refuse", why="it is the price of a bag").follow()
    assert state(runtime, held)[0] == prices.REFUSED
    with runtime.reading() as session:
        noted = session.scalars(select(AuditEntry).where(AuditEntry.verb == "price.refused")).one()
    assert noted.detail["because"] == "it is the price of a bag"


def test_whoever_may_not_decide_is_turned_away_and_nothing_changes(visitor: Visitor, held: UUID, runtime: Runtime) -> None:
    visitor.signs_in("helpdesk@example.org").get("/")
    assert visitor.get("/prices/held").status == 403
    assert visitor.post(f"/prices/held/{held}/approve").status == 403
    assert state(runtime, held) == (prices.HELD, None)


def test_of_two_who_decide_the_second_is_told_that_somebody_was_first(app: Flask, held: UUID) -> None:
    one, two = (Visitor(app).signs_in(f"{role}@example.org").get("/prices/held") for role in ("editor", "approver"))
    assert one.post(f"/prices/held/{held}/approve").status == 302
    assert two.post(f"/prices/held/{held}/refuse", why="it is a bag").status == 409
    assert "Already done" in two.text


def test_open_prices_show_the_newest_of_each_series_with_source_and_licence(visitor: Visitor, held: UUID) -> None:
    page = visitor.get("/prices").text
    assert "1,040" in page
    assert "1,030" not in page
    assert "105,000" not in page, "a held price is nobody's to see"
    assert "CC BY 4.0" in page
    assert "No price like that" in visitor.get("/prices?commodity=gold").text


def test_the_file_holds_every_published_value_and_no_formula(visitor: Visitor, held: UUID) -> None:
    answer = visitor.get("/prices.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["price"] for row in rows] == ["1000.0", "1010.0", "1020.0", "1030.0", "1040.0"]
    assert {row["market"] for row in rows} == {"'=Mubende"}
    assert answer.at.headers["Content-Disposition"].startswith("attachment")
    assert len(list(csv.DictReader(io.StringIO(visitor.get("/prices.csv?since=2026-03-05").text)))) == 2


def test_the_interface_for_programs_goes_on_where_it_stopped(visitor: Visitor, held: UUID, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        for number in range(1000):
            price(session, runtime, 1000 + number, FIRST - timedelta(days=1 + number))
    first = visitor.get("/prices.json").at.get_json()
    second = visitor.get(first["next"]).at.get_json()
    days = [row["day"] for page in (first, second) for row in page["prices"]]
    assert (len(first["prices"]), len(second["prices"]), second["next"]) == (1000, 5, None)
    assert days == sorted(set(days))
    assert first["prices"][0]["licence"] == "CC BY 4.0"


def test_whose_data_it_is_stands_where_everybody_can_read_it(visitor: Visitor) -> None:
    page = visitor.get("/about").text
    assert "Weather data by Open-Meteo.com" in page
    assert "CC BY 4.0" in page
    assert "WFP" in page
    assert "CC BY-IGO" in page
