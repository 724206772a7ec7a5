"""The languages we speak: each by its own name, and what we fall back on where its wording has a gap."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

WORDING = Path(__file__).parent / "wording"
DEFAULT = "en"


@dataclass(frozen=True, slots=True)
class Language:
    """`code` is ISO 639; `name` is what its speakers call it, in GSM-7; `fallback` is tried in order, English last."""

    code: str
    name: str
    fallback: tuple[str, ...] = (DEFAULT,)


# A language is offered from the day its file lies in content/wording/. The order here is the order on the screen.
LANGUAGES = (
    Language("en", "English", ()),
    Language("lg", "Luganda"),
    Language("nyn", "Runyankole-Rukiga"),
    Language("ach", "Acholi"),
    Language("teo", "Ateso"),
    Language("lgg", "Lugbara"),
    Language("sw", "Kiswahili"),
    Language("laj", "Lango", ("ach", "en")),
    Language("xog", "Lusoga", ("lg", "en")),
    Language("myx", "Lumasaba", ("lg", "en")),
    Language("cgg", "Rukiga", ("nyn", "en")),
    Language("nyo", "Runyoro", ("nyn", "sw", "en")),
    Language("koo", "Lukonzo"),
    Language("kdj", "Ngakarimojong"),
)
BY_CODE = {language.code: language for language in LANGUAGES}

# What people type for a language beside its own name and code.
ALIASES = {
    "en": ("eng", "inglis", "engilisi", "lungereza", "oluzungu"),
    "lg": ("ganda", "oluganda", "lug"),
    "nyn": ("runyankole", "runyankore", "nkore", "rukiga", "runyakitara", "orunyankore", "orunyankole", "runyankolerukiga"),
    "cgg": ("orukiga",),
    "sw": ("swahili", "kisw"),
    "ach": ("acoli", "luo", "leb acoli"),
    "teo": ("teso",),
    "lgg": ("lugbarati",),
}


@cache
def offered() -> tuple[Language, ...]:
    """Those whose wording is complete, in the order of the screen."""
    return tuple(language for language in LANGUAGES if (WORDING / f"{language.code}.toml").is_file())


def chain(code: str) -> tuple[str, ...]:
    """Which wordings to look in, best first: the language itself, then its fallbacks. An unknown code is read as English."""
    language = BY_CODE.get(code, BY_CODE[DEFAULT])
    have = {one.code for one in offered()}
    return tuple(one for one in (language.code, *language.fallback) if one in have)


def find(typed: str) -> Language | None:
    """The offered language that was typed: its name, its code, another word for it, or its number on the screen."""
    number = typed.strip()
    if number.isdecimal() and len(number) < 3:
        return offered()[int(number) - 1] if 1 <= int(number) <= len(offered()) else None
    folded = "".join(letter for letter in typed.casefold() if letter.isalnum())
    for language in offered():
        spellings = (language.code, language.name, *ALIASES.get(language.code, ()))
        if folded in {"".join(letter for letter in one.casefold() if letter.isalnum()) for one in spellings}:
            return language
    return None
