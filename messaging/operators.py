"""Which mobile operator a number belongs to, read from its first digits: a dated table, for countries without number portability."""

from functools import lru_cache

# Uganda Communications Commission, national numbering plan, as in use in 2025. A longer prefix wins over a shorter one.
PREFIXES = {
    "+25677": "mtn",
    "+25678": "mtn",
    "+25676": "mtn",
    "+25679": "mtn",
    "+25631": "mtn",
    "+25639": "mtn",
    "+25670": "airtel",
    "+25674": "airtel",
    "+25675": "airtel",
    "+25620": "airtel",
    "+25671": "utel",
    "+25641": "utel",
    "+25672": "lyca",
    "+25673": "hamilton",
}
OTHER = ""  # not in the table: it goes by the routes that are for every operator
OPERATORS = tuple(dict.fromkeys(PREFIXES.values()))
LONGEST, SHORTEST = max(map(len, PREFIXES)), min(map(len, PREFIXES))


@lru_cache(maxsize=4096)
def _of_digits(start: str) -> str:
    return next((PREFIXES[start[:size]] for size in range(LONGEST, SHORTEST - 1, -1) if start[:size] in PREFIXES), OTHER)


def operator(phone: str) -> str:
    """A value of PREFIXES for an E.164 number, or OTHER."""
    return _of_digits(phone[:LONGEST])
