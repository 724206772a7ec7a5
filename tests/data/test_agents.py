"""An agent registers a neighbour by dialling; the neighbour is in by a yes of their own, or by a meeting of the group."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import db
from core.errors import Conflict, Unusable
from messaging.models import Batch
from profiles import consent, entered, farmers, organisations, places
from profiles.farmers import NewFarmer
from profiles.models import Consent, Farmer
from tests.dialled import Service
from tests.phone import Phone

AGENT, NEIGHBOUR = "+256772000001", "+256772000002"


@pytest.fixture
def service(url: str, now: datetime) -> Iterator[Service]:
    """An agent of Kasolo, of Mubende, who agreed herself."""
    made = Service(db.connect(url), now)
    with db.transaction(made.sessions) as session:
        group = organisations.add(session, "cooperative", "Kasolo Grain Pool", "KASOLO", now)
        mubende = places.find(session, "Mubende")[0]
        agent = farmers.add(session, NewFarmer(AGENT, "en", ("maize",), mubende.id, "ussd", name="Grace Atim"), now - timedelta(days=9))
        consent.give(session, agent.id, consent.SERVICE, "ussd", "test", now)
        organisations.join(session, agent.id, group.id, now.date(), "agent")
    yield made
    made.sessions.kw["bind"].dispose()


def registers(service: Service, number: str = "0772 000 002", name: str = "sarah nakato") -> Phone:
    caller = Phone(service, AGENT)
    caller.dial("*284*55#")
    if "Go on" in caller.screen:
        caller.choose("Menu")
    caller.choose("Register a neighbour")
    if number:
        caller.press(number)
    else:
        caller.choose("They have no phone")
    caller.press(name)
    caller.choose("Beans")
    caller.choose("Mubende")
    return caller


def neighbour(session: Session) -> Farmer:
    return session.scalars(select(Farmer).where(Farmer.source == "agent")).one()


def test_a_neighbour_with_a_phone_is_told_by_one_notice_and_in_by_their_own_yes(service: Service, now: datetime) -> None:
    caller = registers(service)
    assert "Sarah Nakato, +256772000002, beans, Mubende" in caller.screen
    assert "ID " in caller.choose("Yes, register")
    with service.sessions() as session:
        one, agent = neighbour(session), farmers.on_phone(session, AGENT)[0]
        assert (one.phone, one.registered_by, one.confirmed_at, one.language) == (NEIGHBOUR, agent.id, None, "en")
        assert consent.standing(session, [one.id], consent.SERVICE, now) == set()
        notice = session.scalars(select(Batch)).one()
        assert (notice.klass, notice.phones) == ("notice", [NEIGHBOUR])
        assert "Kasolo Grain Pool entered you" in notice.body
    own = Phone(service, NEIGHBOUR)
    assert "Kasolo Grain Pool entered you" in own.dial()
    own.choose("Agree")
    with service.sessions() as session:
        assert neighbour(session).confirmed_at == now
        assert consent.standing(session, [neighbour(session).id], consent.SERVICE, now)


def test_a_neighbour_without_a_phone_waits_for_a_meeting(service: Service, now: datetime) -> None:
    assert "meeting" in registers(service, number="").choose("Yes, register")
    with db.transaction(service.sessions) as session:
        group = organisations.by_code(session, "KASOLO")
        one = neighbour(session)
        assert list(entered.for_a_meeting(session, group.id)) == [one]
        assert one.contact_id == one.registered_by
        assert session.scalars(select(Batch)).all() == []
        entered.agree(session, one, "paper", "test", now, "meeting of Kasolo")
        assert list(entered.for_a_meeting(session, group.id)) == []
        assert session.scalars(select(Consent.witness).where(Consent.farmer_id == one.id)).one() == "meeting of Kasolo"


def test_only_agents_have_the_choice(service: Service, now: datetime) -> None:
    with db.transaction(service.sessions) as session:
        agent = farmers.on_phone(session, AGENT)[0]
        organisations.appoint(session, agent.id, organisations.by_code(session, "KASOLO").id, "member")
    caller = Phone(service, AGENT)
    caller.dial()
    if "Go on" in caller.screen:
        caller.choose("Menu")
    with pytest.raises(LookupError):
        caller.choose("Register a neighbour")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (AGENT, "That is your phone"),
        ("12", "That is no mobile number"),
        ("+14155550100", "That is no mobile number"),
        ("0772000009", "That number is with us already"),
    ],
)
def test_a_number_that_cannot_be_theirs_is_said(service: Service, now: datetime, typed: str, says: str) -> None:
    with db.transaction(service.sessions) as session:
        farmers.add(session, NewFarmer("+256772000009", "en", ("maize",), None, "ussd"), now)
    caller = Phone(service, AGENT)
    caller.dial()
    if "Go on" in caller.screen:
        caller.choose("Menu")
    caller.choose("Register a neighbour")
    assert says in caller.press(typed)
    assert not caller.ended


def test_a_name_in_digits_and_an_unknown_district_are_asked_again(service: Service) -> None:
    caller = Phone(service, AGENT)
    caller.dial()
    if "Go on" in caller.screen:
        caller.choose("Menu")
    caller.choose("Register a neighbour")
    caller.choose("They have no phone")
    assert "Type a name in letters" in caller.press("123")
    caller.press("Sarah")
    caller.choose("Beans")
    assert "No district begins so" in caller.press("xyzzy")
    assert "Which district" in caller.press("mas")
    assert "Masaka" in caller.choose("Masaka")


def test_nothing_is_kept_when_the_call_drops_before_the_yes(service: Service) -> None:
    registers(service).hang_up()
    with service.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Farmer)) == 1
    assert "0 of 15" in begin_again(service)


def begin_again(service: Service) -> str:
    caller = Phone(service, AGENT)
    caller.dial()
    if "Go on" in caller.screen:
        caller.choose("Menu")
    return caller.choose("Register a neighbour")


def filled(service: Service, count: int) -> None:
    with db.transaction(service.sessions) as session:
        agent = farmers.on_phone(session, AGENT)[0]
        for number in range(count):
            one = farmers.add(session, NewFarmer(None, "en", ("maize",), None, "agent", name=f"Nr {number}"), service.now)
            one.registered_by = agent.id


def test_fifteen_a_day_are_enough(service: Service) -> None:
    filled(service, entered.A_DAY - 1)
    caller = registers(service)
    caller.choose("Yes, register")
    assert "15 people today" in caller.choose("Another neighbour")
    assert caller.ended
    service.now += timedelta(days=1)
    assert "0 of 15" in begin_again(service)


def test_two_dial_ins_at_once_do_not_pass_the_limit(service: Service, now: datetime) -> None:
    filled(service, entered.A_DAY - 1)

    def one(number: int) -> bool:
        try:
            with db.transaction(service.sessions) as session:
                agent = farmers.on_phone(session, AGENT)[0]
                new = NewFarmer(f"+25677200010{number}", "en", ("maize",), None, "agent", name="Sarah")
                entered.register(session, agent, new, now, now.date(), now - timedelta(hours=9))
        except Unusable:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(4))) == [False, False, False, True]


def test_who_is_no_agent_registers_nobody(service: Service, now: datetime) -> None:
    with db.transaction(service.sessions) as session:
        plain = farmers.add(session, NewFarmer(NEIGHBOUR, "en", ("maize",), None, "ussd"), now)
        with pytest.raises(Conflict):
            entered.register(session, plain, NewFarmer(None, "en", ("maize",), None, "agent"), now, now.date(), now)
