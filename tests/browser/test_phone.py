"""A farmer's day on the browser phone: registers by dialling, asks by text, and gets an answer."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from profiles.models import Farmer
from tests.browser.conftest import Served

pytestmark = pytest.mark.browser

CODE = re.compile(r"\d{4}-\d")


def press(page: Page, typed: str, shows: str | re.Pattern[str]) -> None:
    page.get_by_label("Your answer").first.fill(typed)
    page.get_by_role("button", name="Send", exact=True).first.click()
    expect(page.get_by_role("log").first).to_contain_text(shows)


def test_a_farmer_registers_and_asks_a_price_by_text(page: Page, served: Served) -> None:
    page.goto("/phone")
    page.get_by_role("button", name="Call").click()
    expect(page.get_by_role("log")).to_contain_text("1 English")
    press(page, "1", "What do you grow")
    press(page, "1", "Agree")
    press(page, "1", "Where is your garden")
    press(page, "MUB", CODE)
    page.get_by_role("button", name="Hang up").click()
    expect(page.get_by_role("log")).to_contain_text("Press the green key")
    page.get_by_label("Text to the service").fill("PRICE maize mubende")
    page.get_by_role("button", name="Send text").click()
    sent = page.get_by_role("listitem").filter(has_text="PRICE maize mubende")
    expect(sent).to_be_visible()
    answer = page.locator(".theirs").filter(has_text="Mubende")
    for _ in range(300):
        if answer.count():
            break
        page.get_by_role("button", name="Look for new texts").click()
        page.wait_for_load_state()
    expect(answer.first).to_be_visible()
    with served.runtime.reading() as session:
        assert session.scalars(select(Farmer.source)).one() == "ussd"


def test_keys_and_a_second_phone_work_side_by_side(page: Page) -> None:
    page.goto("/phone")
    page.get_by_role("button", name="Add this phone").click()
    expect(page.get_by_role("log")).to_have_count(2)
    second = page.get_by_role("region", name="Phone").nth(1)
    second.get_by_role("button", name="Call").click()
    expect(page.get_by_role("log").nth(1)).to_contain_text("1 English")
    expect(page.get_by_role("log").nth(0)).to_contain_text("Press the green key")
    second.get_by_role("button", name="1", exact=True).click()
    expect(second.locator("[name=typed]")).to_have_value("1")
    second.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("log").nth(1)).to_contain_text("What do you grow")
