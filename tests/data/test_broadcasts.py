"""A broadcast by hand: to an organisation's own members, what was shown before is what goes, once, and it halts when told to."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content import broadcast_figures, broadcast_words, broadcasts
from content.broadcasts import Words
from content.models import Broadcast, TemplateVersion
from core.errors import Conflict, Forbidden, NotFound, Unusable
from jobs import dispatch, plan
from jobs.runtime import Runtime
from messaging import claims, suppressions
from messaging.gateway import Fate, Handed
from messaging.models import Batch, Message
from profiles import consent, organisations
from profiles.audiences import Audience
from profiles.models import Farmer, Organisation
from tests.builders import Remembering, district, farmer, phone, runtime, settle

USSD, ZONE = "*284*55#", ZoneInfo("Africa/Kampala")
BODY = "The store opens on Tuesday at 8. Bring dry maize in clean bags."


def group(session: Session, now: datetime, members: int, first: int = 1, code: str = "KASOLO") -> Organisation:
    made = organisations.add(session, "cooperative", f"{code.title()} Grain Pool", code, now)
    for number in range(first, first + members):
        organisations.join(session, farmer(session, now, number).id, made.id, now.date())
    return made


def words(organisation: Organisation, nonce: str = "n1", body: str = BODY, audience: Audience | None = None) -> Words:
    return Words(organisation, body, audience or Audience(), nonce)


def launched(house: Runtime, organisation: Organisation, by: str = "account:a", **rest: object) -> Broadcast:
    with house.transaction() as session:
        return broadcasts.launch(session, words(organisation, **rest), USSD, by, house.now(), house.settings.zone)  # type: ignore[arg-type]


def progress(house: Runtime) -> broadcast_figures.Progress:
    with house.reading() as session:
        return broadcast_figures.progress(session, session.scalars(select(Broadcast)).one())


def test_it_goes_to_its_own_consenting_members_only(url: str, now: datetime) -> None:
    house = runtime(url, now)
    with house.transaction() as session:
        ours = group(session, now, 3)
        group(session, now, 2, first=10, code="OTHER")
        farmer(session, now, 20)
        organisations.join(session, farmer(session, now, 21, agreed=False).id, ours.id, now.date())
        gone = farmer(session, now, 22)
        organisations.join(session, gone.id, ours.id, now.date())
        organisations.leave(session, gone.id, ours.id, now.date())
        other = str(organisations.by_code(session, "OTHER").id)
    launched(house, ours, audience=Audience(group=other))
    settle(house)
    assert house.gateway.handed == {phone(number): 1 for number in (1, 2, 3)}
    assert {body for _, body in house.gateway.bodies} == {f"Kasolo Grain Pool: {BODY} {USSD}"}


def test_what_was_counted_before_is_what_is_planned_and_sent(url: str, now: datetime) -> None:
    house = runtime(url, now)
    with house.transaction() as session:
        ours = group(session, now, 6)
        farmer(session, now, 7)
        twin = farmer(session, now, 1, name="Twin")
        organisations.join(session, twin.id, ours.id, now.date())
        airtel = farmer(session, now, 8, phone="+256701000008")
        organisations.join(session, airtel.id, ours.id, now.date(), "leader")
        suppressions.stop(session, phone(2), "sms", now)
    with house.reading() as session:
        reach = broadcast_figures.reach(session, broadcasts.own(Audience(), ours), "hello", now)
    assert (reach.phones, reach.stopped, reach.going, len(reach.samples)) == (7, 1, 6, 5)
    assert {share.operator: (share.phones, share.cost) for share in reach.shares} == {"MTN UG": (5, 175), "Airtel UG": (1, 35)}
    launched(house, ours)
    settle(house)
    assert sum(house.gateway.handed.values()) == reach.going
    done = progress(house)
    assert (done.planned, done.sent, done.waiting, done.held, done.percent) == (7, 6, 0, 1, 100)
    assert done.reasons[("suppressed", "stop")] == 1


def test_crop_place_and_role_narrow_it(session: Session, now: datetime) -> None:
    ours = group(session, now, 2)
    district(session, "Gulu", id=2, latitude=2.8, longitude=32.3)
    for number, facts, role in ((3, {"crops": ("beans",)}, "member"), (4, {"district_id": 2}, "member"), (5, {}, "leader")):
        organisations.join(session, farmer(session, now, number, **facts).id, ours.id, now.date(), role)

    def found(**about: object) -> Sequence[str]:
        return broadcast_figures.phones(session, broadcasts.own(Audience(**about), ours), now)  # type: ignore[arg-type]

    assert found(crops=("beans",)) == [phone(3)]
    assert found(districts=(2,)) == [phone(4)]
    assert found(role="leader") == [phone(5)]
    assert len(found()) == 5
    assert found(role="agent") == []


def test_stop_halts_one_under_way_and_resume_sends_the_rest_once(url: str, now: datetime) -> None:
    house = runtime(url, now, batch_size=1)
    with house.transaction() as session:
        ours = group(session, now, 9)
    launched(house, ours)
    plan.plan(house)
    with house.transaction() as session:
        first, second = claims.claim(session, "test", 2, house.now())
    dispatch.send_one(dispatch.Board(house), first, "test", until=0.0)
    with house.transaction() as session:
        broadcasts.stop(session, broadcasts.get(session, session.scalars(select(Broadcast.id)).one(), ours.id, lock=True), "a", house.now())
    dispatch.send_one(dispatch.Board(house), second, "test", until=0.0)  # claimed before the stop, marked after it
    settle(house)
    assert sum(house.gateway.handed.values()) == 1
    halted = progress(house)
    assert (halted.planned, halted.sent, halted.waiting) == (9, 1, 8)
    with house.transaction() as session:
        broadcasts.resume(session, session.scalars(select(Broadcast)).one(), "a", house.now())
    settle(house)
    assert house.gateway.handed == {phone(number): 1 for number in range(1, 10)}
    with house.reading() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 9
        assert session.scalars(select(Broadcast.state)).one() == "planned"


def test_stopped_before_it_is_planned_it_plans_nothing_until_resumed(url: str, now: datetime) -> None:
    house = runtime(url, now)
    with house.transaction() as session:
        ours = group(session, now, 2)
    made = launched(house, ours)
    with house.transaction() as session:
        broadcasts.stop(session, broadcasts.get(session, made.id, None, lock=True), "a", now)
    settle(house)
    with house.reading() as session:
        assert session.scalar(select(func.count()).select_from(Batch)) == 0
    with house.transaction() as session:
        broadcasts.resume(session, broadcasts.get(session, made.id, None, lock=True), "a", now)
    settle(house)
    assert sum(house.gateway.handed.values()) == 2


def test_its_time_over_it_cannot_be_resumed(session: Session, now: datetime) -> None:
    ours = group(session, now, 1)
    made = broadcasts.launch(session, words(ours), USSD, "a", now, ZONE)
    broadcasts.stop(session, made, "a", now)
    with pytest.raises(Conflict):
        broadcasts.resume(session, made, "a", made.valid_until)


def test_ten_sends_of_one_form_at_once_make_one_broadcast(url: str, now: datetime) -> None:
    house = runtime(url, now)
    with house.transaction() as session:
        ours = group(session, now, 3)
    with ThreadPoolExecutor(10) as pool:
        made = list(pool.map(lambda _: launched(house, ours).id, range(10)))
    assert len(set(made)) == 1
    settle(house)
    assert house.gateway.handed == {phone(number): 1 for number in (1, 2, 3)}
    with house.reading() as session:
        assert session.scalar(select(func.count()).select_from(TemplateVersion)) == 1


def test_a_form_of_another_organisation_is_refused(session: Session, now: datetime) -> None:
    ours, theirs = group(session, now, 1), group(session, now, 1, first=5, code="OTHER")
    made = broadcasts.launch(session, words(ours), USSD, "a", now, ZONE)
    with pytest.raises(Conflict):
        broadcasts.launch(session, words(theirs), USSD, "b", now, ZONE)
    with pytest.raises(NotFound):
        broadcasts.get(session, made.id, theirs.id)


def test_money_or_many_wait_for_a_second_person_who_is_not_the_author(url: str, now: datetime) -> None:
    house = runtime(url, now)
    with house.transaction() as session:
        ours = group(session, now, 3)
        large = group(session, now, broadcasts.ALONE + 1, first=100, code="LARGE")
    about_money = launched(house, ours, by="account:a", body="Your payment is ready at the office on Tuesday.")
    many = launched(house, large, by="account:a", nonce="n2")
    settle(house)
    assert (about_money.state, many.state, sum(house.gateway.handed.values())) == ("waiting", "waiting", 0)
    with house.transaction() as session, pytest.raises(Forbidden):
        broadcasts.approve(session, broadcasts.get(session, many.id, large.id), "account:a", now, house.settings.zone)
    with house.transaction() as session:
        broadcasts.approve(session, broadcasts.get(session, many.id, large.id, lock=True), "account:b", now, house.settings.zone)
        broadcasts.refuse(session, broadcasts.get(session, about_money.id, ours.id, lock=True), "account:b", now)
    settle(house)
    assert sum(house.gateway.handed.values()) == broadcasts.ALONE + 1
    with house.transaction() as session, pytest.raises(Conflict):
        broadcasts.approve(session, broadcasts.get(session, about_money.id, ours.id), "account:b", now, house.settings.zone)


def test_a_consent_withdrawn_after_the_launch_is_heeded(url: str, now: datetime) -> None:
    house = runtime(url, now)
    with house.transaction() as session:
        ours = group(session, now, 2)
    launched(house, ours)
    plan.plan(house)
    with house.transaction() as session:
        one = session.scalars(select(Farmer).where(Farmer.phone == phone(1))).one()
        consent.withdraw(session, one.id, consent.SERVICE, now)
    settle(house)
    assert house.gateway.handed == {phone(2): 1}
    assert progress(house).reasons[("suppressed", "consent")] == 1


def test_a_text_that_is_tried_again_is_counted_once(url: str, now: datetime) -> None:
    house = runtime(url, now, gateway=Remembering({phone(1): Handed(phone(1), Fate.NOT_SENT)}))  # type: ignore[arg-type]
    with house.transaction() as session:
        ours = group(session, now, 2)
    launched(house, ours)
    settle(house)
    first = progress(house)
    assert (first.planned, first.sent, first.waiting, first.held) == (2, 1, 1, 0)


def test_nobody_to_send_to_is_said(session: Session, now: datetime) -> None:
    ours = group(session, now, 0)
    with pytest.raises(Unusable, match="nobody"):
        broadcasts.launch(session, words(ours), USSD, "a", now, ZONE)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "See www.win.example today",
        "See https://x.y/z for more",
        "Look at prices.co.ug for more",
        "bit . ly slash abc is good",
        "Write to me at grace@mail",
        "Call 0772 123456 for seed",
        "Call 0772-123-456 for seed",
        "Call O772 l23 456 for seed",
        "Call +256 772 123 456 for seed",
        "Dial *165*3# to be paid",
        "Dial *284*5# for seed",
        "Hello ((name)), come",
        "Come \U0001f600 on Tuesday",
        "word " * 40,
    ],
)
def test_what_may_not_be_sent_is_refused_with_what_to_do(body: str) -> None:
    assert broadcast_words.faults("Kasolo Grain Pool", body, USSD) != []


@pytest.mark.parametrize(
    "body",
    [
        BODY,
        "Olukungana lwa Bbalaza 12/03/2026 ku ssaawa 4.",
        "We bought 2,500,000 kg since 2019. Thank you.",
        "Dial *284*55*3# to say what you bring",
        "Ekirime kyo ŋŋŋ kirungi: “jangu” enkya",
        "Come on Tuesday.Bring bags",
    ],
)
def test_what_may_be_sent_is_let_through(body: str) -> None:
    assert broadcast_words.faults("Kasolo Grain Pool", body, USSD) == []


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Never tell your P.I.N to us", True),
        ("Send money to the office", True),
        ("Sindika ssente ku ofiisi", True),
        ("Oyoherereze esente", True),
        ("Shipping of spinning machines on Tuesday", False),
        (BODY, False),
    ],
)
def test_words_of_money_and_secrets_are_seen(body: str, found: bool) -> None:
    assert bool(broadcast_words.sensitive(body)) is found
