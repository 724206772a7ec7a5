"""Batches to the gateway: claim, look, mark, send, record. The one way that a text leaves the house.

Each step is a transaction of its own and the call stands between them, so that a crash at any point sends nothing twice:
before the mark the batch goes back to the queue, after it every phone is unconfirmed until a report or a person says more.
"""

import os
import socket
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID, uuid4

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core import incidents
from jobs import routes
from jobs.runtime import Runtime
from jobs.who import who
from messaging import claims, marking, settle, switches, ways
from messaging.claims import Queue
from messaging.gateway import Fate, Gateway, Handed
from messaging.marking import Full, Marked, Terms
from messaging.models import Batch
from messaging.ways import Leases, Ways

log = structlog.get_logger(__name__)
PARALLEL = 8  # calls in the air at once, per process
URGENT = 1  # more that only takes the first lane, so that a reply never waits behind a country's advice
CHUNK = 4  # batches to a claim: few, so that a slow gateway does not hold what another process could send
PAUSES = (0.2, 0.5, 1, 2, 5, 10, 15)  # seconds between tries to record an answer: within the lease
SECONDS = 8.0  # one run at most; what is left wakes the job again
FRESH = 1.0  # seconds that the list of queues and routes is believed
SIMULATOR = "simulator"
DOWN = (OperationalError, InterfaceError, PoolTimeout)  # the database is away, or too busy for a moment
LOOK_HOLDS = 20.0  # seconds after its last look: later nothing is handed over, for this process slept and a STOP may have come
ROOM = 0.05  # seconds until a sender that found no room looks again


@dataclass(slots=True)
class Board:
    """What the senders of one run share: which queues have something, by which ways, and how much they may send this second."""

    runtime: Runtime
    queues: list[Queue] = field(default_factory=list)
    ways: Ways = field(default_factory=lambda: Ways({}, (), frozenset()))
    leases: Leases = field(default_factory=Leases)
    read_at: float = float("-inf")
    lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self, ticks: float, anew: bool = False) -> None:
        """Read again what is older than FRESH seconds, or at once."""
        with self.lock:
            if not anew and ticks - self.read_at < FRESH:
                return
            with self.runtime.transaction() as session:
                now, names = self.runtime.now(), tuple(self.runtime.gateways)
                self.queues = claims.waiting(session, now)
                self.ways = ways.load(session, names, switches.closed(session, names, now))
            self.read_at = ticks

    def terms(self) -> Terms:
        settings = self.runtime.settings
        asks = partial(who, simulated=set(self.runtime.gateways) == {SIMULATOR})
        admits = partial(self.leases.take, ticks=time.monotonic())
        return Terms(settings.zone, settings.quiet, settings.guests, asks, self.ways, admits)


def dispatch(runtime: Runtime) -> None:
    """Send what is due, several calls at a time, until nothing is due or the time is up."""
    until, board = time.monotonic() + SECONDS, Board(runtime)
    senders = PARALLEL + URGENT
    with ThreadPoolExecutor(senders, thread_name_prefix="send") as pool:
        busy = list(pool.map(lambda number: _serve(board, until, number < URGENT), range(senders)))
    if any(busy) and not runtime.stopping.is_set():
        runtime.queue.wake("dispatch")


def _serve(board: Board, until: float, urgent: bool) -> bool:
    """One sender's loop. True when the time was up with work perhaps left."""
    runtime, name = board.runtime, uuid4()
    owner, turn = f"{socket.gethostname()}:{os.getpid()}:{name.hex[:12]}", name.int
    try:
        while not runtime.stopping.is_set() and time.monotonic() < until:
            taken = _claim(board, owner, turn, urgent)
            if not taken:
                return False
            turn += 1
            runtime.checkpoint("claim.committed")
            for batch_id in taken:
                if runtime.stopping.is_set():
                    break
                _try_one(board, batch_id, owner, until)
        return True
    finally:
        with runtime.transaction() as session:
            claims.release(session, owner)


