"""Money and quantities as people read them: exact decimals in, plain ASCII out."""

from decimal import ROUND_HALF_UP, Decimal

CURRENCIES = {"UG": "UGX", "KE": "KES", "TZ": "TZS", "RW": "RWF", "GH": "GHS"}
DECIMALS = {"UGX": 0, "RWF": 0, "TZS": 0, "KES": 2, "GHS": 2, "USD": 2}


def figure(amount: Decimal | int) -> str:
    """1234.5 as "1,235": whole units, commas, no sign of the currency; what prices are told in."""
    return f"{Decimal(amount).quantize(Decimal(1), ROUND_HALF_UP):,}"


def minor(amount: Decimal, currency: str) -> int:
    """An amount in whole minor units: shillings for UGX, cents for KES. Raises KeyError for an unknown currency."""
    return int((amount * 10 ** DECIMALS[currency]).quantize(Decimal(1), ROUND_HALF_UP))


def written(minor_units: int, currency: str) -> str:
    """Minor units with their currency: "UGX 25,000", "KES 12.50"."""
    places = DECIMALS[currency]
    return f"{currency} {Decimal(minor_units).scaleb(-places):,.{places}f}"
