"""What was weighed and agreed at a delivery, and what it comes to: gross, fee, transport, net, to the shilling."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core import money
from core.errors import Unusable

FAR_APART = Decimal("0.05")  # two scales that differ by more are worth a second look


@dataclass(frozen=True, slots=True)
class Delivery:
    """`kg` is the group's scale and decides; `kg_second` the buyer's. `price` is for one kilogram; `fee` and `transport` are
    for the whole delivery, in minor units of `currency`."""

    crop: str
    day: date
    kg: Decimal
    price: Decimal
    currency: str
    fee: int = 0
    transport: int = 0
    kg_second: Decimal | None = None
    moisture: Decimal | None = None
    pays_on: date | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """gross = fee + transport + net, always."""

    gross: int
    fee: int
    transport: int
    net: int


def reckon(delivery: Delivery) -> Sums:
    """Gross is the group's kilograms by the price, rounded once, half up; net is what is left of it.

    Raises Unusable where something is below nought, or more is kept than the delivery is worth.
    """
    if delivery.kg <= 0 or (delivery.kg_second is not None and delivery.kg_second <= 0):
        raise Unusable("receipt.kg")
    if delivery.price <= 0:
        raise Unusable("receipt.price")
    if delivery.fee < 0 or delivery.transport < 0:
        raise Unusable("receipt.fee")
    gross = money.minor(delivery.kg * delivery.price, delivery.currency)
    net = gross - delivery.fee - delivery.transport
    if net < 0:
        raise Unusable("receipt.net")
    return Sums(gross, delivery.fee, delivery.transport, net)


def apart(delivery: Delivery) -> bool:
    """Whether the two scales say such different things that somebody should weigh again."""
    second = delivery.kg_second
    return second is not None and abs(second - delivery.kg) > delivery.kg * FAR_APART
