"""Farmers at a screen: entered with and without a phone, found, seen by those who may, and never named in an address."""

import re
from collections.abc import Mapping
from uuid import UUID

import pytest
from sqlalchemy import select

from core.audit import AuditEntry
from jobs.runtime import Runtime
from profiles import consent, farmers, organisations
from profiles.models import Consent, Farmer, Membership, Organisation
from tests import builders
from tests.web.visitor import Visitor, account, staff

GOOD = {"name": "sarah nakato", "language": "lg", "district": "1", "main_crop": "maize", "agreed": "yes", "witness": "Grace Atim"}
SARAH = GOOD | {"phone": "0772 000 123", "sex": "f", "born": "1986", "land": "1_to_2", "planted": "2_3_weeks", "phone_use": "own"}
A_PHONE = re.compile(r"(?:\+|%2B)?256\d{6,}|0?7[0-9]{8}")


@pytest.fixture
def helpdesk(runtime: Runtime, visitor: Visitor) -> Visitor:
    staff(runtime, "helpdesk")
    with runtime.transaction() as session:
        builders.district(session)
    return visitor.signs_in("helpdesk@example.org")


@pytest.fixture
def group(runtime: Runtime) -> UUID:
    with runtime.transaction() as session:
        return organisations.add(session, "cooperative", "Kasolo Grain Pool", "KASOLO", runtime.now()).id


def only_farmer(runtime: Runtime) -> Farmer:
    with runtime.reading() as session:
        return session.scalars(select(Farmer)).one()


def enter(visitor: Visitor, form: Mapping[str, object]) -> Visitor:
    return visitor.get("/farmers/new").post("/farmers/new", **form)


def test_a_farmer_with_a_phone_is_kept_with_crops_answers_and_a_witnessed_yes(helpdesk: Visitor, runtime: Runtime) -> None:
    enter(helpdesk, SARAH | {"crops": ["beans", "maize"]}).follow()
    farmer = only_farmer(runtime)
    assert f"Sarah Nakato is in, with the code {farmers.code(farmer)}" in helpdesk.text
    assert (farmer.phone, farmer.name, farmer.sex, farmer.born, farmer.source) == ("+256772000123", "Sarah Nakato", "f", 1986, "portal")
    with runtime.reading() as session:
        assert [(plot.crop, plot.land) for plot in farmers.plots(session, farmer.id)] == [("maize", "1_to_2"), ("beans", None)]
        agreed = session.scalars(select(Consent)).one()
        assert consent.standing(session, [farmer.id], consent.SERVICE, runtime.now()) == {farmer.id}
        entered = session.scalars(select(AuditEntry).where(AuditEntry.verb == "farmer.entered")).one()
    assert agreed.how == "paper"
    assert agreed.witness == "Grace Atim"
    assert "0123" not in f"{entered.detail}{entered.subject}"


def test_a_farmer_without_a_phone_is_reached_through_a_group(helpdesk: Visitor, runtime: Runtime, group: UUID) -> None:
    enter(helpdesk, GOOD | {"group": str(group)}).follow()
    assert "no phone" in helpdesk.text
    with runtime.reading() as session:
        assert session.scalars(select(Membership.organisation_id)).one() == group
    assert only_farmer(runtime).phone is None
    assert "568" not in helpdesk.get("/").text
    assert "without a phone" in helpdesk.text


