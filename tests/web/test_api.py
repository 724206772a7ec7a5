"""The partner API as a partner's program meets it: keys, scopes, one shape for every refusal, nothing of a farmer without her yes."""

import itertools
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from core.db import new_id
from core.errors import Unusable
from jobs.runtime import Runtime
from linkage import applications, credit, requests
from linkage.models import Application, ConsentRequest, Disclosure, Offer
from messaging.models import Batch
from profiles import farmers, sharing
from profiles.models import Farmer, Organisation
from service.accounts import keys
from service.accounts.models import ApiKey
from service.api import openapi
from service.api.pages import DOCUMENT
from service.api.table import OPERATIONS
from tests import market
from tests.builders import Clock
from tests.market import USSD, ZONE

PEPPER = "development"
OFFER = {
    "kind": "loan",
    "product": "input-2026A",
    "title": "Seed loan",
    "terms": market.LOAN,
    "opens_on": "2026-03-12",
    "closes_on": "2026-04-12",
}


@dataclass
class Program:
    """A partner's program with one key."""

    client: FlaskClient
    key: str

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {self.key}", **headers})

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {self.key}", **named})


def key(runtime: Runtime, by: Organisation, *scopes: str, **values: Any) -> str:
    facts = {"product": "input-2026A", "purpose": "credit"} | values
    with runtime.transaction() as session:
        return keys.create(session, by.id, scopes or tuple(keys.SCOPES), "test", runtime.now(), PEPPER, **facts)


@pytest.fixture
def lender(runtime: Runtime) -> Organisation:
    with runtime.transaction() as session:
        return market.partner(session, runtime.now())


@pytest.fixture
def farmer(runtime: Runtime) -> Farmer:
    with runtime.transaction() as session:
        return market.farmer(session, runtime.now())


@pytest.fixture
def program(app: Flask, runtime: Runtime, lender: Organisation) -> Program:
    return Program(app.test_client(), key(runtime, lender))


def permit(runtime: Runtime, farmer: Farmer, by: Organisation, *fields: str, days: int = 30) -> None:
    now = runtime.now()
    with runtime.transaction() as session:
        what = (farmer.id, by.id, "credit", "input-2026A", fields or ("name", "crops"))
        sharing.grant(session, *what, "ussd", "test", now, now + timedelta(days=days))


def count(runtime: Runtime, table: Any) -> int:
    with runtime.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def error(answer: TestResponse) -> str:
    """The code of a refusal, whose shape is always the same."""
    body = answer.get_json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "fields", "request_id"}
    assert body["error"]["request_id"] == answer.headers["X-Request-Id"]
    return body["error"]["code"]


def test_a_key_says_whose_it_is(program: Program) -> None:
    me = program.get("/me").get_json()
    assert (me["organisation"], me["product"], me["purpose"]) == ("Kiganda SACCO", "input-2026A", "credit")


def test_only_a_hash_of_a_key_is_kept(runtime: Runtime, program: Program) -> None:
    with runtime.reading() as session:
        (row,) = session.scalars(select(ApiKey))
    assert program.key.startswith(row.id + "_")
    assert program.key.removeprefix(row.id + "_") not in str(vars(row))
    assert program.key not in repr(row)


def wrong_keys(whole: str) -> Iterator[str]:
    yield from ("", "Bearer", "Bearer ", f"Basic {whole}", f"Bearer {whole[:-1]}", f"Bearer {whole}x", f"Bearer {whole[:16]}")
    yield from (f"Bearer {whole[:-1]}{'a' if whole[-1] != 'a' else 'b'}", f"Bearer pk_live_00000000_{'x' * 43}", "Bearer " + "é" * 30)
    yield f"Bearer {'x' * 5000}"


