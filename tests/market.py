"""The market as tests begin with it: a lender, a buyer, offers, a farmer whom they fit, a key."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from core import clock
from core.settings import Settings
from linkage import applications, credit, offers, requests
from linkage.credit import FIELDS, Asker
from linkage.eligibility import Criteria
from linkage.models import Offer
from linkage.offers import NewOffer
from profiles import farmers, organisations
from profiles.models import Farmer, Organisation
from tests import builders

SETTINGS = Settings(_env_file=None)
ZONE, USSD = SETTINGS.zone, SETTINGS.ussd_code
LOAN = {"amount": 200_000, "rate": "2", "fee": 0, "months": 5, "instalments": 1, "due": "2026-08-30", "late": 4_000}
COVER = {
    "premium": 12_000,
    "own_part": 6_000,
    "payer": "the project",
    "sum_insured": 120_000,
    "starts": "2026-05-01",
    "ends": "2026-07-31",
    "measures": "rain",
}
PURCHASE = {"price": 3_000, "form": "dry clean beans", "place": "Mityana", "pays_in": 0, "rejects": "wet beans"}
TERMS: dict[str, Mapping[str, Any]] = {"loan": LOAN, "cover": COVER, "purchase": PURCHASE}
KINDS = {"loan": "lender", "cover": "insurer", "purchase": "buyer"}


def partner(
    session: Session,
    now: datetime,
    kind: str = "lender",
    code: str = "KIGANDA",
    licence: str | None = "UMRA/1",
    name: str = "Kiganda SACCO",
) -> Organisation:
    made = organisations.add(session, kind, name, code, now)
    made.licence = licence
    session.flush()
    return made


def new(now: datetime, kind: str = "loan", criteria: Criteria | None = None, **values: Any) -> NewOffer:
    day = clock.day(now, ZONE)
    facts: dict[str, Any] = {"title": "Seed loan", "product": "input-2026A", "terms": TERMS[kind], "opens_on": day}
    facts |= {"closes_on": day + timedelta(days=30), "criteria": criteria or Criteria(crops=("maize",))}
    return NewOffer(kind=kind, **{**facts, **values})


def published(session: Session, by: Organisation, now: datetime, kind: str = "loan", **values: Any) -> Offer:
    made = offers.draft(session, by.id, new(now, kind, **values), "test", now)
    return offers.publish(session, made.id, by.id, "test", now, clock.day(now, ZONE))


def farmer(session: Session, now: datetime, number: int = 1, **facts: Any) -> Farmer:
    """Grown up, with a phone of her own."""
    return builders.farmer(session, now, number, **{"born": 1986, "sex": "f", "phone_use": "own", "name": "Sarah", **facts})


def asker(by: Organisation, product: str = "input-2026A", purpose: str = "credit") -> Asker:
    return Asker("pk_live_test0001", by.id, product, purpose)


def busy(session: Session, now: datetime, language: str, phone: str, name: str, place_id: int, crop: str) -> Farmer:
    """Somebody with everything that the market's screens can show, with names as long as they may be."""
    long = "Bukomansimbi Farmers' SACCO Ltd"
    known = farmer(session, now, phone=phone, name=name, language=language, district_id=place_id, crops=(crop,))
    farmers.answer(session, known, "registration", None, now)
    lender, other = partner(session, now, name=long), partner(session, now, "lender", "OTHER", name=long)
    partner(session, now, "insurer", "NKUBA", "IRA/SAMPLE-12345", long)
    title = "W" * 30
    fits = Criteria(crops=(crop,))
    terms = {**LOAN, "amount": 1_200_000, "months": 12, "instalments": 12, "due": "2027-03-30"}
    published(session, lender, now, title=title, terms=terms, criteria=fits)
    taken = published(session, lender, now, title=title, terms=terms, criteria=fits)
    published(session, other, now, title=title, criteria=Criteria(districts=(place_id + 1,), sex="m", records=5, land=("over_5",)))
    applications.accept(session, known.id, taken, "shown", "ussd", now, clock.day(now, ZONE))
    for number, by in enumerate((lender, other)):
        requests.ask(session, asker(by), farmers.code(known), FIELDS, 90, now, ZONE, USSD)
        if number == 0:
            wish = requests.waiting(session, known.id, now)[0]
            requests.grant(session, wish, known, "test", now, ZONE, USSD)
            credit.pull(session, asker(by), farmers.code(known), now, ZONE, USSD)
    return known
