"""Plan, send and record through a gateway on loopback, against one job and one call a farmer, and against the calls alone."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
import rq
from rq.serializers import JSONSerializer
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from bench import country, per_farmer
from bench.country import NOW, timed
from bench.plan import BODIES, plan, waiting
from core import db
from jobs import dispatch
from jobs.runtime import Runtime
from messaging import ways
from messaging.flow_models import Route
from messaging.gateways.africastalking import AfricasTalking
from messaging.models import Batch, Message
from tests import servers
from tests.builders import runtime, settings

LATENCY = 0.06  # seconds, of a gateway that is not on this machine
LOOP = 60  # farmers of the slow way: its rate is what counts


def run(farmers: int) -> None:
    took: dict[str, float] = {}
    with country.database("postgresql") as url, gateway(LATENCY) as address:
        sessions = country.people(url, farmers)
        wire = AfricasTalking("ensigo", "key", base_url=address)
        house = runtime(url, NOW, wire)
        without_a_limit(sessions)
        name = waiting(sessions, "tailored", BODIES)
        with timed(took, "whole"):
            plan(sessions, settings(url), name)
            drain(house)
        with db.reading(sessions) as session:
            sent = session.scalars(select(func.count()).where(Message.fate == "sent")).one()
            batches = [(row.body, row.phones) for row in session.scalars(select(Batch))]
        assert sent == farmers, (sent, farmers)
        with timed(took, "calls"), ThreadPoolExecutor(dispatch.PARALLEL) as pool:
            list(pool.map(lambda one: wire.send(*one, reference="bench"), batches))
        loop(url, address, took)
        sessions.kw["bind"].dispose()
    country.line(f"plan + send + record, {farmers:,} farmers, {LATENCY * 1000:.0f} ms a call", farmers / took["whole"], "texts/s")
    country.line(f"one job and one call a farmer, RQ with forks ({LOOP} of them)", LOOP / took["loop"], "texts/s")
    country.line("ours / one job and one call a farmer (first: 100, then: 500)", farmers / took["whole"] / (LOOP / took["loop"]), "×")
    country.line("the gateway calls alone, 100 phones each, 8 at once", farmers / took["calls"], "texts/s")
    country.line("ours / the gateway calls alone (first: 0.35, then: 0.8)", took["calls"] / took["whole"], "×")


def without_a_limit(sessions: sessionmaker[Session]) -> None:
    """A gateway that takes whatever it is given: the limit of texts a second is not what is measured."""
    with db.transaction(sessions) as session:
        ways.load(session, ["africastalking"], set())
        session.get_one(Route, ("africastalking", "")).per_second = 1_000_000


def drain(house: Runtime) -> None:
    """Dispatch until nothing is queued, as woken jobs would."""
    while True:
        dispatch.dispatch(house)
        with house.reading() as session:
            if not session.scalars(select(func.count()).where(Batch.state != "done")).one():
                return


@contextmanager
def gateway(latency: float) -> Iterator[str]:
    """The fake gateway as a process of its own; its address."""
    with tempfile.TemporaryDirectory(prefix="ensigo-bench-") as folder:
        command = [
            sys.executable,
            "-m",
            "tests.fake_gateway",
            "--port",
            "0",
            "--ledger",
            f"{folder}/ledger",
            "--no-suffixes",
            "--latency",
            str(latency),
        ]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        port = process.stdout.readline().split()[-1] if process.stdout else ""
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        process.wait()


def loop(url: str, address: str, took: dict[str, float]) -> None:
    """The usual way: a job for each recipient on RQ, whose worker forks for each; a row before and a row after."""
    with tempfile.TemporaryDirectory(prefix="ensigo-bench-") as folder:
        process, redis_url = servers.redis_server(Path(folder))
        queue: Any = rq.Queue("bench", connection=redis.Redis.from_url(redis_url), serializer=JSONSerializer)
        with timed(took, "loop"):
            for number in range(LOOP):
                queue.enqueue(per_farmer.send, url, address, f"+25677{number:07d}", result_ttl=0)
            worker = [sys.executable, "-m", "bench.per_farmer", redis_url]
            subprocess.run(worker, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        process.kill()
