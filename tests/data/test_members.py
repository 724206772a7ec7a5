"""Who was entered by somebody else is told once, asked first, and texted only after a yes of their own; members come and go."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from content import languages, texts
from conversations import entering
from core import db
from core.settings import Settings
from messaging import gsm, suppressions
from messaging.models import Batch
from profiles import consent, entered, members, organisations, sheets
from profiles.members import Search
from profiles.models import Consent, Farmer, Organisation
from service.portal import lists
from service.portal.lists import Upload
from tests.builders import district, farmer, phone
from tests.desk import Desk
from tests.dialled import Service
from tests.phone import Phone

SETTINGS, OPEN = Settings(_env_file=None), Settings(_env_file=None, inbound="shortcode")
LONG = "Note En Teko Oilseeds and Grain Growers Union"


def group(session: Session, now: datetime, name: str = "Kasolo Grain Pool", code: str = "KASOLO") -> Organisation:
    return organisations.add(session, "cooperative", name, code, now, district_id=district(session).id)


def upload(*rows: str) -> Upload:
    cells = [row.split(",") for row in rows]
    return Upload("list.csv", sheets.Sheet(cells[0], list(enumerate(cells[1:], start=2))))


LIST = upload(
    "name,phone,crop", "Sarah Nakato,0772000001,maize", "Moses Okello,,beans", "Bad Row,12,maize", "Sarah Nakato,0772000001,maize"
)


def notices(session: Session) -> list[Batch]:
    return list(session.scalars(select(Batch).where(Batch.klass == "notice").order_by(Batch.id)))


def taken(session: Session, now: datetime, settings: Settings = SETTINGS, listing: Upload = LIST) -> Organisation:
    made = group(session, now)
    lists.take(session, listing, made, "account:a", now, settings)
    return made


def sarah(session: Session) -> Farmer:
    return session.scalars(select(Farmer).where(Farmer.phone == phone(1))).one()


def test_a_look_keeps_nothing_and_says_what_taking_it_does(session: Session, now: datetime) -> None:
    made = group(session, now)
    looked = lists.look(session, LIST, made, now, "UG")
    assert (looked.added, looked.repeated, [remark.row for remark in looked.bad]) == (2, 1, [4])
    assert session.scalars(select(Farmer)).all() == []
    done, told = lists.take(session, LIST, made, "account:a", now, SETTINGS)
    assert (done.added, done.repeated, len(done.bad), told) == (2, 1, 1, 1)


def test_each_new_member_with_a_phone_is_told_once_and_nobody_agreed_by_being_listed(session: Session, now: datetime) -> None:
    made = taken(session, now)
    (notice,) = notices(session)
    assert notice.phones == [phone(1)]
    assert notice.body.startswith("Kasolo Grain Pool entered you")
    assert SETTINGS.ussd_code in notice.body
    assert "YES" not in notice.body
    assert session.scalars(select(Consent)).all() == []
    again, told = lists.take(session, LIST, made, "account:a", now + timedelta(days=1), SETTINGS)
    assert (again.added, again.known, told) == (0, 3, 0)
    assert len(notices(session)) == 1


def test_several_people_on_one_phone_are_told_by_one_text(session: Session, now: datetime) -> None:
    taken(session, now, OPEN, upload("name,phone", "Sarah Nakato,0772000001", "Moses Okello,0772000001"))
    (notice,) = notices(session)
    assert "YES or NO" in notice.body


@pytest.mark.parametrize("language", [one.code for one in languages.offered()])
@pytest.mark.parametrize("settings", [SETTINGS, OPEN])
def test_the_notice_is_one_part_with_the_longest_name(session: Session, now: datetime, language: str, settings: Settings) -> None:
    made = group(session, now, LONG)
    one = farmer(session, now, agreed=False, source="import", language=language)
    organisations.join(session, one.id, made.id, now.date())
    assert entering.tell(session, [one], "test", now, settings) == 1
    (notice,) = notices(session)
    assert gsm.fits(notice.body, 160)
    assert notice.body.startswith(LONG[: entering.WHO_ROOM].strip())


def test_agreeing_by_dialling_is_the_consent_and_comes_before_anything_else(url: str, now: datetime) -> None:
    service = _service(url, now)
    caller = Phone(service, phone(1))
    assert "Kasolo Grain Pool entered you" in caller.dial()
    assert "Nobody else sees it" in caller.choose("More")
    caller.choose("Agree")
    with service.sessions() as session:
        one = sarah(session)
        assert consent.standing(session, [one.id], consent.SERVICE, now) == {one.id}
        agreed = session.scalars(select(Consent)).one()
        assert (agreed.how, agreed.wording) == ("ussd", texts.fingerprint("listed.top", "en"))
        assert one.confirmed_at == now
    assert "entered you" not in caller.dial()


def test_keys_dialled_with_the_code_are_no_yes(url: str, now: datetime) -> None:
    service = _service(url, now)
    caller = Phone(service, phone(1))
    assert "entered you" in caller.dial("*284*55*1*1#")
    assert service.count(Consent) == 0


def test_a_no_by_dialling_ends_it_and_a_later_call_may_still_agree(url: str, now: datetime) -> None:
    service = _service(url, now)
    caller = Phone(service, phone(1))
    caller.dial()
    assert "took you off" in caller.choose("No")
    assert caller.ended
    with service.sessions() as session:
        one = sarah(session)
        assert organisations.of(session, one.id, now.date()) == []
        assert suppressions.stopped(session, [phone(1)]) == {phone(1)}
        assert entered.to_be_told(session, organisations.by_code(session, "KASOLO").id, now) == []
    assert "entered you" in caller.dial()
    caller.choose("Agree")
    with service.sessions() as session:
        assert suppressions.stopped(session, [phone(1)]) == set()
        assert consent.standing(session, [sarah(session).id], consent.SERVICE, now)


def _service(url: str, now: datetime) -> Service:
    service = Service(db.connect(url), now)
    with db.transaction(service.sessions) as session:
        made = organisations.add(session, "cooperative", "Kasolo Grain Pool", "KASOLO", now)
        lists.take(session, upload("name,phone,crop,district", "Sarah Nakato,0772000001,maize,Mubende"), made, "a", now, SETTINGS)
    return service


def test_yes_by_text_is_a_consent_to_the_words_of_the_notice(session: Session, now: datetime) -> None:
    taken(session, now, OPEN)
    answer = Desk(session, now).say("Yes", phone(1))
    assert answer.startswith("Thank you. ID ")
    assert session.scalars(select(Consent.wording)).one() == texts.fingerprint("sms.entered", "en")


def test_no_by_text_takes_them_off(session: Session, now: datetime) -> None:
    made = taken(session, now, OPEN)
    assert "took you off" in Desk(session, now).say("NO", phone(1))
    assert [one.name for one in organisations.members(session, made.id, now.date())] == ["Moses Okello"]
    assert suppressions.stopped(session, [phone(1)]) == {phone(1)}


def test_yes_from_a_phone_that_several_share_asks_them_to_dial(session: Session, now: datetime) -> None:
    taken(session, now, OPEN, upload("name,phone", "Sarah Nakato,0772000001", "Moses Okello,0772000001"))
    assert SETTINGS.ussd_code in Desk(session, now).say("YES", phone(1))
    assert session.scalars(select(Consent)).all() == []


def test_yes_from_somebody_who_was_not_entered_changes_nothing(session: Session, now: datetime) -> None:
    one = farmer(session, now)
    assert Desk(session, now).say("YES", phone(1)) != ""
    assert Desk(session, now).say("NO", phone(1)) != ""
    assert consent.standing(session, [one.id], consent.SERVICE, now) == {one.id}


def test_joining_by_text_is_the_yes_of_somebody_who_was_listed(session: Session, now: datetime) -> None:
    taken(session, now, OPEN)
    assert Desk(session, now).say("JOIN maize Mubende", phone(1)).startswith("Welcome")
    assert consent.standing(session, [sarah(session).id], consent.SERVICE, now)


def test_members_are_searched_by_name_role_and_past(session: Session, now: datetime) -> None:
    made, today = group(session, now), now.date()
    for number, name, role in ((1, "Sarah Nakato", "member"), (2, "Moses Okello", "leader"), (3, "Grace Atim", "member")):
        one = farmer(session, now, number, name=name, agreed=number != 3)
        organisations.join(session, one.id, made.id, today - timedelta(days=9), role)
    organisations.leave(session, sarah(session).id, made.id, today)
    stranger = farmer(session, now, 4, name="Moses Elsewhere")
    assert stranger.name == "Moses Elsewhere"

    def found(**about: object) -> list[tuple[str | None, bool]]:
        lines, total = members.search(session, Search(made.id, **about), 1, today, now)  # type: ignore[arg-type]
        assert total == len(lines)
        return [(line.farmer.name, line.agreed) for line in lines]

    assert found() == [("Grace Atim", False), ("Moses Okello", True)]
    assert found(text="moses") == [("Moses Okello", True)]
    assert found(role="leader") == [("Moses Okello", True)]
    assert found(gone=True) == [("Sarah Nakato", True)]
    assert found(text="0772000002") == [("Moses Okello", True)]
    assert members.counts(session, [made.id], today) == {made.id: 2}


def test_a_role_is_changed_for_present_members_only(session: Session, now: datetime) -> None:
    made, one = group(session, now), farmer(session, now)
    organisations.join(session, one.id, made.id, now.date())
    organisations.appoint(session, one.id, made.id, "agent")
    assert organisations.role(session, one.id, made.id, now.date()) == "agent"
    with pytest.raises(ValueError):
        organisations.appoint(session, one.id, made.id, "king")
    organisations.leave(session, one.id, made.id, now.date())
    assert organisations.role(session, one.id, made.id, now.date()) is None
