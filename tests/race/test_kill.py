"""Killed with -9 at any step, nothing is sent twice and nothing is lost: real processes, a gateway with a ledger of its own."""

import os
import random
import signal
import subprocess
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from content import campaigns
from content.campaigns import Step
from content.schedules import Schedule
from core import clock, db
from core.db import insert_new, new_id
from messaging import claims
from messaging.models import Batch, Message
from profiles import consent
from profiles.audiences import Audience
from profiles.models import Consent, Farmer, Plot
from tests import servers
from tests.builders import district, phone, settings
from tests.data.test_campaigns import template
from tests.fake_gateway import FakeGateway
from tests.processes import children, environment, start, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]
BATCH = 20


def people(url, count):
    """So many farmers who agreed, and a campaign that is due now."""
    sessions = db.connect(url)
    now = clock.now() - timedelta(minutes=1)
    with db.transaction(sessions) as session:
        place = district(session)
        base = {
            "phone_use": None,
            "name": None,
            "sex": None,
            "born": None,
            "place_id": None,
            "contact_id": None,
            "seen_at": None,
            "declined": {},
        }
        rows = [{"id": new_id(now), "number": 1000 + n, "phone": phone(n + 10_000), "language": "en", **base} for n in range(count)]
        insert_new(
            session,
            Farmer,
            [row | {"district_id": place.id, "source": "ussd", "sample": False, "created_at": now} for row in rows],
            Farmer.id,
        )
        plots = {"crop": "maize", "position": 1, "land": None, "planted": None, "planted_on": None}
        insert_new(session, Plot, [{"id": new_id(now), "farmer_id": row["id"], **plots} for row in rows], Plot.id)
        agreed = {
            "organisation_id": None,
            "purpose": consent.SERVICE,
            "how": "ussd",
            "wording": "",
            "at": now,
            "until": None,
            "withdrawn_at": None,
        }
        insert_new(session, Consent, [{"id": new_id(now), "farmer_id": row["id"], **agreed} for row in rows], Consent.id)
        template(session, now, "weed", {"en": "Your ((crop)) is 3 weeks: weed now. ((dial))"})
        zone = settings(url).zone
        made = campaigns.add(session, "weed", "weed", [Step("weed")], Audience(crops=("maize",)), Schedule("day", "12:00"), now, zone)
        campaigns.fire(session, made, now, now, zone, "test")
    return sessions


def the_dead_are_noticed(sessions):
    """What a minute of waiting does: the leases of those who died are over."""
    with db.transaction(sessions) as session:
        session.execute(update(Batch).where(Batch.owner.is_not(None)).values(lease_until=clock.now() - timedelta(days=1)))


def account(sessions, gateway, count):
    """Every phone once at the gateway at most, one row each, and the rows say what happened."""
    accepted = Counter(row.phone for row in gateway.accepted())
    assert gateway.twice() == []
    with db.reading(sessions) as session:
        rows = {row.phone: row for row in session.scalars(select(Message))}
        batches = list(session.scalars(select(Batch)))
    planned = [one for batch in batches if batch.follows is None for one in batch.phones]
    assert sorted(planned) == sorted(set(planned))
    assert len(planned) == count
    assert set(rows) == set(planned)
    assert {batch.state for batch in batches} == {"done"}
    fates = Counter(row.fate for row in rows.values())
    assert set(fates) <= {"sent", "unconfirmed"}, fates
    assert {one for one, row in rows.items() if row.fate == "sent"} <= set(accepted)
    assert set(accepted) <= set(rows)
    return fates


LABELS = [
    ("claim.committed", 2),
    ("submit.before_commit", 3),
    ("submit.committed", 3),
    ("http.received", 3),
    ("result.before_commit", 3),
    ("result.committed", 3),
    ("run.chunk_before_commit", 2),
    ("run.chunk_committed", 2),
]


@pytest.mark.parametrize(("label", "nth"), LABELS, ids=[label for label, _ in LABELS])
def test_a_process_that_dies_at_a_step_doubles_nothing_and_loses_nothing(url, label, nth):
    with FakeGateway(suffixes=False) as gateway:
        sessions = people(url, 300)
        env = environment(url, gateway.url, BATCH_SIZE=str(BATCH))
        assert start(env, "tests.crashing", label, str(nth)).wait(60) == 137
        the_dead_are_noticed(sessions)
        with db.transaction(sessions) as session:
            reap_all(session)
        assert start(env, "tests.crashing").wait(60) == 0
        fates = account(sessions, gateway, 300)
        # What was in the air when it died is in doubt, and nothing else: at most the calls at once, each a batch.
        assert fates["unconfirmed"] <= 8 * BATCH
        if label.startswith("run."):
            assert fates["unconfirmed"] == 0


