"""Metrics: read from the tables, kept for a few seconds, closed without the token, of nobody; and what the document says of them."""

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event

from core import heartbeats, incidents
from jobs.runtime import Runtime
from messaging import budgets, dial_failures, money, suppressions, switches
from messaging.classes import MessageClass
from messaging.gateway import Fate
from service import metrics
from service.app import create_app
from tests import builders
from tests.builders import Clock, answered

DOCUMENT = Path(__file__).parents[2] / "docs" / "operate.md"
Found = dict[tuple[str, tuple[str, ...]], float]


@pytest.fixture
def client(runtime: Runtime) -> FlaskClient:
    return create_app(runtime).test_client()


def scrape(client: FlaskClient) -> Found:
    """(name, the values of its labels) → value."""
    families = text_string_to_metric_families(client.get("/metrics").get_data(as_text=True))
    return {
        (sample.name.removeprefix("ensigo_"), tuple(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in families
        for sample in family.samples
    }


def test_what_stands_in_the_tables_is_what_is_measured(client: FlaskClient, runtime: Runtime, clock: Clock) -> None:
    now = runtime.now()
    with runtime.transaction() as session:
        for number in range(1, 4):
            farmer = builders.farmer(session, now, number)
            builders.text(session, runtime, farmer, klass=MessageClass.NOTICE)
        suppressions.stop(session, builders.phone(1), "sms", now)
        budgets.put(session, money.HOUSE, money.DAY, Decimal(100), "UGX", "test", now)
        heartbeats.beat(session, heartbeats.CLOCK, now)
        incidents.open_(session, "test", "x", "says", now)
        dial_failures.note(session, "64110", now)
    runtime.gateway.fates[builders.phone(2)] = answered(builders.phone(2), Fate.UNCONFIRMED)  # type: ignore[attr-defined]
    builders.settle(runtime)
    with runtime.transaction() as session:
        builders.text(session, runtime, builders.phone(9), klass=MessageClass.NOTICE)
        switches.turn_off(session, "class:offer", "wrong price", "test", now)
    clock.forward(minutes=3)
    found = scrape(client)
    wanted = {
        ("oldest_due_seconds", ("2",)): 180,
        ("oldest_due_seconds", ("1",)): 0,
        ("batches", ("2", "queued")): 1,
        ("in_the_air", ("simulator",)): 0,
        ("paused", ("class",)): 1,
        ("unconfirmed_waiting", ()): 1,
        ("messages", ("sent", "15m")): 1,
        ("messages", ("unconfirmed", "1h")): 1,
        ("messages", ("suppressed", "1h")): 1,
        ("suppressed", ("stop",)): 1,
        ("budget_used_ratio", ("house", "day")): 0,
        ("ussd_turns", ()): 1,
        ("ussd_errors", ()): 1,
        ("clock_tick_age_seconds", ()): 180,
        ("incidents_open", ()): 1,
        ("jobs_failed", ()): 0,
        ("database_up", ()): 1,
        ("spool_bytes", ()): 0,
    }
    assert {key: found.get(key) for key in wanted} == wanted
    assert any(name.startswith("process_") for name, _ in found)


def test_a_scrape_within_five_seconds_asks_nothing_of_the_database(client: FlaskClient, runtime: Runtime, clock: Clock) -> None:
    asked: list[str] = []
    event.listen(runtime.sessions.kw["bind"], "before_cursor_execute", lambda *given: asked.append(given[2]))
    client.get("/metrics")
    first = len(asked)
    clock.forward(seconds=4)
    client.get("/metrics")
    assert len(asked) == first > 0
    clock.forward(seconds=1)
    client.get("/metrics")
    assert len(asked) == 2 * first


def test_with_a_token_only_who_bears_it_reads(runtime: Runtime) -> None:
    settings = builders.settings(runtime.settings.database_url, metrics_token="tomatoes")
    house = builders.build(settings, gateways=runtime.gateways, queue=runtime.queue, now=runtime.now)
    client = create_app(house).test_client()
    for given in ({}, {"Authorization": "Bearer tomato"}, {"Authorization": "tomatoes"}, {"Authorization": "Bearer tomätoes"}):
        answer = client.get("/metrics", headers=given)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), given
        assert b"ensigo" not in answer.data
    assert client.get("/metrics", headers={"Authorization": "Bearer tomatoes"}).status_code == 200
    house.sessions.kw["bind"].dispose()


def test_nothing_of_anybody_stands_in_a_label(client: FlaskClient, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        farmer = builders.farmer(session, runtime.now(), 1, name="Sarah Nakato")
        builders.text(session, runtime, farmer, "Dear Sarah", klass=MessageClass.NOTICE)
    number = builders.phone(1)
    runtime.gateway.fates[number] = answered(number, Fate.REFUSED, code=f"{number} Sarah")  # type: ignore[attr-defined]
    builders.settle(runtime)
    told = client.get("/metrics").get_data(as_text=True)
    assert 'fate="refused",window="1h"} 1.0' in told
    for word in (number, number[4:], "Sarah", "Dear"):
        assert word not in told, word


def test_a_database_that_is_gone_is_said_and_not_an_error(client: FlaskClient, runtime: Runtime, clock: Clock) -> None:
    engine = runtime.sessions.kw["bind"]

    def refuse(*_: object) -> None:
        raise engine.dialect.dbapi.OperationalError("the server is gone")

    event.listen(engine, "before_cursor_execute", refuse)
    found = scrape(client)
    event.remove(engine, "before_cursor_execute", refuse)
    assert found["database_up", ()] == 0
    assert ("batches", ("2", "queued")) not in found
    clock.forward(seconds=5)
    assert scrape(client)["database_up", ()] == 1


def test_every_metric_stands_in_the_document_and_no_other() -> None:
    written = set(re.findall(r"`(ensigo_[a-z0-9_]+)(?:\{[a-z,]+\})?`", DOCUMENT.read_text()))
    assert written == set(metrics.NAMES)
    labels = dict(re.findall(r"`(ensigo_[a-z0-9_]+)\{([a-z,]+)\}`", DOCUMENT.read_text()))
    ours = {f"ensigo_{one.name}": ",".join(one.labels) for one in metrics.GAUGES if one.labels}
    ours |= {f"ensigo_{name}": ",".join(names) for name, (_, names) in metrics.OTHERS.items() if names}
    assert labels == ours


def test_every_metric_that_is_named_is_given(client: FlaskClient) -> None:
    given = set(re.findall(r"# TYPE (ensigo_\w+)", client.get("/metrics").get_data(as_text=True)))
    assert given == set(metrics.NAMES) - {"ensigo_redis_up"}


def test_kept_is_not_believed_when_the_clock_went_back(client: FlaskClient, clock: Clock, runtime: Runtime) -> None:
    client.get("/metrics")
    clock.forward(hours=-1)
    with runtime.transaction() as session:
        incidents.open_(session, "test", "x", "says", runtime.now() - timedelta(minutes=1))
    assert scrape(client)["incidents_open", ()] == 1
