"""What must not be kept: drafts of who did not agree, screens of past dial-ins, yesterday's caps, old words, who shares a phone."""

from datetime import timedelta

from sqlalchemy import delete, update

from content import stretches
from core import clock
from jobs.runtime import Runtime
from messaging import sessions
from messaging.models import Hop, Inbound, Unasked, Unread
from profiles import drafts

DAY = timedelta(days=1)


def tidy(runtime: Runtime) -> None:
    """Delete by age."""
    now = runtime.now()
    today = clock.day(now, runtime.settings.zone)
    with runtime.transaction() as session:
        drafts.expire(session, now)
    with runtime.transaction() as session:
        sessions.sweep(session, now)
        session.execute(delete(Unread).where(Unread.at < now - 90 * DAY))
        session.execute(delete(Hop).where(Hop.at < now - 400 * DAY))
        session.execute(update(Inbound).where(Inbound.at < now - 90 * DAY, Inbound.text != "").values(text=""))
        session.execute(delete(Unasked).where(Unasked.day < today - 8 * DAY))
    with runtime.transaction() as session:
        stretches.forget_ended(session, now)
