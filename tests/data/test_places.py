"""Places: found as people type them, and the real list of the country read twice."""

import csv
import json
import shutil
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from profiles import place_files, places
from profiles.models import Place, PlaceName
from service.commands import load_places
from tests import builders


@pytest.fixture
def seeded(session: Session) -> Session:
    places.seed(session)
    return session


def names(found: list[Place]) -> list[str]:
    return [place.name for place in found]


def test_seeding_twice_adds_nothing(session: Session) -> None:
    assert places.seed(session) > 146
    assert places.seed(session) == 0
    assert len(places.children(session, None, "district")) == 146


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("MUB", ["Mubende"]),
        ("mubende", ["Mubende"]),
        ("Mubende District", ["Mubende"]),
        (" mubedne ", ["Mubende"]),
        ("masaka", ["Masaka"]),
        ("Masaka City", ["Masaka City"]),
        ("MAS", ["Masaka", "Masaka City", "Masindi"]),
        ("fort portal", ["Fort Portal City", "Kabarole"]),
        ("Luweero", ["Luwero"]),
        ("ssembabule", ["Sembabule"]),
        ("madi okollo", ["Madi-Okollo"]),
        ("mbalala", ["Mbarara"]),
        ("K", []),
        ("", []),
        ("%", []),
        ("__", []),
        ("qqqq", []),
        ("' OR 1=1--", []),
        ("x" * 100_000, []),
    ],
)
def test_a_district_is_found_as_it_is_typed(seeded: Session, typed: str, expected: list[str]) -> None:
    assert names(places.find(seeded, typed)) == expected


def test_every_district_is_found_by_its_own_name_alone(seeded: Session) -> None:
    for district in places.children(seeded, None, "district"):
        assert places.find(seeded, district.name.upper()) == [district]


def test_children_descend_over_levels_alphabetically(seeded: Session) -> None:
    assert names(places.children(seeded, None, "region")) == ["Central", "Eastern", "Northern", "Western"]
    central = places.find(seeded, "central", "region")[0]
    inside = names(places.children(seeded, central.id, "district"))
    assert len(inside) == 27
    assert inside == sorted(inside)
    assert {"Kampala", "Masaka", "Mubende"} <= set(inside)
    kampala = places.find(seeded, "kampala")[0]
    assert places.children(seeded, kampala.id, "village") == []


def test_a_place_knows_its_district(seeded: Session) -> None:
    mubende = places.find(seeded, "mubende")[0]
    kitenga = places.find(seeded, "Kitenga", "sub_county", within=mubende.id)[0]
    assert places.district_of(seeded, kitenga.id) == mubende == places.district_of(seeded, mubende.id)
    with pytest.raises(NotFound):
        places.district_of(seeded, places.find(seeded, "western", "region")[0].id)
    with pytest.raises(NotFound):
        places.get(seeded, 10**8)


def counts(reports: list[place_files.FileReport]) -> dict[str, tuple[int, int, int, int, int]]:
    return {one.file: (one.rows, one.new, one.changed, one.unchanged, len(one.bad)) for one in reports}


