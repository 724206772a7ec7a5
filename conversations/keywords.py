"""The words that a text may begin with, or hold: written out, each with its spellings in every language.

What was typed is made plain first: full-width letters, look-alikes, zero-width signs, quotes, stops and commas.
"""

import re
import unicodedata
from dataclasses import dataclass

from rapidfuzz import fuzz

LONGEST = 480  # characters of a text that are looked at
SHORTEST_ALIKE, ALIKE = 5, 84  # shorter words must be spelt as listed
# Letters of other alphabets that look like ours, in capitals.
LOOK_ALIKES = str.maketrans("АВЕЅІЈКМНОРСТХУΑΒΕΙΚΜΝΟΡΤΧΥΖ", "ABESIJKMHOPCTXYABEIKMNOPTXYZ")
APOSTROPHES = str.maketrans(dict.fromkeys("‘’‛ʻʼʽʹˈ′´`", "'"))


@dataclass(frozen=True, slots=True)
class Keyword:
    """`spellings` are folded: capitals, no apostrophes. `alike`: further misspellings are taken for it too."""

    code: str
    spellings: tuple[str, ...]
    alike: bool = True


def _row(code: str, *lines: str, alike: bool = True) -> Keyword:
    return Keyword(code, tuple(word.strip() for line in lines for word in line.split(",")), alike)


