"""Farmers at a partner's screen: answered, seen as far as they allow; nothing of another partner's; its keys."""

import pytest
from flask import Flask
from sqlalchemy import select

from core.db import new_id
from jobs.runtime import Runtime
from linkage import offers
from linkage.models import Application, ConsentRequest, Disclosure, Offer
from profiles import farmers, sharing
from profiles.models import Farmer, Organisation
from service.accounts import keys
from tests import market
from tests.web.partners import asks, count, house, permit, published, told
from tests.web.visitor import Visitor, staff


@pytest.fixture
def lender(runtime: Runtime) -> Organisation:
    return house(runtime)


@pytest.fixture
def partner(visitor: Visitor, lender: Organisation) -> Visitor:
    return visitor.signs_in("kiganda@example.org")


@pytest.fixture
def farmer(runtime: Runtime) -> Farmer:
    with runtime.transaction() as session:
        return market.farmer(session, runtime.now())


@pytest.mark.parametrize(("answer", "state", "says"), [("approve", "approved", "said yes"), ("refuse", "refused", "said no")])
def test_a_farmer_is_answered_once_and_told(
    partner: Visitor, lender: Organisation, farmer: Farmer, runtime: Runtime, answer: str, state: str, says: str
) -> None:
    yes = asks(runtime, farmer, published(runtime, lender))
    partner.get(f"/applications/{yes}")
    assert "pay back 220,000" in partner.text
    partner.post(f"/applications/{yes}/answer", answer=answer, words="Come on  Friday").follow()
    assert "the farmer is told" in partner.text
    assert "Come on Friday" in partner.text
    partner.post(f"/applications/{yes}/answer", answer="approve").follow()
    assert "answered before" in partner.text
    with runtime.reading() as session:
        assert session.scalars(select(Application.state)).all() == [state]
    assert [says in body for body in told(runtime)] == [True]


def test_an_answer_that_cannot_be_used_comes_back_with_its_words(
    partner: Visitor, lender: Organisation, farmer: Farmer, runtime: Runtime
) -> None:
    yes = asks(runtime, farmer, published(runtime, lender))
    for form in ({"answer": "perhaps"}, {"answer": "approve", "words": "x" * 141}, {}):
        partner.post(f"/applications/{yes}/answer", **form)
        assert (partner.status, 'id="words-error"' in partner.text) == (400, True), form
    assert told(runtime) == []


def test_of_a_farmer_the_code_alone_is_shown_until_she_allows_more(
    partner: Visitor, lender: Organisation, farmer: Farmer, runtime: Runtime
) -> None:
    yes = asks(runtime, farmer, published(runtime, lender))
    for page in ("/applications", f"/applications/{yes}", "/offers", "/looks"):
        text = partner.get(page).text
        assert not any(hidden in text for hidden in ("Sarah", "Mubende", "772000001", str(farmer.id))), page
    assert farmers.code(farmer) in partner.get("/applications").text
    partner.post(f"/applications/{yes}/look").follow()
    assert "has not allowed it" in partner.text
    assert count(runtime, Disclosure) == 0
    permit(runtime, farmer, lender, "name", "crops")
    partner.post(f"/applications/{yes}/look")
    assert "Sarah" in partner.text
    assert "Maize" in partner.text
    assert "Mubende" not in partner.text
    with runtime.reading() as session:
        row = session.scalars(select(Disclosure)).one()
        assert (row.fields, row.organisation_id) == (["name", "crops"], lender.id)
    assert ["has looked" in body for body in told(runtime)] == [True]
    assert "The partner" in partner.get("/looks").text
    with runtime.transaction() as session:
        (live,) = sharing.standing(session, farmer.id, runtime.now())
        live.withdrawn_at = runtime.now()
    assert partner.post(f"/applications/{yes}/look").status == 302
    assert count(runtime, Disclosure) == 1


def test_she_is_asked_once_and_the_page_never_says_what_became_of_it(
    partner: Visitor, lender: Organisation, farmer: Farmer, runtime: Runtime
) -> None:
    yes = asks(runtime, farmer, published(runtime, lender))
    for _ in range(2):
        partner.post(f"/applications/{yes}/ask", fields=["name", "records"]).follow()
        assert "The farmer is asked, unless" in partner.text
    assert ["asks to see" in body for body in told(runtime)] == [True]
    with runtime.reading() as session:
        assert session.scalars(select(ConsentRequest.fields)).all() == [["name", "records"]]
    for fields in ([], ["pin"]):
        partner.post(f"/applications/{yes}/ask", fields=fields).follow()
        assert "Tick at least one thing" in partner.text


