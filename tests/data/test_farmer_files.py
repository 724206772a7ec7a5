"""Lists of farmers: every form that groups send, every phone that people write, and nothing twice."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from profiles import consent, farmer_files, farmers, organisations, places, sheets
from profiles.farmer_files import Report
from profiles.models import Consent, Farmer, Organisation, Plot
from service.commands import load_farmers
from tests import builders

HEAD = "name,phone,sex,district,subcounty,crop,language,born"
SARAH = "Sarah Nakato,0772123456,F,Mubende,Kitenga,maize; beans,Luganda,1986"
LIST = [HEAD, SARAH, "Peter Ssali,0752 000 111,male,mubende,,kasooli,lg,45", "Mary Atim,,woman,Gulu,,gnuts,Acholi,"]
Load = Callable[..., Report]


@pytest.fixture
def group(session: Session, now: datetime) -> Organisation:
    places.seed(session)
    mubende = places.find(session, "Mubende")[0]
    return organisations.add(session, "producer_group", "Test Growers", "TESTGRO", now, mubende.id)


@pytest.fixture
def load(session: Session, group: Organisation, tmp_path: Path, now: datetime) -> Load:
    """Loads lines, text or bytes as a file of that group."""

    def load(content: list[str] | str | bytes, name: str = "list.csv", **more: object) -> Report:
        text = "\n".join(content) if isinstance(content, list) else content
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return farmer_files.load(session, path, "testgro", now, **more)

    return load


def book(rows: list[list[object]], tweak: Callable[[openpyxl.Workbook], object] = lambda made: None) -> bytes:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    tweak(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def everyone(session: Session) -> list[Farmer]:
    return list(session.scalars(select(Farmer).order_by(Farmer.number)))


def rows(session: Session, model: type) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_list_becomes_farmers_with_places_crops_and_a_group(session: Session, group: Organisation, load: Load, now: datetime) -> None:
    report = load(LIST)
    assert (report.rows, report.added, report.without_phone, report.bad, report.flagged) == (3, 3, 1, [], [])
    sarah, peter, mary = everyone(session)
    assert (sarah.name, sarah.phone, sarah.sex, sarah.born, sarah.language) == ("Sarah Nakato", "+256772123456", "f", 1986, "lg")
    assert places.get(session, sarah.place_id or 0).name == "Kitenga"
    assert [plot.crop for plot in farmers.plots(session, sarah.id)] == ["maize", "beans"]
    assert (peter.sex, peter.born, peter.source, peter.sample) == ("m", now.year - 45, "import", False)
    assert (mary.phone, places.get(session, mary.district_id or 0).name) == (None, "Gulu")
    assert organisations.members(session, group.id, now.date()) == [mary, peter, sarah]
    assert len({farmer.number for farmer in (sarah, peter, mary)}) == 3


def test_nobody_imported_has_agreed_to_anything_and_the_report_says_so(session: Session, load: Load, now: datetime) -> None:
    report = load(LIST)
    assert rows(session, Consent) == 0
    assert consent.standing(session, [farmer.id for farmer in everyone(session)], "service", now) == set()
    assert any(note.startswith("Nothing is sent to these farmers") for note in report.notes)


def test_loading_twice_changes_nothing(session: Session, load: Load) -> None:
    load(LIST)
    before = [rows(session, model) for model in (Farmer, Plot)]
    again = load(LIST)
    assert (again.added, again.known, again.joined) == (0, 3, 0)
    assert [rows(session, model) for model in (Farmer, Plot)] == before


def test_a_dry_run_says_the_same_and_keeps_nothing(session: Session, load: Load) -> None:
    assert (dry := load(LIST, dry_run=True)).added == 3
    assert dry.dry_run
    assert everyone(session) == []
    assert load(LIST).added == 3


def test_a_known_farmer_joins_the_group_and_is_not_made_again(session: Session, group: Organisation, load: Load, now: datetime) -> None:
    there = farmers.add(session, farmers.NewFarmer("+256772123456", "lg", ("maize",), None, "ussd", name="sarah NAKATO"), now)
    report = load([HEAD, SARAH])
    assert (report.added, report.known, report.joined) == (0, 1, 1)
    assert organisations.members(session, group.id, now.date()) == [there]


def test_the_same_person_twice_in_a_file_is_one_and_two_people_on_a_phone_are_two(session: Session, load: Load) -> None:
    lines = ["name,phone", "Sarah Nakato,0772123456", "NAKATO Sarah,+256 772 123456", "Moses Kato,0772123456", "Mary Atim,", "Mary Atim,"]
    report = load(lines)
    assert (report.added, report.repeated) == (3, 2)
    assert len(farmers.on_phone(session, "+256772123456")) == 2


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("0772123456", "+256772123456"),
        ("256772123456", "+256772123456"),
        (" 256772123456", "+256772123456"),
        ("772123456", "+256772123456"),
        ("+256 (0)772 123456", "+256772123456"),
        ("'+256772123456", "+256772123456"),
        ("٠٧٧٢١٢٣٤٥٦", "+256772123456"),
        ("+254722000000", "+254722000000"),
        ("", None),
        ("   ", None),
        ("null", None),
        ("n/a", None),
    ],
)
def test_a_phone_is_read_as_people_write_it(session: Session, load: Load, typed: str, phone: str | None) -> None:
    assert load(["name,phone", f"Sarah,{typed}"]).added == 1
    assert everyone(session)[0].phone == phone


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("+", "no number"),
        ("0", "no number"),
        ("+256772123456;ext=9", "two numbers"),
        ("tel:+256772123456", "no number"),
        ("+1900555", "no number"),
        ("+88299123456", "no number"),
        ("+447700900123", "no number"),
        ("+2567721234567890", "no number"),
        ("2.56772E+11", "shortened"),
        ("254722000000", "other countries"),
        ("12345", "no number"),
        ("MTN-Info", "no number"),
        ("+256414123456", "no number"),
        ("+256772123456/0772123457", "two numbers"),
        ("07721*****", "no number"),
        ("=0772123456", "formula"),
    ],
)
def test_a_phone_that_cannot_be_texted_refuses_its_row_alone_and_says_why(session: Session, load: Load, typed: str, says: str) -> None:
    report = load(["name,phone", f'Bad,"{typed}"', "Good,0772123456"])
    assert [(one.row, says in one.says) for one in report.bad] == [(2, True)]
    assert [farmer.name for farmer in everyone(session)] == ["Good"]
    assert len(typed) < 4 or typed not in str(report.bad)


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        ("Sarah,0772123456,,Atlantis,,,,", "district", "no district is called 'Atlantis'"),
        ("Sarah,0772123456,,Fort Portal,,,,", "district", "Fort Portal City or Kabarole"),
        (",,,Mubende,,,,", "name", "neither a name nor a phone"),
        ("1234,0772123456,,,,,,", "name", "not a person's name"),
        ('"=HYPERLINK(""http://x"")",0772123456,,,,,,', "name", "formula"),
    ],
)
def test_a_wrong_row_names_its_column(load: Load, row: str, column: str, says: str) -> None:
    report = load([HEAD, row])
    assert report.added == 0
    assert [(one.row, one.column) for one in report.bad] == [(2, column)]
    assert says in report.bad[0].says


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        ("Sarah,0772123456,x,,,,,", "sex", "left open"),
        ("Sarah,0772123456,,Mubende,Nowhere,,,", "subcounty", "kept with the district only"),
        ("Sarah,0772123456,,,,zebras,,", "crop", "zebras"),
        ("Sarah,0772123456,,,,,Klingon,", "language", "kept as English"),
        ("Sarah,0772123456,,,,,,1026", "born", "left open"),
        ("Sarah,0772123456,,,,,,2012", "born", "under 18"),
    ],
)
def test_an_odd_cell_is_flagged_and_the_farmer_kept(load: Load, row: str, column: str, says: str) -> None:
    report = load([HEAD, row])
    assert (report.added, report.bad) == (1, [])
    assert [(one.row, one.column) for one in report.flagged] == [(2, column)]
    assert says in report.flagged[0].says


def test_a_row_without_a_district_is_of_the_group_s(session: Session, group: Organisation, load: Load) -> None:
    load(["name,phone", "Sarah,0772123456"])
    assert everyone(session)[0].district_id == group.district_id


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_file_is_read_in_any_usual_form(session: Session, load: Load, encoding: str, delimiter: str) -> None:
    text = "\r\n".join(line.replace(",", delimiter) for line in ("name,phone,district", "Renée Nakato,0772123456,Mubende"))
    assert load(text.encode(encoding)).added == 1
    assert everyone(session)[0].name == "Renée Nakato"


@pytest.mark.parametrize(
    "head", ["Full Name,Telephone No.", "NAMES , Phone number (+256)", "Farmer's name,Mobile", "Erinnya,Essimu", "Jina,Namba ya simu"]
)
def test_headings_are_known_by_many_names(load: Load, head: str) -> None:
    assert load([head, "Sarah,0772123456"]).added == 1


def test_blank_rows_are_passed_over_and_row_numbers_are_the_spreadsheet_s(load: Load) -> None:
    report = load("sep=;\nname;phone\n\n;;\nBad;1\n\nGood;0772123456\n")
    assert [one.row for one in report.bad] == [5]
    assert (report.rows, report.added) == (2, 1)


def test_columns_that_nobody_knows_are_named(load: Load) -> None:
    assert "These columns were not read: Shoe size." in load(["name,phone,Shoe size", "Sarah,0772123456,9"]).notes


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "empty"),
        ("a,b,c\n1,2,3", "No column is called name or phone"),
        ("name,phone,telephone\nx,1,2", "Two columns hold the phone"),
        (b"%PDF-1.7 rest", "PDF"),
        (b"\xd0\xcf\x11\xe0 old", "old Excel"),
        (b"name,phone\nSa\x00rah,1", "holds characters"),
        (b"PK\x03\x04 not a zip", "damaged"),
        (b"name\n" + b"x" * sheets.LARGEST, "larger than 5 MB"),
        ("name\n" + "Sarah\n" * (sheets.ROWS + 1), "more than 50,000 rows"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_whole_and_says_why(session: Session, load: Load, content: str | bytes, says: str) -> None:
    report = load(content)
    assert report.refused is not None
    assert says in report.refused
    assert everyone(session) == []


def test_headings_without_rows_say_so(load: Load) -> None:
    report = load([HEAD])
    assert (report.rows, report.refused, report.notes) == (0, None, ["There are no rows under the headings."])


def test_rows_before_quotes_that_never_close_are_kept(load: Load) -> None:
    report = load(["name,phone", "Sarah,0772123456", '"Peter,0772123457', "Mary,0772123458"])
    assert report.added == 1
    assert [(one.row, "never closed" in one.says) for one in report.bad] == [(3, True)]


def test_a_workbook_is_read_with_numbers_dates_and_formulas(session: Session, load: Load) -> None:
    content = book(
        [
            ["Name", "Phone", "Date of birth"],
            ["Sarah", 256772123456, datetime(1986, 5, 2)],  # noqa: DTZ001 a cell has no zone
            ["Peter", 772123457.0, 1990],
            ["Mary", '=CONCATENATE("0772","123458")', None],
            [None, None, None],
            ["Rose", "0772123459", "n/a"],
        ]
    )
    report = load(content, "list.xlsx")
    assert [(farmer.phone, farmer.born) for farmer in everyone(session)] == [
        ("+256772123456", 1986),
        ("+256772123457", 1990),
        ("+256772123459", None),
    ]
    assert [(one.row, "formula" in one.says) for one in report.bad] == [(4, True)]


def test_a_hidden_sheet_is_passed_over(session: Session, load: Load) -> None:
    def hide(made: openpyxl.Workbook) -> None:
        shown = made.create_sheet("shown")
        shown.append(["name", "phone"])
        shown.append(["Sarah", "0772123456"])
        made.worksheets[0].sheet_state = "hidden"

    load(book([["name", "phone"], ["Hidden", "0772123499"]], hide), "any name.pdf")
    assert [farmer.name for farmer in everyone(session)] == ["Sarah"]


def zipped(**entries: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as folder:
        for name, content in entries.items():
            folder.writestr(name, content)
    return out.getvalue()


def with_entry(name: str, content: bytes) -> bytes:
    out = io.BytesIO(book([["name", "phone"], ["Sarah", "0772123456"]]))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as folder:
        folder.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (with_entry("bomb.xml", b"0" * (sheets.UNZIPPED + 1)), "unfolds to more than 50 MB"),
        (zipped(**{f"{number}.xml": b"" for number in range(sheets.ENTRIES + 1)}), "unfolds to more than 50 MB"),
        (with_entry("xl/vbaProject.bin", b"x"), "macros"),
        (zipped(**{"word/document.xml": b"<x/>"}), "not an XLSX file"),
        (zipped(**{"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<broken"}), "damaged"),
        (book([["name", "phone"], ["Sarah", "0772123456"]])[:-200], "damaged"),
    ],
)
def test_a_workbook_that_could_harm_is_refused_before_it_is_unfolded(load: Load, content: bytes, says: str) -> None:
    report = load(content, "list.xlsx")
    assert report.refused is not None
    assert says in report.refused


def test_entities_of_xml_are_not_followed(load: Load) -> None:
    evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book([["name"], ["Sarah"]]))) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            new.writestr(entry, evil if entry.filename.endswith("sheet1.xml") else old.read(entry))
    assert "damaged" in (load(out.getvalue(), "list.xlsx").refused or "")


def test_a_file_s_name_is_shown_without_what_could_mislead(load: Load) -> None:
    assert load(LIST, "list\u202evsc.exe\x1b[2J.csv").file == "listvsc.exe[2J.csv"


def test_a_missing_file_and_an_unknown_group_are_said(session: Session, group: Organisation, tmp_path: Path, now: datetime) -> None:
    assert farmer_files.load(session, tmp_path / "absent.csv", "TESTGRO", now).refused == "There is no such file."
    with pytest.raises(NotFound):
        farmer_files.load(session, tmp_path / "absent.csv", "NOBODY", now)


def test_thousands_are_read_in_chunks_with_progress(session: Session, load: Load) -> None:
    lines = ["name,phone", *(f"Farmer {'abcdefghij'[number % 10]},{772_000_000 + number}" for number in range(1_200))]
    seen: list[tuple[int, int]] = []
    report = load(lines, progress=lambda done, of: seen.append((done, of)))
    assert report.added == 1_200 == rows(session, Farmer)
    assert seen == [(500, 1_200), (1_000, 1_200), (1_200, 1_200)]


def test_the_command_prints_an_account_and_an_exit_code(url: str, now: datetime, tmp_path: Path) -> None:
    runtime = builders.runtime(url, now)
    with runtime.transaction() as session:
        places.seed(session)
        organisations.add(session, "producer_group", "Test Growers", "TESTGRO", now)
    path, said = tmp_path / "list.csv", list[str]()
    path.write_text("\n".join([*LIST, "Bad,12,,,,,,"]))
    assert load_farmers.run(runtime, path, "testgro", dry_run=True, as_json=False, echo=said.append) == 0
    assert "dry run" in said[-1]
    assert load_farmers.run(runtime, path, "testgro", dry_run=False, as_json=True, echo=said.append) == 0
    account = json.loads(said[-1])
    assert (account["added"], account["bad"][0]["row"]) == (3, 5)
    assert load_farmers.run(runtime, path, "nobody", dry_run=False, as_json=False, echo=said.append) == 2
    path.write_text("name,phone\nBad,12\n")
    assert load_farmers.run(runtime, path, "testgro", dry_run=False, as_json=False, echo=said.append) == 1
    path.write_bytes(b"%PDF")
    assert load_farmers.run(runtime, path, "testgro", dry_run=False, as_json=False, echo=said.append) == 2
    assert "PDF" in said[-1]
