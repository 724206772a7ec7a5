"""What an operator must know raises itself: a watch finds a few numbers; above one threshold an incident opens, below another it closes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog
from sqlalchemy.orm import Session

from core import incidents
from jobs.runtime import Runtime

log = structlog.get_logger(__name__)
Found = Mapping[str, float]


class Then(Protocol):
    def __call__(self, session: Session, subject: str, runtime: Runtime) -> None:
        """What is done besides, in the transaction that opens the incident."""


@dataclass(frozen=True, slots=True)
class Watch:
    """One thing that is watched. `find`: subject → how bad; a subject that is not found is well.

    `opens` and `closes` lie apart, so that an incident does not flap. `says`, with {subject}, {value} and {name}, is one sentence of
    what is wrong and one of what to do. `every`: minutes between two looks at what is dear to find.
    """

    kind: str
    find: Callable[[Runtime], Found]
    opens: float
    closes: float
    says: str
    pages: bool = False  # worth waking somebody at night
    every: int = 1
    name: Callable[[Session, str], str] = lambda session, subject: subject
    then: Then | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """An incident that must be opened, or closed."""

    subject: str
    opens: bool
    value: float = 0.0


def look(runtime: Runtime, watches: Iterable[Watch]) -> None:
    """Look at each. One that cannot be looked at stops no other."""
    for watch in watches:
        try:
            _look(runtime, watch)
        except Exception:
            log.exception("a watch failed", kind=watch.kind)


def changes(watch: Watch, found: Found, standing: Iterable[str]) -> list[Change]:
    """What must change, given what was found and which subjects have an open incident. Pure."""
    open_ = set(standing)
    opened = [Change(subject, True, value) for subject, value in sorted(found.items()) if value >= watch.opens and subject not in open_]
    return opened + [Change(subject, False) for subject in sorted(open_) if found.get(subject, 0.0) < watch.closes]


def due(watches: Iterable[Watch], now: datetime) -> list[Watch]:
    """Those whose minute this is."""
    return [watch for watch in watches if now.minute % watch.every == 0]


def _look(runtime: Runtime, watch: Watch) -> None:
    found = watch.find(runtime)
    with runtime.reading() as session:
        needed = changes(watch, found, _standing(session, watch))
    if not needed:
        return
    with runtime.transaction() as session:
        for change in changes(watch, found, _standing(session, watch)):
            _make(session, runtime, watch, change)


def _make(session: Session, runtime: Runtime, watch: Watch, change: Change) -> None:
    now = runtime.now()
    if not change.opens:
        incidents.close(session, watch.kind, change.subject, now)
        return
    says = watch.says.format(subject=change.subject, value=change.value, name=watch.name(session, change.subject))
    incidents.open_(session, watch.kind, change.subject, says, now)
    if watch.then is not None:
        watch.then(session, change.subject, runtime)


def _standing(session: Session, watch: Watch) -> list[str]:
    return [one.subject for one in incidents.standing(session) if one.kind == watch.kind]
