"""Alembic's entry: migrations run on their own connection, without statement time-outs, on either database."""

from alembic import context
from sqlalchemy import create_engine, event, pool

from core.db import Json
from migrations.models import metadata

url = context.config.get_main_option("sqlalchemy.url")
engine = create_engine(url, poolclass=pool.NullPool)

if engine.dialect.name == "sqlite":

    @event.listens_for(engine, "connect")
    def prepare(connection, _record):
        connection.execute("PRAGMA journal_mode=WAL")


def render_item(kind, item, _context):
    """Our JSON column by its name, so that a revision reads like the model."""
    return "core.db.Json" if kind == "type" and item is Json else False


with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True, render_item=render_item)
    with context.begin_transaction():
        context.run_migrations()
