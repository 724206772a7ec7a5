"""Handsets in a browser: what each shows and has typed, kept in the browser's own signed cookie. Pure: keys in, handsets out."""

import secrets
from dataclasses import asdict, dataclass, replace
from typing import Any

MOST = 4  # what a cookie of 4 kB can hold
LONGEST_INPUT = 160
KEYS = (
    ("1", ""),
    ("2", "abc"),
    ("3", "def"),
    ("4", "ghi"),
    ("5", "jkl"),
    ("6", "mno"),
    ("7", "pqrs"),
    ("8", "tuv"),
    ("9", "wxyz"),
    ("*", ""),
    ("0", "+"),
    ("#", ""),
)
SUGGESTED = ("+25677", "+25670", "+25678", "+25675")  # MTN and Airtel in turn


@dataclass(frozen=True, slots=True)
class Handset:
    """One phone. `sent` is everything answered in this dial-in, as a gateway joins it; `typed` stands in the box."""

    phone: str
    dialling: str = ""  # the session's id while one is open
    code: str = ""
    sent: str = ""
    screen: str = ""
    typed: str = ""

    @property
    def busy(self) -> bool:
        return bool(self.dialling)


def suggested(count: int) -> str:
    """A number that nobody has: a network's prefix and six random digits and a nine."""
    return f"{SUGGESTED[count % len(SUGGESTED)]}{secrets.randbelow(10**6):06d}9"


def kept(handsets: list[Handset]) -> list[dict[str, Any]]:
    return [asdict(one) for one in handsets]


def restored(cookie: Any) -> list[Handset]:
    """What the cookie holds; a cookie of an older edition holds nothing."""
    try:
        return [Handset(**one) for one in cookie][:MOST]
    except TypeError:
        return []


def press(handset: Handset, key: str) -> Handset:
    return replace(handset, typed=(handset.typed + key)[:LONGEST_INPUT])


def dial(handset: Handset, typed: str, ussd_code: str, session_id: str) -> Handset:
    """Open a session. "*284*55*1*9#" is the code *284*55# with the answers 1 and 9 given already."""
    string = typed.strip() or ussd_code
    stem = ussd_code.rstrip("#")
    more = string.removeprefix(stem).strip("*#") if string.startswith(f"{stem}*") else ""
    return replace(handset, dialling=session_id, code=ussd_code if string.startswith(stem) else string, sent=more, typed="")


def answer(handset: Handset, typed: str) -> Handset:
    """Answer the screen: what was typed joins what went before."""
    return replace(handset, sent=f"{handset.sent}*{typed}" if handset.sent else typed, typed="")


def told(handset: Handset, reply: str) -> Handset:
    """Show what came back: "CON …" keeps the session open, anything else ends it."""
    kind, _, text = reply.partition(" ")
    return replace(handset, screen=text) if kind == "CON" else replace(handset, screen=text, dialling="", sent="")


def hang_up(handset: Handset) -> Handset:
    return replace(handset, dialling="", sent="", screen="", typed="")
