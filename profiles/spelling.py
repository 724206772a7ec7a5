"""One spelling for every way of writing a name: what is compared when people type and when files are read."""

import unicodedata

LONGEST = 80  # characters of what was typed that are looked at


def fold(name: str) -> str:
    """ "Madi-Okollo " as "madiokollo": lower case, letters and digits only, accents and ŋ written plainly."""
    plain = unicodedata.normalize("NFKD", name[:LONGEST]).casefold().replace("ŋ", "ng")
    return "".join(letter for letter in plain if letter.isalnum())


def words(name: str) -> str:
    """The folded words of a person's name in alphabetical order, so that "Nakato Sarah" is "Sarah NAKATO"."""
    parts = "".join(letter if letter.isalnum() or letter in "'’" else " " for letter in name[:LONGEST]).split()
    return " ".join(sorted(filter(None, map(fold, parts))))
