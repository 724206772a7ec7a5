"""Who takes part in a season, and how they come in: places and partners by commands, people by invitation, programs by key."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from core import clock
from tests.end_to_end.house import House
from tests.end_to_end.people import Browser, Post, Program, read, walk
from tests.phone import Phone

SARAH, MOSES, RUTH = "+256772100001", "+256752100002", "+256782100003"
PLACES = {
    "regions.csv": "region,sub_region\nCentral,Buganda\n",
    "districts.csv": "district_code,district_name,region,sub_region\n31,MUBENDE,Central,Buganda\n",
    "counties.csv": "district_code,county_code,county_name\n",
    "sub_counties.csv": "district_code,county_code,sub_county_code,sub_county_name\n",
    "parishes.csv": "district_code,county_code,sub_county_code,parish_code,parish_name\n",
    "villages.csv": "district_code,county_code,sub_county_code,parish_code,village_code,village_name\n",
}
SCOPES = ("profiles:read", "consents:ask", "offers:read", "offers:write", "applications:read", "applications:write")


@dataclass
class Season:
    """Who takes part, and what was learnt on the way."""

    house: House
    post: Post
    zone: ZoneInfo
    peter: Browser  # of the cooperative
    edith: Browser  # the editor
    kato: Browser  # of the lender
    kiganda: Program
    quick: Program
    sarah: Phone
    code: str = ""
    application: str = ""  # the address of hers

    @property
    def today(self) -> date:
        return clock.day(clock.now(), self.zone)


def settle(house: House, zone: ZoneInfo, folder: Path) -> Season:
    """The country of one district, and everybody at their place."""
    folder.mkdir()
    for file, rows in PLACES.items():
        (folder / file).write_text(rows)
    house.command("load", "places", str(folder))
    return Season(house, Post(house.gateway), zone, *come_in(house), house.phone(SARAH))


def come_in(house: House):
    """Partners, keys and the service's own people by the command line, the others by the administrator; each signs in as people do."""
    house.commands(
        ("partner", "create", "Kasolo Grain Pool", "--kind", "cooperative", "--code", "KASOLO"),
        ("partner", "create", "Kiganda SACCO", "--kind", "lender", "--code", "KIGANDA", "--licence", "UMRA/1"),
        ("partner", "create", "Quick Cash", "--kind", "lender", "--code", "QUICK"),
    )
    bound = [part for scope in SCOPES for part in ("--scope", scope)] + ["--product", "input-2026A", "--purpose", "credit"]
    *keys, admin, editor = house.commands(
        *(("key", "create", code, *bound) for code in ("KIGANDA", "QUICK")),
        ("account", "create", "ada@example.org", "--role", "admin"),
        ("account", "create", "edith@example.org", "--role", "editor"),
    )
    ada, edith = (Browser(house.base).comes_in(link(told), email(told)) for told in (admin, editor))
    peter = invited(house, ada, "Peter", "cooperative", "Kasolo Grain Pool")
    kato = invited(house, ada, "Kato", "partner", "Kiganda SACCO")
    assert [somebody.get("/receipts").status for somebody in (peter, kato, edith)] == [200, 403, 403]
    return peter, edith, kato, *(Program(house.base, key.split()[-1]) for key in keys)


def invited(house: House, ada: Browser, name: str, role: str, organisation: str) -> Browser:
    """The administrator makes the account, and sends the link that she is shown."""
    group = re.search(rf'value="([0-9a-f-]{{36}})"[^>]*>{organisation}', ada.get("/accounts").at.text)
    assert group, ada.text
    ada.post("/accounts", name=name, email=f"{name.lower()}@example.org", role=role, group=group.group(1))
    return Browser(house.base).comes_in(link(ada.at.text), f"{name.lower()}@example.org")


def link(told: str) -> str:
    found = re.search(r'http[^\s"]+/welcome/[^\s"]+', told)
    assert found, told
    return found.group()


def email(told: str) -> str:
    found = re.search(r"\S+@example.org", told)
    assert found, told
    return found.group()


def read_at(season: Season, *labels: str) -> str:
    walk(season.sarah, *labels)
    return read(season.sarah)
