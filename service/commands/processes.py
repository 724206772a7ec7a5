"""One process each, as in the Procfile: web by gunicorn, worker by RQ, clock by APScheduler."""

import os
import signal
import sys
import threading

import click

from core import log
from core.errors import Misconfigured
from core.settings import Settings
from jobs import metronome
from jobs import worker as rq_worker
from service.bootstrap import build, redis_queue


@click.command()
@click.option("--host", default="0.0.0.0", show_default=True)  # noqa: S104 behind a proxy, in a container, this is meant
@click.option("--port", default=8000, envvar="PORT", show_default=True)
@click.option("--workers", default=os.cpu_count() or 1, envvar="WEB_CONCURRENCY", show_default="one a core")
@click.pass_obj
def web(settings: Settings, host: str, port: int, workers: int) -> None:
    """The web processes: gunicorn's steady sync workers, one a core."""
    needs_redis(settings)
    arguments = [
        *("--bind", f"{host}:{port}", "--workers", str(workers), "--worker-class", "sync", "--timeout", "30"),
        *("--graceful-timeout", "20", "--max-requests", "5000", "--max-requests-jitter", "500", "--no-control-socket"),
        "service.wsgi:app",
    ]
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *arguments])  # noqa: S606 our own arguments, no shell


@click.command()
@click.pass_obj
def worker(settings: Settings) -> None:
    """A worker: takes jobs by name from Redis. Start as many as there is work for."""
    needs_redis(settings)
    log.prepare(machine=True)
    runtime = build(settings, works=True)
    rq_worker.work(runtime, redis_queue(settings, patient=True).connection)


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
