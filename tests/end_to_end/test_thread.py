"""The first thread, on the Procfile's processes: a farmer registers, is told a price, texts, gets a tailored text once, says STOP."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from content import campaigns
from content.campaigns import Step
from content.models import Campaign
from content.schedules import Schedule
from core import clock, codes, db
from messaging import gsm
from messaging.models import Batch, Inbound, Message, Outcome
from profiles import places
from profiles.audiences import Audience
from profiles.models import Farmer, Plot
from tests.builders import settings
from tests.data.test_campaigns import PRICE, a_price, template
from tests.end_to_end.house import running
from tests.processes import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]
SARAH, JOHN, GRACE = "+256772100001", "+256752100002", "+256772100003"


def prepare(url):
    """Places, a market in Mubende with a fresh price, and a price campaign that is not due yet."""
    sessions = db.connect(url)
    now = clock.now()
    with db.transaction(sessions) as session:
        places.seed(session)
        mubende = places.find(session, "Mubende")[0]
        a_price(session, now, mubende.id)
        template(session, now, "price", PRICE)
        schedule = Schedule("day", "12:15", late_hours=24)
        campaigns.add(session, "price", "Prices", [Step("price")], Audience(crops=("maize",)), schedule, now, settings(url).zone)
    return sessions, mubende


@pytest.fixture
def house(url, tmp_path):
    sessions, mubende = prepare(url)
    with running(url, tmp_path) as house:
        yield house, sessions, mubende


def texts_to(sessions, number):
    """The bodies that reached a phone, oldest first."""
    with db.reading(sessions) as session:
        reached = select(Batch.body).join(Message, Message.batch_id == Batch.id).where(Message.phone == number, Message.fate == "sent")
        return list(session.scalars(reached.order_by(Message.at)))


def register(phone, language, crop, typed):
    """Dial and go to the first value: five screens."""
    phone.dial()
    phone.choose(language)
    phone.choose(crop)
    phone.press("1")
    phone.press(typed)
    return phone


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_from_a_first_dial_to_a_delivered_text(house):
    house, sessions, mubende = house

    phone = register(house.phone(SARAH), "English", "Maize", "mub")
    assert len(phone.seen) == 5
    assert "1,050" in phone.screen
    code = re.search(r"\d+-\d", phone.screen).group()
    phone.press("1")
    phone.press("Sarah")
    phone.hang_up()

    phone.dial()
    assert "1 " in phone.screen, phone.screen
    phone.press("1")
    phone.press("1")
    assert all(gsm.fits(screen) for screen in phone.seen), phone.seen
    with db.reading(sessions) as session:
        sarah = session.scalars(select(Farmer).where(Farmer.phone == SARAH)).one()
        assert (codes.written(sarah.number), sarah.name, sarah.sex, sarah.language) == (code, "Sarah", "f", "en")
        assert sarah.district_id == mubende.id
        assert session.scalars(select(Plot.crop).where(Plot.farmer_id == sarah.id)).all() == ["maize"]

    john = house.phone(JOHN)
    assert john.text("JOIN kasooli Mubende John", gateway_id="in-1") == 200
    assert john.text("JOIN kasooli Mubende John", gateway_id="in-1") == 200
    wait_until(lambda: texts_to(sessions, JOHN), 30, "an answer to JOIN")
    assert john.text("PRICE maze mubende") == 200
    wait_until(lambda: any("1,050" in body for body in texts_to(sessions, JOHN)), 30, "the price that was asked for")

    grace = register(house.phone(GRACE), "Luganda", "Kasooli", "mub")
    grace.hang_up()
    assert house.phone(GRACE).text("STOP") == 200
    wait_until(lambda: texts_to(sessions, GRACE), 30, "the answer to STOP")
    stopped = len(texts_to(sessions, GRACE))

    before = {number: len(texts_to(sessions, number)) for number in (SARAH, JOHN)}
    with db.transaction(sessions) as session:
        session.execute(update(Campaign).values(next_at=clock.now() - timedelta(seconds=1)))
    wait_until(lambda: all(len(texts_to(sessions, number)) == before[number] + 1 for number in (SARAH, JOHN)), 40, "the tailored text")
    assert len(texts_to(sessions, GRACE)) == stopped
    # What John asked for and what the campaign told him are the same words: two texts, and the gateway took no more than we know of.
    with db.reading(sessions) as session:
        known = sorted(session.scalars(select(Message.gateway_id).where(Message.fate == "sent")))
    assert sorted(one.gateway_id for one in house.gateway.accepted()) == known

    wait_until(lambda: delivered(sessions) >= {SARAH, JOHN}, 40, "delivery reports folded")
    with db.reading(sessions) as session:
        assert len(session.scalars(select(Inbound).where(Inbound.phone == JOHN)).all()) == 2
    assert house.leaks("Sarah") == []


def delivered(sessions):
    with db.reading(sessions) as session:
        return set(session.scalars(select(Outcome.phone).where(Outcome.state == "delivered")))
