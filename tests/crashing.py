"""The jobs of a real process that dies at a step: python -m tests.crashing [LABEL [NTH]]; without a label it works to the end.

Exit code 137 when it died at its step, 0 when nothing was left to do.
"""

import itertools
import os
import sys
import threading

from sqlalchemy import func, select

from core.settings import Settings
from jobs.queue import InlineQueue
from jobs.table import perform_with
from messaging.models import Batch
from service.bootstrap import build


def main(label: str = "", nth: str = "1") -> None:
    seen, lock = itertools.count(1), threading.Lock()

    def checkpoint(step: str) -> None:
        if step == label:
            with lock:
                if next(seen) == int(nth):
                    os._exit(137)

    runtime = build(Settings(), queue=InlineQueue(), works=True, checkpoint=checkpoint)
    while True:
        for job in ("fire", "plan", "dispatch", "fold"):
            perform_with(runtime, job)
        with runtime.reading() as session:
            if not session.scalars(select(func.count()).where(Batch.state != "done")).one():
                return


if __name__ == "__main__":
    main(*sys.argv[1:])
