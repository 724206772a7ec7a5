"""Texts that were stored are understood and answered, one transaction each, so that one bad text stops no other."""

import structlog

from conversations import sms
from jobs.runtime import Runtime
from messaging import inbox as texts

log = structlog.get_logger(__name__)
MOST = 500


def inbox(runtime: Runtime) -> None:
    """Answer what waits, oldest first. A text that raises is tried three times and then waits for a person."""
    for _ in range(MOST):
        waiting = None
        try:
            with runtime.transaction() as session:
                inbound = texts.next_waiting(session)
                if inbound is None:
                    return
                waiting = inbound.id
                understood = sms.reply(session, inbound, runtime.now(), runtime.settings)
                texts.handled(inbound, understood, runtime.now())
        except Exception:
            if waiting is None:
                raise
            log.exception("a text could not be answered", inbound=str(waiting))
            with runtime.transaction() as session:
                texts.failed(session, waiting)
    runtime.queue.wake(texts.JOB)
