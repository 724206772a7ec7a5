"""The first administrator, invitations, and what a password must be."""

import pytest
from flask import Flask
from sqlalchemy import select

from core.errors import Unusable
from jobs.runtime import Runtime
from service import demo_accounts
from service.accounts import passwords, people, setup
from service.accounts.models import Account, OneTimeLink
from service.commands import account as command
from tests.builders import Clock
from tests.web.visitor import PASSWORD, Visitor, account, staff


def first_link(runtime: Runtime) -> str | None:
    with runtime.transaction() as session:
        return setup.link(session, runtime.now())


def test_the_set_up_link_makes_the_administrator_once_and_signs_in(app: Flask, visitor: Visitor, runtime: Runtime) -> None:
    token = first_link(runtime)
    visitor.get(f"/setup/{token}").post(f"/setup/{token}", name="Ruth Akello", email="Ruth@example.org", password=PASSWORD)
    assert "Good day, Ruth" in visitor.follow().text
    assert visitor.get("/accounts").status == 200
    stranger = Visitor(app)
    assert stranger.get(f"/setup/{token}").status == 404
    assert stranger.post(f"/setup/{token}", name="Eve", email="eve@example.org", password=PASSWORD).status == 404
    assert first_link(runtime) is None


def test_no_set_up_link_works_once_there_is_an_administrator(visitor: Visitor, runtime: Runtime) -> None:
    token = first_link(runtime)
    staff(runtime, "admin")
    assert visitor.get(f"/setup/{token}").status == 404


def test_the_set_up_link_dies_after_a_day_and_a_newer_one_replaces_it(visitor: Visitor, runtime: Runtime, clock: Clock) -> None:
    old = first_link(runtime)
    new = first_link(runtime)
    assert visitor.get(f"/setup/{old}").status == 404
    assert visitor.get(f"/setup/{new}").status == 200
    clock.forward(hours=25)
    assert visitor.get(f"/setup/{new}").status == 404


def test_an_administrator_of_the_sample_country_does_not_close_the_set_up(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        seeded = demo_accounts.seed(session, runtime.now())
        again = demo_accounts.seed(session, runtime.now())
    assert seeded == again
    assert first_link(runtime)


def test_a_weak_password_is_refused_beside_its_field_and_what_was_typed_is_kept(visitor: Visitor, runtime: Runtime) -> None:
    token = first_link(runtime)
    visitor.get(f"/setup/{token}").post(f"/setup/{token}", name="Ruth", email="ruth@example.org", password="short")
    assert visitor.status == 400
    assert 'id="password-error"' in visitor.text
    assert "at least 12 characters" in visitor.text
    assert 'value="ruth@example.org"' in visitor.text
    assert visitor.get(f"/setup/{token}").status == 200, "the link is still good"


def test_only_the_hash_of_a_link_is_stored(runtime: Runtime) -> None:
    token = first_link(runtime)
    with runtime.reading() as session:
        assert token not in session.scalars(select(OneTimeLink.token_hash)).all()


def test_an_invited_person_sets_a_password_once(app: Flask, runtime: Runtime, visitor: Visitor) -> None:
    staff(runtime, "admin")
    visitor.signs_in("admin@example.org").get("/accounts")
    visitor.post("/accounts", name="Grace Atim", email="grace@example.org", role="helpdesk", group="")
    link = visitor.text.split("/welcome/")[1].split('"')[0]
    grace = Visitor(app)
    assert "Welcome, Grace" in grace.get(f"/welcome/{link}").text
    grace.post(f"/welcome/{link}", password=PASSWORD).follow()
    assert "Good day, Grace" in grace.text
    assert Visitor(app).get(f"/welcome/{link}").status == 404
    assert "Good day, Grace" in Visitor(app).signs_in("grace@example.org").text


def test_the_last_administrator_cannot_be_demoted_or_ended(runtime: Runtime) -> None:
    staff(runtime, "admin", "editor")
    with runtime.transaction() as session:
        admin = people.by_email(session, "admin@example.org")
        assert admin is not None
        with pytest.raises(Unusable, match="last_admin"):
            people.deactivate(session, admin.id, "test", runtime.now())
        with pytest.raises(Unusable, match="last_admin"):
            people.change_role(session, admin.id, "editor", "test", runtime.now())
        account(session, "admin", runtime.now(), email="second@example.org")
        people.deactivate(session, admin.id, "test", runtime.now())


def test_an_account_cannot_change_itself_and_a_cooperative_needs_its_group(runtime: Runtime, visitor: Visitor) -> None:
    staff(runtime, "admin")
    visitor.signs_in("admin@example.org").get("/accounts")
    with runtime.reading() as session:
        me = session.scalars(select(Account.id)).one()
    assert "another administrator" in visitor.post(f"/accounts/{me}/end").follow().text
    visitor.post("/accounts", name="Peter", email="peter@example.org", role="cooperative", group="")
    assert visitor.status == 400
    assert "needs its organisation" in visitor.text
    visitor.post("/accounts", name="Ada", email="admin@example.org", role="editor", group="")
    assert "account with this address already" in visitor.text


def test_the_command_prints_a_link_and_a_second_one_replaces_it(runtime: Runtime, visitor: Visitor) -> None:
    printed: list[str] = []
    for _ in range(2):
        command.run(runtime, "moses@example.org", "editor", "Moses", printed.append)
    old, new = (line.strip().removeprefix("http://127.0.0.1:8000") for line in printed if "/welcome/" in line)
    assert visitor.get(old).status == 404
    assert visitor.get(new).status == 200
    with pytest.raises(Unusable):
        command.run(runtime, "moses@example.org", "admin", "Moses", printed.append)


@pytest.mark.parametrize(
    ("password", "key"),
    [
        ("elevenchars", "password.short"),
        ("x" * 129, "password.long"),
        ("qwertyuiop123", "password.common"),
        ("aaaaaaaaaaaaaa", "password.common"),
        ("Ensigo-farmer-2026", "password.guessable"),
        ("Kampala1234567", "password.guessable"),
        ("grace.atim2026", "password.guessable"),
    ],
)
def test_passwords_that_are_tried_first_are_refused(password: str, key: str) -> None:
    with pytest.raises(Unusable) as refused:
        passwords.check(password, "grace.atim@example.org")
    assert refused.value.key == key


@pytest.mark.parametrize("password", ["three wet green goats", "Ŋŋaali ennungi nnyo", "correct-mule-battery", "9!kQ_z0-Wp2#"])
def test_a_long_password_needs_no_mixture_of_characters(password: str) -> None:
    passwords.check(password, "grace@example.org")
