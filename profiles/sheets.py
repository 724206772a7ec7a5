"""A sheet that somebody sends, CSV or XLSX, as headings and rows of text: tolerant of its form, strict about its size."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from core.errors import EnsigoError

LARGEST = 5 * 1024 * 1024  # bytes of the file
ROWS, COLUMNS = 50_000, 40
UNZIPPED, ENTRIES = 50 * 1024 * 1024, 1_000  # what an XLSX file may unfold to
DELIMITERS = ",;\t"
# The first bytes of what is neither CSV nor XLSX, and what to tell who sent it.
FOREIGN = (
    (b"%PDF", "This is a PDF file. Send the sheet itself, as CSV or XLSX."),
    (b"\xd0\xcf\x11\xe0", "This is an old Excel file (.xls), or one with a password. Save it as .xlsx without a password, or as CSV."),
)
NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1f]")


class Unreadable(EnsigoError):
    """A file of which nothing can be used. Its message says why and what to do."""


@dataclass(slots=True)
class Sheet:
    """Rows carry the number that a spreadsheet shows; blank ones are left out. `broken`: from which row on it cannot be read, and why."""

    headings: list[str]
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    broken: tuple[int, str] | None = None


def read(path: Path) -> Sheet:
    """The first sheet of a file, told by its content and not by its name. A formula comes as its text, "=…": it is never worked out.

    Raises Unreadable: larger than 5 MB or 50,000 rows, unfolding to more than 50 MB, macros, or not a sheet at all.
    """
    if not path.is_file():
        raise Unreadable("There is no such file.")
    if path.stat().st_size > LARGEST:
        raise Unreadable("The file is larger than 5 MB. Split it.")
    content = path.read_bytes()
    for magic, says in FOREIGN:
        if content.startswith(magic):
            raise Unreadable(says)
    sheet = _collect(_xlsx(content) if content.startswith(b"PK\x03\x04") else _csv(_text(content)))
    if not any(sheet.headings):
        raise Unreadable("The file is empty. Its first row must hold the headings, such as name, phone, district.")
    return sheet


def _collect(lines: Iterator[list[str]]) -> Sheet:
    sheet, number = Sheet([]), 0
    try:
        for number, cells in enumerate(lines, start=1):
            if not any(cells):
                continue
            if not sheet.headings:
                sheet.headings = cells[:COLUMNS]
            elif len(sheet.rows) == ROWS:
                raise Unreadable("The file has more than 50,000 rows. Split it.")
            else:
                sheet.rows.append((number, cells[:COLUMNS]))
    except csv.Error:
        sheet.broken = (number + 1, "quotes are opened and never closed, or one cell is huge: nothing from here on was read")
    return sheet


def _text(content: bytes) -> str:
    """UTF-8 or UTF-16 where it says or shows so, else what Windows writes."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            tried: tuple[str, ...] = (name,)
            break
    else:
        start = content[:200]
        wide = ("utf-16-le",) if start[1::2].count(0) > len(start) / 4 else ("utf-16-be",) if start[::2].count(0) > len(start) / 4 else ()
        tried = (*wide, "utf-8", "cp1252")
    for name in tried:
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        if not NOT_TEXT.search(text):
            return text
    raise Unreadable("This is not a sheet: it holds characters that no text has. Save it as CSV (UTF-8) or XLSX.")


def _csv(text: str) -> Iterator[list[str]]:
    first = re.sub('"[^"]*"', "", next((line for line in text.splitlines() if line.strip()), ""))
    delimiter = max(DELIMITERS, key=first.count)
    if said := re.fullmatch(f"sep=([{DELIMITERS}])", first.strip(" ")):  # Excel's own first line
        delimiter, text = said.group(1), text.partition("\n")[2]
        yield []
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
        yield [cell.strip() for cell in row]


def _xlsx(content: bytes) -> Iterator[list[str]]:
    _weigh(content)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False, keep_vba=False)
        shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not shown:
            raise Unreadable("The workbook has no visible sheet.")
        shown[0].reset_dimensions()  # what the file says of its own size is not believed
        for row in shown[0].iter_rows(max_col=COLUMNS):
            yield [_cell(cell.value) for cell in row]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, SyntaxError) as wrong:
        raise Unreadable("The XLSX file is damaged. Open it, save it again, or send CSV.") from wrong


def _weigh(content: bytes) -> None:
    """Refuse what would unfold to too much, and what could run or reach out, before anything is unfolded."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as folder:
            entries = folder.infolist()
            if len(entries) > ENTRIES or sum(entry.file_size for entry in entries) > UNZIPPED:
                raise Unreadable("The XLSX file unfolds to more than 50 MB. Send CSV, or split it.")
            names = {entry.filename for entry in entries}
            if any("vbaProject" in name for name in names):
                raise Unreadable("The file holds macros. Save it as .xlsx without them, or as CSV.")
            if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
                raise Unreadable("This is not an XLSX file. Send the sheet as CSV or XLSX.")
    except zipfile.BadZipFile as wrong:
        raise Unreadable("The XLSX file is damaged. Open it, save it again, or send CSV.") from wrong


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, ArrayFormula | DataTableFormula):
        return "="
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    return str(value).strip()
