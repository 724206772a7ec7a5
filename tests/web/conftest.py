"""The portal on a database of its own, with a clock that a test moves and a queue that only notes."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from flask import Flask

from jobs.runtime import Runtime
from service.app import create_app
from tests import builders
from tests.builders import Clock
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
