"""A USSD session as a walk through screens: who stands where, what they typed, what they read. Knows no farmer and no database.

A screen says what it shows and where an answer leads. The machine does the rest: numbers, pages, back, home, more, wrong keys.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from core.errors import Unusable
from messaging import pages
from messaging.pages import Shown

BACK, HOME = "0", "00"
MORE = ("98", "9", "*")  # some networks swallow the first
WRONG_KEY = "ussd.press_a_number"
LONGEST_ANSWER = 160
LONGEST_TRAIL = 40


class Turn(Protocol):
    """What the machine itself needs of a turn: words. Screens are handed the same object and know more of it."""

    def say(self, key: str, /, **values: object) -> str: ...


class Screen(Protocol):
    """One thing shown. `about` is what stands after the colon in its place on the trail: "districts:12".

    `ends`: the session is over. `root`: nothing before it can be gone back to. `read_first`: keys pressed before it was shown
    do not count, so nobody agrees to what they have not read.
    """

    @property
    def name(self) -> str: ...
    @property
    def ends(self) -> bool: ...
    @property
    def root(self) -> bool: ...
    @property
    def read_first(self) -> bool: ...

    def show(self, turn: Any, about: str) -> Shown: ...
    def choose(self, turn: Any, about: str, index: int) -> str: ...
    def hear(self, turn: Any, about: str, said: str) -> str: ...


Screens = Mapping[str, Screen]
# What a menu offers: a label in words, and where it leads (a place, or a deed that names one).
Lead = str | Callable[[Any], str]
Options = Sequence[tuple[str, Lead]]


def _led(options: Options, turn: Any, index: int) -> str:
    """Where a choice leads. Raises Unusable where it has gone since it was shown."""
    if index >= len(options):
        raise Unusable(WRONG_KEY)
    lead = options[index][1]
    return lead if isinstance(lead, str) else lead(turn)


@dataclass(frozen=True, slots=True)
class Menu:
    """A question with numbered answers. `text` and `options` are asked anew at every turn."""

    name: str
    text: Callable[[Any, str], str]
    options: Callable[[Any, str], Options]
    more: Callable[[Any], str] = lambda turn: ""  # the line that names further pages, where "more" is too little
    root: bool = False
    read_first: bool = False
    ends: bool = False

    def show(self, turn: Any, about: str) -> Shown:
        labels = tuple([label for label, _ in self.options(turn, about)])
        return Shown(self.text(turn, about), labels, self.more(turn))

    def choose(self, turn: Any, about: str, index: int) -> str:
        return _led(self.options(turn, about), turn, index)

    def hear(self, turn: Any, about: str, said: str) -> str:
        raise Unusable(WRONG_KEY)


@dataclass(frozen=True, slots=True)
class Ask:
    """A question answered in one's own words, or by one of a few numbers. `then` keeps the answer and names the next place."""

    name: str
    text: Callable[[Any, str], str]
    then: Callable[[Any, str, str], str]  # turn, about, said; raises Unusable
    options: Callable[[Any, str], Options] = lambda turn, about: ()
    more: Callable[[Any], str] = lambda turn: ""  # the line that names further pages, where "more" is too little
    root: bool = False
    read_first: bool = False
    ends: bool = False

    def show(self, turn: Any, about: str) -> Shown:
        labels = tuple([label for label, _ in self.options(turn, about)])
        return Shown(self.text(turn, about), labels, self.more(turn))

    def choose(self, turn: Any, about: str, index: int) -> str:
        return _led(self.options(turn, about), turn, index)

    def hear(self, turn: Any, about: str, said: str) -> str:
        return self.then(turn, about, said)


@dataclass(frozen=True, slots=True)
class End:
    """The last thing read."""

    name: str
    text: Callable[[Any, str], str]
    root: bool = True
    read_first: bool = False
    ends: bool = True

    def show(self, turn: Any, about: str) -> Shown:
        return Shown(self.text(turn, about), ())

    def choose(self, turn: Any, about: str, index: int) -> str:
        raise Unusable(WRONG_KEY)

    def hear(self, turn: Any, about: str, said: str) -> str:
        raise Unusable(WRONG_KEY)


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a session stands: the places walked through, and the page of the last one.

    `offered`: the number of its first choice and how many there are, as they were shown, so that a key need not show them again.
    """

    trail: tuple[str, ...]
    page: int = 0
    offered: tuple[int, int] | None = field(default=None, compare=False)

    @property
    def place(self) -> str:
        return self.trail[-1]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the caller reads. `ends`: and nothing more can be typed."""

    walk: Walk
    text: str
    ends: bool


