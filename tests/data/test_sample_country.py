"""The sample country: its totals, its dirt, and the places where it may not go."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content import commodities, price_texts, sample_prices, told
from content.models import Market, Price
from content.price_checks import Doubt, doubt
from core import phone
from core.errors import Conflict, Misconfigured
from messaging import suppressions
from messaging.models import Suppression
from profiles import consent, farmers, organisations, places, sample, sample_facts, sample_rows
from profiles.models import Consent, Farmer, Membership, Organisation, Place, Plot
from profiles.questions import ANIMALS, LAND_BANDS, PLANTED_BANDS, TREES
from service.commands import demo
from tests import builders

TODAY = date(2026, 3, 12)


@pytest.fixture
def country(session: Session, now: datetime) -> sample_rows.Made:
    places.seed(session)
    return sample_rows.make(session, now)


@pytest.fixture
def people(session: Session, country: sample_rows.Made) -> list[Farmer]:
    return list(session.scalars(select(Farmer).order_by(Farmer.number)))


def share(part: int, whole: int) -> float:
    return 100 * part / whole


def test_there_are_1536_farmers_all_marked_as_samples(people: list[Farmer], country: sample_rows.Made) -> None:
    assert len(people) == country.farmers == 1_536
    assert all(farmer.sample for farmer in people)
    assert len({farmer.number for farmer in people}) == 1_536


def test_42_in_100_are_women_and_63_are_reached_by_phone(people: list[Farmer], now: datetime) -> None:
    women = [farmer for farmer in people if farmer.sex == "f"]
    men = [farmer for farmer in people if farmer.sex == "m"]
    assert share(len(women), len(people)) == pytest.approx(42, abs=1)
    for those, reached, active in ((people, 63, 53), (women, 52, 48), (men, 71, 57)):
        assert share(sum(farmer.phone is not None for farmer in those), len(those)) == pytest.approx(reached, abs=0.6)
        lately = [farmer for farmer in those if farmer.seen_at and now - farmer.seen_at <= timedelta(days=60)]
        assert share(len(lately), len(those)) == pytest.approx(active, abs=0.6)


def test_whose_phone_it_is_depends_on_the_sex_as_stated(people: list[Farmer]) -> None:
    for sex, shares in sample_facts.PHONE_USE.items():
        those = [farmer for farmer in people if farmer.sex == sex]
        uses = Counter(farmer.phone_use or "" for farmer in those)
        assert {use: round(share(count, len(those))) for use, count in uses.items()} == shares


def test_districts_have_their_shares_women_and_languages(session: Session, people: list[Farmer]) -> None:
    for row in sample_facts.DISTRICTS:
        ids = {place.id for name in (row.name, f"{row.name} City") for place in places.find(session, name) if place.name == name}
        those = [farmer for farmer in people if farmer.district_id in ids]
        assert share(len(those), len(people)) == pytest.approx(row.share, abs=0.1)
        assert share(sum(farmer.sex == "f" for farmer in those), len(those)) == pytest.approx(row.women, abs=1.8)
        assert Counter(farmer.language for farmer in those).most_common(1)[0][0] == next(iter(row.languages))


def test_crops_are_grown_as_widely_as_stated(session: Session, people: list[Farmer]) -> None:
    for row in sample_facts.DISTRICTS:
        ids = {place.id for name in (row.name, f"{row.name} City") for place in places.find(session, name) if place.name == name}
        those = [farmer.id for farmer in people if farmer.district_id in ids]
        grown = Counter(session.scalars(select(Plot.crop).join(Farmer, Farmer.id == Plot.farmer_id).where(Farmer.district_id.in_(ids))))
        for crop, expected in row.crops.items():
            assert share(grown[crop], len(those)) == pytest.approx(expected, abs=4), (row.name, crop)
        assert set(grown) <= set(row.crops)


def test_everybody_grows_something_on_a_band_of_land(session: Session, people: list[Farmer]) -> None:
    first = list(session.scalars(select(Plot).where(Plot.position == 1)))
    assert len(first) == len(people)
    assert all(plot.land in LAND_BANDS for plot in first if plot.crop not in ANIMALS)
    bands = Counter(plot.land for plot in first)
    assert bands["under_half"] > bands["over_5"] > 0


def test_planting_bands_fit_their_days(session: Session, people: list[Farmer], now: datetime) -> None:
    for plot in session.scalars(select(Plot)):
        if plot.crop in ANIMALS | TREES:
            assert plot.planted is plot.planted_on is None
        else:
            assert plot.planted in PLANTED_BANDS
            assert (plot.planted_on is None) == (PLANTED_BANDS[plot.planted] is None)
            assert plot.planted_on is None or plot.planted_on <= now.date()


@pytest.mark.parametrize(
    ("today", "season", "first", "last"),
    [
        (date(2026, 4, 30), "south", date(2026, 3, 1), date(2026, 4, 25)),
        (date(2026, 11, 21), "south", date(2026, 9, 1), date(2026, 10, 25)),
        (date(2027, 1, 2), "south", date(2026, 9, 1), date(2026, 10, 25)),
        (date(2026, 5, 20), "north", date(2026, 4, 1), date(2026, 5, 20)),
        (date(2026, 8, 31), "north", date(2026, 5, 21), date(2026, 7, 31)),
        (date(2026, 6, 15), "karamoja", date(2026, 4, 5), date(2026, 5, 31)),
    ],
)
def test_planting_follows_the_season_of_the_day(today: date, season: str, first: date, last: date) -> None:
    rng = Random(1)
    days = [day for _ in range(300) if (day := sample.planting(rng, season, today)[1])]
    assert len(days) > 150
    assert all(first <= day <= min(last, today) for day in days)


def test_long_after_a_harvest_nothing_is_planted_yet() -> None:
    rng = Random(1)
    assert {sample.planting(rng, "karamoja", date(2026, 3, 12)) for _ in range(100)} == {("not_yet", None)}


def test_eight_groups_hold_65_in_100(session: Session, people: list[Farmer], country: sample_rows.Made) -> None:
    members = Counter(session.scalars(select(Membership.organisation_id)))
    assert share(members.total(), len(people)) == pytest.approx(65, abs=0.1)
    assert len(members) == country.groups == 8
    stated = sum(group.members for group in sample_facts.GROUPS)
    for group in sample_facts.GROUPS:
        row = organisations.by_code(session, group.code)
        belonging = organisations.members(session, row.id, TODAY)
        assert row.sample
        assert len(belonging) == pytest.approx(group.members * members.total() / stated, abs=1)
        # Iganga and Soroti have fewer women than their groups would want.
        assert share(sum(one.sex == "f" for one in belonging), len(belonging)) == pytest.approx(group.women, abs=5)


def test_phones_are_usable_of_the_sample_ranges_and_spread_over_operators(people: list[Farmer]) -> None:
    phones = [farmer.phone for farmer in people if farmer.phone]
    assert all(phone.e164(number) == number and number.startswith(tuple(sample_facts.PHONES)) for number in phones)
    operators = Counter(phone.operator(number) for number in phones)
    assert share(operators["MTN UG"], len(phones)) == pytest.approx(52, abs=1)
    assert share(operators["Airtel UG"], len(phones)) == pytest.approx(46, abs=1)


def test_the_dirt_is_there(session: Session, people: list[Farmer], country: sample_rows.Made, now: datetime) -> None:
    on_phone = Counter(farmer.phone for farmer in people if farmer.phone)
    assert sorted(count for count in on_phone.values() if count > 1) == [2, 2, 3]
    assert sum(now.year - farmer.born < 18 for farmer in people if farmer.born) == 1
    assert sum(farmer.place_id is None for farmer in people) == 60
    assert len(set(country.stops)) == 4
    city = {place.name: place.id for place in places.children(session, None, "district")}["Masaka City"]
    mixed_up = [farmer for farmer in people if farmer.district_id == city]
    assert len(mixed_up) == 7
    assert {places.district_of(session, farmer.place_id or 0).name for farmer in mixed_up} == {"Masaka"}
    assert sum(farmer.phone is None and farmer.contact_id is not None for farmer in people) > 300


def test_a_recycled_number_has_an_old_owner_whose_consent_is_over_and_a_new_one(
    session: Session, people: list[Farmer], now: datetime
) -> None:
    pairs = [number for number, count in Counter(farmer.phone for farmer in people if farmer.phone).items() if count == 2]
    for number in pairs:
        before, after = farmers.on_phone(session, number)
        assert consent.standing(session, [before.id, after.id], "service", now) == {after.id}
        assert before.seen_at is not None
        assert before.seen_at < after.created_at


def test_those_with_a_phone_have_agreed_and_nobody_else_has(session: Session, people: list[Farmer], now: datetime) -> None:
    stands = consent.standing(session, [farmer.id for farmer in people], "service", now)
    reached = {farmer.id for farmer in people if farmer.phone}
    assert stands < reached
    assert share(len(stands), len(reached)) == pytest.approx(96, abs=1)


def test_nothing_lies_in_the_future(session: Session, people: list[Farmer], now: datetime) -> None:
    assert all(farmer.created_at < now and (farmer.seen_at is None or farmer.created_at <= farmer.seen_at < now) for farmer in people)
    assert all(one.at < now for one in session.scalars(select(Consent)))


def test_the_same_people_come_every_time(now: datetime) -> None:
    one, other = sample.country(now), sample.country(now + timedelta(days=400))
    assert [(a.phone, a.name) for a in one.people] == [(b.phone, b.name) for b in other.people]
    assert one.stops == other.stops


def test_a_second_making_adds_nobody(session: Session, country: sample_rows.Made, now: datetime) -> None:
    again = sample_rows.make(session, now)
    assert (again.farmers, again.groups, again.new, again.stops) == (1_536, 8, False, ())
    assert session.scalar(select(func.count()).select_from(Farmer)) == 1_536


@pytest.fixture
def prices(session: Session, now: datetime) -> sample_prices.Made:
    places.seed(session)
    return sample_prices.seed(session, now)


def test_markets_stand_in_their_districts_with_fresh_prices(session: Session, prices: sample_prices.Made) -> None:
    assert prices.markets == 14
    assert prices.held == 4
    rows = list(session.scalars(select(Price)))
    assert len(rows) == prices.prices + prices.held > 400
    assert all((row.source, row.kind) == ("sample", "trader") and TODAY - timedelta(days=14) < row.day <= TODAY for row in rows)
    assert all(row.why for row in rows if row.state == "held")
    for market in session.scalars(select(Market)):
        district = session.get_one(Place, market.district_id)
        assert market.sample
        assert market.code == f"sample:{places.fold(district.name)}"


def test_every_crop_of_a_sample_district_can_be_told_a_price_there(session: Session, prices: sample_prices.Made) -> None:
    for row in sample_facts.DISTRICTS:
        home = next(place for place in places.find(session, row.name) if place.name == row.name)
        main = next(iter(row.crops))
        said = told.price(session, main, home.id, TODAY)
        assert said is not None, row.name
        assert said.distance_km == 0
        assert said.age_days <= 5
        assert price_texts.sentence(said, main, "en", "*284*55#")


def test_sample_prices_are_of_known_commodities_and_possible_and_the_held_ones_are_far_off(
    session: Session, prices: sample_prices.Made
) -> None:
    for row in session.scalars(select(Price)):
        assert row.commodity in commodities.BY_CODE
        bounds = commodities.bounds(row.commodity, row.unit, row.currency)
        level = float(sample_prices.LEVELS[row.commodity])
        if row.state == "published":
            assert doubt(float(row.amount), [level] * 8, [], bounds) is None
        else:
            assert isinstance(doubt(float(row.amount), [level] * 8, [], bounds), Doubt) or 1.5 < float(row.amount) / level < 2.3


def test_prices_come_once_a_day_and_the_held_ones_only_once(session: Session, prices: sample_prices.Made, now: datetime) -> None:
    assert sample_prices.seed(session, now) == sample_prices.Made(0, 0, 0)
    later = sample_prices.seed(session, now + timedelta(days=3))
    assert (later.markets, later.held) == (0, 0)
    assert 0 < later.prices < prices.prices / 2


def test_the_demo_loads_everything_and_a_second_run_changes_nothing(url: str, now: datetime) -> None:
    runtime, said = builders.runtime(url, now), list[str]()
    demo.run(runtime, said.append)
    assert [line.partition(":")[0] for line in said][:4] == [name for name, _ in demo.STEPS][:4]
    assert "1,536 farmers in 8 groups, 4 said STOP" in "\n".join(said)
    assert "20 rows, of which 20 were recognised and 0 added" in "\n".join(said)
    with runtime.transaction() as session:
        before = [
            session.scalar(select(func.count()).select_from(model)) for model in (Farmer, Plot, Consent, Membership, Organisation, Price)
        ]
        stopped = session.scalars(select(Suppression.phone)).all()
        suppressions.start(session, stopped[0], now)
    assert len(stopped) == 4
    demo.run(runtime, said.append)
    with runtime.reading() as session:
        after = [
            session.scalar(select(func.count()).select_from(model)) for model in (Farmer, Plot, Consent, Membership, Organisation, Price)
        ]
        assert session.scalar(select(func.count()).select_from(Suppression)) == 3  # who said START since is not stopped again
    assert after == before


def test_the_demo_refuses_a_database_with_real_farmers_and_leaves_it_alone(url: str, now: datetime) -> None:
    runtime = builders.runtime(url, now)
    with runtime.transaction() as session:
        farmers.add(session, farmers.NewFarmer("+256772123456", "lg", ("maize",), None, "ussd"), now)
    with pytest.raises(Conflict):
        demo.run(runtime, print)
    with runtime.reading() as session:
        assert session.scalar(select(func.count()).select_from(Farmer)) == 1
        assert session.scalar(select(func.count()).select_from(Place)) == 0


def test_who_registers_in_the_sample_country_does_not_keep_it_from_starting_again(url: str, now: datetime) -> None:
    runtime, said = builders.runtime(url, now), list[str]()
    demo.run(runtime, said.append)
    with runtime.transaction() as session:
        farmers.add(session, farmers.NewFarmer("+256772123456", "lg", ("maize",), None, "ussd"), now)
    demo.run(runtime, said.append)
    with runtime.reading() as session:
        assert session.scalar(select(func.count()).select_from(Farmer)) == 1_537


def test_only_the_simulator_may_carry_sample_people(url: str, now: datetime) -> None:
    class Real(builders.Remembering):
        name = "africastalking"

    runtime = builders.runtime(url, now, gateway=Real())
    with pytest.raises(Misconfigured):
        demo.run(runtime, print)


@pytest.mark.parametrize(
    "when", [datetime(2026, 2, 28, 22, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 2, 29, 12, tzinfo=UTC)]
)
def test_the_country_can_be_made_on_any_day(when: datetime) -> None:
    assert len(sample.country(when).people) == 1_536
