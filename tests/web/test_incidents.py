"""The page of incidents: what stands and what to do, what passed, and who is told."""

from datetime import timedelta

import pytest

from core import incidents
from jobs.runtime import Runtime
from jobs.watch import CLOCK, WATCHES
from service.accounts import people
from service.keeper import SPOOL
from service.portal.incidents import KINDS
from tests.web.visitor import Visitor, staff


@pytest.fixture
def operator(visitor: Visitor, runtime: Runtime) -> Visitor:
    staff(runtime, "operator")
    return visitor.signs_in("operator@example.org")


def test_what_stands_is_shown_with_since_when_and_where_to_look(operator: Visitor, runtime: Runtime) -> None:
    assert "Nothing is wrong" in operator.get("/incidents").text
    with runtime.transaction() as session:
        incidents.open_(session, "prices.stale", "wfp", "No price came from wfp for 15 days. Load its newest file.", runtime.now())
        incidents.open_(session, "gateway.refuses", "at", "at answered 401: check its key.", runtime.now())
    page = operator.get("/incidents").text
    assert page.index("at answered 401") < page.index("No price came from wfp")
    assert 'href="/prices"' in page
    assert "Thu 12 Mar 2026, 12:00" in page


def test_what_passed_is_kept_for_a_month(operator: Visitor, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        for kind, days in (("campaign.late", 40), ("campaign.broken", 2)):
            at = runtime.now() - timedelta(days=days)
            incidents.open_(session, kind, "campaign:1", f"It was {kind}.", at)
            incidents.close(session, kind, "campaign:1", at + timedelta(hours=1))
    page = operator.get("/incidents").text
    assert "It was campaign.broken." in page
    assert "It was campaign.late." not in page


def test_a_person_chooses_to_be_told_and_on_which_number(operator: Visitor, runtime: Runtime) -> None:
    assert operator.post("/incidents/duty", phone="0772 123456", hears="yes").status == 302
    assert "You will be told of incidents." in operator.follow().text
    with runtime.reading() as session:
        (one,) = runtime.hearers(session)
        assert (one.email, one.phone) == ("operator@example.org", "+256772123456")
    operator.post("/incidents/duty", phone="", hears="")
    with runtime.reading() as session:
        account = people.by_email(session, "operator@example.org")
        assert account is not None
        assert (account.hears, account.phone) == (False, None)


def test_a_number_that_is_none_is_said_beside_its_field(operator: Visitor, runtime: Runtime) -> None:
    answer = operator.post("/incidents/duty", phone="12", hears="yes")
    assert answer.status == 400
    assert "Write a mobile number such as" in answer.text
    with runtime.reading() as session:
        assert runtime.hearers(session) == []


def test_who_is_no_operator_any_more_is_told_no_more(operator: Visitor, runtime: Runtime) -> None:
    operator.post("/incidents/duty", phone="", hears="yes")
    with runtime.transaction() as session:
        assert len(runtime.hearers(session)) == 1
        account = people.by_email(session, "operator@example.org")
        assert account is not None
        people.change_role(session, account.id, "editor", "test", runtime.now())
    with runtime.reading() as session:
        assert runtime.hearers(session) == []


def test_every_watch_has_a_title() -> None:
    kinds = [one.kind for one in (*WATCHES, CLOCK, SPOOL)]
    assert [kind for kind in kinds if not any(kind.startswith(begins) for begins in KINDS)] == []
