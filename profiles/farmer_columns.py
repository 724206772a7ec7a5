"""What the columns of a list of farmers are called, and how their cells are read."""

import re
from dataclasses import dataclass
from datetime import date

from rapidfuzz import fuzz

from core.errors import Unusable
from core.phone import e164
from profiles import crops, questions
from profiles.sheets import Unreadable
from profiles.spelling import fold

# Headings that we know, folded, by what they hold.
HEADINGS = {
    "name": "name names fullname farmername nameoffarmer membername farmer erinnya amannya eiziina amaziina jina nying",
    "phone": "phone phonenumber phoneno telephone tel telno telephonenumber mobile mobilenumber mobileno contact contactnumber cell msisdn "
    "essimu simu esimu namba nambaysimu nambayasimu number",
    "sex": "sex gender mf femalemale malefemale ekikula jinsia",
    "district": "district disitulikiti disiturikiti wilaya",
    "subcounty": "subcounty scounty sc eggombolola gombolola kata",
    "crop": "crop crops maincrop enterprise commodity cropsgrown ekirime ebirime ebihingwa zao mazao",
    "language": "language lang preferredlanguage olulimi orurimi lugha",
    "born": "born yearofbirth birthyear yob dob dateofbirth birthdate mwakawakuzaliwa",
    "age": "age emyaka umri",
}
KNOWN = {word: column for column, words in HEADINGS.items() for word in words.split()}
LIKE = 88  # per cent: how like a known heading one must be
NOTHING = {"", "-", "--", "n/a", "na", "none", "nil", "null", "no phone", "nophone", "."}
SEXES = {
    word: sex
    for sex, words in {
        "f": "f female woman w women lady girl mukazi omukazi mwanamke ke mke dako",
        "m": "m male man men boy gentleman musajja omusajja omushaija mushaija mwanamume mume me laco",
    }.items()
    for word in words.split()
}
# Languages by the words that lists use. Their own names and fallbacks are in content/languages.py.
LANGUAGES = {
    word: code
    for code, words in {
        "en": "en eng english",
        "lg": "lg lug luganda ganda oluganda",
        "nyn": "nyn runyankole runyankore nkore runyankolerukiga runyakitara runyankorerukiga",
        "cgg": "cgg rukiga",
        "ach": "ach acholi acoli",
        "teo": "teo ateso teso",
        "lgg": "lgg lugbara",
        "sw": "sw kiswahili swahili",
        "laj": "laj lango leblango",
        "xog": "xog lusoga soga",
        "myx": "myx lumasaba lugisu gisu",
        "nyo": "nyo runyoro",
        "koo": "koo lukonzo lukhonzo rukonjo",
        "kdj": "kdj ngakarimojong karimojong",
    }.items()
    for word in words.split()
}
SHORTENED = re.compile(r"\d[.,]?\d*[eE]\+?\d+")
SEPARATED = re.compile(r"[,;/|&]|\bor\b|\band\b", re.IGNORECASE)
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


class Wrong(Exception):
    """One cell for which its row is refused; the message says why."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each thing stands, and the headings that we do not know."""

    at: dict[str, int]
    ignored: tuple[str, ...]

    def cell(self, cells: list[str], column: str) -> str:
        """The text of a cell; empty where the column is missing, the row too short or the cell says "none"."""
        place = self.at.get(column, len(cells))
        text = cells[place].strip() if place < len(cells) else ""
        return "" if text.casefold() in NOTHING else text


def columns(headings: list[str]) -> Columns:
    """Read the headings. Raises Unreadable when neither names nor phones can be found, or two columns claim to be the same."""
    at: dict[str, int] = {}
    ignored = []
    for place, heading in enumerate(headings):
        column = _column(heading)
        if column is None:
            ignored += [heading[:30]] if heading else []
        elif column in at:
            raise Unreadable(f"Two columns hold the {column}: {headings[at[column]][:30]!r} and {heading[:30]!r}. Keep one.")
        else:
            at[column] = place
    if not {"name", "phone"} & set(at):
        raise Unreadable("No column is called name or phone. The first row must hold the headings, such as: name, phone, district, crop.")
    return Columns(at, tuple(ignored))


def _column(heading: str) -> str | None:
    key = fold(heading.partition("(")[0] or heading)
    if key in KNOWN:
        return KNOWN[key]
    return next((column for word, column in KNOWN.items() if len(word) > 4 and fuzz.ratio(key, word) >= LIKE), None)


def phone(text: str, country: str) -> str | None:
    """A number that can be texted, in E.164, or None for an empty cell. Raises Wrong."""
    if not text:
        return None
    try:
        return e164(text, country)
    except Unusable as unusable:
        if SHORTENED.search(text):
            raise Wrong("the spreadsheet has shortened this number: format the column as text and type it again") from unusable
        if SEPARATED.search(text):
            raise Wrong("there are two numbers in this cell: keep one") from unusable
        raise Wrong("this is no number that a text can reach; other countries' numbers need their + and code") from unusable


def name(text: str, today: date) -> str | None:
    """A person's name, or None for an empty cell. Raises Wrong."""
    try:
        return questions.name(text, today) if text else None
    except Unusable as unusable:
        raise Wrong("this is not a person's name") from unusable


def born(text: str, today: date) -> int | None:
    """A year from a year, a date or an age; None when empty. Raises Wrong."""
    years = YEAR.findall(text)
    try:
        return questions.year(years[0] if len(years) == 1 else text, today) if text else None
    except Unusable as unusable:
        raise Wrong("no year of birth can be read") from unusable


def grown(text: str) -> tuple[tuple[str, ...], list[str]]:
    """The codes of the crops in a cell, first first, and the words that are no crop we know."""
    parts = [part.strip() for part in SEPARATED.split(text) if part.strip()]
    found = [(part, crops.find(part)) for part in parts]
    return tuple(dict.fromkeys(crop.code for _, crop in found if crop)), [part[:20] for part, crop in found if crop is None]
