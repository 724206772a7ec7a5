"""A group's list of its farmers, read from a file: who is new, who is known, and what is wrong with which row."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from profiles import belonging, farmer_columns, farmer_lines, farmer_rows, organisations, places, sheets
from profiles.farmer_lines import Reading, Remark
from profiles.farmers import NewFarmer
from profiles.models import Farmer, Organisation
from profiles.sheets import Sheet, Unreadable
from profiles.spelling import words

CHUNK = 500
NOT_TOLD_YET = (
    "Nothing is sent to these farmers: none of them has agreed to be kept and texted. They must first be told by a notice and say yes."
)
Progress = Callable[[int, int], None]  # rows done, rows of the file
Person = tuple[str, int | None, UUID | None]  # words of the name, year of birth, id when in the database before


@dataclass(slots=True)
class Report:
    """What became of a file. Every row is added, known, repeated or bad; `flagged` ones were kept all the same."""

    file: str
    group: str
    dry_run: bool = False
    rows: int = 0
    added: int = 0
    known: int = 0  # in the database before
    repeated: int = 0  # a second time in this file
    joined: int = 0  # of those known: now members of the group
    kept_out: int = 0  # of those known: they left the group themselves, and no list puts them back
    without_phone: int = 0  # of those added
    bad: list[Remark] = field(default_factory=list)
    flagged: list[Remark] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refused: str | None = None  # why nothing of the file could be used
    joiners: list[UUID] = field(default_factory=list, repr=False)  # who `joined` counts, to be told


def load(
    session: Session,
    path: Path,
    group_code: str,
    now: datetime,
    country: str = "UG",
    dry_run: bool = False,
    progress: Progress = lambda done, of: None,
) -> Report:
    """Read a CSV or XLSX list into a group. A bad row never stops a good one; loading twice changes nothing; nobody gets a consent.

    A dry run does the same and takes it back. Raises NotFound for a group that we do not know; what is wrong with the file is in
    the report.
    """
    group = organisations.by_code(session, group_code)
    name = "".join(letter for letter in path.name if letter.isprintable())[:80]
    try:
        sheet = sheets.read(path)
    except Unreadable as unreadable:
        return Report(name, group.code, dry_run, refused=str(unreadable))
    savepoint = session.begin_nested()
    report = take(session, sheet, name, group, now, country, progress)
    report.dry_run = dry_run
    if dry_run:
        savepoint.rollback()
    else:
        savepoint.commit()
    return report


def take(
    session: Session,
    sheet: Sheet,
    file: str,
    group: Organisation,
    now: datetime,
    country: str = "UG",
    progress: Progress = lambda done, of: None,
) -> Report:
    """The rows of a sheet into a group: what `load` does once the file is read."""
    report = Report(file, group.code, rows=len(sheet.rows))
    try:
        columns = farmer_columns.columns(sheet.headings)
    except Unreadable as unreadable:
        report.refused = str(unreadable)
        return report
    home = places.get(session, group.district_id) if group.district_id else None
    reading = Reading(session, columns, country, now.date(), home, group.sample, report.bad, report.flagged)
    met = _Met(session, group, now, report)
    for start in range(0, len(sheet.rows), CHUNK):
        chunk = sheet.rows[start : start + CHUNK]
        met.take([farmer for number, cells in chunk if (farmer := farmer_lines.farmer(reading, number, cells))])
        progress(start + len(chunk), len(sheet.rows))
    if sheet.broken:
        report.bad.append(Remark(sheet.broken[0], "", sheet.broken[1]))
    report.notes += _notes(reading, report)
    return report


class _Met:
    """Who is in the database and who was in the file before: the same phone and name, or without a phone the same name in the group."""

    def __init__(self, session: Session, group: Organisation, now: datetime, report: Report) -> None:
        self.session, self.group, self.now, self.report = session, group, now, report
        self.people: dict[str, list[Person]] = {}
        self._remember([farmer for farmer in organisations.members(session, group.id, now.date()) if farmer.phone is None])

    def take(self, read: list[NewFarmer]) -> None:
        """Sort one chunk into new, known and repeated, and put in what is new."""
        phones = {new.phone for new in read if new.phone} - set(self.people)
        self._remember(list(self.session.scalars(select(Farmer).where(Farmer.phone.in_(phones)).order_by(Farmer.id))))
        fresh, known = [], []
        for new in read:
            beside = self.people.setdefault(new.phone or "", [])
            mine: Person = (words(new.name or ""), new.born, None)
            same = next((one for one in beside if _same(one, mine)), None)
            if same is None:
                beside.append(mine)
                fresh.append(new)
            elif same[2] is None:
                self.report.repeated += 1
            else:
                known.append(same[2])
        self._keep(fresh, known)

    def _keep(self, fresh: list[NewFarmer], known: list[UUID]) -> None:
        today = self.now.date()
        added = farmer_rows.add(self.session, fresh, self.now)
        organisations.join_all(self.session, added, self.group.id, today)
        out = belonging.left(self.session, self.group.id, known)
        coming = sorted(set(known) - out - organisations.belonging(self.session, self.group.id, known))
        self.report.kept_out += len(out)
        self.report.joiners += coming
        self.report.joined += organisations.join_all(self.session, coming, self.group.id, today)
        self.report.added += len(added)
        self.report.known += len(known)
        self.report.without_phone += sum(new.phone is None for new in fresh)

    def _remember(self, people: list[Farmer]) -> None:
        for farmer in people:
            self.people.setdefault(farmer.phone or "", []).append((words(farmer.name or ""), farmer.born, farmer.id))


def _same(one: Person, other: Person) -> bool:
    """Equal names, or one of them has none yet. Two years of birth that differ are two people."""
    named_alike = one[0] == other[0] or not one[0] or not other[0]
    return named_alike and (one[1] == other[1] or one[1] is None or other[1] is None)


def _notes(reading: Reading, report: Report) -> list[str]:
    notes = [NOT_TOLD_YET] if report.added else []
    if report.kept_out:
        notes.append(
            f"{report.kept_out} in this list left the group themselves and are not put back: talk to them, then note it one by one."
        )
    if not report.rows:
        notes.append("There are no rows under the headings.")
    if reading.columns.ignored:
        notes.append(f"These columns were not read: {', '.join(reading.columns.ignored)}.")
    if "language" not in reading.columns.at and report.added:
        notes.append("The list has no column for the language: everybody is kept as English.")
    return notes
