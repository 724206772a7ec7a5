"""Phone numbers: made here and nowhere else, E.164, of the countries we serve, able to get a text."""

import hmac
import re
from dataclasses import dataclass
from functools import cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberType

from core.errors import Unusable

COUNTRIES = ("UG", "KE", "TZ", "RW", "GH")
CALLING_CODES = {"UG": "+256", "KE": "+254", "TZ": "+255", "RW": "+250", "GH": "+233"}
TEXTABLE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


@dataclass(frozen=True, slots=True)
class Operator:
    name: str
    networks: tuple[str, ...]
    prefixes: tuple[str, ...]


# National prefixes as of 2025; a network code that comes with a request overrides them.
OPERATORS = (
    Operator("MTN UG", ("64110",), ("+25676", "+25677", "+25678", "+25679", "+25631", "+25639")),
    Operator("Airtel UG", ("64101",), ("+25670", "+25674", "+25675", "+25620")),
    Operator("UTL UG", ("64111",), ("+25671",)),
    Operator("Africell UG", ("64114",), ()),
    Operator("Safaricom", ("63902",), ("+25470", "+25471", "+25472", "+25479", "+25411")),
    Operator("Airtel KE", ("63903",), ("+25473", "+25478", "+25410")),
    Operator("Telkom KE", ("63907",), ("+25477",)),
    Operator("Equitel", ("63999",), ()),
    Operator("Tigo TZ", ("64002",), ("+25565", "+25567", "+25571")),
    Operator("Vodacom TZ", ("64004",), ("+25574", "+25575", "+25576")),
    Operator("Airtel TZ", ("64005",), ("+25568", "+25569", "+25578")),
    Operator("Halotel", ("64009",), ("+25562",)),
    Operator("MTN RW", ("63510",), ("+25078", "+25079")),
    Operator("Airtel RW", ("63514",), ("+25072", "+25073")),
    Operator("MTN GH", ("62001",), ("+23324", "+23354", "+23355", "+23359")),
    Operator("sandbox", ("99999",), ()),
)


def e164(typed: str, country: str = "UG") -> str:
    """What a person or a file wrote, as E.164. Raises Unusable("phone.unusable") for what no text can reach.

    A number typed without its plus that only makes sense as another country's is refused rather than guessed at.
    """
    if country in CALLING_CODES and _mobiles(country).fullmatch(typed):
        return typed  # as gateways write it: every turn of a dial-in brings one, and the long way costs as much as a whole page
    text = typed.strip().removeprefix("'").strip()
    if not text or len(text) > 20 or any(not (c in "+-(). " or c.isdigit()) for c in text):
        raise Unusable("phone.unusable")
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException as wrong:
        raise Unusable("phone.unusable") from wrong
    known = phonenumbers.region_code_for_number(number) in COUNTRIES
    if not known or number.extension or not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in TEXTABLE:
        raise Unusable("phone.unusable")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@cache
def _mobiles(country: str) -> re.Pattern[str]:
    """The mobile numbers of a country in E.164, by the library's own pattern of them: what the long way would give back unchanged."""
    known = PhoneMetadata.metadata_for_region(country)
    pattern = known.mobile.national_number_pattern if known and known.mobile else None
    return re.compile(re.escape(CALLING_CODES[country]) + f"(?:{pattern or '(?!)'})", re.ASCII)


def looks_e164(text: str) -> bool:
    """Whether this is a plain E.164 string, digits being ASCII: what an adapter may put on the wire."""
    return 8 <= len(text) <= 16 and text[0] == "+" and text[1:].isascii() and text[1:].isdigit() and text[1] != "0"


def operator(phone: str, network: str | None = None) -> str | None:
    """Who carries this number: the network that the request came from, else its prefix, else None."""
    for row in OPERATORS:
        if network and network in row.networks:
            return row.name
    return next((row.name for row in OPERATORS if phone.startswith(row.prefixes or ("?",))), None)


def masked(phone: str | None) -> str:
    """For pages and logs: enough to recognise, not enough to call."""
    if not phone:
        return ""
    return phone if len(phone) < 8 else f"{phone[:5]}•••••{phone[-3:]}"


def tag(phone: str, key: str) -> str:
    """A keyed hash that says "the same number as before" in a log, and nothing else."""
    return "ph:" + hmac.new(key.encode(), phone.encode(), "sha256").hexdigest()[:10]
