"""Bring the database to the newest schema."""

import click

from core.settings import Settings
from migrations import upgrade


@click.command()
@click.pass_obj
def migrate(settings: Settings) -> None:
    """Bring the database to the newest schema. Safe to repeat."""
    upgrade.to_newest(settings.database_url)
    click.echo("The schema is the newest.")
