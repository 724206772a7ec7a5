"""What can be wrong, as a tree. The edges turn each kind into an answer, in one table each.

EnsigoError
├── Unusable        what a person typed cannot be used; `key` names the text that helps them
├── NotFound        no such row, or not one of theirs
├── Forbidden       they may not
├── Conflict        somebody else was first, or the row has moved on
└── Misconfigured   the operator must change a setting
"""


class EnsigoError(Exception):
    """The root: everything we raise on purpose."""


class Unusable(EnsigoError):
    """Something typed that cannot be used. `key` is a wording key; `values` fill its placeholders."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


class NotFound(EnsigoError):
    """No such row, or not one that this actor may see."""


class Forbidden(EnsigoError):
    """This actor may not do that."""


class Conflict(EnsigoError):
    """Somebody else was first, or the row is no longer in the state that this needs."""


class Misconfigured(EnsigoError):
    """A setting is missing or contradicts another; the message says which and what to do."""
