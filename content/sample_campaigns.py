"""Templates and campaigns of the sample country: made up by us, and marked as such. A real service writes its own.

The advice names no product and no dose. Luganda and Runyankole-Rukiga wait for a native reader.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from content import campaigns, templates
from content.campaigns import Step
from content.schedules import Schedule
from messaging.classes import MessageClass
from profiles.audiences import Audience

ACTOR = "sample"
UNREVIEWED = ["lg", "nyn"]
PRICE = dict.fromkeys(("en", "lg", "nyn"), "((price sentence))")
WEATHER = dict.fromkeys(("en", "lg", "nyn"), "((weather sentence))")

# code, title, body by language
ADVICE = (
    (
        "maize-week-1",
        "Maize, 1 week: fill the gaps",
        {
            "en": "Your maize in ((district)) is 1 week old. Walk the rows: where nothing came up, plant again this week. Prices and more: ((dial))",
            "lg": "Kasooli wo mu ((district)) aweze wiiki 1. Tambula mu nnyiriri: awatamera, ddamu osimbe wiiki eno. Emiwendo n'ebirala: ((dial))",
            "nyn": "Ebicoori byawe omuri ((district)) byahikya saande 1. Rabamu emirongo: ahu bitameire, byara busya saande egi. Ebindi: ((dial))",
        },
    ),
    (
        "maize-week-3",
        "Maize, 3 weeks: weed first",
        {
            "en": "Your maize is 3 weeks: weed now, before any second fertiliser. Weeding pays even without fertiliser. Prices and more: ((dial))",
            "lg": "Kasooli wo aweze wiiki 3: koola kati, nga tonnateeka kigimusa kya kubiri. Okukoola kugasa ne bw'oba tolina kigimusa. ((dial))",
            "nyn": "Ebicoori byawe byahikya saande 3: bagara hati, otakatairemu orugimusa rwa kabiri. Okubagara kugasha n'obu waaba otaine. ((dial))",
        },
    ),
    (
        "maize-week-6",
        "Maize, 6 weeks: look for armyworm",
        {
            "en": "Maize at 6 weeks: look in the funnel of 20 plants today. 4 or more eaten? Ask before you spray. Fewer: look again in 3 days. ((dial))",
            "lg": "Kasooli wa wiiki 6: kebera mu mutima gw'ebikolo 20 leero. 4 oba okusingawo biriiriddwa? Buuza nga tonnafuuyira. ((dial))",
            "nyn": "Ebicoori bya saande 6: reeba omu mutima gw'ebihimba 20 eriizooba. 4 nari okukira biriirwe? Buuza otakafuhiire. ((dial))",
        },
    ),
    (
        "maize-week-17",
        "Maize, 17 weeks: dry it well",
        {
            "en": "Maize at 17 weeks is near harvest. Dry cobs off the ground, on a tarpaulin. Dry grain cracks between your teeth. Prices: ((dial))",
            "lg": "Kasooli wa wiiki 17 anaatera okukungulwa. Mwanike ku ttundubaali, si ku ttaka. Omukalu gwatika mu mannyo. Emiwendo: ((dial))",
            "nyn": "Ebicoori bya saande 17 biri haihi kugyesha. Byanike ahari tundubaali, kitari ahansi. Ebyomire nibyatika omu maino. ((dial))",
        },
    ),
)
WEEKS = {"maize-week-1": 1, "maize-week-3": 3, "maize-week-6": 6, "maize-week-17": 17}

# code, title, crops, weekdays (Monday 0), local time
PRICES = (
    ("price-maize", "Maize prices, Tuesdays", ("maize",), (1,), "12:15"),
    ("price-beans", "Beans prices, Thursdays", ("beans",), (3,), "12:15"),
    (
        "price-others",
        "Prices of coffee, groundnut and others, Fridays",
        ("coffee", "groundnut", "sesame", "sunflower", "soya"),
        (4,),
        "12:15",
    ),
)


def seed(session: Session, now: datetime, zone: ZoneInfo) -> int:
    """Put in what is missing; how many campaigns there are. A second run changes nothing."""
    _template(session, "price", "Price of my crop near me", PRICE, now)
    _template(session, "weather", "Rain of the next three days, and what to do", WEATHER, now)
    for code, title, bodies in ADVICE:
        _template(session, code, title, bodies, now)
    steps = [Step(code, weeks) for code, weeks in WEEKS.items()]
    daily = Schedule("day", "18:00", late_hours=1)
    campaigns.add(
        session, "maize-calendar", "Maize by weeks since planting", steps, Audience(crops=("maize",)), daily, now, zone, sample=True
    )
    for code, title, crops, weekdays, at in PRICES:
        rule = Schedule("week", at, weekdays=weekdays)
        campaigns.add(session, code, title, [Step("price")], Audience(crops=crops), rule, now, zone, sample=True)
    evening = Schedule("day", "18:30", late_hours=1)
    campaigns.add(session, "weather-evening", "Weather, every evening", [Step("weather")], Audience(), evening, now, zone, sample=True)
    return 2 + len(PRICES)


def _template(session: Session, code: str, title: str, bodies: dict[str, str], now: datetime) -> None:
    made = templates.add(session, code, title, MessageClass.ADVICE, now, sample=True)
    if templates.published(session, made.id) is None:
        templates.publish(session, made, bodies, UNREVIEWED, ACTOR, now)
