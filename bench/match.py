"""Matching a million farmers with 200 offers, stored with reasons, against the plain double loop over objects on a part of them.

Both answer the same question; their answers are compared on the part.
"""

import random
import resource
from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from bench import country
from bench.country import NOW, timed
from core import clock, db
from core.db import Base, new_id
from core.settings import Settings
from jobs.match import RANGE
from linkage import eligibility, matching
from linkage.eligibility import Criteria
from linkage.models import Match, Offer
from profiles.models import Farmer, Organisation, Plot, Record

OFFERS, PART = 200, 2_000
# Where the plain loop keeps its answers: a row for each farmer and offer, as one would write it first.
ONE_BY_ONE = """CREATE TABLE one_by_one (offer_id uuid NOT NULL REFERENCES offers, farmer_id uuid NOT NULL REFERENCES farmers,
reasons text[] NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (offer_id, farmer_id))"""
CROPS = ("maize", "beans", "coffee", "matooke", "cassava", "groundnut", "sorghum", "rice")
DAY = clock.day(NOW, Settings(_env_file=None).zone)


class Rows(DeclarativeBase):
    type_annotation_map = Base.type_annotation_map


class OneByOne(Rows):
    __tablename__ = "one_by_one"

    offer_id: Mapped[UUID] = mapped_column(primary_key=True)
    farmer_id: Mapped[UUID] = mapped_column(primary_key=True)
    reasons: Mapped[list[str]]
    at: Mapped[datetime]


def run(farmers: int) -> None:
    """Ten times as many farmers as the others are given: a million where nothing is said."""
    count, took = farmers * 10, dict[str, float]()
    with country.database("postgresql") as url:
        sessions = country.people(url, count)
        vary(sessions)
        offer_ids = offers(sessions)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with timed(took, "match"):
            looked = match(sessions)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert looked == count, (looked, count)
        with db.transaction(sessions) as session:
            stored, masked = sum(matching.counts(session, offer_ids).values()), found(session)
            with timed(took, "loop"):
                plain = double_loop(session, offer_ids)
            assert plain == masked, "the masks and the plain loop disagree"
        sessions.kw["bind"].dispose()
    country.line(f"match {count:,} farmers x {OFFERS} offers, {stored:,} matches stored", count / took["match"], "farmers/s")
    country.line(f"the double loop over objects, on {PART:,} of them", PART / took["loop"], "farmers/s")
    country.line("matching / the double loop (first: 30, then: 200)", took["loop"] / PART / (took["match"] / count), "×")
    country.line("memory that matching took beside what was there", grown / 1024, "MiB")


def vary(sessions: sessionmaker[Session]) -> None:
    """Sex, age, crop and land, spread by the farmer's number."""
    with db.transaction(sessions) as session:
        session.execute(text("UPDATE farmers SET sex = (ARRAY['f','m'])[1 + number % 2], born = 1940 + number % 75"))
        kinds = "(ARRAY['maize','beans','coffee','matooke','cassava','groundnut','sorghum','rice'])"
        bands = "(ARRAY['under_half','half_to_1','1_to_2','2_to_5','over_5'])"
        varied = (
            f"UPDATE plots SET crop = {kinds}[1 + number % 8], land = {bands}[1 + number % 5] FROM farmers WHERE farmers.id = farmer_id"
        )
        session.execute(text(varied))


def offers(sessions: sessionmaker[Session]) -> list[UUID]:
    """200 offers, each for a few crops, districts and a size of land."""
    rng, ids = random.Random(2026), [new_id(NOW) for _ in range(OFFERS)]
    with db.transaction(sessions) as session:
        lender = Organisation(id=new_id(NOW), kind="lender", name="Bench", code="BENCH", sample=True, created_at=NOW)
        session.add(lender)
        session.flush()
        for number, offer_id in enumerate(ids):
            wanted = Criteria(
                crops=tuple(rng.sample(CROPS, 2)),
                districts=tuple(rng.sample(range(1, country.DISTRICTS + 1), 15)),
                land=tuple(rng.sample(eligibility.LAND, 2)) if number % 2 else (),
                sex="f" if number % 5 == 0 else None,
                adult=True,
            )
            row = {"product": "p", "title": "Loan", "terms": {}, "currency": "UGX", "taken": 0, "state": "published", "by": "bench"}
            days = {"opens_on": DAY, "closes_on": DAY + timedelta(days=30), "at": NOW, "published_at": NOW}
            made = Offer(
                id=offer_id, number=100 + number, organisation_id=lender.id, kind="loan", eligibility=wanted.as_json(), **row, **days
            )
            session.add(made)
    return ids


def match(sessions: sessionmaker[Session]) -> int:
    """As the job does, but for the texts; how many farmers were looked at."""
    looked = 0
    while True:
        with db.transaction(sessions) as session:
            due = matching.due(session)
            if not due:
                return looked
            looked += len(matching.match_some(session, due, RANGE[db.dialect(session)], NOW, DAY))


def double_loop(session: Session, offer_ids: list[UUID]) -> set[tuple[UUID, UUID]]:
    """Rows as objects, read in three queries; every offer asked about every farmer; each match an object that is written."""
    every = [session.get_one(Offer, offer_id) for offer_id in offer_ids]
    farmers = session.scalars(select(Farmer).order_by(Farmer.id).limit(PART)).all()
    among = [farmer.id for farmer in farmers]
    plots = defaultdict(list)
    for plot in session.scalars(select(Plot).where(Plot.farmer_id.in_(among))):
        plots[plot.farmer_id].append(plot)
    counted = select(Record.farmer_id, func.count()).where(Record.farmer_id.in_(among)).group_by(Record.farmer_id)
    records = {row[0]: row[1] for row in session.execute(counted)}
    answer = {
        (farmer.id, offer.id) for farmer in farmers for offer in every if fits(offer, farmer, plots[farmer.id], records.get(farmer.id, 0))
    }
    session.execute(text(ONE_BY_ONE))
    session.execute(text("CREATE INDEX ON one_by_one (farmer_id)"))
    session.add_all(OneByOne(offer_id=offer_id, farmer_id=farmer_id, reasons=["fits"], at=NOW) for farmer_id, offer_id in answer)
    session.flush()
    return answer


def fits(offer: Offer, farmer: Farmer, plots: object, records: int) -> bool:
    wanted = offer.eligibility
    crops, bands = {plot.crop for plot in plots}, {plot.land for plot in plots}  # type: ignore[attr-defined]
    return (
        bool(crops & set(wanted.get("crops", crops)))
        and farmer.district_id in wanted.get("districts", [farmer.district_id])
        and bool(bands & set(wanted.get("land", bands)))
        and wanted.get("sex", farmer.sex) == farmer.sex
        and DAY.year - (farmer.born or DAY.year) > 18
        and records >= wanted.get("records", 0)
    )


def found(session: Session) -> set[tuple[UUID, UUID]]:
    """What was stored of the same farmers."""
    first = {farmer_id.hex for farmer_id in session.scalars(select(Farmer.id).order_by(Farmer.id).limit(PART))}
    return {(UUID(ref), row.offer_id) for row in session.scalars(select(Match)) for ref in row.farmers if ref in first}
