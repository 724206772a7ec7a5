"""Prices that were held back: each with its reason and what its series and its neighbours say, to approve or to refuse."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from content import prices
from content.models import Price
from service.accounts import guard
from service.portal.farmers import runtime
from service.portal.words import said

pages = Blueprint("held", __name__)
A_PAGE = 10
STEPS = 20  # widths that the style sheet knows: a bar may not carry a style of its own


@dataclass(frozen=True, slots=True)
class Bar:
    """One value beside the others: `step` of STEPS is the length of its bar."""

    label: str
    amount: Decimal
    step: int
    held: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    price: Price
    context: prices.Context
    bars: list[Bar]
    times: str  # how many times the usual it is, in words


@pages.get("/prices/held")
@guard.needs("prices.decide")
def waiting() -> str:
    return _page({})


@pages.post("/prices/held/<uuid:price_id>/approve")
@guard.needs("prices.decide")
def approve(price_id: UUID) -> Response:
    with runtime().transaction() as session:
        prices.approve(session, price_id, guard.person().actor, runtime().now())
    flash("Approved: it may be told to farmers now.", "good")
    return redirect(url_for("held.waiting"))


@pages.post("/prices/held/<uuid:price_id>/refuse")
@guard.needs("prices.decide")
def refuse(price_id: UUID) -> Response | tuple[str, int]:
    why = " ".join(request.form.get("why", "").split())[:200]
    if len(why) < 3:
        return _page({price_id: said("price.why")}), 400
    with runtime().transaction() as session:
        prices.refuse(session, price_id, guard.person().actor, runtime().now(), why)
    flash("Refused: it is never told to anybody.", "good")
    return redirect(url_for("held.waiting"))


def _page(errors: dict[UUID, str]) -> str:
    after = request.args.get("after", type=UUID)
    with runtime().reading() as session:
        found = prices.held(session, A_PAGE + 1, after)
        cases = [_case(price, context) for price, context in found[:A_PAGE]]
        return render_template("held.html", cases=cases, more=len(found) > A_PAGE, after=after, errors=errors)


def _case(price: Price, context: prices.Context) -> Case:
    values = [(f"{day:%b %Y}" if price.monthly else f"{day:%-d %b %Y}", amount, False) for day, amount in context.recent]
    values.append((f"{price.day:%b %Y}" if price.monthly else f"{price.day:%-d %b %Y}", price.amount, True))
    top = max(amount for _, amount, _ in values)
    bars = [Bar(label, amount, max(round(amount / top * STEPS), 1) if top else 0, held) for label, amount, held in values]
    return Case(price, context, bars, _times(price.amount, context.usual))


def _times(amount: Decimal, usual: Decimal | None) -> str:
    if not usual or not amount:
        return ""
    ratio = amount / usual
    if ratio >= 2:
        return f"{ratio:,.0f} times the usual" if ratio >= 10 else f"{ratio:.1f} times the usual"
    return f"{ratio:.0%} of the usual"
