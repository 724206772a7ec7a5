"""The OpenAPI document and its page: current, whole, and nothing from elsewhere."""

from flask import Flask

from service.api import openapi
from service.api.pages import DOCUMENT
from service.api.table import OPERATIONS


def test_the_document_is_current() -> None:
    """When this fails: python -m service.api.openapi > service/api/openapi.json"""
    assert DOCUMENT.read_text("utf-8") == openapi.written()


def test_the_document_names_every_address_and_every_model_that_it_uses(app: Flask) -> None:
    answer = app.test_client().get("/api/v1/openapi.json")
    document = answer.get_json()
    assert document["openapi"] == "3.1.0"
    assert sum(len(methods) for methods in document["paths"].values()) == len(OPERATIONS)
    used = {part.split('"')[0] for part in answer.get_data(as_text=True).split("#/components/schemas/")[1:]}
    assert used <= set(document["components"]["schemas"])


def test_the_page_for_readers_needs_no_key_and_nothing_from_elsewhere(app: Flask) -> None:
    page = app.test_client().get("/api/docs")
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert all(path in text for path in ("/api/v1/profiles/{code}", "/api/v1/consent-requests", "Idempotency-Key"))
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "https://" not in text
