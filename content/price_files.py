"""Files of prices, read line by line: which column is which, what a line says, and what is wrong with the lines that say nothing.

The columns of the World Food Programme's files are known, with and without ids, with and without a second header of #tags.
Any other file needs a mapping, a small TOML file:

    source = "radio"              # the short name that prices and markets are kept under
    monthly = false               # true: the day only stands for its month
    date_format = "%d/%m/%Y"      # only where dates are not written 2025-06-30
    [columns]                     # our names = the file's
    date = "Day"
    market = "Market"
    commodity = "Crop"
    price = "UGX"
    [constants]                   # what the file does not say
    currency = "UGX"
    unit = "KG"
    kind = "Traders"
    [kinds]                       # the file's words for retail, wholesale, trader, farm_gate
    "Traders" = "trader"
    [names]                       # the file's words for commodities, where they are not ours
    "Groundnuts" = "groundnut_shelled"
"""

import csv
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from content import commodities
from core.errors import EnsigoError

KINDS = ("retail", "wholesale", "trader", "farm_gate")
NEEDED = ("date", "market", "commodity", "unit", "kind", "currency", "price")
OPTIONAL = ("admin1", "admin2", "market_id", "latitude", "longitude", "flag", "reports")
MOST = Decimal(10) ** 10  # what the table can hold


class Unreadable(EnsigoError):
    """The file, or its mapping, cannot be used at all; the message says why and what to change."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read one source's files. `columns` are our names → theirs."""

    source: str
    monthly: bool
    columns: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    date_format: str | None = None


