"""A campaign fires once at its moment, says only what is true, and plans each phone once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from content import campaigns, templates
from content.campaigns import Step
from content.models import Broadcast, Market, Price
from content.schedules import Schedule
from core import incidents
from core.db import new_id
from core.errors import Unusable
from jobs import fire as fire_job
from jobs import plan as plan_job
from messaging import gsm
from messaging.classes import MessageClass
from messaging.models import Batch, Message
from profiles import consent
from profiles.audiences import Audience
from profiles.models import Farmer, Plot
from tests.builders import district, farmer, phone, runtime, settle

PRICE = {"en": "((price sentence))", "lg": "((price sentence))", "nyn": "((price sentence))"}
WEED = {"en": "Your ((crop)) is 3 weeks: weed now. ((dial))", "lg": "((crop)) yo awezezza wiiki 3: koola kati. ((dial))"}


def template(session, now, code, bodies, klass=MessageClass.ADVICE):
    made = templates.add(session, code, code, klass, now)
    templates.publish(session, made, bodies, [], "test", now)
    return made


def a_price(session, now, district_id=1, amount=1050):
    district(session, id=district_id)
    market = Market(
        id=district_id,
        code=f"test:{district_id}",
        name="Mubende",
        district_id=district_id,
        latitude=0.56,
        longitude=31.39,
        selling=True,
        sample=False,
    )
    session.merge(market)
    session.flush()
    session.add(
        Price(
            id=new_id(now),
            market_id=district_id,
            commodity="maize",
            kind="trader",
            unit="kg",
            day=now.date(),
            monthly=False,
            amount=Decimal(amount),
            currency="UGX",
            reports=5,
            estimated=False,
            source="reporters",
            state="published",
            created_at=now,
        )
    )


def daily(session, house, code="prices", body=PRICE, audience=None, now=None, **rest):
    template(session, now, code, body)
    return campaigns.add(
        session,
        code,
        code,
        [Step(code, rest.get("weeks"))],
        audience or Audience(crops=("maize",)),
        Schedule("day", "12:30"),
        now,
        house.settings.zone,
    )


def broadcasts(house):
    with house.reading() as session:
        return list(session.scalars(select(Broadcast)))


def at_its_moment(house):
    house.now.forward(minutes=31)
    house.queue.wake("fire")
    settle(house)


def test_each_farmer_reads_the_price_of_her_crop_in_her_language_once(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        a_price(session, now)
        for number, language in enumerate(["en", "lg", "nyn", "en"], 1):
            farmer(session, now, number, language=language)
        farmer(session, now, 5, crops=("beans",))
        farmer(session, now, 6, agreed=False)
        daily(session, house, now=now)
    at_its_moment(house)
    assert house.gateway.handed == {phone(number): 1 for number in (1, 2, 3, 4)}
    bodies = dict(house.gateway.bodies)
    assert "1,050" in bodies[phone(1)]
    assert len({bodies[phone(number)] for number in (1, 2, 3)}) == 3
    assert bodies[phone(1)] == bodies[phone(4)]
    assert all(gsm.fits(body) and "reply" not in body.lower() for body in bodies.values())
    at_its_moment(house)
    assert sum(house.gateway.handed.values()) == 4
    (broadcast,) = broadcasts(house)
    assert (broadcast.state, broadcast.phones, broadcast.unsaid) == ("planned", 4, 0)


def test_where_no_price_is_fresh_nobody_is_sent_anything(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        farmer(session, now)
        daily(session, house, now=now)
    at_its_moment(house)
    assert not house.gateway.handed
    (broadcast,) = broadcasts(house)
    assert (broadcast.phones, broadcast.unsaid) == (0, 1)


def test_advice_reaches_those_whose_maize_is_three_weeks_old(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        for number, days in enumerate([20, 21, 22, None], 1):
            one = farmer(session, now, number)
            plot = session.scalars(select(Plot).where(Plot.farmer_id == one.id)).one()
            plot.planted_on = days and date(2026, 3, 12) - timedelta(days=days)
        daily(session, house, "weeding", WEED, now=now, weeks=3)
    at_its_moment(house)
    assert house.gateway.handed == {phone(2): 1}
    house.now.forward(days=2)
    house.queue.wake("fire")
    settle(house)
    # One day's moment was missed in the outage: its farmers are caught up with, and nobody hears it twice.
    assert house.gateway.handed == {phone(1): 1, phone(2): 1}


def test_two_farmers_on_one_phone_get_the_same_words_once(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        a_price(session, now)
        farmer(session, now, 1, name="Sarah")
        farmer(session, now, 1, name="John")
        daily(session, house, now=now)
    at_its_moment(house)
    assert house.gateway.handed == {phone(1): 1}


def test_a_name_in_the_body_makes_it_one_persons(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        farmer(session, now, 1, name="Sarah")
        farmer(session, now, 2, name="Grace")
        farmer(session, now, 3)
        daily(session, house, "greet", {"en": "((name)), weed your ((crop)) now. ((dial))"}, now=now)
    at_its_moment(house)
    assert sorted(house.gateway.bodies) == [
        (phone(1), "Sarah, weed your maize now. *284*55#"),
        (phone(2), "Grace, weed your maize now. *284*55#"),
    ]
    assert broadcasts(house)[0].unsaid == 1


@pytest.mark.parametrize("clocks", [4])
def test_many_clocks_fire_a_moment_once(url, now, clocks):
    house = runtime(url, now)
    with house.transaction() as session:
        a_price(session, now)
        farmer(session, now)
        for code in "abcde":
            daily(session, house, code, now=now)
    house.now.forward(minutes=31)
    with ThreadPoolExecutor(clocks) as pool:
        list(pool.map(lambda _n: fire_job.fire(house), range(clocks)))
    assert len(broadcasts(house)) == 5


def test_planning_that_dies_between_ranges_goes_on_where_it_was(url, now, monkeypatch):
    monkeypatch.setattr(plan_job, "RANGE", {"sqlite": 7, "postgresql": 7})
    seen = []

    def die(step):
        if step == "run.chunk_before_commit" and len(seen) < 6:
            seen.append(step)
            if len(seen) in {2, 4, 5}:
                raise KeyboardInterrupt

    house = runtime(url, now, checkpoint=die)
    with house.transaction() as session:
        a_price(session, now)
        for number in range(30):
            farmer(session, now, number)
        daily(session, house, now=now)
    house.now.forward(minutes=31)
    fire_job.fire(house)
    for _ in range(4):
        try:
            plan_job.plan(house)
        except KeyboardInterrupt:
            continue
    settle(house)
    assert house.gateway.handed == {phone(number): 1 for number in range(30)}
    assert broadcasts(house)[0].phones == 30


def test_batches_hold_no_more_than_their_size(url, now):
    house = runtime(url, now, batch_size=4)
    with house.transaction() as session:
        a_price(session, now)
        for number in range(10):
            farmer(session, now, number)
        daily(session, house, now=now)
    house.now.forward(minutes=31)
    fire_job.fire(house)
    plan_job.plan(house)
    with house.reading() as session:
        rows = list(session.scalars(select(Batch)))
        assert sorted(len(row.phones) for row in rows) == [2, 4, 4]
        assert all(len(row.phones) == len(row.refs) == len(set(row.phones)) for row in rows)
        owners = {phone_: ref for row in rows for phone_, ref in zip(row.phones, row.refs, strict=True)}
        assert owners == {one.phone: one.id.hex for one in session.scalars(select(Farmer))}


def test_a_moment_missed_by_too_much_is_skipped_and_reported(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        a_price(session, now)
        farmer(session, now)
        daily(session, house, now=now)
    house.now.forward(hours=20)
    fire_job.fire(house)
    assert broadcasts(house) == []
    with house.reading() as session:
        assert [one.kind for one in incidents.standing(session)] == ["campaign.late"]


def test_who_joins_after_the_firing_is_not_in_it_and_who_withdraws_is_not_texted(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        a_price(session, now)
        leaving = farmer(session, now, 1)
        daily(session, house, now=now)
    house.now.forward(minutes=31)
    fire_job.fire(house)
    with house.transaction() as session:
        farmer(session, house.now() + timedelta(seconds=1), 2)
    plan_job.plan(house)
    with house.transaction() as session:
        consent.withdraw(session, leaving.id, consent.SERVICE, house.now())
    settle(house)
    assert not house.gateway.handed
    with house.reading() as session:
        assert session.execute(select(Message.phone, Message.code)).all() == [(phone(1), "consent")]


@pytest.mark.parametrize(
    ("bodies", "fault"),
    [
        ({"lg": "Nkola"}, "no English"),
        ({"en": "Hello ((pin_hash))"}, "not a value"),
        ({"en": "Hello ((Name))"}, "double brackets"),
        ({"en": "Hello \U0001f33d"}, "outside the GSM"),
        ({"en": "x" * 150 + "((district))"}, "longest values"),
        ({"en": "Weed ((crop))", "lg": "Koola"}, "not here"),
    ],
)
def test_what_would_go_out_wrong_is_not_published(session, now, bodies, fault):
    made = templates.add(session, "bad", "bad", MessageClass.ADVICE, now)
    assert any(fault in one.says for one in templates.check(bodies))
    with pytest.raises(Unusable):
        templates.publish(session, made, bodies, [], "test", now)
    assert templates.published(session, made.id) is None


def test_versions_are_numbered_and_frozen(session, now):
    made = template(session, now, "t", {"en": "one"})
    second = templates.publish(session, made, {"en": "two ((dial))", "lg": "bbiri ((dial))"}, ["lg"], "test", now)
    assert (second.number, templates.published(session, made.id).bodies["en"]) == (2, "two ((dial))")
    assert session.scalars(select(func.count()).select_from(Broadcast)).one() == 0