def test_a_farmer_without_a_phone_is_reached_through_another_farmer(helpdesk: Visitor, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        neighbour = builders.farmer(session, runtime.now(), name="Ruth")
    enter(helpdesk, GOOD | {"contact": farmers.code(neighbour)}).follow()
    assert "News comes by" in helpdesk.text
    with runtime.reading() as session:
        assert session.scalars(select(Farmer.contact_id).where(Farmer.name == "Sarah Nakato")).one() == neighbour.id


def test_without_a_phone_a_group_or_a_farmer_must_pass_news_on(helpdesk: Visitor, runtime: Runtime) -> None:
    enter(helpdesk, GOOD)
    assert helpdesk.status == 400
    assert "somebody must pass the news on" in helpdesk.text
    with runtime.transaction() as session:
        silent = builders.farmer(session, runtime.now(), phone=None)
    enter(helpdesk, GOOD | {"contact": farmers.code(silent)})
    assert "has no phone either" in helpdesk.text


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("name", "1", "Write a name in letters"),
        ("born", "1066", "Write the year, such as 1986"),
        ("phone", "0414 123456", "mobile number that can get texts"),
        ("phone", "+1900555", "mobile number that can get texts"),
        ("contact", "4827-3", "does not fit"),
        ("contact", "4827-4", "No farmer bears this code"),
        ("language", "xx", "Choose the language"),
        ("district", "999", "Choose the district"),
        ("main_crop", "gold", "Choose the crop"),
        ("witness", "", "who was there"),
        ("agreed", "", "Nobody is entered without having said yes"),
        ("group", "not-a-group", "Choose a group from the list"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_the_rest_is_kept(
    helpdesk: Visitor, runtime: Runtime, field: str, typed: str, says: str
) -> None:
    enter(helpdesk, SARAH | {field: typed})
    assert helpdesk.status == 400
    beside = re.search(rf'id="{field}-error">([^<]+)<', helpdesk.text)
    assert beside is not None
    assert says in beside.group(1)
    assert f'aria-describedby="{field}-error"' in helpdesk.text or f'{field}-error"' in helpdesk.text
    assert f'value="{"Kato" if field == "name" else "sarah nakato"}"' in helpdesk.text or field == "name"
    with runtime.reading() as session:
        assert session.scalars(select(Farmer)).first() is None


def test_everything_wrong_is_said_at_once(helpdesk: Visitor) -> None:
    enter(helpdesk, {})
    assert "7 things to correct" in helpdesk.text
    assert helpdesk.text.count('class="error"') == 7


def test_somebody_alike_is_shown_before_a_second_one_is_made(helpdesk: Visitor, runtime: Runtime) -> None:
    enter(helpdesk, SARAH).follow()
    again = SARAH | {"name": "John Okot"}
    enter(helpdesk, again)
    assert helpdesk.status == 400
    assert "Perhaps this person is here already" in helpdesk.text
    assert enter(helpdesk, SARAH | {"phone": "0772 000 999"}).status == 400, "the same name in the same district"
    enter(helpdesk, again | {"sure": "yes"}).follow()
    with runtime.reading() as session:
        assert len(farmers.on_phone(session, "+256772000123")) == 2


def test_a_name_of_markup_is_shown_as_it_was_never_run(helpdesk: Visitor, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        builders.farmer(session, runtime.now(), name="<script>alert(1)</script>")
    page = helpdesk.client.get("/farmers").get_data(as_text=True)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize("typed", ["sara", "SARAH n", "4", "+256 772 000 001", "0772000001", "0001"])
def test_farmers_are_found_by_name_code_and_phone(helpdesk: Visitor, runtime: Runtime, typed: str) -> None:
    with runtime.transaction() as session:
        sarah = builders.farmer(session, runtime.now(), name="Sarah Nakato")
        builders.farmer(session, runtime.now(), 2, name="100% Peter_")
    helpdesk.get("/farmers").post("/farmers", q=farmers.code(sarah) if typed == "4" else typed, district="", language="")
    if helpdesk.status == 302:
        assert not A_PHONE.search(helpdesk.at.headers["Location"])
        helpdesk.follow()
    assert "Sarah Nakato" in helpdesk.text
    assert "Peter" not in helpdesk.text
    assert "1 farmer" in helpdesk.text


def test_signs_of_the_query_language_are_only_letters(helpdesk: Visitor, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        builders.farmer(session, runtime.now(), name="Sarah")
        builders.farmer(session, runtime.now(), 2, name="100% Peter_")
    for typed, found in (("%", "Peter"), ("_", "Peter"), ("' OR 1=1--", "Nobody found")):
        helpdesk.get("/farmers").post("/farmers", q=typed, district="", language="").follow()
        assert found in helpdesk.text
        assert "Sarah" not in helpdesk.text


def test_filters_and_pages_divide_a_long_roll(helpdesk: Visitor, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        gulu = builders.district(session, "Gulu", 2)
        for number in range(60):
            builders.farmer(session, runtime.now(), number, name=f"Farmer {number:02}", agreed=False)
        builders.farmer(session, runtime.now(), 77, name="Okello", district_id=gulu.id, language="ach", agreed=False)
    assert helpdesk.get("/farmers").text.count('scope="row"') == 50
    assert helpdesk.get("/farmers?page=2").text.count('scope="row"') == 11
    assert "1 farmer" in helpdesk.get("/farmers?district=2").text
    assert "1 farmer" in helpdesk.get("/farmers?language=ach").text


def test_a_number_typed_into_an_address_is_taken_out_of_it(helpdesk: Visitor) -> None:
    helpdesk.get("/farmers?q=0772000123")
    assert helpdesk.at.headers["Location"] == "/farmers"


def test_a_whole_number_is_shown_only_when_asked_for_and_that_is_noted(helpdesk: Visitor, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        farmer = builders.farmer(session, runtime.now())
    address = f"/farmers/{farmer.id}"
    for page in ("/farmers", address):
        assert str(farmer.phone) not in helpdesk.get(page).text
    assert str(farmer.phone) in helpdesk.post(f"{address}/phone").text
    with runtime.reading() as session:
        shown = session.scalars(select(AuditEntry).where(AuditEntry.verb == "farmer.phone_shown")).one()
    assert shown.subject == f"farmer:{farmer.id}"
    assert shown.actor.startswith("account:")


@pytest.fixture
def cooperative(app: object, runtime: Runtime, group: UUID) -> Visitor:
    with runtime.transaction() as session:
        builders.district(session)
        account(session, "cooperative", runtime.now(), organisation_id=group)
    return Visitor(app).signs_in("cooperative@example.org")  # type: ignore[arg-type]


def test_a_cooperative_sees_its_own_members_and_nobody_else(cooperative: Visitor, runtime: Runtime, group: UUID) -> None:
    day = runtime.now().date()
    with runtime.transaction() as session:
        member = builders.farmer(session, runtime.now(), 1, name="Member Mary")
        other = builders.farmer(session, runtime.now(), 2, name="Other Olive")
        organisations.join(session, member.id, group, day)
    assert "Member Mary" in cooperative.get("/farmers").text
    assert "Other Olive" not in cooperative.text
    assert cooperative.get(f"/farmers/{member.id}").status == 200
    assert cooperative.get(f"/farmers/{other.id}").status == 404
    assert cooperative.post(f"/farmers/{other.id}/phone").status == 404
    assert cooperative.post("/farmers", q="0772000002").text.count("Other Olive") == 0
    assert cooperative.get("/messages").status == 403


def test_a_cooperative_enters_farmers_into_its_own_group_whatever_the_form_says(
    cooperative: Visitor, runtime: Runtime, group: UUID
) -> None:
    with runtime.transaction() as session:
        rival = organisations.add(session, "cooperative", "Rival Growers", "RIVAL", runtime.now()).id
        builders.farmer(session, runtime.now(), 1, name="Sarah Nakato")
    enter(cooperative, GOOD | {"group": str(rival)})
    assert "Somebody outside your group" in cooperative.text
    assert "1000" not in cooperative.text, "the code of a stranger is not theirs to see"
    enter(cooperative, GOOD | {"group": str(rival), "sure": "yes"}).follow()
    with runtime.reading() as session:
        assert session.scalars(select(Membership.organisation_id)).one() == group


def test_an_account_of_a_cooperative_without_its_group_sees_nobody(app: object, runtime: Runtime) -> None:
    staff(runtime, "cooperative")
    with runtime.transaction() as session:
        builders.farmer(session, runtime.now(), name="Sarah")
    assert "Sarah" not in Visitor(app).signs_in("cooperative@example.org").get("/farmers").text  # type: ignore[arg-type]


def test_no_address_that_a_page_leads_to_holds_a_phone(helpdesk: Visitor, runtime: Runtime) -> None:
    """Walk from page to page as a person would, and look at every address."""
    with runtime.transaction() as session:
        farmer = builders.farmer(session, runtime.now(), name="Sarah")
        builders.text(session, runtime, farmer)
        session.add(
            Organisation(id=UUID(int=9), kind="cooperative", name="A", code="A", district_id=None, sample=True, created_at=runtime.now())
        )
    builders.settle(runtime)
    waiting, seen = ["/", "/phone"], set[str]()
    while waiting:
        path = waiting.pop()
        if path in seen or path.startswith(("/static", "http", "#")):
            continue
        seen.add(path)
        page = helpdesk.get(path)
        found = re.findall(r'(?:href|action)="([^"]+)"', page.text) if page.at.mimetype == "text/html" else []
        assert not [link for link in found if A_PHONE.search(re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", link))], path
        waiting += [
            link.partition("#")[0] or path for link in found if "/setup" not in link and "/press" not in link and "/remove" not in link
        ]
    assert any(path.startswith("/messages/") for path in seen)
    assert f"/farmers/{farmer.id}" in seen
