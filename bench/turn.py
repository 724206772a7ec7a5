"""A USSD turn as the gateway asks for it, over HTTP: ours, a bare Flask route, and the same turn written the usual way, round by round."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median, quantiles
from subprocess import Popen

from sqlalchemy import text
from sqlalchemy.orm import Session

from bench import callers, country
from bench.callers import Answered
from content import weather
from content.models import Market, Price
from content.sources.open_meteo import Day
from core import clock, db
from core.db import new_id
from profiles import spelling
from profiles.models import PlaceName
from tests import processes
from tests.builders import settings

ROUNDS, CALLS = 7, 110  # of each side in turn; dial-ins in a round, a few hundred turns
WORKERS = 2
SECRET = processes.SECRETS["CALLBACK_SECRET"]
PORT = 21_000 + os.getpid() % 10_000
# side → its port, where it is asked, and what gunicorn loads beside our own
APPS = {"bare": "bench.usual:bare()", "usual": "bench.usual:create_app()"}
SIDES = {"ours": (PORT, f"/at/{SECRET}/ussd"), "bare": (PORT + 1, "/ussd"), "usual": (PORT + 2, "/ussd")}
GUNICORN = ("--workers", str(WORKERS), "--worker-class", "sync", "--max-requests", "5000", "--no-control-socket")


@dataclass
class Measured:
    """`cpu`: milliseconds of CPU a turn, of each round."""

    cpu: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    turns: Counter[str] = field(default_factory=Counter)


def run(farmers: int) -> None:
    with country.database("postgresql") as url:
        sessions = country.people(url, farmers)
        with db.transaction(sessions) as session:
            session.execute(text("SELECT setval('farmer_numbers', (SELECT max(number) FROM farmers))"))  # those who join come after
            today(session, url)
        sessions.kw["bind"].dispose()
        with served(url) as masters:
            measured = {side: Measured() for side in SIDES}
            for number in range(ROUNDS + 1):
                for place, side in enumerate(SIDES):
                    calls = callers.calls(farmers, CALLS, seed=number, strangers=(number * len(SIDES) + place) * CALLS)
                    before = cpu(masters[side])
                    answers = callers.ring(*SIDES[side], calls)
                    took = cpu(masters[side]) - before
                    if side != "bare":
                        callers.check(answers)
                    if number:  # the first warms up
                        note(measured[side], answers, took)
    told(farmers, measured)


def note(into: Measured, answers: list[Answered], took: float) -> None:
    into.cpu.append(took / len(answers) * 1000)
    into.seconds += [one.seconds for one in answers]
    into.turns.update(one.kind for one in answers)


def told(farmers: int, measured: dict[str, Measured]) -> None:
    turns = measured["ours"].turns
    shares = ", ".join(f"{kind} {count / turns.total():.0%}" for kind, count in turns.most_common())
    print(f"  {farmers:,} farmers, {WORKERS} sync workers, {turns.total():,} turns of each side in {ROUNDS} rounds: {shares}")
    for side, one in measured.items():
        p = quantiles(one.seconds, n=100)
        country.line(f"{side}: CPU of the web processes a turn, median of the rounds", median(one.cpu), "ms")
        print(f"    answered within {p[49] * 1000:.1f} ms (p50), {p[98] * 1000:.1f} ms (p99)")
    ours = measured["ours"].cpu
    country.line("ours / bare (first: 2.5, then: 1.3), median", median(map(float.__truediv__, ours, measured["bare"].cpu)), "×")
    country.line("ours / the usual way (first: 0.4), median", median(map(float.__truediv__, ours, measured["usual"].cpu)), "×")
    country.line("the usual way / bare, median", median(map(float.__truediv__, measured["usual"].cpu, measured["bare"].cpu)), "×")


@contextmanager
def served(url: str) -> Iterator[dict[str, int]]:
    """The three sides, each with its own gunicorn: side → the process that all its workers are children of."""
    env = processes.environment(url, "http://127.0.0.1:9", REDIS_URL=os.environ["TEST_REDIS_URL"], WEB_CONCURRENCY=str(WORKERS))
    started: dict[str, Popen[bytes]] = {}
    try:
        started["ours"] = processes.start(env, "service", "web", "--host", "127.0.0.1", "--port", str(PORT))
        for side, app in APPS.items():
            started[side] = processes.start(env, "gunicorn", "--bind", f"127.0.0.1:{SIDES[side][0]}", *GUNICORN, app)
        for port, path in SIDES.values():
            processes.wait_until(lambda port=port, path=path: callers.reachable(port, path), 60, f"{path} answers")
        yield {side: process.pid for side, process in started.items()}
    finally:
        for process in started.values():
            process.terminate()
            process.wait(30)


def cpu(master: int) -> float:
    """CPU seconds of a process, of its living children, and of those that it has buried (Linux)."""
    return _ticks(master, 4) + sum(_ticks(child, 2) for child in processes.children(master))


def _ticks(pid: int, how_many: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return sum(map(int, fields[11 : 11 + how_many])) / os.sysconf("SC_CLK_TCK")


def today(session: Session, url: str) -> None:
    """What there is to tell: every district is found by its name, has a market with fresh prices, and a forecast."""
    now = clock.now()
    house = settings(url)
    day = clock.day(now, house.zone)
    ids = range(1, country.DISTRICTS + 1)
    country.put(session, PlaceName, ({"key": spelling.fold(f"District {n}"), "place_id": n} for n in ids))
    country.put(session, Market, map(market, ids))
    quoted = [(n, crop, ago) for n in ids for crop in ("maize", "beans") for ago in (1, 3, 6)]
    country.put(session, Price, (price(n, crop, day - timedelta(days=ago), now) for n, crop, ago in quoted))
    ahead = [Day(day + timedelta(days=on), 20 * on, Decimal(3 * on), Decimal(17), Decimal(29), 3) for on in range(5)]
    weather.store(session, weather.OPEN_METEO, dict.fromkeys(ids, ahead), now, house.zone)


def market(n: int) -> dict[str, object]:
    where = {"district_id": n, "latitude": 0.5 + n / 100, "longitude": 31.0}
    return {"id": n, "code": f"bench:{n}", "name": f"Market {n}", "selling": True, "sample": False, **where}


def price(n: int, crop: str, day: object, now: object) -> dict[str, object]:
    said = {
        "kind": "trader",
        "unit": "kg",
        "day": day,
        "monthly": False,
        "amount": Decimal(1_000 + n % 90),
        "currency": "UGX",
        "reports": 4,
    }
    state = {"estimated": False, "source": "bench", "state": "published", "why": None, "decided_by": None, "decided_at": None}
    return {"id": new_id(clock.now()), "market_id": n, "commodity": crop, **said, **state, "created_at": now}
