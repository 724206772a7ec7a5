"""Every address says who may use it, asks for its token where it changes something, and answers with our headers."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.routing import Rule

from jobs.runtime import Runtime
from migrations import upgrade
from service.accounts import guard, roles
from service.accounts.guard import OPEN, SIGNED_IN, Person
from service.app import HEADERS, create_app
from tests import builders
from tests.web.visitor import Visitor, staff

NOBODY = UUID(int=7)
ARGUMENTS = {
    "secret": "wrong",
    "kind": "sms",
    "token": "unknown",
    "filename": "ensigo.css",
    "index": 0,
    "answer": "approve",
    "way": "stop",
    "deed": "leave",
    "step": "close",
    "key_id": "pk_live_00000000",
    "gateway": "simulator",
    "operator": "mtn",
    "verdict": "closed",
}
# Who may do what, once more and by hand: a slip in the table of roles or on a view shows here.
EXPECTED = {
    "/farmers": {"admin", "operator", "helpdesk", "cooperative"},
    "/farmers/new": {"admin", "operator", "helpdesk", "cooperative"},
    "/messages": {"admin", "operator", "editor", "helpdesk"},
    "/prices/held": {"admin", "editor", "approver"},
    "/campaigns": {"admin", "operator", "editor", "approver"},
    "/templates": {"admin", "operator", "editor", "approver", "reviewer"},
    "/templates/new": {"admin", "editor"},
    "/figures": {"admin", "operator", "cooperative"},
    "/figures.csv": {"admin", "operator", "cooperative"},
    "/figures.json": {"admin", "operator", "cooperative"},
    "/members": {"admin", "operator", "cooperative"},
    "/desk": {"admin", "operator", "approver", "cooperative"},
    "/receipts": {"admin", "helpdesk", "cooperative"},
    "/receipts/new": {"admin", "cooperative"},
    "/offers": {"admin", "operator", "cooperative", "partner"},
    "/applications": {"admin", "operator", "cooperative", "partner"},
    "/looks": {"admin", "operator", "cooperative", "partner"},
    "/keys": {"admin", "operator", "partner"},
    "/wording": {"admin", "operator", "editor", "approver", "reviewer"},
    "/incidents": {"admin", "operator"},
    "/queue": {"admin", "operator"},
    "/routes": {"admin", "operator"},
    "/routes/new": {"admin", "operator"},
    "/unconfirmed": {"admin", "operator", "helpdesk"},
    "/budgets": {"admin", "operator", "approver"},
    "/budgets.csv": {"admin", "operator", "approver"},
    "/proof": {"admin", "operator"},
    "/proof.csv": {"admin", "operator"},
    "/jobs": {"admin", "operator"},
    "/accounts": {"admin"},
    "/": set(roles.ROLES),
    "/prices": set(roles.ROLES),
    "/about": set(roles.ROLES),
}


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    path: Path = tmp_path_factory.mktemp("routes") / "routes.db"
    upgrade.to_newest(f"sqlite:///{path}")
    built = builders.runtime(f"sqlite:///{path}", datetime.fromisoformat("2026-03-12T09:00+00:00"))
    staff(built, *roles.ROLES)
    yield built
    built.sessions.kw["bind"].dispose()


@pytest.fixture(scope="module")
def app(runtime: Runtime) -> Flask:
    return create_app(runtime)


def rules(app: Flask, method: str) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]


def address(app: Flask, rule: Rule) -> str:
    given = {name: ARGUMENTS.get(name, NOBODY) for name in rule.arguments}
    with app.test_request_context():
        return str(app.url_map.bind("localhost").build(rule.endpoint, given))


def test_every_route_declares_who_may_use_it(app: Flask) -> None:
    silent = [rule.rule for rule in app.url_map.iter_rules() if guard.declared(rule.endpoint, app.view_functions[rule.endpoint]) is None]
    assert silent == []


def test_a_route_that_says_nothing_is_closed_to_an_administrator_too(runtime: Runtime) -> None:
    app = create_app(runtime)
    app.add_url_rule("/forgotten", "forgotten", lambda: "open by mistake")
    assert Visitor(app).get("/forgotten").status == 403
    assert Visitor(app).signs_in("admin@example.org").get("/forgotten").status == 403


@pytest.mark.parametrize("role", [None, *roles.ROLES])
def test_each_role_gets_what_its_deeds_open_and_nothing_else(app: Flask, role: str | None) -> None:
    visitor = Visitor(app, f"192.0.2.{list(roles.ROLES).index(role) if role else 99}")
    if role:
        visitor.signs_in(f"{role}@example.org")
        assert visitor.status == 200
    for method in ("GET", "POST"):
        for rule in rules(app, method):
            needed = guard.declared(rule.endpoint, app.view_functions[rule.endpoint])
            if needed == OPEN:
                continue
            answer = (visitor.get if method == "GET" else visitor.post)(address(app, rule))
            if role is None:
                assert answer.at.headers.get("Location", "").startswith("/sign-in"), rule
            elif needed == SIGNED_IN or roles.may(role, needed or ""):
                assert answer.status in {200, 302, 400, 404}, rule
            else:
                assert answer.status == 403, rule


@pytest.mark.parametrize("role", roles.ROLES)
def test_the_rooms_of_each_role_are_those_written_here(app: Flask, role: str) -> None:
    visitor = Visitor(app, f"192.0.2.{100 + list(roles.ROLES).index(role)}").signs_in(f"{role}@example.org")
    assert {path for path in EXPECTED if visitor.get(path).status == 200} == {path for path, may in EXPECTED.items() if role in may}


def test_every_post_without_its_token_is_refused(app: Flask) -> None:
    visitor = Visitor(app, "192.0.2.200").signs_in("admin@example.org")
    posts = [rule for rule in rules(app, "POST") if not rule.endpoint.startswith(("callbacks.", "kannel.", "api."))]
    assert len(posts) > 10
    for rule in posts:
        for form in ({}, {"csrf_token": "invented"}):
            answer = visitor.client.post(address(app, rule), data=form)
            assert answer.status_code == 400, rule
            assert b"Not understood" in answer.data


def test_every_answer_wears_our_headers_and_none_may_be_kept(app: Flask) -> None:
    visitor = Visitor(app, "192.0.2.201").signs_in("admin@example.org")
    for path in [address(app, rule) for rule in rules(app, "GET")] + ["/nothing/here", "/farmers/not-a-number"]:
        answer = visitor.get(path).at
        missing = [name for name, value in HEADERS.items() if answer.headers.get(name) != value]
        assert missing == [], path
        assert answer.headers["X-Request-Id"], path
        if not path.startswith("/static"):
            assert answer.headers["Cache-Control"] == "no-store", path


def test_no_page_carries_a_style_or_a_script_of_its_own(app: Flask) -> None:
    """The policy forbids them, so they would be dead: what a page needs lies in its files."""
    visitor = Visitor(app, "192.0.2.202").signs_in("admin@example.org")
    for path in [address(app, rule) for rule in rules(app, "GET")]:
        page = visitor.get(path)
        if page.at.mimetype == "text/html":
            for forbidden in (" style=", "<style", "onclick=", "javascript:", "<script>"):
                assert forbidden not in page.text, (path, forbidden)


def test_a_deed_that_nobody_named_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="no such deed"):
        guard.needs("everything.at.all")
    assert not Person(NOBODY, "", "", "stranger", None, "").may("figures.see")
