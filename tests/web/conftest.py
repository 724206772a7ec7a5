"""The portal on a database of its own, with a clock that a test moves and a queue that only notes."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from flask import Flask

from jobs.queue import InlineQueue
from jobs.runtime import Runtime
from profiles.models import Farmer, Organisation
from service.app import create_app
from service.bootstrap import build
from tests import builders, market
from tests.builders import Clock
from tests.web.programs import Program, key
from tests.web.visitor import Visitor


@pytest.fixture
def runtime(url: str, now: datetime) -> Iterator[Runtime]:
    built = builders.runtime(url, now)
    yield built
    built.sessions.kw["bind"].dispose()


@pytest.fixture
def clock(runtime: Runtime) -> Clock:
    assert isinstance(runtime.now, Clock)
    return runtime.now


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    return create_app(runtime)


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app)


@pytest.fixture
def real_app(runtime: Runtime) -> Iterator[Flask]:
    """The same database served where texts would go to real phones."""
    secrets = {"at_api_key": "k", "secret_key": "long and random", "callback_secret": "another"}
    settings = builders.settings(runtime.settings.database_url, gateway="africastalking", **secrets)
    built = build(settings, queue=InlineQueue(), now=runtime.now)
    yield create_app(built)
    built.sessions.kw["bind"].dispose()


@pytest.fixture
def lender(runtime: Runtime) -> Organisation:
    with runtime.transaction() as session:
        return market.partner(session, runtime.now())


@pytest.fixture
def farmer(runtime: Runtime) -> Farmer:
    with runtime.transaction() as session:
        return market.farmer(session, runtime.now())


@pytest.fixture
def program(app: Flask, runtime: Runtime, lender: Organisation) -> Program:
    return Program(app.test_client(), key(runtime, lender))
