"""One process each, as in the Procfile: web by gunicorn, worker by RQ, clock by APScheduler."""

import os
import signal
import sys
import threading
from pathlib import Path

import click

from core import log
from core.errors import Misconfigured
from core.settings import Settings
from jobs import metronome
from jobs import worker as rq_worker
from messaging import spool
from service.bootstrap import build, redis_queues


@click.command()
@click.option("--host", default="0.0.0.0", show_default=True)  # noqa: S104 behind a proxy, in a container, this is meant
@click.option("--port", default=8000, envvar="PORT", show_default=True)
@click.option("--workers", default=os.cpu_count() or 1, envvar="WEB_CONCURRENCY", show_default="one a core")
@click.pass_obj
def web(settings: Settings, host: str, port: int, workers: int) -> None:
    """The web processes: gunicorn's steady sync workers, one a core."""
    needs_redis(settings)
    spool.prepare(Path(settings.spool_dir))
    arguments = [
        *("--bind", f"{host}:{port}", "--workers", str(workers), "--worker-class", "sync", "--timeout", "30"),
        *("--graceful-timeout", "20", "--max-requests", "5000", "--max-requests-jitter", "500", "--no-control-socket"),
        "service.wsgi:app",
    ]
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *arguments])  # noqa: S606 our own arguments, no shell


@click.command()
@click.option("--only-urgent", is_flag=True, help="nothing but texts from phones and delivery reports: no long job stands before them")
@click.pass_obj
def worker(settings: Settings, only_urgent: bool) -> None:
    """A worker: takes jobs by name from Redis, urgent and others in turn. Start as many as there is work for, and one --only-urgent."""
    needs_redis(settings)
    log.prepare(machine=True)
    runtime = build(settings, works=True)
    urgent, usual = redis_queues(settings, patient=True)
    rq_worker.work(runtime, [urgent] if only_urgent else [urgent, usual])


@click.command()
@click.pass_obj
def clock(settings: Settings) -> None:
    """The clock: wakes the jobs regularly. A second one is harmless."""
    needs_redis(settings)
    log.prepare(machine=True)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    scheduler = metronome.start(build(settings))
    stopped.wait()
    scheduler.shutdown(wait=False)


def needs_redis(settings: Settings) -> None:
    """Several processes need a server between them. Raises Misconfigured."""
    if not settings.redis_url or settings.database_url.startswith("sqlite"):
        raise Misconfigured(
            "web, worker and clock as processes need REDIS_URL and a PostgreSQL DATABASE_URL; for one process run: python -m service"
        )
