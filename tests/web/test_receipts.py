"""Receipts at a screen: looked at before they count, once though clicked twice, a group's own and nobody else's."""

import re
from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from jobs.runtime import Runtime
from linkage import receipts
from linkage.models import Receipt
from messaging.models import Batch
from profiles import farmers, organisations, records
from profiles.models import Farmer
from tests import builders
from tests.web.test_farmers import A_PHONE
from tests.web.visitor import Visitor, account, staff

GOOD = {
    "crop": "beans",
    "day": "2026-03-12",
    "kg": "296",
    "kg_second": "297",
    "price": "3,000",
    "fee": "14,800",
    "transport": "",
    "moisture": "13.5",
    "pays_on": "2026-03-14",
}


class Coop:
    """A cooperative with two members and somebody at its desk."""

    def __init__(self, runtime: Runtime, visitor: Visitor, name: str, code: str, number: int, called: str = "Sarah") -> None:
        self.runtime, self.visitor = runtime, visitor
        with runtime.transaction() as session:
            self.group = organisations.add(session, "cooperative", name, code, runtime.now()).id
            self.member = self._join(session, number, f"{called} Nakato")
            self.other = self._join(session, number + 1, f"{called} Atim")
            account(session, "cooperative", runtime.now(), email=f"{code}@example.org", organisation_id=self.group)
        visitor.signs_in(f"{code}@example.org")

    def _join(self, session, number: int, name: str) -> Farmer:  # type: ignore[no-untyped-def]
        farmer = builders.farmer(session, self.runtime.now(), number, name=name)
        organisations.join(session, farmer.id, self.group, date(2026, 1, 1))
        return farmer

    def writes(self, step: str = "issue", **facts: str) -> Visitor:
        form = GOOD | {"member": farmers.code(self.member), "nonce": "n1", "step": step} | facts
        return self.visitor.get("/receipts/new").post("/receipts/new", **form)


@pytest.fixture
def kasolo(runtime: Runtime, visitor: Visitor) -> Coop:
    return Coop(runtime, visitor, "Kasolo Grain Pool", "KASOLO", 1)


def count(runtime: Runtime, table: type = Receipt) -> int:
    with runtime.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def only(runtime: Runtime) -> Receipt:
    with runtime.reading() as session:
        return session.scalars(select(Receipt)).one()


def test_what_it_comes_to_is_shown_before_anything_is_kept(kasolo: Coop, runtime: Runtime) -> None:
    page = kasolo.writes("check")
    assert page.status == 200
    assert "Is this right?" in page.text
    assert [amount for amount in ("888,000", "14,800", "873,200") if f"UGX {amount}" not in page.text] == []
    assert count(runtime) == 0
    assert 'value="3,000"' in kasolo.writes("change").text
    assert count(runtime) == 0


def test_a_yes_makes_the_receipt_and_its_page_shows_both_sides(kasolo: Coop, runtime: Runtime) -> None:
    page = kasolo.writes().follow()
    receipt = only(runtime)
    assert f"Receipt {receipts.code(receipt)} stands. Both sides hold it." in page.text
    assert [side for side in ("Farmer's side", "Group's side", "UGX 873,200", "296 kg", "297 kg", "13.5 %") if side not in page.text] == []
    assert (receipt.by.startswith("account:"), receipt.organisation_id, receipt.farmer_id) == (True, kasolo.group, kasolo.member.id)
    assert "873,200" in kasolo.visitor.get("/receipts").text


