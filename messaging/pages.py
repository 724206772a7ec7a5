"""One screen cut into pages that every network carries: at most 160 septets, at most five choices, numbers that begin again at 1."""

from dataclasses import dataclass
from functools import lru_cache

from messaging import gsm

ROOM = 160  # septets
CHOICES = 5  # on one page, "more" among them
CUT = ".."


@dataclass(frozen=True, slots=True)
class Shown:
    """What a screen wants to show: its words, then labels that the machine numbers."""

    text: str
    options: tuple[str, ...] = ()
    more: str = ""  # what the line for further pages says; empty: as everywhere


@dataclass(frozen=True, slots=True)
class Page:
    """One page: words, the labels on it and which of all labels is its first, and the keys named at its foot."""

    text: str
    options: tuple[str, ...]
    first: int
    foot: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(f"{number} {label}" for number, label in enumerate(self.options, 1))


@lru_cache(maxsize=2048)  # pure, and many callers are shown the same lists of crops and regions
def cut(shown: Shown, more: str, back: str, turned_back: str) -> tuple[Page, ...]:
    """The pages of a screen, one at least. `more`, `back`: the lines that name these keys; `back` is empty where there is none.

    `turned_back` is the same line for later pages, which can always be left for the page before.
    """
    text, labels = gsm.plain(shown.text).strip(), tuple(map(_plain, shown.options))
    whole = Page(text, labels, 0, (back,) if back else ())
    if len(labels) <= CHOICES:
        if _weight(whole) <= ROOM:
            return (whole,)
        bare = Page(text, labels, 0, ())  # the keys are always the same: where there is no room, they go unsaid
        if _weight(bare) <= ROOM:
            return (bare,)
    return tuple(_flow(text, labels, more, back, turned_back))


def _flow(text: str, labels: tuple[str, ...], more: str, first_back: str, back: str) -> list[Page]:
    """Fill pages one line after another, room kept at each foot for both keys."""
    room = ROOM - size(f"\n{more}\n{back}")
    *before, last = _wrapped(text, room)
    leaves: list[tuple[str, list[str], int]] = [(chunk, [], 0) for chunk in before]
    current: tuple[str, list[str], int] = (last, [], 0)
    used = size(last)
    for index, label in enumerate(labels):
        line, takes = _line(label, room)
        if len(current[1]) == CHOICES - 1 or used + takes - (not used) > room:
            leaves.append(current)
            current, used = ("", [], index), 0
        current[1].append(line)
        used += takes - (not used)
    leaves.append(current)
    last_page = len(leaves) - 1
    return [
        Page(words, tuple(lines), first, tuple(filter(None, (more if number < last_page else "", back if number else first_back))))
        for number, (words, lines, first) in enumerate(leaves)
    ]


_plain = lru_cache(maxsize=4096)(gsm.plain)


@lru_cache(maxsize=4096)  # the same labels again and again
def _line(label: str, room: int) -> tuple[str, int]:
    """A label that fits beside its number, and what it takes with that, a space and a new line."""
    line = shortened(label, room - 2)
    return line, size(line) + 3


def written(page: Page, sorry: str = "") -> str:
    """The page as it is read, with a line of help above it. Where that does not fit, the foot and then the words give way."""
    sorry = gsm.plain(sorry).strip()
    text = _join((sorry, page.text, *page.lines, *page.foot))
    if size(text) <= ROOM or not sorry:
        return text
    kept = _join((*page.lines, *page.foot[:-1]))  # the choices, and "more" where there is one; back goes unsaid
    help_ = _fitting(sorry, ROOM - size(kept) - 1)
    words = _fitting(page.text, ROOM - size(_join((help_, kept))) - 1)
    return _join((help_, words, kept))


def _fitting(text: str, room: int) -> str:
    return shortened(text, room) if room > 2 * len(CUT) else ""


def shortened(text: str, room: int) -> str:
    """The text cut to this many septets, at a word where that loses little."""
    if size(text) <= room:
        return text
    kept = text
    while kept and size(kept + CUT) > room:
        kept = kept[:-1]
    word = kept.rpartition(" ")[0]
    return (word if len(word) > len(kept) * 0.7 else kept).rstrip(" ,.;:") + CUT


def size(text: str) -> int:
    """Septets; a character outside the alphabet, which plain() has not left, counts as two."""
    septets = gsm.septets(text)
    return len(text) * 2 if septets is None else septets


def _weight(page: Page) -> int:
    return size(_join((page.text, *page.lines, *page.foot)))


def _join(lines: tuple[str, ...]) -> str:
    return "\n".join(line for line in lines if line)


def _wrapped(text: str, room: int) -> list[str]:
    """Words cut into chunks of at most this many septets, between lines, then between words, then anywhere."""
    chunks, rest = [], text
    while size(rest) > room:
        end = len(rest)
        while size(rest[:end]) > room:
            end -= 1
        at = max(rest.rfind("\n", 0, end + 1), 0) or max(rest.rfind(" ", 0, end + 1), 0) or end
        if at < end // 2:
            at = max(rest.rfind(" ", 0, end + 1), at)
        chunks.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return [*chunks, rest]
