"""Places kept in bulk: matched by the path of their codes, so that putting the same list in twice changes nothing."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from core.db import dialect, insert_new
from profiles.models import Place, PlaceName
from profiles.spelling import fold

CHUNK = 5_000  # rows to a statement


@dataclass(frozen=True, slots=True)
class Row:
    """One place as a list has it. `parent` is its parent's code; `aliases` are further spellings."""

    code: str
    level: str
    parent: str | None
    name: str
    latitude: float | None = None
    longitude: float | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What the database holds for one code."""

    id: int
    parent_id: int | None
    name: str
    latitude: float | None
    longitude: float | None


@dataclass(slots=True)
class Kept:
    """How many rows were new, changed something, or said what we knew."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(slots=True)
class Register:
    """All places by code: read once, kept current while rows are put in."""

    by_code: dict[str, Known] = field(default_factory=dict)


def read(session: Session) -> Register:
    """Every place that the database holds."""
    rows = session.execute(select(Place.code, Place.id, Place.parent_id, Place.name, Place.latitude, Place.longitude))
    return Register({row.code: Known(row.id, row.parent_id, row.name, row.latitude, row.longitude) for row in rows})


def keep(session: Session, register: Register, rows: Sequence[Row]) -> Kept:
    """Put in rows of one level, whose parents the register holds already. Raises KeyError for a parent that it does not."""
    kept, new, changed = Kept(), [], []
    for row in rows:
        parent_id = register.by_code[row.parent].id if row.parent else None
        known = register.by_code.get(row.code)
        if known is None:
            new.append((row, parent_id))
        elif (better := _better(known, row, parent_id)) != known:
            changed.append(row)
            register.by_code[row.code] = better
        else:
            kept.unchanged += 1
    for start in range(0, len(new), CHUNK):
        _insert(session, register, new[start : start + CHUNK])
    _update(session, register, changed)
    _name(session, register, [row for row, _ in new] + changed + [row for row in rows if row.aliases])
    kept.new, kept.changed = len(new), len(changed)
    return kept


def settled(session: Session) -> None:
    """After tens of thousands of rows: tell PostgreSQL how many there are, or it walks through all of them for each district."""
    if dialect(session) == "postgresql":
        session.execute(text("ANALYZE places"))
        session.execute(text("ANALYZE place_names"))


def _better(known: Known, row: Row, parent_id: int | None) -> Known:
    """What we shall hold: our spelling while it is the same name, our coordinates where the row has none."""
    return replace(
        known,
        parent_id=parent_id,
        name=known.name if fold(known.name) == fold(row.name) else row.name,
        latitude=known.latitude if row.latitude is None else row.latitude,
        longitude=known.longitude if row.longitude is None else row.longitude,
    )


def _insert(session: Session, register: Register, new: Sequence[tuple[Row, int | None]]) -> None:
    values = [
        {
            "level": row.level,
            "parent_id": parent_id,
            "name": row.name,
            "code": row.code,
            "latitude": row.latitude,
            "longitude": row.longitude,
        }
        for row, parent_id in new
    ]
    ids = {code: place_id for place_id, code in insert_new(session, Place, values, Place.id, Place.code)}
    lost = [row.code for row, _ in new if row.code not in ids]  # somebody else put them in at this moment
    if lost:
        ids |= {code: place_id for place_id, code in session.execute(select(Place.id, Place.code).where(Place.code.in_(lost)))}
    for row, parent_id in new:
        register.by_code[row.code] = Known(ids[row.code], parent_id, row.name, row.latitude, row.longitude)


def _update(session: Session, register: Register, changed: Sequence[Row]) -> None:
    values = [asdict(register.by_code[row.code]) for row in changed]
    if values:
        session.execute(update(Place), values)


def _name(session: Session, register: Register, rows: Sequence[Row]) -> None:
    """Make these rows findable. A name that changed goes on finding its place."""
    pairs = {(fold(spelling), register.by_code[row.code].id) for row in rows for spelling in (row.name, *row.aliases)}
    values = [{"key": key, "place_id": place_id} for key, place_id in sorted(pairs) if key]
    for start in range(0, len(values), CHUNK):
        insert_new(session, PlaceName, values[start : start + CHUNK], PlaceName.place_id)
