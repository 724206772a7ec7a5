"""`key create`, `key list`, `key revoke`: partners' keys for the API. A key is printed once, when it is made."""

import click

from core.errors import NotFound, Unusable
from core.settings import Settings
from jobs.runtime import Runtime
from migrations import upgrade
from profiles import organisations
from service.accounts import keys
from service.accounts.models import ApiKey
from service.api.words import said
from service.bootstrap import build

BY = "command"


def run(runtime: Runtime, partner: str, scopes: tuple[str, ...], product: str | None, purpose: str | None, days: int) -> str:
    """Make a key and give it back. Raises NotFound for an unknown partner, Unusable for what a key must not be."""
    pepper = runtime.settings.secret_key.get_secret_value()
    with runtime.transaction() as session:
        organisation = organisations.by_code(session, partner)
        return keys.create(session, organisation.id, scopes, BY, runtime.now(), pepper, days, product or None, purpose or None)


@click.group()
def key() -> None:
    """Partners' keys for the API."""


@key.command()
@click.argument("partner")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(list(keys.SCOPES)), help="May be given several times.")
@click.option("--product", default="", help="The product that it is bound to; needed for farmers' data.")
@click.option("--purpose", default="", help="credit, cover or purchase; needed for farmers' data.")
@click.option("--days", default=keys.LONGEST.days, show_default=True)
@click.pass_obj
def create(settings: Settings, partner: str, scopes: tuple[str, ...], product: str, purpose: str, days: int) -> None:
    """Make a key for the partner with this code and print it: it cannot be shown again."""
    upgrade.to_newest(settings.database_url)
    try:
        whole = run(build(settings), partner, scopes, product, purpose, days)
    except Unusable as wrong:
        raise click.ClickException(said(wrong.key, **wrong.values)) from wrong
    except NotFound as wrong:
        raise click.ClickException(f"{wrong}. Make it with: partner create") from wrong
    click.echo("This key is shown once. Hand it over in person or through a password manager:")
    click.echo(f"  {whole}")


@key.command("list")
@click.argument("partner")
@click.pass_obj
def list_(settings: Settings, partner: str) -> None:
    """The keys of a partner: what they may do, until when, when they were used last."""
    runtime = build(settings)
    with runtime.reading() as session:
        for row in keys.of(session, organisations.by_code(session, partner).id):
            click.echo(_line(row))


@key.command()
@click.argument("key_id")
@click.pass_obj
def revoke(settings: Settings, key_id: str) -> None:
    """End a key at once, by its readable part: pk_live_ and eight letters."""
    runtime = build(settings)
    with runtime.transaction() as session:
        keys.revoke(session, key_id[: len(keys.START) + keys.ID_LENGTH], BY, runtime.now())
    click.echo("Revoked.")


def _line(row: ApiKey) -> str:
    state = f"revoked {row.revoked_at:%Y-%m-%d}" if row.revoked_at else f"until {row.until:%Y-%m-%d}"
    used = f"used {row.used_at:%Y-%m-%d}" if row.used_at else "never used"
    return f"{row.id}  {state}  {used}  {' '.join(row.scopes)}"
