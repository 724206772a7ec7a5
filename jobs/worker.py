"""RQ's worker, made safe: the child that does a job dies with its parent, and no pickle is ever read.

Killed with -9, RQ's parent leaves an orphan that goes on sending while another worker begins the same job: tried, seen.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from redis.exceptions import RedisError
from rq import Worker
from rq.serializers import JSONSerializer
from rq.worker.base import DequeueStrategy

from jobs import table
from jobs.queue import asked
from jobs.runtime import Runtime

PR_SET_PDEATHSIG = 1
SECONDS_TO_LIVE, MAINTENANCE, MONITORING = 45, 15, 5


class SafeWorker(Worker):
    """Forks a child for each job, as RQ does, and asks the kernel to end that child when this process ends."""

    def setup_work_horse_signals(self) -> None:
        super().setup_work_horse_signals()
        if sys.platform == "linux":
            ctypes.CDLL("libc.so.6", use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == 1:
            os._exit(1)  # the parent ended before the kernel was asked
        signal.signal(signal.SIGTERM, lambda *_: table.stop())

    def perform_job(self, job: Any, queue: Any, execution: Any) -> bool:
        """From its start on a wake asks for one more run: it may be about something that this run no longer sees."""
        with suppress(RedisError):
            self.connection.delete(asked(job.args[0]))
        return bool(super().perform_job(job, queue, execution))

    def handle_warm_shutdown_request(self) -> None:
        """An orderly end is the child's too: it claims nothing more and ends what is in the air."""
        super().handle_warm_shutdown_request()
        if self.horse_pid:
            os.kill(self.horse_pid, signal.SIGTERM)


def work(runtime: Runtime, queues: Sequence[Any], most: int | None = None) -> None:
    """Serve these queues in turn until a signal says stop, or `most` jobs are done; a job that runs is finished first.

    In turn, for a stream of reports never lets the urgent line be empty, and nothing else would ever be done.
    """
    table.start(runtime)
    worker = SafeWorker(
        list(queues),
        connection=queues[0].connection,
        serializer=JSONSerializer,
        worker_ttl=SECONDS_TO_LIVE,
        maintenance_interval=MAINTENANCE,
        job_monitoring_interval=MONITORING,
        log_job_description=False,
    )
    worker.work(logging_level="WARNING", max_jobs=most, dequeue_strategy=DequeueStrategy.ROUND_ROBIN)
