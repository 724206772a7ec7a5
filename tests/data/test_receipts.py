"""Delivery receipts: both sides hold them, one form makes one, the farmer answers, a correction replaces and both stay."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from content import languages, texts
from core import audit, codes, db
from core.errors import Conflict, NotFound, Unusable
from linkage import profit, receipt_book, receipt_texts, receipts
from linkage.deliveries import Delivery
from linkage.models import Receipt
from linkage.receipts import Voice
from messaging import gsm
from messaging.models import Batch
from profiles import organisations, records
from profiles.models import Farmer, Organisation, Record
from tests import builders

DAY = date(2026, 3, 12)
VOICE = Voice(ZoneInfo("Africa/Kampala"), "*284*55#")
BEANS = Delivery("beans", DAY, Decimal(296), Decimal(3000), "UGX", fee=14_800, kg_second=Decimal(297), pays_on=date(2026, 3, 14))
CLERK = "account:clerk"


def group(session: Session, now: datetime, name: str = "Kasolo Grain Pool", code: str = "KASOLO") -> Organisation:
    return organisations.add(session, "cooperative", name, code, now)


def member(session: Session, now: datetime, of: Organisation, number: int = 1, **facts: object) -> Farmer:
    farmer = builders.farmer(session, now, number, **facts)
    organisations.join(session, farmer.id, of.id, date(2026, 1, 1))
    return farmer


def issue(session: Session, now: datetime, of: Organisation, to: Farmer, nonce: str = "one", delivery: Delivery = BEANS) -> Receipt:
    return receipts.issue(session, of.id, to.id, delivery, nonce, CLERK, now, VOICE)


def bodies(session: Session) -> list[str]:
    return list(session.scalars(select(Batch.body).order_by(Batch.id)))


def test_a_receipt_adds_up_has_a_code_makes_the_sale_and_is_told(session: Session, now: datetime) -> None:
    kasolo = group(session, now)
    sarah = member(session, now, kasolo)
    receipt = issue(session, now, kasolo, sarah)
    assert (receipt.gross, receipt.fee, receipt.transport, receipt.net, receipt.state) == (888_000, 14_800, 0, 873_200, "issued")
    assert codes.read(receipts.code(receipt)) == receipt.number
    (sale,) = records.of(session, sarah.id)
    assert (sale.kind, sale.amount, sale.kg, sale.grade, sale.receipt, sale.how) == ("sale", 873_200, 296, "receipt", receipt.id, "receipt")
    (batch,) = session.scalars(select(Batch))
    assert (batch.klass, batch.phones, batch.sender) == ("notice", [sarah.phone], f"receipt:{receipt.id}")
    assert batch.body == (
        "Beans received 12 Mar: 296kg (group scale 296, buyer 297). 888,000 less fee 14,800, transport 0 = 873,200. "
        f"Pay by 14 Mar. Receipt {receipts.code(receipt)}. Wrong? *284*55#"
    )
    assert [(entry.verb, entry.actor) for entry in audit.of(session, f"receipt:{receipt.id}")] == [("receipt.issued", CLERK)]


@pytest.mark.parametrize("language", [one.code for one in languages.offered()])
def test_the_text_is_one_part_in_every_language_with_the_longest_values(session: Session, now: datetime, language: str) -> None:
    kasolo = group(session, now)
    longest = max(
        (key.removeprefix("crop.") for key in texts.wording("en") if key.startswith("crop.")),
        key=lambda c: len(texts.say(f"crop.{c}", language)),
    )
    big = replace(
        BEANS,
        crop=longest,
        kg=Decimal("123456.78"),
        kg_second=Decimal("123457.78"),
        price=Decimal("3999.25"),
        fee=12_345_678,
        transport=2_345_678,
        day=date(2026, 12, 28),
        pays_on=date(2026, 12, 29),
    )
    for number, delivery in enumerate((BEANS, big)):
        farmer = member(session, now, kasolo, number, language=language)
        receipt = issue(session, now, kasolo, farmer, f"n{number}", delivery)
        receipt.number = 999_999 - number
        said = receipt_texts.notice(receipt, farmer, "*284*55#")
        assert gsm.fits(said, 160), said
        assert all(part in said for part in (receipts.code(receipt), receipt_texts.sum_said(receipt.net, "UGX"), "*284*55#"))
        assert gsm.fits(receipt_texts.neutral(receipt, farmer, "*284*55#"), 160)


@pytest.mark.parametrize("use", ["shared", "neighbour"])
def test_a_phone_that_others_read_is_told_no_amount(session: Session, now: datetime, use: str) -> None:
    kasolo = group(session, now)
    issue(session, now, kasolo, member(session, now, kasolo, phone_use=use))
    (body,) = bodies(session)
    assert body.startswith("Ensigo: there is news for ")
    assert not any(word in body for word in ("296", "873", "888", "eans"))


def test_two_farmers_on_one_phone_are_told_no_amount_though_nobody_said_it_is_shared(session: Session, now: datetime) -> None:
    kasolo = group(session, now)
    sarah = member(session, now, kasolo)
    member(session, now, kasolo)
    issue(session, now, kasolo, sarah)
    assert "873" not in bodies(session)[0]


def test_without_a_phone_there_is_a_receipt_and_no_text(session: Session, now: datetime) -> None:
    kasolo = group(session, now)
    assert issue(session, now, kasolo, member(session, now, kasolo, phone=None)).net == 873_200
    assert bodies(session) == []


def test_the_same_form_twice_is_one_receipt_one_sale_and_one_text(session: Session, now: datetime) -> None:
    kasolo = group(session, now)
    sarah = member(session, now, kasolo)
    first, second = issue(session, now, kasolo, sarah), issue(session, now, kasolo, sarah)
    assert first.id == second.id
    assert (len(records.of(session, sarah.id)), len(bodies(session))) == (1, 1)


def test_a_nonce_of_another_group_gives_nobody_its_receipt(session: Session, now: datetime) -> None:
    kasolo, other = group(session, now), group(session, now, "Nabiti Coffee Growers", "NABITI")
    first = issue(session, now, kasolo, member(session, now, kasolo))
    assert issue(session, now, other, member(session, now, other, 2)).id != first.id
    with pytest.raises(NotFound):
        receipts.get(session, first.id, other.id)
    assert [row[0].id for row in receipt_book.of_group(session, kasolo.id, None, 1, 10)] == [first.id]


def test_only_members_are_given_receipts(session: Session, now: datetime) -> None:
    kasolo = group(session, now)
    with pytest.raises(NotFound):
        issue(session, now, kasolo, builders.farmer(session, now))
    left = member(session, now, kasolo, 2)
    organisations.leave(session, left.id, kasolo.id, DAY)
    with pytest.raises(NotFound):
        issue(session, now, kasolo, left)


def test_more_cannot_be_kept_than_the_delivery_is_worth(session: Session, now: datetime) -> None:
    kasolo = group(session, now)
    with pytest.raises(Unusable):
        issue(session, now, kasolo, member(session, now, kasolo), delivery=replace(BEANS, fee=888_001))
    assert session.scalar(select(func.count()).select_from(Receipt)) == 0


def test_the_farmer_confirms_or_says_what_is_wrong_and_another_farmer_cannot(session: Session, now: datetime) -> None:
    kasolo = group(session, now)
    sarah, other = member(session, now, kasolo), member(session, now, kasolo, 2)
    receipt = issue(session, now, kasolo, sarah)
    assert receipts.confirm(session, receipt.id, sarah.id, now).state == "confirmed"
    assert receipts.confirm(session, receipt.id, sarah.id, now).state == "confirmed"
    receipts.dispute(session, receipt.id, sarah.id, "weight", now)
    receipts.dispute(session, receipt.id, sarah.id, "weight", now)
    disputed = receipts.dispute(session, receipt.id, sarah.id, "unpaid", now)
    assert (disputed.state, disputed.dispute, receipt_book.disputed(session, None)) == ("disputed", "unpaid", 1)
    verbs = [entry.verb for entry in audit.of(session, f"receipt:{receipt.id}")]
    assert sorted(verbs) == ["receipt.confirmed", "receipt.disputed", "receipt.disputed", "receipt.issued"]
    for deed in (
        lambda: receipts.confirm(session, receipt.id, other.id, now),
        lambda: receipts.dispute(session, receipt.id, other.id, "price", now),
    ):
        with pytest.raises(NotFound):
            deed()
    with pytest.raises(KeyError):
        receipts.dispute(session, receipt.id, sarah.id, "anything", now)


def test_a_correction_is_a_new_receipt_and_both_stay(session: Session, now: datetime) -> None:
    kasolo = group(session, now)
    sarah = member(session, now, kasolo)
    old = issue(session, now, kasolo, sarah)
    receipts.dispute(session, old.id, sarah.id, "weight", now)
    right = replace(BEANS, kg=Decimal(300))
    new = receipts.correct(session, old, right, "two", CLERK, now, VOICE)
    assert receipts.correct(session, old, right, "two", CLERK, now, VOICE).id == new.id
    assert (new.replaces, new.net, receipts.get(session, old.id, kasolo.id).state) == (old.id, 885_200, "corrected")
    assert receipt_book.replacement(session, old.id) == new
    assert receipt_book.of_farmer(session, sarah.id) == [new]
    assert [(sale.amount, sale.receipt) for sale in records.of(session, sarah.id)] == [(885_200, new.id)]
    season = profit.season_of(session, sarah, "beans", DAY)
    assert profit.of_season(session, sarah, "beans", season).sales == 885_200
    assert len(bodies(session)) == 2


def test_a_receipt_is_corrected_once_and_what_was_corrected_is_answered_no_more(session: Session, now: datetime) -> None:
    kasolo = group(session, now)
    sarah = member(session, now, kasolo)
    old = issue(session, now, kasolo, sarah)
    receipts.correct(session, old, replace(BEANS, kg=Decimal(300)), "two", CLERK, now, VOICE)
    with pytest.raises(Conflict):
        receipts.confirm(session, old.id, sarah.id, now)
    with pytest.raises(Conflict), session.begin_nested():
        receipts.correct(session, old, replace(BEANS, kg=Decimal(301)), "three", CLERK, now, VOICE)
    assert session.scalar(select(func.count()).select_from(Receipt)) == 2


@pytest.fixture
def sessions(url: str) -> Iterator[sessionmaker[Session]]:
    made = db.connect(url)
    yield made
    made.kw["bind"].dispose()


def at_once(count: int, deed) -> list[object]:  # type: ignore[no-untyped-def]
    """The deed in so many threads that begin together; what each came to, an exception too."""
    gate, came = threading.Barrier(count), list[object]()

    def run() -> None:
        gate.wait()
        try:
            came.append(deed())
        except Exception as wrong:
            came.append(wrong)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came


def test_a_double_click_from_eight_browsers_at_once_is_one_receipt(sessions: sessionmaker[Session]) -> None:
    now = datetime(2026, 3, 12, 9, tzinfo=UTC)
    with db.transaction(sessions) as session:
        kasolo = group(session, now)
        sarah = member(session, now, kasolo)

    def click() -> UUID:
        with db.transaction(sessions) as session:
            return issue(session, now, kasolo, sarah).id

    came = at_once(8, click)
    assert len(set(came)) == 1
    assert isinstance(came[0], UUID)
    with db.reading(sessions) as session:
        counts = [session.scalar(select(func.count()).select_from(table)) for table in (Receipt, Record, Batch)]
    assert counts == [1, 1, 1]


def test_two_corrections_at_once_leave_one_standing(sessions: sessionmaker[Session]) -> None:
    now = datetime(2026, 3, 12, 9, tzinfo=UTC)
    with db.transaction(sessions) as session:
        kasolo = group(session, now)
        old = issue(session, now, kasolo, member(session, now, kasolo))
    names = iter(("a", "b", "c", "d"))

    def put_right() -> UUID:
        with db.transaction(sessions) as session:
            held = receipts.get(session, old.id, kasolo.id)
            return receipts.correct(session, held, replace(BEANS, kg=Decimal(300)), next(names), CLERK, now, VOICE).id

    came = at_once(4, put_right)
    assert sum(isinstance(one, UUID) for one in came) == 1, came
    assert sum(isinstance(one, Conflict) for one in came) == 3, came
    with db.reading(sessions) as session:
        assert session.scalar(select(func.count()).select_from(Record).where(Record.replaced.is_(False))) == 1
        assert session.scalar(select(func.count()).select_from(Receipt)) == 2
