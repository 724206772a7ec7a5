"""The doors: signing in and out, the first administrator, an invitation."""

from datetime import datetime

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask import session as browser
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core.errors import Conflict, NotFound, Unusable
from jobs.runtime import Runtime
from service.accounts import guard, links, passwords, people, setup, sign_ins, tries
from service.accounts.models import Account
from service.portal.words import said

pages = Blueprint("doors", __name__)
pages.before_app_request(guard.check)


def _runtime() -> Runtime:
    runtime: Runtime = current_app.extensions["runtime"]
    return runtime


@pages.get("/sign-in")
@guard.anyone
def sign_in() -> Response | str:
    if g.person:
        return redirect(_inside(request.args.get("next", "")))
    return render_template("doors/sign_in.html", email="", error=None, next=request.args.get("next", ""))


@pages.post("/sign-in")
@guard.anyone
def try_sign_in() -> Response | tuple[str, int]:
    """The same words for a wrong address, a wrong password and an ended account: nothing to learn from them."""
    runtime, now = _runtime(), _runtime().now()
    email, password = request.form.get("email", "")[:254], request.form.get("password", "")
    onward = request.form.get("next", "")
    asking = (email, request.remote_addr or "", runtime.settings.secret_key.get_secret_value(), now)
    with runtime.transaction() as session:
        late = tries.too_many(session, *asking, noted=False)
        if not late:
            tries.note(session, *asking)
    with runtime.reading() as session:
        late = late or tries.too_many(session, *asking, noted=True)
        account = people.by_email(session, email)
    if late:
        return render_template("doors/sign_in.html", email=email, error=said("sign_in.late"), next=onward), 429
    right = passwords.fits(account.password_hash if account else "", password)
    if not (right and account and sign_ins.welcome(account, runtime.settings)):
        return render_template("doors/sign_in.html", email=email, error=said("sign_in.wrong"), next=onward), 401
    with runtime.transaction() as session:
        tries.forget(session, *asking)
        return _let_in(session, account, now, _inside(onward))


@pages.post("/sign-out")
@guard.anyone
def sign_out() -> Response:
    runtime = _runtime()
    token = request.cookies.get(guard.cookie_name())
    if token:
        with runtime.transaction() as session:
            sign_ins.end(session, token, runtime.now())
    browser.clear()
    flash("You are signed out.", "good")
    response = redirect(url_for("doors.sign_in"))
    response.delete_cookie(guard.cookie_name(), path="/", secure=current_app.config["SESSION_COOKIE_SECURE"], httponly=True, samesite="Lax")
    return response


@pages.get("/setup/<token>")
@guard.anyone
def first(token: str) -> str:
    runtime = _runtime()
    with runtime.reading() as session:
        setup.stands(session, token, runtime.now())
    return render_template("doors/setup.html", token=token, name="", email="", errors={})


@pages.post("/setup/<token>")
@guard.anyone
def make_first(token: str) -> Response | tuple[str, int]:
    runtime, now = _runtime(), _runtime().now()
    name, email, password = (request.form.get(field, "").strip() for field in ("name", "email", "password"))
    errors = {} if name else {"name": said("account.name")}
    try:
        if not errors:
            with runtime.transaction() as session:
                account = setup.administrator(session, token, name, email, password, now)
                flash("The service is yours. Next: load prices, or enter the first farmer.", "good")
                return _let_in(session, account, now, url_for("overview.page"))
    except Unusable as wrong:
        errors = {"password" if wrong.key.startswith("password") else "email": said(wrong.key, **wrong.values)}
    except Conflict as taken:
        errors = {"email": said(str(taken))}
    return render_template("doors/setup.html", token=token, name=name, email=email, errors=errors), 400


@pages.get("/welcome/<token>")
@guard.anyone
def invited(token: str) -> str:
    runtime = _runtime()
    with runtime.reading() as session:
        account = _invited(session, token, runtime.now())
    return render_template("doors/welcome.html", token=token, account=account, errors={})


@pages.post("/welcome/<token>")
@guard.anyone
def accept(token: str) -> Response | tuple[str, int]:
    runtime, now = _runtime(), _runtime().now()
    with runtime.reading() as session:
        account = _invited(session, token, now)
    try:
        with runtime.transaction() as session:
            account = _invited(session, token, now)
            people.set_password(session, account, request.form.get("password", ""), now)
            links.use(session, token, links.INVITATION, now)
            return _let_in(session, account, now, url_for("overview.page"))
    except Unusable as wrong:
        errors = {"password": said(wrong.key, **wrong.values)}
    return render_template("doors/welcome.html", token=token, account=account, errors=errors), 400


def _invited(session: Session, token: str, now: datetime) -> Account:
    link = links.look(session, token, links.INVITATION, now)
    if link.account_id is None:
        raise NotFound("invitation")
    account = people.get(session, link.account_id)
    if not account.active:
        raise NotFound("invitation")
    return account


def _let_in(session: Session, account: Account, now: datetime, onward: str) -> Response:
    """A new sign-in and a new browser session: what this browser was before does not carry over."""
    kept = browser.get("_flashes")
    browser.clear()
    if kept:
        browser["_flashes"] = kept
    return guard.give_cookie(redirect(onward), sign_ins.begin(session, account, now))


def _inside(onward: str) -> str:
    """Where to go after signing in: one of our own pages, whatever the address asked for."""
    ours = onward.startswith("/") and not onward.startswith(("//", "/\\")) and all(c.isprintable() for c in onward) and "\\" not in onward
    return onward if ours else url_for("overview.page")
