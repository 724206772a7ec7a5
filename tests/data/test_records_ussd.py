"""My records by dialling: three screens each, saved though the call is cut, the season told back; receipts read and disputed."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from content import languages
from core import db
from linkage import receipts
from linkage.deliveries import Delivery
from linkage.models import Receipt
from linkage.receipts import Voice
from messaging import gsm
from messaging.models import Batch
from profiles import farmers, organisations, places, records
from profiles.farmers import NewFarmer
from profiles.models import Farmer, Record
from tests.dialled import NUMBER, SETTINGS, Service, press
from tests.phone import Phone

BAD = ("-1", "0", "1e9", "NaN", "2,5", "½", "two", "9" * 200, "１e9", "-", "1/2")


@pytest.fixture
def service(url: str, now: datetime) -> Iterator[Service]:
    sessions = db.connect(url)
    built = Service(sessions, now)
    enrol(built, NUMBER, ("maize", "beans"))
    yield built
    sessions.kw["bind"].dispose()


@pytest.fixture
def phone(service: Service) -> Phone:
    return Phone(service, NUMBER)


def enrol(service: Service, number: str, crops: tuple[str, ...], **facts: object) -> Farmer:
    with db.transaction(service.sessions) as session:
        (mubende,) = places.find(session, "Mubende")[:1]
        given = {"name": "Sarah", "sex": "f", "phone_use": "own"} | facts
        return farmers.add(session, NewFarmer(number, "en", crops, mubende.id, "ussd", **given), service.now - timedelta(days=30))


def rows(service: Service) -> list[Record]:
    with db.reading(service.sessions) as session:
        return list(session.scalars(select(Record).order_by(Record.at, Record.id)))


def texts_sent(service: Service) -> list[str]:
    with db.reading(service.sessions) as session:
        return list(session.scalars(select(Batch.body).order_by(Batch.id)))


def open_records(phone: Phone) -> str:
    phone.dial()
    return phone.choose("My records")


def test_a_cost_is_kept_in_three_screens(service: Service, phone: Phone) -> None:
    open_records(phone)
    assert phone.screen.startswith("My records: maize")
    first = len(phone.seen)
    assert phone.choose("Money spent").startswith("maize: what did you pay for?")
    assert phone.choose("Labour").startswith("maize, Labour: how much?")
    assert press(phone, "50,000").startswith("Saved. Maize 2026A: sold 0, spent 50,000, so far 50,000 less than you spent.")
    assert len(phone.seen) - first == 3
    (row,) = rows(service)
    assert (row.kind, row.crop, row.what, row.amount, row.currency, row.grade, row.how) == (
        "cost",
        "maize",
        "labour",
        50_000,
        "UGX",
        "self",
        "ussd",
    )
    assert texts_sent(service) == []


def test_a_harvest_is_kept_in_three_screens_and_told_back_by_text_once(service: Service, phone: Phone) -> None:
    open_records(phone)
    first = len(phone.seen)
    phone.choose("Harvest")
    phone.choose("Bags")
    assert press(phone, "8").startswith("Saved. Maize 2026A: 8 bags harvested. No costs and no sales noted yet.")
    assert len(phone.seen) - first == 3
    (row,) = rows(service)
    assert (row.kind, row.quantity, row.unit, row.kg) == ("harvest", 8, "bag", 800)
    assert phone.again() == phone.screen
    assert texts_sent(service) == ["Maize 2026A: 8 bags harvested. No costs and no sales noted yet. My records: dial *284*55#"]


def test_a_sale_is_kept_in_three_screens_and_its_profit_is_told(service: Service, phone: Phone) -> None:
    open_records(phone)
    first = len(phone.seen)
    assert phone.choose("Sale").startswith("How many bags of maize did you sell?")
    assert press(phone, "3").startswith("maize, 3 bags: how much money did you get in all?")
    assert press(phone, "300k").startswith("Saved. Maize 2026A: sold 300,000, spent 0, profit 300,000 so far.")
    assert len(phone.seen) - first == 3
    (row,) = rows(service)
    assert (row.kind, row.quantity, row.unit, row.kg, row.amount) == ("sale", 3, "bag", 300, 300_000)
    assert len(texts_sent(service)) == 1


def test_a_sale_may_be_told_in_another_measure_and_a_small_number_is_no_choice(service: Service, phone: Phone) -> None:
    open_records(phone)
    press_sale = phone.choose("Sale")
    assert "\n1 " not in press_sale
    press(phone, "200 kg", "240000")
    (row,) = rows(service)
    assert (row.quantity, row.unit, row.kg) == (200, "kg", 200)


def test_a_sale_cut_before_its_money_is_finished_from_the_menu(service: Service, phone: Phone) -> None:
    open_records(phone)
    phone.choose("Sale")
    press(phone, "3")
    phone.hang_up()
    assert "1 Finish: 3 bags maize sold" in open_records(phone)
    assert press(phone, "1").startswith("maize, 3 bags: how much money")
    press(phone, "300000")
    (row,) = rows(service)
    assert row.amount == 300_000
    assert "Finish" not in open_records(phone)


@pytest.mark.parametrize("cut", [1, 2])
def test_a_call_cut_before_the_last_answer_keeps_nothing_half(service: Service, phone: Phone, cut: int) -> None:
    open_records(phone)
    for label in ("Money spent", "Seed")[:cut]:
        phone.choose(label)
    phone.hang_up()
    open_records(phone)
    assert rows(service) == []
    phone.choose("Money spent")
    phone.choose("Seed")
    press(phone, "20000")
    phone.hang_up()
    assert "spent 20,000" in open_season(phone)


def open_season(phone: Phone) -> str:
    open_records(phone)
    return phone.choose("My season")


@pytest.mark.parametrize("typed", BAD)
def test_what_is_no_amount_is_asked_again_and_nothing_is_kept(service: Service, phone: Phone, typed: str) -> None:
    open_records(phone)
    phone.choose("Money spent")
    phone.choose("Seed")
    if typed != "0":  # "0" goes back, as everywhere
        assert press(phone, typed).startswith("Type shillings in figures, like 50000.")
    open_records(phone)
    phone.choose("Harvest")
    phone.choose("Bags")
    if typed != "0":
        assert press(phone, typed).startswith("Type a number, like 8 or 2.5.")
    open_records(phone)
    phone.choose("Sale")
    if typed != "0":
        assert press(phone, typed).startswith("Type a number, like 8 or 2.5.")
    assert rows(service) == []
    assert texts_sent(service) == []


def test_a_mistake_is_put_right_by_a_new_row_at_once(service: Service, phone: Phone) -> None:
    open_records(phone)
    phone.choose("Money spent")
    phone.choose("Seed")
    press(phone, "500000")
    phone.choose("Put it right")
    assert "spent 50,000," in press(phone, "50000")
    phone.choose("Put it right")
    assert "spent 40,000," in press(phone, "40000")
    first, second, third = sorted(rows(service), key=lambda row: -(row.amount or 0))
    assert [row.replaced for row in (first, second, third)] == [True, True, False]
    assert (second.replaces, third.replaces) == (first.id, second.id)


def test_a_sale_is_put_right_as_a_whole(service: Service, phone: Phone) -> None:
    open_records(phone)
    phone.choose("Sale")
    press(phone, "3", "300000")
    phone.choose("Put it right")
    press(phone, "4", "380000")
    assert "sold 380,000" in phone.screen
    assert {(row.quantity, row.amount, row.replaced) for row in rows(service)} == {(3, 300_000, True), (4, 380_000, False)}


def test_another_crop_has_its_own_records(service: Service, phone: Phone) -> None:
    open_records(phone)
    phone.choose("Another crop")
    assert phone.choose("Beans").startswith("My records: beans")
    phone.choose("Harvest")
    phone.choose("Debes")
    press(phone, "2")
    assert (rows(service)[0].crop, rows(service)[0].kg) == ("beans", 34)


def test_the_season_before_can_be_heard(service: Service, phone: Phone) -> None:
    with db.transaction(service.sessions) as session:
        entry = records.Entry(records.COST, "maize", "UGX", date(2025, 10, 1), what="seed", amount=70_000)
        records.note(session, service.farmer().id, entry, service.now)
    assert open_season(phone).startswith("Maize 2026A: nothing noted yet.")
    assert phone.choose("The season before").startswith("Maize 2025B: sold 0, spent 70,000")


@pytest.mark.parametrize("use", ["shared", "neighbour"])
def test_no_sum_is_texted_to_a_phone_that_others_read(service: Service, use: str) -> None:
    other = Phone(service, "+256772123499")
    enrol(service, other.number, ("maize",), phone_use=use)
    open_records(other)
    other.choose("Sale")
    assert "sold 300,000" in press(other, "3", "300000")
    assert texts_sent(service) == []


def test_nobody_opens_the_record_of_another_by_a_place_on_the_trail(service: Service, phone: Phone) -> None:
    other = Phone(service, "+256772123499")
    enrol(service, other.number, ("maize",))
    open_records(other)
    other.choose("Sale")
    press(other, "3")
    assert "Finish" not in open_records(phone)


def deliver(service: Service, now: datetime) -> Receipt:
    with db.transaction(service.sessions) as session:
        group = organisations.add(session, "cooperative", "Rwenturo Dairy & Matooke", "RWENTURO", now)
        farmer = service.farmer()
        organisations.join(session, farmer.id, group.id, date(2026, 1, 1))
        delivery = Delivery("beans", date(2026, 3, 12), Decimal(296), Decimal(3000), "UGX", fee=14_800, pays_on=date(2026, 3, 14))
        return receipts.issue(session, group.id, farmer.id, delivery, "n", "account:c", now, Voice(SETTINGS.zone, SETTINGS.ussd_code))


def test_a_receipt_is_read_and_confirmed(service: Service, phone: Phone, now: datetime) -> None:
    receipt = deliver(service, now)
    open_records(phone)
    phone.choose("My receipts")
    phone.choose("12 Mar: 873,200")
    assert f"{receipts.code(receipt)}, Rwenturo Dairy & Matooke 12 Mar: Beans 296kg x 3,000 = 888,000" in phone.screen
    phone.choose("It is right")
    assert phone.screen.startswith(f"Thank you. You and your group hold receipt {receipts.code(receipt)}.")
    with db.reading(service.sessions) as session:
        assert session.scalars(select(Receipt.state)).one() == "confirmed"


def test_a_receipt_is_disputed_with_a_reason_and_says_so_afterwards(service: Service, phone: Phone, now: datetime) -> None:
    deliver(service, now)
    open_records(phone)
    phone.choose("My receipts")
    phone.choose("12 Mar: 873,200")
    phone.choose("It is wrong")
    assert phone.choose("What was taken off").startswith("Noted. People outside your group look at receipt")
    phone.choose("My receipts")
    phone.choose("12 Mar: 873,200")
    while "98" in phone.screen and "You said" not in phone.screen:
        press(phone, "98")
    with db.reading(service.sessions) as session:
        assert session.execute(select(Receipt.state, Receipt.dispute)).one() == ("disputed", "fees")


def test_who_has_no_receipt_is_told_where_they_come_from(phone: Phone) -> None:
    open_records(phone)
    assert phone.choose("My receipts").startswith("No receipt yet.")


@pytest.mark.parametrize("language", [one.code for one in languages.offered()])
def test_the_text_of_a_season_is_one_part_with_the_largest_sums(service: Service, language: str, now: datetime) -> None:
    other = Phone(service, "+256772123499")
    farmer = enrol(service, other.number, ("sweet_potato",))
    with db.transaction(service.sessions) as session:
        farmers.answer(session, farmers.get(session, farmer.id), "language", language, now)
        for entry in (
            records.Entry(records.COST, "sweet_potato", "UGX", now.date(), what="seed", amount=500_000_000),
            records.Entry(records.HARVEST, "sweet_potato", "UGX", now.date(), quantity=Decimal("99999.75"), unit="bag"),
        ):
            records.note(session, farmer.id, entry, now)
    other.dial("*284*55*3*3#")
    press(other, "1.25", "120000000")
    (body,) = texts_sent(service)
    assert "120,000,000" in body
    assert gsm.fits(body, 160), body
