"""The three queues keep one promise: a wake never raises, and a job that was woken is done, or asked for again."""

import threading

import pytest
import redis
import rq
from rq.serializers import JSONSerializer

from jobs.queue import CROWDED, InlineQueue, RedisQueue, ThreadQueue
from tests import servers


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
    queue = RedisQueue(rq.Queue("ensigo", connection=redis.Redis.from_url(url, socket_timeout=0.5), serializer=JSONSerializer))
    queue.wake("dispatch")
    process.kill()
    process.wait()
    queue.wake("dispatch")


def test_wakes_do_not_pile_up_while_no_worker_is_there(redis_folder):
    _, url = redis_folder
    line = rq.Queue("ensigo", connection=redis.Redis.from_url(url), serializer=JSONSerializer)
    queue = RedisQueue(line)
    for _ in range(CROWDED + 50):
        queue.wake("dispatch")
    assert line.count == CROWDED
    assert line.jobs[0].args == ["dispatch"]
