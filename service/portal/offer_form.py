"""The form of an offer: which fields each kind has, what was typed, what it means, and what is wrong with it beside each field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from core import money
from core.errors import Unusable
from linkage import eligibility, terms
from linkage.eligibility import Criteria
from linkage.models import Offer
from linkage.offers import LONGEST_TITLE, NewOffer
from profiles import crops, places, roll
from service.portal.receipt_form import figure
from service.portal.words import said

OPEN_DAYS = timedelta(days=30)
LONGEST_PRODUCT, MOST_PLACES = 40, 10_000_000
SUM, PER_CENT, COUNT, DAY, WORDS, PARTS = "sum", "per cent", "count", "day", "words", "parts"


@dataclass(frozen=True, slots=True)
class Term:
    """One field of the terms: how it is asked for and how it is read."""

    name: str
    label: str
    kind: str
    hint: str = ""


TERMS: Mapping[str, tuple[Term, ...]] = {
    "loan": (
        Term("amount", "What the farmer gets, shillings", SUM),
        Term("rate", "Interest, per cent a month", PER_CENT, "On what is still owed, such as 2 or 2.5."),
        Term("fee", "All fees together, shillings", SUM, "They count into the cap of the law. 0 for none."),
        Term("months", "For how many months", COUNT),
        Term("instalments", "Paid back", PARTS),
        Term("due", "All is paid back by", DAY),
        Term("late", "Charge for a late month, shillings", SUM, "0 for none."),
    ),
    "cover": (
        Term("premium", "The whole premium, shillings", SUM),
        Term("own_part", "What the farmer pays of it, shillings", SUM),
        Term("payer", "Who pays the rest", WORDS, "As a farmer should read it, such as: the district."),
        Term("sum_insured", "Pays up to, shillings", SUM),
        Term("starts", "Cover starts", DAY, "Not before the offer closes."),
        Term("ends", "Cover ends", DAY),
        Term("measures", "What it looks at", WORDS, "Such as: rain."),
    ),
    "purchase": (
        Term("price", "Price of one kilogram, shillings", SUM),
        Term("form", "What exactly", WORDS, "Such as: dry clean beans."),
        Term("place", "Where it is weighed", WORDS),
        Term("pays_in", "Paid how many days after", COUNT, "0 for cash on weighing."),
        Term("rejects", "What goes home with the farmer", WORDS, "Such as: wet beans."),
    ),
}
ABOUT = ("title", "product", "opens_on", "closes_on", "capacity", "districts", "sex", "group", "records")
MANY = ("crops", "land")


@dataclass(slots=True)
class Form:
    """What was typed, kept for the page, and what is wrong with it, by field."""

    kind: str
    values: dict[str, str]
    chosen: dict[str, list[str]]
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, kind: str, typed: "MultiDict[str, str]") -> "Form":
        names = (*ABOUT, *(term.name for term in TERMS[kind]))
        return cls(kind, {name: typed.get(name, "").strip()[:400] for name in names}, {name: typed.getlist(name)[:40] for name in MANY})

    @classmethod
    def blank(cls, kind: str, today: date) -> "Form":
        form = cls.of(kind, MultiDict())
        form.values |= {"opens_on": today.isoformat(), "closes_on": (today + OPEN_DAYS).isoformat()}
        return form

    @classmethod
    def like(cls, session: Session, old: Offer, today: date) -> "Form":
        """What stands in another offer, its days renewed."""
        form, criteria = cls.blank(old.kind, today), eligibility.from_json(old.eligibility)
        for term in TERMS[old.kind]:
            form.values[term.name] = _shown(old.terms[term.name], term.kind, old.currency)
        form.values |= {"title": old.title, "product": old.product, "capacity": str(old.capacity or ""), "sex": criteria.sex or ""}
        form.values["records"] = str(criteria.records or "")
        form.values["districts"] = ", ".join(places.get(session, one).name for one in criteria.districts)
        form.values["group"] = str(next(iter(criteria.groups), ""))
        form.chosen = {"crops": list(criteria.crops), "land": list(criteria.land)}
        return form

    def wrong(self, name: str, key: str, **values: object) -> None:
        self.errors.setdefault(name, said(key, **values))


def understand(session: Session, form: Form, currency: str) -> NewOffer | None:
    """Read every field; what is wrong is noted beside it, all at once. None when anything is."""
    written = {term.name: _term(form, term, currency) for term in TERMS[form.kind]}
    criteria = _criteria(session, form)
    opens, closes = _day(form, "opens_on"), _day(form, "closes_on")
    capacity = _count(form, "capacity", 1, MOST_PLACES) if form.values["capacity"] else None
    title, product = form.values["title"], "-".join(form.values["product"].split())
    if not title:
        form.wrong("title", "offer.title", most=LONGEST_TITLE)
    if not product or len(product) > LONGEST_PRODUCT or not all(one.isascii() and (one.isalnum() or one in "._-") for one in product):
        form.wrong("product", "offer.product", most=LONGEST_PRODUCT)
    if form.errors or opens is None or closes is None:
        return None
    try:
        terms.read(form.kind, written)
    except Unusable as unusable:
        refused(form, unusable)
        return None
    return NewOffer(form.kind, product, title, written, criteria, opens, closes, capacity, currency)


def refused(form: Form, unusable: Unusable) -> None:
    """Put what the offers themselves found wrong beside its field."""
    named = str(unusable.values.get("term", "")).partition(":")[0]
    beside = {"offer.title": "title", "offer.dates": "closes_on", "offer.criteria": "districts"}
    name = beside.get(unusable.key) or (named if named in form.values else "title")
    key = f"offer.term.{named}" if unusable.key == "offer.terms" and named in form.values else unusable.key
    form.wrong(name, key, **unusable.values)


def _term(form: Form, term: Term, currency: str) -> Any:
    typed = form.values[term.name]
    if term.kind == SUM:
        found = figure(typed, Decimal(terms.LARGEST), money.DECIMALS[currency])
        if found is None:
            form.wrong(term.name, "offer.sum")
        return money.minor(found or Decimal(0), currency)
    if term.kind == PER_CENT:
        rate = figure(typed, Decimal(100), 4)
        if rate is None:
            form.wrong(term.name, "offer.rate")
        return str(rate)
    if term.kind == COUNT:
        return _count(form, term.name, 0, terms.LONGEST_LOAN)
    if term.kind == PARTS:
        return _count(form, "months", 0, terms.LONGEST_LOAN) if typed == "monthly" else 1
    if term.kind == DAY:
        day = _day(form, term.name)
        return day.isoformat() if day else ""
    if not typed or len(typed) > terms.LONGEST_WORDS or not typed.isprintable():
        form.wrong(term.name, "offer.words", most=terms.LONGEST_WORDS)
    return typed


def _criteria(session: Session, form: Form) -> Criteria:
    """Whom it is open to. What is left empty is open to all."""
    districts = []
    for name in filter(None, (one.strip() for one in form.values["districts"].split(","))):
        found = [place.id for place in places.find(session, name) if place.name.casefold() == name.casefold()]
        if len(found) != 1:
            form.wrong("districts", "offer.criteria", what=name[:40])
        districts += found[:1]
    grown = [one for one in form.chosen["crops"] if one in crops.BY_CODE]
    land = [one for one in form.chosen["land"] if one in eligibility.LAND]
    groups = {str(one.id): one.id for one in roll.groups(session)}
    if form.values["group"] and form.values["group"] not in groups:
        form.wrong("group", "farmer.group")
    mine: tuple[UUID, ...] = (groups[form.values["group"]],) if form.values["group"] in groups else ()
    sex = form.values["sex"] if form.values["sex"] in ("f", "m") else None
    records = _count(form, "records", 0, eligibility.LARGEST_COUNT) if form.values["records"] else 0
    return Criteria(tuple(grown), tuple(dict.fromkeys(districts)), tuple(land), sex, mine, False, records or 0)


def _count(form: Form, name: str, least: int, most: int) -> int:
    typed = figure(form.values[name], Decimal(most), 0, Decimal(least))
    if typed is None:
        form.wrong(name, "offer.count", least=least, most=f"{most:,}")
    return int(typed or 0)


def _day(form: Form, name: str) -> date | None:
    try:
        return date.fromisoformat(form.values[name])
    except ValueError:
        form.wrong(name, "offer.day")
        return None


def _shown(value: Any, kind: str, currency: str) -> str:
    """A stored term as it is typed."""
    if kind == SUM:
        return money.written(int(value), currency).partition(" ")[2]
    if kind == PARTS:
        return "once" if int(value) == 1 else "monthly"
    return str(value)
