"""What matching looks at, read from the tables: for one farmer, or for a range of them in one query.

A million farmers pass here, so the database hands each one's crops, groups and records over as one string, and farmers whose
strings are alike are understood once.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, String, Subquery, cast, func, or_, select
from sqlalchemy.orm import Session

from linkage import eligibility
from linkage.eligibility import Facts
from profiles.models import Farmer, Membership, Plot, Record


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """What farmers may have in common: told apart by being the same object. `minor`: known to be, or perhaps, under 18."""

    facts: Facts
    minor: bool


class Known(NamedTuple):
    """One farmer of a range: her id in hexadecimal, what she is like, and how she is reached."""

    ref: str
    kind: Kind
    phone: str | None
    phone_use: str | None
    language: str


def one(session: Session, farmer_id: UUID, day: date) -> Facts:
    """The facts of one farmer, as they are now."""
    rows = session.execute(_query([Farmer.id == farmer_id], (farmer_id, farmer_id), day))
    return next((_known(row, day).kind.facts for row in rows), Facts())


def some(session: Session, after: UUID | None, count: int, day: date) -> list[Known]:
    """The next so many farmers in the order of their ids."""
    later = [Farmer.id > after] if after else []
    ids = select(Farmer.id).where(*later).order_by(Farmer.id).limit(count).subquery("ids")
    bounds = select(ids.c.id).order_by(ids.c.id).limit(1), select(ids.c.id).order_by(ids.c.id.desc()).limit(1)
    first, last = (session.scalars(bound).first() for bound in bounds)
    if first is None or last is None:
        return []
    return [_known(row, day) for row in session.execute(_query([Farmer.id.between(first, last)], (first, last), day).order_by(Farmer.id))]


def _known(row: Row[Any], day: date) -> Known:
    ref, phone, phone_use, language, *said = tuple(row)
    return Known(ref, _kind(*said, day), phone, phone_use, language)


def _query(which: list[ColumnElement[bool]], between: tuple[UUID, UUID], day: date) -> Select[Any]:
    """`between` is said of each table, so that each is read where these farmers stand and not from end to end."""
    plots, groups, records = _plots(between), _groups(between, day), _records(between)
    ref = func.replace(cast(Farmer.id, String), "-", "")
    reached = (ref, Farmer.phone, Farmer.phone_use, Farmer.language)
    columns = (*reached, Farmer.district_id, Farmer.sex, Farmer.born, plots.c.said, groups.c.said, records.c.count)
    joined = select(*columns).outerjoin(plots, plots.c.farmer_id == Farmer.id).outerjoin(groups, groups.c.farmer_id == Farmer.id)
    return joined.outerjoin(records, records.c.farmer_id == Farmer.id).where(*which)


def _plots(between: tuple[UUID, UUID]) -> Subquery:
    """ "1:maize:half_to_1;2:beans:", in any order."""
    said = cast(Plot.position, String) + ":" + Plot.crop + ":" + func.coalesce(Plot.land, "")
    return _said(Plot.farmer_id, said, Plot.farmer_id.between(*between))


def _groups(between: tuple[UUID, UUID], day: date) -> Subquery:
    """ "2024-03-01:9f…;2025-01-01:3a…": since when, and the organisation's id."""
    said = cast(Membership.since, String) + ":" + cast(Membership.organisation_id, String)
    live = (Membership.since <= day, or_(Membership.until.is_(None), Membership.until > day))
    return _said(Membership.farmer_id, said, Membership.farmer_id.between(*between), *live)


def _said(farmer_id: Any, said: Any, *which: ColumnElement[bool]) -> Subquery:
    return select(farmer_id, func.aggregate_strings(said, ";").label("said")).where(*which).group_by(farmer_id).subquery()


def _records(between: tuple[UUID, UUID]) -> Subquery:
    counted = select(Record.farmer_id, func.count().label("count"))
    return counted.where(Record.farmer_id.between(*between), Record.replaced.is_(False)).group_by(Record.farmer_id).subquery()


@lru_cache(maxsize=100_000)
def _kind(
    district: int | None, sex: str | None, born: int | None, plots: str | None, groups: str | None, records: int | None, day: date
) -> Kind:
    grown = [one.split(":") for one in sorted((plots or "").split(";"), key=_place)] if plots else []
    crops = tuple(dict.fromkeys(crop for _, crop, _ in grown))
    land = tuple(dict.fromkeys(band for *_, band in grown if band))
    belongs = tuple(dict.fromkeys(UUID(one.rpartition(":")[2]) for one in sorted(groups.split(";")))) if groups else ()
    adult = eligibility.adult(born, day)
    counted = min(records or 0, eligibility.LARGEST_COUNT)
    return Kind(Facts(crops, district, land, sex, belongs, adult, counted), born is not None and not adult)


def _place(plot: str) -> int:
    return int(plot.partition(":")[0])
