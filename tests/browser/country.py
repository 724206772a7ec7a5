"""The sample country with something in every room: a broadcast half sent and one that waits, receipts, records, keys, looks."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from content import broadcasts
from content.broadcasts import Words
from content.models import Broadcast, Template
from core import clock
from jobs.prove import prove
from jobs.runtime import Runtime
from linkage import receipts
from linkage.deliveries import Delivery
from linkage.models import Application, Disclosure, Offer, Receipt
from linkage.receipts import Voice
from messaging import pauses, route_book, settle, switches
from messaging.classes import MessageClass
from messaging.flow_models import Pace
from messaging.models import Batch, Message
from messaging.route_book import Terms
from profiles import organisations, records
from profiles.audiences import Audience
from profiles.models import Organisation
from profiles.records import Entry
from service import demo_accounts
from service.accounts import keys, people
from service.commands import demo
from tests import builders

BODY = "The store opens on Tuesday at 8. Bring dry maize in clean bags."


@dataclass(frozen=True, slots=True)
class Country:
    """`rooms`: for whom → the addresses that they look at."""

    runtime: Runtime
    rooms: dict[str, tuple[str, ...]]


def build(runtime: Runtime) -> Country:
    """Nothing is sent: the gateway is held, so that what is on its way stays so."""
    demo.run(runtime, lambda line: None)
    with runtime.transaction() as session:
        switches.turn_off(session, switches.SENDING, "a look at the pages", "test", runtime.now())
        group = _group(session)
        _deliver(session, group, runtime)
        _write(session, group, runtime)
        _let_in(session, runtime)
        _operate(session, runtime)
    builders.settle(runtime)
    prove(runtime)
    with runtime.reading() as session:
        return Country(runtime, {"admin": _admins(session), "coop": _coops(session), "partner": _partners(session)})


def _group(session: Session) -> Organisation:
    account = people.by_email(session, "coop@example.org")
    assert account is not None
    assert account.organisation_id is not None
    return organisations.get(session, account.organisation_id)


def _deliver(session: Session, group: Organisation, runtime: Runtime) -> None:
    """Receipts of some members, one disputed; costs and a harvest that they noted."""
    now, zone = runtime.now(), runtime.settings.zone
    today, voice = clock.day(now, zone), Voice(zone, runtime.settings.ussd_code)
    for number, member in enumerate([one for one in organisations.members(session, group.id, today) if one.phone][:5]):
        delivery = Delivery(
            "maize", today, Decimal(296) + number, Decimal(1050), "UGX", 14_800, 8_000, Decimal(297), Decimal("13.5"), today
        )
        receipt = receipts.issue(session, group.id, member.id, delivery, f"look-{number}", "test", now, voice)
        records.note(session, member.id, Entry(records.COST, "maize", "UGX", today, what="seed", amount=40_000), now)
    receipts.dispute(session, receipt.id, member.id, "weight", now)


def _write(session: Session, group: Organisation, runtime: Runtime) -> None:
    """One broadcast waits for a second person, another is on its way."""
    now, settings = runtime.now(), runtime.settings
    for nonce, body in (("a", f"{BODY} Fee 500 shillings a bag."), ("b", BODY)):
        words = Words(group, body, Audience(), nonce)
        made = broadcasts.launch(session, words, settings.ussd_code, "account:author", now, settings.zone)
    if made.state == broadcasts.WAITING:
        broadcasts.approve(session, made, "account:second", now, settings.zone)


def _let_in(session: Session, runtime: Runtime) -> None:
    """A key in use, one that was ended."""
    partner = people.by_email(session, demo_accounts.PARTNER)
    assert partner is not None
    assert partner.organisation_id is not None
    pepper = runtime.settings.secret_key.get_secret_value()
    for product in ("seed-loan", "old-loan"):
        made = (partner.organisation_id, tuple(keys.SCOPES), "test", runtime.now(), pepper)
        whole = keys.create(session, *made, product=product, purpose="credit")
    keys.seen(session, whole[:16], runtime.now() - timedelta(hours=2))
    keys.revoke(session, whole[:16], "test", runtime.now())


def _operate(session: Session, runtime: Runtime) -> None:
    """A notice whose answer never came, a gateway held back, a route of its own for one operator, one that delivers late."""
    now, gateways = runtime.now(), tuple(runtime.gateways)
    body = "Your delivery of 296 kg is noted. You are owed UGX 310,800."
    batch_id = builders.text(session, runtime, "+256772999001", body, MessageClass.NOTICE)
    settle.end(session, session.get_one(Batch, batch_id), {}, {}, gateways[0], now)
    pauses.pause(session, f"gateway:{gateways[0]}", "its people say that deliveries are late", "test", now, now + timedelta(days=1))
    route_book.add(session, gateways, (gateways[0], "airtel"), Terms(rank=2, per_second=40, calls=4, price=Decimal("32.5")), "test", now)
    session.add(Pace(gateway=gateways[0], operator="mtn", weight=70, seen=40, slow=9, at=now))


def _admins(session: Session) -> tuple[str, ...]:
    broadcast = session.scalars(select(Broadcast).where(Broadcast.state != "waiting", Broadcast.organisation_id.is_not(None))).first()
    template, batch = session.scalars(select(Template)).first(), session.scalars(select(Batch).order_by(Batch.id)).first()
    receipt = session.scalars(select(Receipt).where(Receipt.state == "disputed")).one()
    silent = session.scalars(select(Message).where(Message.fate == "unconfirmed")).one()
    assert broadcast
    assert template
    assert batch
    return (
        *("/", "/figures", "/farmers", f"/farmers/{receipt.farmer_id}", "/farmers/new", "/receipts", f"/receipts/{receipt.id}"),
        *(
            "/members",
            f"/members/{receipt.organisation_id}",
            "/desk",
            f"/desk/{broadcast.id}",
            "/offers",
            "/applications",
            "/looks",
            "/keys",
        ),
        *(
            "/messages",
            f"/messages/{batch.id}",
            "/campaigns",
            "/templates",
            f"/templates/{template.id}",
            f"/templates/{template.id}/history",
        ),
        *("/queue", "/routes", "/routes/new", "/routes/simulator/airtel", "/unconfirmed", f"/unconfirmed/{silent.batch_id}/0/again"),
        *("/budgets", "/proof", "/jobs"),
        *("/prices/held", "/wording", "/accounts", "/prices", "/about", "/phone"),
    )


def _coops(session: Session) -> tuple[str, ...]:
    group, waits = _group(session), session.scalars(select(Broadcast).where(Broadcast.state == "waiting")).first()
    sent = session.scalars(select(Broadcast).where(Broadcast.state != "waiting", Broadcast.organisation_id.is_not(None))).first()
    assert waits
    assert sent
    return (
        *("/", f"/members/{group.id}", f"/members/{group.id}/list", "/desk", f"/desk/{waits.id}", f"/desk/{sent.id}", "/desk/new"),
        *("/receipts", "/receipts/new", "/figures", "/offers", "/offers/new", "/offers/new?kind=purchase", "/applications", "/looks"),
    )


def _partners(session: Session) -> tuple[str, ...]:
    looked = session.scalars(select(Disclosure)).first()
    assert looked
    rows = session.scalars(select(Application).where(Application.state.in_(("accepted", "approved", "withdrawn")))).all()
    offer = session.get_one(Offer, rows[0].offer_id)
    pages = {row.state: f"/applications/{row.id}" for row in rows}
    return (
        "/",
        "/offers",
        "/offers/new",
        f"/offers/{offer.id}",
        f"/offers/new?like={offer.id}",
        "/applications",
        *pages.values(),
        "/looks",
        "/keys",
    )
