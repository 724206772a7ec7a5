"""Who may use a route. Every one declares it; a route that does not is closed to everybody.

A view wears one of three marks: `@anyone`, `@signed_in`, or `@needs("farmers.see")`. Rooms whose door is not a sign-in
(callbacks behind a secret, health, static files, the simulator's phone) are listed in OPEN_ROOMS.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from flask import Response, current_app, g, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from core.errors import Forbidden
from jobs.runtime import Runtime
from profiles.models import Organisation
from service.accounts import roles, sign_ins
from service.accounts.models import Account

View = TypeVar("View", bound=Callable[..., Any])
OPEN, SIGNED_IN = "open", "signed in"
# blueprint (or endpoint) → why it is open
OPEN_ROOMS = {
    "static": "files that are the same for everybody",
    "callbacks": "the secret is in the address",
    "kannel": "the secret is in the address",
    "health": "says no more than that we are alive; /metrics asks for its own token",
    "phone": "mounted only with the simulator",
    "api": "the key is in the Authorization header",
}
# These never look at who is asking: a farmer's screen must not wait for it.
BLIND = frozenset({"static", "callbacks", "kannel", "health", "api"})


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever is signed in, as this request found them."""

    account_id: UUID
    name: str
    email: str
    role: str
    organisation_id: UUID | None
    token: str

    @property
    def actor(self) -> str:
        return f"account:{self.account_id}"

    @property
    def title(self) -> str:
        return roles.ROLES[self.role].title

    @property
    def scope(self) -> UUID | None:
        """The group whose members alone this person may see; None: everybody's."""
        if not roles.ROLES[self.role].own_group:
            return None
        return self.organisation_id or UUID(int=0)  # a cooperative's account without its group sees nobody

    def may(self, deed: str) -> bool:
        return roles.may(self.role, deed)


def anyone(view: View) -> View:
    """Open to everybody."""
    return _mark(view, OPEN)


def signed_in(view: View) -> View:
    """Open to everyone who is signed in, whatever their role."""
    return _mark(view, SIGNED_IN)


def needs(deed: str) -> Callable[[View], View]:
    """Open to the roles that hold this deed."""
    if deed not in roles.DEEDS:
        raise ValueError(f"no such deed: {deed}")
    return lambda view: _mark(view, deed)


def declared(endpoint: str, view: Callable[..., Any]) -> str | None:
    """Who may use this route: OPEN, SIGNED_IN, a deed; None when nobody said."""
    room = endpoint.partition(".")[0]
    return OPEN if room in OPEN_ROOMS else getattr(view, "who_may", None)


def check() -> AnyResponse | None:
    """Before every request: learn who asks, and turn away whoever may not. Returns None to let them in."""
    endpoint = request.endpoint
    if endpoint is not None and endpoint.partition(".")[0] in BLIND:
        return None
    g.person, g.sample = None, False
    if endpoint is None and cookie_name() not in request.cookies:
        return None
    _learn(current_app.extensions["runtime"])
    if endpoint is None:
        return None
    needed = declared(endpoint, current_app.view_functions[endpoint])
    if needed == OPEN:
        return None
    if needed is None:
        raise Forbidden(endpoint)
    if g.person is None:
        return _to_sign_in()
    if needed != SIGNED_IN and not g.person.may(needed):
        raise Forbidden(needed)
    return None


def person() -> Person:
    """Whoever is signed in. Raises Forbidden when nobody is."""
    found: Person | None = g.get("person")
    if found is None:
        raise Forbidden("nobody")
    return found


def cookie_name() -> str:
    return "__Host-ensigo-in" if current_app.config["SESSION_COOKIE_SECURE"] else "ensigo-in"


def give_cookie(response: AnyResponse, token: str) -> AnyResponse:
    """Hand this browser its token: for us alone, never to scripts, gone when the browser closes."""
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(cookie_name(), token, secure=secure, httponly=True, samesite="Lax", path="/")
    return response


def _learn(runtime: Runtime) -> None:
    token, now = request.cookies.get(cookie_name(), ""), runtime.now()
    with runtime.reading() as session:
        g.sample = _sample(session)
        found = sign_ins.who(session, token, now) if token else None
    if found is None or not sign_ins.welcome(found[0], runtime.settings):
        return
    account, sign_in = found
    g.person = Person(account.id, account.name, account.email, account.role, account.organisation_id, token)
    if now - sign_in.seen_at >= sign_ins.SEEN_EVERY:
        with runtime.transaction() as session:
            sign_ins.seen(session, token, now)


def _sample(session: Session) -> bool:
    """Whether the sample country is loaded: asked of two small tables, never of the farmers."""
    return any(session.scalar(select(select(table.id).where(table.sample).exists())) for table in (Organisation, Account))


def _to_sign_in() -> AnyResponse:
    back = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else None
    response: Response | AnyResponse = redirect(url_for("doors.sign_in", next=None if back == "/" else back))
    return response


def _mark(view: View, who: str) -> View:
    view.who_may = who  # type: ignore[attr-defined]
    return view
