"""Everything in one process: the embedded default, on SQLite, threads and waitress."""

import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click
import waitress
from sqlalchemy.engine import make_url

from core import log
from core.errors import Misconfigured
from core.settings import Settings
from jobs import metronome
from messaging import spool
from migrations import upgrade
from service.accounts import setup
from service.app import create_app
from service.bootstrap import build
from service.keeper import Keeper

THREADS = 8


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, envvar="PORT", show_default=True)
@click.pass_obj
def serve(settings: Settings, host: str, port: int) -> None:
    """Everything in this process: pages, callbacks, jobs and the clock."""
    log.prepare(machine=False)
    spool.prepare(Path(settings.spool_dir))
    with only_one(settings.database_url):
        upgrade.to_newest(settings.database_url)
        runtime = build(settings, works=True)
        app = create_app(runtime)
        with runtime.transaction() as session:
            link = setup.link(session, runtime.now())
        click.echo(welcome(settings, f"http://{host}:{port}", link))
        scheduler = metronome.start(runtime)
        keeper = Keeper(runtime)
        keeper.start()
        signal.signal(signal.SIGTERM, _leave)
        try:
            waitress.serve(app, host=host, port=port, threads=THREADS, ident=None, clear_untrusted_proxy_headers=True)
        finally:
            runtime.stopping.set()
            keeper.stop()
            scheduler.shutdown(wait=False)
            runtime.queue.close()


def _leave(_number: int, _frame: FrameType | None) -> Any:
    raise SystemExit(0)


@contextmanager
def only_one(database_url: str) -> Iterator[None]:
    """Hold the lock beside an SQLite file: two processes that both send from it would be two clocks and two writers too many.

    Raises Misconfigured when another holds it.
    """
    url = make_url(database_url)
    if not url.drivername.startswith("sqlite") or not url.database or url.database == ":memory:":
        yield
        return
    path = Path(url.database).resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{path}.lock", "a+", encoding="ascii") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as taken:
            held.seek(0)
            raise Misconfigured(f"{path.name} is served by process {held.read().strip() or '?'} already; stop that one first") from taken
        held.truncate(0)
        held.write(str(os.getpid()))
        held.flush()
        yield


def welcome(settings: Settings, address: str, setup_token: str | None) -> str:
    """What an operator reads at the start."""
    lines = [f"Ensigo is at {address}", f"  portal          {address}/"]
    if settings.gateways == ("simulator",):
        lines.append(f"  browser phone   {address}/phone   (dial {settings.ussd_code})")
    if setup_token:
        lines.append(f"  first set-up    {address}/setup/{setup_token}   (works once, for 24 hours)")
    return "\n".join(lines)
