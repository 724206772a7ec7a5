"""Open-Meteo's daily forecast for several places in one question: asked politely, read strictly, every failure by its own name.

The only code that speaks to https://open-meteo.com. It takes no session: what it should remember goes in and comes out.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from content.sources import wire
from content.sources.wire import Answer, NoAnswer
from core.errors import EnsigoError

NAME = "open-meteo"
LIVE = "https://api.open-meteo.com"
PATH = "/v1/forecast"
DAYS = 7
DEADLINE = 30.0  # seconds, all in all
FAR = 1.0  # degrees: further off, the answer is about another place

# Ours → Open-Meteo's name, its unit, the least and the most that can be true.
VARIABLES = {
    "rain_chance": ("precipitation_probability_max", "%", 0, 100),
    "rain_mm": ("precipitation_sum", "mm", 0, 2000),
    "low": ("temperature_2m_min", "°C", -60, 60),
    "high": ("temperature_2m_max", "°C", -60, 60),
    "code": ("weather_code", "wmo code", 0, 99),
}
WHOLE = ("rain_chance", "code")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place to ask about, under an id of ours."""

    id: int
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Day:
    """What is expected of one local day; None where the source does not know. Millimetres, degrees Celsius, per cent."""

    day: date
    rain_chance: int | None
    rain_mm: Decimal | None
    low: Decimal | None
    high: Decimal | None
    code: int | None


@dataclass(frozen=True, slots=True)
class Said:
    """The answer. `days` by place, None where nothing has changed since `etag` or `modified`; `fresh_for`: not to be asked before."""

    days: Mapping[int, tuple[Day, ...]] | None
    etag: str | None
    modified: str | None
    fresh_for: timedelta


class NoForecast(EnsigoError):
    """The question was not answered. `code` tells the kinds apart; `wait`: how long the source asks us to wait."""

    def __init__(self, code: str, says: str, wait: timedelta | None = None) -> None:
        super().__init__(f"{code}: {says}")
        self.code, self.says, self.wait = code, says, wait


class OpenMeteo:
    """One address. Raises Misconfigured for one that is neither https nor on this machine."""

    name = NAME

    def __init__(self, user_agent: str, base_url: str = LIVE, deadline: float = DEADLINE) -> None:
        self._url, self._deadline = wire.checked(base_url) + PATH, deadline
        self._agent = user_agent.encode("latin-1", "replace").decode("latin-1").replace("\r", " ").replace("\n", " ").strip()

    def ask(self, spots: Sequence[Spot], zone: str, etag: str | None = None, modified: str | None = None) -> Said:
        """The next days in the local days of `zone`. Raises NoForecast."""
        params = {
            "latitude": ",".join(f"{spot.latitude:.4f}" for spot in spots),
            "longitude": ",".join(f"{spot.longitude:.4f}" for spot in spots),
            "daily": ",".join(name for name, *_ in VARIABLES.values()),
            "timezone": zone,
            "forecast_days": str(DAYS),
        }
        headers = {"User-Agent": self._agent, "Accept": "application/json"}
        headers |= {"If-None-Match": etag} if etag else {}
        headers |= {"If-Modified-Since": modified} if modified else {}
        try:
            answer = wire.get(self._url, params, headers, self._deadline)
        except NoAnswer as wrong:
            raise NoForecast(wrong.code, "no answer that can be read") from wrong
        if answer.status == 304 and (etag or modified):
            return Said(None, etag, modified, _fresh_for(answer))
        if answer.status != 200:
            raise _refused(answer)
        days = read(answer.body, spots)
        return Said(days, answer.headers.get("ETag"), answer.headers.get("Last-Modified"), _fresh_for(answer))


def read(body: bytes, spots: Sequence[Spot]) -> dict[int, tuple[Day, ...]]:
    """The days of every place in a body. Raises NoForecast for whatever is not as the source's description says."""
    try:
        # NaN is no JSON, but some servers write it: it means what null means.
        told = json.loads(body, parse_constant=lambda _name: None)
    except (ValueError, RecursionError) as wrong:
        raise NoForecast("not_json", f"{len(body)} bytes that are no JSON") from wrong
    each = told if isinstance(told, list) else [told]
    if len(each) != len(spots):
        raise NoForecast("places", f"asked for {len(spots)} places, answered for {len(each)}")
    return {spot.id: _days(one, spot) for one, spot in zip(each, spots, strict=True)}


