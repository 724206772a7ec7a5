"""The figures against a plain loop over the sample country, and against texts put in by hand: by sex, district and day."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from content import sent
from core.db import new_id
from messaging import suppressions, tallies
from messaging.models import Batch, Message
from profiles import consent, figures, organisations, places, sample_rows
from profiles.figures import MEASURES, Split
from profiles.models import Consent, Farmer, Membership, Organisation, Plot
from tests import builders

KAMPALA = ZoneInfo("Africa/Kampala")


@pytest.fixture
def country(session: Session, now: datetime) -> Session:
    places.seed(session)
    for phone in sample_rows.make(session, now).stops:
        suppressions.stop(session, phone, "sms", now)
    return session


def looped(session: Session, now: datetime, scope: UUID | None) -> dict[tuple[str, int | None, str | None], int]:
    """The same figures, one farmer after another."""
    stopped, found = tallies.stopped(session), Counter[tuple[str, int | None, str | None]]()
    agreed = {
        one.farmer_id
        for one in session.scalars(select(Consent))
        if one.purpose == "service" and one.organisation_id is None and one.withdrawn_at is None and one.at <= now
    }
    mine = {one.farmer_id for one in session.scalars(select(Membership)) if one.organisation_id == scope and one.until is None}
    for farmer in session.scalars(select(Farmer)):
        if scope is not None and farmer.id not in mine:
            continue
        true = {
            "registered": True,
            "with_phone": farmer.phone is not None,
            "reached": farmer.phone is not None and farmer.id in agreed and farmer.phone not in stopped,
            "active": farmer.seen_at is not None and farmer.seen_at >= now - timedelta(days=30),
        }
        for measure, holds in true.items():
            found[measure, farmer.district_id, farmer.sex] += holds
    return +found


def counted(session: Session, now: datetime, scope: UUID | None = None) -> figures.Figures:
    return figures.count(session, scope, now, now.date(), tallies.stopped(session))


def flat(told: figures.Figures) -> dict[tuple[str, int | None, str | None], int]:
    sexes = {"women": "f", "men": "m", "unsaid": None}
    found = Counter(
        {
            (measure, row.district_id, sex): getattr(getattr(row, measure), name)
            for row in told.rows
            for measure in MEASURES
            for name, sex in sexes.items()
        }
    )
    return +found


def test_the_figures_agree_with_a_plain_loop_over_the_sample_country(country: Session, now: datetime) -> None:
    told = counted(country, now)
    assert flat(told) == looped(country, now, None)
    assert told.total.registered.total == 1536
    assert told.total.reached.total < told.total.with_phone.total  # some said STOP, some took their yes back


def test_a_group_sees_the_figures_of_its_own_members_alone(country: Session, now: datetime) -> None:
    for group in country.scalars(select(Organisation)):
        told = counted(country, now, group.id)
        assert flat(told) == looped(country, now, group.id)
        assert told.total.registered.total == len(organisations.members(country, group.id, now.date()))
        assert told.total.cooperatives == (1 if group.kind == "cooperative" else 0)
        assert sum(split.total for _, split in told.languages) == told.total.registered.total


def test_the_totals_of_the_table_are_the_headline(country: Session, now: datetime) -> None:
    told = counted(country, now)
    for measure in (*MEASURES, "without_phone"):
        whole = sum((getattr(row, measure) for row in told.rows), Split())
        assert whole == getattr(told.total, measure)
    assert told.total.registered == told.total.with_phone + told.total.without_phone
    assert sum(split.total for _, split in told.languages) == told.total.registered.total
    assert told.total.cooperatives == len([one for one in country.scalars(select(Organisation)) if one.kind == "cooperative"])


def test_what_is_known_agrees_with_a_plain_loop(country: Session, now: datetime) -> None:
    plots = defaultdict(list)
    for plot in country.scalars(select(Plot)):
        plots[plot.farmer_id].append(plot)
    people = list(country.scalars(select(Farmer)))
    known = dict(counted(country, now).known)
    assert known["land"].women == sum(1 for one in people if one.sex == "f" and any(plot.land for plot in plots[one.id]))
    assert known["planted"].total == sum(1 for one in people if any(plot.planted for plot in plots[one.id]))
    assert known["place"].total == sum(1 for one in people if one.place_id is not None)
    assert known.keys() == figures.KNOWN.keys()


def test_an_empty_roll_has_figures_of_nought(session: Session, now: datetime) -> None:
    told = counted(session, now)
    assert (told.rows, told.total.registered.total, told.languages, told.members.total) == ([], 0, [], 0)
    assert sent.count(session, None, now, KAMPALA).this_month == Split()


def test_who_took_back_their_yes_or_said_stop_is_not_reached(session: Session, now: datetime) -> None:
    for number, sex in enumerate(("f", "f", "m", None), start=1):
        builders.farmer(session, now, number, sex=sex)
    builders.farmer(session, now, 5, agreed=False, sex="m")
    assert counted(session, now).total.reached == Split(2, 1, 1)
    suppressions.stop(session, builders.phone(1), "sms", now)
    suppressions.stop(session, builders.phone(5), "sms", now)  # had not agreed: is not taken away twice
    consent.withdraw(session, session.scalars(select(Farmer.id).where(Farmer.phone == builders.phone(3))).one(), "service", now)
    told = counted(session, now).total
    assert (told.reached, told.with_phone) == (Split(1, 0, 1), Split(2, 2, 1))


def batch(session: Session, at: datetime, people: list[Farmer], fate: str = "sent", dashed: bool = False) -> None:
    row = Batch(
        id=new_id(at - timedelta(hours=3)),
        sender="test",
        klass="advice",
        lane=3,
        body="Hello",
        phones=[one.phone for one in people],
        refs=[str(one.id) if dashed else one.id.hex for one in people],
        not_before=at,
        valid_until=at,
        attempt=1,
        state="done",
    )
    session.add(row)
    session.flush()
    for one in people:
        session.add(Message(batch_id=row.id, phone=one.phone, fate=fate, code="", at=at))
    session.flush()


def test_texts_are_counted_for_whom_they_were_meant_on_the_local_day(session: Session, now: datetime) -> None:
    mary = builders.farmer(session, now, 1, sex="f")
    john = builders.farmer(session, now, 1, sex="m")  # on Mary's phone
    ann = builders.farmer(session, now, 2, sex="f")
    batch(session, now, [ann, john], dashed=True)
    batch(session, datetime(2026, 3, 10, 21, 30, tzinfo=UTC), [mary])  # half past midnight of the 11th in Kampala
    batch(session, datetime(2026, 2, 28, 21, 0, tzinfo=UTC), [ann])  # the first instant of March there
    batch(session, datetime(2026, 2, 28, 20, 59, tzinfo=UTC), [ann])  # the last of February
    batch(session, now, [ann], fate="refused")
    batch(session, now - timedelta(days=40), [ann])
    told = sent.count(session, None, now, KAMPALA)
    assert told.this_month == Split(3, 1, 0)
    assert told.month == {1: Split(3, 1, 0)}
    assert {day: split for day, split in told.days.items() if split.total} == {
        date(2026, 2, 28): Split(1),
        date(2026, 3, 1): Split(1),
        date(2026, 3, 11): Split(1),
        date(2026, 3, 12): Split(1, 1),
    }
    assert list(told.days) == sorted(told.days)
    assert len(told.days) == sent.DAYS


def test_a_text_to_nobody_on_the_roll_counts_for_nobody(session: Session, now: datetime) -> None:
    session.add(
        Batch(
            id=new_id(now), sender="test", klass="reply", lane=1, body="Hello", phones=[builders.phone(9)], refs=[""],
            not_before=now, valid_until=now, attempt=1, state="done",
        )
    )  # fmt: skip
    session.flush()
    session.add(Message(batch_id=session.scalars(select(Batch.id)).one(), phone=builders.phone(9), fate="sent", code="", at=now))
    session.flush()
    assert sent.count(session, None, now, KAMPALA).this_month == Split()


def test_a_group_counts_the_texts_of_its_members_only_even_on_a_shared_phone(session: Session, now: datetime) -> None:
    group = organisations.add(session, "cooperative", "Kasolo", "KASOLO", now)
    mary, john = (builders.farmer(session, now, 1, sex=sex) for sex in ("f", "m"))
    organisations.join(session, mary.id, group.id, now.date())
    batch(session, now, [mary])
    batch(session, now + timedelta(minutes=1), [john])
    assert sent.count(session, group.id, now, KAMPALA).this_month == Split(women=1)
    assert sent.count(session, None, now, KAMPALA).this_month == Split(1, 1)
