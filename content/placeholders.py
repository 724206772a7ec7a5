"""((placeholders)) in wordings and templates: found and filled by one linear pattern, nothing evaluated, nothing filled twice."""

import re
from collections.abc import Mapping

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
    missing = [name for name in names(body) if name not in values]
    if missing:
        raise ValueError(f"no value for (({missing[0]}))")
    if stray(body):
        raise ValueError("double brackets that are no placeholder")
    return PLACEHOLDER.sub(lambda found: str(values[found.group(1)]), body)
