"""The desk at a screen: its own members only, counted before, launched once, approved by another, stopped by those who may."""

import re
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from content import broadcasts
from content.models import Broadcast
from jobs.runtime import Runtime
from profiles import organisations
from tests.builders import district, farmer, phone, settle
from tests.web.visitor import Visitor, account, staff

BODY = "The store opens on Tuesday at 8. Bring dry maize."
NONCE = re.compile(r'name="nonce" value="([^"]+)"')


def group(runtime: Runtime, code: str, members: int, first: int) -> UUID:
    now = runtime.now()
    with runtime.transaction() as session:
        district(session)
        made = organisations.add(session, "cooperative", f"{code.title()} Pool", code, now)
        for number in range(first, first + members):
            organisations.join(session, farmer(session, now, number, name=f"Farmer {number}").id, made.id, now.date())
        for who in ("one", "two"):
            account(session, "cooperative", now, email=f"{who}.{code.lower()}@example.org", organisation_id=made.id)
        return made.id


@pytest.fixture
def kasolo(runtime: Runtime) -> UUID:
    return group(runtime, "KASOLO", 3, 1)


@pytest.fixture
def coop(visitor: Visitor, kasolo: UUID) -> Visitor:
    return visitor.signs_in("one.kasolo@example.org")


def launch(visitor: Visitor, body: str = BODY, **about: str) -> Visitor:
    """Look at it, then send just that."""
    visitor.get("/desk/new")
    nonce = NONCE.search(visitor.text)
    assert nonce
    visitor.post("/desk/new", body=body, nonce=nonce.group(1), **about)
    return visitor.post("/desk/new", body=body, nonce=nonce.group(1), go="yes", **about)


def only(runtime: Runtime) -> Broadcast:
    with runtime.reading() as session:
        return session.scalars(select(Broadcast)).one()


def test_who_gets_it_and_what_it_costs_stand_there_before_anything_goes(coop: Visitor, runtime: Runtime) -> None:
    coop.get("/desk/new").post("/desk/new", body=BODY)
    assert "Send it now to 3 phones" in coop.text
    assert f"Kasolo Pool: {BODY} *284*55#" in coop.text
    assert "UGX 105" in coop.text
    assert "Sample prices" in coop.text
    assert "MTN UG" in coop.text
    assert phone(1) not in coop.text
    with runtime.reading() as session:
        assert session.scalar(select(func.count()).select_from(Broadcast)) == 0


def test_it_is_sent_to_the_members_and_the_page_says_what_became_of_it(coop: Visitor, runtime: Runtime) -> None:
    launch(coop).follow()
    assert "It is on its way" in coop.text
    settle(runtime)
    assert runtime.gateway.handed == {phone(1): 1, phone(2): 1, phone(3): 1}
    coop.get(coop.visited[-1])
    assert "3 of 3 phones" in coop.text
    assert "Went out" in coop.text
    assert "Stop it now" not in coop.text
    assert coop.get("/desk").text.count(BODY) == 1


def test_the_same_form_sent_twice_is_one_broadcast(coop: Visitor, runtime: Runtime) -> None:
    coop.get("/desk/new").post("/desk/new", body=BODY, nonce="twice", go="yes")
    first = coop.at.headers["Location"]
    coop.post("/desk/new", body=BODY, nonce="twice", go="yes")
    assert coop.at.headers["Location"] == first
    assert only(runtime).state == "planning"


@pytest.mark.parametrize("body", ["", "See www.win.example today", "Call 0772 123 456 now", "x" * 200])
def test_what_may_not_be_sent_is_said_and_nothing_is_lost(coop: Visitor, runtime: Runtime, body: str) -> None:
    coop.get("/desk/new").post("/desk/new", body=body, go="yes")
    assert coop.status == 400
    assert 'role="alert"' in coop.text
    assert body in coop.text
    with runtime.reading() as session:
        assert session.scalar(select(func.count()).select_from(Broadcast)) == 0


def test_nobody_to_write_to_is_said(coop: Visitor) -> None:
    coop.get("/desk/new").post("/desk/new", body=BODY, crop="coffee", go="yes")
    assert coop.status == 400
    assert "None of your members fits this" in coop.text


