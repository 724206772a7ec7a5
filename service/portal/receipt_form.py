"""The form of a receipt: what was typed, what it means, and what is wrong with it beside each field."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from core import money
from core.errors import NotFound, Unusable
from linkage import deliveries
from linkage.deliveries import Delivery, Sums
from linkage.models import Receipt
from linkage.receipt_texts import weight_said
from profiles import crops, farmers, organisations, roll
from profiles.models import Farmer
from service.portal.words import said

T = TypeVar("T")
FIELDS = ("group", "member", "crop", "day", "kg", "kg_second", "moisture", "price", "fee", "transport", "pays_on", "nonce")
# Figures as people write them: thousands set apart by commas or not at all, a point before the rest. "2,5" is nobody's number.
FIGURES = re.compile(r"(\d{1,9}|\d{1,3}(?:,\d{3}){1,2})(?:\.(\d{1,4}))?")
MOST_KG, MOST_PRICE, MOST_MOISTURE, MOST_MONEY = Decimal(200_000), Decimal(1_000_000), Decimal(60), Decimal(500_000_000)
OLDEST, LATEST_PAY = timedelta(days=120), timedelta(days=365)
MANY = 6  # members of one name who are listed


@dataclass(slots=True)
class Form:
    """What was typed, kept for the page, and what is wrong with it, by field."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, typed: "MultiDict[str, str]") -> "Form":
        values = {name: typed.get(name, "").strip()[:80] for name in FIELDS}
        return cls(values | {"nonce": values["nonce"] or secrets.token_urlsafe(18)})

    @classmethod
    def blank(cls, today: date) -> "Form":
        return cls(dict.fromkeys(FIELDS, "") | {"day": today.isoformat(), "nonce": secrets.token_urlsafe(18)})

    @classmethod
    def like(cls, old: Receipt) -> "Form":
        """What stands on a receipt that is to be put right."""
        major = {name: money.written(getattr(old, name), old.currency).partition(" ")[2] for name in ("fee", "transport")}
        return cls(
            dict.fromkeys(FIELDS, "")
            | major
            | {
                "crop": old.crop,
                "day": old.day.isoformat(),
                "kg": weight_said(old.kg),
                "kg_second": weight_said(old.kg_second) if old.kg_second else "",
                "moisture": weight_said(old.moisture) if old.moisture else "",
                "price": weight_said(old.price),
                "pays_on": old.pays_on.isoformat() if old.pays_on else "",
                "nonce": secrets.token_urlsafe(18),
            }
        )

    def wrong(self, name: str, key: str, **values: object) -> None:
        self.errors.setdefault(name, said(key, **values))


@dataclass(frozen=True, slots=True)
class Meant:
    """The same, understood. `apart`: the two scales differ so much that somebody should weigh again."""

    group_id: UUID
    farmer: Farmer
    delivery: Delivery
    sums: Sums
    apart: bool


def understand(session: Session, form: Form, scope: UUID | None, currency: str, today: date, old: Receipt | None = None) -> Meant | None:
    """Read every field; what is wrong is noted beside it, all at once. None when anything is."""
    group_id = old.organisation_id if old else _group(session, form, scope)
    farmer = farmers.get(session, old.farmer_id) if old else _member(session, form, group_id, today)
    delivery = _delivery(form, currency, today)
    if form.errors or delivery is None or group_id is None or farmer is None:
        return None
    sums = _read(form, "fee", lambda: deliveries.reckon(delivery))
    return Meant(group_id, farmer, delivery, sums, deliveries.apart(delivery)) if sums else None


def _delivery(form: Form, currency: str, today: date) -> Delivery | None:
    typed = form.values
    if typed["crop"] not in crops.BY_CODE:
        form.wrong("crop", "receipt.crop")
    day = _day(form, "day", today - OLDEST, today)
    kg = _figure(form, "kg", "receipt.kg", MOST_KG, 2)
    price = _figure(form, "price", "receipt.price", MOST_PRICE, 4)
    second = _figure(form, "kg_second", "receipt.kg", MOST_KG, 2) if typed["kg_second"] else None
    moisture = _figure(form, "moisture", "receipt.moisture", MOST_MOISTURE, 2) if typed["moisture"] else None
    pays_on = _day(form, "pays_on", day or today, (day or today) + LATEST_PAY) if typed["pays_on"] else None
    kept = [_kept(form, name, currency) for name in ("fee", "transport")]
    if form.errors or day is None or kg is None or price is None:
        return None
    return Delivery(typed["crop"], day, kg, price, currency, kept[0], kept[1], second, moisture, pays_on)


def figure(typed: str, most: Decimal, places: int, least: Decimal = Decimal(0)) -> Decimal | None:
    """The number that was typed, or None for what is none, too large, or finer than a scale can say."""
    found = FIGURES.fullmatch(typed) if typed.isascii() else None
    if found is None or len(found[2] or "") > places:
        return None
    number = Decimal(f"{found[1].replace(',', '')}.{found[2] or '0'}")
    return number if least <= number <= most else None


def _figure(form: Form, name: str, key: str, most: Decimal, places: int) -> Decimal | None:
    number = figure(form.values[name], most, places, Decimal("0.0001"))
    if number is None:
        form.wrong(name, key)
    return number


def _kept(form: Form, name: str, currency: str) -> int:
    """What the group keeps, in minor units; empty means nothing."""
    if not form.values[name]:
        return 0
    number = figure(form.values[name], MOST_MONEY, money.DECIMALS[currency])
    if number is None:
        form.wrong(name, "receipt.fee")
    return money.minor(number or Decimal(0), currency)


def _day(form: Form, name: str, first: date, last: date) -> date | None:
    try:
        day = date.fromisoformat(form.values[name])
    except ValueError:
        day = date.min
    if first <= day <= last:
        return day
    form.wrong(name, f"receipt.{name}")
    return None


def _group(session: Session, form: Form, scope: UUID | None) -> UUID | None:
    """A cooperative writes its own; who may write for all chooses one."""
    if scope is not None:
        return scope
    known = {str(group.id): group.id for group in roll.groups(session)}
    if form.values["group"] not in known:
        form.wrong("group", "farmer.group")
    return known.get(form.values["group"])


def _member(session: Session, form: Form, group_id: UUID | None, today: date) -> Farmer | None:
    """A member by code or by name. Somebody outside the group is as unknown as nobody."""
    text = form.values["member"]
    if group_id is None or not text:
        if not text:
            form.wrong("member", "receipt.member")
        return None
    if text[:1].isdigit():
        return _read(form, "member", lambda: _coded(session, text, group_id))
    found, total = roll.search(session, roll.Search(text, scope=group_id), 1, today)
    if total == 1:
        return found[0].farmer
    named = "; ".join(f"{line.farmer.name} {farmers.code(line.farmer)}" for line in found[:MANY])
    form.wrong("member", "receipt.members" if total else "receipt.member", named=named)
    return None


def _coded(session: Session, text: str, group_id: UUID) -> Farmer:
    try:
        farmer = farmers.by_code(session, text)
    except NotFound as nobody:
        raise Unusable("receipt.member") from nobody
    if not organisations.belonging(session, group_id, [farmer.id]):
        raise Unusable("receipt.member")
    return farmer


def _read(form: Form, name: str, parse: Callable[[], T]) -> T | None:
    try:
        return parse()
    except Unusable as wrong:
        form.wrong(name, wrong.key, **wrong.values)
        return None