def reap_all(session):
    while any(claims.reap(session, clock.now())):
        session.flush()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_embedded_process_killed_in_the_middle(url, seed, tmp_path):
    chance, count = random.Random(seed), 2000
    with FakeGateway(suffixes=False) as gateway:
        gateway.mode("ok", latency=0.05)
        sessions = people(url, count)
        env = environment(url, gateway.url, BATCH_SIZE=str(BATCH), PORT=str(20_000 + os.getpid() % 20_000))
        for kill_at in sorted(chance.sample(range(100, count - 400), 3)):
            process = start(env, "service", log=tmp_path / "log")
            wait_until(lambda at=kill_at: len(gateway.accepted()) >= at, 60, (tmp_path / "log").read_text()[-2000:])
            process.kill()
            process.wait()
            the_dead_are_noticed(sessions)
        process = start(env, "service", log=tmp_path / "log")
        try:
            wait_until(lambda: finished(sessions), 90)
        finally:
            process.terminate()
            assert process.wait(30) == 0, "an orderly end"
        fates = account(sessions, gateway, count)
        assert fates["unconfirmed"] <= 3 * 8 * BATCH


def finished(sessions):
    with db.reading(sessions) as session:
        states = set(session.scalars(select(Batch.state).distinct()))
    return states == {"done"}


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("victim", ["horse", "parent", "both"])
def test_workers_killed_in_the_middle(url, victim, tmp_path):
    count = 2000
    redis, redis_url = servers.redis_server(tmp_path)
    running = []
    try:
        with FakeGateway(suffixes=False) as gateway:
            gateway.mode("ok", latency=0.05)
            sessions = people(url, count)
            env = environment(url, gateway.url, BATCH_SIZE=str(BATCH), REDIS_URL=redis_url)
            running += [start(env, "service", "clock", log=tmp_path / "clock"), worker(env, tmp_path), worker(env, tmp_path)]
            for kill_at in (200, 700, 1200):
                wait_until(lambda at=kill_at: len(gateway.accepted()) >= at, 60, "texts at the gateway")
                running.append(kill_one(running[1:], victim, env, tmp_path))
                the_dead_are_noticed(sessions)
            wait_until(lambda: finished(sessions), 120, "every batch done")
            fates = account(sessions, gateway, count)
            assert fates["unconfirmed"] <= 3 * 8 * BATCH
    finally:
        for process in running:
            stop(process)
        redis.kill()


def worker(env, folder):
    return start(env, "service", "worker", log=folder / "worker")


def kill_one(workers, victim, env, folder):
    """Kill -9 a worker that is at work, its child, or both; a new worker takes its place."""
    living = [process for process in workers if process.poll() is None]
    wait_until(lambda: any(children(process.pid) for process in living), 30, "a worker at work")
    parent = next(process for process in living if children(process.pid))
    horses = children(parent.pid)
    if victim in {"horse", "both"}:
        for horse in horses:
            end(horse)
    if victim in {"parent", "both"}:
        end(parent.pid)
        parent.wait()
        wait_until(
            lambda: not any(os.path.exists(f"/proc/{horse}") and not zombie(horse) for horse in horses),
            10,
            "the orphan ends with its parent",
        )
    return worker(env, folder)


def zombie(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def end(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def stop(process: subprocess.Popen):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_an_orderly_stop_leaves_nothing_in_doubt(url, tmp_path):
    """SIGTERM to a worker and its child at once, as a service manager sends it: what is in the air ends, the rest goes back."""
    count = 2000
    redis, redis_url = servers.redis_server(tmp_path)
    running = []
    try:
        with FakeGateway(suffixes=False) as gateway:
            gateway.mode("ok", latency=0.1)
            sessions = people(url, count)
            env = environment(url, gateway.url, BATCH_SIZE=str(BATCH), REDIS_URL=redis_url)
            running += [start(env, "service", "clock", log=tmp_path / "clock")]
            for stop_at in (100, 700):
                running.append(worker(env, tmp_path))
                wait_until(lambda at=stop_at: len(gateway.accepted()) >= at, 60, "texts at the gateway")
                os.killpg(running[-1].pid, signal.SIGTERM)
                running[-1].wait(15)
            with db.reading(sessions) as session:
                assert session.scalars(select(Batch.id).where(Batch.state.in_(["claimed", "submitting"]))).all() == []
            running.append(worker(env, tmp_path))
            wait_until(lambda: finished(sessions), 120, "every batch done")
            assert account(sessions, gateway, count)["unconfirmed"] == 0
    finally:
        for process in running:
            stop(process)
        redis.kill()
