"""The same turn as it is usually written, to measure ours against: objects in and out, the session in Redis, a commit a turn."""

import json
import os
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import redis
from flask import Flask, request
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker

from content import languages, price_texts, texts, told, weather, weather_texts
from conversations.ussd.call import label
from core import clock, phone
from core.settings import Settings
from linkage import profit, season_texts
from messaging import gsm
from messaging.models import Hop, Suppression
from profiles import consent, crops, drafts, farmers, organisations, places, questions, records
from profiles.models import Farmer
from profiles.records import Entry

HOUSE = Settings(_env_file=None)
ROOM = 90
Answer = tuple[str, str]  # the screen that follows, and its words
REGISTERING = ("name", "sex", "land", "planted", "phone_use")


def bare() -> Flask:
    """The least that a Flask route can cost."""
    app = Flask("bare")
    app.add_url_rule("/ussd", "ussd", lambda: "END ok", methods=["POST"])
    return app


def create_app() -> Flask:
    engine = create_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1), pool_pre_ping=True)
    sessions, kept = sessionmaker(engine), redis.Redis.from_url(os.environ["REDIS_URL"])
    app = Flask("usual")

    @app.post("/ussd")
    def ussd() -> str:
        form = request.form
        if not form:
            return "END"
        key = f"ussd:{form['sessionId']}"
        state = json.loads(kept.get(key) or b"{}")
        if state and state["heard"] == form["text"]:
            return str(state["reply"])
        with sessions() as session:
            said = form["text"].rpartition("*")[2]
            state["reply"] = "CON " + Visit(session, phone.e164(form["phoneNumber"]), form["networkCode"], state).turn(said)
            session.commit()
        state["heard"] = form["text"]
        kept.set(key, json.dumps(state), ex=300)
        return str(state["reply"])

    return app


