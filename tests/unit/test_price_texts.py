"""What we say of a price is one GSM-7 text, calls its kind by name, and says how old it is."""

import csv
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product

import pytest

from content import commodities, markets, price_texts, texts
from content.told import KINDS, Beside, Told
from messaging import gsm

CODE = "*284*55#"
SCREEN = 125  # what a screen has left beside its choices
OFFERED = ("en", "lg", "nyn")
TOLD = Told(
    market="Mubende", district="Mubende", commodity="maize", crop="maize", kind="trader", unit="kg", amount=Decimal(1050), currency="UGX",
    day=date(2025, 6, 12), monthly=False, age_days=0, reports=5, estimated=False, distance_km=0,
)  # fmt: skip
SHOP = replace(TOLD, kind="retail", monthly=True, day=date(2024, 11, 15), reports=1, amount=Decimal(1200))


def test_a_traders_price_is_said_with_its_day_bag_and_reports():
    assert price_texts.sentence(TOLD, "maize", "en", CODE) == (
        "Maize, Mubende, Thu 12 Jun: traders pay 1,050 a kg (100kg bag 105,000). 5 reports. More: *284*55#"
    )


def test_a_screen_has_the_same_words_in_the_room_it_is_given():
    assert (
        price_texts.short(TOLD, "maize", "en", 100) == "Maize, Mubende, Thu 12 Jun: traders pay 1,050 a kg (100kg bag 105,000). 5 reports."
    )
    assert price_texts.short(TOLD, "maize", "en", 60) == "Maize, Mubende, Thu 12 Jun: traders pay 1,050 a kg."
    assert price_texts.short(TOLD, "maize", "en", 20) == ""


@pytest.mark.parametrize("language", OFFERED)
def test_a_shop_price_is_never_what_she_will_be_paid(language):
    said = price_texts.sentence(SHOP, "maize", language, CODE)
    assert texts.say("price.offer.retail", language, amount="1,200", unit=texts.say("price.unit.kg", language)) in said
    assert texts.say("price.caution", language) in said
    assert texts.say("price.offer.trader", language, amount="1,200", unit="kg").split(" 1,200")[0] not in said
    assert "120,000" not in said


def test_the_month_of_a_monthly_price_is_said_and_its_age_once_it_is_over():
    assert "Nov 2024: shop" in price_texts.sentence(replace(SHOP, age_days=15), "maize", "en", CODE)
    assert "Nov 2024 (16 days old): shop" in price_texts.sentence(replace(SHOP, age_days=16), "maize", "en", CODE)


def test_a_price_is_never_called_todays():
    for told in (TOLD, SHOP, replace(TOLD, age_days=7)):
        assert "today" not in price_texts.sentence(told, "maize", "en", CODE).lower()


def test_the_nearest_market_is_named_with_its_distance():
    said = price_texts.sentence(replace(SHOP, market="Owino", district="Kampala", distance_km=84), "maize", "en", CODE)
    assert "Owino (84km away), Nov 2024" in said


def test_a_market_in_her_district_under_another_name_is_said_with_it():
    assert "Owino in Kampala" in price_texts.sentence(replace(SHOP, market="Owino", district="Kampala"), "maize", "en", CODE)


def test_an_estimate_is_called_one():
    assert "about 1,200 a kg (estimate)" in price_texts.sentence(replace(SHOP, estimated=True), "maize", "en", CODE)


def test_a_bag_of_an_exact_weight_is_said_as_it_was_quoted():
    quoted = replace(TOLD, kind="wholesale", amount=Decimal("16.4444"), pack=(Decimal(90), Decimal(1480)), monthly=True, reports=1)
    assert "wholesale 16.44 a kg (90kg bag 1,480)" in price_texts.sentence(quoted, "maize", "en", CODE)


def test_a_local_bag_is_rounded_because_no_two_weigh_the_same():
    assert "(105kg bag 198,000)" in price_texts.sentence(
        replace(TOLD, crop="beans", commodity="beans", amount=Decimal("1884.46")), "beans", "en", CODE
    )


def test_nothing_fresh_is_said_with_since_when():
    assert price_texts.sentence(None, "maize", "en", CODE) == "No fresh maize price near you today. More: *284*55#"
    assert price_texts.sentence(None, "maize", "en", CODE, TOLD) == "No fresh maize price near you since 12 Jun 2025. More: *284*55#"
    assert price_texts.short(None, "maize", "en", 40) == "No fresh maize price near you today."


def test_coffee_and_groundnuts_are_never_priced_without_their_form():
    for crop in ("coffee", "groundnut"):
        names = {price_texts.named(each.code, "en") for each in commodities.of_crop(crop)}
        assert len(names) == len(commodities.of_crop(crop))
        assert texts.say(f"crop.{crop}", "en") not in names


@pytest.fixture(scope="module")
def names(real_data):
    """Every market of Uganda, and the ten longest of Kenya."""
    found = {}
    for country in ("uga", "ken"):
        with (real_data / "prices" / f"wfp_food_prices_{country}_to_2025-06.csv").open(encoding="utf-8") as file:
            found[country] = {markets.spoken(row["market"]) for row in csv.DictReader(file)}
    return sorted(found["uga"]) + sorted(found["ken"], key=len)[-10:]


@pytest.mark.parametrize("language", OFFERED)
def test_every_text_fits_one_part_with_the_longest_real_names_and_prices(language, names):
    """Every market, every form of every crop, every kind; estimated, old, far away and with company."""
    far = tuple(Beside(name, Decimal(59_999), 148) for name in sorted(names, key=len)[-2:])
    stale = replace(TOLD, estimated=True, age_days=45, monthly=True, reports=99, others=far)
    for market, commodity, kind in product(names, commodities.COMMODITIES, KINDS):
        form = {"commodity": commodity.code, "crop": commodity.crop, "kind": kind, "amount": Decimal(commodity.high - 1)}
        away = replace(stale, market=market, distance_km=149, **form)
        said = price_texts.sentence(away, commodity.crop, language, CODE)
        assert gsm.fits(said, 160), said
        assert market in said
        assert price_texts.amount_said(away.amount) in said
        assert said.endswith(CODE)
        assert (texts.say("price.caution", language) in said) is (kind == "retail")
        on_screen = price_texts.short(away, commodity.crop, language, SCREEN)
        assert gsm.fits(on_screen, SCREEN)
        assert market in on_screen
