"""Everything that is watched, written out: kind, how it is found, when it opens and closes, what it says. And the job that looks."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from content import freshness, pausing
from core import clock, heartbeats, incidents
from core.heartbeats import Heartbeat
from jobs.runtime import Runtime
from jobs.watching import Found, Watch, due, look
from messaging import dial_failures, mutes, watched

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
LATEST_REPORT = timedelta(minutes=15)  # after a text left; most come within seconds
LEAST_TEXTS, LEAST_TURNS, LEAST_STOPS = 50, 5, 10  # of fewer no share is taken
LANES = {1: (2, "replies"), 2: (10, "alerts and notices"), 3: (120, "advice"), 4: (360, "surveys and offers")}  # minutes


def asked(query: Callable[[Session, datetime], Found]) -> Callable[[Runtime], Found]:
    """A find that reads the tables."""

    def find(runtime: Runtime) -> Found:
        with runtime.reading() as session:
            return query(session, runtime.now())

    return find


def _lane(lane: int, minutes: int, texts: str) -> Watch:
    says = f"Due {texts} have waited {{value:.0f}} minutes. See whether a worker runs and the gateway answers: python -m service doctor."
    query = asked(lambda session, now: {"": watched.oldest_minutes(session, lane, now)})
    return Watch(f"queue.lane{lane}", query, minutes, minutes / 2, says, pages=lane == 1)


def _dropped(session: Session, now: datetime) -> Found:
    """Points by which the share of delivered texts is lower than in the same hour a week ago."""
    (took, came), (then_took, then_came) = (watched.delivered(session, at - 2 * HOUR, at - HOUR) for at in (now, now - WEEK))
    if min(took, then_took) < LEAST_TEXTS:
        return {}
    return {"": 100 * then_came / then_took - 100 * came / took}


def _silent(runtime: Runtime) -> Found:
    """Seconds since the clock last said that it is alive."""
    with runtime.reading() as session:
        beat = session.get(Heartbeat, heartbeats.CLOCK)
        return {heartbeats.CLOCK: (runtime.now() - beat.at).total_seconds() if beat else 0.0}


def _old_prices(monthly: bool) -> Callable[[Runtime], Found]:
    def find(runtime: Runtime) -> Found:
        with runtime.reading() as session:
            return freshness.price_days(session, monthly, clock.day(runtime.now(), runtime.settings.zone))

    return find


def _pause(session: Session, subject: str, runtime: Runtime) -> None:
    pausing.pause(session, subject, "watch", runtime.now(), runtime.settings.zone)


# Raised by the processes that answer callbacks: a clock that has stopped wakes nobody.
CLOCK = Watch(
    "clock.stopped", _silent, heartbeats.FRESH.total_seconds(), heartbeats.FRESH.total_seconds() / 2,
    "No clock has ticked for {value:.0f} seconds: campaigns do not fire. Start one: python -m service clock.", pages=True,
)  # fmt: skip

WATCHES = (
    *(_lane(lane, *row) for lane, row in LANES.items()),
    Watch(
        "inbox.slow", asked(lambda session, now: {"": watched.unheard_minutes(session, now)}), 2, 0.5,
        "A farmer's text has waited {value:.0f} minutes to be read. See whether a worker runs: STOP waits too.", pages=True,
    ),
    Watch(
        "unconfirmed.many", asked(lambda session, now: {"": watched.waiting_for_person(session, now - WEEK)}), 21, 15,
        "{value:.0f} texts wait for a person: nobody knows whether they went. Settle them on the page of messages.", every=5,
    ),
    Watch(
        "reports.silent", asked(lambda session, now: watched.unreported(session, now - 2 * HOUR, now - LATEST_REPORT)), 20, 1,
        "{subject} took {value:.0f} texts and has reported on none for two hours. See that its reports go to our address.", every=5,
    ),
    Watch(
        "delivery.dropped", asked(_dropped), 15, 8,
        "{value:.0f} of a hundred texts fewer arrive than at this hour a week ago. Ask the gateway what has changed.", every=5,
    ),
    Watch(
        "gateway.failing", asked(lambda session, now: watched.failing(session, now - HOUR, now, LEAST_TEXTS)), 20, 10,
        "{subject} did not take {value:.0f} of a hundred texts in the last hour. See why on the page of messages.", pages=True, every=5,
    ),
    Watch(
        "ussd.errors", asked(lambda session, now: {"": dial_failures.share(session, now - HOUR / 12, LEAST_TURNS)}), 2, 0.5,
        "{value:.0f} of a hundred dial-ins end in sorry. Look for them in the log: a dial-in failed.", pages=True,
    ),
    Watch(
        "stops.many", asked(lambda session, now: watched.stops(session, "broadcast", now - DAY, LEAST_STOPS)), 2, 1,
        "{value:.1f} of a hundred who got {name} said STOP after it, so it is paused. Read its words before you switch it on again.",
        every=5, name=pausing.named, then=_pause,
    ),
    Watch(
        "prices.stale", _old_prices(False), 14, 10,
        "No price came from {subject} for {value:.0f} days: farmers hear old ones. Load its newest file.", every=15,
    ),
    Watch(
        "prices.stale_month", _old_prices(True), 75, 62,
        "No price came from {subject} for {value:.0f} days: farmers hear old ones. Load its newest file.", every=15,
    ),
    Watch(
        "weather.stale", asked(freshness.forecast_hours), 24, 12,
        "No forecast came from {subject} for {value:.0f} hours: soon none will be told. Try: python -m service fetch weather.", every=15,
    ),
    Watch(
        "jobs.failed", lambda runtime: {"": runtime.queue.failed(runtime.now() - HOUR)}, 3, 1,
        "{value:.0f} jobs failed within an hour. Look for them in a worker's log; the clock asks for them again.",
    ),
)  # fmt: skip
PAGING = frozenset({one.kind for one in (CLOCK, *WATCHES) if one.pages} | {"gateway.refuses"})


def watch(runtime: Runtime) -> None:
    """The clock's way: look at what is due, and let go of phones whose silence is over."""
    look(runtime, due(WATCHES, runtime.now()))
    with runtime.transaction() as session:
        _let_go(session, runtime.now())


def _let_go(session: Session, now: datetime) -> None:
    muted = mutes.sweep(session, now)
    for incident in incidents.standing(session) if muted else ():
        if incident.kind == mutes.KIND and incident.opened_at <= now - mutes.SPAN:
            incidents.close(session, incident.kind, incident.subject, now)
