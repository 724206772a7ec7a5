"""The browser phone: by plain forms it dials and texts the running system through a gateway's door."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from content import texts
from jobs.runtime import Runtime
from messaging.models import Inbound, UssdSession
from profiles import places
from service.phone import handsets
from service.phone.handsets import Handset
from tests import builders
from tests.web.visitor import Visitor

SCREEN = re.compile(r'aria-label="Screen">(.*?)</div>', re.DOTALL)


def screen(visitor: Visitor, number: int = 0) -> str:
    return SCREEN.findall(visitor.text)[number]


def press(visitor: Visitor, typed: str = "", number: int = 0, **keys: str) -> str:
    visitor.post(f"/phone/{number}/press", **{"typed": typed, "do": "call"} | keys).follow()
    return screen(visitor, number)


@pytest.fixture
def phone(visitor: Visitor, runtime: Runtime) -> Visitor:
    with runtime.transaction() as session:
        places.seed(session)
    visitor.get("/phone").post("/phone/0/remove").follow()
    return visitor


def test_it_dials_answers_and_hangs_up_without_a_script(phone: Visitor, runtime: Runtime) -> None:
    assert "1 English" in press(phone)
    assert "What do you grow" in press(phone, "1")
    assert "1/160" not in phone.text
    assert press(phone, do="end").strip().startswith('<span class="idle">')
    with runtime.reading() as session:
        dialled = session.scalars(select(UssdSession)).one()
    assert dialled.ended == "Incomplete"
    assert "Welcome back" in press(phone) or "grow" in screen(phone)


def test_a_farmer_registers_on_it(phone: Visitor, runtime: Runtime) -> None:
    for typed in ("", "1", "1", "1", "MUB"):
        shown = press(phone, typed)
    assert re.search(r"\d{4}-\d", shown), shown


def test_keys_type_into_the_box_and_the_other_key_takes_back(phone: Visitor) -> None:
    press(phone, "", key="4", do="")
    press(phone, "4", key="8", do="")
    assert 'name="typed" value="48"' in phone.text
    press(phone, "48", do="clear")
    assert 'name="typed" value="4"' in phone.text


def test_several_phones_stand_side_by_side_each_with_its_own_dial_in(phone: Visitor) -> None:
    phone.post("/phone/add", number="0772 123456").follow()
    assert "+256772123456" in phone.text
    press(phone, number=1)
    assert "1 English" in screen(phone, 1)
    assert "1 English" not in screen(phone, 0)
    for _ in range(4):
        phone.post("/phone/add", number="").follow()
    assert len(SCREEN.findall(phone.text)) == handsets.MOST
    assert "mobile number that can get texts" in phone.post("/phone/add", number="12").follow().text


def test_a_text_is_stored_for_the_job_that_answers_and_both_are_shown(phone: Visitor, runtime: Runtime) -> None:
    phone.post("/phone/0/text", text="HELP").follow()
    with runtime.reading() as session:
        assert session.scalars(select(Inbound.text)).one() == "HELP"
    builders.settle(runtime)
    phone.get("/phone")
    assert phone.text.count('class="mine"') == 1
    assert phone.text.count('class="theirs"') == 1
    assert "Write something first" in phone.post("/phone/0/text", text="  ").follow().text


def test_another_number_than_the_service_gets_what_a_network_says(phone: Visitor) -> None:
    assert "invalid MMI code" in press(phone, "*100#")


def test_where_real_phones_could_be_reached_there_is_no_browser_phone(real_app: Flask) -> None:
    assert Visitor(real_app).get("/phone").status == 404


def test_a_cookie_of_another_edition_is_an_empty_table(visitor: Visitor) -> None:
    with visitor.client.session_transaction() as cookie:
        cookie["handsets"] = [{"number": "+256772000001"}]
    assert visitor.get("/phone").status == 200


def test_a_longer_dial_string_carries_the_first_answers() -> None:
    one = handsets.dial(Handset("+256772000001"), "*284*55*1*9#", "*284*55#", "s1")
    assert (one.code, one.sent) == ("*284*55#", "1*9")
    assert handsets.answer(one, "2").sent == "1*9*2"
    assert handsets.dial(Handset("+256772000001"), "", "*284*55#", "s1").sent == ""


def test_what_ends_a_dial_in_leaves_its_words_on_the_screen() -> None:
    one = handsets.told(Handset("+256772000001", dialling="s1", sent="1"), "END Bye")
    assert (one.screen, one.busy, one.sent) == ("Bye", False, "")


def test_the_most_handsets_fit_into_a_cookie(app: Flask) -> None:
    full = [
        Handset(f"+25677200000{n}", "browser-" + "x" * 36, "*284*55#", "*".join("12345678901234567890"), chr(65 + n) * 160, "1")
        for n in range(4)
    ]
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    long = [
        Handset(one.phone, one.dialling, one.code, one.sent, " ".join(texts.wording("lg").values())[n * 160 :][:160], "1")
        for n, one in enumerate(full)
    ]
    assert len(signer.dumps({"handsets": handsets.kept(long), "csrf_token": "x" * 40})) < 3800
