"""What a program sends to the API: repeats done once, bodies that cannot be used, one shape for every refusal."""

import json
import threading

import pytest
from flask import Flask

from jobs.runtime import Runtime
from linkage.models import Offer
from tests import market
from tests.builders import Clock
from tests.web.programs import OFFER, Program, count, error


def test_a_repeat_with_the_same_key_is_answered_as_the_first_and_makes_nothing(runtime: Runtime, clock: Clock, program: Program) -> None:
    first, again = program.post("/offers", OFFER, Idempotency_Key="a1"), program.post("/offers", OFFER, Idempotency_Key="a1")
    assert (first.status_code, again.status_code, first.get_json()) == (201, 201, again.get_json())
    other = program.post("/offers", {**OFFER, "title": "Another"}, Idempotency_Key="a1")
    assert (other.status_code, error(other), count(runtime, Offer)) == (409, "conflict", 1)
    assert program.post("/offers", OFFER, Idempotency_Key="x" * 10_000).status_code == 422
    refused = {**OFFER, "title": "Ŋ"}
    assert [program.post("/offers", refused, Idempotency_Key="b").status_code for _ in range(2)] == [422, 422]
    assert program.post("/offers", OFFER, Idempotency_Key="b").status_code == 201
    clock.forward(hours=25)
    assert program.post("/offers", OFFER, Idempotency_Key="a1").status_code == 201
    assert count(runtime, Offer) == 3


def test_ten_at_once_with_one_key_make_one_offer(app: Flask, runtime: Runtime, program: Program) -> None:
    answers: list[tuple[int, str]] = []

    def go() -> None:
        answer = Program(app.test_client(), program.key).post("/offers", OFFER, Idempotency_Key="same")
        answers.append((answer.status_code, answer.get_data(as_text=True)))

    threads = [threading.Thread(target=go) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(answers), len(set(answers)), count(runtime, Offer)) == (10, 1, 1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"kind": "loan"}',
        json.dumps({**OFFER, "is_admin": True}).encode(),
        json.dumps({**OFFER, "terms": {**market.LOAN, "tenant_id": 1}}).encode(),
        json.dumps({**OFFER, "kind": "cover"}).encode(),
        json.dumps({**OFFER, "capacity": -1}).encode(),
        json.dumps({**OFFER, "closes_on": "2026-03-01"}).encode(),
        json.dumps({**OFFER, "eligibility": {"districts": ["Atlantis"]}}).encode(),
        json.dumps({**OFFER, "terms": {**market.LOAN, "amount": 1e308}}).encode(),
        json.dumps({**OFFER, "terms": {**market.LOAN, "rate": "NaN"}}).encode(),
        json.dumps({**OFFER, "title": "a\x00b"}).encode(),
        b"[" * 50_000,
        b"\xff\xfe",
    ],
)
def test_a_body_that_cannot_be_used_is_422_and_never_ours_to_be_sorry_for(runtime: Runtime, program: Program, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {program.key}", "Content-Type": "application/json"}
    answer = program.client.post("/api/v1/offers", data=body, headers=headers)
    assert answer.status_code == 422
    assert error(answer)
    assert count(runtime, Offer) == 0


def test_other_types_methods_sizes_and_addresses_are_refused_in_the_same_shape(program: Program) -> None:
    header = {"Authorization": f"Bearer {program.key}"}
    assert program.client.post("/api/v1/offers", data={"kind": "loan"}, headers=header).status_code == 415
    big = program.client.post("/api/v1/offers", data=b"x" * 70_000, headers={**header, "Content-Type": "application/json"})
    assert (big.status_code, error(big)) == (413, "too_large")
    assert error(program.get("/nothing")) == "not_found"
    assert error(program.get("/offers/not-a-uuid/publish")) == "not_found"
