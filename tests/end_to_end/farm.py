"""A season on the farm: Sarah joins, hears the weather and the advice of her crop's age, notes, delivers, holds her receipt."""

import re
from datetime import timedelta

from content import campaigns
from content.campaigns import Step
from content.schedules import Schedule
from core import clock, db
from profiles.audiences import Audience
from tests.end_to_end.cast import MOSES, RUTH, SARAH, Season, read_at
from tests.end_to_end.people import read, twice, walk
from tests.fake_weather import FakeWeather

MEMBERS = """name,phone,crop,district,year of birth
Sarah,0772100001,maize,Mubende,
Moses Okello,0752100002,beans,Mubende,1979
Ruth Apio,0782100003,maize,Mubende,1990
Nobody,12,maize,Mubende,
"""
RECORDS = "My records: dial *284*55#"


def registers(season: Season):
    """Five screens to a first value, then who she is. A request that the network repeats reads the same and does nothing."""
    sarah = season.sarah
    sarah.dial()
    sarah.choose("English")
    sarah.choose("Maize")
    assert read(sarah) == (
        "We keep your number, crop and place to send you maize news. Nobody else sees them unless you say yes. We never ask your PIN."
    )
    twice(sarah, "Agree")
    sarah.press("mub")
    assert len(sarah.seen) == 6
    season.code = re.search(r"ID (\d+-\d)", sarah.screen).group(1)
    assert read(sarah) == (
        f"No fresh maize price near you today. We add prices as they come: dial again any day. You are in. ID {season.code}"
    )
    sarah.choose("Go on (2 min)")
    sarah.press("sarah")
    for answer in ("A woman", "1 to 2 acres", "2-3 weeks ago"):
        sarah.choose(answer)
    twice(sarah, "Mine alone")
    assert read(sarah) == f"Thank you. Your ID is {season.code}. We will text you prices and advice for your farm."
    walk(sarah)
    assert read(sarah) == "Sarah, Mubende"


def is_a_member_and_so_are_others(season: Season):
    """Peter looks at his list before he takes it. Sarah is known, joins and hears of it; the others are told, and say yes."""
    peter = season.peter.get("/members").follow()
    at = peter.at.url.removeprefix(season.house.base)
    peter.get(f"{at}/list").post(f"{at}/list", files={"file": ("list.csv", MEMBERS.encode())})
    assert "Take it: 2 new members" in peter.text
    assert "Row 5" in peter.text
    held = peter.hidden("held")
    for done in ("2 new, 1 more joined", "0 new, 0 more joined"):  # a double click
        peter.post(f"{at}/list", held=held, take="yes").follow()
        assert done in peter.text
    listed = "Kasolo Grain Pool put you on its list of members and may text you farm news."
    season.post.reaches(SARAH, f"{listed} Not so? Dial *284*55#, choose My data, My groups, and leave it.")
    for number, name in ((MOSES, "Moses Okello"), (RUTH, "Ruth Apio")):
        who = "Kasolo Grain Pool entered you on Ensigo for farm prices and advice by text."
        season.post.reaches(number, f"{who} You decide: text YES or NO, or dial *284*55#. We never ask your PIN.")
        phone = season.house.phone(number)
        assert [phone.text("Yes please", gateway_id=f"in-{number}") for _ in range(2)] == [200, 200]
        code = re.search(rf"(\d+-\d)[^0-9]*{name}|{name}[^0-9]*(\d+-\d)", peter.get(at).text)
        assert code, peter.text
        thanks = f"Thank you. ID {code.group(1) or code.group(2)}. We text you farm news from now on."
        rest = "Nobody else sees your details unless you say yes. To end it or for prices dial *284*55#."
        season.post.reaches(number, f"{thanks} {rest}")


def hears_the_weather(season: Season):
    """An operator fetches from a weather service on this machine, by the command that is there for another address of it."""
    assert read_at(season, "Weather") == "No fresh forecast for Mubende now. We ask again every few hours."
    with FakeWeather(season.today) as service:
        assert "1 districts: 7 days of forecast" in season.house.command("fetch", "weather", "--from", service.url)
        assert "every forecast still holds" in season.house.command("fetch", "weather", "--from", service.url)
        assert len(service.questions) == 1
    days = ", ".join(f"{season.today + timedelta(days=ahead):%a} 7 in 10 12mm" for ahead in range(3))
    source = f"Open-Meteo {season.today:%-d %b}."
    assert read_at(season, "Weather") == f"Mubende, rain: {days}. Do not spray or dry outside. {source}"
    assert season.sarah.text("Weather?") == 200
    advice = "Do not spray or dry grain outside. Weed when the soil drains."
    season.post.reaches(SARAH, f"Mubende, rain: {days}. {advice} {source} *284*55*2#")


