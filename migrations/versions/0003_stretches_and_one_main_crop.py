"""Shared phones of a broadcast; one plot at each position of a farmer; many farmers in a row of matches."""

import sqlalchemy as sa
from alembic import op

import core.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# A second choice of a main crop used to leave gaps, numbers below 1 and ties; the order of a farmer's crops is kept.
# Counted in a copy first: within one UPDATE, SQLite would see the places that it has just given.
PLACES = """
CREATE TEMPORARY TABLE places_of_plots AS
SELECT id, position, row_number() OVER (PARTITION BY farmer_id ORDER BY position, id) AS place FROM plots
"""
RENUMBER = """
UPDATE plots SET position = (SELECT place FROM places_of_plots AS one WHERE one.id = plots.id)
WHERE id IN (SELECT id FROM places_of_plots WHERE place <> position)
"""

# dialect → a new id, a farmer's id in hexadecimal, farmers as a list
WORDS = {
    "postgresql": ("gen_random_uuid()", "replace(farmer_id::text, '-', '')", "array_agg"),
    "sqlite": ("lower(hex(randomblob(16)))", "farmer_id", "json_group_array"),
}
GATHER = """
INSERT INTO matches (id, offer_id, reasons, farmers, count, at)
SELECT {id}, offer_id, reasons, {gathered}({ref}), count(*), min(at) FROM (
    SELECT *, (row_number() OVER (PARTITION BY offer_id, reasons ORDER BY farmer_id) - 1) / 1000 AS chunk FROM matches_one_by_one
) AS numbered GROUP BY offer_id, reasons, chunk
"""
SPREAD = {
    "postgresql": "INSERT INTO matches (offer_id, farmer_id, reasons, at) "
    "SELECT offer_id, ref::uuid, reasons, at FROM matches_gathered, unnest(farmers) AS ref",
    "sqlite": "INSERT INTO matches (offer_id, farmer_id, reasons, at) "
    "SELECT offer_id, value, reasons, at FROM matches_gathered, json_each(farmers)",
}


def upgrade() -> None:
    op.create_table(
        "broadcast_shared_phones",
        sa.Column("broadcast_id", sa.Uuid(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["broadcast_id"], ["broadcasts.id"], name=op.f("fk_broadcast_shared_phones_broadcast_id_broadcasts")),
        sa.PrimaryKeyConstraint("broadcast_id", "phone", name=op.f("pk_broadcast_shared_phones")),
    )
    op.execute(PLACES)
    op.execute("CREATE UNIQUE INDEX places_of_plots_id ON places_of_plots (id)")
    op.execute(RENUMBER)
    op.execute("DROP TABLE places_of_plots")
    op.create_index("uq_plots_farmer_id_position", "plots", ["farmer_id", "position"], unique=True)
    _gather_matches()


def _gather_matches() -> None:
    op.drop_index("ix_matches_farmer_id", table_name="matches")
    _set_aside("matches_one_by_one")
    op.create_table(
        "matches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("reasons", core.db.TextList(), nullable=False),
        sa.Column("farmers", core.db.TextList(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("at", core.db.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_matches_offer_id_offers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matches")),
    )
    op.create_index("ix_matches_offer_id", "matches", ["offer_id"], unique=False)
    new_id, ref, gathered = WORDS[op.get_bind().dialect.name]
    op.execute(GATHER.format(id=new_id, ref=ref, gathered=gathered))
    op.drop_table("matches_one_by_one")


def _spread_matches() -> None:
    op.drop_index("ix_matches_offer_id", table_name="matches")
    _set_aside("matches_gathered")
    op.create_table(
        "matches",
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("farmer_id", sa.Uuid(), nullable=False),
        sa.Column("reasons", core.db.TextList(), nullable=False),
        sa.Column("at", core.db.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["farmer_id"], ["farmers.id"], name=op.f("fk_matches_farmer_id_farmers")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_matches_offer_id_offers")),
        sa.PrimaryKeyConstraint("offer_id", "farmer_id", name=op.f("pk_matches")),
    )
    op.create_index("ix_matches_farmer_id", "matches", ["farmer_id"], unique=False)
    op.execute(SPREAD[op.get_bind().dialect.name])
    op.drop_table("matches_gathered")


def _set_aside(name: str) -> None:
    """The old table under another name; its key too, whose index would keep the name of the new one's."""
    op.rename_table("matches", name)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {name} RENAME CONSTRAINT pk_matches TO pk_{name}")


def downgrade() -> None:
    _spread_matches()
    op.drop_index("uq_plots_farmer_id_position", table_name="plots")
    op.drop_table("broadcast_shared_phones")
