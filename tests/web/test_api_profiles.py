"""Nothing of a farmer leaves through the API without a live yes of hers, and every look is noted and told."""

from sqlalchemy import select

from jobs.runtime import Runtime
from linkage import credit, requests
from linkage.models import ConsentRequest, Disclosure
from messaging.models import Batch
from profiles import farmers, sharing
from profiles.models import Farmer, Organisation
from tests import market
from tests.builders import Clock
from tests.market import USSD, ZONE
from tests.web.programs import Program, count, error, key, permit


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
