"""That a dial-in ended in "sorry": a row without a phone among the hops, so that the share of such turns can be watched."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from messaging.models import Hop

FAILED = "!failed"  # no screen has this name


def note(session: Session, network: str, now: datetime) -> None:
    """One turn could not be answered."""
    session.add(Hop(at=now, screen=FAILED, language="", network=network[:16], first=False, ends=True))


def share(session: Session, since: datetime, least: int) -> float:
    """How many of a hundred turns since then failed; 0 where fewer than `least` did."""
    failed = func.count().filter(Hop.screen == FAILED)
    bad, all_ = session.execute(select(failed, func.count()).select_from(Hop).where(Hop.at >= since)).one()
    return 100 * bad / all_ if bad >= least else 0.0
