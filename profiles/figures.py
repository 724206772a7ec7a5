"""The figures of the roll: how many there are, reached, active and known, in each district, every one split by sex."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from profiles.consent import SERVICE
from profiles.models import Consent, Farmer, Membership, Organisation, Place, Plot

ACTIVE = timedelta(days=30)
COOPERATIVE = "cooperative"
AT_ONCE = 500  # phones in one statement
MEASURES = ("registered", "with_phone", "reached", "active")
# What a whole profile has → when it is there. The share that is known says how far a message can fit.
KNOWN: Mapping[str, ColumnElement[bool]] = {
    "name": Farmer.name.is_not(None),
    "sex": Farmer.sex.is_not(None),
    "born": Farmer.born.is_not(None),
    "district": Farmer.district_id.is_not(None),
    "place": Farmer.place_id.is_not(None),
    "phone_use": or_(Farmer.phone.is_(None), Farmer.phone_use.is_not(None)),
    "crop": exists().where(Plot.farmer_id == Farmer.id),
    "land": exists().where(Plot.farmer_id == Farmer.id, Plot.land.is_not(None)),
    "planted": exists().where(Plot.farmer_id == Farmer.id, Plot.planted.is_not(None)),
}


@dataclass(slots=True)
class Split:
    """One figure: women, men, and those who were not asked or did not say."""

    women: int = 0
    men: int = 0
    unsaid: int = 0

    @property
    def total(self) -> int:
        return self.women + self.men + self.unsaid

    def add(self, sex: str | None, count: int) -> None:
        if sex == "f":
            self.women += count
        elif sex == "m":
            self.men += count
        else:
            self.unsaid += count

    def __add__(self, other: "Split") -> "Split":
        return Split(self.women + other.women, self.men + other.men, self.unsaid + other.unsaid)

    def __sub__(self, other: "Split") -> "Split":
        return Split(self.women - other.women, self.men - other.men, self.unsaid - other.unsaid)


@dataclass(slots=True)
class Row:
    """A district's figures, or everybody's. `reached`: on a phone of theirs, agreed to be texted, and did not say STOP."""

    name: str
    district_id: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    registered: Split = field(default_factory=Split)
    with_phone: Split = field(default_factory=Split)
    reached: Split = field(default_factory=Split)
    active: Split = field(default_factory=Split)
    cooperatives: int = 0

    @property
    def without_phone(self) -> Split:
        return self.registered - self.with_phone


@dataclass(frozen=True, slots=True)
class Figures:
    """`rows`: each district that has somebody, most first. `languages` and `known`: by code, most first."""

    rows: list[Row]
    total: Row
    languages: list[tuple[str, Split]]
    known: list[tuple[str, Split]]
    members: Split  # of cooperatives


def count(session: Session, scope: UUID | None, now: datetime, today: date, stopped: Collection[str] = ()) -> Figures:
    """The figures of everybody, or of one group's present members. `stopped`: phones that said STOP, which messaging knows."""
    rows = _measured(session, scope, now, today, stopped)
    for district_id, number in session.execute(_cooperatives(scope)):
        rows.setdefault(district_id, Row("Not known", None)).cooperatives = number
    peopled = sorted((row for row in rows.values() if row.registered.total or row.cooperatives), key=lambda row: -row.registered.total)
    return Figures(
        peopled, _sum(peopled), _languages(session, scope, today), _known(session, scope, today), _members(session, scope, today)
    )


def whole(session: Session, scope: UUID | None, now: datetime, today: date, stopped: Collection[str] = ()) -> Row:
    """The same for all districts together, where only that is shown: counted once and alike for every page."""
    return _sum(list(_measured(session, scope, now, today, stopped).values()))


def _measured(session: Session, scope: UUID | None, now: datetime, today: date, stopped: Collection[str]) -> dict[int | None, Row]:
    """The measures of each district. Reached is who has a phone, agreed to be texted and did not say STOP, and nobody else."""
    rows = _rows(session)
    for district_id, sex, *counts in session.execute(_counted(scope, now, today)):
        row = rows.setdefault(district_id, Row("Not known", None))
        for measure, number in zip(MEASURES, counts, strict=True):
            getattr(row, measure).add(sex, int(number))
    for district_id, sex, number in _silenced(session, scope, now, today, stopped):
        rows[district_id].reached.add(sex, -number)
    return rows