def _days(one: Any, spot: Spot) -> tuple[Day, ...]:
    daily, units = _table(one, "daily"), _table(one, "daily_units")
    for axis, asked in (("latitude", spot.latitude), ("longitude", spot.longitude)):
        if abs(_number(one.get(axis), axis, -180, 180) - Decimal(str(asked))) > FAR:
            raise NoForecast("places", f"the answer is about another place: {axis} {one[axis]}, asked for {asked}")
    times = _list(daily, "time")
    columns = {}
    for ours, (name, unit, least, most) in VARIABLES.items():
        if units.get(name) != unit:
            raise NoForecast("units", f"{name} is in {units.get(name)!r}, not {unit!r}")
        values = _list(daily, name)
        if len(values) != len(times):
            raise NoForecast("lengths", f"{len(values)} values of {name} for {len(times)} days")
        columns[ours] = [None if value is None else _number(value, name, least, most) for value in values]
    dates = [_date(time) for time in times]
    if len(set(dates)) != len(dates):
        raise NoForecast("values", "one day stands there twice")
    return tuple(_day(day, {ours: column[index] for ours, column in columns.items()}) for index, day in enumerate(dates))


def _day(day: date, values: dict[str, Decimal | None]) -> Day:
    whole = {ours: None if (value := values.pop(ours)) is None else round(value) for ours in WHOLE}
    cent = {ours: None if value is None else value.quantize(Decimal("0.01")) for ours, value in values.items()}
    return Day(day, whole["rain_chance"], cent["rain_mm"], cent["low"], cent["high"], whole["code"])


def _table(one: Any, name: str) -> dict[str, Any]:
    if not isinstance(one, dict) or not isinstance(one.get(name), dict):
        raise NoForecast("keys", f"there is no {name}")
    table: dict[str, Any] = one[name]
    return table


def _list(daily: dict[str, Any], name: str) -> list[Any]:
    values = daily.get(name)
    if not isinstance(values, list):
        raise NoForecast("keys", f"there is no list of {name}")
    return values


def _number(value: Any, name: str, least: int, most: int) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise NoForecast("values", f"{name} cannot be {str(value)[:20]!r}")
    return Decimal(str(value))


def _date(time: Any) -> date:
    try:
        return date.fromisoformat(time)
    except (TypeError, ValueError) as wrong:
        raise NoForecast("values", f"{str(time)[:20]!r} is no day") from wrong


def _refused(answer: Answer) -> NoForecast:
    """A status that is no forecast: whose fault, and what the source gave as its reason."""
    if answer.status == 429:
        return NoForecast("too_many", "asked too often", _wait(answer))
    if 400 <= answer.status < 500:
        return NoForecast("refused", f"{answer.status}: {_reason(answer.body)}")
    if answer.status >= 500:
        return NoForecast("their_fault", f"{answer.status}", _wait(answer))
    return NoForecast("unexpected", f"{answer.status}, which is no forecast")


def _reason(body: bytes) -> str:
    try:
        told = json.loads(body)
    except ValueError:
        return "no reason given"
    reason = told.get("reason") if isinstance(told, dict) else None
    return str(reason)[:200] if reason else "no reason given"


def _fresh_for(answer: Answer) -> timedelta:
    """How long an answer holds: Cache-Control's word goes before Expires'."""
    for part in answer.headers.get("Cache-Control", "").lower().split(","):
        name, _, seconds = part.strip().partition("=")
        if name == "max-age" and seconds.isascii() and seconds.isdigit():
            return timedelta(seconds=int(seconds[:7]))
    return _until(answer, "Expires") or timedelta(0)


def _wait(answer: Answer) -> timedelta | None:
    seconds = answer.headers.get("Retry-After", "")
    return timedelta(seconds=int(seconds[:7])) if seconds.isascii() and seconds.isdigit() else _until(answer, "Retry-After")


def _until(answer: Answer, header: str) -> timedelta | None:
    """From the answer's own date to a date in a header, so that neither clock need be right."""
    try:
        moments = [parsedate_to_datetime(answer.headers[name]) for name in (header, "Date")]
    except (KeyError, TypeError, ValueError):
        return None
    until, sent = (moment if moment.tzinfo else moment.replace(tzinfo=UTC) for moment in moments)
    return max(timedelta(0), until - sent)