def _set(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


# English; Luganda; Runyankole-Rukiga; Swahili; Acholi and Lango; Ateso; misspellings. STOP and START are taken only as listed.
KEYWORDS = (
    _row(
        "STOP",
        "STOP, END, CANCEL, UNSUBSCRIBE, QUIT, STOPALL",
        "KOMYA, LEKERAAWO, MUKOMYE, MUKOME",
        "YEMEREZA, LEKYERAHO, REKYERAHO, MWEMEREZE",
        "ACHA, SITISHA, SIMAMISHA, KOMESHA",
        "GIK, JUK, CUNG",
        "KIWOS",
        "5TOP, ST0P, STOPP, STOOP, STOB, SOTP, STPO, STO, SITOP, SITOPU, ESTOP",
        alike=False,
    ),
    _row(
        "START",
        "START, UNSTOP, RESUME",
        "TANDIKA, DDAMU",
        "TANDIKA, GARURA",
        "ANZA, ENDELEA",
        "GEU",
        "STAT, STRAT, SATRT, SITAATI, 5TART, STARTT",
        alike=False,
    ),
    _row(
        "JOIN",
        "JOIN, REGISTER, REG, BEGIN, SIGNUP",
        "YINGIRA, NYINGIZA, WANDIISA",
        "TAAHAMU, TAHAMU, HANDIIKISA",
        "JIUNGE, JIUNGA, SAJILI",
        "DONYO, COONYA",
        "J0IN, JOYN, JON, JION, JOIIN, JOINE, JOINT, JIN, JOOIN, JOINN",
    ),
    _row(
        "HELP",
        "HELP, INFO, MENU, HELLO, HI",
        "YAMBA, OBUYAMBI, NNYAMBA, NYAMBA",
        "HWERA, OBUHWEZI, NYAMBAHO",
        "MSAADA, SAIDIA",
        "KONY, KONYA",
        "HELLP, HEPL, HALP, HELPP, ELP, 4ELP",
    ),
    _row(
        "PRICE",
        "PRICE, PRICES, MARKET, COST",
        "OMUWENDO, EMIWENDO, BBEEYI, BEEYI, BEYI",
        "OMUHENDO, EMIHENDO",
        "BEI, MBEI",
        "WEL",
        "PRISE, PRIC, PRYCE, PIRCE, PRIZE, PRAYISI",
    ),
    _row(
        "LANG",
        "LANG, LANGUAGE",
        "OLULIMI, LULIMI",
        "ORURIMI, RURIMI",
        "LUGHA",
        "LEB",
        "LANGUAG, LANGAUGE, LANGWAGE, LNG",
    ),
    _row(
        "WEATHER",
        "WEATHER, RAIN, FORECAST",
        "OBUDDE, ENKUBA",
        "OBWIRE, ENJURA",
        "HALIYAHEWA, MVUA, HEWA",
        "KOT",
        "WETHER, WHEATHER, WEATER",
    ),
    # These must come first: amid other words they are only words.
    _row("YES", "YES", "YEE", "EEGO", "NDIYO", alike=False),
    _row("NO", "NO", "NEDDA", "NGAAHA", "HAPANA", alike=False),
    _row("MYDATA", "MYDATA, MY DATA", alike=False),
    # Not here yet: understood, and answered honestly.
    _row("SELL", "SELL, SELLING", "TUNDA, NTUNDA", "GUZA, NGUZA", "UZA, NAUZA", "SEL", alike=False),
    _row("ASK", "ASK, QUESTION", "BUUZA", "BUUZA", "ULIZA, SWALI", "PENY", alike=False),
    _row("MUTE", "MUTE", "SIRISA", "NYAMAZA", alike=False),
    _row("PAUSE", "PAUSE", "WUMMULA", "PUMZIKA", alike=False),
)
SPELLINGS = {spelling: keyword.code for keyword in reversed(KEYWORDS) for spelling in keyword.spellings}
TODAY = ("STOP", "START", "JOIN", "HELP", "PRICE", "WEATHER", "LANG")  # those that do something
# Stop words that are common words too: a stop only when nothing else is said.
COMMON = _set("END CANCEL QUIT ACHA JUK STO")
POLITE = _set("PLEASE PLZ PLS KINDLY ENSIGO JUST MWATTU TAFADHALI")
# With one of these nobody can tell what is meant: we ask back, and stop nothing.
NEGATIONS = _set("DONT DONOT NOT NEVER TEMUKOMYA TEMUKOMA TOKOMYA MUTAKOMYA MUTAYEMEREZA USIACHE MSIACHE USISITISHE")
ABOUT_TEXTS = _set(
    "SENDING SEND TEXTING TEXTS TEXT SMS MESSAGE MESSAGES MSG MSGS PRICES PRICE THIS THESE IT ME ALL PLEASE NOW",
    "ENSIGO YOUR THE MY OBUBAKA MESEJI OBUTUMWA UJUMBE SASA MU",
)


def words(text: str) -> list[str]:
    """The words of a text as people meant them: capitals, apostrophes gone, every other sign a gap."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST]).translate(APOSTROPHES)
    plain = "".join(letter for letter in plain if unicodedata.category(letter) not in ("Cf", "Mn", "Cs", "Co"))
    return re.findall(r"\w+", plain.upper().translate(LOOK_ALIKES).replace("'", "").replace("_", " "))


def keyword(word: str) -> str | None:
    """The keyword that one word is, by a listed spelling or one much like it."""
    if word in SPELLINGS:
        return SPELLINGS[word]
    if len(word) < SHORTEST_ALIKE:
        return None
    near = [
        (fuzz.ratio(word, spelling), one.code)
        for one in KEYWORDS
        if one.alike
        for spelling in one.spellings
        if len(spelling) >= SHORTEST_ALIKE - 1 and spelling[0] == word[0]
    ]
    score, code = max(near, default=(0.0, ""))
    return code if score >= ALIKE else None


def stop_or_start(said: list[str]) -> str | None:
    """ "STOP", "START", "ASK" (nobody can tell whether to stop) or None: looked at before anything else.

    A stop word that comes first is a stop, whatever follows; "please stop" too; one of the common words only when it is
    alone. After a negation, and amid other words, we ask back.
    """
    codes = [SPELLINGS.get(word) for word in said]
    begins = next((index for index, word in enumerate(said) if word not in POLITE), len(said))
    rest = said[begins:]
    about_texts = all(code in ("STOP", "START") or word in ABOUT_TEXTS for word, code in zip(rest, codes[begins:], strict=True))
    if rest and codes[begins] == "STOP":
        return "STOP" if about_texts or rest[0] not in COMMON else None
    if rest and codes[begins] == "START" and about_texts:
        return "START"
    return "ASK" if "STOP" in said or (NEGATIONS & set(said) and "STOP" in codes) else None


def first(said: list[str]) -> tuple[str | None, list[str]]:
    """The keyword of a text, wherever it stands, and the other words; STOP and START were looked for before.

    An exact spelling goes before a likeness, and a greeting, which means HELP, after all else. What we cannot do yet must
    come first, or its words are only words.
    """
    if len(said) > 1 and " ".join(said[:2]) in SPELLINGS:
        return SPELLINGS[" ".join(said[:2])], said[2:]
    for find in (SPELLINGS.get, keyword):
        found = [(index, code) for index, word in enumerate(said) if (code := find(word)) in TODAY or (code and not index)]
        found = [(index, code) for index, code in found if code not in ("STOP", "START")]
        if found:
            index, code = next((one for one in found if one[1] != "HELP"), found[0])
            return code, [*said[:index], *said[index + 1 :]]
    return None, said
