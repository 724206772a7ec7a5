"""Bring a database to the newest schema, from Python: what `migrate`, the embedded start-up and the tests call."""

from pathlib import Path

from alembic import command
from alembic.config import Config

HERE = Path(__file__).parent


def config(url: str) -> Config:
    """Alembic's configuration for this address; there is no ini file to keep in step."""
    settings = Config()
    settings.set_main_option("script_location", str(HERE))
    settings.set_main_option("sqlalchemy.url", url.replace("postgresql://", "postgresql+psycopg://", 1).replace("%", "%%"))
    return settings


def to_newest(url: str) -> None:
    """Apply what is missing, in one transaction a revision. Safe to repeat."""
    command.upgrade(config(url), "head")
