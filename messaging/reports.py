"""What gateways tell us later of a text: appended as it came, folded into outcomes by a table that refuses steps back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import case, insert, or_, select, update
from sqlalchemy.orm import Session

from core.db import INSERT, dialect, wake
from messaging import evening, suppressions
from messaging.gateway import Advice, Fate, State, Told
from messaging.models import Message, Outcome, Report

JOB = "fold"
WAITS = timedelta(hours=24)  # for our own commit of the gateway's id
ADOPTS = timedelta(minutes=30)
SETTLED_BY = timedelta(minutes=3)  # after which a call in the air has its rows, whether it ended or was lost

# How far along each state is: a later report never lowers it. Final states do not follow one another, but that a
# delivery after all beats a failure: the phone has the text.
RANK = {
    State.UNKNOWN: 0,
    State.ON_THE_WAY: 1,
    State.BUFFERED: 2,
    State.ABSENT: 3,
    State.EXPIRED: 3,
    State.FAILED: 3,
    State.REJECTED: 3,
    State.DELIVERED: 4,
}


def append(session: Session, gateway: str, told: Sequence[Told], now: datetime) -> None:
    """Keep reports as facts. Doubled, reversed and foreign ones too: folding sorts them out."""
    rows = [
        {
            "gateway": gateway,
            "gateway_id": one.gateway_id[:200],
            "phone": one.phone,
            "status": one.status[:100],
            "state": one.state.value,
            "reason": one.reason[:100],
            "network": one.network[:20],
            "advice": one.advice.value,
            "at": now,
        }
        for one in told
    ]
    if rows:
        session.execute(insert(Report), rows)
        wake(session, JOB)


def fold(session: Session, now: datetime, zone: ZoneInfo, after: int = 0, limit: int = 1000) -> int | None:
    """Fold up to `limit` waiting reports with an id above `after` into outcomes; the last id that was read, None when there was none.

    Reports without a text wait a day for it, and never stand in the way of those behind them.
    """
    waiting = select(Report).where(Report.folded_at.is_(None), Report.id > after).order_by(Report.id).limit(limit)
    reports = list(session.scalars(waiting.with_for_update(skip_locked=True)))
    texts = _texts(session, reports)
    settled, off = [], []
    best: dict[tuple[UUID, str], tuple[State, str, datetime]] = {}
    for report in reports:
        text = texts.get((report.gateway, report.gateway_id)) or _adopt(session, report, now)
        if text is not None:
            state = State(report.state)
            if text not in best or RANK[state] > RANK[best[text][0]]:
                best[text] = (state, report.reason, report.at)
            if report.advice == Advice.OPTED_OUT:
                suppressions.stop(session, text[1], "gateway", now)
            if report.advice == Advice.EVENING:
                off.append(text)
        if text is not None or report.at < now - WAITS:
            settled.append(report.id)
    _write(session, best)
    evening.try_again(session, [text for text in off if best[text][0] is State.ABSENT], now, zone)
    if settled:
        session.execute(update(Report).where(Report.id.in_(settled)).values(folded_at=now).execution_options(synchronize_session=False))
    return reports[-1].id if reports else None


def _texts(session: Session, reports: Sequence[Report]) -> dict[tuple[str, str], tuple[UUID, str]]:
    ids = list({report.gateway_id for report in reports})
    if not ids:
        return {}
    rows = session.execute(select(Message.gateway, Message.gateway_id, Message.batch_id, Message.phone).where(Message.gateway_id.in_(ids)))
    found = {(gateway or "", name or ""): (batch_id, phone) for gateway, name, batch_id, phone in rows}
    late = session.execute(
        select(Message.gateway, Outcome.gateway_id, Outcome.batch_id, Outcome.phone)
        .join(Message, (Message.batch_id == Outcome.batch_id) & (Message.phone == Outcome.phone))
        .where(Outcome.gateway_id.in_(ids))
    )
    return {(gateway or "", name or ""): (batch_id, phone) for gateway, name, batch_id, phone in late} | found


def _adopt(session: Session, report: Report, now: datetime) -> tuple[UUID, str] | None:
    """A report for an id that we never got: it can only be the one unconfirmed text of that phone, if there is just one."""
    if not report.phone or report.at > now - SETTLED_BY:
        return None
    lonely = (
        select(Message.batch_id, Message.phone)
        .outerjoin(Outcome, (Outcome.batch_id == Message.batch_id) & (Outcome.phone == Message.phone))
        .where(
            Message.phone == report.phone,
            Message.fate == Fate.UNCONFIRMED,
            or_(Message.gateway == report.gateway, Message.gateway.is_(None)),
            Message.at > now - ADOPTS,
            or_(Outcome.gateway_id.is_(None), Outcome.gateway_id == report.gateway_id),
        )
    )
    rows = session.execute(lonely.limit(2)).all()
    if len(rows) != 1:
        return None
    text = (rows[0].batch_id, rows[0].phone)
    _claim_id(session, text, report)
    return text


def _claim_id(session: Session, text: tuple[UUID, str], report: Report) -> None:
    row = {
        "batch_id": text[0],
        "phone": text[1],
        "state": State.UNKNOWN.value,
        "reason": "",
        "gateway_id": report.gateway_id,
        "at": report.at,
    }
    ours = {"index_elements": ["batch_id", "phone"], "set_": {"gateway_id": report.gateway_id}, "where": Outcome.gateway_id.is_(None)}
    session.execute(INSERT[dialect(session)](Outcome).values(row).on_conflict_do_update(**ours))


def _write(session: Session, best: dict[tuple[UUID, str], tuple[State, str, datetime]]) -> None:
    """One statement whose condition is the table of ranks: two folds at once cannot take a step back, in whatever order they commit."""
    if not best:
        return
    rows = [
        {"batch_id": batch_id, "phone": phone, "state": state.value, "reason": reason, "gateway_id": None, "at": at}
        for (batch_id, phone), (state, reason, at) in sorted(best.items(), key=lambda one: one[0])
    ]
    statement = INSERT[dialect(session)](Outcome)
    new = statement.excluded
    ahead = statement.on_conflict_do_update(
        index_elements=["batch_id", "phone"],
        set_={"state": new.state, "reason": new.reason, "at": new.at},
        where=_rank(new.state) > _rank(Outcome.state),
    )
    session.execute(ahead, rows)
    session.expire_all()


def _rank(state: Any) -> Any:
    return case({one.value: rank for one, rank in RANK.items()}, value=state, else_=0)
