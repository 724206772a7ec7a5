"""A FARMIS month on the embedded default: 15,360 farmers, 63 cooperatives, 101,300 tailored texts, one process, SQLite.

Against the loop that sends one text after another on the same database.
"""

from datetime import timedelta

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session, sessionmaker

from bench import country, per_farmer
from bench.country import NOW, timed
from bench.plan import BODIES
from bench.send import drain, gateway, without_a_limit
from content import planning
from core import db
from core.db import new_id
from jobs.plan import RANGE, RANGE_WRITTEN_ONE_BY_ONE
from jobs.runtime import Runtime
from messaging.gateways.africastalking import AfricasTalking
from messaging.models import Message
from profiles.audiences import Audience
from profiles.models import Farmer, Membership, Organisation, Plot
from tests.builders import runtime, settings

FARMERS, COOPERATIVES, TEXTS = 15_360, 63, 101_300
LATENCY = 0.06
LOOP = 300


def run(_farmers: int) -> None:
    took: dict[str, float] = {}
    with country.database("sqlite") as url, gateway(LATENCY) as address:
        sessions = country.people(url, FARMERS)
        cooperatives(sessions)
        without_a_limit(sessions)
        house = runtime(url, NOW, AfricasTalking("ensigo", "key", base_url=address))
        with timed(took, "month"):
            for audience in audiences(sessions):
                fire(house, url, audience)
                drain(house)
                house.now.forward(days=4)
        with db.reading(sessions) as session:
            sent = session.scalars(select(func.count()).where(Message.fate == "sent")).one()
        assert sent == TEXTS, (sent, TEXTS)
        with timed(took, "loop"):
            for number in range(LOOP):
                per_farmer.send(url, address, f"+25677{number:07d}")
        sessions.kw["bind"].dispose()
    country.line(
        f"a month: {FARMERS:,} farmers, {COOPERATIVES} cooperatives, {TEXTS:,} texts, SQLite, {LATENCY * 1000:.0f} ms a call",
        took["month"],
        "s",
    )
    country.line("that is", TEXTS / took["month"], "texts/s")
    country.line(f"one text after another on the same database ({LOOP} of them)", LOOP / took["loop"], "texts/s")
    country.line("ours / one after another (first: 50, then: 200)", TEXTS / took["month"] / (LOOP / took["loop"]), "×")


def cooperatives(sessions: sessionmaker[Session]) -> None:
    with db.transaction(sessions) as session:
        rows = [
            {"id": new_id(NOW), "kind": "cooperative", "name": f"Coop {n}", "code": f"C{n}", "sample": False, "created_at": NOW}
            for n in range(COOPERATIVES)
        ]
        session.execute(insert(Organisation), rows)
        farmers = session.scalars(select(Farmer.id).order_by(Farmer.number)).all()
        since = NOW.date() - timedelta(days=30)
        members = [
            {"farmer_id": one, "organisation_id": rows[n % COOPERATIVES]["id"], "since": since, "role": "member"}
            for n, one in enumerate(farmers)
        ]
        session.execute(insert(Membership), members)


def audiences(sessions: sessionmaker[Session]) -> list[Audience]:
    """Six texts to everybody about maize, and one to the 9,140 who grow beans too: 101,300."""
    with db.transaction(sessions) as session:
        some = session.scalars(select(Farmer.id).order_by(Farmer.number).limit(TEXTS - 6 * FARMERS)).all()
        country.put(session, Plot, ({"id": new_id(NOW), "farmer_id": one, "crop": "beans", "position": 2} for one in some))
    return [*[Audience(crops=("maize",))] * 6, Audience(crops=("beans",))]


def fire(house: Runtime, url: str, audience: Audience) -> None:
    """One campaign's moment: a broadcast, planned to its end."""
    with house.transaction() as session:
        country.broadcast(session, "tailored", BODIES, audience, house.now())
    more = True
    while more:
        with house.transaction() as session:
            more = planning.plan_some(session, house.now(), settings(url), RANGE["sqlite"], RANGE_WRITTEN_ONE_BY_ONE["sqlite"])
