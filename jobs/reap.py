"""Batches whose worker died: back to the queue before the mark, unconfirmed after it."""

import structlog

from jobs import dispatch
from jobs.runtime import Runtime
from messaging import claims

log = structlog.get_logger(__name__)


def reap(runtime: Runtime) -> None:
    """Take over what outlived its lease, then wake dispatch: it may have been waiting for this."""
    with runtime.transaction() as session:
        back, parked = claims.reap(session, runtime.now())
        dispatch.recovered(session, runtime.now())
    if back or parked:
        log.warning("a worker was lost", put_back=back, unconfirmed=parked)
    runtime.queue.wake("dispatch")
