"""The schema that Alembic builds is the schema that the models describe, on both databases; what stood in it is kept."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, select, text, update

from linkage import matching
from linkage.models import Match
from migrations import upgrade
from migrations.models import metadata
from profiles import farmers
from profiles.models import Plot
from tests import market
from tests.builders import farmer, runtime


def test_migrations_and_models_agree(url):
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
        tables = set(inspect(connection).get_table_names())
    engine.dispose()
    assert differences == []
    assert tables == {*metadata.tables, "alembic_version"}


def test_the_order_of_a_farmers_crops_outlives_the_gaps_that_an_older_release_left(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        odd, tied, plain = (farmer(session, now, number, crops=("maize", "beans", "coffee")).id for number in (1, 2, 3))
    command.downgrade(upgrade.config(url), "0002")
    with house.transaction() as session:
        for crop, place in (("maize", 2), ("beans", -1), ("coffee", 0)):
            session.execute(update(Plot).where(Plot.farmer_id == odd, Plot.crop == crop).values(position=place))
        session.execute(update(Plot).where(Plot.farmer_id == tied).values(position=1))
    upgrade.to_newest(url)
    with house.reading() as session:
        assert [(plot.position, plot.crop) for plot in farmers.plots(session, odd)] == [(1, "beans"), (2, "coffee"), (3, "maize")]
        assert [plot.position for plot in farmers.plots(session, tied)] == [1, 2, 3]
        assert [(plot.position, plot.crop) for plot in farmers.plots(session, plain)] == [(1, "maize"), (2, "beans"), (3, "coffee")]


def test_matches_that_were_found_before_are_kept_both_ways(url, now):
    house = runtime(url, now)
    with house.transaction() as session:
        people = sorted(market.farmer(session, now, number).id.hex for number in range(1, 4))
        offer = market.published(session, market.partner(session, now), now)
    with house.transaction() as session:
        matching.match_some(session, matching.due(session), 10, now, now.date())
    command.downgrade(upgrade.config(url), "0002")
    with house.reading() as session:
        rows = session.execute(text("SELECT CAST(farmer_id AS text), CAST(reasons AS text) FROM matches")).all()
        assert sorted(ref.replace("-", "") for ref, _ in rows) == people
        assert all("crop:maize" in reasons for _, reasons in rows)
    upgrade.to_newest(url)
    with house.reading() as session:
        (row,) = session.scalars(select(Match))
        assert (row.offer_id, sorted(row.farmers), row.count, row.reasons, row.at) == (offer.id, people, 3, ["crop:maize"], now)
