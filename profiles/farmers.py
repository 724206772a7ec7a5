"""Farmers: added, found by phone or code, and their answers kept one at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import codes
from core.db import insert_new, new_id, next_number
from core.errors import NotFound
from profiles import questions
from profiles.models import FARMER_NUMBERS, Farmer, Plot

FIRST_NUMBER = 1000


@dataclass(frozen=True, slots=True)
class NewFarmer:
    """What is known of a farmer who is being added. `crops` are codes, the main one first; `phone` is E.164 or None."""

    phone: str | None
    language: str
    crops: tuple[str, ...]
    district_id: int | None
    source: str
    name: str | None = None
    sex: str | None = None
    born: int | None = None
    phone_use: str | None = None
    place_id: int | None = None
    contact_id: UUID | None = None
    sample: bool = False


def add(session: Session, new: NewFarmer, now: datetime) -> Farmer:
    """A new farmer with a number of their own and a plot for each crop. Several may share a phone."""
    farmer = Farmer(
        id=new_id(now),
        number=next_number(session, FARMER_NUMBERS, Farmer.number, FIRST_NUMBER),
        phone=new.phone,
        phone_use=new.phone_use,
        name=new.name,
        sex=new.sex,
        born=new.born,
        language=new.language,
        district_id=new.district_id,
        place_id=new.place_id,
        contact_id=new.contact_id,
        declined={},
        source=new.source,
        sample=new.sample,
        created_at=now,
        seen_at=None,
    )
    session.add(farmer)
    session.flush()
    for crop in new.crops:
        grow(session, farmer, crop, now)
    return farmer


def on_phone(session: Session, phone: str) -> list[Farmer]:
    """Everyone on this number, who came first first."""
    return list(session.scalars(select(Farmer).where(Farmer.phone == phone).order_by(Farmer.number)))


def get(session: Session, farmer_id: UUID) -> Farmer:
    """One farmer. Raises NotFound."""
    farmer = session.get(Farmer, farmer_id)
    if farmer is None:
        raise NotFound(f"farmer {farmer_id}")
    return farmer


def code(farmer: Farmer) -> str:
    """The system id that people read out: "4827-4"."""
    return codes.written(farmer.number)


def by_code(session: Session, typed: str) -> Farmer:
    """The farmer of a typed system id. Raises Unusable when the check digit is wrong, NotFound when nobody bears it."""
    return by_number(session, codes.read(typed))


def by_number(session: Session, number: int) -> Farmer:
    """The farmer of a system id without its check digit. Raises NotFound."""
    farmer = session.scalars(select(Farmer).where(Farmer.number == number)).one_or_none()
    if farmer is None:
        raise NotFound("no farmer with this number")
    return farmer


def plots(session: Session, farmer_id: UUID) -> list[Plot]:
    """What they grow, the main crop first."""
    return list(session.scalars(select(Plot).where(Plot.farmer_id == farmer_id).order_by(Plot.position)))


def main_plot(session: Session, farmer_id: UUID) -> Plot | None:
    """The crop that they said first."""
    return next(iter(plots(session, farmer_id)), None)


def grow(session: Session, farmer: Farmer, crop: str, now: datetime) -> None:
    """This farmer grows this crop; nothing happens when we knew. Locks the farmer: two crops at once take two places."""
    session.execute(select(Farmer.id).where(Farmer.id == farmer.id).with_for_update())
    position = max((plot.position for plot in plots(session, farmer.id)), default=0) + 1
    row = {"id": new_id(now), "farmer_id": farmer.id, "crop": crop, "position": position}
    insert_new(session, Plot, [row | {"land": None, "planted": None, "planted_on": None}])


def prefer(session: Session, farmer: Farmer, crop: str, now: datetime) -> None:
    """This crop is the main one: in the place of a crop that nothing is known of yet, else beside it, before it."""
    known = plots(session, farmer.id)
    same = next((plot for plot in known if plot.crop == crop), None)
    if same is None and len(known) == 1 and known[0].land is None and known[0].planted is None:
        known[0].crop = crop
    elif not known or same is not known[0]:
        grow(session, farmer, crop, now)
        ordered = sorted(plots(session, farmer.id), key=lambda plot: plot.crop != crop)
        for sign in (-1, 1):  # out of the way of one another first: no two plots of a farmer stand at one place
            for place, plot in enumerate(ordered, start=1):
                plot.position = sign * place
            session.flush()
    session.flush()


def answer(session: Session, farmer: Farmer, question_code: str, value: Any, now: datetime) -> None:
    """Keep one answer at once. None means "not now": remembered, so that it is not asked again in this contact.

    Raises KeyError for a question that does not exist.
    """
    if value is None:
        farmer.declined = {**farmer.declined, question_code: now.isoformat()}
    else:
        KEEP[question_code](session, farmer, value, now)
        farmer.declined = {key: when for key, when in farmer.declined.items() if key != question_code}
    farmer.seen_at = now
    session.flush()


def _crop(session: Session, farmer: Farmer, value: Any, now: datetime) -> None:
    grow(session, farmer, value, now)


def _land(session: Session, farmer: Farmer, value: Any, _now: datetime) -> None:
    plot = main_plot(session, farmer.id)
    if plot is not None:
        plot.land = value


def _planted(session: Session, farmer: Farmer, value: Any, now: datetime) -> None:
    plot = main_plot(session, farmer.id)
    if plot is not None:
        today: date = now.date()  # the bands are weeks wide: the UTC date is near enough
        plot.planted, plot.planted_on = value, questions.planted_on(value, today)


def _column(column: str) -> Callable[[Session, Farmer, Any, datetime], None]:
    def keep(_session: Session, farmer: Farmer, value: Any, _now: datetime) -> None:
        setattr(farmer, column, value)

    return keep


# Where each answer goes. The keys are the codes of profiles/questions.py, and the language, which is a setting.
KEEP: dict[str, Callable[[Session, Farmer, Any, datetime], None]] = {
    "crop": _crop,
    "district": _column("district_id"),
    "name": _column("name"),
    "sex": _column("sex"),
    "land": _land,
    "planted": _planted,
    "phone_use": _column("phone_use"),
    "born": _column("born"),
    "language": _column("language"),
}
