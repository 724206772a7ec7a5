"""Planning's hot path as one statement: a million phones become batches without one of them passing through Python.

One row holds a body and up to BATCH_SIZE phones as an array, which writes a thirtieth of what a row a phone would.
What the two dialects call differently is written out in DIALECTS.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Subquery, func, insert, literal, literal_column, select, text, true
from sqlalchemy.orm import Session

from content.fields import CROP, DISTRICT
from content.models import Broadcast, BroadcastBody
from content.stretches import ALONE, Stretch
from core.db import dialect, new_id, put_many
from messaging.classes import POLICIES, MessageClass
from messaging.models import Batch
from profiles import audiences
from profiles.audiences import Audience
from profiles.models import Farmer, Plot


def _sliced(told: Subquery, size: int) -> Subquery:
    """All phones of a body in one array, then cut by subscripts: a quarter cheaper than numbering every row."""
    whole = (
        select(told.c.number, func.array_agg(told.c.phone).label("phones"), func.array_agg(told.c.ref).label("refs"))
        .group_by(told.c.number)
        .subquery("whole")
    )
    starts = func.generate_series(1, func.cardinality(whole.c.phones), size).table_valued("first").render_derived().lateral("starts")
    first, last = starts.c.first, starts.c.first + (size - 1)
    cut = select(whole.c.number, whole.c.phones[first:last].label("phones"), whole.c.refs[first:last].label("refs"))
    return cut.select_from(whole.join(starts, true())).subquery("cut")


def _numbered(told: Subquery, size: int) -> Subquery:
    """Every row numbered within its body, then gathered by number: for a database without arrays."""
    place = func.row_number().over(partition_by=told.c.number, order_by=told.c.phone)
    rows = select(told, ((place - 1) // size).label("chunk")).subquery("rows")
    gathered = select(rows.c.number, func.json_group_array(rows.c.phone).label("phones"), func.json_group_array(rows.c.ref).label("refs"))
    return gathered.group_by(rows.c.number, rows.c.chunk).subquery("cut")


@dataclass(frozen=True, slots=True)
class Words:
    """What differs: a farmer's id as 32 hexadecimal digits, how rows become lists of a size, a list's length, a UUIDv7 of a moment."""

    ref: str
    cut: Callable[[Subquery, int], Subquery]
    length: str
    new_id: str


DIALECTS = {
    "postgresql": Words(
        ref="replace(farmers.id::text, '-', '')",
        cut=_sliced,
        length="cardinality",
        new_id="('{ms}' || '7' || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid",
    ),
    "sqlite": Words(
        ref="farmers.id",
        cut=_numbered,
        length="json_array_length",
        new_id="'{ms}' || '7' || substr(lower(hex(randomblob(2))), 1, 3) || '8' || substr(lower(hex(randomblob(8))), 1, 15)",
    ),
}
BATCH_COLUMNS = ("id", "sender", "payer", "class", "lane", "body", "phones", "refs", "not_before", "valid_until", "attempt", "state")


def plan_stretch(session: Session, broadcast: Broadcast, depends: frozenset[str], stretch: Stretch, size: int, now: datetime) -> int:
    """Batches for every phone of the audience that lies in the stretch; how many phones that were."""
    words = DIALECTS[dialect(session)]
    _room_to_sort(session)
    grouped = words.cut(_told(broadcast, depends, stretch, words), size)
    ours = BroadcastBody.broadcast_id == broadcast.id
    body = (
        select(BroadcastBody.number, func.min(BroadcastBody.body).label("body")).where(ours).group_by(BroadcastBody.number).subquery("body")
    )
    table = Batch.__table__
    rows = select(
        literal_column(words.new_id.format(ms=f"{int(now.timestamp() * 1000):012x}")),
        literal(f"broadcast:{broadcast.id}"),
        literal(broadcast.payer),
        literal(broadcast.klass),
        literal(POLICIES[MessageClass(broadcast.klass)].lane),
        body.c.body,
        grouped.c.phones,
        grouped.c.refs,
        literal(now, table.c.not_before.type),
        literal(broadcast.valid_until, table.c.valid_until.type),
        literal(1),
        literal("queued"),
    ).join_from(grouped, body, body.c.number == grouped.c.number)
    length = getattr(func, words.length)(table.c.phones)
    written = insert(table).from_select(BATCH_COLUMNS, rows).returning(length)  # type: ignore[arg-type]
    return sum(row[0] for row in session.execute(written))


def _told(broadcast: Broadcast, depends: frozenset[str], stretch: Stretch, words: Words) -> Subquery:
    """Each phone with its body's number; one row for a (phone, body), however many farmers share them."""
    columns = [
        Farmer.phone.label("phone"),
        literal_column(words.ref).label("ref"),
        Farmer.language.label("language"),
        (func.coalesce(Farmer.district_id, 0) if DISTRICT in depends else literal(0)).label("district_id"),
        (Plot.crop if CROP in depends else literal("")).label("crop"),
    ]
    members = _members(audiences.from_json(broadcast.audience), broadcast, stretch, columns).subquery("members")
    bodies = BroadcastBody
    same = (bodies.language == members.c.language) & (bodies.district_id == members.c.district_id) & (bodies.crop == members.c.crop)
    joined = (members, bodies, same & (bodies.broadcast_id == broadcast.id))
    if stretch.way == ALONE:  # nobody to share with: grouping would cost a tenth of the whole
        return select(members.c.phone, members.c.ref, bodies.number).join_from(*joined).subquery("told")
    told = select(members.c.phone, func.min(members.c.ref).label("ref"), bodies.number).join_from(*joined)
    return told.group_by(members.c.phone, bodies.number).subquery("told")


def ready(session: Session) -> None:
    """Tell PostgreSQL how many bodies there are: it would guess three, and look each farmer's crop and consent up one by one."""
    if dialect(session) == "postgresql":
        session.execute(text("ANALYZE broadcast_bodies"))


def _room_to_sort(session: Session) -> None:
    """A stretch is sorted in memory, not on disk, in this transaction alone."""
    if dialect(session) == "postgresql":
        session.execute(text("SET LOCAL work_mem = '128MB'"))
        session.execute(text("SET LOCAL jit = off"))


def _members(audience: Audience, broadcast: Broadcast, stretch: Stretch, columns: Sequence[Any]) -> Any:
    wanted = audiences.conditions(audience, broadcast.as_of, stretch.ids)
    return select(*columns).join_from(Farmer, Plot, Plot.farmer_id == Farmer.id).where(*stretch.farmers, *wanted)


def farmers_in(session: Session, audience: Audience, broadcast: Broadcast, stretch: Stretch) -> list[Row[Any]]:
    """Who of the audience lies in the stretch, with what a personal body may say."""
    columns = [Farmer.id, Farmer.phone, Farmer.language, Farmer.district_id, Farmer.name, Plot.crop]
    return list(session.execute(_members(audience, broadcast, stretch, columns).order_by(Farmer.phone, Farmer.id)))


def insert_single(session: Session, broadcast: Broadcast, rows: Mapping[tuple[str, str], str], now: datetime) -> int:
    """One batch for each (phone, body); `rows` maps them to the farmer."""
    sender, lane = f"broadcast:{broadcast.id}", POLICIES[MessageClass(broadcast.klass)].lane
    rest = (now, broadcast.valid_until, 1, "queued")
    batches = (
        (new_id(now), sender, broadcast.payer, broadcast.klass, lane, body, [phone], [ref], *rest) for (phone, body), ref in rows.items()
    )
    put_many(session, Batch, BATCH_COLUMNS, batches)
    return len(rows)
