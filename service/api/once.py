"""A POST with an Idempotency-Key is done once: its repeat, at the same moment or within a day, is answered as the first was."""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.db import insert_new
from core.errors import Conflict, Unusable
from service.accounts.models import ApiAnswer

KEPT = timedelta(hours=24)
LONGEST = 100
Done = tuple[int, dict[str, Any]]


def once(session: Session, organisation_id: UUID, nonce: str, said: bytes, now: datetime, do: Callable[[], Done]) -> Done:
    """Do it, or give back what was answered. The row is put in first: a second request at the same moment waits for our commit.

    Raises Conflict when the key was used for something else. Without a key it is simply done.
    """
    if not nonce:
        return do()
    if len(nonce) > LONGEST or not nonce.isascii() or not nonce.isprintable():
        raise Unusable("once.key")
    session.execute(delete(ApiAnswer).where(ApiAnswer.organisation_id == organisation_id, ApiAnswer.at < now - KEPT))
    digest = sha256(said).hexdigest()
    row = {"organisation_id": organisation_id, "nonce": nonce, "request_hash": digest, "status": 0, "answer": {}, "at": now}
    added = insert_new(session, ApiAnswer, [row])
    if added:
        status, answer = do()
        added[0].status, added[0].answer = status, answer
        return status, answer
    known = select(ApiAnswer).where(ApiAnswer.organisation_id == organisation_id, ApiAnswer.nonce == nonce)
    before = session.scalars(known).one()
    if before.request_hash != digest:
        raise Conflict("this Idempotency-Key was used for another request")
    return before.status, before.answer
