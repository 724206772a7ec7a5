"""`account create`: an account from the command line, and the link with which its owner sets a password."""

from collections.abc import Callable

import click

from core.errors import Conflict, Unusable
from core.settings import Settings
from jobs.runtime import Runtime
from migrations import upgrade
from service.accounts import people
from service.accounts.roles import ROLES
from service.bootstrap import build
from service.portal.words import said


def run(runtime: Runtime, email: str, role: str, name: str, echo: Callable[[str], object]) -> None:
    """Make the account (or take the one that exists with this role) and print its invitation. Raises Unusable or Conflict."""
    now = runtime.now()
    with runtime.transaction() as session:
        account = people.by_email(session, email)
        if account is not None and account.role != role:
            raise Unusable("account.other_role", role=account.role)
        if account is None:
            account = people.create(session, email, name, role, "command", now)
            done = f"Made {account.email} as {role}."
        else:
            done = f"{account.email} exists already; a new link replaces the old one."
        token = people.invite(session, account.id, "command", now)
    echo(done)
    echo(f"Send this link to {account.name}; it works once, for seven days:")
    echo(f"  {runtime.settings.public_url.rstrip('/')}/welcome/{token}")
    if role == "cooperative" and account.organisation_id is None:
        echo("It sees no farmers until it has a group: make a cooperative's account in the portal, under Accounts.")


@click.group()
def account() -> None:
    """People who sign in to the portal."""


@account.command()
@click.argument("email")
@click.option("--role", type=click.Choice(list(ROLES)), required=True)
@click.option("--name", default="", help="How to call them; without it, the part before the @.")
@click.pass_obj
def create(settings: Settings, email: str, role: str, name: str) -> None:
    """Make an account and print the link with which its owner sets a password."""
    upgrade.to_newest(settings.database_url)
    try:
        run(build(settings), email, role, name, click.echo)
    except Unusable as wrong:
        raise click.ClickException(said(wrong.key, **wrong.values)) from wrong
    except Conflict as wrong:
        raise click.ClickException(said(str(wrong))) from wrong
