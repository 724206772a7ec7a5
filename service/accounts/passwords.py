"""Passwords: argon2id, at least twelve characters, none of the commonest, none made of words anyone here would try first."""

import re
from functools import lru_cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import Unusable

LEAST, MOST = 12, 128
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
COMMON = Path(__file__).with_name("common_passwords.txt")
# Words of this house: what is left of a password without them must still be hard to guess.
CONTEXT = (
    *("ensigo", "password", "passw0rd", "farmer", "farm", "cooperative", "coop", "uganda", "kampala", "mubende", "masaka", "gulu", "lira"),
    *("maize", "beans", "coffee", "matooke", "cassava", "admin", "administrator", "welcome", "letmein", "qwerty", "secret", "changeme"),
)
STILL_NEEDED = 6  # letters or digits that must be left


def check(password: str, email: str = "") -> None:
    """Raise Unusable with a key under "password." that says what to change; nothing is said about mixtures of characters."""
    if len(password) < LEAST:
        raise Unusable("password.short", least=LEAST)
    if len(password) > MOST:
        raise Unusable("password.long", most=MOST)
    plain = password.casefold()
    if plain in _common() or len(set(plain)) < 5:
        raise Unusable("password.common")
    left = plain
    for word in sorted((*CONTEXT, *(part for part in re.split(r"[@.\-_+]", email.casefold()) if len(part) >= 3)), key=len, reverse=True):
        left = left.replace(word, " ")
    if len(re.sub(r"[\W_]", "", re.sub(r"(?:19|20)\d\d|0?123456789|12345|1234|123", " ", left))) < STILL_NEEDED:
        raise Unusable("password.guessable")


def hashed(password: str) -> str:
    return HASHER.hash(password)


def fits(stored: str, typed: str) -> bool:
    """Whether what was typed is the password. Takes as long for an account that does not exist (stored is "") as for one that does."""
    try:
        return HASHER.verify(stored or _nobody(), typed[:MOST]) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


@lru_cache
def _nobody() -> str:
    return HASHER.hash("nobody has this password")


@lru_cache
def _common() -> frozenset[str]:
    return frozenset(COMMON.read_text(encoding="utf-8").split())
