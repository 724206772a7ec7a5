"""Where people are: places found as they are typed, their children, and the districts that we ship."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from profiles import place_rows, spelling
from profiles.models import Place, PlaceName
from profiles.place_rows import Row

LEVELS = ("region", "sub_region", "district", "county", "sub_county", "parish", "village")
DATA = Path(__file__).parent / "data"
# Words that people put beside a district's name, folded.
DISTRICT_WORDS = ("district", "districts", "distric", "disitulikiti", "wilaya")
SHORTEST, ALIKE, SHOWN = 2, 88, 10
# Levels with tens of thousands of names: a misspelling is only looked for inside a given place.
CROWDED = ("parish", "village")


def fold(name: str) -> str:
    """A name as places are compared by it: lower case, letters and digits only."""
    return spelling.fold(name)


def find(session: Session, typed: str, level: str = "district", within: int | None = None) -> list[Place]:
    """The places of one level that may be meant, best first; [] when none is. `within`: only inside this place.

    A name or alias typed in full is taken at its word: "Masaka" is the district, "Masaka City" the city, and only places
    that share it come back together. Else those that begin so ("MUB"), else those spelt much alike.
    """
    for key in _keys(typed, level):
        found = _named(session, key, level, within) or _alike(session, key, level, within)
        if found:
            return found
    return []


def children(session: Session, place_id: int | None, level: str) -> list[Place]:
    """All places of a level inside a place, alphabetically; of the whole country for None. [] where the list has none."""
    inside = select(Place).where(Place.level == level)
    if place_id is not None:
        inside = inside.where(Place.id.in_(_inside(place_id)))
    return sorted(session.scalars(inside), key=lambda place: (place.name.casefold(), place.id))


def get(session: Session, place_id: int) -> Place:
    """One place. Raises NotFound."""
    place = session.get(Place, place_id)
    if place is None:
        raise NotFound(f"place {place_id}")
    return place


def district_of(session: Session, place_id: int) -> Place:
    """The district that a place lies in, or is. Raises NotFound for a region."""
    place = get(session, place_id)
    while place.level != "district":
        if place.parent_id is None:
            raise NotFound(f"place {place_id} lies in no district")
        place = get(session, place.parent_id)
    return place


def seed(session: Session) -> int:
    """Put in what we ship: regions, all districts with coordinates and aliases, first sub-counties. Says how many were new."""
    register = place_rows.read(session)
    return sum(place_rows.keep(session, register, list(rows)).new for rows in _shipped())


def locate(session: Session) -> int:
    """Give districts of a loaded list the coordinates and aliases that we ship, where code and name are ours; how many."""
    register = place_rows.read(session)
    ours = [row for row in map(_district, _table("districts.csv")) if row.parent in register.by_code and row.code in register.by_code]
    same = [row for row in ours if spelling.fold(register.by_code[row.code].name) == spelling.fold(row.name)]
    return place_rows.keep(session, register, same).changed


def _keys(typed: str, level: str) -> Iterator[str]:
    key = fold(typed)
    if len(key) < SHORTEST:
        return
    yield key
    if level == "district":
        yield from (key.removesuffix(word) for word in DISTRICT_WORDS if key.endswith(word) and len(key) - len(word) >= SHORTEST)


def _inside(place_id: int) -> Select[tuple[int]]:
    down = select(Place.id).where(Place.parent_id == place_id).cte("inside", recursive=True)
    below = select(Place.id).join(down, Place.parent_id == down.c.id)
    return select(down.union_all(below).c.id)


def _at(statement: Any, level: str, within: int | None) -> Any:
    statement = statement.join(PlaceName, PlaceName.place_id == Place.id).where(Place.level == level)
    return statement if within is None else statement.where(Place.id.in_(_inside(within)))


def _named(session: Session, key: str, level: str, within: int | None) -> list[Place]:
    """Those that bear this name; else those whose own name begins so; else those with an alias that does."""
    rows = session.execute(_at(select(Place, PlaceName.key), level, within).where(PlaceName.key.startswith(key))).all()
    exact = [place for place, known in rows if known == key]
    own = [place for place, known in rows if known == fold(place.name)]
    return _tidy(exact or own or [place for place, _ in rows], key)


def _tidy(found: Sequence[Place], key: str) -> list[Place]:
    """Each once: what bears the typed name itself before what only answers to it, then by the alphabet."""
    once = {place.id: place for place in found}.values()
    return sorted(once, key=lambda place: (not fold(place.name).startswith(key), place.name.casefold(), place.id))


def _alike(session: Session, key: str, level: str, within: int | None) -> list[Place]:
    if len(key) <= SHORTEST + 1 or (level in CROWDED and within is None):
        return []
    spellings: dict[str, list[int]] = {}
    for known, place_id in session.execute(_at(select(PlaceName.key, Place.id), level, within)):
        spellings.setdefault(known, []).append(place_id)
    near = process.extract(key, spellings.keys(), scorer=fuzz.ratio, score_cutoff=ALIKE, limit=SHOWN)
    ids = dict.fromkeys(place_id for known, *_ in near for place_id in spellings[known])
    return [get(session, place_id) for place_id in ids]


def _shipped() -> Iterator[Iterator[Row]]:
    districts, sub_counties = _table("districts.csv"), _table("sub_counties.csv")
    regions = {row["region"] for row in districts}
    yield (Row(region_code(name), "region", None, name) for name in sorted(regions))
    pairs = {(row["region"], row["sub_region"]) for row in districts}
    yield (Row(region_code(*pair), "sub_region", region_code(pair[0]), pair[1]) for pair in sorted(pairs))
    yield (_district(row) for row in districts)
    counties = {(row["district"], row["county"], row["county_name"]) for row in sub_counties}
    yield (Row(f"county:{a}/{b}", "county", f"district:{a}", name) for a, b, name in sorted(counties))
    yield (_sub_county(row) for row in sub_counties)


def region_code(region: str, sub_region: str = "") -> str:
    """Regions have no number in the list: their names are their codes, "region:central", "sub_region:northern/lango"."""
    return f"sub_region:{fold(region)}/{fold(sub_region)}" if sub_region else f"region:{fold(region)}"


def _district(row: dict[str, str]) -> Row:
    parent, aliases = region_code(row["region"], row["sub_region"]), tuple(filter(None, row["aliases"].split(";")))
    return Row(f"district:{row['code']}", "district", parent, row["name"], float(row["latitude"]), float(row["longitude"]), aliases)


def _sub_county(row: dict[str, str]) -> Row:
    path = f"{row['district']}/{row['county']}"
    return Row(f"sub_county:{path}/{row['sub_county']}", "sub_county", f"county:{path}", row["name"])


def _table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