WFP = Layout(
    source="wfp",
    monthly=True,
    columns={name: name for name in (*NEEDED, *OPTIONAL) if name != "reports"} | {"kind": "pricetype", "flag": "priceflag"},
    kinds={"Retail": "retail", "Wholesale": "wholesale", "Producer": "farm_gate", "Farm Gate": "farm_gate"},
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line was seen, in the source's words. Coordinates in degrees, None where the line has none."""

    market_id: str
    market: str
    admin1: str
    admin2: str
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """One price as the file has it: amount per `unit` as quoted ("90 kg" is not divided), `line` its place in the file."""

    line: int
    place: Place
    commodity: str
    kind: str
    unit: str
    day: date
    amount: Decimal
    currency: str
    reports: int


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that cannot be used, and why."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A line that can be read but is no observed price: a forecast, a zero."""

    line: int
    why: str


Line = Row | Bad | LeftOut


def layout(path: Path | None) -> Layout:
    """The layout in a mapping file, or the World Food Programme's. Raises Unreadable."""
    if path is None:
        return WFP
    try:
        table = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise Unreadable(f"the mapping cannot be read: {wrong}") from wrong
    made = Layout(
        source=commodities.code(str(table.get("source", ""))),
        monthly=bool(table.get("monthly", False)),
        columns=_words(table, "columns"),
        constants=_words(table, "constants"),
        kinds=_words(table, "kinds"),
        names=_words(table, "names"),
        date_format=table.get("date_format"),
    )
    missing = [name for name in NEEDED if name not in made.columns and name not in made.constants]
    strange = [name for name in (*made.columns, *made.constants) if name not in (*NEEDED, *OPTIONAL)]
    kinds = [kind for kind in made.kinds.values() if kind not in KINDS]
    for faults, says in ((missing, "it names no column and no constant for"), (strange, "we have no"), (kinds, "no kind is called")):
        if faults:
            raise Unreadable(f"the mapping is wrong: {says} {', '.join(faults)}")
    if not made.source:
        raise Unreadable('the mapping is wrong: it names no source, such as source = "radio"')
    return made


def _words(table: Mapping[str, Any], name: str) -> dict[str, str]:
    return {str(key): str(value) for key, value in dict(table.get(name, {})).items()}


def read(path: Path, layout: Layout = WFP) -> Iterator[Line]:
    """Every line of the file after its header, in order; one line is held in memory at a time.

    Raises Unreadable when the header lacks a column or the file is no text.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            header = [name.strip() for name in next(lines, [])]
            where = _positions(header, layout)
            for cells in lines:
                if cells and not (lines.line_num <= 3 and cells[0].startswith("#")):
                    yield _line(lines.line_num, cells, where, layout)
    except (OSError, UnicodeDecodeError, csv.Error) as wrong:
        raise Unreadable(f"the file cannot be read: {wrong}") from wrong


def _positions(header: list[str], layout: Layout) -> dict[str, int]:
    at = {name.casefold(): position for position, name in enumerate(header)}
    where = {ours: at[theirs.casefold()] for ours, theirs in layout.columns.items() if theirs.casefold() in at}
    missing = [layout.columns[name] for name in NEEDED if name not in where and name not in layout.constants]
    if missing:
        raise Unreadable(f"the file has no column {', '.join(missing)}; a mapping can say what it is called (--mapping)")
    return where


def _line(number: int, cells: list[str], where: Mapping[str, int], layout: Layout) -> Line:
    said = {name: cells[position].strip() for name, position in where.items() if position < len(cells)}
    said = {**layout.constants, **{name: cell for name, cell in said.items() if cell}}
    missing = [name for name in NEEDED if not said.get(name)]
    if not all(map(str.isprintable, said.values())):
        return Bad(number, "letters that cannot be printed")
    if missing:
        return Bad(number, f"no {' and no '.join(missing)}")
    if "forecast" in said.get("flag", "").casefold():
        return LeftOut(number, "a forecast, not a price that was seen")
    try:
        return _row(number, said, layout)
    except (_Zero, ValueError, InvalidOperation) as wrong:
        return LeftOut(number, "a price of 0") if isinstance(wrong, _Zero) else Bad(number, str(wrong))


class _Zero(Exception):
    """A price of nothing: other countries write it beside a forecast."""


def _row(number: int, said: Mapping[str, str], layout: Layout) -> Row:
    kind = layout.kinds.get(said["kind"], said["kind"].casefold().replace(" ", "_"))
    if kind not in KINDS:
        raise ValueError(f"unknown kind of price {said['kind']!r}")
    name = layout.names.get(said["commodity"], said["commodity"])
    reports = said.get("reports", "1")
    if not (reports.isascii() and reports.isdecimal() and 0 < int(reports) < 1_000_000):
        raise ValueError(f"unreadable number of reports {reports!r}")
    return Row(
        line=number,
        place=_place(said),
        commodity=commodities.code(name),
        kind=kind,
        unit=commodities.unit(said["unit"]),
        day=_day(said["date"], layout),
        amount=_amount(said["price"]),
        currency=said["currency"].upper(),
        reports=int(reports),
    )


def _place(said: Mapping[str, str]) -> Place:
    degrees = [float(said[name]) if said.get(name) else None for name in ("latitude", "longitude")]
    latitude, longitude = degrees if None not in degrees else (None, None)
    if latitude is not None and longitude is not None and not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ValueError(f"coordinates {latitude}, {longitude} are nowhere")
    return Place(said.get("market_id", ""), said["market"], said.get("admin1", ""), said.get("admin2", ""), latitude, longitude)


def _day(written: str, layout: Layout) -> date:
    """The day of a line; the fifteenth where a source gives months, whichever day it writes for them."""
    try:
        day = datetime.strptime(written, layout.date_format).date() if layout.date_format else date.fromisoformat(written)  # noqa: DTZ007
    except ValueError:
        raise ValueError(f"unreadable date {written!r}") from None
    return day.replace(day=15) if layout.monthly else day


def _amount(written: str) -> Decimal:
    try:
        amount = Decimal(written.replace(",", "")).quantize(Decimal("0.0001"))
    except InvalidOperation:
        raise ValueError(f"unreadable price {written!r}") from None
    if amount == 0:
        raise _Zero
    if not amount.is_finite() or not 0 < amount < MOST:
        raise ValueError(f"impossible price {written!r}")
    return amount
