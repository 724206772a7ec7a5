"""GSM 03.38: what one text costs in septets and parts, which letters make it dear, and how to say it without them."""

import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("^{}\\[~]|€\f")  # an escape and a letter: two septets
ALPHABET = BASIC | EXTENSION
SEPTETS_ALONE, SEPTETS_JOINED = 160, 153
UNITS_ALONE, UNITS_JOINED = 70, 67  # UCS-2, in units of 16 bits

# What each letter on the right is written as. Letters that only lose an accent, and forms that NFKC undoes, need no row.
WRITTEN = {
    "ng'": "ŋη",  # a Greek eta is often typed for the Luganda eng
    "Ng'": "Ŋ",
    "y": "ÿ",
    "'": "‘’‛ʻʼʽʹˈˊˋ´`‹›❛❜＇︐︑\u0313\u0314",
    '"': "“”„‟«»ʺˮ❝❞〝〞",
    "-": "‐‑‒–—―−⁃•◦‣·⎼⎽",
    ",": "‚、､﹑\u0326",
    ".": "。｡",
    "!": "ǃ",
    "!!": "‼",
    ":": "ː˸⦂꞉∶",
    ";": "⁏",
    "?": "�",
    "/": "÷⁄∕⧸\u0337\u0338",
    "\\": "⧹⧵\u20e5",
    "|": "∣⎸⎹⏐⎜⎟\u20d2\u20d3",
    "_": "‗\u0332",
    "^": "ˆ\u0302\u1dcd",
    "~": "˜˷∼≈\u0303\u0330\u0334",
    "=": "꞊\u0347",
    "!=": "≠",
    "<=": "≤⩽",
    ">=": "≥⩾",
    "->": "→⇒",
    "<-": "←⇐",
    "+": "˖",
    "+/-": "±",
    "x": "×✕✖",
    "*": "⁎∗⊛✢✣✤✥✱✲✳✺✻✼✽❃❉❊❋⧆★☆",
    "(": "❨❪⟮⦅",
    ")": "❩❫⟯⦆",
    "{": "❴",
    "}": "❵",
    "(c)": "©",
    "(R)": "®",
    "c": "¢",
    "ss": "ẞ",
    "OE": "Œ",
    "oe": "œ",
    "ae": "ǽ",
    "e": "ɛə",
    "E": "ƐƏᴇ",
    "o": "ɔ",
    "O": "Ɔᴏ",
    "v": "ʋ",
    "V": "Ʋᴠ",
    "f": "ƒ",
    "F": "Ƒꜰ",
    "g": "ɣ",
    "G": "Ɣɢ",
    "b": "ɓ",
    "B": "Ɓʙ",
    "d": "đɖɗð",
    "D": "ĐƉƊÐᴅ",
    "h": "ħ",
    "H": "Ħʜ",
    "i": "ıɩ",
    "I": "Ɩɪ",
    "j": "ȷ",
    "k": "ƙ",
    "K": "Ƙᴋ",
    "l": "ł",
    "L": "Łʟ",
    "t": "ŧ",
    "T": "Ŧᴛ",
    "th": "þ",
    "Th": "Þ",
    "u": "ʉµμ",
    "U": "Ʉᴜ",
    "y'": "ƴ",
    "Y'": "Ƴ",
    "A": "ᴀ",
    "C": "ᴄ",
    "J": "ᴊ",
    "M": "ᴍ",
    "N": "ɴ",
    "P": "ᴘ",
    "R": "ʀ",
    "S": "ꜱ",
    "W": "ᴡ",
    "Y": "ʏ",
    "Z": "ᴢ",
    " ": "\t\v" + "".join(map(chr, range(0x80, 0xA0))),
    "": "°¨¯¸¶",  # 25°C is read as 25C
}
TABLE = {letter: written for written, letters in WRITTEN.items() for letter in letters}

# By Unicode category, for what has no row: odd spaces, dashes, marks, and what has no shape at all.
CATEGORIES = {"Zs": " ", "Zl": " ", "Zp": " ", "Pd": "-", "Cf": "", "Mn": "", "Me": "", "Cc": ""}
# Digits that would run into the ones before them: 1½ is 1 1/2 and never 11/2, 10² is 10^2 and never 102.
JOINTS = {"<super>": "^", "<fraction>": " ", "<circle>": " ", "<sub>": " ", "<compat>": " "}


def septets(text: str) -> int | None:
    """How many septets the text takes, the extension's letters being two; None when a letter is outside the alphabet."""
    if not ALPHABET.issuperset(text):
        return None
    return len(text) if EXTENSION.isdisjoint(text) else len(text) + sum(letter in EXTENSION for letter in text)


def parts(text: str) -> int:
    """How many messages are paid for. An escape pair or a surrogate pair never lies across two parts. An empty text is one."""
    if ALPHABET.issuperset(text):
        alone, joined, widths = SEPTETS_ALONE, SEPTETS_JOINED, [1 + (letter in EXTENSION) for letter in text]
    else:
        alone, joined, widths = UNITS_ALONE, UNITS_JOINED, [1 + (letter > "\uffff") for letter in text]
    if sum(widths) <= alone:
        return 1
    count, used = 1, 0
    for width in widths:
        if used + width > joined:
            count, used = count + 1, 0
        used += width
    return count


def culprits(text: str) -> list[str]:
    """The letters outside the alphabet, each once, in the order they come."""
    return [letter for letter in dict.fromkeys(text) if letter not in ALPHABET]


def fits(text: str, limit: int = SEPTETS_ALONE) -> bool:
    """Whether the text is inside the alphabet and takes at most `limit` septets."""
    size = septets(text)
    return size is not None and size <= limit


def plain(text: str) -> str:
    """The same text inside the alphabet, the letters that it has being kept; a sign that has no plain form becomes "?"."""
    if ALPHABET.issuperset(text):
        return text
    written: list[str] = []
    letters = unicodedata.normalize("NFC", text)
    for before, letter in zip(" " + letters, letters, strict=False):
        if unicodedata.combining(letter) and unicodedata.category(before)[0] in "LM":
            continue  # an accent that no letter of Unicode carries: the letter stays
        piece = _written(letter)
        if piece[:1].isdigit() and written and written[-1][-1:].isdigit():
            piece = JOINTS.get(unicodedata.decomposition(letter).partition(" ")[0], "") + piece
        written.append(piece)
    return "".join(written)


def _written(letter: str) -> str:
    """One letter inside the alphabet: itself, its row, what NFKC makes of it, its base letter, or what its category says."""
    if letter in ALPHABET:
        return letter
    if letter in TABLE:
        return TABLE[letter]
    simpler = unicodedata.normalize("NFKC", letter)
    if simpler != letter:
        return "".join(_written(each) for each in simpler)
    kind = unicodedata.category(letter)
    base = unicodedata.normalize("NFD", letter)[0]
    if kind[0] == "L" and base != letter:
        return _written(base)
    if kind == "Nd":
        return str(unicodedata.digit(letter))
    return CATEGORIES.get(kind, "?")
