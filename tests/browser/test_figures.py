"""The figures at a screen: a map and a chart that need a script, and tables that say the same without one."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert, select

from core.db import new_id
from messaging.models import Batch, Message
from profiles import figures, sample_rows
from profiles.models import Farmer
from tests.browser.conftest import Served
from tests.browser.test_editor import picture
from tests.browser.test_portal import go, look, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def country(served: Served) -> int:
    """The sample country, and a text to everybody with a phone every third day."""
    runtime = served.runtime
    with runtime.transaction() as session:
        sample_rows.make(session, runtime.now())
        people = {one.phone: one.id.hex for one in session.scalars(select(Farmer).where(Farmer.phone.is_not(None)))}
        for days in range(0, 28, 3):
            at = runtime.now() - timedelta(days=days)
            some = dict(list(people.items())[: 900 - 20 * days])
            row = {"id": new_id(at), "sender": "test", "klass": "advice", "lane": 3, "body": "x", "attempt": 1, "state": "done"}
            session.execute(insert(Batch), [row | {"phones": list(some), "refs": list(some.values()), "not_before": at, "valid_until": at}])
            session.execute(insert(Message), [{"batch_id": row["id"], "phone": one, "fate": "sent", "code": "", "at": at} for one in some])
        told = figures.count(session, None, runtime.now(), runtime.now().date())
        return len([row for row in told.rows if row.registered.total])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_map_the_chart_and_the_tables_are_drawn_without_a_complaint(page: Page, country: int, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    sign_in(page)
    go(page, "Figures")
    expect(page.get_by_text("FARMIS 15,360")).to_be_visible()
    expect(page.get_by_role("table").first.locator("tbody tr")).to_have_count(country + 1)
    scripted = page.evaluate("!!window.L")
    if scripted:
        expect(page.locator(f"#map[data-circles='{country}']")).to_be_visible()
        expect(page.locator("#chart[data-drawn='30']")).to_be_visible()
        page.get_by_label("Circles show").select_option(label="Messages this month")
        page.locator("#map path.leaflet-interactive").first.hover(force=True)
        expect(page.locator("#map .leaflet-tooltip")).to_contain_text("Messages this month")
    else:
        expect(page.locator("#map")).to_be_hidden()
        expect(page.locator("#chart")).to_be_hidden()
    picture(page, f"figures-{scheme}{'' if scripted else '-no-script'}")
    page.locator("summary", has_text="The last 30 days").click()
    assert look(page) == []
