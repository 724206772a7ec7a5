"""The weather as farmers meet it: by dialling, by the shortcut, by text; theirs or another place's; honest when there is none."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from content import weather
from content.sources.open_meteo import Day
from core import db
from messaging import gsm
from profiles import places
from tests.data.test_weather import ALONE, keep, week
from tests.desk import Desk
from tests.dialled import JOURNEY, NUMBER, Service, press
from tests.phone import Phone


@pytest.fixture
def service(url: str, now: datetime) -> Iterator[Service]:
    sessions = db.connect(url)
    yield Service(sessions, now)
    sessions.kw["bind"].dispose()


@pytest.fixture
def phone(service: Service) -> Phone:
    """Sarah of Mubende."""
    dialling = Phone(service, NUMBER)
    dialling.dial()
    press(dialling, *JOURNEY)
    return dialling


def forecast(service: Service, *names: str, days: tuple[Day, ...] = ()) -> None:
    with db.transaction(service.sessions) as session:
        said = {places.find(session, name)[0].id: days or week() for name in names}
        weather.store(session, "open-meteo", said, service.now, ALONE.zone)


def test_the_weather_is_the_second_line_of_the_menu(service: Service, phone: Phone) -> None:
    forecast(service, "Mubende")
    assert phone.dial().split("\n")[2] == "2 Weather"
    assert press(phone, "2").startswith("Mubende, rain: Fri 7 in 10 12mm, Sat 7 in 10 12mm")
    assert "Do not spray" in phone.screen
    assert "Open-Meteo 12 Mar." in phone.screen
    assert gsm.fits(phone.screen, 160)
    assert press(phone, "0").startswith("Sarah, Mubende")


def test_the_shortcut_that_texts_name_tells_it_at_once(service: Service, phone: Phone) -> None:
    forecast(service, "Mubende")
    assert phone.dial("*284*55*2#").startswith("Mubende, rain: Fri 7 in 10")


def test_another_district_is_found_by_letters_or_from_the_list(service: Service, phone: Phone) -> None:
    forecast(service, "Mubende", "Gulu")
    phone.dial("*284*55*2#")
    phone.choose("Another district")
    assert phone.screen.startswith("Which district?")
    assert press(phone, "mas").startswith("Type more letters: Masaka, ")
    assert press(phone, "qqq").startswith("No district begins so.")
    assert press(phone, "gulu").startswith("Gulu, rain: Fri 7 in 10")
    phone.choose("Another district")
    phone.choose("Northern")
    phone.choose("Acholi")
    phone.choose("Gulu")
    assert phone.screen.startswith("Gulu, rain:")
    assert service.farmer().district_id is not None
    assert press(phone, "00").startswith("Sarah, Mubende")


def test_without_a_fresh_forecast_the_screen_says_so(service: Service, phone: Phone) -> None:
    assert phone.dial("*284*55*2#").startswith("No fresh forecast for Mubende now.")
    forecast(service, "Mubende")
    service.now += timedelta(hours=36)
    assert phone.dial("*284*55*2#").startswith("No fresh forecast for Mubende now.")
    assert "1 Another district" in phone.screen


@pytest.mark.parametrize(
    ("language", "said"), [("lg", "Mubende, enkuba: 13/3 7 ku 10 mm 12"), ("nyn", "Mubende, enjura: 13/3 7 aha 10 mm 12")]
)
def test_it_is_told_in_the_callers_language(service: Service, phone: Phone, language: str, said: str) -> None:
    forecast(service, "Mubende")
    with db.transaction(service.sessions) as session:
        session.merge(service.farmer()).language = language
    assert phone.dial("*284*55*2#").startswith(said)


def test_who_joins_where_no_price_is_known_hears_of_the_rain_at_once(service: Service) -> None:
    forecast(service, "Mubende")
    joining = Phone(service, NUMBER)
    joining.dial()
    press(joining, "1", "1", "1", "MUB")
    assert joining.screen.startswith("No fresh maize price near you today.\nMubende, rain: Fri 7 in 10 12mm.")
    assert "You are in. ID " in joining.screen
    assert gsm.fits(joining.screen, 160)


@pytest.fixture
def desk(session: Session, now: datetime) -> Desk:
    places.seed(session)
    return Desk(session, now)


def test_a_text_tells_the_weather_of_a_place_or_of_ones_own(desk: Desk) -> None:
    for name in ("Mubende", "Gulu"):
        keep(desk.session, desk.now, district=places.find(desk.session, name)[0].id)
    assert desk.say("WEATHER").startswith("Ensigo: the weather where?")
    told = desk.say("WEATHER gulu")
    assert told.startswith("Gulu, rain: Fri 7 in 10 12mm, Sat 7 in 10 12mm")
    assert told.endswith("Open-Meteo 12 Mar. *284*55*2#")
    assert desk.hear("weather gulu").understood == "WEATHER"
    desk.say("JOIN maize Mubende")
    assert desk.say("weather").startswith("Mubende, rain:")
    desk.say("LANG luganda")
    assert desk.say("enkuba").startswith("Mubende, enkuba:")
    assert desk.say("obudde Gulu").startswith("Gulu, enkuba:")


def test_a_text_says_when_there_is_no_fresh_forecast(desk: Desk) -> None:
    assert desk.say("WEATHER lira") == "No fresh forecast for Lira now. We ask again every few hours. *284*55*2#"


def test_where_texts_cannot_be_answered_the_question_back_names_no_keyword(session: Session, now: datetime) -> None:
    places.seed(session)
    answer = Desk(session, now, inbound="none").say("WEATHER")
    assert "*284*55#" in answer
    assert "WEATHER" not in answer