def test_anything_but_a_live_key_is_one_and_the_same_401(program: Program) -> None:
    seen = set()
    for given, path in itertools.product(wrong_keys(program.key), ("/me", "/profiles/1000-0", "/nothing/here", "/offers")):
        answer = program.client.get(f"/api/v1{path}", headers={"Authorization": given})
        assert (answer.status_code, error(answer)) == (401, "unauthorised"), given
        seen.add(answer.get_json()["error"]["message"])
    assert len(seen) == 1


def test_a_key_that_was_revoked_or_has_run_out_opens_nothing(
    runtime: Runtime, clock: Clock, program: Program, lender: Organisation
) -> None:
    short = Program(program.client, key(runtime, lender, days=1))
    assert short.get("/me").status_code == 200
    clock.forward(days=1)
    assert short.get("/me").status_code == 401
    with runtime.transaction() as session:
        keys.revoke(session, program.key[:16], "test", runtime.now())
    assert program.get("/me").status_code == 401


def test_a_key_in_an_address_is_refused_though_it_is_a_good_one(program: Program) -> None:
    for query in (f"?key={program.key}", f"?access_token={program.key}", f"?q={program.key}"):
        assert (program.get(f"/me{query}").status_code, error(program.get(f"/me{query}"))) == (400, "key_in_address")


def address(path: str) -> str:
    return path.replace("<uuid:id>", str(new_id(datetime.fromisoformat("2026-03-12T09:00+00:00")))).replace("<code>", "1000-0")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_each_address_asks_for_its_own_scope_and_no_other_opens_it(
    app: Flask, runtime: Runtime, lender: Organisation, operation: Any
) -> None:
    path = address(operation.path)
    for scope in keys.SCOPES:
        one = Program(app.test_client(), key(runtime, lender, scope))
        answer = one.get(path) if operation.method == "GET" else one.post(path, {})
        if operation.scope in (None, scope):
            assert answer.status_code != 403 or operation.name == "profile"
        else:
            assert (answer.status_code, error(answer)) == (403, "forbidden"), scope


def test_without_a_live_permission_a_profile_is_403_and_the_same_for_everybody(
    runtime: Runtime, clock: Clock, program: Program, lender: Organisation, farmer: Farmer
) -> None:
    nobody = program.get("/profiles/9999-4")
    for code in (farmers.code(farmer), "9999-4", "1000-9", "x", "%00", "12345678901234567890"):
        answer = program.get(f"/profiles/{code}")
        assert (answer.status_code, error(answer)) == (403, "forbidden")
        assert answer.get_json()["error"]["message"] == nobody.get_json()["error"]["message"]
    assert count(runtime, Disclosure) == 0


def test_with_it_the_permitted_fields_leave_are_noted_and_the_farmer_is_told_once(
    runtime: Runtime, program: Program, lender: Organisation, farmer: Farmer
) -> None:
    permit(runtime, farmer, lender, "name", "crops")
    for _ in range(2):
        shown = program.get(f"/profiles/{farmers.code(farmer)}")
        assert shown.status_code == 200
        assert shown.get_json()["fields"] == {"name": "Sarah", "crops": ["maize"]}
    with runtime.reading() as session:
        rows = session.scalars(select(Disclosure)).all()
        assert [(row.fields, row.key_id) for row in rows] == [(["name", "crops"], program.key[:16])] * 2
        (told,) = session.scalars(select(Batch))
        assert (told.klass, told.phones) == ("notice", [farmer.phone])
        assert "has looked" in told.body


def test_after_withdrawal_expiry_or_under_another_key_it_is_403_again(
    runtime: Runtime, clock: Clock, program: Program, lender: Organisation, farmer: Farmer
) -> None:
    permit(runtime, farmer, lender)
    path = f"/profiles/{farmers.code(farmer)}"
    for other in ({"product": "other"}, {"purpose": "cover"}):
        assert Program(program.client, key(runtime, lender, **other)).get(path).status_code == 403
    with runtime.transaction() as session:
        rival = market.partner(session, runtime.now(), code="RIVAL")
    assert Program(program.client, key(runtime, rival)).get(path).status_code == 403
    assert program.get(path).status_code == 200
    clock.forward(days=30)
    assert program.get(path).status_code == 403
    permit(runtime, farmer, lender)
    with runtime.transaction() as session:
        (live,) = sharing.standing(session, farmer.id, runtime.now())
        credit.withdraw(session, farmer.id, live.id, runtime.now())
    assert program.get(path).status_code == 403


