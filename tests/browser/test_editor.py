"""An editor at her desk: the counts change as she types, with the script and without it; tried, published, compared."""

import os

import pytest
from playwright.sync_api import Page, expect

from content import templates
from messaging.classes import MessageClass
from profiles import places
from tests import builders
from tests.browser.conftest import Served
from tests.browser.test_portal import go, look, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def weeding(served: Served) -> None:
    runtime = served.runtime
    with runtime.transaction() as session:
        template = templates.add(session, "weed", "Maize, 3 weeks: weed first", MessageClass.ADVICE, runtime.now())
        bodies = {
            "en": "Your ((crop)) in ((district)) is 3 weeks: weed now. ((dial))",
            "lg": "((crop)) wo mu ((district)): koola kati. ((dial))",
        }
        templates.publish(session, template, bodies, ["lg"], "account:1", runtime.now())
        builders.farmer(session, runtime.now(), name="Sarah Nakato", sex="f", district_id=places.find(session, "Mubende")[0].id)


def check(page: Page, letters: str) -> None:
    """Type more; without a script the button is pressed."""
    box = page.get_by_role("textbox", name="Luganda", exact=True)
    box.press_sequentially(letters)
    if not page.evaluate("document.documentElement.classList.contains('scripted')"):
        page.get_by_role("button", name="Check").click()


def picture(page: Page, name: str) -> None:
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}-{(page.viewport_size or {})['width']}.png", full_page=True)


@pytest.mark.usefixtures("weeding")
def test_the_counts_change_as_she_types_and_the_dear_letter_is_named(page: Page) -> None:
    sign_in(page)
    go(page, "Templates")
    page.get_by_role("link", name="Maize, 3 weeks: weed first", exact=True).click()
    measured = page.locator("#look-lg")
    before = measured.locator("strong").inner_text()
    assert before.endswith("of 160")
    page.get_by_role("textbox", name="Luganda", exact=True).focus()
    page.keyboard.press("Control+End")
    check(page, " ŋŋŋ")
    expect(measured.get_by_text("becomes ng'")).to_be_visible()
    expect(measured.locator("strong").first).not_to_have_text(before)
    picture(page, "editor-dear")
    page.get_by_role("button", name="Write them plainly").click()
    expect(page.get_by_role("textbox", name="Luganda", exact=True)).to_have_value(
        "((crop)) wo mu ((district)): koola kati. ((dial)) ng'ng'ng'"
    )
    page.get_by_role("textbox", name="Luganda", exact=True).focus()
    page.keyboard.press("Control+End")
    check(page, " naye" * 25)
    expect(page.locator("#look-lg .over").first).to_be_visible()
    expect(page.get_by_text("1 thing to put right")).to_be_visible()
    picture(page, "editor-over")
    assert look(page) == []


@pytest.mark.usefixtures("weeding")
def test_a_wording_is_previewed_tested_published_and_compared(page: Page) -> None:
    sign_in(page)
    go(page, "Templates")
    assert look(page) == []
    picture(page, "editor-list")
    page.get_by_role("link", name="Maize, 3 weeks: weed first", exact=True).click()
    page.get_by_role("textbox", name="English", exact=True).fill("Your ((crop)) in ((district)) is 3 weeks old: weed today. ((dial))")
    page.get_by_label("Farmer", exact=True).fill("nakato")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Your maize in Mubende is 3 weeks old: weed today. *284*55#")).to_be_visible()
    page.get_by_label("Your number").fill("0772 000 999")
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_role("status")).to_contain_text("A test is on its way")
    picture(page, "editor-preview")
    assert look(page) == []
    page.get_by_role("button", name="Publish version 2").click()
    expect(page.locator("ins").first).to_contain_text("old: ")
    expect(page.get_by_role("heading", name="From version 1 to version 2")).to_be_visible()
    picture(page, "editor-history")
    assert look(page) == []


def test_a_new_template_with_mistakes_says_what_to_do(page: Page) -> None:
    sign_in(page)
    page.goto("/templates")
    page.get_by_role("link", name="Write the first").click()
    page.get_by_role("button", name="Go on to the words").click()
    expect(page.get_by_text("Write a title, such as")).to_be_visible()
    page.get_by_label("Title").fill("Beans, 2 weeks: thin them out")
    page.get_by_role("button", name="Go on to the words").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Beans, 2 weeks: thin them out")
    assert look(page) == []
    page.get_by_role("button", name="Publish version 1").click()
    expect(page.get_by_text("There is no English body")).to_be_visible()
    picture(page, "editor-empty")
