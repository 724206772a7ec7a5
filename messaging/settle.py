"""The end of a batch: one row for every phone, and what must follow."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.db import insert_new, new_id, put_many
from messaging import money, suppressions, unconfirmed
from messaging.gateway import Advice, Fate, Handed
from messaging.models import Batch, Message, Outcome, Unasked

COLUMNS = ("batch_id", "phone", "fate", "gateway", "gateway_id", "cost", "currency", "code", "at")
MOST_TRIES = 5  # of a text that a gateway refuses again and again
BACKOFF, LONGEST = timedelta(seconds=30), timedelta(minutes=15)
AGAIN_IN = timedelta(minutes=2)
ONCE_MORE = "once more"
NOT_HANDED = Handed("", Fate.UNCONFIRMED)


def end(
    session: Session, batch: Batch, handed: Mapping[str, Handed], withheld: Mapping[str, Sequence[str]], gateway: str | None, now: datetime
) -> None:
    """Write what became of every phone, and the batch is done. A phone that nobody speaks of is unconfirmed."""
    again = _once_more(session, batch, handed, withheld, now)
    rows: list[tuple[Any, ...]] = []
    for phone in batch.phones:
        if phone in withheld:
            fate, code = withheld[phone]
            rows.append((batch.id, phone, fate, None, None, None, None, code, now))
        else:
            one = handed.get(phone, NOT_HANDED)
            code = ONCE_MORE if phone in again else one.code
            rows.append((batch.id, phone, one.fate.value, gateway, one.gateway_id, one.cost, one.currency, code, now))
    put_many(session, Message, COLUMNS, rows)
    money.settle(session, batch, list(handed.values()))
    batch.state, batch.owner, batch.lease_until = "done", None, None


def _once_more(
    session: Session, batch: Batch, handed: Mapping[str, Handed], withheld: Mapping[str, Sequence[str]], now: datetime
) -> Sequence[str]:
    """The unconfirmed phones of an emergency that an operator lets go once more: they follow in two minutes, and their rows say so."""
    silent = [phone for phone in batch.phones if phone not in withheld and handed.get(phone, NOT_HANDED).fate is Fate.UNCONFIRMED]
    if not silent or not unconfirmed.may_go_once_more(session, batch.klass, batch.attempt, now):
        return []
    follow(session, batch, silent, now + AGAIN_IN, now, attempt=batch.attempt + 1)
    return silent


def record(session: Session, batch: Batch, owner: str, handed: Sequence[Handed], gateway: str, now: datetime) -> None:
    """What the gateway answered. `batch` is this transaction's own row, locked.

    A worker that comes back after its lease was lost finds the batch done: its news goes to outcomes, never a second row.
    """
    fates = {one.phone: one for one in handed}
    if batch.owner != owner or batch.state != "submitting":
        news = _news(session, batch, handed)
        _too_late(session, batch, news, now)
        money.answered_late(session, batch, news)
        return
    end(session, batch, fates, batch.withheld or {}, gateway, now)
    again = [one.phone for one in handed if _worth_another_try(one, batch.attempt)]
    unreached = [one.phone for one in handed if one.fate in {Fate.NOT_SENT, Fate.REFUSED}]
    if unreached:
        # Nothing reached these phones: their unasked text of the day is still theirs to have.
        session.execute(delete(Unasked).where(Unasked.batch_id == batch.id, Unasked.phone.in_(unreached)))
    if again:
        wait = max((timedelta(seconds=one.retry_after) for one in handed if one.retry_after), default=backoff(batch.attempt))
        follow(session, batch, again, now + wait, now, attempt=batch.attempt + 1)
    for one in handed:
        if one.advice is Advice.OPTED_OUT:
            suppressions.stop(session, one.phone, "gateway", now)


def _worth_another_try(one: Handed, attempt: int) -> bool:
    """What never left is tried until its time is over; what was refused for reasons that may pass, a few times."""
    if one.advice is Advice.BAD_NUMBER:
        return False
    if one.fate is Fate.NOT_SENT and one.advice in {Advice.LATER, Advice.PAUSE}:
        return True
    passing = one.fate is Fate.NOT_SENT or (one.fate is Fate.REFUSED and one.advice in {Advice.LATER, Advice.PAUSE})
    return passing and attempt < MOST_TRIES


def backoff(attempt: int) -> timedelta:
    """How long to wait after this many tries: 30 s, 60 s, … at most 15 minutes."""
    return min(BACKOFF * 2 ** min(attempt - 1, 10), LONGEST)


def follow(session: Session, batch: Batch, phones: Sequence[str], not_before: datetime, now: datetime, attempt: int = 1) -> None:
    """A new batch for those of these phones that may still be reached in time; the others' rows have said so."""
    if not_before >= batch.valid_until:
        return
    refs = dict(zip(batch.phones, batch.refs, strict=True))
    session.add(
        Batch(
            id=new_id(now),
            sender=batch.sender,
            payer=batch.payer,
            dedupe=None,
            klass=batch.klass,
            lane=batch.lane,
            body=batch.body,
            phones=list(phones),
            refs=[refs[phone] for phone in phones],
            route=batch.route,
            not_before=not_before,
            valid_until=batch.valid_until,
            attempt=attempt,
            follows=batch.id,
            state="queued",
        )
    )


def _news(session: Session, batch: Batch, handed: Sequence[Handed]) -> list[Handed]:
    """What a late answer tells of phones that are in doubt. None where the answer was recorded before: a connection that is cut
    at the commit leaves its caller to try again what was done.
    """
    in_doubt = select(Message.phone).where(Message.batch_id == batch.id, Message.fate == Fate.UNCONFIRMED)
    silent = set(session.scalars(in_doubt))
    return [one for one in handed if one.phone in silent and one.fate is not Fate.UNCONFIRMED]


def _too_late(session: Session, batch: Batch, handed: Sequence[Handed], now: datetime) -> None:
    rows = [
        {"batch_id": batch.id, "phone": one.phone, "state": "on_the_way", "reason": "late answer", "gateway_id": one.gateway_id, "at": now}
        for one in handed
        if one.fate is Fate.SENT
    ]
    insert_new(session, Outcome, rows, Outcome.phone)
