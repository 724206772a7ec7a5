"""Numbers as people type them on a phone: shillings, and quantities with or without their measure. What is odd is asked again."""

import re
from dataclasses import dataclass
from decimal import Decimal

from core.errors import Unusable

MOST_MONEY = 500_000_000  # no farm's cost or sale; a slip of the finger is
MOST_QUANTITY = Decimal(100_000)
# "50000", "50,000", "50 000", "50.000": a separator stands before every three figures or before none.
MONEY = re.compile(r"(?:ugx|ush|shs?|sh\.)?\s*(\d{1,9}|\d{1,3}(?:[ ,.']\d{3}){1,2})\s*(?:/=|/-|ugx|ush|shs?|=)?")
THOUSANDS = re.compile(r"(\d{1,6})\s*k")
# One comma is nobody's: "2,5" may be two and a half or twenty-five, so it is asked again.
QUANTITY = re.compile(r"(\d{1,6}(?:\.\d{1,2})?)\s*([a-z ]*)")
# What people call a measure, in English, Luganda and Runyankole-Rukiga.
MEASURES = {
    "kg": ("kg", "kgs", "kilo", "kilos", "kilogram", "kilograms", "kiro"),
    "bag": ("bag", "bags", "sack", "sacks", "nsawo", "ensawo", "ensaho", "gunia", "ekiveera"),
    "debe": ("debe", "debes", "tin", "tins", "ddebe", "amadebe", "edebe"),
    "basin": ("basin", "basins", "beseni", "ebbeseni", "amabeseni", "ebeseni"),
    "bunch": ("bunch", "bunches", "nkota", "enkota"),
    "litre": ("l", "litre", "litres", "liter", "liters", "lita", "liita"),
    "head": ("head", "heads", "animal", "animals", "omutwe", "emitwe"),
}
SPELLINGS = {word: unit for unit, words in MEASURES.items() for word in words}


@dataclass(frozen=True, slots=True)
class Quantity:
    amount: Decimal
    unit: str | None  # None: only a number was typed


def shillings(typed: str) -> int:
    """Whole shillings, at least one. Raises Unusable("record.wrong_money")."""
    text = typed.strip().casefold()
    if (short := THOUSANDS.fullmatch(text)) is not None:
        amount = int(short[1]) * 1000
    elif text.isascii() and (found := MONEY.fullmatch(text)) is not None:
        amount = int(re.sub(r"\D", "", found[1]))
    else:
        raise Unusable("record.wrong_money")
    if not 0 < amount <= MOST_MONEY:
        raise Unusable("record.wrong_money")
    return amount


def quantity(typed: str, known: tuple[str, ...]) -> Quantity:
    """A number above nothing, with a measure or without: "8", "2.5", "750 kg". Raises Unusable("record.wrong_quantity").

    `known` are the measures that this crop is counted in.
    """
    text = " ".join(typed.casefold().split())
    found = QUANTITY.fullmatch(text) if text.isascii() else None
    unit = SPELLINGS.get(found[2].strip()) if found else None
    if found is None or (found[2].strip() and unit not in known):
        raise Unusable("record.wrong_quantity")
    amount = Decimal(found[1])
    if not 0 < amount <= MOST_QUANTITY:
        raise Unusable("record.wrong_quantity")
    return Quantity(amount, unit)
