"""How background work stands, in words that hold nothing of anybody: names of jobs, times, kinds of errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Failure:
    """A job that ended in an error: its name, when, and the error's type. Never its message, which may quote a farmer."""

    job: str
    at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class Working:
    """What a worker does just now. `since` None: not known."""

    worker: str
    job: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """`where`: "threads" of this process, "redis", or "inline" in tests. `answers` False: Redis is away, and nothing else is known."""

    where: str
    answers: bool = True
    waiting: Mapping[str, int] = field(default_factory=dict)  # queue, or job in threads → how many wait
    workers: int = 0
    runs: tuple[Working, ...] = ()
    failures: tuple[Failure, ...] = ()
    more: int = 0  # failures that are not listed
