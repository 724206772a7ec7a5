"""What prices are quoted for: each source's names, the crop and form they mean, and which values could ever be right."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache


@dataclass(frozen=True, slots=True)
class Commodity:
    """`code` is what prices are kept under; `crop` a code of profiles/crops.py; `name` is the crop's, or that of a form
    which has a wording of its own, price.form.<name>.

    Two commodities with one `name` are the same thing to a farmer and may stand side by side; another form is another name.
    `bagged`: core.units knows what a local bag of this very form weighs. `low` and `high`: UGX a kg, litre or piece, outside
    which no value has been right since 2006 nor will be for years: an order of magnitude, not a forecast.
    """

    code: str
    crop: str
    name: str
    low: int
    high: int
    bagged: bool = False


# The first form of a crop is the one a farmer most often sells. Coffee and groundnut have no price without a form.
COMMODITIES = (
    Commodity("maize", "maize", "maize", 100, 8_000, bagged=True),
    Commodity("maize_white", "maize", "maize", 100, 8_000, bagged=True),
    Commodity("maize_white_dry", "maize", "maize", 100, 8_000, bagged=True),
    Commodity("maize_yellow", "maize", "maize_yellow", 100, 8_000, bagged=True),
    Commodity("beans", "beans", "beans", 200, 15_000, bagged=True),
    Commodity("beans_dry", "beans", "beans", 200, 15_000, bagged=True),
    Commodity("beans_rosecoco", "beans", "beans_rosecoco", 200, 15_000, bagged=True),
    Commodity("beans_yellow", "beans", "beans_yellow", 200, 15_000, bagged=True),
    Commodity("beans_kidney", "beans", "beans_kidney", 200, 15_000, bagged=True),
    Commodity("coffee_kiboko", "coffee", "coffee_kiboko", 500, 40_000),
    Commodity("coffee_faq", "coffee", "coffee_faq", 1_000, 60_000),
    Commodity("coffee_parchment", "coffee", "coffee_parchment", 1_000, 60_000),
    Commodity("coffee_cherry", "coffee", "coffee_cherry", 200, 15_000),
    Commodity("matooke", "matooke", "matooke", 50, 60_000),
    Commodity("plantains", "matooke", "matooke", 50, 20_000),
    Commodity("cassava_fresh", "cassava", "cassava_fresh", 50, 8_000),
    Commodity("cassava", "cassava", "cassava_fresh", 50, 8_000),
    Commodity("sweet_potato", "sweet_potato", "sweet_potato", 50, 8_000),
    Commodity("groundnut_shelled", "groundnut", "groundnut_shelled", 500, 25_000),
    Commodity("groundnut_unshelled", "groundnut", "groundnut_unshelled", 300, 15_000),
    Commodity("rice_paddy", "rice", "rice_paddy", 200, 12_000, bagged=True),
    Commodity("rice", "rice", "rice_milled", 400, 20_000),
    Commodity("rice_local", "rice", "rice_milled", 400, 20_000),
    Commodity("sorghum", "sorghum", "sorghum", 100, 10_000, bagged=True),
    Commodity("sorghum_white", "sorghum", "sorghum", 100, 10_000, bagged=True),
    Commodity("sorghum_red", "sorghum", "sorghum", 100, 10_000, bagged=True),
    Commodity("millet", "millet", "millet", 200, 15_000, bagged=True),
    Commodity("millet_finger", "millet", "millet", 200, 15_000, bagged=True),
    Commodity("greengram", "greengram", "greengram", 300, 20_000),
    Commodity("soya", "soya", "soya", 200, 15_000, bagged=True),
    Commodity("sesame", "sesame", "sesame", 500, 25_000, bagged=True),
    Commodity("sunflower", "sunflower", "sunflower", 100, 10_000, bagged=True),
    Commodity("cotton", "cotton", "cotton", 200, 15_000),
    Commodity("potato", "potato", "potato", 100, 10_000, bagged=True),
    Commodity("potatoes_irish_red", "potato", "potato", 100, 10_000, bagged=True),
    Commodity("potatoes_irish_white", "potato", "potato", 100, 10_000, bagged=True),
    Commodity("tomato", "tomato", "tomato", 100, 15_000),
    Commodity("cabbage", "cabbage", "cabbage", 50, 10_000),
    Commodity("leafy_vegetables", "vegetables", "vegetables", 100, 12_000),
    Commodity("milk", "milk", "milk", 200, 8_000),
    Commodity("goat", "goats", "goats", 20_000, 2_000_000),
)
BY_CODE = {commodity.code: commodity for commodity in COMMODITIES}

# Sources' names, folded, that mean one of these. Every other name is kept as its own folded code: loaded, shown, told of no crop.
ALIASES = {
    "beans_mung": "greengram",
    "green_gram": "greengram",
    "cabbages": "cabbage",
    "cassava_tubers": "cassava_fresh",
    "milk_fresh": "milk",
    "milk_cow_fresh": "milk",
    "potatoes_irish": "potato",
    "irish_potatoes": "potato",
    "sesame_seed": "sesame",
    "simsim": "sesame",
    "soybeans": "soya",
    "soya_beans": "soya",
    "sunflower_seed": "sunflower",
    "sweet_potatoes": "sweet_potato",
    "tomatoes": "tomato",
    "tomatoes_local": "tomato",
    "groundnuts_shelled": "groundnut_shelled",
    "groundnuts_unshelled": "groundnut_unshelled",
}

# How many of a currency's units buy what one shilling buys, to the order of magnitude that a floor needs.
AGAINST_SHILLINGS = {"UGX": Decimal(1), "KES": Decimal("0.035"), "TZS": Decimal("0.7"), "RWF": Decimal("0.38")}

UNITS = {"kg": "kg", "kgs": "kg", "kilogram": "kg", "l": "litre", "lt": "litre", "litre": "litre", "liter": "litre"}
# What a weight or a volume in a unit's name is in kilograms or litres: exact, unlike a local bag or tin.
EXACT = {"kg": ("kg", Decimal(1)), "g": ("kg", Decimal("0.001")), "l": ("litre", Decimal(1)), "ml": ("litre", Decimal("0.001"))}


def code(name: str) -> str:
    """The code of a source's name for a commodity: "Maize (white)" → "maize_white", "Milk (fresh)" → "milk"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    folded = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return ALIASES.get(folded, folded)


