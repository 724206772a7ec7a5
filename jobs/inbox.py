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
        with runtime.transaction() as session:
            waiting = texts.take(session, runtime.now())
        if waiting is None:
            return
        try:
            with runtime.transaction() as session:
                inbound = texts.mine(session, waiting)
                if inbound is not None:
                    understood = sms.reply(session, inbound, runtime.now(), runtime.settings)
                    texts.handled(inbound, understood, runtime.now())
        except Exception:
            log.exception("a text could not be answered", inbound=str(waiting))
            with runtime.transaction() as session:
                texts.let_go(session, waiting)
    runtime.queue.wake(texts.JOB)
