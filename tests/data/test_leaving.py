"""Who was known before and is put on a group's list is told so, and how to leave; leaving by dialling, which no list undoes."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from content import languages
from conversations import entering
from core import db
from core.settings import Settings
from messaging import gsm
from messaging.classes import POLICIES, MessageClass
from messaging.models import Batch
from profiles import audiences, belonging, farmers, members, organisations, sheets
from profiles.audiences import Audience
from profiles.members import Search
from profiles.models import Farmer, Organisation, Plot
from service.portal import lists
from service.portal.lists import Upload
from tests.builders import district, farmer, phone
from tests.dialled import Service
from tests.phone import Phone

SETTINGS = Settings(_env_file=None)
LONG = "Note En Teko Oilseeds and Grain Growers Union"
LIST = Upload("list.csv", sheets.Sheet(["name", "phone"], [(2, ["Sarah Nakato", "0772000001"])]))


def group(session: Session, now: datetime, name: str = "Kasolo Grain Pool", code: str = "KASOLO") -> Organisation:
    return organisations.add(session, "cooperative", name, code, now, district_id=district(session).id)


def notices(session: Session) -> list[Batch]:
    return list(session.scalars(select(Batch).where(Batch.klass == "notice").order_by(Batch.id)))


def texted(session: Session, made: Organisation, now: datetime) -> list[Farmer]:
    """Whom a text of the group would reach."""
    wanted = audiences.conditions(audience(made), now)
    return list(session.scalars(select(Farmer).join(Plot, Plot.farmer_id == Farmer.id).where(*wanted)))


def audience(made: Organisation) -> Audience:
    return Audience(group=str(made.id))


def test_a_known_farmer_who_agreed_is_told_by_whom_she_is_listed_and_how_to_leave(session: Session, now: datetime) -> None:
    made, sarah = group(session, now), farmer(session, now, name="Sarah Nakato")
    report, told = lists.take(session, LIST, made, "account:a", now, SETTINGS)
    assert (report.added, report.joined, told) == (0, 1, 1)
    (notice,) = notices(session)
    assert notice.phones == [sarah.phone]
    assert notice.body.startswith("Kasolo Grain Pool put you on its list of members")
    assert "choose My data, My groups, and leave" in notice.body
    again, told = lists.take(session, LIST, made, "account:a", now + timedelta(days=1), SETTINGS)
    assert (again.joined, told, len(notices(session))) == (0, 0, 1)


def test_the_notice_goes_before_the_groups_own_texts() -> None:
    assert POLICIES[MessageClass.NOTICE].lane < POLICIES[MessageClass.ADVICE].lane


def test_a_look_at_a_list_tells_nobody(session: Session, now: datetime) -> None:
    made = group(session, now)
    farmer(session, now, name="Sarah Nakato")
    assert lists.look(session, LIST, made, now, "UG").joined == 1
    assert notices(session) == []


def test_who_has_not_agreed_yet_gets_the_notice_that_asks_and_no_second(session: Session, now: datetime) -> None:
    made = group(session, now)
    lists.take(session, LIST, made, "account:a", now, SETTINGS)
    other = group(session, now, "Other Pool", "OTHER")
    lists.take(session, LIST, other, "account:a", now, SETTINGS)
    assert [("entered you" in one.body) for one in notices(session)] == [True]


@pytest.mark.parametrize("language", [one.code for one in languages.offered()])
def test_the_notice_is_one_part_with_the_longest_name(session: Session, now: datetime, language: str) -> None:
    made, one = group(session, now, LONG), farmer(session, now, language=language)
    assert entering.tell_joined(session, made, [one.id], now.date(), now, SETTINGS) == 1
    assert gsm.fits(notices(session)[0].body, 160)


@pytest.fixture
def service(url: str, now: datetime) -> Iterator[Service]:
    sessions = db.connect(url)
    yield Service(sessions, now)
    sessions.kw["bind"].dispose()


@pytest.fixture
def kasolo(service: Service) -> Organisation:
    """Sarah and Moses are its members."""
    with db.transaction(service.sessions) as session:
        made = group(session, service.now)
        for number, name in ((1, "Sarah Nakato"), (2, "Moses Okello")):
            one = farmer(session, service.now, number, name=name)
            farmers.answer(session, one, "registration", None, service.now)
            organisations.join(session, one.id, made.id, service.now.date() - timedelta(days=30))
        return made


def leave(service: Service) -> Phone:
    caller = Phone(service, phone(1))
    caller.dial()
    for label in ("My data", "My groups", "Kasolo Grain Pool"):
        caller.choose(label)
    assert "Leave Kasolo Grain Pool? It no longer sees or texts you." in caller.screen
    caller.choose("Yes, I leave it")
    return caller


def test_she_leaves_by_dialling_and_the_group_no_longer_sees_or_texts_her(service: Service, kasolo: Organisation) -> None:
    assert "You have left Kasolo Grain Pool" in leave(service).screen
    with db.transaction(service.sessions) as session:
        today, sarah = service.now.date(), service.farmer(phone(1))
        assert members.of(session, kasolo.id, sarah.id).until == today
        found, total = members.search(session, Search(kasolo.id), 1, today, service.now)
        assert ([one.farmer.name for one in found], total) == (["Moses Okello"], 1)
        assert [one.name for one in texted(session, kasolo, service.now)] == ["Moses Okello"]
    caller = Phone(service, phone(1))
    caller.dial()
    with pytest.raises(LookupError):
        caller.choose("My data") and caller.choose("My groups")


def test_she_may_think_again_and_stays(service: Service, kasolo: Organisation) -> None:
    caller = Phone(service, phone(1))
    caller.dial()
    for label in ("My data", "My groups", "Kasolo Grain Pool", "No, I stay"):
        caller.choose(label)
    with db.reading(service.sessions) as session:
        assert members.of(session, kasolo.id, service.farmer(phone(1)).id).until is None


def test_keys_typed_ahead_leave_nothing(service: Service, kasolo: Organisation) -> None:
    caller = Phone(service, phone(1))
    caller.dial()
    for label in ("My data", "My groups"):
        caller.choose(label)
    typed = "*".join([*caller.typed, "1", "1"])
    caller.dial(f"*284*55*{typed}#")
    with db.reading(service.sessions) as session:
        assert members.of(session, kasolo.id, service.farmer(phone(1)).id).until is None


def test_no_list_puts_back_who_left_and_one_by_one_she_is_told(service: Service, kasolo: Organisation) -> None:
    leave(service)
    later = service.now + timedelta(days=1)
    with db.transaction(service.sessions) as session:
        report, told = lists.take(session, LIST, organisations.get(session, kasolo.id), "account:a", later, SETTINGS)
        assert (report.joined, report.kept_out, told) == (0, 1, 0)
        assert any("left the group themselves" in note for note in report.notes)
        sarah = session.get_one(Farmer, service.farmer(phone(1)).id)
        belonging.back(session, sarah, kasolo.id)
        assert lists.take(session, LIST, organisations.get(session, kasolo.id), "account:a", later, SETTINGS)[0].joined == 1
