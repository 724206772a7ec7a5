"""Signing in and out: who gets in, for how long, and how slowly a guesser gets on."""

import pytest
from flask import Flask
from sqlalchemy import select

from core.audit import AuditEntry
from jobs.runtime import Runtime
from service.accounts import people
from service.accounts.models import SignIn
from service.app import create_app
from tests import builders
from tests.builders import Clock
from tests.web.visitor import PASSWORD, Visitor, account, staff

SORRY = "do not fit together"
LATE = "Too many tries"


@pytest.fixture
def editor(runtime: Runtime) -> str:
    staff(runtime, "editor")
    return "editor@example.org"


def test_the_right_password_opens_the_portal_and_is_audited(visitor: Visitor, editor: str, runtime: Runtime) -> None:
    visitor.signs_in(" Editor@Example.ORG ")
    assert visitor.status == 200
    assert "Good day" in visitor.text
    with runtime.reading() as session:
        assert "account.signed_in" in session.scalars(select(AuditEntry.verb)).all()


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(visitor: Visitor, editor: str) -> None:
    visitor.signs_in(editor, "three wet green goats!")
    first = (visitor.status, visitor.text.replace(visitor.token, "").replace(editor, ""))
    visitor.signs_in("nobody@example.org", PASSWORD)
    second = (visitor.status, visitor.text.replace(visitor.token, "").replace("nobody@example.org", ""))
    assert first[0] == 401
    assert SORRY in first[1]
    assert first == second


def test_the_sixth_try_in_a_quarter_of_an_hour_is_refused_even_with_the_right_password(
    app: Flask, visitor: Visitor, editor: str, clock: Clock
) -> None:
    for _ in range(5):
        assert SORRY in visitor.signs_in(editor, "not this password").text
    assert visitor.signs_in(editor).status == 429
    assert LATE in visitor.text
    assert LATE in Visitor(app, "203.0.113.9").signs_in(editor).text, "another address does not help"
    clock.forward(minutes=16)
    assert "Good day" in visitor.signs_in(editor).text


def test_the_right_password_begins_the_count_anew(app: Flask, visitor: Visitor, editor: str, clock: Clock) -> None:
    for _ in range(4):
        visitor.signs_in(editor, "not this password")
    clock.forward(seconds=1)
    assert "Good day" in visitor.signs_in(editor).text
    clock.forward(seconds=1)
    again = Visitor(app)
    for _ in range(4):
        again.signs_in(editor, "not this password")
    assert "Good day" in again.signs_in(editor).text


def test_one_address_gets_twenty_tries_an_hour_over_all_accounts(app: Flask, visitor: Visitor, editor: str, clock: Clock) -> None:
    for number in range(20):
        visitor.signs_in(f"somebody{number}@example.org", "not this password")
    assert visitor.signs_in(editor).status == 429
    assert "Good day" in Visitor(app, "203.0.113.9").signs_in(editor).text
    clock.forward(minutes=61)
    assert "Good day" in visitor.signs_in(editor).text


def test_the_audit_names_no_address_and_no_e_mail_of_a_visitor(visitor: Visitor, editor: str, runtime: Runtime) -> None:
    visitor.signs_in(editor, "not this password")
    with runtime.reading() as session:
        rows = session.scalars(select(AuditEntry)).all()
    assert not [row for row in rows if "example.org" in f"{row.actor}{row.subject}{row.detail}" or visitor.address in row.subject]


def test_half_an_hour_of_rest_ends_a_sign_in(visitor: Visitor, editor: str, clock: Clock) -> None:
    visitor.signs_in(editor)
    for _ in range(3):
        clock.forward(minutes=29)
        assert visitor.get("/").status == 200
    clock.forward(minutes=31)
    assert visitor.get("/").status == 302


def test_twelve_hours_end_a_sign_in_however_busy_it_was(visitor: Visitor, editor: str, clock: Clock) -> None:
    visitor.signs_in(editor)
    for _ in range(28):
        clock.forward(minutes=25)
        assert visitor.get("/").status == 200
    clock.forward(minutes=25)
    assert visitor.get("/").status == 302


