"""Members at a screen: a list is looked at before it is taken, who was entered is told, and nobody sees another's members."""

import io
import re
from html import unescape
from uuid import UUID

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select

from core import codes
from core.audit import AuditEntry
from jobs.runtime import Runtime
from messaging.models import Batch
from profiles import consent, organisations
from profiles.models import Consent, Farmer, Membership
from service.portal import lists
from tests.builders import district, farmer, phone
from tests.web.visitor import Visitor, account, staff

HELD = re.compile(r'name="held" value="([^"]*)"')
LIST = b"name,phone,crop\nSarah Nakato,0772000101,maize\nMoses Okello,,beans\nBad Row,12,maize\n"


def group(runtime: Runtime, code: str) -> UUID:
    now = runtime.now()
    with runtime.transaction() as session:
        made = organisations.add(session, "cooperative", f"{code.title()} Pool", code, now, district_id=district(session).id)
        account(session, "cooperative", now, email=f"{code.lower()}@example.org", organisation_id=made.id)
        return made.id


@pytest.fixture
def kasolo(runtime: Runtime) -> UUID:
    return group(runtime, "KASOLO")


@pytest.fixture
def coop(visitor: Visitor, kasolo: UUID) -> Visitor:
    return visitor.signs_in("kasolo@example.org")


def send(visitor: Visitor, path: str, content: bytes, name: str = "list.csv") -> Visitor:
    return visitor.post(path, file=(io.BytesIO(content), name))


def count(runtime: Runtime, table: type) -> int:
    with runtime.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_list_is_looked_at_row_by_row_and_nothing_is_kept(coop: Visitor, kasolo: UUID, runtime: Runtime) -> None:
    send(coop, f"/members/{kasolo}/list", LIST)
    assert coop.status == 200
    assert "Take it: 2 new members" in coop.text
    assert "Row 4" in coop.text
    assert "Of 3 rows" in coop.text
    assert (count(runtime, Farmer), count(runtime, Batch)) == (0, 0)


def test_what_was_looked_at_is_taken_and_each_new_phone_is_told_once(coop: Visitor, kasolo: UUID, runtime: Runtime) -> None:
    for _ in range(2):
        send(coop, f"/members/{kasolo}/list", LIST)
        held = HELD.search(coop.at.get_data(as_text=True))
        if held is None:
            break
        coop.post(f"/members/{kasolo}/list", held=unescape(held.group(1)), take="yes").follow()
        assert "2 new, 0 more joined" in coop.text
    assert "nothing new to take" in coop.text
    assert (count(runtime, Farmer), count(runtime, Membership), count(runtime, Consent)) == (2, 2, 0)
    with runtime.reading() as session:
        (notice,) = session.scalars(select(Batch))
        assert (notice.klass, notice.phones) == ("notice", ["+256772000101"])
        assert "Kasolo Pool entered you" in notice.body
        assert session.scalars(select(AuditEntry.verb).where(AuditEntry.verb == "members.imported")).all() == ["members.imported"]


