"""A broadcast into batches: bodies rendered once for all who share them, farmers taken a stretch at a time.

Idempotent: a stretch and the cursor behind it are committed together, so a phone lies in one stretch and a second run adds nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import compress
from typing import Any

import structlog
from sqlalchemy import func, insert, literal, literal_column, select
from sqlalchemy.orm import Session

from content import fields, placeholders, planning_sql, stretches, templates
from content.fields import CROP, DISTRICT, FARMER, Cell, Context
from content.models import Broadcast, BroadcastBody, TemplateVersion
from content.stretches import Stretch
from core import clock, incidents
from core.db import wake
from core.errors import EnsigoError
from core.settings import Settings
from messaging import gsm
from messaging.outbox import DISPATCH
from profiles import audiences
from profiles.audiences import Audience
from profiles.models import Farmer, Plot

log = structlog.get_logger(__name__)


def plan_some(session: Session, now: datetime, settings: Settings, width: int, personal_width: int) -> bool:
    """Do the next piece of the oldest broadcast that is being planned: its bodies, or one stretch of farmers.

    `width` is how many a stretch holds, `personal_width` where every body is written for one person. False when nothing is left to
    plan. A broadcast that another planner holds is passed over; one that cannot be planned fails alone, with an incident.
    """
    planning = select(Broadcast).where(Broadcast.state == "planning").order_by(Broadcast.as_of, Broadcast.id).limit(1)
    broadcast = session.scalars(planning.with_for_update(skip_locked=True)).first()
    if broadcast is None:
        return False
    try:
        with session.begin_nested():
            _plan_piece(session, broadcast, now, settings, (width, personal_width))
    except (EnsigoError, KeyError, TypeError, ValueError) as wrong:
        log.exception("a broadcast could not be planned", broadcast=str(broadcast.id))
        broadcast.state = "failed"
        says = f"A broadcast could not be planned ({type(wrong).__name__}: {wrong}). What was planned before is sent."
        incidents.open_(session, "broadcast.failed", f"broadcast:{broadcast.id}", says, now)
    return True


def _plan_piece(session: Session, broadcast: Broadcast, now: datetime, settings: Settings, widths: tuple[int, int]) -> None:
    version = session.get_one(TemplateVersion, broadcast.template_version_id)
    depends = fields.depends(sorted({name for body in version.bodies.values() for name in placeholders.names(body)}))
    if not broadcast.cursor:
        _prepare(session, broadcast, version, depends, settings, now)
        broadcast.cursor = stretches.begin(session, broadcast.id, FARMER in depends, widths[0])
        return
    stretch = stretches.after(session, broadcast.id, broadcast.cursor, widths[FARMER in depends])
    if stretch is None:
        broadcast.state = "planned"
        stretches.forget(session, broadcast.id)
        return
    if FARMER in depends:
        _plan_each(session, broadcast, version, stretch, settings, now)
    else:
        broadcast.phones += planning_sql.plan_stretch(session, broadcast, depends, stretch, settings.batch_size, now)
    broadcast.cursor = stretch.cursor
    wake(session, DISPATCH)


def _prepare(
    session: Session, broadcast: Broadcast, version: TemplateVersion, depends: frozenset[str], settings: Settings, now: datetime
) -> None:
    """Render every body that the broadcast needs, once: prices and names as they are at this moment."""
    if FARMER in depends:
        return
    context = Context(session, settings, clock.day(now, settings.zone), now=now)
    audience = audiences.from_json(broadcast.audience)
    numbers: dict[str, int] = {}
    rows, speechless = [], []
    for cell in cells(session, audience, depends):
        body = render(version, cell, context)
        if body is None:
            speechless.append(cell)
            continue
        number = numbers.setdefault(body, len(numbers))
        shared = {"language": cell.language, "district_id": cell.district_id, "crop": cell.crop}
        rows.append({"broadcast_id": broadcast.id, **shared, "number": number, "body": body})
    if rows:
        session.execute(insert(BroadcastBody), rows)
        planning_sql.ready(session)
    if speechless:
        counted = people(session, audience, broadcast.as_of, depends)
        broadcast.unsaid = sum(counted.get(cell, 0) for cell in speechless)


def cells(session: Session, audience: Audience, depends: frozenset[str]) -> list[Cell]:
    """The groups of farmers who share what the template depends on. Cheap, and so perhaps one too many where nobody agreed."""
    columns = _columns(depends, audience)
    query = select(*columns).distinct()
    if CROP in depends and len(audience.crops) != 1:
        query = query.join(Plot, Plot.farmer_id == Farmer.id)
    if audience.districts:
        query = query.where(Farmer.district_id.in_(audience.districts))
    return [_cell(row) for row in session.execute(query)]


def people(session: Session, audience: Audience, as_of: datetime, depends: frozenset[str]) -> dict[Cell, int]:
    """How many of the audience are in each group."""
    columns = _columns(depends, audience)
    varies = (True, DISTRICT in depends, CROP in depends and len(audience.crops) != 1)  # PostgreSQL groups by no constant
    joined = select(*columns, func.count()).join(Plot, Plot.farmer_id == Farmer.id)
    query = joined.where(*audiences.conditions(audience, as_of)).group_by(*compress(columns, varies))
    return {_cell(row[:-1]): row[-1] for row in session.execute(query)}


def _columns(depends: frozenset[str], audience: Audience) -> list[Any]:
    """Language, district and crop, with a constant for what the template does not name."""
    district = func.coalesce(Farmer.district_id, 0) if DISTRICT in depends else literal_column("0")
    crop: Any = literal_column("''")
    if CROP in depends:
        crop = literal(audience.crops[0]) if len(audience.crops) == 1 else Plot.crop
    return [Farmer.language, district.label("district_id"), crop.label("crop")]


def _cell(row: Sequence[Any]) -> Cell:
    language, district_id, crop = row
    return Cell(language, int(district_id), crop)


def render(version: TemplateVersion, cell: Cell, context: Context) -> str | None:
    """The body for one cell in its language; None when a value is missing or the body would not fit one part."""
    chosen = templates.body_for(version, cell.language)
    if chosen is None:
        return None
    language, body = chosen
    spoken = Cell(language, cell.district_id, cell.crop, cell.name)
    values = {name: fields.FIELDS[name].value(spoken, context) for name in placeholders.names(body)}
    if any(value is None for value in values.values()):
        return None
    filled = gsm.plain(placeholders.fill(body, {name: value or "" for name, value in values.items()}))
    if not gsm.fits(filled, templates.ONE_PART):
        log.warning("a body does not fit", version=str(version.id), language=language, district=cell.district_id)
        return None
    return filled


def _plan_each(
    session: Session, broadcast: Broadcast, version: TemplateVersion, stretch: Stretch, settings: Settings, now: datetime
) -> None:
    """A stretch where every body is written for one person."""
    context = Context(session, settings, clock.day(now, settings.zone), now=now)
    audience = audiences.from_json(broadcast.audience)
    rows: dict[tuple[str, str], str] = {}
    for farmer in planning_sql.farmers_in(session, audience, broadcast, stretch):
        body = render(version, Cell(farmer.language, farmer.district_id or 0, farmer.crop, farmer.name), context)
        if body is None:
            broadcast.unsaid += 1
        else:
            rows.setdefault((farmer.phone, body), farmer.id.hex)
    broadcast.phones += planning_sql.insert_single(session, broadcast, rows, now)
