"""Payers, switches and those who act, by the names that people know instead of those that rows carry."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from messaging import money, switches
from profiles.models import Organisation
from service.accounts.models import Account
from service.portal import words

ORGANISATION, ACCOUNT = "organisation:", "account:"
OURS = {money.HOUSE: "The service itself", money.EVERYBODY: "All together"}
ACTORS = {"dispatch": "by itself, from the gateway's answers", "watch": "by itself, from what is watched", "demo": "the sample country"}
BROADCAST = "broadcast:"


def payers(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Payer as rows have it → the name of who pays."""
    ids = {code: _uuid(code.removeprefix(ORGANISATION)) for code in codes if code.startswith(ORGANISATION)}
    found = select(Organisation.id, Organisation.name).where(Organisation.id.in_([one for one in ids.values() if one]))
    names = {id_: name for id_, name in session.execute(found)}  # noqa: C416 a Row is no pair to mypy
    named = {code: names.get(id_, "An organisation that is gone") if id_ else code for code, id_ in ids.items()}
    return {code: OURS.get(code) or named.get(code) or code for code in codes}


def payer_choices(session: Session) -> list[tuple[str, str]]:
    """Everybody whose texts can be held back or given a budget: the service, then organisations by name."""
    organisations = session.execute(select(Organisation.id, Organisation.name).order_by(Organisation.name))
    return [(money.HOUSE, OURS[money.HOUSE]), *((f"{ORGANISATION}{id_}", name) for id_, name in organisations)]


def switch(name: str, payer_names: Mapping[str, str]) -> str:
    """What a switch holds back: "Offers", "All texts by africastalking"."""
    kind, _, rest = name.partition(":")
    if name == switches.SENDING:
        return "All sending"
    if kind == "class":
        return f"{words.CLASSES.get(rest, (rest, ''))[0]} texts"
    if kind == "gateway":
        return f"The gateway {rest}"
    if kind == "payer":
        return f"Texts of {payer_names.get(rest, rest)}" if rest else "Texts of the service itself"
    return "One broadcast" if rest.startswith(BROADCAST) else "One sender"


def switch_page(name: str) -> str | None:
    """The address where this switch belongs: a broadcast is stopped and resumed on its own page."""
    kind, _, rest = name.partition(":")
    broadcast = _uuid(rest.removeprefix(BROADCAST)) if kind == "sender" and rest.startswith(BROADCAST) else None
    return url_for("desk.one", broadcast_id=broadcast) if broadcast else None


def actors(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Actor as rows have it → a person's name, or which part of the service it was."""
    ids = {code: _uuid(code.removeprefix(ACCOUNT)) for code in codes if code.startswith(ACCOUNT)}
    found = select(Account.id, Account.name).where(Account.id.in_([one for one in ids.values() if one]))
    names = {id_: name for id_, name in session.execute(found)}  # noqa: C416 a Row is no pair to mypy
    people = {code: names.get(id_, "somebody who is gone") if id_ else code for code, id_ in ids.items()}
    return {code: people.get(code) or ACTORS.get(code, code) for code in codes}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
