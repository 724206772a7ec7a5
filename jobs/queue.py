"""Three ways to do a job soon: at once, in threads of this process, or in any worker. Any may forget: the clock asks again."""

import threading
from collections.abc import Callable
from typing import Any, Protocol

import structlog
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)
Perform = Callable[[str], None]
SECONDS_WANTED = 60  # a name that waited longer has been asked for again by the clock
CROWDED = 100  # names waiting in Redis


class Queue(Protocol):
    def wake(self, job: str) -> None:
        """Do this job soon. Never raises and never waits long: what is lost here, a tick finds again."""

    def close(self) -> None:
        """Finish what is running; start nothing more."""


class InlineQueue:
    """Tests: the job is noted, and done when the test says so."""

    def __init__(self) -> None:
        self.woken: list[str] = []

    def wake(self, job: str) -> None:
        if job not in self.woken:
            self.woken.append(job)

    def close(self) -> None:
        self.woken.clear()


class ThreadQueue:
    """Embedded: one thread a job name, so that a job never runs beside itself; a wake during a run makes one more run."""

    def __init__(self, perform: Perform, jobs: tuple[str, ...]) -> None:
        self._perform, self._stopping = perform, threading.Event()
        self._bells = {job: threading.Event() for job in jobs}
        self._threads = [threading.Thread(target=self._serve, args=(job,), name=f"job-{job}", daemon=True) for job in jobs]
        for thread in self._threads:
            thread.start()

    def wake(self, job: str) -> None:
        self._bells[job].set()

    def close(self) -> None:
        self._stopping.set()
        for bell in self._bells.values():
            bell.set()
        for thread in self._threads:
            thread.join(timeout=15)

    def _serve(self, job: str) -> None:
        bell = self._bells[job]
        while True:
            bell.wait()
            if self._stopping.is_set():
                return
            bell.clear()
            try:
                self._perform(job)
            except BaseException:  # a job that exits must not end its lane with it
                log.exception("job failed", job=job)


class RedisQueue:
    """Scaled: RQ carries the job's name to a worker. Without an id: a fixed one would block after a failure."""

    def __init__(self, rq_queue: Any) -> None:
        self._rq = rq_queue

    def wake(self, job: str) -> None:
        try:
            if self._rq.count >= CROWDED:
                return  # nobody works: the clock must not pile up for days what one wake will do
            says = f"perform:{job}"
            keep = {"result_ttl": 0, "failure_ttl": 604_800, "ttl": SECONDS_WANTED}
            self._rq.enqueue("jobs.table.perform", job, job_timeout=120, description=says, **keep)
        except RedisError as down:
            log.warning("wake lost, the clock will ask again", job=job, error=type(down).__name__)

    def close(self) -> None:
        """Nothing of ours runs in this process."""
