"""Files into the database, each with a row-by-row account; loading twice changes nothing."""

from pathlib import Path

import click

from jobs.runtime import Runtime
from service.bootstrap import build
from service.commands import load_farmers, load_places, load_prices

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
dry_run = click.option("--dry-run", is_flag=True, help="say what would happen; change nothing")
as_json = click.option("--json", "as_json", is_flag=True, help="the account as JSON")


@click.group()
def load() -> None:
    """Load places, prices or farmers from files."""


@load.command()
@click.argument("folder", type=FOLDER)
@dry_run
@as_json
@click.pass_context
def places(context: click.Context, folder: Path, dry_run: bool, as_json: bool) -> None:
    """The six files of a country's places: regions to villages."""
    context.exit(load_places.run(_runtime(context), folder, dry_run, as_json, click.echo))


@load.command()
@click.argument("file", type=FILE)
@click.option("--mapping", type=FILE, help="a TOML file that names other columns")
@dry_run
@as_json
@click.pass_context
def prices(context: click.Context, file: Path, mapping: Path | None, dry_run: bool, as_json: bool) -> None:
    """Market prices in the format of WFP. A dry run on SQLite holds the writer for some seconds."""
    context.exit(load_prices.run(_runtime(context), file, click.echo, mapping, dry_run, as_json))


@load.command()
@click.argument("file", type=FILE)
@click.option("--group", required=True, help="the group's code; its members are these farmers")
@dry_run
@as_json
@click.pass_context
def farmers(context: click.Context, file: Path, group: str, dry_run: bool, as_json: bool) -> None:
    """A member list, CSV or XLSX. Nobody on it is texted before they were told and agreed."""
    context.exit(load_farmers.run(_runtime(context), file, group, dry_run, as_json, click.echo))


@load.command(context_settings={"ignore_unknown_options": True}, help="Not yet.")
@click.argument("rest", nargs=-1)
@click.pass_context
def calendar(context: click.Context, rest: tuple[str, ...]) -> None:
    click.echo("load calendar: not yet", err=True)
    context.exit(2)


def _runtime(context: click.Context) -> Runtime:
    return build(context.obj, works=True)