def test_asking_is_answered_alike_whether_or_not_there_is_such_a_farmer(runtime: Runtime, program: Program, farmer: Farmer) -> None:
    wish = {"farmer": farmers.code(farmer), "fields": ["name"], "days": 30}
    there, nobody = program.post("/consent-requests", wish), program.post("/consent-requests", {**wish, "farmer": "99999-9"})
    assert nobody.status_code in {202, 422}
    known = program.post("/consent-requests", {**wish, "farmer": "9999-" + _check(9999)})
    assert (there.status_code, known.status_code) == (202, 202)
    assert set(there.get_json()) == set(known.get_json()) == {"asked"}
    program.post("/consent-requests", wish)
    assert (count(runtime, ConsentRequest), count(runtime, Batch)) == (1, 1)


def _check(number: int) -> str:
    return farmers.codes.written(number)[-1]


def test_a_granted_request_opens_the_profile(runtime: Runtime, program: Program, farmer: Farmer) -> None:
    program.post("/consent-requests", {"farmer": farmers.code(farmer), "fields": ["name", "district"], "days": 7})
    with runtime.transaction() as session:
        (wish,) = requests.waiting(session, farmer.id, runtime.now())
        requests.grant(session, wish, session.get_one(Farmer, farmer.id), "test", runtime.now(), ZONE, USSD)
    assert program.get(f"/profiles/{farmers.code(farmer)}").get_json()["fields"] == {"name": "Sarah", "district": "Mubende"}


def test_fields_beyond_the_purpose_cannot_be_asked_for(runtime: Runtime, lender: Organisation, program: Program, farmer: Farmer) -> None:
    buyer = Program(program.client, key(runtime, lender, purpose="purchase"))
    answer = buyer.post("/consent-requests", {"farmer": farmers.code(farmer), "fields": ["records"]})
    assert (answer.status_code, error(answer)) == (422, "consent.fields")


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


def test_a_repeat_with_the_same_key_is_answered_as_the_first_and_makes_nothing(runtime: Runtime, clock: Clock, program: Program) -> None:
    first, again = program.post("/offers", OFFER, Idempotency_Key="a1"), program.post("/offers", OFFER, Idempotency_Key="a1")
    assert (first.status_code, again.status_code, first.get_json()) == (201, 201, again.get_json())
    other = program.post("/offers", {**OFFER, "title": "Another"}, Idempotency_Key="a1")
    assert (other.status_code, error(other), count(runtime, Offer)) == (409, "conflict", 1)
    assert program.post("/offers", OFFER, Idempotency_Key="x" * 10_000).status_code == 422
    refused = {**OFFER, "title": "Ŋ"}
    assert [program.post("/offers", refused, Idempotency_Key="b").status_code for _ in range(2)] == [422, 422]
    assert program.post("/offers", OFFER, Idempotency_Key="b").status_code == 201
    clock.forward(hours=25)
    assert program.post("/offers", OFFER, Idempotency_Key="a1").status_code == 201
    assert count(runtime, Offer) == 3


