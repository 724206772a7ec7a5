"""Everyone on a phone, with all that the menu, prices and weather ask of them, in one read of plain SQL.

Every turn begins with it. As objects, one query each, it would cost several times the rest of the turn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Date, Uuid

from core.db import Json, Moment
from core.plain import Asked, Plain

CALLERS = Plain(
    """SELECT f.id, f.number, f.name, f.language, f.district_id, d.name AS district, f.source, f.created_at, f.declined,
    EXISTS (SELECT 1 FROM suppressions WHERE phone = f.phone) AS stopped,
    EXISTS (SELECT 1 FROM consents WHERE farmer_id = f.id AND purpose = 'service' AND organisation_id IS NULL
        AND at <= :now AND withdrawn_at IS NULL AND (until IS NULL OR until > :now)) AS agreed,
    EXISTS (SELECT 1 FROM memberships WHERE farmer_id = f.id AND role = 'agent'
        AND since <= :day AND (until IS NULL OR until > :day)) AS agent,
    p.crop FROM farmers f LEFT JOIN places d ON d.id = f.district_id LEFT JOIN plots p ON p.farmer_id = f.id
    WHERE f.phone = :phone ORDER BY f.number, p.position""",
    binds={"now": Moment, "day": Date},
    columns={"id": Uuid, "created_at": Moment, "declined": Json, "stopped": Boolean, "agreed": Boolean, "agent": Boolean},
)
HEARD = Plain("UPDATE farmers SET seen_at = :now WHERE id = :farmer_id", {"now": Moment, "farmer_id": Uuid})


@dataclass(frozen=True, slots=True)
class Caller:
    """A farmer as one read found them. `crops`: the main one first; `agreed`: their own yes stands; `agent`: for some group."""

    id: UUID
    number: int
    name: str | None
    language: str
    district_id: int | None
    district: str | None
    source: str
    created_at: datetime
    declined: dict[str, Any]
    stopped: bool
    agreed: bool
    agent: bool
    crops: tuple[str, ...]


def asked(phone: str, now: datetime, day: date) -> Asked:
    """The read, for whoever asks it together with something else."""
    return CALLERS, {"phone": phone, "now": now, "day": day}


def callers(rows: Sequence[Any]) -> list[Caller]:
    """What was read: everyone on the number, who came first first."""
    people = (list(plots) for _, plots in groupby(rows, key=lambda row: row[0]))
    return [Caller(*(*plots[0][:-1], tuple(row[-1] for row in plots if row[-1]))) for plots in people]


def heard(farmer_id: UUID, now: datetime) -> Asked:
    """To write that we heard from this farmer now."""
    return HEARD, {"farmer_id": farmer_id, "now": now}
