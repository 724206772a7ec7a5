"""`load places` on a database of its own, and the price that a district without a market is told after it."""

from datetime import date

import pytest

from content import told
from profiles import places
from service.commands import load_places, load_prices
from tests.builders import runtime


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_district_without_a_market_is_told_the_nearest_and_how_far(url, now, real_data):
    house, said = runtime(url, now), []
    assert load_places.run(house, real_data / "places", False, False, said.append) == 0
    assert load_prices.run(house, real_data / "prices" / "wfp_food_prices_uga_to_2025-06.csv", said.append) == 0
    with house.reading() as session:
        mubende = places.find(session, "Mubende")[0]
        price = told.price(session, "maize", mubende.id, date(2024, 11, 20))
    assert (price.kind, price.market, price.amount) == ("retail", "Masaka", 1200)
    assert 95 < price.distance_km < 110
