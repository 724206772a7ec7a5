"""The lab's account: what was planned, what the gateway took, what we wrote down, held against each other by the promises I1 to I8."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bench.chaos import DOUBTFUL, Event
from bench.village import Noting, Village
from core import clock
from jobs.dispatch import PARALLEL
from messaging import proofs
from messaging.flow_models import Spend
from messaging.models import Batch, Inbound, Message, Outcome, Report
from tests.fake_gateway_ledger import Accepted, Call
from tests.processes import SECRETS

IN_THE_AIR = timedelta(seconds=1)  # a text that was handed over at the very moment of a STOP
PHONE = re.compile(r"(?<![0-9a-f-])\+?256\d{9}(?!\d)")
LOST_COMMITS = 8  # reports at once whose commit may have been cut off at a fault of the database, and which are then kept twice


@dataclass
class Books:
    """All that is known at the end. `sleeps`: seconds that a process may have slept between its mark and its call."""

    events: list[Event]
    calls: list[Call]
    accepted: list[Accepted]
    village: Village
    postman: Noting
    logs: dict[str, str]
    farmers: int
    broadcast: str
    sleeps: float
    batches: dict[UUID, Batch] = field(default_factory=dict)
    rows: list[Message] = field(default_factory=list)
    outcomes: dict[tuple[UUID, str], Outcome] = field(default_factory=dict)

    def read(self, session: Session) -> None:
        self.batches = {batch.id: batch for batch in session.scalars(select(Batch))}
        self.rows = list(session.scalars(select(Message)))
        self.outcomes = {(one.batch_id, one.phone): one for one in session.scalars(select(Outcome))}

    @property
    def ours(self) -> list[Message]:
        """The rows of the broadcast."""
        return [row for row in self.rows if self.batches[row.batch_id].sender == self.broadcast]

    def last_fates(self) -> dict[str, Message]:
        """The last word on each phone of the broadcast."""
        return {row.phone: row for row in sorted(self.ours, key=lambda row: (self.batches[row.batch_id].attempt, row.batch_id))}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the account: what was promised, what was found, and whether that holds."""

    promise: str
    says: str
    holds: bool


def hashed(body: str) -> str:
    return sha256(body.encode()).hexdigest()[:32]


def inbound(session: Session, books: Books) -> Iterable[Finding]:
    kept = Counter(session.scalars(select(Inbound.gateway_id).where(Inbound.gateway_id.in_(list(books.village.texts)))))
    lost, twice = books.village.texts.keys() - kept.keys(), [id_ for id_, count in kept.items() if count > 1]
    yield Finding("I1", f"{len(books.village.texts):,} texts answered 200: {len(lost)} lost, {len(twice)} twice", not lost and not twice)
    waiting = session.scalars(select(func.count()).select_from(Inbound).where(Inbound.handled_at.is_(None))).one()
    yield Finding("I1", f"{waiting} texts not handled", waiting == 0)


def reports(session: Session, books: Books) -> Iterable[Finding]:
    kept: Counter[tuple[str, str]] = Counter()
    for id_, status in session.execute(select(Report.gateway_id, Report.status)):
        kept[id_, status] += 1
    told, unsure = books.postman.told, books.postman.unsure
    lost = sum(max(0, count - kept[key]) for key, count in told.items())
    more = sum(max(0, kept[key] - told[key] - unsure[key]) for key in told.keys() | unsure.keys())
    cuts = sum(event.name.startswith(("PostgreSQL", "every connection")) for event in books.events)
    says = f"{sum(told.values()):,} reports answered 200: {lost} lost, {more} kept twice, which the cut commits explain"
    yield Finding("I1", says, lost == 0 and more <= LOST_COMMITS * cuts)


def sent_once(session: Session, books: Books) -> Iterable[Finding]:
    told = {hashed(batch.body) for batch in books.batches.values() if batch.sender == books.broadcast}
    taken = Counter((row.body_hash, row.phone) for row in books.accepted)
    twice = [key for key, count in taken.items() if key[0] in told and count > 1]
    yield Finding("I2", f"{sum(key[0] in told for key in taken):,} texts of the broadcast taken: {len(twice)} twice", not twice)
    asked = Counter(
        (hashed(batch.body), phone) for batch in books.batches.values() if batch.sender != books.broadcast for phone in batch.phones
    )
    replies = [key for key, count in taken.items() if key[0] not in told and count > asked[key]]
    yield Finding("I2", f"{sum(asked.values()):,} answers to texts: {len(replies)} taken more often than asked for", not replies)


def fates(session: Session, books: Books) -> Iterable[Finding]:
    first = [
        phone for batch in books.batches.values() if batch.sender == books.broadcast and batch.follows is None for phone in batch.phones
    ]
    stuck = Counter(batch.state for batch in books.batches.values() if batch.state != "done")
    yield Finding("I3", f"batches not done: {dict(stuck) or 'none'}", not stuck)
    last = books.last_fates()
    counted = Counter(
        f"{row.fate}{f' ({row.code})' if row.fate in {'cancelled', 'expired', 'not_sent', 'refused'} else ''}" for row in last.values()
    )
    says = ", ".join(f"{count:,} {fate}" for fate, count in sorted(counted.items()))
    ends = {"sent", "unconfirmed", "suppressed"}
    yield Finding("I3", f"{len(set(first)):,} planned = {says}", set(first) == set(last) and {row.fate for row in last.values()} <= ends)
    yield Finding(
        "I5", f"{len(first) - len(set(first))} phones in two batches of one broadcast", len(first) == len(set(first)) == books.farmers
    )