def cleaned(said: str) -> str:
    """What was typed, as keys: full-width and other digits as ASCII, no space or # around."""
    text = unicodedata.normalize("NFKC", said[:LONGEST_ANSWER])
    text = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text if unicodedata.category(c) not in ("Cc", "Cf"))
    return text.strip().rstrip("#").strip()


def walk_on(screens: Screens, walk: Walk, turn: Turn, inputs: Sequence[str], home: Callable[[], str]) -> Seen:
    """From where the caller stands through everything newly typed, one after another, to what they read.

    What cannot be used stops the walk, and so does a screen that must be read first: later keys were meant for another screen.
    `home` names the place that a session begins with.
    """
    sorry = ""
    for number, said in enumerate(inputs):
        screen, leaves = screens[_name(walk.place)], Leaves(screens, walk, turn)
        if (screen.ends and walk.page >= leaves.last) or (number and screen.read_first):
            break
        try:
            walk = _step(screens, walk, turn, cleaned(said), leaves, home)
        except Unusable as wrong:
            choices = len(leaves.here.options)
            key = "ussd.press_more" if wrong.key == WRONG_KEY and not choices else wrong.key
            sorry = turn.say(key, **{"last": choices, **wrong.values})
            break
    return look(screens, walk, turn, sorry)


def look(screens: Screens, walk: Walk, turn: Turn, sorry: str = "") -> Seen:
    """The screen that a caller stands before, with a line of help above it."""
    screen, leaves = screens[_name(walk.place)], Leaves(screens, walk, turn)
    page, leaf = min(walk.page, leaves.last), leaves.here
    offered = (leaf.first, len(leaf.options))
    return Seen(Walk(walk.trail, page, offered), pages.written(leaf, sorry), screen.ends and page == leaves.last)


class Leaves:
    """The pages of the screen that somebody stands before, made when they are first looked at: most keys need none."""

    def __init__(self, screens: Screens, walk: Walk, turn: Turn) -> None:
        self._screens, self._walk, self._turn = screens, walk, turn

    @cached_property
    def all(self) -> Sequence[pages.Page]:
        walk, turn = self._walk, self._turn
        screen = self._screens[_name(walk.place)]
        back = "" if screen.ends or len(walk.trail) == 1 else turn.say("ussd.back")
        shown = screen.show(turn, _about(walk.place))
        return pages.cut(shown, shown.more or turn.say("ussd.more"), back, turn.say("ussd.back"))

    @property
    def last(self) -> int:
        return len(self.all) - 1

    @property
    def here(self) -> pages.Page:
        return self.all[min(self._walk.page, self.last)]


def _step(screens: Screens, walk: Walk, turn: Turn, said: str, leaves: Leaves, home: Callable[[], str]) -> Walk:
    if said == HOME:
        return Walk((home(),))
    if said == BACK:
        return Walk(walk.trail, walk.page - 1) if walk.page else Walk(walk.trail[:-1] or walk.trail)
    screen, about = screens[_name(walk.place)], _about(walk.place)
    if len(said) == 1 and said.isdigit() and said != BACK:
        first, count = walk.offered or (leaves.here.first, len(leaves.here.options))
        if int(said) <= count:
            return arrive(screens, walk, screen.choose(turn, about, first + int(said) - 1))
    if said in MORE and leaves.last:
        return Walk(walk.trail, (min(walk.page, leaves.last) + 1) % len(leaves.all))
    return arrive(screens, walk, screen.hear(turn, about, said))


def arrive(screens: Screens, walk: Walk, place: str) -> Walk:
    """The walk with one more place on it; a place that is on the trail already is gone back to."""
    if screens[_name(place)].root:
        return Walk((place,))
    if place in walk.trail:
        return Walk(walk.trail[: walk.trail.index(place) + 1])
    return Walk((*walk.trail, place)[-LONGEST_TRAIL:])


def _name(place: str) -> str:
    return place.partition(":")[0]


def _about(place: str) -> str:
    return place.partition(":")[2]
