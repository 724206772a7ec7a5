"""The fields of a callback, taken one by one: there, filled, or absent. Raises Unreadable naming the field, never what it held."""

from collections.abc import Mapping

from messaging.gateway import Unreadable

LONGEST_ID = 200  # characters: longer ones are nobody's, and no index would take them


def present(form: Mapping[str, str], field: str) -> str:
    """The field, which may be empty. Without NUL, which PostgreSQL takes in no text."""
    if field not in form:
        raise Unreadable(f"missing: {field}")
    return form[field].replace("\0", "")


def optional(form: Mapping[str, str], field: str) -> str:
    return form.get(field, "").replace("\0", "")


def filled(form: Mapping[str, str], field: str) -> str:
    value = present(form, field)
    if not value.strip():
        raise Unreadable(f"missing: {field}")
    return value


def identity(form: Mapping[str, str], field: str) -> str:
    value = filled(form, field)
    if len(value) > LONGEST_ID:
        raise Unreadable(f"too long: {field}")
    return value
