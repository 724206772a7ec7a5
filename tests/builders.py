"""What tests begin with: a runtime on their own database and clock, farmers, texts, a gateway that remembers."""

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core.settings import Settings
from jobs.queue import InlineQueue
from jobs.runtime import Runtime
from jobs.table import perform_with
from messaging import outbox
from messaging.classes import MessageClass
from messaging.gateway import Fate, Gateway, Handed
from messaging.gateways.simulator import Simulator
from profiles import consent, farmers
from profiles.farmers import NewFarmer
from profiles.models import Farmer, Place
from service.bootstrap import build


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime) -> None:
        self.at = now

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> None:
        self.at += timedelta(**span)


class Remembering(Simulator):
    """A gateway in memory that can be told what to answer for a phone, and counts what it was handed."""

    def __init__(self, fates: dict[str, Handed] | None = None) -> None:
        super().__init__()
        self.fates, self.handed, self.bodies, self._lock = fates or {}, Counter[str](), [], threading.Lock()

    def send(self, body: str, phones: Sequence[str], *, reference: str) -> list[Handed]:
        with self._lock:
            self.handed.update(phones)
            self.bodies += [(phone, body) for phone in phones]
        told = [self.fates[phone] for phone in phones if phone in self.fates]
        return told + super().send(body, [phone for phone in phones if phone not in self.fates], reference=reference)


def settings(url: str, **values: object) -> Settings:
    return Settings(_env_file=None, database_url=url, **values)


def runtime(url: str, now: datetime, gateway: Gateway | None = None, **values: object) -> Runtime:
    """A runtime whose jobs run when a test says `perform` or `settle`."""
    gateway = gateway or Remembering()
    checkpoint = values.pop("checkpoint", None)
    return build(settings(url, **values), gateways={gateway.name: gateway}, queue=InlineQueue(), now=Clock(now), checkpoint=checkpoint)


def settle(house: Runtime) -> None:
    """Do every job that was woken, and those that they wake, until nothing is left."""
    queue = house.queue
    while queue.woken:
        perform_with(house, queue.woken.pop(0))


def phone(number: int) -> str:
    """A valid mobile number of Uganda: +256772 and six digits."""
    return f"+256772{number:06d}"


def district(session: Session, name: str = "Mubende", id: int = 1, latitude: float = 0.56, longitude: float = 31.39) -> Place:
    place = session.get(Place, id)
    if place is None:
        place = Place(id=id, level="district", name=name, code=f"test:{id}", latitude=latitude, longitude=longitude)
        session.add(place)
        session.flush()
    return place


def farmer(session: Session, now: datetime, number: int = 1, *, agreed: bool = True, **facts: object) -> Farmer:
    """A registered farmer: maize in Mubende, English, own phone, agreed to be texted."""
    given = {"phone": phone(number), "language": "en", "crops": ("maize",), "district_id": district(session).id, "source": "ussd"} | facts
    added = farmers.add(session, NewFarmer(**given), now)
    if agreed:
        consent.give(session, added.id, consent.SERVICE, "ussd", "test", now)
    return added


def text(
    session: Session, house: Runtime, to: Farmer | str, body: str = "Hello", klass: MessageClass = MessageClass.ADVICE, **rest: object
) -> UUID | None:
    """One text in the outbox."""
    number, ref = (to, "") if isinstance(to, str) else (to.phone, to.id.hex)
    rest.setdefault("sender", "test")
    return outbox.put(session, phone=number, ref=ref, body=body, klass=klass, now=house.now(), zone=house.settings.zone, **rest)


def answered(number: str, fate: Fate, **rest: object) -> Handed:
    return Handed(number, fate, **rest)
