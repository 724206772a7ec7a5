"""One season on the Procfile's processes: Sarah dials, hears, notes, delivers, borrows, and lets a lender look until she does not.

Everything comes in by the doors that people use: the gateway's callbacks, the portal's pages, the partner API and the command line.
"""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.end_to_end import cast, farm, market
from tests.end_to_end.cast import Season
from tests.end_to_end.house import running
from tests.fake_gateway_reports import Habits

# Half a minute where nothing else runs; a machine under load is given its time.
pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes"), pytest.mark.timeout(300)]


@pytest.fixture
def season(url: str, tmp_path: Path):
    """A zone in which it is ten in the morning now: no midnight, and no noon, falls into the story."""
    zone = f"Etc/GMT{(datetime.now(UTC).hour - 10 + 11) % 24 - 11:+d}"
    with running(url, tmp_path, Habits(double=1, reverse=0.5), TIMEZONE=zone) as house:
        yield cast.settle(house, ZoneInfo(zone), tmp_path / "places")


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_one_season_from_the_first_dial_to_a_permission_taken_back(season: Season, url: str):
    farm.registers(season)
    farm.is_a_member_and_so_are_others(season)
    farm.hears_the_weather(season)
    farm.gets_the_advice_that_an_editor_published(season, url)
    farm.notes_costs_harvest_and_sale(season)
    farm.delivers_and_holds_the_receipt(season)
    market.takes_the_offer_of_a_lender(season)
    market.is_spared_a_second_text_on_one_day(season)
    late = market.lets_the_lender_look(season)
    market.takes_it_back(season, late)
    everybody_was_told_once(season)


def everybody_was_told_once(season: Season):
    """What the gateway took is what was asserted above, each text once; every phone has its fate; no log knows anybody."""
    assert season.post.amiss() == []
    assert "ok    planned = recorded" in season.house.command("doctor", status=1)  # 1: no weather is fetched by itself in a test
    assert season.house.leaks("Sarah", "Moses", "Ruth", "Okello", "Apio") == []
