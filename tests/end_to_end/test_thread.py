"""The first thread, on the Procfile's processes: a farmer registers, is told a price, texts, gets a tailored text once, says STOP."""

import re
import shlex
import socket
from datetime import timedelta
from pathlib import Path

import pytest
import requests
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
from tests import servers
from tests.builders import settings
from tests.data.test_campaigns import PRICE, a_price, template
from tests.fake_gateway import FakeGateway
from tests.phone import Phone
from tests.processes import ROOT, SECRETS, environment, start, wait_until
from tests.race.test_kill import stop

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]
SARAH, JOHN, GRACE = "+256772100001", "+256752100002", "+256772100003"


def procfile():
    return {name: shlex.split(command)[2:] for name, command in re.findall(r"^(\w+): (.+)$", (ROOT / "Procfile").read_text(), re.M)}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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
    """web, worker and clock as the Procfile starts them, between a fake gateway, Redis and PostgreSQL."""
    sessions, mubende = prepare(url)
    redis, redis_url = servers.redis_server(tmp_path)
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    running = []
    with FakeGateway(suffixes=False, callback=f"{base}/at/{SECRETS['CALLBACK_SECRET']}/delivery") as gateway:
        env = environment(url, gateway.url, REDIS_URL=redis_url, PORT=str(port), PUBLIC_URL=base, WEB_CONCURRENCY="2", INBOUND="shortcode")
        try:
            for name, command in procfile().items():
                running.append(start(env, *command, log=tmp_path / name))
            wait_until(lambda: answers(base), 30, "the web processes answer")
            yield base, sessions, gateway, mubende, tmp_path
        finally:
            for process in running:
                stop(process)
            redis.kill()


def answers(base):
    try:
        return requests.get(f"{base}/readyz", timeout=2).status_code == 200
    except requests.RequestException:
        return False


def texts_to(sessions, number):
    """The bodies that reached a phone, oldest first."""
    with db.reading(sessions) as session:
        reached = select(Batch.body).join(Message, Message.batch_id == Batch.id).where(Message.phone == number, Message.fate == "sent")
        return list(session.scalars(reached.order_by(Message.at)))


def register(base, number, language, crop, typed):
    """Dial and go to the first value: five screens."""
    phone = Phone(base, number, SECRETS["CALLBACK_SECRET"])
    phone.dial()
    phone.choose(language)
    phone.choose(crop)
    phone.press("1")
    phone.press(typed)
    return phone


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_from_a_first_dial_to_a_delivered_text(house):
    base, sessions, gateway, mubende, folder = house

    phone = register(base, SARAH, "English", "Maize", "mub")
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

    john = Phone(base, JOHN, SECRETS["CALLBACK_SECRET"])
    assert john.text("JOIN kasooli Mubende John", gateway_id="in-1") == 200
    assert john.text("JOIN kasooli Mubende John", gateway_id="in-1") == 200
    wait_until(lambda: texts_to(sessions, JOHN), 30, "an answer to JOIN")
    assert john.text("PRICE maze mubende") == 200
    wait_until(lambda: any("1,050" in body for body in texts_to(sessions, JOHN)), 30, "the price that was asked for")

    grace = register(base, GRACE, "Luganda", "Kasooli", "mub")
    grace.hang_up()
    assert Phone(base, GRACE, SECRETS["CALLBACK_SECRET"]).text("STOP") == 200
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
    assert sorted(one.gateway_id for one in gateway.accepted()) == known

    wait_until(lambda: delivered(sessions) >= {SARAH, JOHN}, 40, "delivery reports folded")
    with db.reading(sessions) as session:
        assert len(session.scalars(select(Inbound).where(Inbound.phone == JOHN)).all()) == 2
    assert not leaks(folder), leaks(folder)


def delivered(sessions):
    with db.reading(sessions) as session:
        return set(session.scalars(select(Outcome.phone).where(Outcome.state == "delivered")))


def leaks(folder: Path):
    """Lines of log that hold a phone number, a name or the callbacks' secret."""
    lines = [line for name in procfile() for line in (folder / name).read_text().splitlines()]
    return [line for line in lines if re.search(r"\+?256\d{9}|Sarah", line) or SECRETS["CALLBACK_SECRET"] in line]
