"""Texts on their way in: a single text for one phone, put once. Broadcasts make their batches in content/planning.py."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.db import insert_new, new_id, wake
from messaging import classes, gsm
from messaging.classes import POLICIES, MessageClass
from messaging.models import Batch

DISPATCH = "dispatch"
MOST_SEPTETS = 306  # two parts


def put(
    session: Session,
    *,
    phone: str,
    ref: str,
    body: str,
    klass: MessageClass,
    sender: str,
    now: datetime,
    zone: ZoneInfo,
    payer: str = "",
    dedupe: str | None = None,
    not_before: datetime | None = None,
    valid_until: datetime | None = None,
) -> UUID | None:
    """One text to one phone, sent soon after the commit. `ref` says whose it is, `sender` who asked for it,
    `payer` whose money it is.

    None when `dedupe` was used before: the first stands and nothing is added. Raises ValueError for a body that is
    empty or that no phone could show: wording is checked long before, so this is a fault of ours.
    """
    body = gsm.plain(body)
    if not body.strip() or not gsm.fits(body, MOST_SEPTETS):
        raise ValueError(f"a text of {len(body)} characters for {sender} cannot be sent")
    row = {
        "id": new_id(now),
        "sender": sender,
        "payer": payer,
        "dedupe": dedupe,
        "klass": klass,
        "lane": POLICIES[klass].lane,
        "body": body,
        "phones": [phone],
        "refs": [ref],
        "not_before": not_before or now,
        "valid_until": valid_until or classes.valid_until(klass, now, zone),
    }
    added = insert_new(session, Batch, [row], Batch.id)
    if not added:
        return None
    wake(session, DISPATCH)
    return UUID(str(added[0][0]))
