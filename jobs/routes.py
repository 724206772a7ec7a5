"""What a gateway's answers and silences mean for its routes: paused, given less, or given its share again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core import incidents
from messaging import marking, switches
from messaging.gateway import Advice, Fate, Handed
from messaging.models import Switch

PAUSE = timedelta(minutes=10)  # after an answer that only a person can mend
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=2)  # after no answer at all, doubling
LONGEST_ASKED = timedelta(minutes=5)  # that we heed of what a gateway asks us to wait
REFUSES, UNREACHABLE = "gateway.refuses", "gateway.unreachable"


def heed(session: Session, handed: Sequence[Handed], gateway: str, now: datetime) -> None:
    """What is ours to mend (key, balance, sender id), a gateway that is not there, one that asks for time: each closes its way."""
    paused = sorted({one.code for one in handed if one.advice is Advice.PAUSE})
    asked = max((one.retry_after for one in handed if one.retry_after), default=0.0)
    if paused:
        why = f"{gateway} answered {', '.join(paused)}: check its key, balance and sender id. Sending tries again every 10 minutes."
        _pause(session, gateway, why, now, PAUSE, REFUSES)
    elif asked:
        _pause(session, gateway, f"{gateway} asked us to wait", now, min(timedelta(seconds=asked), LONGEST_ASKED), None)
    elif handed and all(one.fate is Fate.NOT_SENT and one.advice is Advice.LATER for one in handed):
        why = f"{gateway} cannot be reached: check the network and its address. Texts wait, or go by another gateway."
        _pause(session, gateway, why, now, _doubled(session, gateway, now), UNREACHABLE)
    elif any(one.fate is Fate.SENT for one in handed):
        _reached(session, gateway, now)


def recovered(session: Session, now: datetime) -> None:
    """Close what was opened over a gateway whose pause ended a minute ago and was not begun again. Asked by a tick."""
    for incident in incidents.standing(session):
        pause = session.get(Switch, f"gateway:{incident.subject}")
        over = pause is None or (pause.until and pause.until < now - marking.RECHECK)
        if incident.kind in {REFUSES, UNREACHABLE} and over:
            incidents.close(session, incident.kind, incident.subject, now)


def _pause(session: Session, gateway: str, why: str, now: datetime, span: timedelta, incident: str | None) -> None:
    switches.turn_off(session, f"gateway:{gateway}", why, "dispatch", now, now + span)
    if incident:
        incidents.open_(session, incident, gateway, why, now)


def _doubled(session: Session, gateway: str, now: datetime) -> timedelta:
    """Twice the last pause, where that ended a short while ago; an unfinished one stands as it is."""
    last = session.get(Switch, f"gateway:{gateway}")
    if last is None or last.until is None or last.by != "dispatch":
        return FIRST_PAUSE
    if last.until > now:
        return last.until - now
    return min(2 * (last.until - last.at), LONGEST_PAUSE) if now - last.until < LONGEST_PAUSE else FIRST_PAUSE


def _reached(session: Session, gateway: str, now: datetime) -> None:
    """It answers again: the doubling begins anew, and what was told of it is over."""
    last = session.get(Switch, f"gateway:{gateway}")
    if last is not None and last.until is not None and last.until <= now and last.by == "dispatch":
        session.delete(last)
        incidents.close(session, UNREACHABLE, gateway, now)
