"""What every process of ours holds, web and worker alike."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from core import db
from core.settings import Settings
from jobs.hearers import Hearer, Mail
from jobs.queue import Queue
from jobs.spoken import Spoken
from messaging.gateway import Gateway


def _nothing(label: str) -> None:
    """A step that tests may stop at; in service it does nothing."""


def _nobody(session: Session) -> Sequence[Hearer]:
    """Who hears of incidents where nobody has accounts."""
    return ()


@dataclass(frozen=True, slots=True)
class Runtime:
    """`gateways` is in order of preference; `checkpoint` is told each step of a job's way, so that a test can crash there;
    `stopping` is set at an orderly end: nothing more is claimed, what is in the air ends in its own time. `hearers` are told of
    incidents: by text, and by `mail` where there is a way to send it.
    """

    settings: Settings
    sessions: sessionmaker[Session]
    gateways: Mapping[str, Gateway]
    queue: Queue
    now: Callable[[], datetime]
    checkpoint: Callable[[str], None] = _nothing
    stopping: threading.Event = field(default_factory=threading.Event)
    hearers: Callable[[Session], Sequence[Hearer]] = _nobody
    mail: Mail | None = None
    spoken: Spoken = field(default_factory=Spoken)

    def transaction(self) -> AbstractContextManager[Session]:
        """A transaction that writes; jobs it wakes start after its commit."""
        return db.transaction(self.sessions, wake=self.queue.wake)

    def reading(self) -> AbstractContextManager[Session]:
        """A transaction that only reads and refuses writes."""
        return db.reading(self.sessions)

    @property
    def gateway(self) -> Gateway:
        """The preferred one."""
        return next(iter(self.gateways.values()))
