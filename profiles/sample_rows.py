"""The sample country put into the database: in bulk, once, every row marked as a sample."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from core.db import new_id
from profiles import consent, farmer_rows, organisations, places, sample
from profiles import sample_facts as facts
from profiles.models import Consent, Farmer, Membership, Organisation
from profiles.sample import Person
from profiles.sheets import Sheet


@dataclass(frozen=True, slots=True)
class Made:
    """`new`: whether they were made now; `stops`: phones that said STOP, for messaging, which profiles does not know."""

    farmers: int
    groups: int
    new: bool
    stops: tuple[str, ...] = ()


def make(session: Session, now: datetime) -> Made:
    """Put the people and groups of the sample country in; nothing happens where they are. Places must have been seeded."""
    there = session.scalars(select(func.count()).select_from(Farmer).where(Farmer.sample)).one()
    if there:
        groups = session.scalars(select(func.count()).select_from(Organisation).where(Organisation.sample)).one()
        return Made(there, groups, new=False)
    country = sample.country(now)
    rng = Random(facts.SEED)
    ids = {person: new_id(person.created_at, rng.randbytes) for person in country.people}
    spots = _Spots(session)
    numbers = farmer_rows.numbers(session, len(country.people))
    people = [_farmer(person, number, ids, spots) for person, number in zip(country.people, numbers, strict=True)]
    # Who passes news on must be there before those who hear it.
    people.sort(key=lambda row: row["contact_id"] is not None)
    farmer_rows.put(session, people, [plot for person in country.people for plot in _plots(rng, person, ids)])
    session.execute(insert(Consent), [_consent(rng, person, ids) for person in country.people if person.agreed])
    _groups(session, country.people, ids, now)
    return Made(len(people), len(facts.GROUPS), new=True, stops=tuple(country.stops))


def duplicates(session: Session) -> Sheet:
    """A second list of farmers who are there already, as somebody else typed it: for the import to recognise."""
    group = organisations.by_code(session, facts.GROUPS[0].code)
    belongs = select(Membership.farmer_id).where(Membership.organisation_id == group.id)
    query = select(Farmer).where(Farmer.id.in_(belongs), Farmer.phone.is_not(None), Farmer.name.is_not(None))
    sheet = Sheet(["Name of farmer", "Telephone No.", "Sex"])
    for place, farmer in enumerate(session.scalars(query.order_by(Farmer.number).limit(facts.DUPLICATES)), start=2):
        first, _, family = (farmer.name or "").partition(" ")
        national = "0" + (farmer.phone or "").removeprefix("+256")
        sheet.rows.append((place, [f"{family.upper()} {first}", f"{national[:4]} {national[4:]}", farmer.sex or ""]))
    return sheet


class _Spots:
    """Which rows of places the districts and their sub-counties are."""

    def __init__(self, session: Session) -> None:
        names = {row.name for row in facts.DISTRICTS} | {facts.CITY_OF[1]}
        self.districts = {place.name: place.id for place in places.children(session, None, "district") if place.name in names}
        self.sub_counties = {
            row.name: [place.id for place in places.children(session, self.districts[row.name], "sub_county")] for row in facts.DISTRICTS
        }

    def of(self, person: Person) -> tuple[int, int | None]:
        name, below = person.district.name, self.sub_counties[person.district.name]
        return self.districts[facts.CITY_OF[1] if person.city else name], None if person.spot is None else below[person.spot % len(below)]


def _farmer(person: Person, number: int, ids: dict[Person, UUID], spots: _Spots) -> dict[str, Any]:
    district_id, place_id = spots.of(person)
    return {
        "id": ids[person],
        "number": number,
        "phone": person.phone,
        "phone_use": person.phone_use or None,
        "name": person.name,
        "sex": person.sex,
        "born": person.born,
        "language": person.language,
        "district_id": district_id,
        "place_id": place_id,
        "contact_id": ids[person.contact] if person.contact else None,
        "declined": {},
        "source": "sample",
        "sample": True,
        "created_at": person.created_at,
        "seen_at": person.seen_at,
    }


def _plots(rng: Random, person: Person, ids: dict[Person, UUID]) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(person.created_at, rng.randbytes),
            "farmer_id": ids[person],
            "crop": plot.crop,
            "position": position,
            "land": plot.land,
            "planted": plot.planted,
            "planted_on": plot.planted_on,
        }
        for position, plot in enumerate(person.plots, start=1)
    ]


def _consent(rng: Random, person: Person, ids: dict[Person, UUID]) -> dict[str, Any]:
    return {
        "id": new_id(person.created_at, rng.randbytes),
        "farmer_id": ids[person],
        "organisation_id": None,
        "purpose": consent.SERVICE,
        "how": person.agreed,
        "wording": f"sample:{person.language}",
        "at": person.created_at,
        "until": None,
        "withdrawn_at": person.withdrawn_at,
    }


def _groups(session: Session, people: Sequence[Person], ids: dict[Person, UUID], now: datetime) -> None:
    districts = {row.name: places.find(session, row.name)[0].id for row in facts.DISTRICTS}
    founded = now - timedelta(days=700)
    memberships = []
    for group in facts.GROUPS:
        made = organisations.add(session, group.kind, group.name, group.code, founded, districts[group.district], sample=True)
        memberships += [
            {
                "farmer_id": ids[person],
                "organisation_id": made.id,
                "since": person.created_at.date(),
                "until": None,
                "role": person.role,
            }
            for person in people
            if person.group is group
        ]
    session.execute(insert(Membership), memberships)
