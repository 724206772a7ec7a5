"""`demo`: the sample country into this database, step by step; refused where real farmers are or real phones could be reached."""

from collections.abc import Callable
from datetime import datetime

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from content import sample_campaigns, sample_prices, sample_weather
from core import clock, money
from core.errors import Conflict, Misconfigured
from core.settings import Settings
from jobs.runtime import Runtime
from linkage import sample_applications, sample_partners
from messaging import sample_flow, suppressions
from migrations import upgrade
from profiles import farmer_files, organisations, places, sample_facts, sample_rows
from profiles.models import Farmer
from service import demo_accounts
from service.accounts import people
from service.bootstrap import build

SIMULATOR = "simulator"


def _places(session: Session, now: datetime, settings: Settings) -> str:
    new = places.seed(session)
    return f"{len(places.children(session, None, 'district'))} districts and cities, {new} places new"


def _people(session: Session, now: datetime, settings: Settings) -> str:
    made = sample_rows.make(session, now)
    for phone in made.stops:
        suppressions.stop(session, phone, "sms", now)
    stopped = f", {len(made.stops)} said STOP" if made.new else ", there already"
    return f"{made.farmers:,} farmers in {made.groups} groups{stopped}"


def _duplicates(session: Session, now: datetime, settings: Settings) -> str:
    group = organisations.by_code(session, sample_facts.GROUPS[0].code)
    report = farmer_files.take(session, sample_rows.duplicates(session), "a second list", group, now)
    return f"{report.rows} rows, of which {report.known} were recognised and {report.added} added"


def _prices(session: Session, now: datetime, settings: Settings) -> str:
    made = sample_prices.seed(session, now)
    return f"{made.markets} markets, {made.prices:,} prices and {made.held} odd ones for a person are new"


def _weather(session: Session, now: datetime, settings: Settings) -> str:
    made = sample_weather.seed(session, now, settings.zone)
    return f"{made} made-up forecasts are new; only the simulator tells them"


def _campaigns(session: Session, now: datetime, settings: Settings) -> str:
    return f"{sample_campaigns.seed(session, now, settings.zone)} campaigns of made-up advice and prices"


def _partners(session: Session, now: datetime, settings: Settings) -> str:
    made = sample_partners.seed(session, now, settings.zone)
    refused = ", ".join(f"{name} ({why})" for name, why in made.refused.items())
    return f"{made.partners} partners, {made.published} offers published" + (f"; refused: {refused}" if refused else "")


def _sign_ins(session: Session, now: datetime, settings: Settings) -> str:
    return ", ".join(f"{email} ({role})" for email, _, role in demo_accounts.seed(session, now)) + f"; password: {demo_accounts.PASSWORD}"


def _applications(session: Session, now: datetime, settings: Settings) -> str:
    partner = people.by_email(session, demo_accounts.PARTNER)
    by = f"account:{partner.id}" if partner else sample_partners.ACTOR
    made = sample_applications.seed(session, by, now, settings.zone, settings.ussd_code)
    return f"{made} farmers asked for {sample_partners.SAMPLES[0].title}" if made else "there already"


def _money(session: Session, now: datetime, settings: Settings) -> str:
    group = organisations.by_code(session, sample_facts.GROUPS[0].code)
    days = sample_flow.seed(session, clock.day(now, settings.zone), money.CURRENCIES[settings.country], [f"organisation:{group.id}"])
    return f"3 budgets; {days} days of made-up spend are new"


# What the sample country is made of, in order. Each step puts in what is missing and says what it found.
STEPS: tuple[tuple[str, Callable[[Session, datetime, Settings], str]], ...] = (
    ("places", _places),
    ("people", _people),
    ("a list sent twice", _duplicates),
    ("prices", _prices),
    ("weather", _weather),
    ("campaigns", _campaigns),
    ("partners", _partners),
    ("sign-ins", _sign_ins),
    ("applications", _applications),
    ("money", _money),
)


def run(runtime: Runtime, echo: Callable[[str], object]) -> None:
    """Do all steps in one transaction and print what they made. A second run changes nothing but adds the prices of new days.

    Raises Misconfigured unless the simulator is the only gateway, Conflict where real farmers are and no samples: those who
    register on the browser phone of a sample country live beside it.
    """
    if tuple(runtime.gateways) != (SIMULATOR,):
        raise Misconfigured("the sample country is carried by the simulator alone: set GATEWAY=simulator")
    now = runtime.now()
    with runtime.transaction() as session:
        if _anybody(session, sample=False) and not _anybody(session, sample=True):
            raise Conflict("this database holds real farmers: the sample country needs one of its own (DATABASE_URL)")
        lines = [f"{name}: {step(session, now, runtime.settings)}" for name, step in STEPS]
    for line in lines:
        echo(line)


def _anybody(session: Session, sample: bool) -> bool:
    return session.scalars(select(Farmer.id).where(Farmer.sample.is_(sample)).limit(1)).first() is not None


@click.command()
@click.pass_obj
def demo(settings: Settings) -> None:
    """Load the sample country. Refused on a database that holds real farmers."""
    upgrade.to_newest(settings.database_url)
    run(build(settings), click.echo)
