"""Somebody on duty reads what is wrong and asks to be told, on a phone and at a desk, with scripts and without."""

from playwright.sync_api import Page, expect

from core import incidents
from tests.browser.conftest import Served
from tests.browser.test_portal import go, look, sign_in


def test_an_administrator_reads_incidents_and_asks_to_be_told(page: Page, served: Served) -> None:
    now = served.runtime.now()
    sign_in(page)
    go(page, "Incidents")
    expect(page.get_by_role("heading", name="Nothing is wrong")).to_be_visible()
    assert look(page) == []
    with served.runtime.transaction() as session:
        says = "africastalking answered 401: check its key, balance and sender id. Sending tries again every 10 minutes."
        incidents.open_(session, "gateway.refuses", "africastalking", says, now)
        incidents.open_(
            session, "prices.stale", "wfp", "No price came from wfp for 15 days: farmers hear old ones. Load its newest file.", now
        )
        incidents.open_(session, "clock.stopped", "clock", "No clock has ticked for 95 seconds: campaigns do not fire. Start one.", now)
        incidents.close(session, "clock.stopped", "clock", now)
    page.get_by_label("Mobile number").fill("12")
    page.get_by_label("Tell me when an incident opens").check()
    page.get_by_role("button", name="Keep this").click()
    expect(page.get_by_text("Write a mobile number such as")).to_be_visible()
    page.get_by_label("Mobile number").fill("0772 123456")
    page.get_by_role("button", name="Keep this").click()
    expect(page.get_by_role("status")).to_contain_text("You will be told of incidents.")
    expect(page.get_by_role("heading", name="A gateway refuses or fails")).to_be_visible()
    assert look(page) == []
    with served.runtime.reading() as session:
        assert [one.phone for one in served.runtime.hearers(session)] == ["+256772123456"]
