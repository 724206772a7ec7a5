"""The queue's page keeps itself up to date where scripts run, and says how to look again where they do not."""

import pytest
from playwright.sync_api import Page, expect

from messaging import pauses, switches
from messaging.classes import MessageClass
from tests import builders
from tests.browser.conftest import Served
from tests.browser.test_portal import sign_in

pytestmark = pytest.mark.browser


def test_what_waits_and_what_is_held_back_is_seen_without_a_reload(page: Page, served: Served) -> None:
    sign_in(page)
    page.goto("/queue")
    expect(page.get_by_text("Nothing waits: every text that was planned has its answer.")).to_be_visible()
    with served.runtime.transaction() as session:
        pauses.pause(session, switches.SENDING, "a look at the page", "test", served.runtime.now())
        builders.text(session, served.runtime, builders.phone(1), klass=MessageClass.NOTICE)
    again = page.get_by_role("link", name="Look again")
    if again.is_visible():
        again.click()
    expect(page.get_by_text("a look at the page")).to_be_visible()
    expect(page.get_by_role("rowheader", name="Alerts and notices")).to_be_visible()
    page.get_by_role("button", name="Resume All sending").click()
    expect(page.get_by_role("status")).to_contain_text("It goes on")
    with served.runtime.reading() as session:
        assert switches.off(session, served.runtime.now()) == {}
