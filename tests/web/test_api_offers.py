"""Offers and farmers' yeses as a partner's program meets them; another partner's are not there."""

from flask import Flask
from sqlalchemy import select

from core.db import new_id
from jobs.runtime import Runtime
from linkage import applications
from linkage.models import Application, Offer
from profiles import farmers
from profiles.models import Farmer
from tests import market
from tests.web.programs import OFFER, Program, error, key


def test_an_offer_is_drafted_published_answered_and_closed(runtime: Runtime, program: Program, farmer: Farmer) -> None:
    made = program.post("/offers", OFFER)
    assert made.status_code == 201
    assert {name: made.get_json()[name] for name in ("state", "cost", "monthly")} == {"state": "draft", "cost": 20_000, "monthly": "2.00"}
    path = f"/offers/{made.get_json()['id']}"
    assert program.post(f"{path}/publish").get_json()["state"] == "published"
    with runtime.transaction() as session:
        (offer,) = session.scalars(select(Offer))
        applications.accept(session, farmer.id, offer, "shown", "ussd", runtime.now(), runtime.now().date())
    (yes,) = program.get("/applications").get_json()["applications"]
    assert (yes["farmer"], yes["state"]) == (farmers.code(farmer), "accepted")
    assert farmer.phone not in program.get("/applications").get_data(as_text=True)
    answered = program.post(f"/applications/{yes['id']}/answer", {"answer": "approve", "words": "Bring your ID"})
    assert answered.get_json()["state"] == "approved"
    assert (program.post(f"/applications/{yes['id']}/answer", {"answer": "refuse"}).status_code) == 409
    assert program.post(f"{path}/close").get_json()["state"] == "closed"
    assert [one["state"] for one in program.get("/offers").get_json()["offers"]] == ["closed"]


def test_what_the_law_forbids_is_refused_with_its_reason(runtime: Runtime, program: Program) -> None:
    dear = program.post("/offers", {**OFFER, "terms": {**market.LOAN, "rate": "10"}}).get_json()
    refused = program.post(f"/offers/{dear['id']}/publish")
    assert (refused.status_code, error(refused)) == (422, "offer.over_cap")
    assert "10.00 % a month" in refused.get_json()["error"]["message"]


def test_another_partners_rows_are_not_there(app: Flask, runtime: Runtime, program: Program, farmer: Farmer) -> None:
    offer_id = program.post("/offers", OFFER).get_json()["id"]
    program.post(f"/offers/{offer_id}/publish")
    with runtime.transaction() as session:
        offer = session.scalars(select(Offer)).one()
        row = applications.accept(session, farmer.id, offer, "shown", "ussd", runtime.now(), runtime.now().date())
        rival = market.partner(session, runtime.now(), code="RIVAL")
    other = Program(app.test_client(), key(runtime, rival))
    assert other.get("/offers").get_json() == {"offers": []}
    assert other.get("/applications").get_json() == {"applications": []}
    missing = str(new_id(runtime.now()))
    for path, body in (("/offers/{}/publish", None), ("/offers/{}/close", None), ("/applications/{}/answer", {"answer": "approve"})):
        foreign = str(row.id) if "applications" in path else offer_id
        theirs, none = other.post(path.format(foreign), body), other.post(path.format(missing), body)
        assert theirs.status_code == none.status_code == 404
        assert theirs.get_json()["error"]["message"] == none.get_json()["error"]["message"]
    with runtime.reading() as session:
        assert session.scalars(select(Application.state)).all() == ["accepted"]