def test_a_double_click_is_one_receipt_and_one_text(kasolo: Coop, runtime: Runtime) -> None:
    first, second = kasolo.writes().at.headers["Location"], kasolo.writes().at.headers["Location"]
    assert first == second
    assert (count(runtime), count(runtime, Batch)) == (1, 1)


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("member", "", "No member"),
        ("member", "4827-3", "does not fit"),
        ("member", "4827-4", "No member"),
        ("member", "Nobody", "No member"),
        ("member", "sarah", "Several members are called so"),
        ("crop", "gold", "Choose what was delivered"),
        ("day", "2026-03-13", "Choose the day of delivery"),
        ("day", "31/02", "Choose the day of delivery"),
        ("day", "1026-01-01", "Choose the day of delivery"),
        *(("kg", typed, "Write kilograms") for typed in ("", "-1", "0", "1e9", "NaN", "2,5", "½", "two", "٣", "0.001", "9" * 70)),
        ("kg_second", "two", "Write kilograms"),
        ("price", "0", "Write the price"),
        ("price", "Infinity", "Write the price"),
        ("fee", "-5", "Write whole shillings"),
        ("fee", "10.5", "Write whole shillings"),
        ("fee", "888001", "More is kept than"),
        ("transport", "1e3", "Write whole shillings"),
        ("moisture", "80", "Write per cent"),
        ("pays_on", "2026-03-11", "Choose a day from the delivery on"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_the_rest_is_kept(
    kasolo: Coop, runtime: Runtime, field: str, typed: str, says: str
) -> None:
    page = kasolo.writes(**{field: typed})
    assert page.status == 400
    beside = re.search(rf'id="{field}-error">([^<]+)<', page.text)
    assert beside is not None
    assert says in beside.group(1)
    assert field == "moisture" or 'value="13.5"' in page.text
    assert count(runtime) == 0


def test_a_name_finds_the_member_and_two_of_one_name_are_listed_with_their_codes(kasolo: Coop, runtime: Runtime) -> None:
    page = kasolo.writes(member="sarah")
    assert farmers.code(kasolo.member) in page.text
    assert farmers.code(kasolo.other) in page.text
    kasolo.writes(member="nakato").follow()
    assert only(runtime).farmer_id == kasolo.member.id


def test_two_scales_far_apart_are_pointed_out(kasolo: Coop) -> None:
    assert "far apart" in kasolo.writes("check", kg_second="320").text
    assert "far apart" not in kasolo.writes("check").text


def test_a_receipt_is_put_right_once_and_both_are_shown(kasolo: Coop, runtime: Runtime) -> None:
    kasolo.writes()
    old = only(runtime)
    path = f"/receipts/{old.id}/correct"
    assert 'value="296"' in kasolo.visitor.get(path).text
    form = GOOD | {"kg": "300", "nonce": "n2", "step": "issue"}
    new = kasolo.visitor.post(path, **form).at.headers["Location"]
    assert kasolo.visitor.post(path, **form).at.headers["Location"] == new
    assert f"takes the place of receipt {receipts.code(old)}" in re.sub("<[^>]+>", "", kasolo.visitor.get(new).text)
    assert "took its place" in kasolo.visitor.get(f"/receipts/{old.id}").text
    assert kasolo.visitor.post(path, **form | {"nonce": "n3"}).status == 409
    assert kasolo.visitor.get(path).status == 409
    assert count(runtime) == 2


def test_what_the_farmer_disputes_is_seen_by_the_group_and_by_the_help_desk(kasolo: Coop, runtime: Runtime, app) -> None:  # type: ignore[no-untyped-def]
    kasolo.writes()
    receipt = only(runtime)
    with runtime.transaction() as session:
        receipts.dispute(session, receipt.id, kasolo.member.id, "weight", runtime.now())
    staff(runtime, "helpdesk")
    desk = Visitor(app, "192.0.2.8").signs_in("helpdesk@example.org")
    for visitor in (kasolo.visitor, desk):
        assert "1 receipt disputed" in visitor.get("/receipts").text
        assert "873,200" in visitor.get("/receipts?state=disputed").text
        assert "The weight is wrong" in visitor.get(f"/receipts/{receipt.id}").text
    assert desk.get("/receipts/new").status == 403
    assert desk.post("/receipts/new", **GOOD).status == 403
    assert "Put it right" not in desk.get(f"/receipts/{receipt.id}").text


def test_another_groups_receipt_and_member_are_as_if_they_were_not_there(kasolo: Coop, runtime: Runtime, app) -> None:  # type: ignore[no-untyped-def]
    kasolo.writes()
    receipt = only(runtime)
    nabiti = Coop(runtime, Visitor(app, "192.0.2.9"), "Nabiti Coffee Growers", "NABITI", 11, "Ruth")
    for path in (f"/receipts/{receipt.id}", f"/receipts/{receipt.id}/correct"):
        assert nabiti.visitor.get(path).status == 404
    assert nabiti.visitor.post(f"/receipts/{receipt.id}/correct", **GOOD | {"step": "issue", "nonce": "n1"}).status == 404
    assert "873,200" not in nabiti.visitor.get("/receipts").text
    for named in (farmers.code(kasolo.member), "Sarah Nakato"):
        assert nabiti.writes(member=named, group=str(kasolo.group)).status == 400
    assert nabiti.writes().status == 302
    with runtime.reading() as session:
        held = {row.organisation_id: row.farmer_id for row in session.scalars(select(Receipt))}
    assert held == {kasolo.group: kasolo.member.id, nabiti.group: nabiti.member.id}


def test_an_administrator_chooses_the_group(kasolo: Coop, runtime: Runtime, app) -> None:  # type: ignore[no-untyped-def]
    staff(runtime, "admin")
    admin = Visitor(app, "192.0.2.10").signs_in("admin@example.org")
    form = GOOD | {"member": farmers.code(kasolo.member), "nonce": "a", "step": "issue"}
    assert "Choose a group" in admin.get("/receipts/new").post("/receipts/new", **form).text
    assert admin.post("/receipts/new", **form, group=str(uuid4())).status == 400
    assert admin.post("/receipts/new", **form, group=str(kasolo.group)).status == 302
    assert only(runtime).organisation_id == kasolo.group


@pytest.mark.parametrize("role", ["editor", "approver", "reviewer", "partner", "dealer", "operator"])
def test_other_roles_see_no_receipt(kasolo: Coop, runtime: Runtime, app, role: str) -> None:  # type: ignore[no-untyped-def]
    kasolo.writes()
    staff(runtime, role)
    visitor = Visitor(app, "192.0.2.11").signs_in(f"{role}@example.org")
    for path in ("/receipts", "/receipts/new", f"/receipts/{only(runtime).id}"):
        assert visitor.get(path).status == 403


def test_no_phone_stands_in_an_address_or_on_a_receipt(kasolo: Coop, runtime: Runtime) -> None:
    location = kasolo.writes().at.headers["Location"]
    page = kasolo.visitor.get(location)
    assert not A_PHONE.search(page.text)
    assert not any(A_PHONE.search(path) for path in (*kasolo.visitor.visited, location))


def test_a_stranger_receipt_is_not_found(kasolo: Coop) -> None:
    for unknown in (UUID(int=7), uuid4()):
        assert kasolo.visitor.get(f"/receipts/{unknown}").status == 404


def test_the_help_desk_sees_a_farmers_records_and_her_cooperative_does_not(kasolo: Coop, runtime: Runtime, app) -> None:  # type: ignore[no-untyped-def]
    with runtime.transaction() as session:
        entry = records.Entry(records.COST, "maize", "UGX", date(2026, 3, 10), what="seed", amount=123_456)
        records.note(session, kasolo.member.id, entry, runtime.now())
    staff(runtime, "helpdesk")
    path = f"/farmers/{kasolo.member.id}"
    desk = Visitor(app, "192.0.2.12").signs_in("helpdesk@example.org").get(path)
    assert "123,456" in desk.text
    assert "loss of maize in 2026A" in desk.text
    assert "123,456" not in kasolo.visitor.get(path).text
    assert kasolo.visitor.status == 200
