"""Delivery receipts that both sides hold: issued by a group, confirmed or disputed by the farmer, corrected by a new one.

issued → confirmed | disputed → corrected (a new receipt replaces it, and both stay to be read).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit, codes
from core.db import insert_new, new_id, next_number
from core.errors import Conflict, NotFound
from linkage import receipt_texts
from linkage.deliveries import Delivery, Sums, reckon
from linkage.models import RECEIPT_NUMBERS, Receipt
from messaging import outbox
from messaging.classes import MessageClass
from profiles import farmers, organisations, records
from profiles.models import Record
from profiles.records import Entry

ISSUED, CONFIRMED, DISPUTED, CORRECTED = "issued", "confirmed", "disputed", "corrected"
# state → where it may go from there
MOVES = {
    ISSUED: (CONFIRMED, DISPUTED, CORRECTED),
    CONFIRMED: (DISPUTED, CORRECTED),
    DISPUTED: (DISPUTED, CONFIRMED, CORRECTED),  # for another reason; settled; put right
    CORRECTED: (),
}
DISPUTES = ("weight", "price", "fees", "unpaid", "not_mine")
FIRST_NUMBER = 1000
NO_AMOUNTS = frozenset({"shared", "neighbour"})  # others read this phone: a neutral line goes to it


@dataclass(frozen=True, slots=True)
class Voice:
    """What a text to the farmer needs beside the receipt: where we are, and what to dial."""

    zone: ZoneInfo
    ussd: str


def issue(
    session: Session, organisation_id: UUID, farmer_id: UUID, delivery: Delivery, nonce: str, by: str, now: datetime, voice: Voice
) -> Receipt:
    """A receipt of this group for one of its members, with the sale it proves and a text to the farmer.

    The same nonce of the same group gives back the receipt that it made. Raises NotFound for no member, Unusable for sums below nought.
    """
    return _write(session, organisation_id, farmer_id, delivery, nonce, by, now, voice, replaces=None)


def correct(session: Session, old: Receipt, delivery: Delivery, nonce: str, by: str, now: datetime, voice: Voice) -> Receipt:
    """A new receipt in the place of one that was wrong. Raises Conflict where another form corrected it before."""
    return _write(session, old.organisation_id, old.farmer_id, delivery, nonce, by, now, voice, replaces=old)


def confirm(session: Session, receipt_id: UUID, farmer_id: UUID, now: datetime) -> Receipt:
    """The farmer says that it is right. Raises NotFound for another's receipt, Conflict for one that was corrected meanwhile."""
    receipt = own(session, receipt_id, farmer_id)
    return receipt if receipt.state == CONFIRMED else _move(session, receipt, CONFIRMED, f"farmer:{farmer_id}", now)


def dispute(session: Session, receipt_id: UUID, farmer_id: UUID, why: str, now: datetime) -> Receipt:
    """The farmer says what is wrong, one of DISPUTES; people outside the group see it. Raises NotFound, Conflict, KeyError."""
    if why not in DISPUTES:
        raise KeyError(why)
    receipt = own(session, receipt_id, farmer_id)
    if (receipt.state, receipt.dispute) != (DISPUTED, why):
        receipt = _move(session, receipt, DISPUTED, f"farmer:{farmer_id}", now, why=why)
        receipt.dispute = why
        session.flush()
    return receipt


def get(session: Session, receipt_id: UUID, organisation_id: UUID | None) -> Receipt:
    """One receipt; for a group only one of its own. Raises NotFound for another's as for none."""
    receipt = session.get(Receipt, receipt_id)
    if receipt is None or (organisation_id is not None and receipt.organisation_id != organisation_id):
        raise NotFound("receipt")
    return receipt


def replacement(session: Session, receipt_id: UUID) -> Receipt | None:
    """The receipt that took the place of this one."""
    return session.scalars(select(Receipt).where(Receipt.replaces == receipt_id)).one_or_none()


def own(session: Session, receipt_id: UUID, farmer_id: UUID) -> Receipt:
    """One receipt of this farmer. Raises NotFound, for another's too."""
    receipt = session.get(Receipt, receipt_id)
    if receipt is None or receipt.farmer_id != farmer_id:
        raise NotFound("receipt")
    return receipt


def code(receipt: Receipt) -> str:
    """The code that people read out: "1000-4"."""
    return codes.written(receipt.number)


