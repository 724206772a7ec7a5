"""Texts at a screen: the list and its filters, one message's story, campaigns switched on and off."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from content import campaigns, templates
from content.campaigns import Step
from content.models import Broadcast, Campaign
from content.schedules import Schedule
from core.audit import AuditEntry
from core.db import new_id
from jobs.runtime import Runtime
from messaging import story
from messaging.classes import MessageClass
from messaging.gateway import Advice, Fate, Handed
from messaging.models import Batch, Message, Outcome, Report
from profiles.audiences import Audience
from service.portal import words
from tests import builders
from tests.builders import Clock, Remembering
from tests.web.visitor import Visitor, staff


@pytest.fixture
def operator(runtime: Runtime, visitor: Visitor) -> Visitor:
    staff(runtime, "operator")
    return visitor.signs_in("operator@example.org")


def one_text(runtime: Runtime, fate: Fate = Fate.SENT, number: int = 1) -> UUID:
    """A text that met this fate."""
    gateway = runtime.gateway
    assert isinstance(gateway, Remembering)
    with runtime.transaction() as session:
        farmer = builders.farmer(session, runtime.now(), number, name=f"Farmer {number}")
        assert farmer.phone
        if fate is not Fate.SENT:
            gateway.fates[farmer.phone] = Handed(
                farmer.phone, fate, code="Reason", advice=Advice.BAD_NUMBER if fate is Fate.REFUSED else Advice.NONE
            )
        batch_id = builders.text(session, runtime, farmer, f"Body {number}", MessageClass.NOTICE)
    builders.settle(runtime)
    assert batch_id
    return batch_id


def test_the_story_of_a_text_is_told_in_order_with_local_times(operator: Visitor, runtime: Runtime) -> None:
    batch_id = one_text(runtime)
    with runtime.transaction() as session:
        message = session.scalars(select(Message)).one()
        later = runtime.now() + timedelta(minutes=2)
        for status, state, at in (("Success", "delivered", later), ("Sent", "on_the_way", later - timedelta(minutes=1))):
            session.add(
                Report(
                    gateway="simulator",
                    gateway_id=message.gateway_id,
                    phone=message.phone,
                    status=status,
                    state=state,
                    reason="",
                    network="",
                    at=at,
                )
            )
        session.add(Outcome(batch_id=batch_id, phone=message.phone, state="delivered", reason="", gateway_id=None, at=later))
    page = operator.get(f"/messages/{batch_id}/0").text
    told = [page.index(words.EVENTS[kind]) for kind in ("planned", "sent", "report.on_the_way", "report.delivered")]
    assert told == sorted(told)
    assert "Thu 12 Mar 2026, 12:02:00" in page
    assert "Farmer 1" in page
    assert str(builders.phone(1)) not in page


@pytest.mark.parametrize(
    ("fate", "which"), [(Fate.SENT, "sent"), (Fate.REFUSED, "failed"), (Fate.UNCONFIRMED, "unconfirmed"), (Fate.NOT_SENT, "failed")]
)
def test_each_fate_is_found_by_its_filter_and_said_in_words(operator: Visitor, runtime: Runtime, fate: Fate, which: str) -> None:
    one_text(runtime, fate)
    for name in story.FILTERS:
        shown = "Body 1" in operator.get(f"/messages?state={name}").text
        assert shown == (name == which or (name == "waiting" and fate is Fate.NOT_SENT)), name
    assert words.STATES[fate.value][0] in operator.get("/messages").text
    assert "Body 1" in operator.get("/messages?class=notice").text
    assert "Body 1" not in operator.get("/messages?class=offer").text


def test_a_text_that_waits_says_until_when(operator: Visitor, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        farmer = builders.farmer(session, runtime.now())
        batch_id = builders.text(session, runtime, farmer, not_before=runtime.now() + timedelta(hours=3))
    page = operator.get(f"/messages/{batch_id}/0").text
    assert "Waiting" in page
    assert words.EVENTS["due"] in page
    assert words.EVENTS["lapses"] in page
    assert "Being sent" not in page.split("<main")[1].split("Its story")[1]


def test_a_batch_lists_its_phones_masked_each_with_its_state(operator: Visitor, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        people = [builders.farmer(session, runtime.now(), number, name=f"Farmer {number}") for number in (1, 2)]
        batch = Batch(
            id=new_id(runtime.now()),
            sender="test",
            klass="advice",
            lane=3,
            body="To both",
            phones=[one.phone for one in people],
            refs=[str(one.id) for one in people],
            not_before=runtime.now(),
            valid_until=runtime.now() + timedelta(hours=3),
            state="done",
        )
        session.add(batch)
        session.flush()
        for one, fate in zip(people, ("sent", "suppressed"), strict=True):
            session.add(Message(batch_id=batch.id, phone=one.phone, fate=fate, code="", at=runtime.now()))
    page = operator.get(f"/messages/{batch.id}").text
    assert page.index("Farmer 1") < page.index("Farmer 2")
    assert "Held back: STOP" in page
    assert builders.phone(1) not in page
    assert operator.get(f"/messages/{batch.id}/2").status == 404
    assert operator.get("/").text.count("Held back: STOP") == 1


def test_texts_of_a_shared_phone_are_shown_to_whom_they_were_meant_for(operator: Visitor, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        mary = builders.farmer(session, runtime.now(), 1, name="Mary")
        john = builders.farmer(session, runtime.now(), 1, name="John")
        builders.text(session, runtime, mary, "Only for Mary", MessageClass.NOTICE)
    builders.settle(runtime)
    assert "Only for Mary" in operator.get(f"/farmers/{mary.id}").text
    assert "Only for Mary" not in operator.get(f"/farmers/{john.id}").text
    assert "On the same phone" in operator.text


def test_every_state_event_and_class_has_its_words() -> None:
    states = {state for filtered in story.FILTERS.values() for state in filtered} - {"queued", "claimed", "submitting"}
    assert states <= words.STATES.keys()
    assert set(words.FILTERS) == set(story.FILTERS)
    assert {fate.value for fate in Fate} <= words.STATES.keys() & words.EVENTS.keys()
    assert {klass.value for klass in MessageClass} == words.CLASSES.keys()


def test_the_moment_in_an_id_is_the_moment_it_was_made(now: datetime) -> None:
    assert story.planned_at(new_id(now)) == now


@pytest.fixture
def campaign(runtime: Runtime) -> Campaign:
    with runtime.transaction() as session:
        now, zone = runtime.now(), runtime.settings.zone
        builders.farmer(session, now)
        template = templates.add(session, "weed", "Weed now", MessageClass.ADVICE, now)
        templates.publish(session, template, {"en": "Weed your maize now."}, [], "test", now)
        return campaigns.add(session, "weeding", "Weeding", [Step("weed")], Audience(crops=("maize",)), Schedule("day", "18:00"), now, zone)


def test_a_campaign_is_switched_off_and_on_and_the_audit_says_by_whom(
    operator: Visitor, runtime: Runtime, clock: Clock, campaign: Campaign
) -> None:
    assert "Every day at 18:00" in operator.get("/campaigns").text
    assert "Thu 12 Mar 2026, 18:00" in operator.text
    operator.post(f"/campaigns/{campaign.id}/switch", on="no").follow()
    assert "“Weeding” is off" in operator.text
    clock.forward(minutes=1)
    operator.post(f"/campaigns/{campaign.id}/switch", on="yes").follow()
    with runtime.reading() as session:
        noted = session.scalars(select(AuditEntry).where(AuditEntry.subject == f"campaign:{campaign.id}").order_by(AuditEntry.at)).all()
        assert session.get_one(Campaign, campaign.id).on
    assert [(one.verb, one.actor.partition(":")[0]) for one in noted] == [("campaign.off", "account"), ("campaign.on", "account")]


def test_a_firing_shows_what_was_said_and_what_became_of_it(operator: Visitor, runtime: Runtime, campaign: Campaign) -> None:
    with runtime.transaction() as session:
        campaigns.fire(session, session.get_one(Campaign, campaign.id), runtime.now(), runtime.now(), runtime.settings.zone, "test")
    builders.settle(runtime)
    with runtime.reading() as session:
        fired = session.scalars(select(Broadcast.id)).one()
    page = operator.get(f"/campaigns/firings/{fired}").text
    assert "Weed your maize now." in page
    assert "phones planned" in page
    assert "Sent" in operator.get("/campaigns").text
    assert "/campaigns/firings/" in operator.get(f"/campaigns/{campaign.id}").text
