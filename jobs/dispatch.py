"""Batches to the gateway: claim, look, mark, send, record. The one way that a text leaves the house.

Each step is a transaction of its own and the call stands between them, so that a crash at any point sends nothing twice:
before the mark the batch goes back to the queue, after it every phone is unconfirmed until a report or a person says more.
"""

import os
import socket
import time
from collections.abc import Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from uuid import UUID, uuid4

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from core import incidents
from jobs.runtime import Runtime
from jobs.who import who
from messaging import claims, settle, switches
from messaging.gateway import Advice, Gateway, Handed
from messaging.models import Batch, Switch

log = structlog.get_logger(__name__)
PARALLEL = 8  # calls in the air at once, per process
CHUNK = 4  # batches to a claim: few, so that a slow gateway does not hold what another process could send
PAUSES = (0.2, 0.5, 1, 2, 5, 10, 15)  # seconds between tries to record an answer: within the lease
SIMULATOR = "simulator"
SECONDS = 8.0  # one run at most; what is left wakes the job again
PAUSE_MINUTES = 10
REFUSES = "gateway.refuses"


def dispatch(runtime: Runtime) -> None:
    """Send what is due, several calls at a time, until nothing is due or the time is up."""
    until = time.monotonic() + SECONDS
    with ThreadPoolExecutor(PARALLEL, thread_name_prefix="send") as pool:
        busy = list(pool.map(lambda _n: _serve(runtime, until), range(PARALLEL)))
    if any(busy) and not runtime.stopping.is_set():
        runtime.queue.wake("dispatch")


def _serve(runtime: Runtime, until: float) -> bool:
    """One sender's loop. True when the time was up with work perhaps left."""
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:12]}"
    try:
        while not runtime.stopping.is_set() and time.monotonic() < until:
            with runtime.transaction() as session:
                taken = claims.claim(session, owner, CHUNK, runtime.now(), runtime.gateway.name)
            if not taken:
                return False
            runtime.checkpoint("claim.committed")
            for batch_id in taken:
                if runtime.stopping.is_set():
                    break
                _try_one(runtime, batch_id, owner)
        return True
    finally:
        with runtime.transaction() as session:
            claims.release(session, owner)


def _try_one(runtime: Runtime, batch_id: UUID, owner: str) -> None:
    """One batch that raises stops no other: it is tried later, and given up at the third time with an incident."""
    try:
        send_one(runtime, batch_id, owner)
    except Exception:
        log.exception("a batch could not be sent", batch=str(batch_id))
        with runtime.transaction() as session:
            now = runtime.now()
            if claims.fault(session, batch_id, owner, now):
                says = "A batch could not be sent after three tries and was given up: see the log for its id."
                incidents.open_(session, "batch.fault", f"batch:{batch_id}", says, now)


def send_one(runtime: Runtime, batch_id: UUID, owner: str) -> None:
    """One claimed batch on its way: last look and mark ▮, the call ☁, what became of it ▮."""
    gateway = runtime.gateway
    settings = runtime.settings
    with runtime.transaction() as session:
        marked = claims.mark(
            session,
            batch_id,
            owner,
            runtime.now(),
            zone=settings.zone,
            quiet=settings.quiet,
            guests=settings.guests,
            who=partial(who, simulated=gateway.name == SIMULATOR),
            gateway=gateway.name,
        )
        runtime.checkpoint("submit.before_commit")
    if marked is None:
        return
    batch, phones = marked
    runtime.checkpoint("submit.committed")
    handed = _call(gateway, batch, phones)
    runtime.checkpoint("http.received")
    _record(runtime, batch_id, owner, handed, gateway)


def _call(gateway: Gateway, batch: Batch, phones: Sequence[str]) -> list[Handed]:
    handed = gateway.send(batch.body, phones, reference=str(batch.id))
    strange = {one.phone for one in handed} - set(phones)
    if strange:
        log.warning("the gateway spoke of phones that were not asked for", batch=str(batch.id), count=len(strange))
    return [one for one in handed if one.phone not in strange]


def _record(runtime: Runtime, batch_id: UUID, owner: str, handed: Sequence[Handed], gateway: Gateway) -> None:
    """Write down what was answered, patiently: an answer that is lost makes texts that we know of unconfirmed."""
    for pause in PAUSES:
        try:
            _record_now(runtime, batch_id, owner, handed, gateway)
            return
        except (OperationalError, PoolTimeout) as down:
            log.warning("an answer could not be recorded yet", batch=str(batch_id), error=type(down).__name__)
            time.sleep(pause)
    _record_now(runtime, batch_id, owner, handed, gateway)


def _record_now(runtime: Runtime, batch_id: UUID, owner: str, handed: Sequence[Handed], gateway: Gateway) -> None:
    with runtime.transaction() as session:
        now = runtime.now()
        batch = session.get_one(Batch, batch_id, with_for_update=True)
        settle.record(session, batch, owner, handed, gateway.name, now)
        _heed(session, handed, gateway.name, now)
        runtime.checkpoint("result.before_commit")
    runtime.checkpoint("result.committed")


def recovered(session: Session, now: datetime) -> None:
    """Close what was opened over a gateway whose pause ended a minute ago and was not begun again. Asked by a tick."""
    for incident in incidents.standing(session):
        pause = session.get(Switch, f"gateway:{incident.subject}")
        if incident.kind == REFUSES and (pause is None or (pause.until and pause.until < now - claims.RECHECK)):
            incidents.close(session, REFUSES, incident.subject, now)


def _heed(session: Session, handed: Sequence[Handed], gateway: str, now: datetime) -> None:
    """What is ours to fix (key, balance, sender id) holds this gateway's queue and tells an operator."""
    paused: Set[str] = {one.code for one in handed if one.advice is Advice.PAUSE}
    if paused:
        answer = ", ".join(sorted(paused))
        why = f"{gateway} answered {answer}: check its key, balance and sender id. Sending tries again every {PAUSE_MINUTES} minutes."
        switches.turn_off(session, f"gateway:{gateway}", why, "dispatch", now, now + PAUSE_MINUTES * claims.RECHECK)
        incidents.open_(session, REFUSES, gateway, why, now)
