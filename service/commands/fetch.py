"""`fetch weather`: ask the live source now. `fetch prices` has no live source yet, and says so."""

import click

from content.sources import open_meteo
from content.sources.open_meteo import OpenMeteo
from core.settings import Settings
from jobs import weather as job
from jobs.runtime import Runtime
from jobs.weather import Asked
from service.bootstrap import build

FAILED, LATER = 1, 2


@click.group()
def fetch() -> None:
    """Ask the live sources."""


@fetch.command()
@click.option("--from", "address", default=open_meteo.LIVE, show_default=True, help="another address of the same service")
@click.option("--anyway", is_flag=True, help="also where the last answer still holds")
@click.pass_context
def weather(context: click.Context, address: str, anyway: bool) -> None:
    """Forecasts for all districts where farmers are; 1 when a question went unanswered."""
    settings: Settings = context.obj
    context.exit(run(build(settings, works=True), address, anyway))


@fetch.command()
@click.pass_context
def prices(context: click.Context) -> None:
    """Not yet."""
    click.echo("fetch prices: not yet (load prices FILE reads a file)", err=True)
    context.exit(LATER)


def run(runtime: Runtime, address: str, anyway: bool) -> int:
    """Ask, say what came of each question, and give the exit code."""
    source = OpenMeteo(runtime.settings.weather_user_agent, address)
    asked = job.gather(runtime, source, anyway=anyway, told=lambda one: click.echo(said(one), err=bool(one.wrong)))
    if not asked:
        click.echo("Nothing to ask: no farmers yet, or every forecast still holds (--anyway asks all the same).")
    return FAILED if any(one.wrong for one in asked) else 0


def said(one: Asked) -> str:
    """One line about one question."""
    if one.wrong:
        return f"{one.districts} districts: {one.wrong}"
    return f"{one.districts} districts: " + ("nothing has changed" if one.days is None else f"{one.days} days of forecast")
