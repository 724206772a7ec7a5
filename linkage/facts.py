"""What matching looks at, read from the tables: for one farmer, or for a range of them in a few queries."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from linkage import eligibility
from linkage.eligibility import Facts
from profiles.models import Farmer, Membership, Plot, Record


@dataclass(frozen=True, slots=True)
class Known:
    """One farmer of a range: her facts, and how she is reached. `minor`: known to be, or perhaps, under 18."""

    id: UUID
    facts: Facts
    phone: str | None
    phone_use: str | None
    language: str
    minor: bool


def one(session: Session, farmer_id: UUID, day: date) -> Facts:
    """The facts of one farmer, as they are now."""
    found = next(_known(session, Farmer.id == farmer_id, None, day), None)
    return found.facts if found else Facts()


def some(session: Session, after: UUID | None, count: int, day: date) -> list[Known]:
    """The next so many farmers in the order of their ids."""
    return list(_known(session, Farmer.id > after if after else None, count, day))


def _known(session: Session, which: Any, count: int | None, day: date) -> Iterator[Known]:
    """Columns, not objects: a million farmers pass here."""
    query = select(Farmer.id, Farmer.district_id, Farmer.sex, Farmer.born, Farmer.phone, Farmer.phone_use, Farmer.language)
    query = query.order_by(Farmer.id) if which is None else query.where(which).order_by(Farmer.id)
    farmers = session.execute(query.limit(count) if count else query).all()
    if not farmers:
        return
    first, last = farmers[0].id, farmers[-1].id
    crops, land, groups = _plots(session, first, last), _land(session, first, last), _groups(session, first, last, day)
    records = dict(_pairs(session, _records(first, last)))
    for row in farmers:
        facts = Facts(
            crops.get(row.id, ()),
            row.district_id,
            land.get(row.id, ()),
            row.sex,
            groups.get(row.id, ()),
            eligibility.adult(row.born, day),
            min(records.get(row.id, 0), eligibility.LARGEST_COUNT),
        )
        minor = row.born is not None and not facts.adult
        yield Known(row.id, facts, row.phone, row.phone_use, row.language, minor)


def _plots(session: Session, first: UUID, last: UUID) -> dict[UUID, tuple[Any, ...]]:
    query = select(Plot.farmer_id, Plot.crop).where(Plot.farmer_id.between(first, last)).order_by(Plot.farmer_id, Plot.position)
    return _grouped(session, query)


def _land(session: Session, first: UUID, last: UUID) -> dict[UUID, tuple[Any, ...]]:
    query = select(Plot.farmer_id, Plot.land).where(Plot.farmer_id.between(first, last), Plot.land.is_not(None))
    return _grouped(session, query.order_by(Plot.farmer_id, Plot.position))


def _groups(session: Session, first: UUID, last: UUID, day: date) -> dict[UUID, tuple[Any, ...]]:
    query = select(Membership.farmer_id, Membership.organisation_id).where(
        Membership.farmer_id.between(first, last), Membership.since <= day, or_(Membership.until.is_(None), Membership.until > day)
    )
    return _grouped(session, query.order_by(Membership.farmer_id, Membership.since))


def _records(first: UUID, last: UUID) -> Select[Any, Any]:
    query = select(Record.farmer_id, func.count()).where(Record.farmer_id.between(first, last), Record.replaced.is_(False))
    return query.group_by(Record.farmer_id)


def _grouped(session: Session, query: Select[Any, Any]) -> dict[UUID, tuple[Any, ...]]:
    found: defaultdict[UUID, list[Any]] = defaultdict(list)
    for farmer_id, value in _pairs(session, query):
        found[farmer_id].append(value)
    return {farmer_id: tuple(dict.fromkeys(values)) for farmer_id, values in found.items()}


def _pairs(session: Session, query: Select[Any, Any]) -> list[tuple[UUID, Any]]:
    return [(row[0], row[1]) for row in session.execute(query)]
