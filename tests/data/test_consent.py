"""Permissions: one that stands at a time, ended by withdrawal or by its date, never deleted."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import db
from profiles import consent, farmers
from profiles.farmers import NewFarmer
from profiles.models import Consent

WORDING = "registration.notice:en:0123"


def farmer(session: Session, now: datetime) -> UUID:
    return farmers.add(session, NewFarmer("+256772123456", "en", ("maize",), None, "ussd"), now).id


def test_a_permission_stands_from_the_moment_it_is_given(session: Session, now: datetime) -> None:
    one, other = farmer(session, now), farmer(session, now)
    consent.give(session, one, consent.SERVICE, "ussd", WORDING, now)
    assert consent.standing(session, [one, other], consent.SERVICE, now) == {one}
    assert consent.standing(session, [one], consent.SERVICE, now - timedelta(seconds=1)) == set()
    assert consent.standing(session, [one], "credit", now) == set()
    assert consent.standing(session, [], consent.SERVICE, now) == set()


def test_a_permission_given_again_is_the_one_that_stands(session: Session, now: datetime) -> None:
    one = farmer(session, now)
    first = consent.give(session, one, consent.SERVICE, "ussd", WORDING, now)
    assert consent.give(session, one, consent.SERVICE, "sms", WORDING, now + timedelta(days=1)) is first


def test_a_withdrawn_permission_is_kept_and_stands_no_more(session: Session, now: datetime) -> None:
    one, later = farmer(session, now), now + timedelta(days=1)
    consent.give(session, one, consent.SERVICE, "ussd", WORDING, now)
    assert consent.withdraw(session, one, consent.SERVICE, later) == 1
    assert consent.withdraw(session, one, consent.SERVICE, later) == 0
    assert consent.standing(session, [one], consent.SERVICE, later) == set()
    consent.give(session, one, consent.SERVICE, "sms", WORDING, later)
    assert consent.standing(session, [one], consent.SERVICE, later) == {one}
    assert [row.how for row in session.scalars(select(Consent).order_by(Consent.at))] == ["ussd", "sms"]


def test_a_permission_ends_on_its_date(session: Session, now: datetime) -> None:
    one, end = farmer(session, now), now + timedelta(days=90)
    consent.give(session, one, "credit", "ussd", WORDING, now, until=end)
    assert consent.standing(session, [one], "credit", end - timedelta(seconds=1)) == {one}
    assert consent.standing(session, [one], "credit", end) == set()


@pytest.mark.parametrize("many", [1, 1200])
def test_many_are_asked_about_at_once(session: Session, now: datetime, many: int) -> None:
    one = farmer(session, now)
    consent.give(session, one, consent.SERVICE, "ussd", WORDING, now)
    crowd = [db.new_id(now) for _ in range(many)]
    assert consent.standing(session, [*crowd, one, one], consent.SERVICE, now) == {one}


def test_two_yeses_at_once_are_one_permission(url: str, now: datetime) -> None:
    sessions, start = db.connect(url), Barrier(4)
    with db.transaction(sessions) as session:
        one = farmer(session, now)

    def agree(_: int) -> None:
        start.wait()
        with db.transaction(sessions) as session:
            consent.give(session, one, consent.SERVICE, "ussd", WORDING, now)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(agree, range(4)))
    with db.reading(sessions) as session:
        assert len(session.scalars(select(Consent)).all()) == 1
    sessions.kw["bind"].dispose()
