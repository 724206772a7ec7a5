"""The desk as people see it: what it costs before it goes, a bar that moves without a reload, a stop that holds."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from content.models import Broadcast
from messaging import switches
from profiles import consent, farmers, organisations, places
from profiles.farmers import NewFarmer
from tests.browser.conftest import Served
from tests.browser.test_portal import look
from tests.web.visitor import PASSWORD, account

pytestmark = pytest.mark.browser

BODY = "The store opens on Tuesday at 8. Bring dry maize in clean bags."


@pytest.fixture
def members(served: Served) -> None:
    """Twelve who agreed, one who did not, and their group's own account."""
    runtime = served.runtime
    now = runtime.now()
    with runtime.transaction() as session:
        mubende = places.find(session, "Mubende")[0]
        group = organisations.add(session, "cooperative", "Kasolo Grain Pool", "KASOLO", now, district_id=mubende.id)
        for number in range(13):
            operator = "+25677" if number % 3 else "+25670"
            new = NewFarmer(f"{operator}2000{number:03d}", "en", ("maize",), mubende.id, "ussd", name=f"Farmer Nr{'abcdefghijklm'[number]}")
            one = farmers.add(session, new, now)
            organisations.join(session, one.id, group.id, now.date())
            if number:
                consent.give(session, one.id, consent.SERVICE, "ussd", "test", now)
        account(session, "cooperative", now, organisation_id=group.id)


def written(page: Page) -> None:
    page.goto("/")
    page.get_by_label("E-mail address").fill("cooperative@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto("/desk")
    page.get_by_role("link", name="Write to members").click()
    page.get_by_label("Your words").fill(BODY)
    page.get_by_role("button", name="See who gets it").click()
    expect(page.get_by_role("button", name="Send it now to 12 phones")).to_be_visible()


def hold(served: Served, on: bool) -> None:
    """All sending of the house held, so that a broadcast stands still for as long as a test looks at it."""
    with served.runtime.transaction() as session:
        if on:
            switches.turn_off(session, switches.SENDING, "a test looks", "test", served.runtime.now())
        else:
            switches.turn_on(session, switches.SENDING)
    served.runtime.queue.wake("dispatch")


def test_the_bar_moves_without_a_reload(page: Page, served: Served, members: None) -> None:
    hold(served, on=True)
    written(page)
    page.get_by_role("button", name="Send it now").click()
    expect(page.get_by_role("heading", name="How far it is")).to_be_visible()
    scripted = bool(page.locator("#refresh").is_hidden()) or _becomes_hidden(page)
    if scripted:
        page.evaluate("window.stayed = true")
        expect(page.locator("#progress")).to_contain_text("0 of 12 phones")
        hold(served, on=False)
        expect(page.locator("#progress")).to_contain_text("12 of 12 phones")
        expect(page.get_by_role("button", name="Stop it now")).to_have_count(0)
        expect(page.get_by_text("Went out")).to_be_visible()
        assert page.evaluate("window.stayed") is True
    else:
        hold(served, on=False)
        for _ in range(100):
            page.get_by_role("link", name="Look again").click()
            if "12 of 12 phones" in page.locator("#progress").inner_text():
                break
        expect(page.locator("#progress")).to_contain_text("12 of 12 phones")
    assert look(page) == []


def test_it_is_stopped_and_goes_on_with_the_rest(page: Page, served: Served, members: None) -> None:
    hold(served, on=True)
    written(page)
    assert look(page) == []
    page.get_by_role("button", name="Send it now").click()
    page.get_by_role("button", name="Stop it now").click()
    expect(page.get_by_role("status")).to_contain_text("Stopped")
    hold(served, on=False)
    expect(page.get_by_role("button", name="Go on with the rest")).to_be_visible()
    with served.runtime.reading() as session:
        assert session.scalars(select(Broadcast.state)).one() == "stopped"
    assert look(page) == []
    page.get_by_role("button", name="Go on with the rest").click()
    for _ in range(100):
        if "12 of 12" in page.locator("#progress").inner_text():
            break
        page.reload()
    expect(page.locator("#progress")).to_contain_text(re.compile("12 of 12 phones"))


def test_the_members_and_a_list_can_be_read_by_eye_and_by_machine(page: Page, served: Served, members: None) -> None:
    written(page)
    page.goto("/members")
    expect(page.get_by_role("heading", level=1)).to_have_text("Members of Kasolo Grain Pool")
    assert look(page) == []
    page.get_by_role("link", name="Take a list").click()
    sheet = b"name,phone,crop\nSarah Nakato,0772000101,maize\nBad Row,12,maize\n"
    page.get_by_label("The sheet").set_input_files({"name": "list.csv", "mimeType": "text/csv", "buffer": sheet})
    page.get_by_role("button", name="Look at it first").click()
    expect(page.get_by_text("Row 3")).to_be_visible()
    assert look(page) == []
    page.get_by_role("button", name="Take it: 1 new member").click()
    expect(page.get_by_role("status")).to_contain_text("Notices sent: 1")


def _becomes_hidden(page: Page) -> bool:
    """Whether the page's own script runs: it takes the link away that those without it need."""
    try:
        expect(page.locator("#refresh")).to_be_hidden(timeout=1500)
    except AssertionError:
        return False
    return True