def both_books(session: Session, books: Books) -> Iterable[Finding]:
    """Ours and the gateway's: what each says of the other's texts."""
    ids = {row.gateway_id for row in books.accepted}
    invented = [row for row in books.rows if row.fate == "sent" and row.gateway_id not in ids]
    yield Finding(
        "I3",
        f"{sum(row.fate == 'sent' for row in books.rows):,} rows say sent: {len(invented)} of them unknown to the gateway",
        not invented,
    )
    known = {row.gateway_id for row in books.rows if row.gateway_id} | {one.gateway_id for one in books.outcomes.values() if one.gateway_id}
    open_ = {(hashed(books.batches[row.batch_id].body), row.phone) for row in books.rows if row.fate == "unconfirmed"}
    unknown = [row for row in books.accepted if row.gateway_id not in known and (row.body_hash, row.phone) not in open_]
    yield Finding("I3", f"{len(books.accepted):,} texts taken: {len(unknown)} of them neither sent nor unconfirmed here", not unknown)


def doubt(session: Session, books: Books) -> Iterable[Finding]:
    silent = [row for row in books.rows if row.fate == "unconfirmed"]
    faulty = sum(call.phones for call in books.calls if call.mode in DOUBTFUL or call.status is None)
    longest = max(len(batch.phones) for batch in books.batches.values())
    kills = sum(event.doubt for event in books.events) * PARALLEL * longest
    says = f"{len(silent):,} unconfirmed; calls without a clear answer had {faulty:,}, kills at most {kills:,}"
    yield Finding("I3", says, len(silent) <= faulty + kills)
    settled = Counter(one.state for row in silent if (one := books.outcomes.get((row.batch_id, row.phone))))
    taken = {(row.body_hash, row.phone) for row in books.accepted}
    arrived = sum((hashed(books.batches[row.batch_id].body), row.phone) in taken for row in silent)
    yield Finding("  ", f"of these {arrived:,} had been taken; settled since: {dict(settled) or 'none'}", True)


def stops(session: Session, books: Books) -> Iterable[Finding]:
    """From when a STOP was handled until a START was, no text of the broadcast is taken: by the gateway's clock, which is ours."""
    words: defaultdict[str, list[tuple[datetime, str]]] = defaultdict(list)
    heard = select(Inbound.phone, Inbound.handled_at, Inbound.understood).where(Inbound.understood.in_(["STOP", "START"]))
    for phone, at, word in session.execute(heard.order_by(Inbound.at, Inbound.id)):
        words[phone or ""].append((at, word))
    told = {hashed(batch.body) for batch in books.batches.values() if batch.sender == books.broadcast}
    allowed, after, close = IN_THE_AIR + timedelta(seconds=books.sleeps), 0, 0
    for row in books.accepted:
        at = datetime.fromtimestamp(row.accepted_at, tz=clock.now().tzinfo)
        before = [(moment, word) for moment, word in words.get(row.phone, ()) if moment < at]
        if row.body_hash in told and before and before[-1][1] == "STOP":
            after, close = after + (at - before[-1][0] > allowed), close + 1
    says = f"{len(words)} phones said STOP or START: {after} texts taken after a STOP, {close - after} within {allowed.total_seconds():.0f} s of it"
    yield Finding("I4", says, after == 0)


def bodies(session: Session, books: Books) -> Iterable[Finding]:
    yield Finding("I6", f"{len(books.village.pages)} answers showed a trace of our code", not books.village.pages)
    wrong = {kind: count for kind, count in books.village.dialled.items() if kind.startswith("status")}
    yield Finding("I6", f"dial-ins: {dict(books.village.dialled)}, the slowest {books.village.slowest:.1f} s", not wrong)


def logs(session: Session, books: Books) -> Iterable[Finding]:
    lines = [(name, line) for name, text in books.logs.items() for line in text.splitlines()]
    told = [(name, line) for name, line in lines if PHONE.search(line) or SECRETS["CALLBACK_SECRET"] in line]
    yield Finding("I7", f"{len(lines):,} lines of log: {len(told)} with a phone number or a secret", not told)


def money(session: Session, books: Books) -> Iterable[Finding]:
    totals = (func.coalesce(func.sum(one), 0) for one in (Spend.settled, Spend.uncertain, Spend.reserved))
    settled, uncertain, reserved = (Decimal(str(amount)) for amount in session.execute(select(*totals)).one())
    charged = sum((Decimal(row.cost.split()[1]) for row in books.accepted), Decimal(0))
    says = f"charged {charged:,.0f} = settled {settled:,.0f} + {charged - settled:,.0f} of {uncertain:,.0f} uncertain; {reserved:,.0f} still set aside"
    yield Finding("I8", says, 0 <= charged - settled <= uncertain and reserved == 0)


def proven(session: Session, books: Books) -> Iterable[Finding]:
    found = [(proof.day, proof.planned, proof.missing) for proof in proofs.latest(session) if proof.planned]
    yield Finding(
        "I3",
        f"daily proofs: {', '.join(f'{day}: {planned:,} planned, {missing} missing' for day, planned, missing in found)}",
        bool(found) and not any(missing for *_, missing in found),
    )


CHECKS: tuple[Callable[[Session, Books], Iterable[Finding]], ...] = (
    inbound,
    reports,
    sent_once,
    fates,
    both_books,
    doubt,
    proven,
    stops,
    bodies,
    logs,
    money,
)


def findings(session: Session, books: Books) -> list[Finding]:
    """The whole account, in the order of the promises."""
    books.read(session)
    return sorted((one for check in CHECKS for one in check(session, books)), key=lambda one: one.promise.strip() or "I3 ")
