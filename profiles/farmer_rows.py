"""Farmers put in by the thousand: the same rows as profiles/farmers.py makes one at a time, in a few statements."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.db import new_id, next_number
from profiles.farmers import FIRST_NUMBER, NewFarmer
from profiles.models import FARMER_NUMBERS, Farmer, Plot

CHUNK = 1_000


def add(session: Session, new: Sequence[NewFarmer], now: datetime) -> list[UUID]:
    """Put these farmers in, each with a number and a plot for each crop; their ids, in the same order."""
    people, plots = [], []
    for farmer, number in zip(new, numbers(session, len(new)), strict=True):
        values = asdict(farmer)
        farmer_id, crops = new_id(now), values.pop("crops")
        people.append(values | {"id": farmer_id, "number": number, "declined": {}, "created_at": now, "seen_at": None})
        for position, crop in enumerate(crops, start=1):
            plot = {"id": new_id(now), "farmer_id": farmer_id, "crop": crop, "position": position}
            plots.append(plot | {"land": None, "planted": None, "planted_on": None})
    put(session, people, plots)
    return [person["id"] for person in people]


def put(session: Session, people: Sequence[dict[str, Any]], plots: Sequence[dict[str, Any]]) -> None:
    """Insert whole rows, people before their plots."""
    for model, rows in ((Farmer, people), (Plot, plots)):
        for start in range(0, len(rows), CHUNK):
            session.execute(insert(model), rows[start : start + CHUNK])


def numbers(session: Session, count: int) -> list[int]:
    """The next numbers for so many farmers. On SQLite the largest grows only when rows are in, so we count on ourselves."""
    found: list[int] = []
    for _ in range(count):
        following = next_number(session, FARMER_NUMBERS, Farmer.number, FIRST_NUMBER)
        found.append(max(following, found[-1] + 1) if found else following)
    return found
