"""The districts that we ship, held against the country and against the real list."""

import csv
from pathlib import Path

import pytest

from core import geo
from profiles import places
from profiles.place_files import written
from profiles.spelling import fold


def shipped() -> list[dict[str, str]]:
    with (places.DATA / "districts.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def middle(name: str) -> tuple[float, float]:
    row = next(row for row in shipped() if row["name"] == name)
    return float(row["latitude"]), float(row["longitude"])


def test_there_are_146_districts_and_cities_each_with_its_own_name_and_code() -> None:
    rows = shipped()
    assert len(rows) == len({row["code"] for row in rows}) == len({fold(row["name"]) for row in rows}) == 146
    assert sum(row["name"].endswith(" City") for row in rows) == 10


def test_every_district_lies_in_uganda() -> None:
    for row in shipped():
        assert -1.5 < float(row["latitude"]) < 4.3, row["name"]
        assert 29.5 < float(row["longitude"]) < 35.1, row["name"]


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ("Masaka", "Masaka City", 1, 40),
        ("Mubende", "Kampala", 100, 160),
        ("Gulu", "Kampala", 240, 310),
        ("Kazo", "Kiruhura", 10, 50),
        ("Obongi", "Moyo", 10, 60),
        ("Arua", "Arua City", 5, 40),
        ("Kabarole", "Fort Portal City", 1, 30),
    ],
)
def test_districts_are_as_far_apart_as_they_are(one: str, other: str, low: float, high: float) -> None:
    assert low < geo.km(middle(one), middle(other)) < high


def test_an_alias_is_no_other_district_s_name_and_only_fort_portal_is_shared() -> None:
    names = {fold(row["name"]) for row in shipped()}
    owners: dict[str, set[str]] = {}
    for row in shipped():
        for alias in filter(None, row["aliases"].split(";")):
            assert fold(alias) not in names, (row["name"], alias)
            owners.setdefault(fold(alias), set()).add(row["name"])
    assert {alias for alias, of in owners.items() if len(of) > 1} == {"fortportal"}


def test_names_regions_and_codes_are_those_of_the_real_list(real_data: Path) -> None:
    with (real_data / "places" / "districts.csv").open(encoding="utf-8", newline="") as file:
        real = {(row["district_code"], fold(row["district_name"]), row["region"], row["sub_region"]) for row in csv.DictReader(file)}
    assert {(row["code"], fold(row["name"]), row["region"], row["sub_region"]) for row in shipped()} == real


@pytest.mark.parametrize(
    ("capitals", "name"),
    [
        ("MUBENDE", "Mubende"),
        ("AKOKORO  TOWN COUNCIL", "Akokoro Town Council"),
        ("WARD III", "Ward III"),
        ("KAL-ALII B", "Kal-Alii B"),
        ("NG'OMBE 'A'", "Ng'ombe 'A'"),
        ("BAGALA'S PLACE", "Bagala's Place"),
        ("MPONDWE/LHUBIRIHA TC", "Mpondwe/Lhubiriha TC"),
        ("1ST JENGE", "1st Jenge"),
        ("Ward of the Lake", "Ward of the Lake"),
        ("IV DIVISION", "Iv Division"),
    ],
)
def test_names_in_capitals_are_written_as_people_write_them(capitals: str, name: str) -> None:
    assert written(capitals) == name
