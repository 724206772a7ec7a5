"""Plain SQL past the Core: the same values on both databases, after rollbacks too, and over connections that died in the pool."""

import os
import socket
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core import db
from core.db import Moment
from core.plain import Plain, together
from messaging import sessions_sql

NUMBER = Plain("SELECT CAST(:number AS INTEGER)")
NAMED = {"gateway": "simulator", "session_id": "ATUid_1"}
BLANK = {**NAMED, "phone": "+256772000001", "network": "64110"}
ROW = {
    **NAMED,
    "network": "",
    "heard_length": None,
    "heard_hash": "",
    "turns": 2,
    "page": 1,
    "reply": "Omuwendo: 1,000 'UGX' \\ é €",
    "ends": True,
}


@pytest.fixture
def sessions(url):
    made = db.connect(url)
    yield made
    made.kw["bind"].dispose()


def _number(sessions, number):
    with db.transaction(sessions) as session:
        return NUMBER.rows(session, number=number)[0][0]


def _pids(sessions, count):
    """The server processes of so many connections that lie in the pool afterwards."""
    engine = sessions.kw["bind"]
    held = [engine.connect() for _ in range(count)]
    pids = [one.execute(text("SELECT pg_backend_pid()")).scalar_one() for one in held]
    for one in held:
        one.close()
    return pids


def _kill(url, pids):
    other = db.connect(url)
    with db.transaction(other) as session:
        for pid in pids:
            session.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    other.kw["bind"].dispose()


def test_what_is_written_comes_back_whatever_its_kind(session, now):
    made, seen = sessions_sql.begin(session, BLANK, now, (NUMBER, {"number": 7}))
    assert made
    assert [tuple(row) for row in seen] == [(7,)]
    kept = {**ROW, "trail": ["home", 'a"b,{c}', "", "ŋ\\x"], "draft": {"farmer": None, "amount": 1.5, "said": ["é", True]}}
    sessions_sql.keep(session, kept, now)
    row, _ = sessions_sql.lock(session, NAMED, (NUMBER, {"number": -1}))
    assert tuple(row) == (BLANK["phone"], "", None, "", 2, kept["trail"], 1, kept["draft"], kept["reply"], True, now)
    assert sessions_sql.lock(session, {**NAMED, "session_id": "ATUid_2"}, (NUMBER, {"number": 0}))[0] is None


def test_a_moment_comes_back_aware_and_in_utc(session, now):
    sessions_sql.begin(session, BLANK, now, (NUMBER, {"number": 7}))
    asked = Plain("SELECT seen_at FROM ussd_sessions WHERE seen_at = :now", {"now": Moment}, {"seen_at": Moment})
    ((seen_at,),) = asked.rows(session, now=now)
    assert seen_at == datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
    assert seen_at.utcoffset().total_seconds() == 0


def test_what_was_prepared_is_prepared_again_after_a_rollback(sessions):
    for number in range(8):  # often enough for the driver to prepare statements of its own, which it drops at a rollback
        with db.transaction(sessions) as session:
            session.execute(text("SELECT 1"))
            assert NUMBER.rows(session, number=number)[0][0] == number
    with pytest.raises(ZeroDivisionError), db.transaction(sessions) as session:
        _ = 1 // (NUMBER.rows(session, number=0)[0][0])
    assert _number(sessions, 2) == 2
    with db.transaction(sessions) as session:
        for number in range(8):
            nested = session.begin_nested()
            session.execute(text("SELECT 1"))
            assert NUMBER.rows(session, number=number)[0][0] == number
            nested.rollback()
        assert NUMBER.rows(session, number=9)[0][0] == 9


def test_after_a_wrong_statement_nothing_of_its_transaction_stays(sessions, now):
    wrong = Plain("INSERT INTO hops (at, screen, language, network, first, ends) VALUES (NULL, '', '', '', false, false)")
    begun = (sessions_sql.BEGIN, {**BLANK, "trail": [], "draft": {}, "now": now})
    with pytest.raises(DBAPIError), db.transaction(sessions) as session:
        together(session, begun, (wrong, {}), (NUMBER, {"number": 8}))
    with db.transaction(sessions) as session:
        assert sessions_sql.lock(session, NAMED, (NUMBER, {"number": 9}))[0] is None


def test_a_reading_transaction_refuses_plain_writes_too(sessions, now):
    with pytest.raises(DBAPIError), db.reading(sessions) as session:
        sessions_sql.begin(session, BLANK, now, (NUMBER, {"number": 7}))
    assert _number(sessions, 1) == 1


def test_connections_that_the_server_ended_in_the_pool_are_replaced_without_an_error(sessions, url):
    if not url.startswith("postgresql"):
        pytest.skip("SQLite has no server")
    pids = _pids(sessions, 3)
    _kill(url, pids)  # as at a restart of the server: all of them
    assert [_number(sessions, number) for number in (1, 2, 3)] == [1, 2, 3]
    assert not {*_pids(sessions, 3)} & {*pids}


def test_a_connection_that_was_cut_without_a_word_is_replaced_too(sessions, url):
    if not url.startswith("postgresql"):
        pytest.skip("SQLite has no server")
    with sessions.kw["bind"].connect() as connection:
        line = socket.socket(fileno=os.dup(connection.connection.driver_connection.fileno()))
    line.shutdown(socket.SHUT_RDWR)
    line.close()
    assert _number(sessions, 1) == 1


def test_a_connection_that_dies_in_use_costs_its_own_transaction_only(sessions, url):
    if not url.startswith("postgresql"):
        pytest.skip("SQLite has no server")
    with sessions.kw["bind"].connect() as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with db.transaction(sessions) as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) == pid
        _kill(url, [pid])
        with pytest.raises(DBAPIError):
            NUMBER.rows(session, number=1)
        session.rollback()
    assert _number(sessions, 2) == 2
