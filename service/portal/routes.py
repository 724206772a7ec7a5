"""Routes for operators: which gateway carries whose texts, how fast and for how much, and how each did lately."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

import structlog
from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.errors import Conflict, NotFound
from messaging import lanes, operators, pauses, route_book, ways
from messaging.gateway import Unreadable
from messaging.route_book import BOUNDS, MOST_FOR_A_PART, PLACES, Terms
from service.accounts import guard
from service.portal import naming
from service.portal.farmers import runtime
from service.portal.words import said

log = structlog.get_logger(__name__)
pages = Blueprint("routes", __name__)
EVERY = "all"  # an operator in an address: those without a row of their own
FIELDS = (*BOUNDS, "price")
Typed = dict[str, str]


@pages.get("/routes", endpoint="all")
@guard.needs("queue.see")
def listed() -> str:
    names, now = tuple(runtime().gateways), runtime().now()
    with runtime().reading() as session:
        held = {one.name: one for one in pauses.standing(session, now)}
        routes, paces = route_book.all_of(session, names), route_book.paces(session, names)
        own = {(route.gateway, route.operator) for route in routes}
        return render_template(
            "operation/routes.html",
            routes=routes,
            paces=paces,
            rest={name: [pace for key, pace in sorted(paces.items()) if key[0] == name and key not in own] for name in names},
            reports=route_book.last_reports(session),
            air=lanes.in_the_air(session),
            held=held,
            actors=naming.actors(session, {one.by for one in held.values()}),
            gateways=names,
        )


@pages.post("/routes/<gateway>/balance")
@guard.needs("queue.act")
def balance(gateway: str) -> Response:
    """Ask the gateway what money is left: the only thing here that leaves the machine, and only when somebody presses."""
    asked = runtime().gateways.get(gateway)
    if asked is None:
        raise NotFound(gateway)
    try:
        amount, currency = asked.balance()
        flash(f"{gateway} says that {currency} {amount:,.2f} are left.", "good")
    except Unreadable as wrong:
        flash(f"{gateway} did not say: {wrong}.", "warn")
    except Exception as wrong:  # whatever its library raises, a page must come back
        log.warning("a balance could not be asked for", gateway=gateway, error=type(wrong).__name__)
        flash(f"{gateway} did not answer ({type(wrong).__name__}). Check the network, its address and its key.", "bad")
    return redirect(url_for("routes.all"))


@pages.get("/routes/new")
@guard.needs("queue.act")
def blank() -> str:
    return _new({"gateway": next(iter(runtime().gateways)), "operator": "", "rank": "0", "per_second": "", "calls": "", "price": ""}, {})


@pages.post("/routes/new")
@guard.needs("queue.act")
def add() -> Response | tuple[str, int]:
    typed, gateways = _typed("gateway", "operator", *FIELDS), tuple(runtime().gateways)
    terms, errors = read(typed)
    for name, known in (("gateway", gateways), ("operator", operators.OPERATORS)):
        if typed[name] not in known:
            errors[name] = said(f"route.{name}")
    if errors or terms is None:
        return _new(typed, errors), 400
    try:
        with runtime().transaction() as session:
            key = (typed["gateway"], typed["operator"])
            route_book.add(session, gateways, key, terms, guard.person().actor, runtime().now())
    except Conflict as taken:
        return _new(typed, {"operator": said(str(taken))}), 400
    flash("The route is added. Texts take it from now on.", "good")
    return redirect(url_for("routes.all"))


@pages.get("/routes/<gateway>/<operator>")
@guard.needs("queue.act")
def edit(gateway: str, operator: str) -> str:
    with runtime().reading() as session:
        route = route_book.one(session, tuple(runtime().gateways), *_key(gateway, operator))
    price = f"{route.price.normalize():f}"
    typed = {"rank": str(route.rank), "per_second": str(route.per_second), "calls": str(route.calls), "price": price}
    return _edit(gateway, operator, typed, {}, route.currency)


@pages.post("/routes/<gateway>/<operator>")
@guard.needs("queue.act")
def change(gateway: str, operator: str) -> Response | tuple[str, int]:
    typed, key, gateways = _typed(*FIELDS), _key(gateway, operator), tuple(runtime().gateways)
    with runtime().reading() as session:
        currency = route_book.one(session, gateways, *key).currency
    terms, errors = read(typed)
    if errors or terms is None:
        return _edit(gateway, operator, typed, errors, currency), 400
    with runtime().transaction() as session:
        route_book.change(session, gateways, key, terms, guard.person().actor, runtime().now())
    flash("The route is changed. Texts follow it within a second.", "good")
    return redirect(url_for("routes.all"))


@pages.post("/routes/<gateway>/<operator>/remove")
@guard.needs("queue.act")
def remove(gateway: str, operator: str) -> Response:
    with runtime().transaction() as session:
        route_book.remove(session, tuple(runtime().gateways), _key(gateway, operator), guard.person().actor, runtime().now())
    flash("Removed. Its phones go by the gateway's own row again.", "good")
    return redirect(url_for("routes.all"))


def read(typed: Mapping[str, str]) -> tuple[Terms | None, dict[str, str]]:
    """What was typed as terms, or what to do about each field that cannot be used. Pure."""
    errors, numbers = dict[str, str](), dict[str, int]()
    for name, (least, most) in BOUNDS.items():
        text = typed[name].replace(",", "")
        if text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most:
            numbers[name] = int(text)
        else:
            errors[name] = said(f"route.{name}", least=f"{least:,}", most=f"{most:,}")
    price = _price(typed["price"])
    if price is None:
        errors["price"] = said("route.price", most=f"{MOST_FOR_A_PART:,}")
    return (None if errors or price is None else Terms(**numbers, price=price)), errors


def _price(typed: str) -> Decimal | None:
    try:
        price = Decimal(typed.replace(",", "")[:20])
    except InvalidOperation:
        return None
    sound = price.is_finite() and 0 <= price <= MOST_FOR_A_PART
    return price if sound and price == price.quantize(PLACES) else None


def _typed(*names: str) -> Typed:
    return {name: request.form.get(name, "").strip()[:40] for name in names}


def _key(gateway: str, operator: str) -> ways.Key:
    return gateway, operators.OTHER if operator == EVERY else operator


def _new(typed: Typed, errors: Typed) -> str:
    choices = [(name, name) for name in runtime().gateways]
    return render_template("operation/route_new.html", typed=typed, errors=errors, gateways=choices, bounds=BOUNDS)


def _edit(gateway: str, operator: str, typed: Typed, errors: Typed, currency: str) -> str:
    given = {"gateway": gateway, "operator": operator, "typed": typed, "errors": errors, "currency": currency}
    return render_template("operation/route.html", **given, bounds=BOUNDS, every=operator == EVERY)
