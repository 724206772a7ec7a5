"""Every room with something in it, looked at as those who work there see it: at two widths, light and dark, with scripts and without."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext
from waitress import create_server

from migrations import upgrade
from service import demo_accounts
from service.app import create_app
from tests import builders
from tests.browser import country
from tests.browser.conftest import WIDTHS
from tests.browser.country import Country
from tests.browser.test_portal import look

pytestmark = pytest.mark.browser

WHO = ("admin", "coop", "partner")
# Rooms in which the sample country has nothing to show for this person; no text of it has gone out yet.
MAY_BE_EMPTY = {("coop", "/offers"), ("coop", "/applications"), ("coop", "/looks"), ("admin", "/"), ("admin", "/farmers")}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Country]]:
    url = f"sqlite:///{tmp_path_factory.mktemp('country') / 'country.db'}"
    upgrade.to_newest(url)
    made = country.build(builders.runtime(url, datetime.now(UTC), quiet_hours=""))
    server = create_server(create_app(made.runtime), host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}", made
    server.close()
    thread.join(timeout=10)
    made.runtime.sessions.kw["bind"].dispose()


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, sample: tuple[str, Country], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The cookies of each, from one sign-in: more of them from one address would be slowed down."""
    kept, folder = {}, tmp_path_factory.mktemp("cookies")
    for who in WHO:
        context = chromium.new_context(base_url=sample[0])
        page = context.new_page()
        page.goto("/")
        page.get_by_label("E-mail address").fill(f"{who}@example.org")
        page.get_by_label("Password").fill(demo_accounts.PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Good day").wait_for()
        kept[who] = folder / f"{who}.json"
        context.storage_state(path=kept[who])
        context.close()
    return kept


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("scheme", "script"), [("light", True), ("dark", False)])
def test_every_room_with_something_in_it_can_be_read_by_eye_and_by_machine(
    chromium: Browser, sample: tuple[str, Country], signed_in: dict[str, Path], who: str, width: int, scheme: str, script: bool
) -> None:
    address, made = sample
    context: BrowserContext = chromium.new_context(
        base_url=address,
        viewport={"width": width, "height": 800},
        java_script_enabled=script,
        color_scheme=scheme,  # type: ignore[arg-type]
        storage_state=signed_in[who],
    )
    page, complaints, found = context.new_page(), list[str](), dict[str, list[str]]()
    page.set_default_timeout(10_000)
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda wrong: complaints.append(str(wrong)))
    for room in made.rooms[who]:
        answer = page.goto(room)
        assert answer is not None
        wrong = look(page) + ([] if answer.status == 200 else [f"status {answer.status}"])
        wrong += [
            f"empty: {said}"
            for said in page.locator(".empty").all_inner_texts()
            if (who, room.rpartition("/")[0] or room) not in MAY_BE_EMPTY
        ]
        if wrong:
            found[room] = wrong
    context.close()
    assert (found, complaints) == ({}, [])
