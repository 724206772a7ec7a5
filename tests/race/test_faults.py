"""Faults that no other test shows, by their row in docs/faults.md; and every row of it names tests that exist, or says why not."""

import re
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import select

from core import db
from core.errors import Misconfigured
from jobs import dispatch
from jobs.queue import RedisQueue
from messaging import claims
from messaging.classes import MessageClass
from messaging.models import Batch
from service.bootstrap import redis_queues
from service.commands.everything import only_one
from tests import servers
from tests.builders import phone, runtime, settings, text

ROOT = Path(__file__).parents[2]
ROWS = re.findall(r"^\| (X\d\d) \| [^|]+ \| (.+) \|$", (ROOT / "docs" / "faults.md").read_text(), re.M)
CATALOGUE = [*range(1, 57), *range(62, 67)]


def test_every_fault_of_the_catalogue_has_its_row():
    assert [name for name, _ in ROWS] == [f"X{number:02d}" for number in CATALOGUE]


@pytest.mark.parametrize(("row", "shown"), ROWS, ids=[row for row, _ in ROWS])
def test_each_row_names_tests_that_exist_or_says_why_not(row, shown):
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", shown)
    assert named or re.match(r"open: \w+", shown)
    assert [f"{file}::{test}" for file, test in named if f"def {test}(" not in (ROOT / file).read_text()] == []


def hung(server, queue, line):
    server.send_signal(signal.SIGSTOP)
    return lambda: server.send_signal(signal.SIGCONT)


def full(server, queue, line):
    line.connection.config_set("maxmemory", "1")
    return lambda: line.connection.config_set("maxmemory", "0")


def replica(server, queue, line):
    line.connection.replicaof("127.0.0.1", "1")
    return lambda: line.connection.replicaof("NO", "ONE")


@pytest.mark.parametrize("trouble", [hung, full, replica])
def test_redis_in_trouble_costs_a_wake_and_little_time(tmp_path, trouble):
    server, url = servers.redis_server(tmp_path)
    try:
        lines = redis_queues(settings("sqlite://", redis_url=url))
        queue = RedisQueue(*lines)
        queue.wake("inbox")
        mend = trouble(server, queue, lines[1])
        begun = time.monotonic()
        queue.wake("dispatch")
        assert time.monotonic() - begun < 2
        mend()
        server.send_signal(0)
        assert lines[1].count == 0
        queue.wake("plan")
        assert [job.args for job in lines[1].jobs] == [["plan"]]
    finally:
        server.kill()


def test_of_two_processes_on_one_file_the_second_is_refused(tmp_path):
    url = f"sqlite:///{tmp_path / 'one.db'}"
    with only_one(url), pytest.raises(Misconfigured, match="is served by process"), only_one(url):
        pytest.fail("the second was let in")
    with only_one(url):
        pass


def test_a_clock_that_jumps_ends_no_lease(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        text(session, house, phone(1), klass=MessageClass.REPLY)
    for hours in (1, -1, 10):
        with house.transaction() as session:
            claims.claim(session, "me", 10, now)
            assert claims.reap(session, now + timedelta(hours=hours)) == (0, 0)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_table_that_somebody_holds_delays_texts_and_loses_none(url, now):
    house, other = runtime(url, now), db.connect(url)
    with house.transaction() as session:
        for number in range(20):
            text(session, house, phone(number), klass=MessageClass.NOTICE)
    with db.transaction(other) as session:
        session.execute(sqlalchemy.text("LOCK TABLE suppressions IN ACCESS EXCLUSIVE MODE"))
        dispatch.dispatch(house)
        assert not house.gateway.handed
    dispatch.dispatch(house)
    assert house.gateway.handed == {phone(number): 1 for number in range(20)}
    with house.reading() as session:
        assert set(session.scalars(select(Batch.faults))) == {0}
