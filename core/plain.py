"""Plain SQL straight to the driver's own library, for the paths that every dial-in takes; the same words run on SQLite by the Core.

On PostgreSQL a statement is prepared once a connection, and several, with a BEGIN before them, are one message and one answer.
Through the driver's cursors the same costs four times the CPU, through the Core more; `python -m bench turn` measures it.
"""

import itertools
import re
import select as readiness
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Error as DriverError
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, Format, TransactionStatus
from sqlalchemy import bindparam, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from core.db import PREPARED, dialect

NAME = re.compile(r"(?<![\w:]):(\w+)")
GOOD = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
NUMBERS = itertools.count()
LINE = "line"  # in the info of a session


class Plain:
    """One statement, with :names. `columns` says what SQLite must make of what comes back, `binds` of what is given."""

    def __init__(self, statement: str, binds: Mapping[str, Any] | None = None, columns: Mapping[str, Any] | None = None) -> None:
        typed = [bindparam(name, type_=kind) for name, kind in (binds or {}).items()]
        self.lite = text(statement.removesuffix(" FOR UPDATE")).bindparams(*typed).columns(**(columns or {}))
        self.names = tuple(dict.fromkeys(NAME.findall(statement)))
        self.numbered = NAME.sub(lambda found: f"${self.names.index(found[1]) + 1}", statement).encode()

    def rows(self, session: Session, **values: Any) -> Sequence[Any]:
        """Run it; what came back, as tuples. What objects have waiting to be written is written first."""
        return together(session, (self, values))[0]


Asked = tuple[Plain, Mapping[str, Any]]


@dataclass(slots=True)
class Prepared:
    """A statement as one connection knows it, and what turns its values into bytes and back."""

    name: bytes
    values: Any
    rows: Any


def together(session: Session, *asked: Asked) -> list[Sequence[Any]]:
    """Run several one after another; what each gave. What objects have waiting to be written is written first."""
    session.flush()
    driver, prepared = _line(session)
    if driver is None:
        return [_all(session.execute(plain.lite, values)) for plain, values in asked]
    try:
        return _sent(driver, prepared, asked)
    except DriverError as wrong:
        if driver.pgconn.status == ConnStatus.BAD:
            session.connection().invalidate(wrong)
        raise OperationalError("plain SQL", None, wrong) from wrong


def _line(session: Session) -> tuple[Any, dict[Plain, Prepared]]:
    """The driver's own connection, None for SQLite, and what is prepared on it: looked up once a transaction."""
    known, driver, prepared = session.info.get(LINE, (None, None, {}))
    transaction = session.get_transaction()
    if known is None or known is not transaction:
        if dialect(session) == "postgresql":
            connection = session.connection()
            driver, prepared = connection.connection.driver_connection, connection.info.setdefault(PREPARED, {})
        session.info[LINE] = (session.get_transaction(), driver, prepared)
    return driver, prepared


def _all(result: Any) -> Sequence[Any]:
    rows: Sequence[Any] = result.all() if result.returns_rows else ()
    return rows


def _sent(driver: Any, prepared: dict[Plain, Prepared], asked: Sequence[Asked]) -> list[Sequence[Any]]:
    line = driver.pgconn
    known = [prepared.get(plain) or prepared.setdefault(plain, _prepare(driver, plain)) for plain, _ in asked]
    begins = line.transaction_status == TransactionStatus.IDLE and not driver.autocommit
    line.enter_pipeline_mode()
    if begins:
        line.send_query_params(b"BEGIN READ ONLY" if driver.read_only else b"BEGIN", None)
    for one, (plain, values) in zip(known, asked, strict=True):
        given = one.values.dump_sequence([values[name] for name in plain.names], ())
        line.send_query_prepared(one.name, given, one.values.formats, result_format=Format.BINARY)
    line.pipeline_sync()
    results = list(_answers(line))
    line.exit_pipeline_mode()
    wrong = next((result for result in results if result.status not in GOOD), None)
    if wrong is not None:
        raise error_from_result(wrong, encoding=driver.info.encoding)
    return [_loaded(one, result) for one, result in zip(known, results[begins:], strict=True)]


def _answers(line: Any) -> Iterator[Any]:
    """Every result up to the end of what was sent. Waits at the socket, where other threads of the process may go on."""
    ready = readiness.poll()
    ready.register(line.socket, readiness.POLLIN | readiness.POLLOUT)
    while line.flush():
        ready.poll()
        line.consume_input()
    ready.modify(line.socket, readiness.POLLIN)
    while True:
        while line.is_busy():
            ready.poll()
            line.consume_input()
        result = line.get_result()
        if result is None:
            continue  # the end of one statement's results
        if result.status == ExecStatus.PIPELINE_SYNC:
            return
        yield result


def _loaded(one: Prepared, result: Any) -> Sequence[Any]:
    if result.status != ExecStatus.TUPLES_OK:
        return ()
    one.rows.set_pgresult(result, set_loaders=False)
    rows: Sequence[Any] = one.rows.load_rows(0, result.ntuples, tuple)
    one.rows.set_pgresult(None, set_loaders=False)
    return rows


def _prepare(driver: Any, plain: Plain) -> Prepared:
    """Make it known to this connection. No name is used twice, so that what is forgotten after a rollback is in nobody's way."""
    name = f"plain_{next(NUMBERS)}".encode()
    line = driver.pgconn
    for told in (line.prepare(name, plain.numbered), line.describe_prepared(name)):
        if told.status not in GOOD:
            raise error_from_result(told, encoding=driver.info.encoding)
    one = Prepared(name, Transformer(driver), Transformer(driver))
    one.values.set_dumper_types([told.param_type(n) for n in range(told.nparams)], Format.BINARY)
    one.rows.set_loader_types([told.ftype(n) for n in range(told.nfields)], Format.BINARY)
    return one
