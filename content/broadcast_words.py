"""What an organisation may write to its members: what is refused, what a second person must look at. Pure."""

import re

from messaging import gsm
from profiles.spelling import fold

ONE_PART = 160
NAME_ROOM = 30  # of the organisation's name, which stands before its words

ENDINGS = "com|org|net|info|biz|ug|ke|tz|rw|gh|africa|ly|me|io|co|app|site|online|xyz|link|click|top|shop"
LINK = re.compile(rf"://|\bwww\b|@|\b[\w-]+\.(?:{ENDINGS})\b|\b[\w-]+ ?(?:\.|\bdot\b) ?(?:com|ly|org|net|info)\b", re.I)
DATE = re.compile(r"\b(?:\d{1,2}[./-]\d{1,2}[./-]20\d\d|20\d\d[./-]\d{1,2}[./-]\d{1,2})\b")
PHONE = re.compile(r"\+?(?:\d[\s().\-/_]*){7,}")
LETTERS_FOR_DIGITS = str.maketrans("oOlI", "0011")
CODE = re.compile(r"[*#]\d[\d*]*#?")
PIN = re.compile(r"\bp[\s.\-_]*[i1l!][\s.\-_]*n(?:i|s|i?code)?\b", re.I)

# Words about money and secrets, as people write them, by language. One of them: a second person looks before it goes.
MONEY = {
    "en": "money momo cash pay pays paid payment payments fee fees loan loans deposit password secret code shs ugx shillings refund wallet",
    "lg": "ssente sente ensimbi sasula okusasula sasulira looni ewola okwewola akabonero sindika weereza",
    "nyn": "esente sente empiiha shashura okushashura sasura rooni eihoni oyoherereze",
    "sw": "pesa fedha lipa malipo mkopo ada tuma nenosiri siri",
    "ach": "cente lim cul culo deno",
}
MONEY_WORDS = frozenset(word for line in MONEY.values() for word in line.split())


def written(name: str, body: str, ussd: str) -> str:
    """The text as it goes out: who speaks, what they say, and the code to dial, all in one line of the phone's alphabet."""
    said = " ".join(gsm.plain(body).split())
    whole = f"{gsm.plain(name)[:NAME_ROOM].strip()}: {said}"
    return whole if ussd in said else f"{whole} {ussd}"


def faults(name: str, body: str, ussd: str) -> list[str]:
    """Why this may not be sent, each with what to do about it. An empty list may go."""
    if len(" ".join(body.split())) < 5:
        return ["Write what you want to say."]
    found = []
    strange = [letter for letter in gsm.culprits(body) if letter not in "\r\n\t" and gsm.plain(letter) in ("?", "")]
    if strange:
        found.append(f"{strange[0]!r} cannot be shown on every phone. Leave it out.")
    if "((" in body or "))" in body:
        found.append("Leave out the double brackets: everybody gets the same words.")
    if LINK.search(body):
        found.append("Leave out links and addresses: farmers are cheated with them. Say what they should know, or that they should dial.")
    if _dials_elsewhere(body, ussd):
        found.append(f"Leave out phone numbers and codes: the only one that may stand in a text is {ussd}.")
    size = gsm.septets(written(name, body, ussd))
    if size is not None and size > ONE_PART:
        over = size - ONE_PART
        found.append(
            f"{over} character{'' if over == 1 else 's'} too long: with your name and the code it must fit one text of {ONE_PART}."
        )
    return found


def sensitive(body: str) -> list[str]:
    """The words about money or a PIN in it."""
    said = [fold(word) for word in re.findall(r"[^\W_]+", body)]
    found = [word for word in dict.fromkeys(said) if word in MONEY_WORDS]
    return (["PIN"] if PIN.search(body) else []) + found


def _dials_elsewhere(body: str, ussd: str) -> bool:
    own = ussd.removesuffix("#")
    others = [code for code in CODE.findall(body) if not (code.rstrip("#") == own or code.startswith(own + "*"))]
    rest = DATE.sub(" ", CODE.sub(" ", body))
    # A letter for a digit hides a number only inside one: words stay words.
    hidden = re.sub(r"(?<=\d)[oOlI]|[oOlI](?=\d)", lambda letter: letter.group().translate(LETTERS_FOR_DIGITS), rest)
    return bool(others or PHONE.search(hidden))
