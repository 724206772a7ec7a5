"""The three queues keep one promise: a wake never raises, and a job that was woken is done, or asked for again."""

import threading
import time
from datetime import timedelta

import pytest
import redis
import rq
from rq.serializers import JSONSerializer
from sqlalchemy import select

from core import clock
from jobs import table
from jobs.queue import CROWDED, URGENT, InlineQueue, RedisQueue, ThreadQueue
from jobs.table import JOBS
from jobs.worker import SafeWorker, work
from messaging import inbox, suppressions
from messaging.classes import MessageClass
from messaging.gateway import Heard
from messaging.models import Batch, Inbound
from service.bootstrap import QUEUES, build
from tests import servers
from tests.builders import phone, settings, text
from tests.fake_gateway import FakeGateway
from tests.processes import environment, start, wait_until
from tests.race.test_kill import stop


@pytest.fixture
def redis_folder(tmp_path):
    process, url = servers.redis_server(tmp_path)
    yield process, url
    process.kill()


def test_inline_notes_a_job_once_until_it_is_done():
    queue = InlineQueue()
    for _ in range(3):
        queue.wake("dispatch")
    assert queue.woken == ["dispatch"]


def test_threads_run_a_job_again_when_it_was_woken_while_running_and_never_beside_itself():
    begun, go_on, runs = threading.Event(), threading.Event(), []
    beside = threading.Lock()

    def perform(job):
        assert beside.acquire(blocking=False), "two runs of one job at once"
        runs.append(job)
        begun.set()
        go_on.wait(10)
        beside.release()

    queue = ThreadQueue(perform, ("dispatch",))
    queue.wake("dispatch")
    assert begun.wait(10)
    for _ in range(5):
        queue.wake("dispatch")
    go_on.set()
    second = threading.Event()
    threading.Thread(target=lambda: (wait_for(runs, 2), second.set()), daemon=True).start()
    assert second.wait(10)
    queue.close()
    assert runs == ["dispatch", "dispatch"]


def wait_for(runs, count):
    pause = threading.Event()
    while len(runs) < count:
        pause.wait(0.01)


def test_a_job_that_raises_does_not_end_its_thread():
    done = threading.Event()
    tries = []

    def perform(job):
        tries.append(job)
        if len(tries) == 1:
            raise ValueError("a fault of ours")
        done.set()

    queue = ThreadQueue(perform, ("fold",))
    queue.wake("fold")
    pause = threading.Event()
    while not tries:
        pause.wait(0.01)
    queue.wake("fold")
    assert done.wait(10)
    queue.close()


def test_redis_gone_loses_a_wake_and_nothing_else(redis_folder):
    process, url = redis_folder
    line = rq.Queue("ensigo", connection=redis.Redis.from_url(url, socket_timeout=0.5), serializer=JSONSerializer)
    queue = RedisQueue(line, line)
    queue.wake("dispatch")
    process.kill()
    process.wait()
    queue.wake("dispatch")


def test_wakes_do_not_pile_up_while_no_worker_is_there(redis_folder):
    _, url = redis_folder
    line = rq.Queue("ensigo", connection=redis.Redis.from_url(url), serializer=JSONSerializer)
    queue = RedisQueue(rq.Queue("ensigo-urgent", connection=line.connection, serializer=JSONSerializer), line)
    for number in range(CROWDED + 50):
        queue.wake(f"job {number}")
    assert line.count == CROWDED
    assert line.jobs[0].args == ["job 0"]


def test_a_name_that_waits_is_not_put_behind_itself_and_from_its_start_on_it_is(redis_folder):
    """Reports wake their job one by one: a hundred names of it would keep every worker from sending."""
    _, url = redis_folder
    lines = [rq.Queue(name, connection=redis.Redis.from_url(url), serializer=JSONSerializer) for name in QUEUES]
    queue = RedisQueue(*lines)
    for _ in range(50):
        queue.wake("fold")
        queue.wake("dispatch")
    assert [line.count for line in lines] == [1, 1]
    SafeWorker(lines, connection=lines[0].connection, serializer=JSONSerializer).work(burst=True, logging_level="CRITICAL")
    queue.wake("fold")
    assert [line.count for line in lines] == [1, 0]


