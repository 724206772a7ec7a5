"""What we say of an offer, on a screen and in a text: money with commas, days as people say them, reasons in words."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from content import texts
from core import codes, money
from linkage import terms
from linkage.models import Offer
from linkage.terms import Cover, Loan, Purchase
from messaging import gsm, pages
from profiles.models import Organisation

LONGEST_PARTNER = 30
PART = 160


def partner(organisation: Organisation) -> str:
    """Its name, as long as a text has room for."""
    return pages.shortened(gsm.plain(organisation.name), LONGEST_PARTNER)


def day(when: date, language: str) -> str:
    months = texts.say("price.when.months", language).split()
    return f"{when.day} {months[when.month - 1]}"


def sum_of(minor: int, currency: str) -> str:
    """Shillings as "221,000"; a currency with cents as it is written."""
    return money.figure(minor) if money.DECIMALS[currency] == 0 else money.written(minor, currency)


def label(offer: Offer, language: str) -> str:
    """One line, for offers side by side: its name and what it costs in all, or what it pays."""
    said = _values(offer, language)
    return texts.say(f"offer.label.{offer.kind}", language, **said)


def whole(offer: Offer, organisation: Organisation, language: str) -> str:
    """All its terms, as she reads them before a yes."""
    said = _values(offer, language) | {"partner": partner(organisation), "licence": organisation.licence or "-"}
    return texts.say(f"offer.terms.{offer.kind}", language, **said)


def sure(offer: Offer, organisation: Organisation, language: str) -> str:
    """The last question before a yes."""
    said = _values(offer, language) | {"partner": partner(organisation)}
    return texts.say(f"offer.sure.{offer.kind}", language, **said)


def text(offer: Offer, language: str, ussd: str, by_text: bool = False) -> str:
    """The text by which a farmer hears of it, on a phone of her own; one without amounts where it would not fit.

    `by_text`: she can answer by a text; she is asked to only where this one says all that a yes would mean.
    """
    short = texts.say(f"offer.short.{offer.kind}", language, **_values(offer, language))
    if by_text and says_all(offer):
        asking = texts.say("sms.offer_yes", language, title=offer.title, short=short, code=codes.written(offer.number), ussd=ussd)
        if gsm.fits(gsm.plain(asking), PART):
            return asking
    said = texts.say("sms.offer", language, title=offer.title, short=short, ussd=ussd)
    return said if gsm.fits(gsm.plain(said), PART) else texts.say("sms.offer_new", language, ussd=ussd)


def says_all(offer: Offer) -> bool:
    """Whether its short text holds all its terms: not of cover, which may disappoint, nor of a loan in monthly parts."""
    return offer.kind == "purchase" or (offer.kind == "loan" and offer.terms["instalments"] == 1)


def why(reasons: Sequence[str], language: str) -> str:
    """ "you grow beans, your group"; empty for an offer that is open to everybody."""
    found = []
    for reason in reasons:
        name, _, value = reason.partition(":")
        crop = texts.say(f"crop.{value}", language) if name == "crop" else ""
        found.append(texts.say(f"offer.why.{name}", language, crop=crop))
    return ", ".join(found)


def why_not(missing: Sequence[str], language: str) -> str:
    """What closes it, and what she can do about it."""
    return " ".join(texts.say(f"offer.why_not.{name}", language) for name in missing)


def _values(offer: Offer, language: str) -> dict[str, Any]:
    found = terms.read(offer.kind, offer.terms)
    return {"title": offer.title, **VALUES[offer.kind](found, offer.currency, language)}


def _loan(loan: Loan, currency: str, language: str) -> dict[str, Any]:
    parts = texts.say("offer.parts", language, count=loan.instalments) if loan.instalments > 1 else ""
    sums = {"amount": loan.amount, "repay": loan.repay, "cost": loan.cost, "late": loan.late}
    return {name: sum_of(value, currency) for name, value in sums.items()} | {"due": day(loan.due, language), "parts": parts}


def _cover(cover: Cover, currency: str, language: str) -> dict[str, Any]:
    sums = {"premium": cover.premium, "own": cover.own_part, "sum": cover.sum_insured}
    days = {"starts": day(cover.starts, language), "ends": day(cover.ends, language)}
    measures = texts.say("offer.rain", language) if cover.measures == "rain" else cover.measures
    return {name: sum_of(value, currency) for name, value in sums.items()} | days | {"payer": cover.payer, "measures": measures}


def _purchase(purchase: Purchase, currency: str, language: str) -> dict[str, Any]:
    pays = texts.say("offer.pays_in" if purchase.pays_in else "offer.pays_cash", language, days=purchase.pays_in)
    words = {"form": purchase.form, "place": purchase.place, "rejects": purchase.rejects, "pays": pays}
    return {"price": sum_of(purchase.price, currency), **words}


VALUES: dict[str, Any] = {"loan": _loan, "cover": _cover, "purchase": _purchase}
