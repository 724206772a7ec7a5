"""What partners are shown of a farmer: property tests that no field leaves without a permission that lives at that instant."""

import threading
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, sessionmaker

from core import db
from core.errors import Conflict, Forbidden, Unusable
from linkage import credit, requests
from linkage.credit import ALLOWED, FIELDS, Asker
from linkage.models import ConsentRequest, Disclosure
from messaging.models import Batch
from profiles import farmers, organisations, sharing
from profiles.models import Consent, Farmer, Record
from tests import market
from tests.market import USSD, ZONE

PRODUCTS, PURPOSES = ("input-2026A", "other"), ("credit", "cover", "purchase", "marketing")
# hours since the beginning: give (for so many days, these fields, this product and purpose), take back, or look
STEP = st.one_of(
    st.tuples(
        st.just("give"),
        st.integers(1, 3),
        st.lists(st.sampled_from(FIELDS), min_size=1, unique=True),
        st.sampled_from(PRODUCTS),
        st.sampled_from(PURPOSES),
    ),
    st.tuples(st.just("take back"), st.just(0), st.just([]), st.sampled_from(PRODUCTS), st.sampled_from(PURPOSES)),
    st.tuples(st.just("look"), st.just(0), st.just([]), st.sampled_from(PRODUCTS), st.sampled_from(PURPOSES)),
)


def give(
    session: Session,
    farmer: Farmer,
    to: UUID,
    now: datetime,
    *fields: str,
    days: int = 30,
    purpose: str = "credit",
    product: str = PRODUCTS[0],
):
    return sharing.grant(session, farmer.id, to, purpose, product, fields or FIELDS, "ussd", "test", now, now + timedelta(days=days))


def look(session: Session, asker: Asker, farmer: Farmer, now: datetime) -> dict[str, Any] | None:
    try:
        return credit.pull(session, asker, farmers.code(farmer), now, ZONE, USSD)
    except Forbidden:
        return None


