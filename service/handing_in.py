"""The spool handed in: every line that waited on disk goes through the very stores that it would have gone through, in its order.

Only a process that has the folder can do this, so the processes that answer callbacks do it themselves (service/keeper.py): the
clock and the workers may run on other machines. One of them at a time holds the folder's lock; one that dies loses nothing, for
texts are known by their gateway's ids and what is committed is counted beside its file.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from sqlalchemy.orm import Session

from jobs.runtime import Runtime
from messaging import inbox, spool
from messaging.spool import Line
from service import posts

log = structlog.get_logger(__name__)
CHUNK = 50  # lines to a transaction
DOWN = (OperationalError, InterfaceError, TimeoutError)


def hand_in(runtime: Runtime) -> int:
    """Store what waits, and how many lines it was. Nothing is deleted before all of it is committed.

    Raises one of DOWN when the database still takes nothing; the next call goes on from there.
    """
    folder = Path(runtime.settings.spool_dir)
    if not spool.waiting(folder).bytes:
        return 0
    with spool.alone(folder) as ours:
        if not ours:
            return 0
        spool.take(folder)
        lines = spool.lines(folder)
        done = sum(_store(runtime, chunk) for chunk in iter(lambda: list(islice(lines, CHUNK)), []))
        spool.clear(folder)
    log.info("the spool was handed in", lines=done)
    return done


def _store(runtime: Runtime, chunk: Sequence[Line]) -> int:
    """All in one transaction; where one of them spoils it, each in its own."""
    try:
        with runtime.transaction() as session:
            for line in chunk:
                _put(session, runtime, line)
    except DOWN:
        raise
    except Exception:
        for line in chunk:
            _store_one(runtime, line)
    for file, count in Counter(line.file for line in chunk).items():
        spool.committed(file, count)
    runtime.checkpoint("spool.committed")
    return len(chunk)


def _store_one(runtime: Runtime, line: Line) -> None:
    try:
        with runtime.transaction() as session:
            _put(session, runtime, line)
    except DOWN:
        raise
    except Exception as wrong:  # no table takes it: a person must look
        log.exception("a line of the spool could not be stored")
        with runtime.transaction() as session:
            _unread(session, runtime, line, type(wrong).__name__)


def _put(session: Session, runtime: Runtime, line: Line) -> None:
    if line.post is None:
        _unread(session, runtime, line, "half a line of the spool")
    else:
        posts.store(session, runtime, line.post)


def _unread(session: Session, runtime: Runtime, line: Line, why: str) -> None:
    gateway, kind, body = (line.post.gateway, line.post.kind, line.post.body) if line.post else ("", "spool", line.raw)
    inbox.keep_unread(session, gateway, kind, why, body, runtime.now())
