"""Three ways to do a job soon: at once, in threads of this process, or in any worker. Any may forget: the clock asks again."""

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

import structlog
from redis.exceptions import RedisError

from core import clock
from jobs import rq_standing
from jobs.standing import Failure, Standing, Working

log = structlog.get_logger(__name__)
Perform = Callable[[str], None]
SECONDS_WANTED = 60  # a name that waited longer has been asked for again by the clock
CROWDED = 100  # names waiting in Redis
ASKED = 5  # seconds for which a name that waits in Redis is not put there again; its start ends this sooner
FAILURES_KEPT = 604_800  # seconds
# What must not wait behind a long job: a farmer's STOP, and the reports that come back. The others may.
URGENT = frozenset({"inbox", "fold"})


class Queue(Protocol):
    def wake(self, job: str) -> None:
        """Do this job soon. Never raises and never waits long: what is lost here, a tick finds again."""

    def failed(self, since: datetime) -> int:
        """How many jobs ended in an error since then, where that is kept outside our tables."""

    def answers(self) -> bool:
        """Whether what carries the wakes is there. Never raises."""

    def standing(self) -> Standing:
        """How background work stands just now. Never raises."""

    def clear(self) -> int:
        """Forget the failures; how many there were. Never raises."""

    def close(self) -> None:
        """Finish what is running; start nothing more."""


class InlineQueue:
    """Tests: the job is noted, and done when the test says so."""

    def __init__(self) -> None:
        self.woken: list[str] = []

    def wake(self, job: str) -> None:
        if job not in self.woken:
            self.woken.append(job)

    def failed(self, since: datetime) -> int:
        return 0

    def answers(self) -> bool:
        return True

    def standing(self) -> Standing:
        return Standing("inline", waiting={"woken": len(self.woken)})

    def clear(self) -> int:
        return 0

    def close(self) -> None:
        self.woken.clear()


class ThreadQueue:
    """Embedded: one thread a job name, so that a job never runs beside itself; a wake during a run makes one more run."""

    def __init__(self, perform: Perform, jobs: tuple[str, ...]) -> None:
        self._perform, self._stopping = perform, threading.Event()
        self._failures: deque[Failure] = deque(maxlen=CROWDED)
        self._running: dict[str, datetime] = {}
        self._bells = {job: threading.Event() for job in jobs}
        self._threads = [threading.Thread(target=self._serve, args=(job,), name=f"job-{job}", daemon=True) for job in jobs]
        for thread in self._threads:
            thread.start()

    def wake(self, job: str) -> None:
        self._bells[job].set()

    def failed(self, since: datetime) -> int:
        return sum(failure.at >= since for failure in self._failures)

    def answers(self) -> bool:
        return not self._stopping.is_set()

    def standing(self) -> Standing:
        runs = tuple(Working(f"job-{job}", job, since) for job, since in sorted(self._running.copy().items()))
        asked = {job: 1 for job, bell in self._bells.items() if bell.is_set()}
        alive = sum(thread.is_alive() for thread in self._threads)
        return Standing("threads", waiting=asked, workers=alive, runs=runs, failures=tuple(reversed(self._failures.copy())))

    def clear(self) -> int:
        count = len(self._failures)
        self._failures.clear()
        return count

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
            self._running[job] = clock.now()
            try:
                self._perform(job)
            except BaseException as wrong:  # a job that exits must not end its lane with it
                self._failures.append(Failure(job, clock.now(), type(wrong).__name__))
                log.exception("job failed", job=job)
            finally:
                self._running.pop(job, None)


def asked(job: str) -> str:
    """The key that says that a name waits in Redis."""
    return f"ensigo:asked:{job}"


class RedisQueue:
    """Scaled: RQ carries the job's name to a worker, an urgent one by a line of its own. Without an id: a fixed one would block
    after a failure."""

    def __init__(self, urgent: Any, usual: Any) -> None:
        self._urgent, self._usual = urgent, usual

    def wake(self, job: str) -> None:
        line = self._urgent if job in URGENT else self._usual
        try:
            if not line.connection.set(asked(job), 1, nx=True, ex=ASKED):
                return  # it waits already: a country's reports, a wake each, must not stand before every other job
            if line.count >= CROWDED:
                return  # nobody works: the clock must not pile up for days what one wake will do
            says = f"perform:{job}"
            keep = {"result_ttl": 0, "failure_ttl": FAILURES_KEPT, "ttl": SECONDS_WANTED}
            line.enqueue("jobs.table.perform", job, job_timeout=120, description=says, **keep)
        except RedisError as down:
            log.warning("wake lost, the clock will ask again", job=job, error=type(down).__name__)

    def failed(self, since: datetime) -> int:
        """RQ keeps a failure under the moment when it will be forgotten."""
        until = since.timestamp() + FAILURES_KEPT
        try:
            return sum(line.connection.zcount(line.failed_job_registry.key, until, "+inf") for line in (self._urgent, self._usual))
        except RedisError as down:
            log.warning("failed jobs could not be counted", error=type(down).__name__)
            return 0

    def answers(self) -> bool:
        try:
            return bool(self._usual.connection.ping())
        except RedisError:
            return False

    def standing(self) -> Standing:
        try:
            return rq_standing.standing((self._urgent, self._usual))
        except RedisError as down:
            log.warning("Redis does not answer", error=type(down).__name__)
            return Standing("redis", answers=False)

    def clear(self) -> int:
        try:
            return rq_standing.clear((self._urgent, self._usual))
        except RedisError as down:
            log.warning("failed jobs could not be forgotten", error=type(down).__name__)
            return 0

    def close(self) -> None:
        """Nothing of ours runs in this process."""