@given(st.lists(st.tuples(st.integers(1, 30), STEP), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_field_leaves_without_a_permission_that_lives_at_that_instant(session: Session, now: datetime, steps: list) -> None:
    """Beside a model of what stands: a dictionary of (product, purpose) to fields and last instant."""
    with session.begin_nested() as tried:
        lender, farmer = market.partner(session, now), market.farmer(session, now)
        stands: dict[tuple[str, str], tuple[list[str], datetime]] = {}
        at = now
        for hours, (verb, days, fields, product, purpose) in steps:
            at += timedelta(hours=hours)
            which = (product, purpose)
            if verb == "give":
                give(session, farmer, lender.id, at, *fields, days=days, purpose=purpose, product=product)
                stands[which] = (fields, at + timedelta(days=days))
            elif verb == "take back":
                for one in sharing.standing(session, farmer.id, at):
                    if (one.product, one.purpose) == which:
                        assert credit.withdraw(session, farmer.id, one.id, at)
                stands.pop(which, None)
            else:
                before = len(credit.looked(session, farmer.id, 100))
                shown = look(session, market.asker(lender, product, purpose), farmer, at)
                may, until = stands.get(which, ([], at))
                permitted = set(may) & set(ALLOWED.get(purpose, ())) if at < until else set()
                assert set(shown["fields"] if shown else ()) == permitted
                assert len(credit.looked(session, farmer.id, 100)) == before + bool(permitted)
        tried.rollback()
    session.expire_all()


def test_what_is_shown_is_what_is_true_and_no_single_record(session: Session, now: datetime) -> None:
    lender, group = market.partner(session, now), market.partner(session, now, "cooperative", "KASOLO", None, "Kasolo")
    farmer = market.farmer(session, now, crops=("maize", "beans"))
    organisations.join(session, farmer.id, group.id, (now - timedelta(days=400)).date())
    for kind, grade in (("cost", "self"), ("sale", "receipt")):
        session.add(
            Record(
                id=db.new_id(now),
                farmer_id=farmer.id,
                kind=kind,
                crop="maize",
                amount=77_777,
                currency="UGX",
                day=now.date(),
                grade=grade,
                replaced=False,
                how="ussd",
                at=now,
            )
        )
    give(session, farmer, lender.id, now)
    shown = look(session, market.asker(lender), farmer, now)
    assert shown is not None
    assert shown["fields"]["membership_months"] == 13
    assert shown["fields"]["crops"] == ["maize", "beans"]
    assert shown["fields"]["records"] == {
        "count": 2,
        "by_kind": {"cost": 1, "sale": 1},
        "by_grade": {"self": 1, "receipt": 1},
        "since": "2026-03-12",
    }
    assert "77777" not in str(shown)
    assert (farmer.phone or "") not in str(shown)


def test_a_permission_with_a_pause_before_it_shows_nothing_until_it_begins(session: Session, now: datetime) -> None:
    lender, farmer = market.partner(session, now), market.farmer(session, now)
    give(session, farmer, lender.id, now).starts_at = now + timedelta(hours=24)
    session.flush()
    assert look(session, market.asker(lender), farmer, now + timedelta(hours=23)) is None
    assert look(session, market.asker(lender), farmer, now + timedelta(hours=24)) is not None


def test_no_permission_lasts_longer_than_90_days_or_is_for_nothing(session: Session, now: datetime) -> None:
    lender, farmer = market.partner(session, now), market.farmer(session, now)
    for days, fields in ((91, ["name"]), (0, ["name"]), (30, [])):
        with pytest.raises(Unusable):
            sharing.grant(session, farmer.id, lender.id, "credit", "p", fields, "ussd", "t", now, now + timedelta(days=days))


def test_nobody_withdraws_another_farmers_permission(session: Session, now: datetime) -> None:
    lender, farmer, other = market.partner(session, now), market.farmer(session, now), market.farmer(session, now, 2)
    row = give(session, farmer, lender.id, now)
    assert not credit.withdraw(session, other.id, row.id, now)
    assert look(session, market.asker(lender), farmer, now) is not None


def test_a_withdrawal_racing_with_pulls_never_leaves_one_after_it(url: str, now: datetime) -> None:
    """Each side reads its clock before it waits for the other, as real ones do."""
    sessions = db.connect(url)
    with db.transaction(sessions) as session:
        lender, farmer = market.partner(session, now), market.farmer(session, now)
        asker = market.asker(lender)
    for round_ in range(25):
        at = now + timedelta(minutes=round_)
        with db.transaction(sessions) as session:
            session.execute(delete(Disclosure))
            consent_id = give(session, farmer, lender.id, at).id
        _race(sessions, farmer, asker, consent_id, at)
        with db.reading(sessions) as session:
            ended = session.get_one(Consent, consent_id).withdrawn_at
            assert ended is not None
            assert all(row.at <= ended for row in session.scalars(select(Disclosure)))
    sessions.kw["bind"].dispose()


def _race(sessions: sessionmaker[Session], farmer: Farmer, asker: Asker, consent_id: UUID, at: datetime) -> None:
    together = threading.Barrier(5)

    def pull(later: int) -> None:
        moment = at + timedelta(seconds=later)
        together.wait()
        with db.transaction(sessions) as session:
            look(session, asker, farmer, moment)

    def withdraw() -> None:
        together.wait()
        with db.transaction(sessions) as session:
            credit.withdraw(session, farmer.id, consent_id, at + timedelta(seconds=2))

    threads = [threading.Thread(target=pull, args=(later,)) for later in (1, 2, 3, 4)] + [threading.Thread(target=withdraw)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def ask(session: Session, lender, farmer: Farmer, now: datetime, *fields: str) -> ConsentRequest | None:
    return requests.ask(session, market.asker(lender), farmers.code(farmer), fields or ("name",), 30, now, ZONE, USSD)


def test_a_farmer_is_asked_once_and_after_a_no_not_for_a_month(session: Session, now: datetime) -> None:
    lender, farmer = market.partner(session, now), market.farmer(session, now)
    first = ask(session, lender, farmer, now)
    assert first is not None
    assert ask(session, lender, farmer, now + timedelta(days=1)) is None
    requests.refuse(session, first, now + timedelta(days=1))
    assert ask(session, lender, farmer, now + timedelta(days=30)) is None
    assert ask(session, lender, farmer, now + timedelta(days=32)) is not None
    assert len(session.scalars(select(Batch)).all()) == 2


@pytest.mark.parametrize("use", ["shared", "neighbour", None])
def test_a_yes_counts_only_on_a_phone_of_her_own(session: Session, now: datetime, use: str | None) -> None:
    lender, farmer = market.partner(session, now), market.farmer(session, now, phone_use=use)
    wish = ask(session, lender, farmer, now)
    assert wish is not None
    with pytest.raises(Forbidden):
        requests.grant(session, wish, farmer, "test", now, ZONE, USSD)
    assert look(session, market.asker(lender), farmer, now) is None
    (told,) = session.scalars(select(Batch))
    assert "Kiganda" not in told.body


def test_two_on_one_phone_cannot_give_either(session: Session, now: datetime) -> None:
    lender, farmer = market.partner(session, now), market.farmer(session, now)
    market.farmer(session, now, 2, phone=farmer.phone)
    wish = ask(session, lender, farmer, now)
    assert wish is not None
    with pytest.raises(Forbidden):
        requests.grant(session, wish, farmer, "test", now, ZONE, USSD)


def test_a_request_that_is_too_old_or_answered_cannot_be_granted(session: Session, now: datetime) -> None:
    lender, farmer = market.partner(session, now), market.farmer(session, now)
    wish = ask(session, lender, farmer, now)
    assert wish is not None
    with pytest.raises(Conflict):
        requests.grant(session, wish, farmer, "test", now + timedelta(days=14), ZONE, USSD)
    requests.grant(session, wish, farmer, "test", now, ZONE, USSD)
    with pytest.raises(Conflict):
        requests.grant(session, wish, farmer, "test", now, ZONE, USSD)
