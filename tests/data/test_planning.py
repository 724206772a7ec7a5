"""However a country is cut into stretches, each phone is planned once for each thing it is to be told."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from content import stretches, templates
from content.models import Broadcast, BroadcastSharedPhone
from core.db import new_id
from jobs import plan as plan_job
from jobs.tidy import tidy
from messaging.classes import MessageClass
from messaging.models import Batch
from profiles import farmers
from profiles.audiences import Audience
from tests.builders import farmer, phone, runtime

BODIES = {"en": "Weed your ((crop)) now. ((dial))", "lg": "Koola ((crop)) kati. ((dial))"}
# number of the phone, language: phone 1 has three farmers who came first, in the middle and last; phone 4 two of one language
HOUSEHOLDS = [(1, "en"), (2, "en"), (3, "lg"), (1, "lg"), (4, "en"), (5, "lg"), (4, "en"), (6, "en"), (1, "en"), (7, "en")]


def broadcast(session, now, bodies=BODIES, audience=None):
    made = templates.add(session, "weed", "Weed", MessageClass.ALERT, now)
    version = templates.publish(session, made, bodies, [], "test", now)
    row = Broadcast(
        id=new_id(now),
        step=0,
        due_at=now,
        template_version_id=version.id,
        klass=MessageClass.ALERT.value,
        audience=(audience or Audience(crops=("maize",))).as_json(),
        as_of=now,
        valid_until=now + timedelta(hours=12),
        state="planning",
        cursor="",
        phones=0,
        unsaid=0,
        by="test",
    )
    session.add(row)
    session.flush()
    return row.id


def village(session, now):
    for at, (number, language) in enumerate(HOUSEHOLDS):
        farmer(session, now - timedelta(minutes=len(HOUSEHOLDS) - at), number, language=language)


def told(house):
    with house.reading() as session:
        return sorted((one, row.body[:4]) for row in session.scalars(select(Batch)) for one in row.phones)


EXPECTED = sorted({(phone(number), {"en": "Weed", "lg": "Kool"}[language]) for number, language in HOUSEHOLDS})


@pytest.mark.parametrize("width", [1, 2, 3, 4, 100])
def test_a_phone_of_several_farmers_reads_the_same_words_once_however_far_apart_they_came(url, now, monkeypatch, width):
    monkeypatch.setattr(plan_job, "RANGE", {"sqlite": width, "postgresql": width})
    house = runtime(url, now)
    with house.transaction() as session:
        village(session, now)
        name = broadcast(session, now)
    plan_job.plan(house)
    plan_job.plan(house)
    assert told(house) == EXPECTED
    with house.reading() as session:
        row = session.get_one(Broadcast, name)
        assert (row.state, row.phones) == ("planned", len(EXPECTED))
        assert session.scalar(select(func.count()).select_from(BroadcastSharedPhone)) == 0


def test_a_broadcast_that_an_older_release_had_half_planned_goes_on_by_phone(url, now, monkeypatch):
    monkeypatch.setattr(plan_job, "RANGE", {"sqlite": 2, "postgresql": 2})
    house = runtime(url, now)
    with house.transaction() as session:
        village(session, now)
        name = broadcast(session, now)
    plan_job.plan(house)
    with house.transaction() as session:  # as it would stand had it stopped after phone 3
        session.execute(delete(Batch))
        row = session.get_one(Broadcast, name)
        row.state, row.cursor = "planning", phone(3)
    plan_job.plan(house)
    assert told(house) == [one for one in EXPECTED if one[0] > phone(3)]


def test_who_gets_a_planned_phone_while_planning_goes_on_does_not_double_its_text(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        first = farmer(session, now - timedelta(minutes=2), 1)
        farmer(session, now - timedelta(minutes=1), 2)
        name = broadcast(session, now)
        cursor = stretches.begin(session, name, by_name=False, width=1)
        stretch = stretches.after(session, name, cursor, 1)
        assert stretch is not None
        assert stretch.upto == first.id.hex
        farmer(session, now + timedelta(seconds=1), 1)
        rest = []
        while stretch := stretches.after(session, name, stretch.cursor, 1):
            rest.append(stretch.way)
    assert set(rest) == {stretches.ALONE}


def test_who_chose_another_main_crop_twice_still_hears_what_is_said_to_all(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        one = farmer(session, now - timedelta(minutes=1), 1, crops=("maize", "beans"))
        for crop in ("beans", "maize", "coffee"):
            farmers.prefer(session, one, crop, now)
        assert [(plot.position, plot.crop) for plot in farmers.plots(session, one.id)] == [(1, "coffee"), (2, "maize"), (3, "beans")]
        broadcast(session, now, audience=Audience())
    plan_job.plan(house)
    with house.reading() as session:
        assert session.scalars(select(Batch.body)).all() == ["Weed your coffee now. *284*55#"]


def test_who_shares_a_phone_is_kept_while_a_stopped_broadcast_may_go_on_and_forgotten_when_its_time_is_over(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        village(session, now)
        name = broadcast(session, now)
        stretches.begin(session, name, by_name=False, width=1)
        session.get_one(Broadcast, name).state = "stopped"
    tidy(house)
    with house.reading() as session:
        assert session.scalars(select(BroadcastSharedPhone.phone).order_by(BroadcastSharedPhone.phone)).all() == [phone(1), phone(4)]
    house.now.forward(hours=13)
    tidy(house)
    with house.reading() as session:
        assert session.scalars(select(BroadcastSharedPhone.phone)).all() == []
