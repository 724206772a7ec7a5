"""Everything that is measured for machines, written out; read from the tables, so that it is right whichever process answers.

docs/operate.md says of each what it means and what to do; a test holds the two together.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import func, select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from core import clock, heartbeats, incidents
from core.heartbeats import Heartbeat
from jobs.runtime import Runtime
from messaging import budgets, gauges, lanes, pauses, spool, watched
from messaging.models import Inbound, Report

KEPT = timedelta(seconds=5)  # a scrape, or ten at once, cost one look at the tables
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)
DOWN = (OperationalError, InterfaceError, PoolTimeout)
PAYERS = {"": "house", "*": "everybody"}
KINDS = ("sending", "class", "payer", "gateway", "sender")  # of switches
Values = Iterable[tuple[tuple[str, ...], float]]


@dataclass(frozen=True, slots=True)
class Gauge:
    """One metric: its name after "ensigo_", what it says, its labels, and how its values are found."""

    name: str
    says: str
    labels: tuple[str, ...]
    find: Callable[[Session, Runtime, datetime], Values]


def _one(value: float | None) -> Values:
    return [] if value is None else [((), value)]


def _batches(session: Session, runtime: Runtime, now: datetime) -> Values:
    for lane, count in lanes.queued(session, now).items():
        yield ("queued", str(lane)), count
    for (lane, state), count in lanes.under_way(session).items():
        yield (state, str(lane)), count


def _messages(session: Session, runtime: Runtime, now: datetime) -> Iterator[tuple[str, tuple[str, ...], float]]:
    """One look for the three metrics of fates."""
    found = gauges.fates(session, now)
    for window, counted in (("15m", found.quarter), ("1h", found.hour)):
        for fate, count in counted.items():
            yield "messages", (fate, window), count
    for reason, count in found.withheld.items():
        yield "suppressed", (reason,), count


def _budgets(session: Session, runtime: Runtime, now: datetime) -> Values:
    for line in budgets.lines(session, clock.day(now, runtime.settings.zone)):
        yield (PAYERS.get(line.budget.payer, line.budget.payer), line.budget.period), float(line.ratio)


def _clock_age(session: Session, runtime: Runtime, now: datetime) -> Values:
    beat = session.get(Heartbeat, heartbeats.CLOCK)
    return _one((now - beat.at).total_seconds() if beat else None)


def _count(session: Session, condition: object) -> Values:
    return _one(session.scalar(select(func.count()).where(condition)) or 0)  # type: ignore[arg-type]


GAUGES = (
    Gauge("oldest_due_seconds", "Age of the oldest due batch of a lane, past what somebody holds back", ("lane",),
          lambda session, runtime, now: [((str(lane),), age) for lane, age in lanes.oldest_due(session, now).items()]),
    Gauge("batches", "Batches that are not done, by state and lane", ("state", "lane"), _batches),
    Gauge("in_the_air", "Calls to a gateway that are made and not answered", ("gateway",),
          lambda session, runtime, now: _per(runtime.gateways, lanes.in_the_air(session))),
    Gauge("paused", "What is held back, by kind of switch", ("kind",),
          lambda session, runtime, now: _per(KINDS, Counter(one.name.partition(":")[0] for one in pauses.standing(session, now)))),
    Gauge("unconfirmed_waiting", "Texts that only a person can settle, of the last week", (),
          lambda session, runtime, now: _one(watched.waiting_for_person(session, now - WEEK))),
    Gauge("delivery_lag_p95_seconds", "Within which 95 of a hundred arrived, of the newest texts of the last hour that did", (),
          lambda session, runtime, now: _one(gauges.delivery_lag(session, now))),
    Gauge("budget_used_ratio", "What is spent of a budget in its period, 1 is all", ("payer", "period"), _budgets),
    Gauge("ussd_turns", "Dial-in turns of the last 15 minutes", (), lambda session, runtime, now: _one(gauges.dial_ins(session, now)[0])),
    Gauge("ussd_errors", "Those of them that ended in sorry", (), lambda session, runtime, now: _one(gauges.dial_ins(session, now)[1])),
    Gauge("inbound_waiting", "Texts from phones that are not understood yet", (),
          lambda session, runtime, now: _count(session, Inbound.handled_at.is_(None))),
    Gauge("reports_waiting", "Delivery reports that are not folded yet", (),
          lambda session, runtime, now: _count(session, Report.folded_at.is_(None))),
    Gauge("incidents_open", "Incidents that stand", (), lambda session, runtime, now: _one(len(incidents.standing(session)))),
    Gauge("clock_tick_age_seconds", "Since a clock last said that it is alive", (), _clock_age),
    Gauge("spool_bytes", "Callbacks on this machine's disk that the database did not take yet", (),
          lambda session, runtime, now: _one(spool.waiting(Path(runtime.settings.spool_dir)).bytes)),
)  # fmt: skip
# What is not found gauge by gauge: name → (what it says, labels)
OTHERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "messages": ("Messages by fate, of the last 15 minutes and the last hour", ("fate", "window")),
    "suppressed": ("Texts of the last hour that we held back for good, by reason", ("reason",)),
    "redis_up": ("1 while Redis answers; absent where jobs run in threads", ()),
    "jobs_failed": ("Background jobs that ended in an error within the last hour", ()),
    "database_up": ("1 while the database answers; 0 and nothing else of the tables while it does not", ()),
}
NAMES = tuple(f"ensigo_{name}" for name in (*(one.name for one in GAUGES), *OTHERS))


@dataclass(slots=True)
class Kept:
    """The last answer, for whoever asks again within KEPT. One look at a time: the others wait for it, and take it."""

    at: datetime | None = None
    body: bytes = b""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, runtime: Runtime) -> bytes:
        with self.lock:
            now = runtime.now()
            if self.at is None or not timedelta(0) <= now - self.at < KEPT:
                self.body, self.at = written(runtime, now), now
            return self.body


class _Found:
    """What was found, in the shape that prometheus_client asks a collector for."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


def written(runtime: Runtime, now: datetime) -> bytes:
    """Everything in Prometheus's text format."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_Found(_all(runtime, now)))
    return generate_latest(registry)


def _all(runtime: Runtime, now: datetime) -> list[Metric]:
    outside: dict[str, float] = {"jobs_failed": runtime.queue.failed(now - HOUR), "database_up": 1}
    if runtime.settings.redis_url:
        outside["redis_up"] = int(runtime.queue.answers())
    try:
        with runtime.reading() as session:
            families = [_family(one.name, one.says, one.labels, one.find(session, runtime, now)) for one in GAUGES]
            fates = list(_messages(session, runtime, now))
    except DOWN:
        families, fates, outside["database_up"] = [], [], 0
    for name in ("messages", "suppressed"):
        families.append(_family(name, *OTHERS[name], [(labels, value) for of, labels, value in fates if of == name]))
    return families + [_family(name, *OTHERS[name], _one(value)) for name, value in outside.items()]


def _family(name: str, says: str, labels: tuple[str, ...], values: Values) -> Metric:
    family = GaugeMetricFamily(f"ensigo_{name}", says, labels=labels)
    for given, value in values:
        family.add_metric(given, value)
    return family


def _per(names: Iterable[str], counted: Mapping[str, int]) -> Values:
    """A value for each, 0 where there is none: a series that comes and goes cannot be compared with itself."""
    return [((name,), counted.get(name, 0)) for name in names]
