"""Our own wording by key and language: read once from content/wording/, falling back along the language's chain."""

import tomllib
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from content import languages, placeholders

MARKS = "unreviewed"


def _flat(table: Mapping[str, Any], before: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{key}.")
        else:
            found[before + key] = value
    return found


@cache
def _file(language: str) -> tuple[dict[str, str], tuple[str, ...]]:
    table = tomllib.loads((languages.WORDING / f"{language}.toml").read_text("utf-8"))
    marks = tuple(table.pop(MARKS, ()))
    return _flat(table), marks


def wording(language: str) -> Mapping[str, str]:
    """Everything this language says itself, by key, without its fallbacks."""
    return _file(language)[0]


def spoken(key: str, language: str) -> str:
    """The language in which a key is said to speakers of another: the first of the chain that has it. Raises KeyError."""
    for code in languages.chain(language):
        if key in wording(code):
            return code
    raise KeyError(f"no wording for {key}")


@cache
def body(key: str, language: str) -> str:
    """The wording of a key with its placeholders still in it. Raises KeyError for a key that nobody has written."""
    return wording(spoken(key, language))[key]


def say(key: str, language: str, /, **values: object) -> str:
    """What we say. Raises KeyError for an unknown key and ValueError for a placeholder without a value."""
    if not values:
        return _bare(key, language)
    return placeholders.fill(body(key, language), {name: str(value) for name, value in values.items()})


@cache
def _bare(key: str, language: str) -> str:
    """What is always said alike: labels, most of all, twenty to a screen."""
    return placeholders.fill(body(key, language), {})


def fingerprint(key: str, language: str) -> str:
    """Which words exactly were shown, for a consent to remember: "registration.notice:lg:<sha256>"."""
    code = spoken(key, language)
    return f"{key}:{code}:{sha256(wording(code)[key].encode()).hexdigest()}"


def unreviewed() -> list[tuple[str, str]]:
    """What a native reader must still look at: (language, key), by the marks in the files ("*", "price.*", "price.none")."""
    found = []
    for language in languages.offered():
        said, marks = _file(language.code)
        for key in said:
            if any(mark in ("*", key) or (mark.endswith(".*") and key.startswith(mark[:-1])) for mark in marks):
                found.append((language.code, key))
    return found
