"""Planning a broadcast to everybody: batches of phone arrays, against COPY of one row a phone into an indexed table."""

import tracemalloc
from io import BytesIO
from statistics import median
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from bench import country
from bench.country import NOW, timed
from content import planning, texts
from content.models import Broadcast
from core import db
from core.settings import Settings
from jobs.plan import RANGE, RANGE_WRITTEN_ONE_BY_ONE
from messaging.models import Batch
from profiles.audiences import Audience
from profiles.models import Farmer
from tests.builders import settings

BODIES = {
    "en": "Your ((crop)) in ((district)) is 3 weeks: weed now, before any second fertiliser. Prices: ((dial))",
    "lg": "((crop)) yo mu ((district)) awezezza wiiki 3: koola kati, nga tonnateeka kigimusa kya kubiri. ((dial))",
}
PERSONAL = {language: "((name)): " + body for language, body in BODIES.items()}
OUTBOX = """CREATE TABLE bench_outbox (id uuid PRIMARY KEY, sender text NOT NULL, class text NOT NULL, phone text NOT NULL,
ref text NOT NULL, body text NOT NULL, not_before timestamptz NOT NULL, valid_until timestamptz NOT NULL, state text NOT NULL, UNIQUE (sender, phone))"""
ROUNDS = 5  # of both sides in turn: a shared machine drifts by half within minutes
SHARING = 23  # every so many farmers one has the phone of another
STATE = "CREATE INDEX ON bench_outbox (state, not_before)"


def run(farmers: int) -> None:
    rounds: list[dict[str, float]] = [{} for _ in range(ROUNDS)]
    with country.database("postgresql") as url:
        sessions = country.people(url, farmers, SHARING)
        with db.reading(sessions) as session:
            phones = session.scalars(select(func.count(Farmer.phone.distinct()))).one()
        for language in BODIES:
            texts.say("crop.maize", language)  # the wording is read once a process, not once a broadcast
        for number, took in enumerate(rounds):
            name = waiting(sessions, f"tailored{number}", BODIES)
            with timed(took, "plan"):
                planned = plan(sessions, settings(url), name)
            assert planned == phones, (planned, phones)
            rows = as_rows(sessions)
            with timed(took, "copy"):
                copy(sessions, rows)
        with db.reading(sessions) as session:
            bodies = session.scalars(select(func.count(Batch.body.distinct()))).one()
        personal: dict[str, float] = {}
        name = waiting(sessions, "personal", PERSONAL)
        with timed(personal, "plan"):
            assert plan(sessions, settings(url), name) == farmers  # each is called by her name, shared phone or not
        peak = memory(sessions, url)
        sessions.kw["bind"].dispose()
    ratios = sorted(took["copy"] / took["plan"] for took in rounds)
    limit = median(took["copy"] for took in rounds)
    country.line(
        f"plan {farmers:,} farmers on {phones:,} phones, {bodies} bodies", phones / median(took["plan"] for took in rounds), "phones/s"
    )
    country.line("COPY of a row a phone into an indexed table (the limit)", phones / limit, "rows/s")
    country.line("planning / the limit (first: 1.5, then: 4), median", median(ratios), "×")
    country.line(f"  the worst of {ROUNDS} rounds", ratios[0], "×")
    country.line("every body different / the limit", limit / phones * farmers / personal["plan"], "×")
    country.line("memory at the peak of planning, in this process", peak / 2**20, "MiB")


def memory(sessions: sessionmaker[Session], url: str) -> int:
    """Bytes that Python holds at the most while the tailored broadcast is planned once more: untimed, for tracing costs time."""
    name = waiting(sessions, "traced", BODIES)
    tracemalloc.start()
    plan(sessions, settings(url), name)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def waiting(sessions: sessionmaker[Session], code: str, bodies: dict[str, str]) -> UUID:
    """A broadcast that waits to be planned."""
    with db.transaction(sessions) as session:
        return country.broadcast(session, code, bodies, Audience(crops=("maize",)), NOW).id


def plan(sessions: sessionmaker[Session], known: Settings, name: UUID) -> int:
    """Plan to the end as the job does; how many phones."""
    more = True
    while more:
        with db.transaction(sessions) as session:
            kind = db.dialect(session)
            more = planning.plan_some(session, NOW, known, RANGE[kind], RANGE_WRITTEN_ONE_BY_ONE[kind])
    with db.reading(sessions) as session:
        return session.get_one(Broadcast, name).phones


def as_rows(sessions: sessionmaker[Session]) -> bytes:
    """The same texts, a row a phone, written out beforehand so that only the database's work is timed; and the table for them."""
    buffer = BytesIO()
    with db.transaction(sessions) as session:
        cursor: Any = session.connection().connection.driver_connection.cursor()
        rows = (
            "COPY (SELECT gen_random_uuid(), sender, class, phone, ref, body, not_before, valid_until, state FROM batches, "
            "unnest(phones, refs) AS one(phone, ref) WHERE sender = (SELECT max(sender) FROM batches) ORDER BY phone) TO STDOUT"
        )
        with cursor.copy(rows) as out:
            for data in out:
                buffer.write(data)
        session.execute(text("DROP TABLE IF EXISTS bench_outbox"))
        session.execute(text(OUTBOX))
        session.execute(text(STATE))
    return buffer.getvalue()


def copy(sessions: sessionmaker[Session], rows: bytes) -> None:
    with db.transaction(sessions) as session:
        cursor: Any = session.connection().connection.driver_connection.cursor()
        with cursor.copy("COPY bench_outbox FROM STDIN") as into:
            into.write(rows)