def within(scope: UUID | None, today: date) -> list[ColumnElement[bool]]:
    """The condition on Farmer that keeps to one group's present members; none for everybody."""
    if scope is None:
        return []
    present = and_(Membership.since <= today, or_(Membership.until.is_(None), Membership.until > today))
    return [Farmer.id.in_(select(Membership.farmer_id).where(Membership.organisation_id == scope, present))]


def _rows(session: Session) -> dict[int | None, Row]:
    places = select(Place.id, Place.name, Place.latitude, Place.longitude).where(Place.level == "district").order_by(Place.name)
    return {id: Row(name, id, latitude, longitude) for id, name, latitude, longitude in session.execute(places)}


def _counted(scope: UUID | None, now: datetime, today: date) -> Any:
    """One pass over the farmers: those who agreed are gathered once, not looked up one by one."""
    agreed = select(Consent.farmer_id).where(*_agreed(now)).distinct().subquery("agreed")
    reached = case((and_(Farmer.phone.is_not(None), agreed.c.farmer_id.is_not(None)), 1), else_=0)
    active = case((Farmer.seen_at >= now - ACTIVE, 1), else_=0)
    columns = (func.count(), func.count(Farmer.phone), func.sum(reached), func.sum(active))
    query = select(Farmer.district_id, Farmer.sex, *columns).outerjoin(agreed, agreed.c.farmer_id == Farmer.id)
    return query.where(*within(scope, today)).group_by(Farmer.district_id, Farmer.sex)


def _agreed(now: datetime) -> tuple[ColumnElement[bool], ...]:
    stands = and_(Consent.at <= now, Consent.withdrawn_at.is_(None), or_(Consent.until.is_(None), Consent.until > now))
    return (Consent.purpose == SERVICE, Consent.organisation_id.is_(None), stands)


def _silenced(session: Session, scope: UUID | None, now: datetime, today: date, stopped: Collection[str]) -> list[Any]:
    """Of those who agreed, who is on a phone that said STOP."""
    phones = sorted(stopped)
    found: list[Any] = []
    agreed = exists().where(Consent.farmer_id == Farmer.id, *_agreed(now))
    for start in range(0, len(phones), AT_ONCE):
        on_these = Farmer.phone.in_(phones[start : start + AT_ONCE])
        query = select(Farmer.district_id, Farmer.sex, func.count()).where(on_these, agreed, *within(scope, today))
        found += session.execute(query.group_by(Farmer.district_id, Farmer.sex)).all()
    return found


def _cooperatives(scope: UUID | None) -> Any:
    query = select(Organisation.district_id, func.count()).where(Organisation.kind == COOPERATIVE).group_by(Organisation.district_id)
    return query if scope is None else query.where(Organisation.id == scope)


def _members(session: Session, scope: UUID | None, today: date) -> Split:
    """Farmers who belong to a cooperative now, each once however many they belong to."""
    present = and_(Membership.since <= today, or_(Membership.until.is_(None), Membership.until > today))
    belongs = select(Membership.farmer_id).join(Organisation, Organisation.id == Membership.organisation_id)
    query = select(Farmer.sex, func.count()).where(Farmer.id.in_(belongs.where(present, Organisation.kind == COOPERATIVE)))
    return _split(session.execute(query.where(*within(scope, today)).group_by(Farmer.sex)).all())


def _languages(session: Session, scope: UUID | None, today: date) -> list[tuple[str, Split]]:
    query = select(Farmer.language, Farmer.sex, func.count()).where(*within(scope, today)).group_by(Farmer.language, Farmer.sex)
    found: dict[str, Split] = {}
    for language, sex, number in session.execute(query):
        found.setdefault(language, Split()).add(sex, number)
    return sorted(found.items(), key=lambda pair: (-pair[1].total, pair[0]))


def _known(session: Session, scope: UUID | None, today: date) -> list[tuple[str, Split]]:
    sums = [func.sum(case((condition, 1), else_=0)) for condition in KNOWN.values()]
    query = select(Farmer.sex, *sums).where(*within(scope, today)).group_by(Farmer.sex)
    found = {name: Split() for name in KNOWN}
    for sex, *numbers in session.execute(query):
        for name, number in zip(KNOWN, numbers, strict=True):
            found[name].add(sex, int(number))
    return sorted(found.items(), key=lambda pair: -pair[1].total)


def _split(rows: Any) -> Split:
    made = Split()
    for sex, number in rows:
        made.add(sex, number)
    return made


def _sum(rows: list[Row]) -> Row:
    whole = Row("All")
    for row in rows:
        for measure in MEASURES:
            setattr(whole, measure, getattr(whole, measure) + getattr(row, measure))
        whole.cooperatives += row.cooperatives
    return whole
