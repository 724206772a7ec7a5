"""((placeholders)) in wordings and templates: found and filled by one linear pattern, nothing evaluated, nothing filled twice."""

import re
from collections.abc import Mapping
from functools import lru_cache

PLACEHOLDER = re.compile(r"\(\(([a-z][a-z0-9_ ]{0,39})\)\)")


def names(body: str) -> list[str]:
    """The names in a body, each once, in the order of their first use."""
    return list(dict.fromkeys(PLACEHOLDER.findall(body)))


def stray(body: str) -> bool:
    """Whether double brackets are left that are no placeholder: "((Name))", "((a))b))"."""
    rest = PLACEHOLDER.sub("", body)
    return "((" in rest or "))" in rest


def fill(body: str, values: Mapping[str, str]) -> str:
    """The body with its names replaced. What a value contains is never looked at again.

    Raises ValueError for a name without a value and for stray double brackets: a farmer never reads "((name))".
    """
    pieces = _pieces(body)
    if len(pieces) == 1:
        return body
    try:
        return "".join([values[piece] if odd else piece for piece, odd in pieces])
    except KeyError as missing:
        raise ValueError(f"no value for (({missing.args[0]}))") from None


@lru_cache(maxsize=4096)
def _pieces(body: str) -> tuple[tuple[str, bool], ...]:
    """The body cut at its names, each piece with whether it is one: looked for once a body, since a screen says twenty."""
    if stray(body):
        raise ValueError("double brackets that are no placeholder")
    return tuple((piece, number % 2 == 1) for number, piece in enumerate(PLACEHOLDER.split(body)))
