"""What a process that answers callbacks does beside answering: hands in what waited on disk, and looks whether the clock still ticks.

It is a thread of every such process, because a dead clock cannot say so and another machine's worker cannot read this disk.
"""

import socket
import threading
from datetime import datetime
from pathlib import Path

import structlog

from core import heartbeats
from jobs.runtime import Runtime
from jobs.watch import CLOCK
from jobs.watching import Found, Watch, look
from messaging import spool
from service import handing_in

log = structlog.get_logger(__name__)
SECONDS = 3  # between two looks at the folder
LOOKS = 10  # so many of them to one at the clock
WAKE_INSTEAD = ("inbox", "dispatch", "reap", "watch", "tell")  # what a clock would have woken


def spooled_seconds(runtime: Runtime) -> Found:
    """This machine → how long the oldest callback has waited on its disk."""
    since = spool.waiting(Path(runtime.settings.spool_dir)).since
    return {socket.gethostname(): (runtime.now() - since).total_seconds() if since else 0.0}


SPOOL = Watch(
    "spool.waits",
    spooled_seconds,
    300,
    1,
    "Texts and reports have waited {value:.0f} seconds on the disk of {subject}: the database did not take them. See /readyz there.",
    pages=True,
)


class Keeper:
    """Runs until it is stopped. Whatever fails is tried again at the next round."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime, self._began = runtime, runtime.now()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=10)

    def _serve(self) -> None:
        rounds = 0
        while not self._stopped.wait(SECONDS):
            rounds += 1
            try:
                hand_in(self._runtime)
                if rounds % LOOKS == 0:
                    look_around(self._runtime, self._began)
            except handing_in.DOWN as down:
                log.warning("the database takes nothing yet", error=type(down).__name__)
            except Exception:
                log.exception("the keeper stumbled")


def hand_in(runtime: Runtime) -> None:
    """Hand in what waits. What has waited for minutes is reported before that, and the report closed after it."""
    late = max(spooled_seconds(runtime).values()) >= SPOOL.opens
    if late:
        look(runtime, (SPOOL,))
    if handing_in.hand_in(runtime) and late:
        look(runtime, (SPOOL,))


def look_around(runtime: Runtime, began: datetime) -> None:
    """Look at what a dead clock cannot say, and do its waking while it is dead. A clock that starts with us is given its time."""
    look(runtime, (SPOOL,))
    if runtime.now() - began <= heartbeats.FRESH:
        return
    look(runtime, (CLOCK,))
    with runtime.reading() as session:
        alive = heartbeats.alive(session, heartbeats.CLOCK, runtime.now())
    for job in () if alive else WAKE_INSTEAD:
        runtime.queue.wake(job)
