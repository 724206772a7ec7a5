"""Which growing season a day belongs to, by where the garden is: its code, such as 2026A, and the days that it holds.

Field figures of Uganda. South, west and east: plant March-April, harvest July-August; plant September-October, harvest
December-January. North: April to September, and mid-May to December. Karamoja: once. A season begins with the weeks in which
land is made ready and ends when the next begins, so that a sale in the weeks after the harvest still belongs to it.
"""

from dataclasses import dataclass
from datetime import date, timedelta

TWICE, NORTH, ONCE = "twice", "north", "once"
NORTHERN, KARAMOJA = "Northern", "Karamoja"  # names of a region and of a part of one, as profiles/places.py has them
Day = tuple[int, int]  # month, day


@dataclass(frozen=True, slots=True)
class Window:
    """`first`: the day of the year on which it begins; `until`: the day on which the next year's or the next season's begins."""

    letter: str
    first: Day
    until: Day


# In the north the two lie over each other: what decides there is when the crop was planted.
CALENDARS: dict[str, tuple[Window, ...]] = {
    TWICE: (Window("A", (3, 1), (9, 1)), Window("B", (9, 1), (3, 1))),
    NORTH: (Window("A", (3, 1), (10, 1)), Window("B", (5, 15), (3, 1))),
    ONCE: (Window("A", (3, 1), (3, 1)),),
}


@dataclass(frozen=True, slots=True)
class Season:
    """`first` and `last` are both in it."""

    code: str
    first: date
    last: date


def calendar(region: str | None, part: str | None) -> str:
    """Which calendar a region and its part go by. What we do not know goes by the south's, as most of the country does."""
    if part == KARAMOJA:
        return ONCE
    return NORTH if region == NORTHERN else TWICE


def of(day: date, calendar_name: str = TWICE, planted: date | None = None) -> Season:
    """The season of a day. Where two hold it, the one in which the crop was planted; not knowing that, the earlier."""
    holding = [
        season for year in (day.year - 1, day.year) for season in _of_year(year, calendar_name) if season.first <= day <= season.last
    ]
    if len(holding) > 1 and planted is not None and holding[-1].first <= planted <= holding[-1].last:
        return holding[-1]
    return holding[0]


def named(code: str, calendar_name: str = TWICE) -> Season:
    """The season of a code. Raises ValueError for one that this calendar does not have."""
    year = code[:4]
    if year.isascii() and year.isdigit() and int(year) > 0:
        for season in _of_year(int(year), calendar_name):
            if season.code == code:
                return season
    raise ValueError(f"no season {code[:20]!r}")


def before(season: Season, calendar_name: str = TWICE) -> Season:
    """The season that began before this one."""
    years = (int(season.code[:4]) - 1, int(season.code[:4]))
    return [one for year in years for one in _of_year(year, calendar_name) if one.first < season.first][-1]


def _of_year(year: int, calendar_name: str) -> list[Season]:
    """The seasons that begin in a year, in order."""
    return [_season(year, window) for window in CALENDARS[calendar_name]]


def _season(year: int, window: Window) -> Season:
    ends = year if window.until > window.first else year + 1
    return Season(f"{year}{window.letter}", date(year, *window.first), date(ends, *window.until) - timedelta(days=1))
