"""A Chromium that visits the running service: everything in one process, on SQLite, with threads for the jobs."""

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from waitress import create_server

from content import prices
from content.models import Market, Price
from core import clock
from core.db import new_id
from jobs.runtime import Runtime
from migrations import upgrade
from profiles import places
from service.app import create_app
from service.bootstrap import build
from tests import builders
from tests.web.visitor import account

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
WIDTHS = (360, 1280)


def _chromium() -> str | None:
    return next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)


@dataclass(frozen=True, slots=True)
class Served:
    address: str
    runtime: Runtime


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = _chromium()
    if path is None:
        says = "NO CHROMIUM on this machine: nobody has looked at the pages. Install chromium to run these tests."
        if os.environ.get("CI") == "true":
            pytest.fail(says)
        pytest.skip(says)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """The service on a port of its own, with places, a market, one held price, and an approver."""
    url = f"sqlite:///{tmp_path / 'browser.db'}"
    upgrade.to_newest(url)
    runtime = build(builders.settings(url, quiet_hours=""), works=True)
    with runtime.transaction() as session:
        account(session, "admin", runtime.now())
        places.seed(session)
        mubende = places.find(session, "Mubende")[0]
        session.add(
            Market(id=1, code="t:1", name="Mubende", district_id=mubende.id, latitude=0.56, longitude=31.39, selling=True, sample=False)
        )
        session.flush()
        today = clock.day(runtime.now(), runtime.settings.zone)
        for number in range(6):
            session.add(_price(runtime, 1000 + 20 * number, today - timedelta(days=12 - 2 * number)))
        session.add(_price(runtime, 105_000, today, state=prices.HELD, why="100 times its usual: this looks like a bag, not a kilogram"))
    server = create_server(create_app(runtime), host="127.0.0.1", port=0, threads=6)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield Served(f"http://127.0.0.1:{server.effective_port}", runtime)
    server.close()
    thread.join(timeout=10)
    runtime.queue.close()
    runtime.sessions.kw["bind"].dispose()


def _price(runtime: Runtime, amount: int, day: date, **values: object) -> Price:
    facts: dict[str, object] = {"state": prices.PUBLISHED, "why": None}
    return Price(
        id=new_id(runtime.now()),
        market_id=1,
        commodity="maize",
        kind="trader",
        unit="kg",
        day=day,
        monthly=False,
        amount=Decimal(amount),
        currency="UGX",
        reports=3,
        estimated=False,
        source="reporters",
        created_at=runtime.now(),
        **(facts | values),
    )


@pytest.fixture(
    params=[(width, script) for width in WIDTHS for script in (True, False)],
    ids=lambda given: f"{given[0]}px{'' if given[1] else '-no-script'}",
)
def page(request: pytest.FixtureRequest, chromium: Browser, served: Served) -> Iterator[Page]:
    """A page at phone width and at desk width, each with its scripts and without. What the browser complains of fails the test."""
    width, script = request.param
    context = chromium.new_context(base_url=served.address, viewport={"width": width, "height": 800}, java_script_enabled=script)
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    complaints: list[str] = []
    opened.on("console", lambda said: _note(complaints, said.type, said.text))
    opened.on("pageerror", lambda wrong: complaints.append(str(wrong)))
    yield opened
    context.close()
    assert complaints == []


def _note(complaints: list[str], kind: str, says: str) -> None:
    """A form that comes back with its mistakes is answered with 400, which the browser reports like a fault."""
    if kind in {"error", "warning"} and "status of 400" not in says:
        complaints.append(says)