def gets_the_advice_that_an_editor_published(season: Season, url: str):
    """Edith is stopped by her own mistake, sees what Sarah would read, publishes; a campaign fires it, twice, and it goes once."""
    edith, title = season.edith, "Maize, 2 weeks: fill the gaps"
    edith.get("/templates/new").post("/templates/new", title=title, kind="advice").follow()
    at = edith.at.url
    body = "((name)), your ((crop)) in ((district)) is 2 weeks old: fill the gaps now. More: ((dial))"
    seen = edith.hidden("seen")
    edith.post(at, seen=seen, do="publish", **{"body-en": body.replace("crop", "corp")})
    assert edith.status == 400
    assert "1 thing to put right" in edith.text
    said = "Sarah, your maize in Mubende is 2 weeks old: fill the gaps now. More: *284*55#"
    edith.post(at, seen=seen, do="preview", whom=season.code, **{"body-en": body})
    assert said in edith.text
    assert "ready to publish" in edith.text
    edith.post(at, seen=seen, do="publish", **{"body-en": body}).follow()
    assert f"Version 1 of “{title}” is published" in edith.text
    # No page makes a campaign yet: this one row is written here. Its own day is not today, so only the command fires it.
    with db.transaction(db.connect(url)) as session:
        weekly = Schedule("week", "12:15", weekdays=((season.today.weekday() + 3) % 7,))
        steps = [Step("maize-2-weeks-fill-the-gaps", weeks=2)]
        campaigns.add(session, "maize", "Maize by weeks", steps, Audience(crops=("maize",)), weekly, clock.now(), season.zone)
    assert "version 1: 1 farmers" in season.house.command("send", "maize", "--dry-run")
    made = [season.house.command("send", "maize", "--on", season.today.isoformat()) for _ in range(2)]
    assert made == ["1 broadcast(s) made.\n", "Nothing new: this moment was fired before.\n"]
    season.post.reaches(SARAH, said)


def notes_costs_harvest_and_sale(season: Season):
    """Three records, each told back as the season so far; the last request comes twice and is one sale."""
    sarah = season.sarah
    walk(sarah, "My records", "Money spent", "Seed")
    sarah.press("50000")
    name = re.search(r"Maize \d{4}[AB]", sarah.screen).group()
    assert read(sarah) == f"Saved. {name}: sold 0, spent 50,000, so far 50,000 less than you spent."
    walk(sarah, "My records", "Harvest", "Bags")
    sarah.press("10")
    season.post.reaches(SARAH, told := f"{name}: sold 0, spent 50,000, so far 50,000 less than you spent. Not sold: 10 bags. {RECORDS}")
    assert read(sarah) == f"Saved. {told.removesuffix(' ' + RECORDS)}"
    walk(sarah, "My records", "Sale")
    sarah.press("3")
    screen = sarah.press("300000")
    assert sarah.again() == screen
    told = f"{name}: sold 300,000, spent 50,000, profit 250,000 so far. Not sold: 7 bags."
    assert read(sarah) == f"Saved. {told}"
    season.post.reaches(SARAH, f"{told} {RECORDS}")


def delivers_and_holds_the_receipt(season: Season):
    """Peter weighs what she noted as sold; clicks twice; she holds it, says it is right, and the delivery counts once."""
    peter, day = season.peter.get("/receipts/new"), season.today
    form = {"member": season.code, "crop": "maize", "day": day.isoformat(), "kg": "296", "price": "1,050", "fee": "6,000"}
    form |= {"transport": "4,800", "pays_on": (day + timedelta(days=3)).isoformat(), "nonce": peter.hidden("nonce")}
    peter.post("/receipts/new", step="check", **form)
    assert "Is this right?" in peter.text
    assert "UGX 300,000" in peter.text
    one, again = (peter.post("/receipts/new", step="issue", **form).address for _ in range(2))
    assert one == again
    code = re.search(r"Receipt (\d+-\d) stands", peter.get(one).text).group(1)
    sums = f"Maize received {day:%-d %b}: 296kg. 310,800 less fee 6,000, transport 4,800 = 300,000."
    season.post.reaches(SARAH, f"{sums} Pay by {day + timedelta(days=3):%-d %b}. Receipt {code}. Wrong? *284*55#")
    walk(season.sarah, "My records", "My receipts", f"{day:%-d %b}: 300,000")
    assert read(season.sarah).startswith(f"{code}, Kasolo Grain Pool {day:%-d %b}: Maize 296kg x 1,050 = 310,800")
    walk(season.sarah, "My records", "My receipts", f"{day:%-d %b}: 300,000")
    twice(season.sarah, "It is right")
    assert read(season.sarah) == f"Thank you. You and your group hold receipt {code}."
    assert "confirmed" in peter.get(one).text.lower()
    assert read_at(season, "My records", "My season").endswith("sold 300,000, spent 50,000, profit 250,000 so far. Not sold: 704 kg.")
