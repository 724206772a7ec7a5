"""A list of members that somebody uploads: looked at first, row by row, then taken as it was looked at, and everybody told."""

import json
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from conversations import entering
from core import audit, clock
from core.errors import Unusable
from core.settings import Settings
from profiles import entered, farmer_files, sheets
from profiles.farmer_files import Report
from profiles.models import Organisation
from profiles.sheets import Sheet

MOST_ROWS = 1_000  # a page waits for them, and on one file of a database so does everybody who dials
MOST_CHARACTERS = 700_000  # of the list, on its way through the page from the look to the yes


@dataclass(frozen=True, slots=True)
class Upload:
    """A list as it was read: it travels with the page, so that what is taken is what was looked at."""

    name: str
    sheet: Sheet

    def packed(self) -> str:
        broken = list(self.sheet.broken) if self.sheet.broken else None
        return json.dumps({"name": self.name, "headings": self.sheet.headings, "rows": self.sheet.rows, "broken": broken})


def read(file: FileStorage | None) -> Upload:
    """What was uploaded. Raises Unusable when there is none or too much of it, Unreadable for what is no list."""
    if file is None or not file.filename:
        raise Unusable("members.file")
    name = "".join(letter for letter in file.filename if letter.isprintable())[:80]
    with tempfile.NamedTemporaryFile(suffix=Path(name).suffix[:10]) as kept:
        file.save(kept)
        kept.flush()
        return _within(Upload(name, sheets.read(Path(kept.name))))


def unpacked(text: str) -> Upload:
    """The list that came back with the page. Raises Unusable for anything else."""
    try:
        held = json.loads(text)
        rows = [(int(number), [str(cell) for cell in cells]) for number, cells in held["rows"]]
        broken = (int(held["broken"][0]), str(held["broken"][1])) if held["broken"] else None
        return _within(Upload(str(held["name"])[:80], Sheet([str(one) for one in held["headings"]], rows, broken)))
    except (ValueError, TypeError, KeyError, IndexError) as wrong:
        raise Unusable("members.lost") from wrong


def look(session: Session, upload: Upload, group: Organisation, now: datetime, country: str) -> Report:
    """What would become of every row: done and taken back."""
    savepoint = session.begin_nested()
    report = farmer_files.take(session, upload.sheet, upload.name, group, now, country)
    report.dry_run = True
    savepoint.rollback()
    return report


def take(session: Session, upload: Upload, group: Organisation, actor: str, now: datetime, settings: Settings) -> tuple[Report, int]:
    """The rows put in, and a notice to each phone that is new here or in the group, before the group says more; how many notices."""
    report = farmer_files.take(session, upload.sheet, upload.name, group, now, settings.country)
    told = tell(session, group.id, now, settings)
    told += entering.tell_joined(session, group, report.joiners, clock.day(now, settings.zone), now, settings)
    audit.note(session, actor, "members.imported", f"organisation:{group.id}", now, added=report.added, joined=report.joined, told=told)
    return report, told


def tell(session: Session, organisation_id: UUID, now: datetime, settings: Settings) -> int:
    """The notice to every member who was entered by somebody else and has neither been told nor answered."""
    people = entered.to_be_told(session, organisation_id, now)
    return entering.tell(session, people, f"members:{organisation_id}", now, settings)


def _within(upload: Upload) -> Upload:
    if len(upload.sheet.rows) > MOST_ROWS or len(upload.packed()) > MOST_CHARACTERS:
        raise Unusable("members.rows", most=f"{MOST_ROWS:,}")
    return upload
