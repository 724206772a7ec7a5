"""What a text says beside its keyword, in any order: a crop, a place, and what is left may be a name."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sqlalchemy.orm import Session

from core.errors import Unusable
from profiles import crops, places, questions, spelling
from profiles.models import Place

T = TypeVar("T")

LONGEST_PHRASE = 3  # words that together may name a crop or a place
SHORTEST_PLACE = 3
MOST_WORDS = 30
# Words between the things that matter.
BETWEEN = frozenset(
    word
    for line in (
        "I AM IM MY NAME IS FROM IN AT AND THE A OF FOR GROW FARMER FARM DISTRICT MARKET PLEASE CROP ACRE ACRES ACR",
        "TODAY NZE NDI NE MU WA KU NA OMU HOW MUCH WHAT PRICE PRICES JOIN KG",
    )
    for word in line.split()
)


@dataclass(frozen=True, slots=True)
class Slots:
    """`places`: several when nobody can tell which was meant. `rest`: the words that name neither crop nor place."""

    crop: str | None
    places: tuple[Place, ...]
    rest: tuple[str, ...]

    def name(self, today: date) -> str | None:
        """The words that are left, where they can be a person's name."""
        try:
            return str(questions.name(" ".join(self.rest), today)) if 0 < len(self.rest) <= LONGEST_PHRASE else None
        except Unusable:
            return None


def read(session: Session, said: list[str]) -> Slots:
    """Exact names are taken first, whatever their order; then what is spelt much alike, crops before places."""
    left = [word for word in said[:MOST_WORDS] if word not in BETWEEN and not any(letter.isdigit() for letter in word)]
    crop, left = _take(left, _crop_named)
    found, left = _take(left, lambda phrase: _named(session, phrase))
    if crop is None:
        crop, left = _take(left, lambda phrase: one.code if (one := crops.find(phrase)) else None)
    if found is None:
        found, left = _take(left, lambda phrase: tuple(places.find(session, phrase)) if len(phrase) >= SHORTEST_PLACE else None)
    return Slots(crop, found or (), tuple(left))


def _crop_named(phrase: str) -> str | None:
    crop = crops.SPELLINGS.get(spelling.fold(phrase))
    return crop.code if crop else None


def _named(session: Session, phrase: str) -> tuple[Place, ...] | None:
    key = spelling.fold(phrase)
    return tuple(one for one in places.find(session, phrase) if spelling.fold(one.name) == key) if len(phrase) >= SHORTEST_PLACE else None


def _phrases(said: list[str]) -> Iterator[tuple[int, int]]:
    """Longer phrases before shorter: "sweet potato" is no potato."""
    for length in range(LONGEST_PHRASE, 0, -1):
        for start in range(len(said) - length + 1):
            yield start, start + length


def _take(said: list[str], find: Callable[[str], T | None]) -> tuple[T | None, list[str]]:
    for start, end in _phrases(said):
        found = find(" ".join(said[start:end]))
        if found:
            return found, [*said[:start], *said[end:]]
    return None, said
