"""How background work stands, asked of real threads and of a real Redis with a real worker: names and kinds of errors, nothing else."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import redis
import rq
from rq.serializers import JSONSerializer

from jobs.queue import RedisQueue, ThreadQueue
from jobs.rq_standing import KILLED, kind_of
from tests import servers


@pytest.fixture
def lines(tmp_path):
    process, url = servers.redis_server(tmp_path)
    client = redis.Redis.from_url(url, socket_timeout=0.5)
    yield process, tuple(rq.Queue(name, connection=client, serializer=JSONSerializer) for name in ("ensigo-urgent", "ensigo"))
    process.kill()


def test_threads_say_what_they_do_and_what_kind_of_error_ended_a_job():
    begun, go_on = threading.Event(), threading.Event()

    def perform(job):
        begun.set()
        go_on.wait(10)
        raise ValueError("of Sarah, +256772000001")

    queue = ThreadQueue(perform, ("fold", "plan"))
    queue.wake("fold")
    assert begun.wait(10)
    standing = queue.standing()
    assert ([one.job for one in standing.runs], standing.workers, standing.failures) == (["fold"], 2, ())
    go_on.set()
    pause = threading.Event()
    while not queue.standing().failures:
        pause.wait(0.01)
    assert [(one.job, one.error) for one in queue.standing().failures] == [("fold", "ValueError")]
    assert queue.failed(datetime.now(UTC) - timedelta(minutes=1)) == 1
    assert queue.clear() == 1
    assert queue.standing().failures == ()
    queue.close()


def test_redis_tells_what_waits_who_works_and_what_failed(lines):
    _, (urgent, usual) = lines
    queue = RedisQueue(urgent, usual)
    queue.wake("dispatch")
    queue.wake("inbox")
    assert (queue.answers(), queue.standing().waiting, queue.standing().workers) == (True, {"ensigo-urgent": 1, "ensigo": 1}, 0)
    worker = rq.SimpleWorker([urgent, usual], connection=usual.connection, serializer=JSONSerializer)
    worker.register_birth()
    assert queue.standing().workers == 1
    worker.register_death()
    worker.work(burst=True, logging_level="CRITICAL")  # no runtime was started in this process: every job of ours fails
    standing = queue.standing()
    assert standing.waiting == {"ensigo-urgent": 0, "ensigo": 0}
    assert sorted((one.job, one.error) for one in standing.failures) == [("dispatch", "RuntimeError"), ("inbox", "RuntimeError")]
    assert all(abs((datetime.now(UTC) - one.at).total_seconds()) < 60 for one in standing.failures)
    assert queue.failed(datetime.now(UTC) - timedelta(minutes=1)) == 2
    assert queue.clear() == 2
    assert (queue.standing().failures, queue.failed(datetime.now(UTC) - timedelta(minutes=1))) == ((), 0)
    assert list(usual.connection.scan_iter("rq:job:*")) + list(usual.connection.scan_iter("rq:results:*")) == []


def test_redis_that_is_gone_is_said_and_raises_nothing(lines):
    process, (urgent, usual) = lines
    queue = RedisQueue(urgent, usual)
    process.kill()
    process.wait()
    assert (queue.answers(), queue.standing().answers, queue.clear()) == (False, False, 0)


FRAMES = 'Traceback (most recent call last):\n  File "x.py", line 3, in f\n    raise Odd("Mary: 0772")\n'


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (f"{FRAMES}ValueError: Mary: 0772000001\nMary: again", "ValueError"),
        (f"{FRAMES}sqlalchemy.exc.OperationalError: (psycopg) down\n(Background on this error)", "OperationalError"),
        (f"{FRAMES}KeyError\n", "KeyError"),
        (f"{FRAMES}ValueError: first\n\nDuring handling of it:\n\n{FRAMES}LookupError: second", "LookupError"),
        ("Work-horse terminated unexpectedly; waitpid returned 9", KILLED),
        ("", KILLED),
    ],
)
def test_of_an_error_only_its_type_is_kept(told, kind):
    assert kind_of(told) == kind
