"""Operators are told of incidents: when one opens, and when it is over if they had been told. What comes together goes as one message.

    ▮ what is untold is claimed, its texts put ▮ → ☁ the letter ▮ that it failed ▮

`told_at` is the last time that anybody was told of a row: an incident that closed after it must be told of once more.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core import incidents
from core.incidents import Incident
from core.log import scrub
from jobs.hearers import Hearer, MailFailed
from jobs.runtime import Runtime
from jobs.watch import PAGING
from messaging import gsm, outbox
from messaging.classes import MessageClass
from messaging.outbox import MOST_SEPTETS

log = structlog.get_logger(__name__)
MOST = 30  # incidents in one message; the rest follow a minute later
APART = timedelta(seconds=55)  # between two messages
PAGE_VALID = timedelta(hours=2)
FAILS = "mail.fails"
SMTP = "smtp"


def tell(runtime: Runtime) -> None:
    """Tell whoever hears of what is new. Nothing is told where nobody hears, so that who begins to hear learns what stands."""
    with runtime.transaction() as session:
        hearers = [one for one in runtime.hearers(session) if one.phone or runtime.mail]
        now = runtime.now()
        rows = _claim(session, now) if hearers else []
        before = {row.id: row.told_at for row in rows}
        texted = [_text(session, runtime, rows, one, now) for one in hearers if rows and one.phone]
        for row in rows:
            row.told_at = now
    if not rows or runtime.mail is None:
        return
    try:
        runtime.mail.send([one.email for one in hearers], subject(rows), letter(rows, runtime))
    except MailFailed as wrong:
        log.warning("operators were not told by e-mail", error=str(wrong))
        with runtime.transaction() as session:
            incidents.open_(
                session, FAILS, SMTP, f"No e-mail leaves ({wrong}): operators are not told of incidents. Correct SMTP_URL.", now
            )
            for row in rows if not texted else ():
                session.get_one(Incident, row.id).told_at = before[row.id]
        return
    with runtime.transaction() as session:
        incidents.close(session, FAILS, SMTP, runtime.now())


def subject(rows: Sequence[Incident]) -> str:
    """A line for the list of letters."""
    first = rows[0]
    if len(rows) == 1:
        return f"Ensigo: {'over: ' if first.closed_at else ''}{first.kind}"
    return f"Ensigo: {_count(rows)}"


def letter(rows: Sequence[Incident], runtime: Runtime) -> str:
    """All of it, with local times and the page to look at."""
    zone = runtime.settings.zone
    lines = []
    for row in rows:
        since = f"since {row.opened_at.astimezone(zone):%d %b %H:%M}"
        state = f"OVER at {row.closed_at.astimezone(zone):%d %b %H:%M}, {since}" if row.closed_at else f"OPEN {since}"
        lines.append(f"{state}\n{row.kind}: {scrub(row.says)}\n")
    return "\n".join([*lines, f"{runtime.settings.public_url.rstrip('/')}/incidents", ""])


def short(rows: Sequence[Incident]) -> str:
    """At most two parts of a text: the first whole, the others counted."""
    first = rows[0]
    begins = "Ensigo" if len(rows) == 1 else f"Ensigo, {_count(rows)}"
    body = gsm.plain(f"{begins}: {'OVER: ' if first.closed_at else ''}{scrub(first.says)}")
    while not gsm.fits(body, MOST_SEPTETS):
        body = body[:-1]
    return body


def _claim(session: Session, now: datetime) -> list[Incident]:
    """What must be told and is ours now: what pages and what is open first, the oldest first. None within a minute of the last message."""
    last = session.scalar(select(func.max(Incident.told_at)))
    if last is not None and last > now - APART:
        return []
    opened = Incident.open.is_(True) & Incident.told_at.is_(None)
    over = Incident.closed_at > Incident.told_at
    untold = select(Incident).where(or_(opened, over)).order_by(Incident.open.is_(None), Incident.opened_at).limit(MOST)
    rows = session.scalars(untold.with_for_update(skip_locked=True)).all()
    return sorted(rows, key=lambda row: (row.closed_at is not None, row.kind not in PAGING, row.opened_at))


def _text(session: Session, runtime: Runtime, rows: Sequence[Incident], to: Hearer, now: datetime) -> bool:
    """One text. At night only for what is worth waking somebody; the rest waits for the morning, as a notice does."""
    pages = any(row.kind in PAGING and not row.closed_at for row in rows)
    outbox.put(
        session,
        phone=to.phone or "",
        ref="",
        body=short(rows),
        klass=MessageClass.REPLY if pages else MessageClass.NOTICE,
        sender=f"incident:{rows[0].id}",
        now=now,
        zone=runtime.settings.zone,
        dedupe=f"incident:{rows[0].id}:{'over' if rows[0].closed_at else 'open'}:{to.account_id}",
        valid_until=now + PAGE_VALID if pages else None,
    )
    return True


def _count(rows: Sequence[Incident]) -> str:
    opened = sum(row.closed_at is None for row in rows)
    over = len(rows) - opened
    said = [f"{opened} new incident{'s' * (opened != 1)}"] * bool(opened) + [f"{over} over"] * bool(over)
    return ", ".join(said)
