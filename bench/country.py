"""A country to measure in: so many farmers, with crops and consent, put in by the fastest way each database has."""

import itertools
import os
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

from content import templates
from content.models import Broadcast
from core import db
from core.db import Base, new_id
from messaging.classes import MessageClass
from migrations import upgrade
from profiles.audiences import Audience
from profiles.models import Consent, Farmer, Place, Plot

NOW = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
DISTRICTS = 150
PHONE_STEP = 6_180_339  # numbers come in no order, and no number twice among ten million
LANGUAGES = ("en", "lg")  # with 150 districts: 300 bodies
NEIGHBOUR = DISTRICTS * len(LANGUAGES)  # so many farmers before: the same language and district


@contextmanager
def database(kind: str) -> Iterator[str]:
    """A fresh, migrated database; gone afterwards."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="ensigo-bench-") as folder:
            url = f"sqlite:///{Path(folder) / 'bench.db'}"
            upgrade.to_newest(url)
            yield url
        return
    server = make_url(os.environ["TEST_DATABASE_URL"])
    name = f"ensigo_bench_{uuid.uuid4().hex[:8]}"
    engine = create_engine(server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = server.set(database=name).render_as_string(hide_password=False)
    upgrade.to_newest(url)
    yield url
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


def people(url: str, count: int, sharing: int = 0) -> sessionmaker[Session]:
    """`count` farmers over 150 districts and two languages, each with maize and consent.

    With `sharing`, every so many farmers one has the phone of a neighbour with the same language.
    """
    sessions = db.connect(url, patience_seconds=3600, pool=12)
    born = NOW - timedelta(days=30)
    ids = [new_id(born + timedelta(milliseconds=n)) for n in range(count)]  # in the order of their coming, as in life
    with db.transaction(sessions) as session:
        put(
            session, Place, ({"id": n, "level": "district", "name": f"District {n}", "code": f"bench:{n}"} for n in range(1, DISTRICTS + 1))
        )
        put(session, Farmer, (farmer(n, farmer_id, born, sharing) for n, farmer_id in enumerate(ids)))
        put(session, Plot, ({"id": new_id(born), "farmer_id": one, "crop": "maize", "position": 1} for one in ids))
        agreed = {"purpose": "service", "how": "ussd", "wording": "", "at": born}
        put(session, Consent, ({"id": new_id(born), "farmer_id": one, **agreed} for one in ids))
    with sessions.kw["bind"].connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # As autovacuum leaves tables in life: their statistics known, and index-only scans possible.
        connection.execute(text("VACUUM (ANALYZE)" if connection.dialect.name == "postgresql" else "ANALYZE"))
    return sessions


def farmer(n: int, farmer_id: uuid.UUID, born: datetime, sharing: int = 0) -> dict[str, Any]:
    with_neighbour = sharing and n >= NEIGHBOUR and n % sharing == 0
    phone = n - NEIGHBOUR if with_neighbour else n
    return {
        "id": farmer_id,
        "number": 1000 + n,
        "phone": f"+25677{phone * PHONE_STEP % 10**7:07d}",
        "name": f"Name{n}",
        "language": LANGUAGES[n % len(LANGUAGES)],
        "district_id": 1 + (n // len(LANGUAGES)) % DISTRICTS,
        "declined": {},
        "source": "ussd",
        "sample": False,
        "created_at": born,
    }


def put(session: Session, model: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    rows = iter(rows)
    while chunk := list(itertools.islice(rows, 20_000)):
        session.execute(insert(model), chunk)


def broadcast(session: Session, code: str, bodies: dict[str, str], audience: Audience, now: datetime) -> Broadcast:
    """A broadcast that waits to be planned."""
    made = templates.add(session, code, code, MessageClass.ADVICE, now)
    version = templates.published(session, made.id) or templates.publish(session, made, bodies, [], "bench", now)
    row = Broadcast(
        id=new_id(now),
        step=0,
        due_at=now,
        template_version_id=version.id,
        klass=MessageClass.ADVICE.value,
        audience=audience.as_json(),
        as_of=now,
        valid_until=now + timedelta(hours=12),
        state="planning",
        cursor="",
        phones=0,
        unsaid=0,
        by="bench",
    )
    session.add(row)
    session.flush()
    return row


@contextmanager
def timed(into: dict[str, float], name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    into[name] = time.perf_counter() - start


def line(says: str, value: float, unit: str = "") -> None:
    print(f"  {says:<68} {value:>12,.2f} {unit}")
