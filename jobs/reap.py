"""Batches whose worker died: back to the queue before the mark, unconfirmed after it."""

from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from core import incidents
from jobs import routes
from jobs.runtime import Runtime
from messaging import claims, inbox

STUCK = "inbox.stuck"
log = structlog.get_logger(__name__)


def reap(runtime: Runtime) -> None:
    """Take over what outlived its lease, then wake dispatch: it may have been waiting for this."""
    with runtime.transaction() as session:
        back, parked = claims.reap(session, runtime.now())
        routes.recovered(session, runtime.now())
        _texts_that_wait_for_a_person(session, runtime.now())
    if back or parked:
        log.warning("a worker was lost", put_back=back, unconfirmed=parked)
    runtime.queue.wake("dispatch")


def _texts_that_wait_for_a_person(session: Session, now: datetime) -> None:
    waiting = inbox.stuck(session)
    if waiting:
        says = f"{waiting} texts could not be answered in three tries. See the log, and answer by hand."
        incidents.open_(session, STUCK, "inbound", says, now)
    else:
        incidents.close(session, STUCK, "inbound", now)