def test_ten_at_once_with_one_key_make_one_offer(app: Flask, runtime: Runtime, program: Program) -> None:
    answers: list[tuple[int, str]] = []

    def go() -> None:
        answer = Program(app.test_client(), program.key).post("/offers", OFFER, Idempotency_Key="same")
        answers.append((answer.status_code, answer.get_data(as_text=True)))

    threads = [threading.Thread(target=go) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(answers), len(set(answers)), count(runtime, Offer)) == (10, 1, 1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"kind": "loan"}',
        json.dumps({**OFFER, "is_admin": True}).encode(),
        json.dumps({**OFFER, "terms": {**market.LOAN, "tenant_id": 1}}).encode(),
        json.dumps({**OFFER, "kind": "cover"}).encode(),
        json.dumps({**OFFER, "capacity": -1}).encode(),
        json.dumps({**OFFER, "closes_on": "2026-03-01"}).encode(),
        json.dumps({**OFFER, "eligibility": {"districts": ["Atlantis"]}}).encode(),
        json.dumps({**OFFER, "terms": {**market.LOAN, "amount": 1e308}}).encode(),
        json.dumps({**OFFER, "terms": {**market.LOAN, "rate": "NaN"}}).encode(),
        json.dumps({**OFFER, "title": "a\x00b"}).encode(),
        b"[" * 50_000,
        b"\xff\xfe",
    ],
)
def test_a_body_that_cannot_be_used_is_422_and_never_ours_to_be_sorry_for(runtime: Runtime, program: Program, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {program.key}", "Content-Type": "application/json"}
    answer = program.client.post("/api/v1/offers", data=body, headers=headers)
    assert answer.status_code == 422
    assert error(answer)
    assert count(runtime, Offer) == 0


def test_other_types_methods_sizes_and_addresses_are_refused_in_the_same_shape(program: Program) -> None:
    header = {"Authorization": f"Bearer {program.key}"}
    assert program.client.post("/api/v1/offers", data={"kind": "loan"}, headers=header).status_code == 415
    big = program.client.post("/api/v1/offers", data=b"x" * 70_000, headers={**header, "Content-Type": "application/json"})
    assert (big.status_code, error(big)) == (413, "too_large")
    assert error(program.get("/nothing")) == "not_found"
    assert error(program.get("/offers/not-a-uuid/publish")) == "not_found"


def test_the_sixty_first_request_in_a_minute_is_429_for_that_key_alone(runtime: Runtime, program: Program, lender: Organisation) -> None:
    answers = [program.get("/me").status_code for _ in range(61)]
    assert answers == [200] * 60 + [429]
    assert error(program.get("/me")) == "slow_down"
    assert Program(program.client, key(runtime, lender)).get("/me").status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [{"scopes": ()}, {"scopes": ("everything",)}, {"days": 366}, {"days": 0}, {"product": None}, {"purpose": "marketing"}],
)
def test_a_key_that_would_open_too_much_is_not_made(runtime: Runtime, lender: Organisation, wrong: dict[str, Any]) -> None:
    facts = {"scopes": ("profiles:read",), "days": 30, "product": "p", "purpose": "credit"} | wrong
    with runtime.transaction() as session, pytest.raises(Unusable):
        keys.create(session, lender.id, facts.pop("scopes"), "test", runtime.now(), PEPPER, **facts)


def test_the_document_is_current() -> None:
    """When this fails: python -m service.api.openapi > service/api/openapi.json"""
    assert DOCUMENT.read_text("utf-8") == openapi.written()


def test_the_document_names_every_address_and_every_model_that_it_uses(app: Flask) -> None:
    answer = app.test_client().get("/api/v1/openapi.json")
    document = answer.get_json()
    assert document["openapi"] == "3.1.0"
    assert sum(len(methods) for methods in document["paths"].values()) == len(OPERATIONS)
    used = {part.split('"')[0] for part in answer.get_data(as_text=True).split("#/components/schemas/")[1:]}
    assert used <= set(document["components"]["schemas"])


def test_the_page_for_readers_needs_no_key_and_nothing_from_elsewhere(app: Flask) -> None:
    page = app.test_client().get("/api/docs")
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert all(path in text for path in ("/api/v1/profiles/{code}", "/api/v1/consent-requests", "Idempotency-Key"))
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "https://" not in text
