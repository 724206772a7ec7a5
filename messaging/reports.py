"""What gateways tell us later of a text: appended as it came, folded into outcomes by a table that refuses steps back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from core.db import INSERT, dialect, wake
from messaging import suppressions
from messaging.gateway import Advice, Fate, State, Told
from messaging.models import Message, Outcome, Report

JOB = "fold"
WAITS = timedelta(hours=24)  # for our own commit of the gateway's id
ADOPTS = timedelta(minutes=30)
SETTLED_BY = timedelta(minutes=1)  # after which a call in the air has its rows, whether it ended or was lost

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
            "at": now,
        }
        for one in told
    ]
    if rows:
        session.execute(insert(Report), rows)
        wake(session, JOB)
    for one in told:
        if one.advice is Advice.OPTED_OUT and one.phone and known(session, gateway, one.gateway_id):
            suppressions.stop(session, one.phone, "gateway", now)


def known(session: Session, gateway: str, gateway_id: str) -> bool:
    """Whether a text of ours bears this id: a report or opt-out for any other is kept, and changes nothing."""
    ours = select(Message.phone).where(Message.gateway_id == gateway_id, Message.gateway == gateway)
    return session.scalars(ours.limit(1)).first() is not None


def fold(session: Session, now: datetime, limit: int = 1000) -> int:
    """Fold up to `limit` waiting reports into outcomes; returns how many were settled. Those without a text yet wait a day."""
    waiting = select(Report).where(Report.folded_at.is_(None)).order_by(Report.id).limit(limit).with_for_update(skip_locked=True)
    reports = list(session.scalars(waiting))
    texts = _texts(session, reports)
    settled = []
    best: dict[tuple[UUID, str], tuple[State, str, datetime]] = {}
    for report in reports:
        text = texts.get((report.gateway, report.gateway_id)) or _adopt(session, report, now)
        if text is not None:
            state = State(report.state)
            if text not in best or RANK[state] > RANK[best[text][0]]:
                best[text] = (state, report.reason, report.at)
        if text is not None or report.at < now - WAITS:
            settled.append(report.id)
    _write(session, best)
    if settled:
        session.execute(update(Report).where(Report.id.in_(settled)).values(folded_at=now).execution_options(synchronize_session=False))
    return len(settled)


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
    statement = INSERT[dialect(session)](Outcome).values(row)
    session.execute(statement.on_conflict_do_update(index_elements=["batch_id", "phone"], set_={"gateway_id": report.gateway_id}))


def _write(session: Session, best: dict[tuple[UUID, str], tuple[State, str, datetime]]) -> None:
    if not best:
        return
    batches = {batch_id for batch_id, _ in best}
    standing = {(row.batch_id, row.phone): row for row in session.scalars(select(Outcome).where(Outcome.batch_id.in_(batches)))}
    fresh = []
    for (batch_id, phone), (state, reason, at) in best.items():
        row = standing.get((batch_id, phone))
        if row is None:
            fresh.append({"batch_id": batch_id, "phone": phone, "state": state.value, "reason": reason, "gateway_id": None, "at": at})
        elif RANK[state] > RANK[State(row.state)]:
            row.state, row.reason, row.at = state.value, reason, at
    if fresh:
        session.execute(insert(Outcome), fresh)
