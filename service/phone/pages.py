"""Basic phones in the browser: they dial and text the running system by the same door as a gateway. Simulator only."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask import session as browser
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core.errors import NotFound, Unusable
from core.phone import OPERATORS, e164, operator
from jobs.runtime import Runtime
from messaging import gsm, story
from service import callbacks, posts
from service.phone import handsets
from service.phone.handsets import Handset
from service.portal.words import said

pages = Blueprint("phone", __name__, url_prefix="/phone")
UNKNOWN_NETWORK = "99999"  # the sandbox's
ROOM = 160


@dataclass(frozen=True, slots=True)
class Shown:
    """A handset as the page draws it."""

    handset: Handset
    network: str
    used: int  # characters of the screen, counted as the network counts
    texts: list[story.Spoken]


@pages.get("")
def page() -> str:
    found = _handsets()
    if not found:
        found = [Handset(handsets.suggested(0))]
        _keep(found)
    with _runtime().reading() as session:
        shown = [_shown(session, one) for one in found]
    return render_template(
        "phone/page.html",
        shown=shown,
        keys=handsets.KEYS,
        ussd_code=_runtime().settings.ussd_code,
        room=ROOM,
        full=len(found) >= handsets.MOST,
    )


@pages.post("/add")
def add() -> Response:
    found, typed = _handsets(), request.form.get("number", "")
    try:
        number = e164(typed, _runtime().settings.country) if typed.strip() else handsets.suggested(len(found))
    except Unusable as wrong:
        flash(said(wrong.key), "bad")
        return _back()
    if len(found) >= handsets.MOST or number in [one.phone for one in found]:
        flash("That phone is here already, or four are: put one away first.", "warn")
        return _back()
    _keep([*found, Handset(number)])
    return _back(len(found))


@pages.post("/<int:index>/remove")
def remove(index: int) -> Response:
    found = _handsets()
    _keep([one for number, one in enumerate(found) if number != index])
    return _back()


@pages.post("/<int:index>/press")
def press(index: int) -> Response:
    """Any key of a handset: a digit joins what is typed; the green key dials or answers; the red one hangs up."""
    typed, key, deed = (request.form.get(name, "")[: handsets.LONGEST_INPUT] for name in ("typed", "key", "do"))
    if key in dict(handsets.KEYS):
        return _change(index, lambda one: handsets.press(Handset(**{**_fields(one), "typed": typed}), key))
    if deed == "end":
        return _change(index, _ended)
    if deed == "clear":
        return _change(index, lambda one: Handset(**{**_fields(one), "typed": typed[:-1]}))
    return _change(index, lambda one: _call(one, typed))


@pages.post("/<int:index>/text")
def text(index: int) -> Response:
    """A text to the service, from this handset."""
    words = request.form.get("text", "").strip()[:480]
    if not words:
        flash("Write something first, such as HELP or PRICE maize.", "warn")
        return _back(index)
    one = _one(index)
    runtime = _runtime()
    form = {
        "from": one.phone,
        "to": runtime.settings.at_sender or "ensigo",
        "text": words,
        "date": runtime.now().isoformat(sep=" ", timespec="seconds"),
        "id": str(uuid.uuid4()),
        "linkId": "",
        "networkCode": _network(one.phone),
    }
    posts.put(runtime, "sms", runtime.gateway, form)
    return _back(index)


def _call(one: Handset, typed: str) -> Handset:
    """One turn through the gateway's door: its five fields in, its "CON …" or "END …" out."""
    runtime = _runtime()
    if one.busy:
        one = handsets.answer(one, typed)
    else:
        one = handsets.dial(one, typed, runtime.settings.ussd_code, f"browser-{uuid.uuid4()}")
        if one.code != runtime.settings.ussd_code:
            return handsets.told(one, f"END Connection problem or invalid MMI code. (Here only {runtime.settings.ussd_code} is served.)")
    form = {
        "sessionId": one.dialling,
        "phoneNumber": one.phone,
        "serviceCode": one.code,
        "networkCode": _network(one.phone),
        "text": one.sent,
    }
    return handsets.told(one, callbacks.ussd_turn(runtime, runtime.gateway, form))


def _ended(one: Handset) -> Handset:
    if one.busy:
        form = {"sessionId": one.dialling, "phoneNumber": one.phone, "status": "Incomplete"}
        posts.put(_runtime(), "ussd-events", _runtime().gateway, form)
    return handsets.hang_up(one)


def _shown(session: Session, one: Handset) -> Shown:
    used = gsm.septets(one.screen)
    return Shown(one, operator(one.phone) or "", len(one.screen) if used is None else used, story.conversation(session, one.phone, 20))


def _change(index: int, deed: Callable[[Handset], Handset]) -> Response:
    changed = deed(_one(index))
    _keep([changed if number == index else one for number, one in enumerate(_handsets())])
    return _back(index)


def _one(index: int) -> Handset:
    found = _handsets()
    if index >= len(found):
        raise NotFound("handset")
    return found[index]


def _handsets() -> list[Handset]:
    return handsets.restored(browser.get("handsets", ()))


def _keep(found: list[Handset]) -> None:
    browser["handsets"] = handsets.kept(found)


def _fields(one: Handset) -> dict[str, Any]:
    return handsets.kept([one])[0]


def _network(number: str) -> str:
    name = operator(number)
    return next((row.networks[0] for row in OPERATORS if row.name == name), UNKNOWN_NETWORK)


def _back(index: int | None = None) -> Response:
    return redirect(url_for("phone.page", _anchor=None if index is None else f"phone-{index}"))


def _runtime() -> Runtime:
    found: Runtime = current_app.extensions["runtime"]
    return found
