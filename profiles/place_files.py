"""The country's own list of places, six CSV files from regions to villages, read row by row and joined on the path of codes."""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.orm import Session

from profiles import place_rows, places
from profiles.place_rows import Kept, Register, Row

# File, level, its code columns in order, and the column of its name.
FILES = (
    ("districts.csv", "district", ("district_code",), "district_name"),
    ("counties.csv", "county", ("district_code", "county_code"), "county_name"),
    ("sub_counties.csv", "sub_county", ("district_code", "county_code", "sub_county_code"), "sub_county_name"),
    ("parishes.csv", "parish", ("district_code", "county_code", "sub_county_code", "parish_code"), "parish_name"),
    ("villages.csv", "village", ("district_code", "county_code", "sub_county_code", "parish_code", "village_code"), "village_name"),
)
REGIONS = ("regions.csv", ("region", "sub_region"))
ROMAN = re.compile(r"(?=.)X{0,3}(?:IX|IV|V?I{0,3})")
# Written in capitals or small letters wherever they stand.
FIXED = {word.casefold(): word for word in ("TC", "HQ", "HQT", "LC", "SDA", "UPDF", "of", "and", "the")}
LONGEST = 80

Progress = Callable[[str, int, int], None]  # file, rows done, rows of the file


@dataclass(slots=True)
class FileReport:
    """What became of one file. `bad` holds (row number as a spreadsheet counts it, what is wrong)."""

    file: str
    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)
    refused: str | None = None  # why it could not be read, or not to its end

    def add(self, kept: Kept) -> None:
        self.new, self.changed, self.unchanged = self.new + kept.new, self.changed + kept.changed, self.unchanged + kept.unchanged


class Bad(Exception):
    """One row that cannot be used; the message says why."""


def load(session: Session, folder: Path, progress: Progress = lambda file, done, of: None) -> list[FileReport]:
    """Read what the folder has of the six files, in order of level. A bad row never stops a good one; twice changes nothing.

    What the list no longer holds stays: farmers may live there.
    """
    register = place_rows.read(session)
    reports = [_regions(session, folder, register)]
    progress(REGIONS[0], reports[0].rows, reports[0].rows)
    for file, level, code_columns, name_column in FILES:
        report = _file(session, folder / file, register, level, code_columns, name_column)
        progress(file, report.rows, report.rows)
        reports.append(report)
    place_rows.settled(session)
    return reports


def written(name: str) -> str:
    """ "AKOKORO  TOWN COUNCIL" as "Akokoro Town Council", "WARD III" as "Ward III", "NG'OMBE 'A'" as "Ng'ombe 'A'".

    A name that is not all capitals is taken as it is written.
    """
    tidy = " ".join(name.split())
    return re.sub(r"[^\W\d_]+(?:'[^\W\d_]{2,}|'S\b)*", _word, tidy) if tidy == tidy.upper() else tidy


def _word(found: re.Match[str]) -> str:
    word = found.group()
    if found.string[: found.start()][-1:].isdigit():
        return word.lower()  # "1st"
    if ROMAN.fullmatch(word) and found.start() > 0:
        return word
    fixed = FIXED.get(word.casefold())
    return word.capitalize() if fixed is None or (found.start() == 0 and fixed.islower()) else fixed


def _regions(session: Session, folder: Path, register: Register) -> FileReport:
    report = FileReport(REGIONS[0])
    regions: dict[str, Row] = {}
    subs: dict[str, Row] = {}
    for number, row in _rows(folder / REGIONS[0], REGIONS[1], report):
        try:
            region, sub = _name(row["region"]), _name(row["sub_region"])
        except Bad as wrong:
            report.bad.append((number, str(wrong)))
            continue
        regions[region] = Row(places.region_code(region), "region", None, region)
        subs[sub] = Row(places.region_code(region, sub), "sub_region", places.region_code(region), sub)
    place_rows.keep(session, register, list(regions.values()))  # not rows of the file: they are counted by their sub-regions
    report.add(place_rows.keep(session, register, list(subs.values())))
    return report


def _file(session: Session, path: Path, register: Register, level: str, code_columns: tuple[str, ...], name_column: str) -> FileReport:
    report = FileReport(path.name)
    rows: dict[str, Row] = {}
    needed = (*code_columns, name_column, *(REGIONS[1] if level == "district" else ()))
    for number, cells in _rows(path, needed, report):
        try:
            row = _row(cells, level, code_columns, name_column)
            if row.parent not in register.by_code:
                raise Bad(f"its {places.LEVELS[places.LEVELS.index(level) - 1].replace('_', '-')} is not in the list: {row.parent}")
            if rows.get(row.code, row) != row:
                raise Bad(f"the code {row.code} is taken by {rows[row.code].name}")
            if row.code in rows:
                report.unchanged += 1
            rows[row.code] = row
        except Bad as wrong:
            report.bad.append((number, str(wrong)))
    report.add(place_rows.keep(session, register, list(rows.values())))
    return report


def _row(cells: dict[str, str], level: str, code_columns: tuple[str, ...], name_column: str) -> Row:
    path = [_code(cells[column], column) for column in code_columns]
    if level == "district":
        parent = places.region_code(_name(cells["region"]), _name(cells["sub_region"]))
    else:
        parent = f"{places.LEVELS[places.LEVELS.index(level) - 1]}:{'/'.join(path[:-1])}"
    return Row(f"{level}:{'/'.join(path)}", level, parent, _name(cells[name_column]))


def _code(cell: str, column: str) -> str:
    digits = cell.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        raise Bad(f"{column} is not a number: {digits[:20]!r}")
    return str(int(digits))


def _name(cell: str) -> str:
    name = written(cell)
    if not places.fold(name) or len(name) > LONGEST or not name.isprintable():
        raise Bad(f"the name cannot be used: {name[:20]!r}")
    return name


def _rows(path: Path, needed: tuple[str, ...], report: FileReport) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows with all their cells, numbered as a spreadsheet shows them. What keeps the file from being read goes into the report."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            absent = [column for column in needed if column not in (reader.fieldnames or ())]
            if absent:
                report.refused = f"columns are missing: {', '.join(absent)}"
                return
            for number, row in enumerate(reader, start=2):
                report.rows += 1
                if None in row or None in row.values():
                    report.bad.append((number, "the row has too many or too few cells"))
                else:
                    yield number, row
    except FileNotFoundError:
        report.refused = "the file is not in the folder"
    except (UnicodeDecodeError, csv.Error) as wrong:
        report.refused = f"the file is not a CSV file in UTF-8: {wrong}"