def test_another_partners_offers_farmers_looks_and_keys_are_not_there(
    partner: Visitor, app: Flask, lender: Organisation, farmer: Farmer, runtime: Runtime
) -> None:
    offer_id = published(runtime, lender)
    yes = asks(runtime, farmer, offer_id)
    permit(runtime, farmer, lender, "name")
    partner.post(f"/applications/{yes}/look")
    with runtime.transaction() as session:
        whole = keys.create(session, lender.id, ["offers:read"], "test", runtime.now(), "pepper")
    house(runtime, code="RIVAL")
    other = Visitor(app, "198.51.100.9").signs_in("rival@example.org")
    none, before = new_id(runtime.now()), len(told(runtime))
    for foreign in (offer_id, none):
        assert other.get(f"/offers/{foreign}").status == 404
        assert other.get(f"/offers/new?like={foreign}").status == 404
        for step in ("publish", "close", "discard"):
            assert other.post(f"/offers/{foreign}/{step}").status == 404
    for foreign in (yes, none):
        assert other.get(f"/applications/{foreign}").status == 404
        assert other.post(f"/applications/{foreign}/answer", answer="approve").status == 404
        assert other.post(f"/applications/{foreign}/look").status == 404
        assert other.post(f"/applications/{foreign}/ask", fields=["name"]).status == 404
    for foreign in (whole[:16], "pk_live_00000000", "%00"):
        assert other.post(f"/keys/{foreign}/revoke").status == 404
    for page in ("/offers", "/applications", "/looks", "/keys", "/"):
        text = other.get(page).text
        assert not any(seen in text for seen in ("Seed loan", farmers.code(farmer), whole[:16], "Sarah")), page
    with runtime.reading() as session:
        assert session.scalars(select(Application.state)).all() == ["accepted"]
        assert session.get_one(Offer, offer_id).state == offers.PUBLISHED
        assert keys.of(session, lender.id)[0].revoked_at is None
    assert len(told(runtime)) == before


def test_a_key_is_listed_by_its_readable_part_and_ended_at_once(partner: Visitor, lender: Organisation, runtime: Runtime) -> None:
    pepper = runtime.settings.secret_key.get_secret_value()
    with runtime.transaction() as session:
        whole = keys.create(session, lender.id, ["offers:read"], "test", runtime.now(), pepper)
    text = partner.get("/keys").text
    assert (whole[:16] in text, whole in text, "never</span>" in text) == (True, False, True)
    asks_with = {"Authorization": f"Bearer {whole}"}
    assert partner.client.get("/api/v1/offers", headers=asks_with).status_code == 200
    assert "never</span>" not in partner.get("/keys").text
    partner.post(f"/keys/{whole[:16]}/revoke").follow()
    assert "opens nothing any more" in partner.text
    assert partner.client.get("/api/v1/offers", headers=asks_with).status_code == 401


def test_who_keeps_the_service_sees_all_and_acts_for_nobody(app: Flask, lender: Organisation, farmer: Farmer, runtime: Runtime) -> None:
    offer_id = published(runtime, lender)
    yes = asks(runtime, farmer, offer_id)
    staff(runtime, "admin")
    admin = Visitor(app, "198.51.100.8").signs_in("admin@example.org")
    for page in ("/offers", f"/offers/{offer_id}", "/applications", f"/applications/{yes}"):
        assert "Kiganda House" in admin.get(page).text, page
    assert "Answer them" not in admin.text
    assert admin.get("/offers/new").follow().status == 200
    assert "belongs to no organisation" in admin.text
    assert admin.post(f"/offers/{offer_id}/close").status == 404
    assert admin.post(f"/applications/{yes}/answer", answer="approve").status == 404
    assert admin.post(f"/applications/{yes}/look").status == 404


def test_a_partners_account_is_made_with_its_organisation(app: Flask, lender: Organisation, runtime: Runtime) -> None:
    staff(runtime, "admin")
    admin = Visitor(app, "198.51.100.8").signs_in("admin@example.org").get("/accounts")
    form = {"name": "Ruth", "email": "ruth@example.org", "role": "partner"}
    admin.post("/accounts", **form)
    assert (admin.status, "needs its organisation" in admin.text) == (400, True)
    assert admin.post("/accounts", **{**form, "role": "cooperative"}, group=str(lender.id)).status == 400
    assert "Send this link to Ruth" in admin.post("/accounts", **form, group=str(lender.id)).text


def test_without_its_token_nothing_is_done(partner: Visitor, lender: Organisation, runtime: Runtime) -> None:
    offer_id = published(runtime, lender)
    assert partner.client.post(f"/offers/{offer_id}/close").status_code == 400
    assert partner.client.post("/offers/new", data={"kind": "loan", "title": "Seed loan"}).status_code == 400
    with runtime.reading() as session:
        assert session.scalars(select(Offer.state)).all() == ["published"]
