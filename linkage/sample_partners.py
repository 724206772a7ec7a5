"""Partners of the sample country and what they offer: all invented. What the law forbids is refused here as anywhere."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import clock
from core.errors import Unusable
from linkage import offers
from linkage.eligibility import Criteria
from linkage.offers import NewOffer
from profiles import organisations
from profiles.models import Organisation

ACTOR = "sample"
OPEN_DAYS = 30


@dataclass(frozen=True, slots=True)
class Sample:
    """A partner with its one offer. Days in `terms` are counted from today: "+150"."""

    code: str
    name: str
    kind: str
    licence: str | None
    offer: str
    product: str
    title: str
    terms: dict[str, Any]
    criteria: Criteria = field(default_factory=Criteria)


SAMPLES = (
    Sample(
        *("KIGANDA", "Kiganda Growers SACCO", "savings_group", "UMRA/SACCO/sample-1", "loan", "seed-loan", "Kiganda seed loan"),
        {"amount": 200_000, "rate": "2", "fee": 0, "months": 5, "instalments": 1, "due": "+180", "late": 4_000},
        Criteria(crops=("maize", "beans")),
    ),
    Sample(
        *("MAZIMA", "Mazima Farm Credit", "lender", "UMRA/sample-2", "loan", "input-loan", "Mazima input loan"),
        {"amount": 300_000, "rate": "2.6", "fee": 9_000, "months": 6, "instalments": 1, "due": "+210", "late": 8_000},
        Criteria(crops=("coffee", "maize")),
    ),
    Sample(
        *("SANYUQ", "Sanyu Quick Cash", "lender", None, "loan", "quick-cash", "Quick cash"),
        {"amount": 100_000, "rate": "10", "fee": 5_000, "months": 2, "instalments": 1, "due": "+90", "late": 15_000},
    ),
    Sample(
        *("NKUBA", "Nkuba Index Cover", "insurer", "IRA/sample-3", "cover", "rain-cover", "Rain cover"),
        {
            "premium": 12_000,
            "own_part": 6_000,
            "payer": "the sample project",
            "sum_insured": 120_000,
            "starts": "+35",
            "ends": "+125",
            "measures": "rain",
        },
        Criteria(crops=("maize", "beans", "sorghum")),
    ),
    Sample(
        *("TUGULE", "Tugule Grain Buyers", "buyer", None, "purchase", "beans-cash", "Beans for cash"),
        {"price": 3_000, "form": "dry clean beans", "place": "Mityana", "pays_in": 0, "rejects": "wet beans"},
        Criteria(crops=("beans",)),
    ),
)


@dataclass(frozen=True, slots=True)
class Made:
    """What there is now, and the reasons for which publishing was refused."""

    partners: int
    published: int
    refused: dict[str, str]


def seed(session: Session, now: datetime, zone: ZoneInfo) -> Made:
    """Put in what is missing. A second run changes nothing."""
    published, refused = 0, {}
    for one in SAMPLES:
        organisation = _organisation(session, one, now)
        offer = next(iter(offers.of(session, organisation.id)), None) or _draft(session, organisation, one, now, zone)
        if offer.state == offers.DRAFT:
            try:
                offers.publish(session, offer.id, organisation.id, ACTOR, now, clock.day(now, zone))
            except Unusable as why:
                refused[one.name] = why.key
        published += offer.state == offers.PUBLISHED
    return Made(len(SAMPLES), published, refused)


def _organisation(session: Session, one: Sample, now: datetime) -> Organisation:
    known = session.scalars(select(Organisation).where(Organisation.code == one.code)).one_or_none()
    if known is None:
        known = organisations.add(session, one.kind, one.name, one.code, now, sample=True)
        known.licence = one.licence
        session.flush()
    return known


def _draft(session: Session, organisation: Organisation, one: Sample, now: datetime, zone: ZoneInfo) -> Any:
    today = clock.day(now, zone)
    terms = {name: _dated(value, today) for name, value in one.terms.items()}
    closes = today + timedelta(days=OPEN_DAYS)
    new = NewOffer(one.offer, one.product, one.title, terms, one.criteria, today, closes, capacity=200)
    return offers.draft(session, organisation.id, new, ACTOR, now)


def _dated(value: Any, today: date) -> Any:
    return str(today + timedelta(days=int(value))) if isinstance(value, str) and value.startswith("+") else value
