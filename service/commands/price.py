"""`price MARKET COMMODITY [--on DAY]`: what a farmer would be told, in each language, and why this and nothing else."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import click
from sqlalchemy.orm import Session

from content import commodities, languages, markets, price_texts, told
from content.price_texts import amount_said
from content.told import Candidate, Told
from core import clock, money
from jobs.runtime import Runtime
from profiles import crops, places, spelling
from service.bootstrap import build

SHOWN, EXAMPLES = 12, 4  # candidates listed one by one; of each reason to leave one out
TOLD, NOTHING_FRESH, UNKNOWN = 0, 1, 2  # exit codes


class Unknown(Exception):
    """A name that we do not know; the message suggests others."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A price that somebody asks for, as a farmer of this district would."""

    crop: str
    district_id: int
    district: str
    day: date
    currency: str


def run(runtime: Runtime, place: str, commodity: str, echo: Callable[[str], Any], on: date | None = None) -> int:
    """Print it through `echo`. `place` is a market or a district, `on` a local day (today). Gives the exit code.

    0: a price is told · 1: nothing is fresh · 2: a name is not known.
    """
    day = on or clock.day(runtime.now(), runtime.settings.zone)
    with runtime.reading() as session:
        try:
            asked = _asked(session, place, commodity, day, money.CURRENCIES.get(runtime.settings.country, "UGX"))
        except Unknown as wrong:
            echo(str(wrong))
            return UNKNOWN
        choice = told.price(session, asked.crop, asked.district_id, day, asked.currency)
        since = None if choice else told.last(session, asked.crop, asked.district_id, day, asked.currency)
        for line in _said(asked, choice, since, runtime.settings.ussd_code):
            echo(line)
        for line in _why(asked, told.considered(session, asked.crop, asked.district_id, day), choice):
            echo(line)
    return TOLD if choice else NOTHING_FRESH


def _asked(session: Session, place: str, commodity: str, day: date, currency: str) -> Asked:
    crop = _crop(commodity)
    found = markets.find(session, place)
    exact = [market for market in found if spelling.fold(markets.spoken(market.name)) == spelling.fold(place)]
    districts = places.find(session, place)
    if districts and spelling.fold(districts[0].name) == spelling.fold(place):
        return Asked(crop, districts[0].id, districts[0].name, day, currency)
    for market in exact or (found if len(found) == 1 else []):
        if market.district_id is None:
            raise Unknown(f"The market {market.name} lies in no district yet: load places, then the prices again.")
        return Asked(crop, market.district_id, places.get(session, market.district_id).name, day, currency)
    if len(districts) == 1 and not found:
        return Asked(crop, districts[0].id, districts[0].name, day, currency)
    like = [*(market.name for market in found), *(district.name for district in districts), *markets.like(session, place)]
    raise Unknown(_unknown("market or district", place, list(dict.fromkeys(like))))


def _crop(typed: str) -> str:
    known = commodities.BY_CODE.get(commodities.code(typed))
    crop = crops.find(typed)
    if known is None and crop is None:
        raise Unknown(_unknown("crop", typed, [each.code for each in crops.like(typed)] or [each.code for each in crops.CROPS]))
    return known.crop if known is not None else crop.code  # type: ignore[union-attr]


def _unknown(what: str, typed: str, like: list[str]) -> str:
    return f"We know no {what} called {typed!r}." + (f" Did you mean {', '.join(like)}?" if like else "")


def _said(asked: Asked, choice: Told | None, since: Told | None, ussd_code: str) -> Iterator[str]:
    yield f"A farmer in {asked.district} who asks for {asked.crop} on {asked.day.isoformat()} is told:"
    for language in languages.offered():
        said = price_texts.sentence(choice, asked.crop, language.code, ussd_code, since)
        yield f"  {language.code:4}{said}  [{len(said)}]"


def _why(asked: Asked, candidates: list[Candidate], choice: Told | None) -> Iterator[str]:
    """The candidates in the order in which they would be told, then what was left out, by reason."""
    may: list[Candidate] = []
    left: list[tuple[Candidate, str]] = []
    for each in candidates:
        reason = told.left_out(each, asked.day, asked.currency)
        if reason is None:
            may.append(each)
        else:
            left.append((each, reason))
    yield "Why:"
    if choice is not None:
        yield f"  told: {_line(may[0])}, {_what_kind(choice)}"
        yield "  its checks: possible for its unit, near its own series and the other markets, or approved by a person"
        yield "  the order: her own district, then the nearest; there traders, farm gate, wholesale, shops; then the newest"
    else:
        yield "  nothing is fresh: a daily price is told for 7 days, a monthly one for its month and 45 days"
    for each in may[1:SHOWN]:
        yield f"  could be told next: {_line(each)}"
    if len(may) > SHOWN:
        yield f"  and {len(may) - SHOWN} more that are further away"
    yield from _left_out(left)


def _left_out(left: list[tuple[Candidate, str]]) -> Iterator[str]:
    """By reason, the reason that stands nearest to her first."""
    groups: dict[str, list[tuple[Candidate, str]]] = {}
    for each, reason in left:
        groups.setdefault(reason.partition(":")[0], []).append((each, reason))
    for group, members in groups.items():
        yield f"  left out, {group}: {len(members)}"
        yield from (f"    {_line(each)}: {reason}" for each, reason in members[:EXAMPLES])


def _what_kind(choice: Told) -> str:
    return "said as the shop price, never as what she will be paid" if choice.kind == price_texts.SHOP else f"kind {choice.kind}"


def _line(each: Candidate) -> str:
    when = f"{each.day:%Y-%m}" if each.monthly else each.day.isoformat()
    where = "" if each.distance_km == 0 else f" ({each.distance_km:.0f} km)" if each.distance_km is not None else " (how far is unknown)"
    mark = ", estimated" if each.estimated else ""
    return f"{each.market}{where}, {each.commodity}, {each.kind}, {when}, {each.currency} {amount_said(each.amount)} per {each.unit}{mark}"


@click.command()
@click.argument("market")
@click.argument("commodity")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="as it would have been told on this day")
@click.pass_context
def price(context: click.Context, market: str, commodity: str, day: datetime | None) -> None:
    """What a farmer would be told of COMMODITY at MARKET (or in that district), and why."""
    context.exit(run(build(context.obj), market, commodity, click.echo, day.date() if day else None))
