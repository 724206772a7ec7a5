"""Offers: drafted, published where the law allows, their places shared out exactly, matched with everybody whom they fit."""

import threading
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import db
from core.errors import Conflict, NotFound, Unusable
from jobs.table import perform_with
from linkage import facts, matching, offers
from linkage.eligibility import Criteria
from linkage.models import Match, Offer
from messaging import gsm, suppressions
from messaging.models import Batch
from profiles.models import Farmer
from tests import builders, market
from tests.builders import Remembering
from tests.market import ZONE


def day(now: datetime):
    return now.astimezone(ZONE).date()


def test_a_draft_is_seen_by_nobody_and_a_published_offer_by_those_whom_it_fits(session: Session, now: datetime) -> None:
    lender, farmer = market.partner(session, now), market.farmer(session, now)
    draft = offers.draft(session, lender.id, market.new(now), "test", now)
    assert matching.for_farmer(session, farmer.id, day(now)) == []
    offers.publish(session, draft.id, lender.id, "test", now, day(now))
    (fit,) = matching.for_farmer(session, farmer.id, day(now))
    assert (fit.offer.id, fit.missing, fit.reasons) == (draft.id, (), ("crop:maize",))
    offers.close(session, draft.id, lender.id, "test", now)
    assert matching.for_farmer(session, farmer.id, day(now)) == []


def test_a_loan_is_never_for_the_young_or_for_those_whose_age_we_do_not_know(session: Session, now: datetime) -> None:
    market.published(session, market.partner(session, now), now)
    for number, born in ((1, 2010), (2, None)):
        (fit,) = matching.for_farmer(session, market.farmer(session, now, number, born=born).id, day(now))
        assert fit.missing == ("adult",)


def test_an_offer_is_open_from_its_first_day_to_its_last(session: Session, now: datetime) -> None:
    made = market.published(session, market.partner(session, now), now)
    assert offers.open_on(session, made.closes_on) == [made]
    assert offers.open_on(session, made.closes_on + timedelta(days=1)) == []
    assert offers.open_on(session, made.opens_on - timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("terms", "licence", "why"),
    [({"rate": "10"}, "UMRA/1", "over_cap"), ({"rate": "2.6", "fee": 6_000, "months": 6}, "UMRA/1", "over_cap"), ({}, None, "unlicensed")],
)
def test_the_unlicensed_and_the_dear_cannot_publish(
    session: Session, now: datetime, terms: dict[str, object], licence: str | None, why: str
) -> None:
    lender = market.partner(session, now, licence=licence)
    draft = offers.draft(session, lender.id, market.new(now, terms=market.LOAN | terms), "test", now)
    with pytest.raises(Unusable, match=rf"offer\.{why}"):
        offers.publish(session, draft.id, lender.id, "test", now, day(now))
    assert session.get_one(Offer, draft.id).state == "draft"


@pytest.mark.parametrize(
    "wrong",
    [{"title": "x" * 31}, {"title": "  "}, {"title": "Şeed"}, {"criteria": Criteria(crops=("gold",))}, {"criteria": Criteria(land=("2",))}],
)
def test_what_no_farmer_could_read_or_meet_is_no_draft(session: Session, now: datetime, wrong: dict[str, object]) -> None:
    with pytest.raises(Unusable):
        offers.draft(session, market.partner(session, now).id, market.new(now, **wrong), "test", now)


def test_another_partners_offer_is_not_there(session: Session, now: datetime) -> None:
    made = market.published(session, market.partner(session, now), now)
    other = market.partner(session, now, code="OTHER")
    for verb in (
        lambda: offers.close(session, made.id, other.id, "x", now),
        lambda: offers.publish(session, made.id, other.id, "x", now, day(now)),
    ):
        with pytest.raises(NotFound):
            verb()


def test_an_offer_is_published_once_and_closed_once(session: Session, now: datetime) -> None:
    lender = market.partner(session, now)
    made = market.published(session, lender, now)
    with pytest.raises(Conflict):
        offers.publish(session, made.id, lender.id, "test", now, day(now))
    offers.close(session, made.id, lender.id, "test", now)
    with pytest.raises(Conflict):
        offers.close(session, made.id, lender.id, "test", now)


