"""What a farmer reads of a receipt: one text in her language, or a neutral line where others read her phone too."""

from datetime import date
from decimal import Decimal

from content import texts
from core import codes, money
from linkage.models import Receipt
from messaging import gsm
from profiles.models import Farmer

# From all that there is to say to the least that still is a receipt: the first that fits one text goes out.
LADDER = ("receipt.whole", "receipt.short", "receipt.least")


def notice(receipt: Receipt, farmer: Farmer, ussd: str) -> str:
    """What was weighed, what was kept, what is left, when it is paid, the code, and where to complain."""
    said = [texts.say(key, farmer.language, **_values(receipt, farmer.language, ussd)) for key in LADDER]
    return next((text for text in map(gsm.plain, said) if gsm.fits(text, 160)), said[-1])


def neutral(receipt: Receipt, farmer: Farmer, ussd: str) -> str:
    """Without crop, weight or amount: somebody else may hold the phone."""
    return texts.say("receipt.neutral", farmer.language, code=codes.written(farmer.number), ussd=ussd)


def lines(receipt: Receipt, language: str, group: str) -> str:
    """The receipt on a screen."""
    return texts.say("receipt.screen", language, group=group, **_values(receipt, language, ""))


def sum_said(minor_units: int, currency: str) -> str:
    """ "873,200": the currency is the country's own and goes without saying."""
    return money.written(minor_units, currency).partition(" ")[2]


def weight_said(kg: Decimal) -> str:
    """ "296" or "296.5"."""
    return f"{kg.normalize():f}"


def day_said(day: date, language: str) -> str:
    """ "12 Jun", or in figures where a language has no short names."""
    months = texts.say("price.when.months", language).split()
    return texts.say("record.day", language, day=day.day, month=months[day.month - 1])


def _values(receipt: Receipt, language: str, ussd: str) -> dict[str, object]:
    crop = texts.say(f"crop.{receipt.crop}", language)
    second = receipt.kg_second
    return {
        "crop": crop[:1].upper() + crop[1:],
        "when": day_said(receipt.day, language),
        "kg": weight_said(receipt.kg),
        "scales": texts.say("receipt.scales", language, group=weight_said(receipt.kg), buyer=weight_said(second)) if second else "",
        "price": f"{receipt.price.normalize():,f}",
        "gross": sum_said(receipt.gross, receipt.currency),
        "fee": sum_said(receipt.fee, receipt.currency),
        "transport": sum_said(receipt.transport, receipt.currency),
        "net": sum_said(receipt.net, receipt.currency),
        "pays": texts.say("receipt.pays", language, when=day_said(receipt.pays_on, language)) if receipt.pays_on else "",
        "code": codes.written(receipt.number),
        "ussd": ussd,
    }
