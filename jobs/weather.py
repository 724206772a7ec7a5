"""Forecasts for the districts where farmers are, fifty to a question: whose turn ▮, the source ☁, what it said ▮."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from content import fetches
from content import weather as forecasts
from content.fetches import Turn
from content.sources.open_meteo import LIVE, NAME, NoForecast, OpenMeteo, Said, Spot
from core import incidents
from core.settings import Settings
from jobs.runtime import Runtime

log = structlog.get_logger(__name__)
CHUNK = 50  # districts to a question
NAMELESS = Settings.model_fields["weather_user_agent"].default


class Source(Protocol):
    """Who can be asked. Raises NoForecast."""

    name: str

    def ask(self, spots: Sequence[Spot], zone: str, etag: str | None = None, modified: str | None = None) -> Said: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of one question. `days`: forecasts kept, None where nothing had changed; `wrong`: why there is no answer."""

    districts: int
    days: int | None = None
    wrong: str = ""


def weather(runtime: Runtime, address: str = LIVE) -> None:
    """The clock's way: ask where it is time, as soon as WEATHER_USER_AGENT says who asks. Until then no network is used.

    With a real gateway an operator is told that farmers hear no weather for want of it.
    """
    settings = runtime.settings
    if settings.weather_user_agent.strip() not in ("", NAMELESS):
        _tell_operator(runtime, False)
        gather(runtime, OpenMeteo(settings.weather_user_agent, address))
    elif settings.gateways != (forecasts.SIMULATOR,):
        _tell_operator(runtime, True)


def _tell_operator(runtime: Runtime, nameless: bool) -> None:
    with runtime.transaction() as session:
        if nameless:
            says = "No weather is fetched: set WEATHER_USER_AGENT to a name and a contact of yours, which weather services ask for."
            incidents.open_(session, "weather.nameless", NAME, says, runtime.now())
        else:
            incidents.close(session, "weather.nameless", NAME, runtime.now())


def gather(runtime: Runtime, source: Source, *, anyway: bool = False, told: Callable[[Asked], None] = lambda asked: None) -> list[Asked]:
    """Ask about every district with farmers whose forecast is due, one question after the other; with `anyway` about all."""
    with runtime.reading() as session:
        spots = forecasts.spots(session)
    chunks = {_subject(chunk): chunk for chunk in (spots[at : at + CHUNK] for at in range(0, len(spots), CHUNK))}
    with runtime.transaction() as session:
        fetches.forget(session, source.name, list(chunks))
    made = []
    for subject, chunk in chunks.items():
        if runtime.stopping.is_set():
            break
        with runtime.transaction() as session:
            turn = fetches.claim(session, source.name, subject, runtime.now(), anyway=anyway)
        if turn is None:
            continue
        made.append(_ask(runtime, source, turn, chunk))
        told(made[-1])
    return made


def _subject(chunk: Sequence[Spot]) -> str:
    """What a question is about, so that what the source gave us to repeat it is never sent with another."""
    return "districts:" + ",".join(str(spot.id) for spot in chunk)


def _ask(runtime: Runtime, source: Source, turn: Turn, chunk: Sequence[Spot]) -> Asked:
    try:
        said = source.ask(chunk, runtime.settings.timezone, turn.etag, turn.modified)
    except NoForecast as wrong:
        log.warning("no forecast", source=source.name, code=wrong.code, says=wrong.says, districts=len(chunk))
        with runtime.transaction() as session:
            fetches.failed(session, source.name, turn.subject, str(wrong), wrong.wait, runtime.now())
        return Asked(len(chunk), wrong=str(wrong))
    now, days = runtime.now(), None
    with runtime.transaction() as session:
        if said.days is None:
            forecasts.confirm(session, source.name, [spot.id for spot in chunk], now)
        else:
            days = forecasts.store(session, source.name, said.days, now, runtime.settings.zone)
        fetches.answered(session, source.name, turn.subject, said.etag, said.modified, said.fresh_for, now)
    return Asked(len(chunk), days)
