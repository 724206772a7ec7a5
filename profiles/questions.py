"""What we ask every farmer: one list behind USSD, SMS, the portal and the measure of completeness."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from core.errors import Unusable
from profiles.models import Farmer, Plot

# Acres. A band is what people can answer without a tape.
LAND_BANDS = ("under_half", "half_to_1", "1_to_2", "2_to_5", "over_5")
# Days before today that we count as the planting day; None: no day can be said.
PLANTED_BANDS: dict[str, int | None] = {"this_week": 3, "2_3_weeks": 17, "4_7_weeks": 38, "before": None, "not_yet": None}
SEXES, PHONE_USES = ("f", "m"), ("own", "shared", "neighbour")
ANIMALS, TREES = frozenset({"milk", "goats"}), frozenset({"coffee", "matooke"})
NAME_LENGTH, OLDEST, YOUNGEST = 40, 110, 5


@dataclass(frozen=True, slots=True)
class Question:
    """One thing we ask. `key` names its wording; `options` are its values, each worded at `answer_key`; `parse` reads what was typed.

    `registration`: asked while registering, in this order; the others come later, one to a contact.
    """

    code: str
    options: tuple[str, ...]
    value: Callable[[Farmer, Plot | None], object]
    parse: Callable[[str, date], object] | None = None
    applies: Callable[[Farmer, Plot | None], bool] = lambda farmer, plot: True
    optional: bool = True
    registration: bool = True

    @property
    def key(self) -> str:
        return f"ask.{self.code}"

    def answer_key(self, value: str) -> str:
        """The wording key of one of the options."""
        return f"answer.{self.code}.{value}"


def name(typed: str, _today: date) -> str:
    """A person's name as they type it: letters first, no digits, at most 40 characters. Raises Unusable("ask_wrong.name")."""
    clean = " ".join(unicodedata.normalize("NFKC", typed).replace("’", "'").split())[:NAME_LENGTH].strip(" .,;*#")
    letters = sum(letter.isalpha() for letter in clean)
    if letters < 2 or not all(c.isalpha() or unicodedata.category(c) == "Mn" or c in " '-." for c in clean):
        raise Unusable("ask_wrong.name")
    return clean.title() if clean.islower() or clean.isupper() else clean


def year(typed: str, today: date) -> int:
    """A year of birth, or an age, as a year. Raises Unusable("ask_wrong.born")."""
    digits = re.sub(r"\s", "", typed)
    if not (digits.isascii() and digits.isdigit() and len(digits) in (2, 4)):
        raise Unusable("ask_wrong.born")
    born = int(digits) if len(digits) == 4 else today.year - int(digits)
    if not today.year - OLDEST <= born <= today.year - YOUNGEST:
        raise Unusable("ask_wrong.born")
    return born


QUESTIONS = (
    Question("crop", (), lambda farmer, plot: plot and plot.crop, optional=False),
    Question("district", (), lambda farmer, plot: farmer.district_id, optional=False),
    Question("name", (), lambda farmer, plot: farmer.name, name),
    Question("sex", SEXES, lambda farmer, plot: farmer.sex),
    Question("land", LAND_BANDS, lambda farmer, plot: plot and plot.land, applies=lambda farmer, plot: grows(plot)),
    Question("planted", tuple(PLANTED_BANDS), lambda farmer, plot: plot and plot.planted, applies=lambda farmer, plot: sows(plot)),
    Question("phone_use", PHONE_USES, lambda farmer, plot: farmer.phone_use, applies=lambda farmer, plot: farmer.phone is not None),
    Question("born", (), lambda farmer, plot: farmer.born, year, registration=False),
)
BY_CODE = {question.code: question for question in QUESTIONS}


def grows(plot: Plot | None) -> bool:
    """Whether land can be asked about: not for animals."""
    return plot is not None and plot.crop not in ANIMALS


def sows(plot: Plot | None) -> bool:
    """Whether a planting day can be asked about: not for animals and trees."""
    return grows(plot) and plot is not None and plot.crop not in TREES


def open_(farmer: Farmer, plot: Plot | None) -> list[Question]:
    """What we do not know of this farmer yet and may ask, in order; what they put off is not among it."""
    return [one for one in unknown(farmer, plot) if one.code not in farmer.declined]


def unknown(farmer: Farmer, plot: Plot | None) -> list[Question]:
    """What we do not know of this farmer, put off or not: the gaps of the profile."""
    return [one for one in QUESTIONS if one.applies(farmer, plot) and one.value(farmer, plot) is None]


def planted_on(band: str, today: date) -> date | None:
    """The day that weeks are counted from, for a band of planting; None where the band does not allow one."""
    days = PLANTED_BANDS[band]
    return None if days is None else today - timedelta(days=days)
