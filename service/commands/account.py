"""The command `account create`: an account from the command line, and the link with which its owner sets a password."""

from collections.abc import Callable

from core.errors import Unusable
from jobs.runtime import Runtime
from service.accounts import people
from service.portal.words import said


def run(runtime: Runtime, email: str, role: str, name: str, echo: Callable[[str], None]) -> None:
    """Make the account (or take the one that exists) and print its invitation. Raises Unusable with words already filled in."""
    now = runtime.now()
    with runtime.transaction() as session:
        account = people.by_email(session, email)
        if account is not None and account.role != role:
            raise Unusable("account.other_role", role=account.role)
        if account is None:
            account = people.create(session, email, name, role, "command", now)
            echo(f"Made {account.email} as {role}.")
        else:
            echo(f"{account.email} exists already; a new link replaces the old one.")
        token = people.invite(session, account.id, "command", now)
    echo(f"Send this link to {account.name}; it works once, for seven days:")
    echo(f"  {runtime.settings.public_url.rstrip('/')}/welcome/{token}")
    if role == "cooperative" and account.organisation_id is None:
        echo("Choose its group in the portal under Accounts: until then it sees no farmers.")


def explain(wrong: Unusable) -> str:
    """What to tell the person at the terminal."""
    return said(wrong.key, **wrong.values)
