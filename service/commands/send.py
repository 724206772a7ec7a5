"""Fire a campaign now, or see first who would get what and what it would cost."""

from datetime import datetime, time
from typing import Any

import click
from sqlalchemy.orm import Session

from content import campaigns, fields, placeholders, planning, templates
from content.fields import Context
from content.models import Campaign
from core import clock
from core.settings import Settings
from jobs.runtime import Runtime
from messaging import gsm
from profiles import audiences
from service.bootstrap import build


@click.command()
@click.argument("campaign")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="as if it were this day")
@click.option("--dry-run", is_flag=True, help="audience, bodies and parts; nothing is sent")
@click.pass_obj
def send(settings: Settings, campaign: str, day: datetime | None, dry_run: bool) -> None:
    """Fire CAMPAIGN now. A second time for the same moment adds nothing."""
    runtime = build(settings, works=True)
    moment = clock.at(day.date(), time(12), settings.zone) if day else runtime.now().replace(second=0, microsecond=0)
    if dry_run:
        with runtime.reading() as session:
            rehearse(session, campaigns.by_code(session, campaign), moment, runtime)
        return
    with runtime.transaction() as session:
        chosen = campaigns.by_code(session, campaign)
        made = campaigns.fire(session, chosen, moment, runtime.now(), settings.zone, "command", settings.quiet)
    click.echo(f"{len(made)} broadcast(s) made." if made else "Nothing new: this moment was fired before.")


def rehearse(session: Session, campaign: Campaign, moment: datetime, runtime: Runtime) -> None:
    """Print each step's audience, every body with its parts, and how many nobody has anything to say to."""
    for step in campaign.steps:
        version = templates.published(session, templates.by_code(session, step["template"]).id)
        if version is None:
            click.echo(f"{step['template']}: no published version")
            continue
        audience = audiences.from_json(campaign.audience)
        if step["weeks"] is not None:
            days = campaigns.days_covered(campaign, moment, runtime.settings.zone)
            audience = audiences.planted_weeks_ago(audience, step["weeks"], clock.day(moment, runtime.settings.zone), days)
        names = sorted({name for body in version.bodies.values() for name in placeholders.names(body)})
        depends = fields.depends(names)
        counted = planning.people(session, audience, runtime.now(), depends - {fields.FARMER})
        click.echo(f"{step['template']} version {version.number}: {sum(counted.values())} farmers")
        context = Context(session, runtime.settings, clock.day(moment, runtime.settings.zone), now=moment)
        for cell, count in sorted(counted.items(), key=lambda one: -one[1]):
            _say(cell, count, planning.render(version, cell, context), version.bodies)


def _say(cell: fields.Cell, count: int, body: str | None, bodies: dict[str, Any]) -> None:
    shown = body or (
        "(each body is written for one person)" if any("((name))" in one for one in bodies.values()) else "(nothing true to say: not sent)"
    )
    parts = f"{gsm.parts(body)} part(s), {gsm.septets(body)} characters" if body else ""
    click.echo(f"  {count:>6}  {cell.language:<4} {parts}\n          {shown}")
