"""Short codes that people type and say: a number with a check digit (Damm), written 4827-4."""

import re

from stdnum import damm
from stdnum.exceptions import ValidationError

from core.errors import Unusable


def written(number: int) -> str:
    """4827 as "4827-4": the digit after the dash catches any one wrong digit and any two swapped."""
    return f"{number}-{damm.calc_check_digit(str(number))}"


def read(typed: str) -> int:
    """The number in a typed code, dash or not. Raises Unusable("code.unusable") when the check digit does not fit."""
    digits = re.sub(r"[\s.\-–]", "", typed)
    if not (digits.isascii() and digits.isdigit() and 3 <= len(digits) <= 12):
        raise Unusable("code.unusable")
    try:
        return int(damm.validate(digits)[:-1])
    except ValidationError as wrong:
        raise Unusable("code.unusable") from wrong