def test_the_real_list_is_read_whole_and_a_second_time_changes_nothing(seeded: Session, real_data: Path) -> None:
    seen: list[str] = []
    began = time.monotonic()
    first = counts(place_files.load(seeded, real_data / "places", lambda file, done, of: seen.append(file)))
    assert time.monotonic() - began < 60
    assert {file: row[0] for file, row in first.items()} == {
        "regions.csv": 17,
        "districts.csv": 146,
        "counties.csv": 321,
        "sub_counties.csv": 2_105,
        "parishes.csv": 10_322,
        "villages.csv": 36_839,
    }
    assert all(row[4] == 0 for row in first.values())
    assert first["districts.csv"][3] == 146  # what we ship is the same list
    assert first["villages.csv"][1] == 36_839
    assert seen == list(first)
    again = counts(place_files.load(seeded, real_data / "places"))
    assert all(row[1] == row[2] == row[4] == 0 and row[3] == row[0] for row in again.values())
    assert seeded.scalar(select(func.count()).select_from(Place).where(Place.level == "village")) == 36_839
    holes = [place for place in places.children(seeded, None, "district") if not places.children(seeded, place.id, "village")]
    assert len(holes) == 70
    assert sum(not places.children(seeded, place.id, "parish") for place in places.children(seeded, None, "district")) == 1
    wards = places.find(seeded, "central ward", "parish")
    assert len(wards) == len({ward.parent_id for ward in wards}) == 53
    home = places.district_of(seeded, wards[7].id)
    assert set(places.find(seeded, "CENTRAL WARD", "parish", within=home.id)) == {
        ward for ward in wards if places.district_of(seeded, ward.id) == home
    }
    assert places.find(seeded, "mubende")[0].latitude is not None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A country of one region, two districts and three counties."""
    (tmp_path / "regions.csv").write_text("region,sub_region\nWest,Hills\n", encoding="utf-8")
    (tmp_path / "districts.csv").write_text("district_code,district_name,region,sub_region\n1,ALFA,West,Hills\n2,BETA,West,Hills\n")
    (tmp_path / "counties.csv").write_text("district_code,county_code,county_name\n1,1,NORTH\n1,2,SOUTH\n2,1,NORTH\n")
    for _, level, columns, name in place_files.FILES[2:]:
        file = next(row[0] for row in place_files.FILES if row[1] == level)
        (tmp_path / file).write_text(",".join([*columns, name]) + "\n")
    return tmp_path


def change(folder: Path, file: str, edit: Callable[[list[list[str]]], object]) -> None:
    path = folder / file
    rows = list(csv.reader(path.open(encoding="utf-8", newline="")))
    edit(rows)
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(rows)


def test_bad_rows_are_named_and_never_stop_good_ones(session: Session, folder: Path) -> None:
    bad = [["9", "1", "LOST"], ["x", "1", "EAST"], ["1", "3", " "], ["1", "1", "OTHER"], ["1"], ["2", "7", "GOOD"]]
    change(folder, "counties.csv", lambda rows: rows.extend(bad))
    report = next(one for one in place_files.load(session, folder) if one.file == "counties.csv")
    assert sorted(row for row, _ in report.bad) == [5, 6, 7, 8, 9]
    assert dict(report.bad)[5] == "its district is not in the list: district:9"
    assert (report.rows, report.new) == (9, 4)
    assert names(places.find(session, "good", "county")) == ["Good"]


def test_a_changed_name_goes_on_finding_its_place(session: Session, folder: Path) -> None:
    place_files.load(session, folder)
    change(folder, "districts.csv", lambda rows: rows[2].__setitem__(1, "GAMMA"))
    again = counts(place_files.load(session, folder))
    assert again["districts.csv"] == (2, 0, 1, 1, 0)
    assert names(places.find(session, "beta")) == names(places.find(session, "gamma")) == ["Gamma"]


def test_a_missing_file_and_a_wrong_one_are_said(session: Session, folder: Path) -> None:
    (folder / "villages.csv").unlink()
    (folder / "parishes.csv").write_bytes(b"\xff\xfe\x00junk")
    (folder / "sub_counties.csv").write_text("a,b\n1,2\n")
    said = {one.file: one.refused for one in place_files.load(session, folder)}
    assert said["villages.csv"] == "the file is not in the folder"
    assert "UTF-8" in (said["parishes.csv"] or "")
    assert "sub_county_name" in (said["sub_counties.csv"] or "")
    assert said["counties.csv"] is None


def test_what_the_list_no_longer_holds_stays(session: Session, folder: Path, tmp_path: Path) -> None:
    place_files.load(session, folder)
    shutil.copy(folder / "counties.csv", tmp_path / "kept.csv")
    change(folder, "counties.csv", lambda rows: rows.pop())
    place_files.load(session, folder)
    assert len(places.children(session, None, "county")) == 3


def test_spellings_are_kept_once(session: Session, folder: Path) -> None:
    place_files.load(session, folder)
    before = session.scalar(select(func.count()).select_from(PlaceName))
    place_files.load(session, folder)
    assert session.scalar(select(func.count()).select_from(PlaceName)) == before


def test_the_command_prints_an_account_and_an_exit_code(url: str, now: datetime, folder: Path) -> None:
    runtime, said = builders.runtime(url, now), list[str]()
    assert load_places.run(runtime, folder, dry_run=True, as_json=True, echo=said.append) == 0
    assert json.loads(said[-1])["files"][1]["new"] == 2
    with runtime.reading() as session:
        assert places.children(session, None, "district") == []
    change(folder, "counties.csv", lambda rows: rows.append(["9", "1", "LOST"]))
    assert load_places.run(runtime, folder, dry_run=False, as_json=False, echo=said.append) == 0
    assert "row 5: its district is not in the list" in said[-1]
    with runtime.reading() as session:
        assert names(places.children(session, None, "district")) == ["Alfa", "Beta"]
    (folder / "villages.csv").unlink()
    assert load_places.run(runtime, folder, dry_run=False, as_json=False, echo=said.append) == 2
