"""The command line: python -m service [command]; with no word, everything in this process.

Commands are loaded by name, so that a web process need not load Alembic, the gateway's package or APScheduler.
"""

import importlib
import sys

import click
from pydantic import ValidationError

from core.errors import EnsigoError, Misconfigured
from core.settings import Settings

# word → module of service/commands and the click command in it
COMMANDS = {
    "serve": "everything:serve",
    "web": "processes:web",
    "worker": "processes:worker",
    "clock": "processes:clock",
    "migrate": "schema:migrate",
    "demo": "demo:demo",
    "load": "load:load",
    "price": "price:price",
    "send": "send:send",
    "account": "account:account",
    "doctor": "doctor:doctor",
    "fetch": "fetch:fetch",
    "partner": "partner:partner",
    "key": "key:key",
    "backup": "not_yet:backup",
    "restore": "not_yet:restore",
    "verify": "not_yet:verify",
    "export": "not_yet:export",
    "erase": "not_yet:erase",
}
USAGE, FAILED = 2, 1


class Commands(click.Group):
    """Loads a command when it is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(f"service.commands.{module}"), name)
        return command


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """Ensigo: weather, prices, advice and market linkage for smallholders over SMS and USSD.

    With no command: the web server, the worker threads and the clock in this one process.
    """
    context.obj = Settings()
    if context.invoked_subcommand is None:
        everything = main.get_command(context, "serve")
        if everything is not None:
            everything.main([], obj=context.obj, standalone_mode=False)


def run() -> int:
    """The exit code: 0 done, 1 something went wrong, 2 the command or a setting is wrong."""
    try:
        return main.main(standalone_mode=False) or 0
    except ValidationError as wrong:
        for fault in wrong.errors():
            click.echo(f"{'.'.join(map(str, fault['loc'])).upper()}: {fault['msg']}", err=True)
        return USAGE
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except Misconfigured as wrong:
        click.echo(f"Misconfigured: {wrong}", err=True)
        return USAGE
    except EnsigoError as wrong:
        click.echo(f"{type(wrong).__name__}: {wrong}", err=True)
        return FAILED


if __name__ == "__main__":
    sys.exit(run())
