"""Registering by dialling: five screens to a first value, every answer kept at once, cut and redialled, doubled and in parallel."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from content import texts
from conversations.ussd.turn import turn
from core import db
from core.settings import Settings
from messaging import suppressions
from messaging.gateway import Dialled
from messaging.models import Hop, UssdSession
from profiles import consent, drafts, farmers, places
from profiles.models import Consent, Draft, Farmer, Plot
from tests.phone import Phone

SETTINGS = Settings(_env_file=None)
NUMBER = "+256772123456"
JOURNEY = ("1", "1", "1", "MUB", "1", "sarah", "1", "3", "2", "1")


class Service:
    """The service as a phone meets it: each request a transaction of its own, at a moment that can be moved."""

    def __init__(self, sessions: sessionmaker[Session], now: datetime) -> None:
        self.sessions, self.now = sessions, now

    def __call__(self, dialled: Dialled) -> tuple[str, bool]:
        with db.transaction(self.sessions) as session:
            reply = turn(session, "at", dialled, self.now, SETTINGS)
            return reply.text, reply.ends

    def count(self, table: type[db.Base]) -> int:
        with db.reading(self.sessions) as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def farmer(self, number: str = NUMBER) -> Farmer:
        with db.reading(self.sessions) as session:
            (only,) = farmers.on_phone(session, number)
            return only

    def plot(self) -> Plot:
        with db.reading(self.sessions) as session:
            plot = farmers.main_plot(session, self.farmer().id)
            assert plot is not None
            return plot


@pytest.fixture
def service(url: str, now: datetime) -> Iterator[Service]:
    sessions = db.connect(url)
    with db.transaction(sessions) as session:
        places.seed(session)
    yield Service(sessions, now)
    sessions.kw["bind"].dispose()


@pytest.fixture
def phone(service: Service) -> Phone:
    return Phone(service, NUMBER)


def press(phone: Phone, *keys: str) -> str:
    for key in keys:
        phone.press(key)
    return phone.screen


def test_a_farmer_is_told_something_on_the_fifth_screen(service: Service, phone: Phone) -> None:
    phone.dial()
    assert phone.screen.startswith("Ensigo: prices, weather, farm advice.\n1 English\n2 Luganda\n3 Runyankole-Rukiga")
    assert press(phone, "1").startswith("What do you grow to sell?\n1 Maize\n2 Beans\n3 Coffee\n4 Matooke\n98 Other crops or milk")
    assert "send you maize news" in press(phone, "1")
    assert press(phone, "1").startswith("Where is your garden?")
    press(phone, "mub")
    assert len(phone.seen) == 5
    assert "No fresh maize price near you" in phone.screen
    assert f"You are in. ID {farmers.code(service.farmer())}" in phone.screen


def test_every_answer_lands_in_the_profile(service: Service, phone: Phone, now: datetime) -> None:
    phone.dial()
    assert press(phone, *JOURNEY).startswith("Thank you. Your ID is ")
    farmer, plot = service.farmer(), service.plot()
    assert (farmer.language, farmer.name, farmer.sex, farmer.phone_use, farmer.source) == ("en", "Sarah", "f", "own", "ussd")
    assert (plot.crop, plot.land, plot.planted, plot.planted_on) == ("maize", "1_to_2", "2_3_weeks", now.date() - timedelta(days=17))
    with db.reading(service.sessions) as session:
        assert places.get(session, farmer.district_id or 0).name == "Mubende"
        (given,) = session.scalars(select(Consent))
        assert (given.purpose, given.how) == ("service", "ussd")
        assert given.wording == texts.fingerprint("registration.notice", "en")
        assert consent.standing(session, [farmer.id], "service", now) == {farmer.id}
    assert service.count(Draft) == 0


def test_each_answer_is_saved_before_the_next_question(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, "2", "98", "1", "1")
    assert (service.farmer().language, service.plot().crop, service.farmer().district_id) == ("lg", "cassava", None)
    press(phone, "MUB")
    assert service.farmer().district_id is not None
    press(phone, "1", "Nakato")
    assert service.farmer().name == "Nakato"


def test_nothing_is_in_the_profiles_before_the_yes_and_nothing_is_kept_after_a_no(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, "1", "1")
    assert (service.count(Farmer), service.count(Draft)) == (0, 1)
    assert press(phone, "3").startswith("Nothing was kept.")
    assert phone.ended
    assert (service.count(Farmer), service.count(Draft), service.count(Consent)) == (0, 0, 0)


def test_answers_without_a_yes_die_after_a_day(service: Service, phone: Phone, now: datetime) -> None:
    phone.dial()
    press(phone, "1", "1")
    service.now = now + timedelta(hours=24, minutes=1)
    assert phone.dial().startswith("Ensigo:")
    with db.transaction(service.sessions) as session:
        assert drafts.expire(session, service.now) == 1
    assert service.count(Draft) == 0


@pytest.mark.parametrize("language", ["1", "2", "3"])
@pytest.mark.parametrize("cut", range(1, len(JOURNEY)))
def test_a_call_cut_anywhere_goes_on_where_it_stopped_and_asks_nothing_twice(
    service: Service, phone: Phone, cut: int, language: str
) -> None:
    """After each number of answers: redial, go on, and finish with the answers that were not given yet."""
    journey = (language, *JOURNEY[1:])
    phone.dial()
    press(phone, *journey[:cut])
    waiting = phone.screen
    phone.hang_up()
    phone.dial()
    assert phone.screen.split("\n")[1].startswith("1 ")
    press(phone, "1")
    if cut == 4:  # the first value was told; what is open is the first question after it
        cut += 1
    else:
        assert phone.screen.split("\n")[0] == waiting.split("\n")[0]
    press(phone, *journey[cut:])
    farmer, plot = service.farmer(), service.plot()
    assert (farmer.name, farmer.sex, farmer.phone_use, plot.crop, plot.land, plot.planted) == (
        "Sarah",
        "f",
        "own",
        "maize",
        "1_to_2",
        "2_3_weeks",
    )
    assert farmer.language == {"1": "en", "2": "lg", "3": "nyn"}[language]
    assert (service.count(Consent), service.count(Farmer)) == (1, 1)


def test_the_redialled_screen_says_where_it_stopped(phone: Phone) -> None:
    phone.dial()
    press(phone, "1", "1", "1")
    phone.hang_up()
    assert phone.dial() == "Welcome back. You stopped at: your district. Your answers are kept.\n1 Go on\n2 Start again"
    assert press(phone, "2").startswith("Ensigo:")
    assert press(phone, "2", "2").startswith("Ennimiro yo")


def test_starting_again_before_the_yes_forgets_what_was_said(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, "1", "1")
    phone.hang_up()
    phone.dial()
    assert press(phone, "2").startswith("Ensigo:")
    assert service.count(Draft) == 0


def test_an_agreement_is_never_resumed_past(service: Service, phone: Phone) -> None:
    """Keys that arrive together with those before the notice do not agree to it."""
    phone.dial("*284*55*1*1*1*1#")
    assert "We never ask your PIN." in phone.screen
    assert service.count(Farmer) == 0
    assert press(phone, "1").startswith("Where is your garden?")


def test_every_request_repeated_has_one_effect_and_reads_the_same_screen(service: Service, phone: Phone) -> None:
    phone.dial()
    for key in JOURNEY:
        phone.press(key)
        first = (phone.screen, phone.ended)
        assert [(phone.again(), phone.ended) for _ in range(3)] == [first] * 3
    assert (service.count(Farmer), service.count(Consent), service.count(Plot)) == (1, 1, 1)
    assert service.count(Hop) == len(JOURNEY) + 1


def test_an_older_request_that_comes_late_changes_nothing(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, *JOURNEY[:6])
    screen, said = phone.screen, list(phone.typed)
    for length in range(len(said)):
        phone.typed = said[:length]
        assert phone.again() == screen
    phone.typed = [*said[:-1], "Judas"]
    assert phone.again() == screen
    assert service.farmer().name == "Sarah"
    phone.typed = said
    assert phone.again() == screen
    assert press(phone, "1").startswith("How much maize land")


@pytest.mark.parametrize("at", range(len(JOURNEY)))
def test_twins_at_the_same_moment_have_one_effect(service: Service, phone: Phone, at: int) -> None:
    phone.dial()
    press(phone, *JOURNEY[:at])
    dialled = Dialled(phone.session_id, NUMBER, "*284*55#", "64110", "*".join(JOURNEY[: at + 1]))
    start = Barrier(4)

    def send(_twin: int) -> tuple[str, bool]:
        start.wait()
        return service(dialled)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert len(set(answers)) == 1
    phone.typed = list(JOURNEY[: at + 1])
    press(phone, *JOURNEY[at + 1 :])
    assert (service.count(Farmer), service.count(Consent), service.count(Plot), service.count(Draft)) == (1, 1, 1, 0)


def test_one_phone_that_agrees_in_several_calls_at_once_is_one_farmer(service: Service) -> None:
    phones = [Phone(service, NUMBER) for _ in range(4)]
    for phone in phones:
        phone.dial()
        press(phone, *(("1", "1") if phone.screen.startswith("Ensigo:") else ("1",)))
        assert "We keep your number" in phone.screen
    start = Barrier(4)

    def agree(phone: Phone) -> str:
        start.wait()
        return phone.press("1")

    with ThreadPoolExecutor(4) as pool:
        screens = list(pool.map(agree, phones))
    assert all(screen.startswith("Where is your garden?") for screen in screens)
    assert (service.count(Farmer), service.count(Consent), service.count(Draft)) == (1, 1, 0)


def test_the_district_is_found_by_letters_by_pages_and_among_candidates(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, "1", "1", "1")
    assert press(phone, "qqq").startswith("No district begins so.\nWhere is your garden?")
    assert press(phone, "mas").startswith("Which district?\n1 ")
    phone.choose("Masaka City")
    assert "You are in." in phone.screen
    press(phone, "0", "0")
    assert phone.screen.startswith("Where is your garden?")
    phone.choose("Western")
    phone.choose("Ankole")
    phone.choose("Isingiro")
    with db.reading(service.sessions) as session:
        assert places.get(session, service.farmer().district_id or 0).name == "Isingiro"


def test_a_question_put_off_is_not_asked_again_in_this_call(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, "1", "1", "1", "MUB", "1", "1")
    assert phone.screen.startswith("We ask so that women and men")
    assert set(service.farmer().declined) == {"name"}
    phone.hang_up()
    assert "You stopped at: woman or man" in phone.dial()
    press(phone, "1", "1", "1", "1", "1")
    assert phone.screen.startswith("Thank you.")
    phone.choose("Menu")
    phone.choose("My farm")
    assert "your name" not in phone.screen
    assert "Tell us: year of birth" in phone.screen


def test_the_profile_asks_one_gap_to_a_contact(service: Service, phone: Phone, now: datetime) -> None:
    phone.dial()
    press(phone, "1", "1", "1", "MUB", "2")
    assert phone.screen.split("\n")[0].endswith(", Mubende")
    service.now = now + timedelta(days=2)
    assert phone.dial().split("\n")[1] == "1 Prices"
    press(phone, "2", "1", "Sarah")
    assert service.farmer().name == "Sarah"
    assert "Tell us" not in phone.screen
    phone.dial()
    assert "1 Tell us: woman or man" in press(phone, "2")


@pytest.mark.parametrize("deep", ["text", "code", "both"])
def test_a_shortcut_goes_straight_to_the_prices(phone: Phone, deep: str) -> None:
    phone.dial()
    press(phone, *JOURNEY)
    phone.deep = deep
    assert phone.dial("*284*55*1#").startswith("No fresh maize price near you")
    first = phone.screen
    assert phone.dial("*284*55*1*9#") != first
    assert phone.screen.startswith("1 ")
    assert phone.dial("*284*55*1*1#").startswith("No fresh beans price near you")


def test_a_gateway_that_sends_the_latest_input_only_registers_as_well(service: Service) -> None:
    phone = Phone(service, NUMBER, cumulative=False)
    phone.dial()
    press(phone, *JOURNEY)
    assert phone.screen.startswith("Thank you.")
    assert service.plot().planted == "2_3_weeks"
    assert phone.dial("*284*55*1#").startswith("No fresh maize price near you")


def test_several_farmers_on_one_phone_are_asked_who_is_calling(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, *JOURNEY, "1", "5")
    press(phone, "2", "1", "ISINGIRO", "1", "John", "2", "1", "1", "2")
    assert service.count(Farmer) == 2
    assert phone.dial() == "Who is calling?\n1 Sarah\n2 John\n3 Somebody else"
    assert press(phone, "2").startswith("John, Isingiro")
    assert phone.dial("*284*55*1#").startswith("Who is calling?")
    assert press(phone, "2").startswith("No fresh beans price near you")


def test_the_language_changes_in_two_presses(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, *JOURNEY, "1")
    assert press(phone, "3", "2").split("\n")[1] == "1 Emiwendo"
    assert service.farmer().language == "lg"


def test_stop_and_start_by_dialling(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, *JOURNEY, "1", "4", "1")
    assert phone.ended
    with db.reading(service.sessions) as session:
        assert suppressions.stopped(session, [NUMBER]) == {NUMBER}
    phone.dial()
    assert "4 Start texts again" in phone.screen
    press(phone, "4")
    with db.reading(service.sessions) as session:
        assert suppressions.stopped(session, [NUMBER]) == set()


def test_the_session_of_another_phone_is_refused(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, "1")
    thief = Phone(service, "+256772999999", session_id=phone.session_id, ended=False)
    assert thief.press("1") == "Sorry, this call cannot go on. Please dial again."
    assert thief.ended
    assert press(phone, "1").startswith("We keep your number")


@pytest.mark.parametrize(
    "number", ["", "   ", "+", "0", "12345", "MTN-Info", "+254722000000", "+447700900123", "+256414123456", "null", "+256772123456\x00"]
)
def test_callers_that_are_no_phones_of_the_country_get_a_polite_end(service: Service, number: str) -> None:
    phone = Phone(service, number)
    assert phone.dial() == "Sorry, Ensigo serves phone numbers of Uganda only."
    assert (phone.ended, service.count(UssdSession)) == (True, 0)


@pytest.mark.parametrize("session_id", ["x" * 2000, "' OR 1=1--", "a\x00b", "a\ud800b"])
def test_odd_session_ids_and_texts_are_borne(service: Service, session_id: str) -> None:
    phone = Phone(service, NUMBER, session_id=session_id, ended=False, typed=["1"])
    phone.again()
    for said in ("", "*", "\x00", "\ud800", "ŋŋŋ", "((code))", "{0}", "x" * 4096, "1*" * 50, "=HYPERLINK(1)"):
        phone.press(said)
    assert not phone.ended
    assert service(Dialled("", NUMBER, "*284*55#", "64110", "")) == ("Sorry, please dial again in a few minutes.", True)


def test_of_what_was_typed_nothing_is_kept_with_the_session(service: Service, phone: Phone) -> None:
    phone.dial()
    press(phone, "1", "1", "1", "MUB", "1", "Quintessa")
    with db.reading(service.sessions) as session:
        row = session.scalars(select(UssdSession)).one()
        assert row.heard_length == len("1*1*1*MUB*1*Quintessa")
        assert "Quintessa" not in str({column: getattr(row, column) for column in ("heard_hash", "trail", "draft", "reply")})
        hops = session.scalars(select(Hop).order_by(Hop.id)).all()
    assert [hop.screen for hop in hops] == ["language", "crop", "notice", "district", "first_value", "ask", "ask"]
    assert [hop.first for hop in hops] == [True, *[False] * 6]
    assert {hop.network for hop in hops} == {"64110"}
