"""Budgets for operators: what each may spend, what is spent of it, and what texts cost by day and gateway."""

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from core import money
from core.errors import NotFound
from messaging import budgets
from messaging.budgets import MOST, PERIODS, Cost
from messaging.money import EVERYBODY
from service.accounts import guard
from service.portal import naming
from service.portal.farmers import runtime, today
from service.portal.words import said

pages = Blueprint("budgets", __name__)
DAYS = 30
STEPS = 20  # widths that the style sheet knows
ALL = ("everybody", "All together")  # a payer in a form, where rows say "*"
HOUSE = "house"
Typed = dict[str, str]


@pages.get("/budgets", endpoint="all")
@guard.needs("budgets.see")
def listed() -> str:
    return _page({"payer": "", "period": "day", "amount": ""}, {})


@pages.post("/budgets")
@guard.needs("budgets.set")
def put() -> AnyResponse | tuple[str, int]:
    """Add a budget, or set another amount for one that is there."""
    typed = {name: request.form.get(name, "").strip()[:80] for name in ("payer", "period", "amount")}
    amount, errors = _amount(typed["amount"]), dict[str, str]()
    with runtime().transaction() as session:
        if typed["payer"] not in dict(_choices(session)):
            errors["payer"] = said("budget.payer")
        if typed["period"] not in PERIODS:
            errors["period"] = said("budget.period")
        if amount is None:
            errors["amount"] = said("budget.amount", most=f"{MOST:,}")
        elif not errors:
            budgets.put(session, _payer(typed["payer"]), typed["period"], amount, _currency(), guard.person().actor, runtime().now())
    if errors:
        return _page(typed, errors), 400
    flash("The budget holds from the next text on.", "good")
    return redirect(url_for("budgets.all"))


@pages.post("/budgets/remove")
@guard.needs("budgets.set")
def remove() -> AnyResponse:
    with runtime().transaction() as session:
        payer, period = request.form.get("payer", ""), request.form.get("period", "")
        if not payer:
            raise NotFound("no payer")
        budgets.remove(session, _payer(payer), period, guard.person().actor, runtime().now())
    flash("Removed: its texts are no longer held to an amount.", "good")
    return redirect(url_for("budgets.all"))


@pages.get("/budgets.csv")
@guard.needs("budgets.see")
def as_csv() -> Response:
    """What texts cost, a row for each day and gateway."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["day", "gateway", "currency", "texts", "settled", "set_aside", "uncertain", "total"])
    for one in _costs():
        writer.writerow([one.day, one.gateway, one.currency, one.texts, one.settled, one.reserved, one.uncertain, one.total])
    return Response(file.getvalue(), mimetype="text/csv", headers={"Content-Disposition": "attachment; filename=ensigo-spend.csv"})


@pages.get("/budgets.json")
@guard.needs("budgets.see")
def as_json() -> Response:
    """What the chart draws: the same figures as in the table beside it."""
    found, days = _costs(), _days()
    series = {(one.gateway, one.currency): dict.fromkeys(days, 0.0) for one in found}
    for one in found:
        series[one.gateway, one.currency][one.day] = float(one.total)
    lines: list[dict[str, Any]] = [
        {"name": f"{name}, {currency}", "totals": list(row.values())} for (name, currency), row in series.items()
    ]
    return jsonify(days=[day.isoformat() for day in days], series=lines)


def _page(typed: Typed, errors: Typed) -> str:
    with runtime().reading() as session:
        lines = budgets.lines(session, today())
        names = naming.payers(session, {line.budget.payer for line in lines})
        return render_template(
            "operation/budgets.html",
            lines=[(line, names[line.budget.payer], _typed_as(line.budget.payer), step(line)) for line in lines],
            costs=list(reversed(budgets.costs(session, _days()[0]))),
            choices=_choices(session),
            periods=[("day", "A day"), ("month", "A month")],
            currency=_currency(),
            typed=typed,
            errors=errors,
        )


def step(line: budgets.Line) -> int:
    """How long the bar of a budget is, of STEPS."""
    return min(STEPS, max(int(line.ratio * STEPS), 1 if line.spent else 0))


def _costs() -> Sequence[Cost]:
    with runtime().reading() as session:
        return budgets.costs(session, _days()[0])


def _days() -> list[date]:
    last = today()
    return [last - timedelta(days=back) for back in reversed(range(DAYS))]


def _choices(session: Session) -> list[tuple[str, str]]:
    return [ALL, *((code or HOUSE, name) for code, name in naming.payer_choices(session))]


def _payer(typed: str) -> str:
    return {ALL[0]: EVERYBODY, HOUSE: ""}.get(typed, typed)


def _typed_as(payer: str) -> str:
    return {EVERYBODY: ALL[0], "": HOUSE}.get(payer, payer)


def _amount(typed: str) -> Decimal | None:
    try:
        amount = Decimal(typed.replace(",", "").replace(" ", ""))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 < amount <= MOST and amount == amount.quantize(Decimal("0.01")) else None


def _currency() -> str:
    return money.CURRENCIES[runtime().settings.country]
