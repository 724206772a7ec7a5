"""What is wrong, and what to do about it: settings, database, Redis, gateway, clock, wording, and the invariants of the queue."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Select, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from content import texts
from content.models import Campaign, Template
from content.templates import published
from core import heartbeats, incidents
from core.db import database_now, dialect
from core.errors import Misconfigured
from core.settings import Settings
from jobs.runtime import Runtime
from messaging import spool
from messaging.models import Batch, Inbound, Message
from migrations import upgrade
from service.bootstrap import build, redis_queues


@dataclass(frozen=True, slots=True)
class Finding:
    """`well` None: worth knowing, not wrong."""

    well: bool | None
    what: str
    do: str = ""


def settings_(runtime: Runtime) -> Iterator[Finding]:
    settings = runtime.settings
    unsafe = settings.unsafe()
    yield Finding(
        None if unsafe else True,
        f"secrets: {'development values in ' + ', '.join(unsafe) if unsafe else 'set'}",
        "set long random values before real people",
    )
    yield Finding(
        True,
        f"gateway {settings.gateway}, inbound {settings.inbound}, dial {settings.ussd_code}, "
        f"quiet {settings.quiet_hours or 'never'} {settings.timezone}",
    )
    if settings.guests:
        yield Finding(None, f"GUEST_LIST: only {len(settings.guests)} numbers are ever texted")


def database(runtime: Runtime) -> Iterator[Finding]:
    with runtime.reading() as session:
        connection = session.connection()
        head = ScriptDirectory.from_config(upgrade.config(runtime.settings.database_url)).get_current_head()
        here = MigrationContext.configure(connection).get_current_revision()
        yield Finding(here == head, f"schema {here}, newest {head}", "run: python -m service migrate")
        off = abs((database_now(session) - runtime.now()).total_seconds())
        yield Finding(off < 5, f"{dialect(session)} answers, its clock differs by {off:.1f} s", "set this machine's clock right (NTP)")
        if dialect(session) == "sqlite":
            sound = session.scalars(text("PRAGMA quick_check")).first()
            yield Finding(sound == "ok", f"SQLite file: {sound}", "stop everything and restore the newest backup")


def redis(runtime: Runtime) -> Iterator[Finding]:
    if not runtime.settings.redis_url:
        yield Finding(True, "no Redis: jobs run in threads of this process")
        return
    urgent, usual = redis_queues(runtime.settings)
    try:
        policy = usual.connection.config_get("maxmemory-policy").get("maxmemory-policy")
        yield Finding(
            policy == "noeviction",
            f"Redis answers, eviction {policy}, {urgent.count + usual.count} jobs wait",
            "set maxmemory-policy noeviction: others lose jobs",
        )
    except Exception as down:
        yield Finding(
            False,
            f"Redis does not answer ({type(down).__name__}): texts go out at the clock's ticks only",
            "start Redis or correct REDIS_URL",
        )


def spool_(runtime: Runtime) -> Iterator[Finding]:
    folder = Path(runtime.settings.spool_dir)
    try:
        spool.prepare(folder)
    except Misconfigured as wrong:
        yield Finding(False, str(wrong), "set SPOOL_DIR to a folder of ours on a disk with room")
        return
    waits = spool.waiting(folder)
    age = (runtime.now() - waits.since).total_seconds() if waits.since else 0
    yield Finding(
        age < 60,
        f"spool: {waits.bytes:,} bytes wait, the oldest for {age:.0f} s" if waits.bytes else "the spool is empty and can be written to",
        "the processes that answer callbacks hand it in by themselves as soon as the database takes it: see their log",
    )


def clock(runtime: Runtime) -> Iterator[Finding]:
    with runtime.reading() as session:
        alive = heartbeats.alive(session, heartbeats.CLOCK, runtime.now())
    yield Finding(
        alive,
        "the clock ticks" if alive else "no clock has ticked for 90 seconds",
        "start: python -m service clock (or everything: python -m service)",
    )


def queue(runtime: Runtime) -> Iterator[Finding]:
    with runtime.reading() as session:
        now = runtime.now()
        stuck = session.scalars(select(func.count()).where(Batch.owner.is_not(None), Batch.lease_until < now)).one()
        yield Finding(
            not stuck, f"{stuck} batches outlived their worker's lease", "they are taken over within 15 seconds of a clock's tick"
        )
        rows = session.scalars(select(func.count()).select_from(Message)).one()
        phones = int(session.scalars(_phones_done(dialect(session))).one() or 0)
        yield Finding(
            rows == phones, f"planned = recorded: {phones} phones in done batches, {rows} messages", "a phone without a fate: report this"
        )
        waiting = session.scalars(select(func.count()).where(Inbound.handled_at.is_(None), Inbound.tries >= 3)).one()
        yield Finding(not waiting, f"{waiting} texts could not be answered after three tries", "see the log, then answer by hand")
        for incident in incidents.standing(session):
            yield Finding(False, f"incident since {incident.opened_at:%d %b %H:%M}: {incident.says}")


def words(runtime: Runtime) -> Iterator[Finding]:
    unread = len(texts.unreviewed())
    yield Finding(None if unread else True, f"{unread} wordings wait for a native reader", "see /wording in the portal")
    with runtime.reading() as session:
        for template in session.scalars(select(Template)):
            if published(session, template.id) is None:
                yield Finding(None, f"template {template.code} has no published version")
        on = session.scalars(select(func.count()).select_from(Campaign).where(Campaign.on.is_(True))).one()
        yield Finding(True, f"{on} campaigns are on")


CHECKS: tuple[Callable[[Runtime], Iterator[Finding]], ...] = (settings_, database, redis, spool_, clock, queue, words)


@click.command()
@click.pass_obj
def doctor(settings: Settings) -> None:
    """Check everything and say what to do. Exit code 1 when something is wrong."""
    runtime = build(settings)
    wrong = 0
    for check in CHECKS:
        try:
            findings = list(check(runtime))
        except SQLAlchemyError as down:
            findings = [
                Finding(
                    False,
                    f"{check.__name__.strip('_')}: the database does not answer ({type(down).__name__})",
                    "start it, or correct DATABASE_URL; then: python -m service migrate",
                )
            ]
        for one in findings:
            wrong += one.well is False
            mark = {True: "ok   ", False: "WRONG", None: "note "}[one.well]
            click.echo(f"{mark} {one.what}" + (f"\n      → {one.do}" if one.do and one.well is not True else ""))
    click.get_current_context().exit(1 if wrong else 0)


def _phones_done(kind: str) -> Select[Any]:
    length = func.cardinality if kind == "postgresql" else func.json_array_length
    return select(func.sum(length(Batch.phones))).where(Batch.state == "done")