def _claim(board: Board, owner: str, turn: int, urgent: bool) -> list[UUID]:
    """The next few batches; the list of queues is read again before it is believed that there is nothing."""
    for anew in (False, True):
        board.look(time.monotonic(), anew)
        if not board.ways.open:
            return []
        queues = claims.in_turn([queue for queue in board.queues if not urgent or queue[0] == 1], turn)
        if queues:
            with board.runtime.transaction() as session:
                taken = claims.claim(session, owner, CHUNK, board.runtime.now(), queues)
            if taken:
                return taken
    return []


def _try_one(board: Board, batch_id: UUID, owner: str, until: float) -> None:
    """One batch that raises stops no other: it is tried later, and given up at the third time with an incident.

    A database that is away for a moment is no fault of the batch: what was claimed goes back at the end of this run.
    """
    try:
        send_one(board, batch_id, owner, until)
    except DOWN as down:
        log.warning("a batch waits for the database", batch=str(batch_id), error=type(down).__name__)
    except Exception:
        log.exception("a batch could not be sent", batch=str(batch_id))
        with board.runtime.transaction() as session:
            now = board.runtime.now()
            if claims.fault(session, batch_id, owner, now):
                says = "A batch could not be sent after three tries and was given up: see the log for its id."
                incidents.open_(session, "batch.fault", f"batch:{batch_id}", says, now)


def send_one(board: Board, batch_id: UUID, owner: str, until: float) -> None:
    """One claimed batch on its way: last look and mark ▮, the call ☁, what became of it ▮."""
    runtime = board.runtime
    looked_at, marked = _mark(board, batch_id, owner, until)
    if marked is None:
        return
    runtime.checkpoint("submit.committed")
    gateway = runtime.gateways[marked.gateway]
    if time.monotonic() - looked_at > LOOK_HOLDS:
        handed = [Handed(phone, Fate.NOT_SENT, code="slept") for phone in marked.phones]
    else:
        handed = _call(gateway, marked.batch, marked.phones)
    runtime.checkpoint("http.received")
    _record(runtime, batch_id, owner, handed, gateway)


def _mark(board: Board, batch_id: UUID, owner: str, until: float) -> tuple[float, Marked | None]:
    """When it was looked at last, and what is marked for sending; None when it is not to go now.

    Waits for room as long as this run lasts, a moment at a time.
    """
    runtime = board.runtime
    while True:
        board.look(time.monotonic())
        with runtime.transaction() as session:
            looked_at = time.monotonic()
            marked = marking.mark(session, batch_id, owner, runtime.now(), board.terms())
            runtime.checkpoint("submit.before_commit")
        if not isinstance(marked, Full):
            return looked_at, marked
        if not marked.air and _lease(board, marked):
            continue
        if runtime.stopping.wait(ROOM) or time.monotonic() >= until:
            with runtime.transaction() as session:
                claims.put_back(session, batch_id, owner, runtime.now())
            return looked_at, None


def _lease(board: Board, full: Full) -> bool:
    """Take texts of this second out of the buckets that the batch needs."""
    with board.runtime.transaction() as session:
        given = ways.lease(session, full.needs, full.lane)
    for key, count in given.items():
        board.leases.add(key, count, time.monotonic())
    return bool(given)


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
        except DOWN as down:
            log.warning("an answer could not be recorded yet", batch=str(batch_id), error=type(down).__name__)
            time.sleep(pause)
    _record_now(runtime, batch_id, owner, handed, gateway)


def _record_now(runtime: Runtime, batch_id: UUID, owner: str, handed: Sequence[Handed], gateway: Gateway) -> None:
    with runtime.transaction() as session:
        now = runtime.now()
        batch = session.get_one(Batch, batch_id, with_for_update=True)
        settle.record(session, batch, owner, handed, gateway.name, now)
        routes.heed(session, handed, gateway.name, now)
        runtime.checkpoint("result.before_commit")
    runtime.checkpoint("result.committed")