class Visit:
    """One turn of one caller."""

    def __init__(self, session: Session, number: str, network: str, state: dict[str, Any]) -> None:
        self.session, self.number, self.network, self.state, self.now = session, number, network, state, clock.now()
        self.farmer = session.scalars(select(Farmer).where(Farmer.phone == number).order_by(Farmer.number)).first()
        self.language = self.farmer.language if self.farmer else state.get("language", languages.DEFAULT)

    def turn(self, said: str) -> str:
        screen = self.state.get("screen")
        if screen is None:
            after = self.home() if self.farmer else self.ask("language", "welcome", [one.name for one in languages.offered()])
        else:
            after = SCREENS[screen](self, said)
        self.session.add(Hop(at=self.now, screen=after[0], language=self.language, network=self.network, first=screen is None, ends=False))
        self.state["screen"] = after[0]
        return gsm.plain(after[1])

    def say(self, key: str, **values: object) -> str:
        return texts.say(key, self.language, **values)

    def known(self) -> Farmer:
        assert self.farmer is not None
        self.farmer.seen_at = self.now
        return self.farmer

    def crop(self) -> str:
        return farmers.plots(self.session, self.known().id)[0].crop

    def ask(self, screen: str, key: str, options: list[str]) -> Answer:
        return screen, _listed(self.say(f"registration.{key}"), options)

    def home(self) -> Answer:
        farmer = self.known()
        place = places.get(self.session, farmer.district_id or 0).name
        stopped = self.session.get(Suppression, self.number)
        agent = organisations.of(self.session, farmer.id, self.now.date())
        keys = ["prices", "weather", "records", "offers", "farm", "data", *(["register"] if agent else []), "language"]
        options = [self.say(f"home.{key}") for key in (*keys, "start" if stopped else "stop", "add_person")]
        return "home", _listed(self.say("home.top", name=farmer.name or "", place=place), options[:4])

    def chosen(self, said: str) -> Answer:
        if said == "1":
            return self.prices(self.crop())
        return self.weather(self.known().district_id or 0) if said == "2" else self.records()

    def prices(self, crop: str) -> Answer:
        others = [one.code for one in crops.CROPS if one.code != crop]
        day = clock.day(self.now, HOUSE.zone)
        price = told.price(self.session, crop, self.known().district_id or 0, day)
        since = None if price else told.last(self.session, crop, self.known().district_id or 0, day)
        self.state["others"] = others
        return "prices", _listed(
            price_texts.short(price, crop, self.language, ROOM, since), [label(self.say(f"crop.{one}")) for one in others][:4]
        )

    def weather(self, district_id: int) -> Answer:
        outlook = weather.outlook(self.session, district_id, self.now, HOUSE)
        place = places.get(self.session, district_id).name
        return "weather", _listed(weather_texts.short(outlook, place, self.language, 140), [self.say("weather.elsewhere")])

    def elsewhere(self, said: str) -> Answer:
        return self.weather(places.find(self.session, said)[0].id)

    def records(self) -> Answer:
        records.unpriced(self.session, self.known().id, clock.day(self.now, HOUSE.zone))
        options = [self.say(f"record.{key}") for key in ("cost", "harvest", "sale", "season")]
        return "records", _listed(self.say("record.menu", crop=self.say(f"crop.{self.crop()}")), options)

    def cost(self, said: str) -> Answer:
        words = self.say("record.ask_cost", crop=self.say(f"crop.{self.crop()}"))
        return "cost", _listed(words, [self.say(f"record.what.{what}") for what in records.COSTS])

    def amount(self, said: str) -> Answer:
        self.state["what"] = records.COSTS[int(said) - 1]
        what = self.say(f"record.what.{self.state['what']}")
        return "amount", self.say("record.cost_amount", what=what, crop=self.say(f"crop.{self.crop()}"))

    def noted(self, said: str) -> Answer:
        farmer, crop, day = self.known(), self.crop(), clock.day(self.now, HOUSE.zone)
        amount = int(Decimal(said))
        records.note(self.session, farmer.id, Entry(records.COST, crop, "UGX", day, what=self.state["what"], amount=amount), self.now)
        season = profit.season_of(self.session, farmer, crop, day)
        found = profit.of_season(self.session, farmer, crop, season)
        return "noted", self.say("record.saved") + " " + season_texts.said(found, crop, season, "UGX", self.language)

    def speak(self, said: str) -> Answer:
        self.language = self.state["language"] = languages.offered()[int(said) - 1].code
        drafts.put(self.session, self.number, self.now, language=self.language)
        return self.ask("crop", "crop", [label(self.say(f"crop.{one.code}")) for one in crops.CROPS][:4])

    def sell(self, said: str) -> Answer:
        self.state["crop"] = crops.CROPS[int(said) - 1].code
        drafts.put(self.session, self.number, self.now, crop=self.state["crop"])
        options = [self.say(f"registration.{key}") for key in ("agree", "notice_more", "disagree")]
        return "notice", _listed(self.say("registration.notice", crop=self.say(f"crop.{self.state['crop']}")), options)

    def agree(self, said: str) -> Answer:
        new = farmers.NewFarmer(self.number, self.language, (self.state["crop"],), None, "ussd")
        self.farmer = farmers.add(self.session, new, self.now)
        wording = texts.fingerprint("registration.notice", self.language)
        consent.give(self.session, self.farmer.id, consent.SERVICE, "ussd", wording, self.now)
        drafts.drop(self.session, self.number)
        return self.ask("district", "district", [one.name for one in places.children(self.session, None, "region")])

    def live_in(self, said: str) -> Answer:
        farmer = self.known()
        farmers.answer(self.session, farmer, "district", places.find(self.session, said)[0].id, self.now)
        words = self.prices(self.crop())[1] + "\n" + self.say("registration.done", code=farmers.code(farmer))
        return "first_value", _listed(words, [self.say("registration.go_on"), self.say("registration.menu")])

    def next_question(self) -> Answer:
        code = REGISTERING[self.state.setdefault("asked", 0)]
        question = questions.BY_CODE[code]
        words = self.say(question.key, crop=self.say(f"crop.{self.crop()}"))
        return "ask", _listed(words, [self.say(question.answer_key(value)) for value in question.options])

    def answer(self, said: str) -> Answer:
        question = questions.BY_CODE[REGISTERING[self.state["asked"]]]
        value = question.options[int(said) - 1] if question.options else said.title()
        farmers.answer(self.session, self.known(), question.code, value, self.now)
        self.state["asked"] += 1
        if self.state["asked"] == len(REGISTERING):
            return "thanks", self.say("registration.thanks", code=farmers.code(self.known()))
        return self.next_question()


SCREENS: dict[str, Callable[[Visit, str], Answer]] = {
    "home": Visit.chosen,
    "prices": lambda visit, said: visit.prices(visit.state["others"][int(said) - 1]),
    "weather": lambda visit, said: ("elsewhere", visit.say("weather.where")),
    "elsewhere": Visit.elsewhere,
    "records": Visit.cost,
    "cost": Visit.amount,
    "amount": Visit.noted,
    "language": Visit.speak,
    "crop": Visit.sell,
    "notice": Visit.agree,
    "district": Visit.live_in,
    "first_value": lambda visit, said: visit.next_question(),
    "ask": Visit.answer,
}


def _listed(words: str, options: list[str]) -> str:
    return "\n".join([words, *(f"{number} {option}" for number, option in enumerate(options, 1))])
