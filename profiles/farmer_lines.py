"""One row of a list of farmers as a farmer: what is missing is left open, what is odd is flagged, what is wrong refuses the row."""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from profiles import farmer_columns as columns
from profiles import places
from profiles.farmer_columns import Columns, Wrong
from profiles.farmers import NewFarmer
from profiles.models import Place
from profiles.spelling import fold

GROWN_UP = 18
DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong or odd in one row: its number as a spreadsheet shows it, the column, and a sentence."""

    row: int
    column: str
    says: str


@dataclass(slots=True)
class Reading:
    """One reading of one sheet. `home`: the group's district, for rows without one; `found`: places looked up before."""

    session: Session
    columns: Columns
    country: str
    today: date
    home: Place | None
    sample: bool
    bad: list[Remark] = field(default_factory=list)
    flagged: list[Remark] = field(default_factory=list)
    found: dict[tuple[str, int | None], Place | str] = field(default_factory=dict)

    def flag(self, row: int, column: str, says: str) -> None:
        self.flagged.append(Remark(row, column, says))


def farmer(reading: Reading, number: int, cells: list[str]) -> NewFarmer | None:
    """The farmer of one row, or None with a remark."""
    column = "name"
    try:
        if any(cell.startswith("=") for cell in cells):
            raise Wrong("the row holds a formula: replace it by its value")
        name = columns.name(reading.columns.cell(cells, "name"), reading.today)
        column = "phone"
        phone = columns.phone(reading.columns.cell(cells, "phone"), reading.country)
        if phone is None and name is None:
            column = "name"
            raise Wrong("there is neither a name nor a phone")
        column = "district"
        district = _district(reading, reading.columns.cell(cells, "district"))
    except Wrong as wrong:
        reading.bad.append(Remark(number, column, str(wrong)))
        return None
    return NewFarmer(
        phone=phone,
        name=name,
        language=_language(reading, number, cells),
        crops=_crops(reading, number, cells),
        district_id=district.id if district else None,
        place_id=_sub_county(reading, number, cells, district),
        sex=_sex(reading, number, cells),
        born=_born(reading, number, cells),
        source="import",
        sample=reading.sample,
    )


def _district(reading: Reading, text: str) -> Place | None:
    if not text:
        return reading.home
    found = _place(reading, text, "district", None)
    if isinstance(found, str):
        raise Wrong(found)
    return found


def _place(reading: Reading, text: str, level: str, within: int | None) -> Place | str:
    """The one place that is meant, or a sentence that says why there is none. Lists repeat themselves: each is looked up once."""
    key = (fold(text), within)
    if key not in reading.found:
        some = places.find(reading.session, text, level, within)
        word = level.replace("_", "-")
        if len(some) == 1:
            reading.found[key] = some[0]
        elif some:
            reading.found[key] = f"{text[:30]!r} may be {' or '.join(place.name for place in some[:4])}: write which"
        else:
            reading.found[key] = f"no {word} is called {text[:30]!r}"
    return reading.found[key]


def _sub_county(reading: Reading, number: int, cells: list[str], district: Place | None) -> int | None:
    text = reading.columns.cell(cells, "subcounty")
    if not text or district is None:
        return None
    found = _place(reading, text, "sub_county", district.id)
    if isinstance(found, str):
        reading.flag(number, "subcounty", f"{found} in {district.name}: kept with the district only")
        return None
    return found.id


def _language(reading: Reading, number: int, cells: list[str]) -> str:
    text = reading.columns.cell(cells, "language")
    code = columns.LANGUAGES.get(fold(text))
    if text and code is None:
        reading.flag(number, "language", f"{text[:20]!r} is no language that we know: kept as English")
    return code or DEFAULT_LANGUAGE


def _crops(reading: Reading, number: int, cells: list[str]) -> tuple[str, ...]:
    known, unknown = columns.grown(reading.columns.cell(cells, "crop"))
    if unknown:
        reading.flag(number, "crop", f"no crop that we know: {', '.join(unknown[:5])}; the farmer is kept without it")
    return known


def _sex(reading: Reading, number: int, cells: list[str]) -> str | None:
    text = reading.columns.cell(cells, "sex")
    sex = columns.SEXES.get(fold(text))
    if text and sex is None:
        reading.flag(number, "sex", f"{text[:20]!r} is read neither as a woman nor as a man: left open")
    return sex


def _born(reading: Reading, number: int, cells: list[str]) -> int | None:
    text = reading.columns.cell(cells, "born") or reading.columns.cell(cells, "age")
    try:
        year = columns.born(text, reading.today)
    except Wrong as wrong:
        reading.flag(number, "born", f"{wrong}: left open")
        return None
    if year is not None and reading.today.year - year < GROWN_UP:
        reading.flag(number, "born", "under 18: kept, but never offered credit, cover or anything to buy")
    return year