def _write(
    session: Session,
    organisation_id: UUID,
    farmer_id: UUID,
    delivery: Delivery,
    nonce: str,
    by: str,
    now: datetime,
    voice: Voice,
    replaces: Receipt | None,
) -> Receipt:
    key = f"{organisation_id.hex}:{nonce}"  # a nonce is the group's own: nobody is given another's receipt by guessing one
    done = _of_nonce(session, key)
    if done is not None:
        return done
    if replaces is None and not organisations.belonging(session, organisation_id, [farmer_id]):
        raise NotFound("member")
    sums = reckon(delivery)
    row = _row(organisation_id, farmer_id, delivery, sums, key, by, now)
    row |= {"number": next_number(session, RECEIPT_NUMBERS, Receipt.number, FIRST_NUMBER), "replaces": replaces.id if replaces else None}
    added = insert_new(session, Receipt, [row])
    if not added:  # the same form, sent twice at one moment: the other was first
        return _of_nonce(session, key) or _gone()
    receipt: Receipt = added[0]
    if replaces is not None:
        _move(session, replaces, CORRECTED, by, now, by_receipt=str(receipt.id))
    _prove(session, receipt, replaces, now)
    audit.note(session, by, "receipt.issued", f"receipt:{receipt.id}", now, farmer=str(farmer_id), net=receipt.net)
    _tell(session, receipt, now, voice)
    return receipt


def _gone() -> Receipt:
    raise Conflict("this receipt is being written by somebody else")


def _row(organisation_id: UUID, farmer_id: UUID, delivery: Delivery, sums: Sums, key: str, by: str, now: datetime) -> dict[str, object]:
    return {
        "id": new_id(now),
        "organisation_id": organisation_id,
        "farmer_id": farmer_id,
        "crop": delivery.crop,
        "day": delivery.day,
        "kg": delivery.kg,
        "kg_second": delivery.kg_second,
        "moisture": delivery.moisture,
        "price": delivery.price,
        "gross": sums.gross,
        "fee": sums.fee,
        "transport": sums.transport,
        "net": sums.net,
        "currency": delivery.currency,
        "pays_on": delivery.pays_on,
        "state": ISSUED,
        "dispute": None,
        "nonce": key,
        "by": by,
        "at": now,
    }


def _prove(session: Session, receipt: Receipt, replaces: Receipt | None, now: datetime) -> None:
    """The farmer's own sale record, with a receipt behind it: what came to her is the net."""
    sale = Entry(
        records.SALE,
        receipt.crop,
        receipt.currency,
        receipt.day,
        quantity=receipt.kg,
        unit="kg",
        amount=receipt.net,
        grade=records.RECEIPT,
        receipt=receipt.id,
        how="receipt",
    )
    old = session.scalars(select(Record).where(Record.receipt == replaces.id, Record.replaced.is_(False))).first() if replaces else None
    if old is not None:
        records.correct(session, receipt.farmer_id, old.id, sale, now)
    else:
        records.note(session, receipt.farmer_id, sale, now)


def _tell(session: Session, receipt: Receipt, now: datetime, voice: Voice) -> None:
    """A notice to the farmer's phone, where there is one; no amount where others read it too."""
    farmer = farmers.get(session, receipt.farmer_id)
    if farmer.phone is None:
        return
    read_by_others = farmer.phone_use in NO_AMOUNTS or len(farmers.on_phone(session, farmer.phone)) > 1
    say = receipt_texts.neutral if read_by_others else receipt_texts.notice
    outbox.put(
        session,
        phone=farmer.phone,
        ref=farmer.id.hex,
        body=say(receipt, farmer, voice.ussd),
        klass=MessageClass.NOTICE,
        sender=f"receipt:{receipt.id}",
        now=now,
        zone=voice.zone,
        dedupe=f"receipt:{receipt.id}",
    )


def _move(session: Session, receipt: Receipt, state: str, by: str, now: datetime, **detail: object) -> Receipt:
    """One step, taken by whoever is first; the audit remembers it."""
    held = session.scalars(
        select(Receipt).where(Receipt.id == receipt.id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if state not in MOVES[held.state]:
        raise Conflict(f"a receipt that is {held.state} cannot be {state}")
    held.state = state
    audit.note(session, by, f"receipt.{state}", f"receipt:{receipt.id}", now, **detail)
    session.flush()
    return held


def _of_nonce(session: Session, key: str) -> Receipt | None:
    return session.scalars(select(Receipt).where(Receipt.nonce == key)).one_or_none()