def test_fifty_at_once_share_seven_places(url: str, now: datetime) -> None:
    sessions = db.connect(url)
    with db.transaction(sessions) as session:
        offer_id = market.published(session, market.partner(session, now), now, capacity=7).id
    took: list[bool] = []

    def take() -> None:
        with db.transaction(sessions) as session:
            took.append(offers.take_place(session, offer_id, day(now)))

    threads = [threading.Thread(target=take) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.reading(sessions) as session:
        assert (len(took), sum(took), session.get_one(Offer, offer_id).taken) == (50, 7, 7)
    sessions.kw["bind"].dispose()


def village(session: Session, now: datetime) -> dict[str, Farmer]:
    """One of each kind that a text must treat differently."""
    same = builders.phone(9)
    return {
        "own": market.farmer(session, now, 1),
        "shared": market.farmer(session, now, 2, phone_use="shared"),
        "not asked": market.farmer(session, now, 3, phone_use=None),
        "young": market.farmer(session, now, 4, born=2012),
        "stopped": market.farmer(session, now, 5),
        "no yes": market.farmer(session, now, 6, agreed=False),
        "other crop": market.farmer(session, now, 7, crops=("coffee",)),
        "two a": market.farmer(session, now, 9, phone=same),
        "two b": market.farmer(session, now, 10, phone=same),
        "no phone": market.farmer(session, now, 11, phone=None),
    }


def test_each_farmer_whom_it_fits_hears_of_it_once_with_amounts_on_a_phone_of_her_own_only(url: str, now: datetime) -> None:
    gateway = Remembering()
    house = builders.runtime(url, now, gateway)
    with house.transaction() as session:
        people = village(session, now)
        suppressions.stop(session, people["stopped"].phone or "", "test", now)
        offer = market.published(session, market.partner(session, now), now)
    builders.settle(house)
    perform_with(house, "match")
    builders.settle(house)
    told = dict(gateway.bodies)
    phones = {name: one.phone for name, one in people.items()}
    assert set(gateway.handed) == {phones["own"], phones["shared"], phones["not asked"], phones["two a"]}
    assert set(gateway.handed.values()) == {1}
    assert "you get 200,000, pay back 220,000 by 30 Aug" in told[phones["own"]]
    assert all("000" not in told[phones[name]] for name in ("shared", "not asked", "two a"))
    assert all(gsm.fits(body, 160) for body in told.values())
    with house.reading() as session:
        matched = {ref for row in session.scalars(select(Match).where(Match.offer_id == offer.id)) for ref in row.farmers}
        names = {name for name, one in people.items() if one.id.hex in matched}
        assert names == set(people) - {"young", "other crop"}
        assert {tuple(reasons) for (reasons,) in session.execute(select(Match.reasons))} == {("crop:maize",)}
        assert {klass for (klass,) in session.execute(select(Batch.klass))} == {"offer"}
        assert session.get_one(Offer, offer.id).matched_at is not None
    house.sessions.kw["bind"].dispose()


def test_two_offers_at_once_are_one_text_that_names_neither(url: str, now: datetime) -> None:
    gateway = Remembering()
    house = builders.runtime(url, now, gateway)
    with house.transaction() as session:
        own = market.farmer(session, now)
        lender = market.partner(session, now)
        market.published(session, lender, now)
        market.published(session, lender, now, title="Tool loan")
    builders.settle(house)
    assert gateway.bodies == [(own.phone, gateway.bodies[0][1])]
    assert "something new" in gateway.bodies[0][1]
    house.sessions.kw["bind"].dispose()


def test_a_purchase_may_fit_the_young_but_no_text_goes_to_them(url: str, now: datetime) -> None:
    gateway = Remembering()
    house = builders.runtime(url, now, gateway)
    with house.transaction() as session:
        young = market.farmer(session, now, born=2012)
        market.published(session, market.partner(session, now, "buyer", licence=None), now, "purchase")
    builders.settle(house)
    with house.reading() as session:
        assert session.scalars(select(Match.farmers)).all() == [[young.id.hex]]
    assert gateway.bodies == []
    house.sessions.kw["bind"].dispose()


def test_matching_in_small_ranges_finds_what_asking_one_by_one_finds(session: Session, now: datetime) -> None:
    lender = market.partner(session, now)
    wanted = [Criteria(crops=("maize",)), Criteria(crops=("beans",), sex="f"), Criteria(sex="m"), Criteria(districts=(1,))]
    there = [market.published(session, lender, now, "loan", criteria=one) for one in wanted]
    people = [
        market.farmer(session, now, n, crops=("maize", "beans")[: 1 + n % 2], sex="fm"[n % 2], born=1980 if n % 3 else None)
        for n in range(1, 14)
    ]
    seen = 0
    while due := matching.due(session):
        seen += len(matching.match_some(session, due, 4, now, day(now)))
    assert seen == len(people)
    stored: dict[str, set[UUID]] = {one.id.hex: set() for one in people}
    for row in session.scalars(select(Match)):
        assert row.count == len(row.farmers) == len(set(row.farmers))
        for ref in row.farmers:
            stored[ref].add(row.offer_id)
    for one in people:
        fits = matching.fits(there, facts.one(session, one.id, day(now)))
        assert stored[one.id.hex] == {fit.offer.id for fit in fits if not fit.missing}
    assert matching.due(session) == []
    assert sum(matching.counts(session, [offer.id for offer in there]).values()) == sum(len(found) for found in stored.values())
