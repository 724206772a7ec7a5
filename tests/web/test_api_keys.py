"""The door of the partner API: whose key it is, what it opens, when it opens nothing, and how often it may knock."""

import itertools
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core.db import new_id
from core.errors import Unusable
from jobs.runtime import Runtime
from profiles.models import Organisation
from service.accounts import keys
from service.accounts.models import ApiKey
from service.api.table import OPERATIONS
from tests.builders import Clock
from tests.web.programs import PEPPER, Program, error, key


def test_a_key_says_whose_it_is(program: Program) -> None:
    me = program.get("/me").get_json()
    assert (me["organisation"], me["product"], me["purpose"]) == ("Kiganda SACCO", "input-2026A", "credit")


def test_only_a_hash_of_a_key_is_kept(runtime: Runtime, program: Program) -> None:
    with runtime.reading() as session:
        (row,) = session.scalars(select(ApiKey))
    assert program.key.startswith(row.id + "_")
    assert program.key.removeprefix(row.id + "_") not in str(vars(row))
    assert program.key not in repr(row)


def wrong_keys(whole: str) -> Iterator[str]:
    yield from ("", "Bearer", "Bearer ", f"Basic {whole}", f"Bearer {whole[:-1]}", f"Bearer {whole}x", f"Bearer {whole[:16]}")
    yield from (f"Bearer {whole[:-1]}{'a' if whole[-1] != 'a' else 'b'}", f"Bearer pk_live_00000000_{'x' * 43}", "Bearer " + "é" * 30)
    yield f"Bearer {'x' * 5000}"


def test_anything_but_a_live_key_is_one_and_the_same_401(program: Program) -> None:
    seen = set()
    for given, path in itertools.product(wrong_keys(program.key), ("/me", "/profiles/1000-0", "/nothing/here", "/offers")):
        answer = program.client.get(f"/api/v1{path}", headers={"Authorization": given})
        assert (answer.status_code, error(answer)) == (401, "unauthorised"), given
        seen.add(answer.get_json()["error"]["message"])
    assert len(seen) == 1


def test_a_key_that_was_revoked_or_has_run_out_opens_nothing(
    runtime: Runtime, clock: Clock, program: Program, lender: Organisation
) -> None:
    short = Program(program.client, key(runtime, lender, days=1))
    assert short.get("/me").status_code == 200
    clock.forward(days=1)
    assert short.get("/me").status_code == 401
    with runtime.transaction() as session:
        keys.revoke(session, program.key[:16], "test", runtime.now())
    assert program.get("/me").status_code == 401


def test_a_key_in_an_address_is_refused_though_it_is_a_good_one(program: Program) -> None:
    for query in (f"?key={program.key}", f"?access_token={program.key}", f"?q={program.key}"):
        assert (program.get(f"/me{query}").status_code, error(program.get(f"/me{query}"))) == (400, "key_in_address")


def address(path: str) -> str:
    return path.replace("<uuid:id>", str(new_id(datetime.fromisoformat("2026-03-12T09:00+00:00")))).replace("<code>", "1000-0")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_each_address_asks_for_its_own_scope_and_no_other_opens_it(
    app: Flask, runtime: Runtime, lender: Organisation, operation: Any
) -> None:
    path = address(operation.path)
    for scope in keys.SCOPES:
        one = Program(app.test_client(), key(runtime, lender, scope))
        answer = one.get(path) if operation.method == "GET" else one.post(path, {})
        if operation.scope in (None, scope):
            assert answer.status_code != 403 or operation.name == "profile"
        else:
            assert (answer.status_code, error(answer)) == (403, "forbidden"), scope


def test_the_sixty_first_request_in_a_minute_is_429_for_that_key_alone(runtime: Runtime, program: Program, lender: Organisation) -> None:
    answers = [program.get("/me").status_code for _ in range(61)]
    assert answers == [200] * 60 + [429]
    assert error(program.get("/me")) == "slow_down"
    assert Program(program.client, key(runtime, lender)).get("/me").status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [{"scopes": ()}, {"scopes": ("everything",)}, {"days": 366}, {"days": 0}, {"product": None}, {"purpose": "marketing"}],
)
def test_a_key_that_would_open_too_much_is_not_made(runtime: Runtime, lender: Organisation, wrong: dict[str, Any]) -> None:
    facts = {"scopes": ("profiles:read",), "days": 30, "product": "p", "purpose": "credit"} | wrong
    with runtime.transaction() as session, pytest.raises(Unusable):
        keys.create(session, lender.id, facts.pop("scopes"), "test", runtime.now(), PEPPER, **facts)
