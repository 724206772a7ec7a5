"""The database: one engine, one session factory, one way to open a transaction; all differences of dialect."""

import json
import os
import select as readiness
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    MetaData,
    Text,
    TypeDecorator,
    Uuid,
    any_,
    create_engine,
    event,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy import Sequence as SqlSequence
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import JSON

INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
READ, WRITER = "read", "writer"
PREPARED = "prepared"  # in the info of a connection: what core/plain.py made known to it


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime. SQLite forgets time zones; this remembers for it. Naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime: {value}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class TextList(TypeDecorator[list[str]]):
    """A list of strings: text[] on PostgreSQL, a JSON list on SQLite, where json_each reads it."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(postgresql.ARRAY(Text) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else json.dumps(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> list[str] | None:
        return value if value is None or dialect.name == "postgresql" else json.loads(value)


Json = JSON().with_variant(postgresql.JSONB(), "postgresql")


class Base(DeclarativeBase):
    type_annotation_map = {datetime: Moment, UUID: Uuid, list[str]: TextList, dict[str, Any]: Json, list[Any]: Json}  # noqa: RUF012
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def new_id(now: datetime, entropy: Callable[[int], bytes] = os.urandom) -> UUID:
    """A UUIDv7 (RFC 9562): unique anywhere, and sorted by the millisecond of `now`."""
    raw = int(now.timestamp() * 1000).to_bytes(6, "big") + entropy(10)
    number = int.from_bytes(raw, "big")
    number = number & ~(0xF << 76) | (7 << 76)
    return UUID(int=number & ~(0x3 << 62) | (0x2 << 62))


def connect(url: str, *, patience_seconds: int = 5, pool: int = 5) -> sessionmaker[Session]:
    """A session factory for this address. `patience_seconds`: how long one statement may take on PostgreSQL."""
    engine = _engine(url, patience_seconds, pool)
    os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    # SQLite has one writer: the threads of a process queue for it here, rather than poll for it there.
    writer = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()
    return sessionmaker(engine, expire_on_commit=False, info={WRITER: writer})


def _engine(url: str, patience_seconds: int, pool: int) -> Engine:
    if url.startswith("sqlite"):
        engine = create_engine(url, pool_size=20, pool_timeout=30, hide_parameters=True)
        _teach_sqlite(engine)
        return engine
    options = f"-c statement_timeout={patience_seconds * 1000} -c lock_timeout=2000 -c idle_in_transaction_session_timeout=60000"
    engine = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=pool,
        max_overflow=pool,
        pool_timeout=3 if patience_seconds <= 5 else 30,  # a farmer on the line waits no longer
        pool_recycle=300,
        hide_parameters=True,
        connect_args={"connect_timeout": 2, "options": options},
    )
    event.listen(engine, "checkout", _refuse_the_dead)
    for undone in ("rollback", "rollback_savepoint"):
        event.listen(engine, undone, _forget_prepared)
    return engine


def _forget_prepared(connection: Connection, *_: Any) -> None:
    """After a rollback the driver drops every prepared statement of the connection, ours too."""
    if not connection.closed and not connection.invalidated:
        connection.info.get(PREPARED, {}).clear()


def _refuse_the_dead(connection: Any, _record: Any, _proxy: Any) -> None:
    """A server that has gone says so on the socket: looked at there, instead of by a question of its own before every transaction."""
    socket = readiness.poll()
    if not connection.closed:
        socket.register(connection.fileno(), readiness.POLLIN)
    if connection.closed or socket.poll(0):
        raise DisconnectionError  # the pool opens another


def _teach_sqlite(engine: Engine) -> None:
    """Give SQLite the manners of PostgreSQL: real transactions, foreign keys, patience, nothing lost at a power cut."""

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("mode") == READ
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
        connection.exec_driver_sql("BEGIN DEFERRED" if reading else "BEGIN IMMEDIATE")


@contextmanager
def transaction(sessions: sessionmaker[Session], wake: Callable[[str], None] = lambda job: None) -> Iterator[Session]:
    """Everything inside commits together; then, and only then, the jobs it asked for are woken."""
    with sessions.kw["info"][WRITER], sessions() as session, session.begin():
        yield session
        woken = list(session.info.pop("wake", ()))
    for job in woken:
        wake(job)


@contextmanager
def reading(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """A transaction that refuses writes and, on SQLite, never waits for the writer."""
    with sessions() as session, session.begin():
        session.connection(execution_options={"mode": READ, "postgresql_readonly": True})
        yield session


def wake(session: Session, job: str) -> None:
    """Ask for `job` to run once this transaction has committed."""
    session.info.setdefault("wake", {})[job] = True  # a dict keeps order and drops repeats


def insert_new(session: Session, model: type[Base], rows: Sequence[dict[str, Any]], *returning: Any) -> list[Any]:
    """Insert the rows that no unique constraint has seen before; give back those (or their `returning` columns)."""
    if not rows:
        return []
    statement = INSERT[dialect(session)](model).on_conflict_do_nothing()
    if returning:
        return list(session.execute(statement.returning(*returning), list(rows)).all())
    return list(session.scalars(statement.returning(model), list(rows)).all())


def among(session: Session, column: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    """`column IN values`, for lists of a hundred on a hot path: one array on PostgreSQL instead of a parameter each."""
    if dialect(session) == "postgresql":
        listed: ColumnElement[bool] = column == any_(literal(list(values), postgresql.ARRAY(column.type)))
        return listed
    chosen: ColumnElement[bool] = column.in_(values)
    return chosen


def lease(session: Session, span: timedelta) -> Any:
    """The database's own clock plus a span, as an expression to write: a lease that every process reads alike."""
    if dialect(session) == "postgresql":
        return func.clock_timestamp() + span
    return func.strftime("%Y-%m-%d %H:%M:%f000", "now", f"+{int(span.total_seconds())} seconds")


def put_many(session: Session, model: type[Base], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert many rows, given as tuples of these columns: by COPY on PostgreSQL, which costs a fraction of INSERT there.

    Nothing is checked for conflict: a row that collides ends the transaction.
    """
    table = model.__table__
    if dialect(session) == "postgresql":
        cursor = session.connection().connection.driver_connection.cursor()  # type: ignore[union-attr]
        with cursor.copy(f"COPY {table.name} ({', '.join(columns)}) FROM STDIN") as copy:  # type: ignore[attr-defined]
            for row in rows:
                copy.write_row(row)
    elif written := [dict(zip(columns, row, strict=True)) for row in rows]:
        session.execute(insert(table), written)  # type: ignore[arg-type]


def dialect(session: Session) -> str:
    return session.get_bind().dialect.name


def database_now(session: Session) -> datetime:
    """The database's own clock, for leases: every process agrees on it, whatever its own clock says."""
    if dialect(session) == "postgresql":
        return session.scalars(select(func.clock_timestamp())).one().astimezone(UTC)
    stamp = session.scalars(text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')")).one()
    return datetime.fromisoformat(stamp).replace(tzinfo=UTC)


def next_number(session: Session, sequence: SqlSequence, column: Any, first: int) -> int:
    """The next of a series of numbers: a sequence on PostgreSQL, the largest plus one under SQLite's single writer."""
    if dialect(session) == "postgresql":
        return int(session.scalars(select(sequence.next_value())).one())
    return int(session.scalars(select(func.coalesce(func.max(column) + 1, first))).one())