def test_signing_out_ends_the_row_so_that_the_old_cookie_is_worth_nothing(visitor: Visitor, editor: str) -> None:
    visitor.signs_in(editor)
    kept = visitor.client.get_cookie("ensigo-in")
    visitor.post("/sign-out").follow()
    assert "signed out" in visitor.text
    assert kept is not None
    visitor.client.set_cookie("ensigo-in", kept.value)
    assert visitor.get("/").status == 302


def test_every_sign_in_gets_a_token_of_its_own_and_only_its_hash_is_stored(visitor: Visitor, editor: str, runtime: Runtime) -> None:
    visitor.client.set_cookie("ensigo-in", "chosen-by-an-attacker")
    tokens = set()
    for _ in range(2):
        visitor.signs_in(editor)
        cookie = visitor.client.get_cookie("ensigo-in")
        assert cookie is not None
        tokens.add(cookie.value)
        visitor.post("/sign-out")
    with runtime.reading() as session:
        stored = set(session.scalars(select(SignIn.token_hash)))
    assert len(tokens) == 2
    assert min(map(len, tokens)) >= 43
    assert not tokens & stored


def test_ending_an_account_ends_its_browsers_at_once(app: Flask, visitor: Visitor, editor: str, runtime: Runtime) -> None:
    visitor.signs_in(editor)
    with runtime.transaction() as session:
        one = people.by_email(session, editor)
        assert one is not None
        people.deactivate(session, one.id, "test", runtime.now())
    assert visitor.get("/").status == 302
    assert SORRY in visitor.signs_in(editor).text


def test_a_changed_role_asks_for_a_new_sign_in(visitor: Visitor, editor: str, runtime: Runtime) -> None:
    visitor.signs_in(editor)
    with runtime.transaction() as session:
        one = people.by_email(session, editor)
        assert one is not None
        people.change_role(session, one.id, "reviewer", "test", runtime.now())
    assert visitor.get("/prices/held").status == 302
    visitor.signs_in(editor)
    assert visitor.get("/prices/held").status == 403


def test_people_of_the_sample_country_get_in_beside_the_simulator_alone(real_app: Flask, runtime: Runtime, visitor: Visitor) -> None:
    with runtime.transaction() as session:
        account(session, "editor", runtime.now(), email="sample@example.org", sample=True)
    assert "Good day" in visitor.signs_in("sample@example.org").text
    assert "people and figures are made up" in visitor.text
    assert SORRY in Visitor(real_app).signs_in("sample@example.org").text


def test_after_signing_in_one_comes_back_to_ones_page_and_never_to_a_stranger(app: Flask, editor: str) -> None:
    wanted = Visitor(app).get("/messages?state=sent")
    assert wanted.at.headers["Location"].startswith("/sign-in?next=")
    wanted.follow().post("/sign-in", email=editor, password=PASSWORD, next="/messages?state=sent")
    assert wanted.at.headers["Location"] == "/messages?state=sent"
    for stranger in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example"):
        bad = Visitor(app).get("/sign-in").post("/sign-in", email=editor, password=PASSWORD, next=stranger)
        assert bad.at.headers["Location"] == "/", stranger


def test_cookies_are_ours_alone_and_bound_to_https_where_the_service_is(url: str, runtime: Runtime, visitor: Visitor, editor: str) -> None:
    visitor.get("/sign-in").post("/sign-in", email=editor, password=PASSWORD)
    plain = visitor.cookies
    assert plain
    assert all("HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie for cookie in plain)
    secure = Visitor(create_app(builders.runtime(url, runtime.now(), public_url="https://ensigo.example")))
    secure.client.get("/sign-in", base_url="https://localhost")
    answer = secure.client.get("/sign-in", base_url="https://localhost")
    token = answer.get_data(as_text=True).split('csrf_token" value="')[1].split('"')[0]
    form = {"csrf_token": token, "email": editor, "password": PASSWORD}
    referer = {"Referer": "https://localhost/sign-in"}
    cookies = secure.client.post("/sign-in", data=form, base_url="https://localhost", headers=referer).headers.getlist("Set-Cookie")
    mine = [cookie for cookie in cookies if cookie.startswith("__Host-ensigo-in=")]
    assert mine
    assert "Secure" in mine[0]
    assert "Path=/" in mine[0]
    assert "Domain" not in mine[0]