def test_a_workbook_is_read_as_well(coop: Visitor, kasolo: UUID) -> None:
    book, kept = openpyxl.Workbook(), io.BytesIO()
    for row in (("Name", "Phone"), ("Sarah Nakato", "0772000101")):
        book.active.append(row)
    book.save(kept)
    assert "Take it: 1 new member" in send(coop, f"/members/{kasolo}/list", kept.getvalue(), "list.xlsx").text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty"),
        (b"%PDF-1.7", "This is a PDF file"),
        (b"colour,size\nred,3\n", "name"),
        (b"name\n" + b"Sarah Nakato\n" * (lists.MOST_ROWS + 1), "more than 1,000 rows"),
        (b"\x00\x01\x02", "not a sheet"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_to_do(coop: Visitor, kasolo: UUID, runtime: Runtime, content: bytes, says: str) -> None:
    send(coop, f"/members/{kasolo}/list", content)
    assert "This list cannot be taken" in coop.text
    assert says in coop.text
    assert count(runtime, Farmer) == 0


def test_no_file_and_a_list_made_up_on_the_way_are_refused(coop: Visitor, kasolo: UUID, runtime: Runtime) -> None:
    assert coop.post(f"/members/{kasolo}/list").status == 400
    for held in ("", "{}", "[]", '{"name": 1, "headings": 3, "rows": [[1]], "broken": null}', "9" * 5000):
        coop.post(f"/members/{kasolo}/list", held=held, take="yes")
        assert coop.status == 400, held
        assert "Choose the file again" in coop.text
    assert count(runtime, Farmer) == 0


def test_another_groups_members_are_not_there(coop: Visitor, app: Flask, kasolo: UUID, runtime: Runtime) -> None:
    other = group(runtime, "OTHER")
    with runtime.transaction() as session:
        theirs = farmer(session, runtime.now(), 7, name="Hidden Person")
        organisations.join(session, theirs.id, other, runtime.now().date())
    assert coop.get(f"/members/{other}").status == 404
    assert coop.get(f"/members/{other}/list").status == 404
    assert send(coop, f"/members/{other}/list", LIST).status == 404
    assert coop.post(f"/members/{other}", q="Hidden").status == 404
    assert coop.post(f"/members/{other}/join", code="1000-0").status == 404
    for deed in ("leave", "appoint", "confirm"):
        assert coop.post(f"/members/{other}/{theirs.id}/{deed}", role="agent").status == 404
        assert coop.post(f"/members/{kasolo}/{theirs.id}/{deed}", role="agent").status == 404
    assert "Hidden" not in coop.get("/members").follow().text


def test_members_are_found_leave_and_come_back_with_their_dates(coop: Visitor, kasolo: UUID, runtime: Runtime) -> None:
    today = runtime.now().date()
    with runtime.transaction() as session:
        one = farmer(session, runtime.now(), 7, name="Sarah Nakato")
        organisations.join(session, one.id, kasolo, today)
    coop.get("/members").follow()
    assert "Sarah Nakato" in coop.text
    assert phone(7) not in coop.text
    assert "Sarah Nakato" in coop.post(f"/members/{kasolo}", q="0772000007").text
    assert coop.get(f"/members/{kasolo}?q=0772000007").status == 302
    assert "Nobody found" in coop.get(f"/members/{kasolo}?q=moses").text
    coop.post(f"/members/{kasolo}/{one.id}/appoint", role="agent").follow()
    assert "Agent" in coop.text
    coop.post(f"/members/{kasolo}/{one.id}/appoint", role="king").follow()
    assert "Choose a role" in coop.text
    coop.post(f"/members/{kasolo}/{one.id}/leave", until="2001-01-01").follow()
    assert "nor before they joined" in coop.text
    coop.post(f"/members/{kasolo}/{one.id}/leave", until=today.isoformat()).follow()
    assert "No members yet" in coop.text
    assert "Sarah Nakato" in coop.get(f"/members/{kasolo}?gone=yes").text
    coop.get(f"/members/{kasolo}")
    coop.post(f"/members/{kasolo}/join", code=codes.written(one.number), since=today.isoformat()).follow()
    assert "belongs to Kasolo Pool since" in coop.text


def test_a_group_brings_back_whom_it_had_and_takes_no_stranger_by_their_code(coop: Visitor, kasolo: UUID, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        stranger = farmer(session, runtime.now(), 7, name="Sarah Nakato")
        code = codes.written(stranger.number)
    coop.post(f"/members/{kasolo}/join", code=code).follow()
    assert "Nobody of yours bears this code" in coop.text
    coop.post(f"/members/{kasolo}/join", code="12-9").follow()
    assert "Check the last digit" in coop.text
    assert count(runtime, Membership) == 0


def test_a_meeting_confirms_whom_an_agent_entered_without_a_phone(coop: Visitor, kasolo: UUID, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        one = farmer(session, runtime.now(), 7, phone=None, source="agent", name="Sarah Nakato", agreed=False)
        organisations.join(session, one.id, kasolo, runtime.now().date())
    assert "For the next meeting" in coop.get(f"/members/{kasolo}").text
    coop.post(f"/members/{kasolo}/{one.id}/confirm").follow()
    assert "confirmed by the meeting" in coop.text
    assert "For the next meeting" not in coop.text
    with runtime.reading() as session:
        agreed = session.scalars(select(Consent)).one()
        assert (agreed.how, agreed.witness) == ("paper", "meeting of Kasolo Pool, noted by The cooperative")
        assert consent.standing(session, [one.id], consent.SERVICE, runtime.now()) == {one.id}
    assert coop.post(f"/members/{kasolo}/{one.id}/confirm").status == 404


def test_an_operator_chooses_the_group_and_a_helper_sees_none(app: Flask, kasolo: UUID, runtime: Runtime) -> None:
    staff(runtime, "operator", "helpdesk")
    operator = Visitor(app, "198.51.100.10").signs_in("operator@example.org")
    assert "Kasolo Pool" in operator.get("/members").text
    assert operator.get(f"/members/{kasolo}").status == 200
    helper = Visitor(app, "198.51.100.11").signs_in("helpdesk@example.org")
    assert helper.get("/members").status == 403
    assert helper.get(f"/members/{kasolo}").status == 403


def test_without_its_token_nothing_is_taken(coop: Visitor, kasolo: UUID, runtime: Runtime) -> None:
    answer = coop.client.post(f"/members/{kasolo}/list", data={"file": (io.BytesIO(LIST), "list.csv")})
    assert answer.status_code == 400
    assert count(runtime, Farmer) == 0