def unit(name: str) -> str:
    """A source's unit in our spelling and no other size: "KG" → "kg", "L" → "litre", "90 KG" → "90 kg" (a bag stays a bag)."""
    folded = " ".join(name.casefold().split())
    return UNITS.get(folded, folded)


@cache
def exact(quoted: str) -> tuple[str, Decimal]:
    """What one quoted unit holds: "90 kg" → ("kg", 90), "200 g" → ("kg", 0.2), "kg" → ("kg", 1), "bunch" → ("bunch", 1)."""
    size, _, measure = quoted.partition(" ")
    if measure in EXACT:
        try:
            amount = Decimal(size)
        except InvalidOperation:
            return quoted, Decimal(1)
        if amount.is_finite() and amount > 0:
            base, times = EXACT[measure]
            return base, amount * times
    return quoted, Decimal(1)


def of_crop(crop: str) -> tuple[Commodity, ...]:
    """The forms in which a crop has a price, the one that is sold most first; empty for a crop without any."""
    return tuple(commodity for commodity in COMMODITIES if commodity.crop == crop)


def bounds(commodity: str, quoted: str, currency: str) -> tuple[Decimal, Decimal] | None:
    """The lowest and highest amount per quoted unit that could be right; None where we would not know.

    A bunch or a heap has no bounds: its size is anybody's. A piece counts only for what is sold by the piece.
    """
    known = BY_CODE.get(commodity)
    base, size = exact(quoted)
    if known is None or currency not in AGAINST_SHILLINGS:
        return None
    if base not in ("kg", "litre") and known.crop != "goats":
        return None
    rate = AGAINST_SHILLINGS[currency] * size
    return known.low * rate, known.high * rate
