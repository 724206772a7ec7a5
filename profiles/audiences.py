"""Which farmers: a description that can be stored, counted, and turned into a query. Always those who agreed to be texted."""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import aliased

from profiles.models import Consent, Farmer, Membership, Plot

SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Audience:
    """Empty means "any". `planted_from` to `planted_until` are days, both included, of the crop that matched."""

    crops: tuple[str, ...] = ()
    districts: tuple[int, ...] = ()
    languages: tuple[str, ...] = ()
    sex: str | None = None
    group: str | None = None  # an organisation's id
    role: str | None = None  # in that group
    planted_from: date | None = None
    planted_until: date | None = None

    def as_json(self) -> dict[str, Any]:
        written = asdict(self)
        for name in ("planted_from", "planted_until"):
            written[name] = written[name] and written[name].isoformat()
        return {name: list(value) if isinstance(value, tuple) else value for name, value in written.items() if value}


def from_json(written: dict[str, Any]) -> Audience:
    """Raises TypeError for a name that no audience has."""
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in written.items()}
    for name in ("planted_from", "planted_until"):
        if values.get(name):
            values[name] = date.fromisoformat(values[name])
    return Audience(**values)


def planted_weeks_ago(audience: Audience, weeks: int, day: date, days: int) -> Audience:
    """Those who reached this many weeks since planting on this day, or on one of the `days` - 1 days before it."""
    reached = day - timedelta(weeks=weeks)
    return replace(audience, planted_from=reached - timedelta(days=days - 1), planted_until=reached)


def conditions(audience: Audience, as_of: datetime, ids: tuple[UUID, UUID] | None = None) -> list[ColumnElement[bool]]:
    """What holds for a Farmer joined to Plot, of a farmer who can be reached and agreed, as of a moment.

    One row a farmer: of several matching plots the one that is her main crop before others. `ids`: only farmers after the one and
    up to the other, asked of each table, for a database does not conclude it from one to the next.
    """
    wanted: list[ColumnElement[bool]] = [Farmer.phone.is_not(None), Farmer.created_at <= as_of, *_plot(audience)]
    wanted += [_agreed(as_of, ids), *_between(Farmer.id, ids), *_between(Plot.farmer_id, ids)]
    if audience.districts:
        wanted.append(Farmer.district_id.in_(audience.districts))
    if audience.languages:
        wanted.append(Farmer.language.in_(audience.languages))
    if audience.sex:
        wanted.append(Farmer.sex == audience.sex)
    if audience.group:
        day = as_of.date()
        belongs = and_(
            Membership.farmer_id == Farmer.id,
            Membership.organisation_id == UUID(audience.group),
            Membership.since <= day,
            or_(Membership.until.is_(None), Membership.until > day),
        )
        wanted.append(exists().where(belongs, Membership.role == audience.role) if audience.role else exists().where(belongs))
    return wanted


def _between(column: Any, ids: tuple[UUID, UUID] | None) -> list[ColumnElement[bool]]:
    return [column > ids[0], column <= ids[1]] if ids else []


def _agreed(as_of: datetime, ids: tuple[UUID, UUID] | None) -> ColumnElement[bool]:
    stands = and_(
        Consent.farmer_id == Farmer.id,
        Consent.purpose == SERVICE,
        Consent.organisation_id.is_(None),
        Consent.at <= as_of,
        Consent.withdrawn_at.is_(None),
        or_(Consent.until.is_(None), Consent.until > as_of),
        *_between(Consent.farmer_id, ids),
    )
    return exists().where(stands)


def _plot(audience: Audience) -> list[ColumnElement[bool]]:
    if not audience.crops:
        return [Plot.position == 1, *_planted(Plot, audience)]
    wanted = [Plot.crop.in_(audience.crops), *_planted(Plot, audience)]
    if len(audience.crops) > 1:
        earlier = aliased(Plot)
        before = and_(
            earlier.farmer_id == Farmer.id, earlier.position < Plot.position, earlier.crop.in_(audience.crops), *_planted(earlier, audience)
        )
        wanted.append(~exists().where(before))
    return wanted


def _planted(plot: Any, audience: Audience) -> list[ColumnElement[bool]]:
    wanted = []
    if audience.planted_from:
        wanted.append(plot.planted_on >= audience.planted_from)
    if audience.planted_until:
        wanted.append(plot.planted_on <= audience.planted_until)
    return wanted
