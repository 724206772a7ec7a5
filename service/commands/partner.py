"""`partner create`: a lender, insurer, buyer or other organisation that will have offers or keys."""

import click

from core.errors import Conflict
from core.settings import Settings
from jobs.runtime import Runtime
from migrations import upgrade
from profiles import organisations
from profiles.models import Organisation
from service.bootstrap import build


def run(runtime: Runtime, name: str, kind: str, code: str, licence: str | None, pdpo: str | None) -> Organisation:
    """Make it. Raises Conflict when its code is taken."""
    with runtime.transaction() as session:
        made = organisations.add(session, kind, name, code or name.partition(" ")[0], runtime.now())
        made.licence, made.pdpo = licence or None, pdpo or None
    return made


@click.group()
def partner() -> None:
    """Organisations with offers or keys."""


@partner.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(organisations.KINDS), required=True)
@click.option("--code", default="", help="Short and typed, such as KIGANDA; without it, the first word of the name.")
@click.option("--licence", default="", help="The regulator's number; nobody lends or insures without one.")
@click.option("--pdpo", default="", help="Its number with the data protection office.")
@click.pass_obj
def create(settings: Settings, name: str, kind: str, code: str, licence: str, pdpo: str) -> None:
    """Make a partner and print its code, by which `key create` finds it."""
    upgrade.to_newest(settings.database_url)
    try:
        made = run(build(settings), name, kind, code, licence, pdpo)
    except (Conflict, ValueError) as wrong:
        raise click.ClickException(f"{wrong}. Choose another with --code.") from wrong
    click.echo(f"Made {made.name} ({made.kind}); its code is {made.code}.")
