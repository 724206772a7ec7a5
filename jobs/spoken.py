"""The language that each phone was last answered in by this process: for the goodbye while the database cannot say it."""

from collections import OrderedDict

from core import phone as phones

MOST = 20_000  # phones: a few megabytes


class Spoken:
    """Bounded, in memory, under a keyed hash of the phone. It may know nothing: another process may have answered."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, str] = OrderedDict()

    def note(self, phone: str, key: str, language: str) -> None:
        tag = phones.tag(phone, key)
        self._last.pop(tag, None)
        self._last[tag] = language
        if len(self._last) > MOST:
            self._last.popitem(last=False)

    def last(self, phone: str, key: str) -> str | None:
        return self._last.get(phones.tag(phone, key))
