"""A partner's program with a key: what tests of the API speak through, and what they look at."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from jobs.runtime import Runtime
from profiles import sharing
from profiles.models import Farmer, Organisation
from service.accounts import keys
from tests import market

PEPPER = "development"


OFFER = {
    "kind": "loan",
    "product": "input-2026A",
    "title": "Seed loan",
    "terms": market.LOAN,
    "opens_on": "2026-03-12",
    "closes_on": "2026-04-12",
}


@dataclass
class Program:
    """A partner's program with one key."""

    client: FlaskClient
    key: str

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {self.key}", **headers})

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {self.key}", **named})


def key(runtime: Runtime, by: Organisation, *scopes: str, **values: Any) -> str:
    facts = {"product": "input-2026A", "purpose": "credit"} | values
    with runtime.transaction() as session:
        return keys.create(session, by.id, scopes or tuple(keys.SCOPES), "test", runtime.now(), PEPPER, **facts)


def permit(runtime: Runtime, farmer: Farmer, by: Organisation, *fields: str, days: int = 30) -> None:
    now = runtime.now()
    with runtime.transaction() as session:
        what = (farmer.id, by.id, "credit", "input-2026A", fields or ("name", "crops"))
        sharing.grant(session, *what, "ussd", "test", now, now + timedelta(days=days))


def count(runtime: Runtime, table: Any) -> int:
    with runtime.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def error(answer: TestResponse) -> str:
    """The code of a refusal, whose shape is always the same."""
    body = answer.get_json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "fields", "request_id"}
    assert body["error"]["request_id"] == answer.headers["X-Request-Id"]
    return body["error"]["code"]
