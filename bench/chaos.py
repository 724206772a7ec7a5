"""What may happen in the lab, written out with its weight; a seed draws what does, and when.

Moments are shares of the texts that the gateway has taken, not seconds: the same seed strikes the same stretch on any machine.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from bench.staff import WORKERS, Staff
from tests.fake_gateway_reports import Habits

# The gateway's moods, for one to three calls: name → weight. Every mode of the fake gateway is here.
MOODS = {
    "accept_then_hang": 2,
    "accept_then_500": 3,
    "accept_then_reset": 3,
    "accept_then_drop": 2,
    "hang_then_drop": 1,
    "refuse": 2,
    "throttle": 1,
    "500": 1,
    "503": 1,
    "half_headers": 1,
    "truncated_body": 2,
    "invalid_json": 1,
    "html_200": 2,
    "redirect": 2,
    "charset_json": 1,
    "drip_body": 1,
    "drip_headers": 1,
    "missing": 3,
    "doubled": 2,
    "reordered": 2,
    "unknown_code": 1,
    "no_id": 1,
    "empty_balance": 2,
    "invalid_sender": 1,
    "nobody": 1,
}
# Moods after which a text may be in doubt: the answer never came, or did not say. The others are answers that say what happened.
DOUBTFUL = set(MOODS) - {"refuse", "throttle", "charset_json", "doubled", "reordered", "empty_balance", "invalid_sender"}

# How reports come until the next such event; each over the share of them that the lab lets get lost anyway.
REPORTS: dict[str, tuple[int, dict[str, Any]]] = {
    "early": (2, {"early": True}),
    "late": (1, {"delay": 4.0}),
    "doubled": (2, {"double": 0.5}),
    "reversed": (2, {"reverse": 0.5}),
    "lost": (1, {"lose": 1.0}),
}
PLAIN: dict[str, Any] = {"delay": 0.2, "double": 0.0, "reverse": 0.0, "early": False}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something done to a process or a server. `doubt`: how many processes may have calls in the air that nobody will record.

    `sleeps`: seconds that a process may have slept between its last look and its call.
    """

    weight: int
    where: str  # "sqlite", "postgresql"
    doubt: int
    do: Callable[[Staff, random.Random], object]
    sleeps: int = 0
    fewest: int = 0  # farmers: what takes a minute is for long runs


def a_worker(chance: random.Random) -> str:
    return chance.choice(["worker", *(f"worker{number}" for number in range(2, WORKERS + 1))])


NAP, LEASE_AND_MORE = 3, 66  # seconds
FAULTS = {
    "kill -9 of the embedded process": Fault(8, "sqlite", 1, lambda staff, _: staff.kill("everything")),
    "the embedded process stopped and continued": Fault(4, "sqlite", 1, lambda staff, _: staff.sleep("everything", NAP), NAP),
    "the embedded process stopped past its leases": Fault(
        1, "sqlite", 1, lambda staff, _: staff.sleep("everything", LEASE_AND_MORE), 0, 20_000
    ),
    "kill -9 of a worker": Fault(4, "postgresql", 1, lambda staff, chance: staff.kill(a_worker(chance))),
    "kill -9 of a worker's child": Fault(4, "postgresql", 1, lambda staff, chance: staff.kill_child(a_worker(chance))),
    "kill -9 of the urgent worker": Fault(1, "postgresql", 0, lambda staff, _: staff.kill("urgent")),
    "kill -9 of the clock": Fault(1, "postgresql", 0, lambda staff, _: staff.kill("clock")),
    "kill -9 of the web processes": Fault(1, "postgresql", 0, lambda staff, _: staff.kill("web")),
    "kill -9 of one web process": Fault(1, "postgresql", 0, lambda staff, _: staff.kill_child("web")),
    "a worker stopped and continued": Fault(2, "postgresql", 1, lambda staff, chance: staff.sleep(a_worker(chance), NAP), NAP),
    "a worker stopped past its leases": Fault(
        1, "postgresql", 1, lambda staff, chance: staff.sleep(a_worker(chance), LEASE_AND_MORE), 0, 20_000
    ),
    "Redis killed and started empty": Fault(3, "postgresql", WORKERS, lambda staff, _: staff.empty_redis(1)),
    "Redis stopped and continued": Fault(2, "postgresql", WORKERS, lambda staff, _: staff.hang_redis(3)),
    "PostgreSQL stopped at once and started": Fault(
        3, "postgresql", WORKERS, lambda staff, chance: staff.stop_database(chance.choice([0, 2, 5]))
    ),
    "every connection to PostgreSQL cut": Fault(3, "postgresql", WORKERS, lambda staff, _: staff.cut_connections()),
    "the gateway gone and back": Fault(2, "sqlite", 1, lambda staff, _: staff.restart_gateway(2)),
    "the gateway away and back": Fault(2, "postgresql", WORKERS, lambda staff, _: staff.restart_gateway(2)),
}
SHARES = {"mood": 6, "reports": 2, "fault": 5}  # how often each kind is drawn


@dataclass(frozen=True, slots=True)
class Event:
    """When (texts taken), how it is told, and how many processes it may leave in doubt."""

    at: int
    says: str
    kind: str
    name: str
    calls: int
    doubt: int = 0


def draw(seed: int, kind: str, farmers: int, how_many: int) -> list[Event]:
    """What will happen in this run, in the order of its moments: at least one of each kind. Pure."""
    chance = random.Random(seed)
    moments = sorted(chance.sample(range(farmers // 50, farmers * 9 // 10), how_many))
    kinds = [*SHARES, *chance.choices(list(SHARES), list(SHARES.values()), k=how_many - len(SHARES))]
    chance.shuffle(kinds)
    return [_event(chance, at, drawn, kind, farmers) for at, drawn in zip(moments, kinds, strict=True)]


def _event(chance: random.Random, at: int, drawn: str, database: str, farmers: int) -> Event:
    if drawn == "mood":
        name, calls = _one(chance, MOODS), chance.randint(1, 3)
        return Event(at, f"the gateway: {name}, {calls} calls", drawn, name, calls)
    if drawn == "reports":
        name = _one(chance, {name: weight for name, (weight, _) in REPORTS.items()})
        return Event(at, f"reports: {name}", drawn, name, 0)
    possible = {name: fault.weight for name, fault in FAULTS.items() if fault.where == database and farmers >= fault.fewest}
    name = _one(chance, possible)
    return Event(at, name, drawn, name, 0, FAULTS[name].doubt)


def _one(chance: random.Random, weighted: dict[str, int]) -> str:
    return chance.choices(list(weighted), list(weighted.values()))[0]


def happen(event: Event, staff: Staff, usual: Habits, seed: int) -> None:
    """Do it. What a mood or a habit changes stays until the next of its kind."""
    if event.kind == "mood":
        staff.gateway.mode(event.name, event.calls)
    elif event.kind == "reports":
        staff.gateway.habits = replace(usual, **(PLAIN | REPORTS[event.name][1]))
    else:
        FAULTS[event.name].do(staff, random.Random(f"{seed}:{event.at}"))


def names() -> list[str]:
    """Everything that may happen, by its name in the document."""
    return [*MOODS, *REPORTS, *FAULTS]
