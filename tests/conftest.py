"""Fixtures: both databases, a moment, real files. Every test that takes `session` or `url` runs on SQLite and on PostgreSQL."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

from core import db
from migrations import upgrade
from tests import servers

DATABASES = ("sqlite", "postgresql")
TEMPLATE = "ensigo_template"


def pytest_configure(config: pytest.Config) -> None:
    """Once, in the process that starts the workers: servers, and one migrated database of each kind to copy."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    servers.prepare()
    folder = Path(tempfile.mkdtemp(prefix="ensigo-templates-"))
    os.environ["ENSIGO_TEST_TEMPLATE"] = str(folder / "template.db")
    upgrade.to_newest(f"sqlite:///{folder / 'template.db'}")
    _server(f"DROP DATABASE IF EXISTS {TEMPLATE}", f"CREATE DATABASE {TEMPLATE}")
    upgrade.to_newest(_postgres_url(TEMPLATE))


def _postgres_url(name: str) -> str:
    return make_url(os.environ["TEST_DATABASE_URL"]).set(database=name).render_as_string(hide_password=False)


def _server(*statements: str) -> None:
    engine = create_engine(
        os.environ["TEST_DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def _fresh(kind: str, folder: Path) -> tuple[str, str]:
    """A database of our own, with the newest schema and no rows: its address and, on PostgreSQL, its name."""
    name = f"ensigo_{uuid.uuid4().hex[:12]}"
    if kind == "sqlite":
        path = folder / f"{name}.db"
        shutil.copy(os.environ["ENSIGO_TEST_TEMPLATE"], path)
        return f"sqlite:///{path}", ""
    _server(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    return _postgres_url(name), name


@pytest.fixture(scope="session", params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sessionmaker[Session]]:
    url, name = _fresh(request.param, tmp_path_factory.mktemp("db"))
    sessions = db.connect(url)
    yield sessions
    sessions.kw["bind"].dispose()
    if name:
        _server(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def session(database: sessionmaker[Session]) -> Iterator[Session]:
    """A session inside a transaction that is rolled back after the test."""
    with database.kw["bind"].connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
        outer.rollback()


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database for this test alone, for code that opens its own transactions and for processes."""
    address, name = _fresh(request.param, tmp_path)
    yield address
    if name:
        _server(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def now() -> datetime:
    """Thursday 12 March 2026, noon in Kampala."""
    return datetime(2026, 3, 12, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real files. Where it is absent the test is skipped and says so; CI fails before it starts."""
    folder = Path(os.environ.get("ENSIGO_DATA", "../shared/data")).resolve()
    if not folder.is_dir():
        pytest.skip(f"real files are absent: {folder} (set ENSIGO_DATA)")
    return folder
