"""The clock's regular calls: a handful of ticks in memory, each waking a job. Schedules themselves are rows in the database."""

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from core import heartbeats
from jobs.runtime import Runtime

# job → seconds between ticks. A lost wake costs at most one of these.
TICKS = {
    "dispatch": 2,
    "inbox": 2,
    "fire": 5,
    "plan": 5,
    "fold": 5,
    "reap": 15,
    "tidy": 3600,
    "match": 60,
    "weather": 900,
    "pace": 60,
    "prove": 3600,
    "watch": 60,
    "tell": 60,
}
HEARTBEAT_SECONDS = 15


def start(runtime: Runtime) -> BackgroundScheduler:
    """Begin to tick in threads of this process. Two metronomes are harmless: jobs claim the rows they work on."""
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(4)},
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        timezone="UTC",
    )
    for job, seconds in TICKS.items():
        scheduler.add_job(runtime.queue.wake, "interval", seconds=seconds, args=(job,), id=job, next_run_time=runtime.now())
    scheduler.add_job(_beat, "interval", seconds=HEARTBEAT_SECONDS, args=(runtime,), id="heartbeat")
    scheduler.start()
    _beat(runtime)
    return scheduler


def _beat(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        heartbeats.beat(session, heartbeats.CLOCK, runtime.now())
