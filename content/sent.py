"""How many texts reached whom: per local day and per district, split by sex, of everybody or of one group's members."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import String, cast, func, select, type_coerce
from sqlalchemy.orm import Session

from core import clock
from core.db import dialect
from messaging import tallies
from profiles import figures
from profiles.figures import Split
from profiles.models import Farmer

DAYS = 30  # of the chart, today included


@dataclass(slots=True)
class Sent:
    """`days`: the last thirty, oldest first, each there though nothing went out. `month`: since the local first, by district.

    A text to nobody on the roll, such as a test, counts in neither.
    """

    days: dict[date, Split]
    month: dict[int | None, Split] = field(default_factory=dict)

    @property
    def this_month(self) -> Split:
        return sum(self.month.values(), Split())


def count(session: Session, scope: UUID | None, now: datetime, zone: ZoneInfo) -> Sent:
    """The texts that a gateway took, counted once for each phone that they went to."""
    today = clock.day(now, zone)
    oldest, first = today - timedelta(days=DAYS - 1), today.replace(day=1)
    found = Sent({oldest + timedelta(days=n): Split() for n in range(DAYS)})
    for district_id, sex, hour, number in session.execute(_query(session, scope, clock.at(min(oldest, first), time(0), zone), today)):
        # Kept by the hour and not by the day, so that a zone is asked here, where both databases know the same ones.
        day = clock.day(tallies.hour_of(hour), zone)
        if day in found.days:
            found.days[day].add(sex, int(number))
        if day >= first:
            found.month.setdefault(district_id, Split()).add(sex, int(number))
    return found


def _query(session: Session, scope: UUID | None, since: datetime, today: date) -> Any:
    sent = tallies.sent(session, since)
    # A ref is text that need not be an id at all: ids are compared as text, of 32 digits on both databases.
    known = func.replace(cast(Farmer.id, String), "-", "") if dialect(session) == "postgresql" else type_coerce(Farmer.id, String)
    grouped = select(sent.c.ref, sent.c.hour, func.count().label("texts")).group_by(sent.c.ref, sent.c.hour).subquery("texts")
    query = select(Farmer.district_id, Farmer.sex, grouped.c.hour, func.sum(grouped.c.texts)).join(grouped, grouped.c.ref == known)
    return query.where(*figures.within(scope, today)).group_by(Farmer.district_id, Farmer.sex, grouped.c.hour)