def test_a_second_person_of_the_same_organisation_approves_money_and_the_author_cannot(coop: Visitor, app: Flask, runtime: Runtime) -> None:
    launch(coop, "Your payment is ready at the office on Tuesday.").follow()
    made = only(runtime)
    assert made.state == "waiting"
    assert "Approve and send" not in coop.text
    assert coop.post(f"/desk/{made.id}/approve").status == 403
    settle(runtime)
    assert not runtime.gateway.handed
    second = Visitor(app, "198.51.100.8").signs_in("two.kasolo@example.org")
    second.get(f"/desk/{made.id}")
    assert "It speaks of" in second.text
    second.post(f"/desk/{made.id}/approve").follow()
    settle(runtime)
    assert sum(runtime.gateway.handed.values()) == 3
    assert second.post(f"/desk/{made.id}/approve").status == 409


def test_the_author_takes_it_back(coop: Visitor, runtime: Runtime) -> None:
    launch(coop, "Your payment is ready at the office on Tuesday.")
    made = only(runtime)
    coop.post(f"/desk/{made.id}/refuse").follow()
    assert only(runtime).state == "refused"
    assert coop.post(f"/desk/{made.id}/refuse").status == 409


def test_stopped_and_resumed_by_its_own_staff(coop: Visitor, runtime: Runtime) -> None:
    launch(coop)
    made = only(runtime)
    assert "Stop it now" in coop.get(f"/desk/{made.id}").text
    coop.post(f"/desk/{made.id}/stop").follow()
    settle(runtime)
    assert not runtime.gateway.handed
    assert "Go on with the rest" in coop.text
    coop.post(f"/desk/{made.id}/resume").follow()
    settle(runtime)
    assert sum(runtime.gateway.handed.values()) == 3


def test_another_organisations_broadcast_is_not_there(coop: Visitor, app: Flask, runtime: Runtime) -> None:
    group(runtime, "OTHER", 2, 50)
    launch(coop)
    made = only(runtime)
    stranger = Visitor(app, "198.51.100.9").signs_in("one.other@example.org")
    assert stranger.get(f"/desk/{made.id}").status == 404
    assert BODY not in stranger.get("/desk").text
    for deed in ("approve", "refuse", "stop", "resume"):
        assert stranger.post(f"/desk/{made.id}/{deed}").status == 404
    assert only(runtime).state == "planning"


def test_a_nonce_of_another_organisation_opens_nothing(coop: Visitor, app: Flask, runtime: Runtime) -> None:
    group(runtime, "OTHER", 2, 50)
    coop.get("/desk/new").post("/desk/new", body=BODY, nonce="shared", go="yes")
    stranger = Visitor(app, "198.51.100.9").signs_in("one.other@example.org")
    assert stranger.get("/desk/new").post("/desk/new", body=BODY, nonce="shared", go="yes").status == 409


def test_an_operator_sees_and_stops_but_does_not_write(app: Flask, coop: Visitor, runtime: Runtime) -> None:
    staff(runtime, "operator", "helpdesk")
    launch(coop)
    made = only(runtime)
    operator = Visitor(app, "198.51.100.10").signs_in("operator@example.org")
    assert "Kasolo Pool" in operator.get("/desk").text
    assert operator.get("/desk/new").status == 403
    operator.post(f"/desk/{made.id}/stop")
    assert only(runtime).state == broadcasts.STOPPED
    helper = Visitor(app, "198.51.100.11").signs_in("helpdesk@example.org")
    assert helper.get("/desk").status == 403


def test_an_administrator_without_an_organisation_is_told_why_not(app: Flask, runtime: Runtime, visitor: Visitor) -> None:
    staff(runtime, "admin")
    visitor.signs_in("admin@example.org").get("/desk/new").follow()
    assert "belongs to no organisation" in visitor.text
    assert visitor.post("/desk/new", body=BODY).status == 404


def test_without_its_token_nothing_is_sent(coop: Visitor, runtime: Runtime) -> None:
    assert coop.client.post("/desk/new", data={"body": BODY, "go": "yes"}).status_code == 400
    with runtime.reading() as session:
        assert session.scalar(select(func.count()).select_from(Broadcast)) == 0
