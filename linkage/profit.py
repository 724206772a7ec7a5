"""A season's profit, per farmer and crop: what was spent, brought in, sold, and what is left, each delivery counted once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import NotFound
from profiles import farmers, places, records, seasons
from profiles.models import Farmer, Record
from profiles.records import COST, HARVEST, SALE
from profiles.seasons import Season

SAME_WEIGHT = Decimal("0.05")  # two scales differ by less
SAME_DAY = timedelta(days=3)  # a farmer notes a delivery within these days of it


@dataclass(frozen=True, slots=True)
class Line:
    """One record, as far as money and stock go. `amount` in minor units: of a sale what came to the farmer."""

    kind: str
    amount: int | None
    quantity: Decimal | None
    unit: str | None
    kg: Decimal | None
    day: date
    grade: str = records.SELF
    receipt: UUID | None = None


@dataclass(frozen=True, slots=True)
class Stock:
    """So much of a measure; of "kg" what it usually weighs."""

    quantity: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Profit:
    """`harvested`, `sold` and `unsold` are None where measures differ that must not be converted; `unsold` never falls below nought.

    `open_sales`: sales whose money was not said yet. `grade`: the weakest evidence among the sales, None without any.
    """

    costs: int
    sales: int
    harvested: Stock | None
    sold: Stock | None
    unsold: Stock | None
    open_sales: int
    entries: int
    grade: str | None

    @property
    def profit(self) -> int:
        """Below nought it is a loss."""
        return self.sales - self.costs


def reckon(lines: Iterable[Line]) -> Profit:
    """The sums of a season. Pure; the order of the lines does not matter."""
    counted = once(lines)
    harvests, sales = ([line for line in counted if line.kind == kind] for kind in (HARVEST, SALE))
    unit = _common_unit([*harvests, *sales])
    harvested, sold = (_total(some, unit) for some in (harvests, sales))
    left = Stock(max(harvested.quantity - (sold.quantity if sold else Decimal(0)), Decimal(0)), unit) if harvested and unit else None
    return Profit(
        costs=sum(line.amount or 0 for line in counted if line.kind == COST),
        sales=sum(line.amount or 0 for line in sales),
        harvested=harvested,
        sold=sold,
        unsold=left,
        open_sales=sum(line.amount is None for line in sales),
        entries=len(counted),
        grade=min((line.grade for line in sales), key=records.GRADES.index, default=None),
    )


def once(lines: Iterable[Line]) -> list[Line]:
    """Without what a farmer noted herself of a delivery that a receipt tells of too: about that weight, at about that day.

    A receipt answers for one such note at most.
    """
    kept = list(lines)
    for receipt in [line for line in kept if line.receipt is not None]:
        same = next((line for line in kept if _tells_of(line, receipt)), None)
        if same is not None:
            kept.remove(same)
    return kept


def season_of(session: Session, farmer: Farmer, crop: str, day: date) -> Season:
    """The season that a day belongs to for this farmer's crop."""
    return seasons.of(day, calendar_of(session, farmer), _planted(session, farmer.id, crop))


def of_season(session: Session, farmer: Farmer, crop: str, season: Season) -> Profit:
    """What this farmer's records come to for one crop in one season."""
    name, planted = calendar_of(session, farmer), _planted(session, farmer.id, crop)
    found = records.of(session, farmer.id, season.first, season.last, crop)
    return reckon(_line(record) for record in found if seasons.of(record.day, name, planted) == season)


def calendar_of(session: Session, farmer: Farmer) -> str:
    """Which calendar the farmer's district goes by."""
    if farmer.district_id is None:
        return seasons.TWICE
    try:
        district = places.get(session, farmer.district_id)
        part = places.get(session, district.parent_id) if district.parent_id is not None else None
        region = places.get(session, part.parent_id) if part is not None and part.parent_id is not None else part
    except NotFound:
        return seasons.TWICE
    return seasons.calendar(region.name if region else None, part.name if part else None)


def _planted(session: Session, farmer_id: UUID, crop: str) -> date | None:
    return next((plot.planted_on for plot in farmers.plots(session, farmer_id) if plot.crop == crop), None)


def _line(record: Record) -> Line:
    return Line(record.kind, record.amount, record.quantity, record.unit, record.kg, record.day, record.grade, record.receipt)


def _tells_of(line: Line, receipt: Line) -> bool:
    if line.kind != SALE or line.receipt is not None or line.kg is None or receipt.kg is None:
        return False
    return abs(line.day - receipt.day) <= SAME_DAY and abs(line.kg - receipt.kg) <= receipt.kg * SAME_WEIGHT


def _common_unit(lines: Sequence[Line]) -> str | None:
    """Kilograms where everything weighs something; else the one measure that all share."""
    units = {line.unit for line in lines}
    if len(units) == 1:
        return units.pop()
    return "kg" if lines and all(line.kg is not None for line in lines) else None


def _total(lines: Sequence[Line], unit: str | None) -> Stock | None:
    if unit is None or not lines:
        return None
    amounts = [line.quantity if line.unit == unit else line.kg for line in lines]
    return Stock(sum((amount for amount in amounts if amount is not None), Decimal(0)), unit)