@pytest.fixture
def two_workers(url, tmp_path, redis_folder):
    """A worker and an urgent one, as in the Procfile, before a gateway that takes its time."""
    _, redis_url = redis_folder
    with FakeGateway(suffixes=False) as gateway:
        env = environment(url, gateway.url, REDIS_URL=redis_url, INBOUND="shortcode")
        house = build(settings(url, redis_url=redis_url, gateway="simulator"))
        running = [start(env, "service", "worker", *more, log=tmp_path / f"worker{len(more)}") for more in ((), ("--only-urgent",))]
        wait_until(lambda: len(rq.Worker.all(connection=redis.Redis.from_url(redis_url))) == 2, 30, "both workers are there")
        yield house, gateway
        for process in running:
            stop(process)


@pytest.mark.processes
@pytest.mark.xdist_group("processes")
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_stop_is_read_within_a_second_while_a_dispatch_runs(two_workers):
    house, gateway = two_workers
    gateway.mode("ok", latency=6)
    with house.transaction() as session:
        for number in range(20):
            text(session, house, phone(number + 100), klass=MessageClass.NOTICE)
    wait_until(gateway.calls, 20, "the dispatch runs")
    seconds = []
    for number, word in enumerate(("STOP", "START", "STOP")):
        begun = time.monotonic()
        with house.transaction() as session:
            inbox.receive(session, "africastalking", Heard(f"in-{number}", phone(1), phone(1), "28455", word, "", None), house.now())
        wait_until(lambda: not waiting(house), 20, "the text is read")
        seconds.append(time.monotonic() - begun)
        with house.reading() as session:
            assert bool(suppressions.stopped(session, [phone(1)])) == (word == "STOP")
    assert sorted(seconds)[1] < 1, seconds
    with house.reading() as session:
        assert session.scalars(select(Batch.id).where(Batch.state == "submitting")).first(), "it was over before: nothing is shown"


def waiting(house):
    with house.reading() as session:
        return session.scalars(select(Inbound.id).where(Inbound.handled_at.is_(None))).all()


def test_a_stream_of_urgent_jobs_does_not_keep_a_worker_from_the_others(redis_folder, tmp_path, monkeypatch):
    """The urgent line is never empty here: whoever served it first would serve nothing else."""
    _, url = redis_folder
    lines = [rq.Queue(name, connection=redis.Redis.from_url(url), serializer=JSONSerializer) for name in QUEUES]
    for number in range(9):
        lines[0].enqueue("jobs.table.perform", f"urgent {number}")
    lines[1].enqueue("jobs.table.perform", "dispatch")
    monkeypatch.setattr(table, "_runtime", None)
    work(build(settings(f"sqlite:///{tmp_path / 'none.db'}"), queue=InlineQueue()), lines, most=3)
    assert (lines[0].count, lines[1].count) == (7, 0)


def test_urgent_jobs_have_a_line_of_their_own_and_failures_are_counted_for_an_hour(redis_folder):
    _, url = redis_folder
    lines = [rq.Queue(name, connection=redis.Redis.from_url(url), serializer=JSONSerializer) for name in QUEUES]
    queue = RedisQueue(*lines)
    for job in (*JOBS, "nobody knows this one"):
        queue.wake(job)
    assert {job.args[0] for job in lines[0].jobs} == URGENT == {"inbox", "fold"}
    assert {job.args[0] for job in lines[1].jobs} == set(JOBS) - URGENT | {"nobody knows this one"}
    before = clock.now() - timedelta(minutes=1)
    assert queue.failed(before) == 0
    table._runtime = None
    rq.SimpleWorker(lines, connection=lines[0].connection, serializer=JSONSerializer).work(burst=True, logging_level="CRITICAL")
    assert queue.failed(before) == len(JOBS) + 1
    assert queue.failed(clock.now() + timedelta(hours=1)) == 0
