"""The OpenAPI 3.1 document, made from the table and the models: python -m service.api.openapi prints it."""

import json
import re
import sys
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service.api import shapes
from service.api.door import ANSWERS, HTTP
from service.api.table import OPERATIONS, Operation, arguments

REF = "#/components/schemas/{model}"
SAYS = (
    "For organisations that work with farmers on Ensigo. A farmer's data is shown only while she permits it: "
    "ask with a consent request, read her profile until the permission ends, delete what you read after data_life_days. "
    "Money is in minor units of its currency."
)


def document() -> dict[str, Any]:
    """The whole document as plain data."""
    models: list[type[BaseModel]] = [shapes.Refusal, *(one.answer for one in OPERATIONS), *(one.body for one in OPERATIONS if one.body)]
    _, schemas = models_json_schema([(model, "validation") for model in dict.fromkeys(models)], ref_template=REF)
    paths: dict[str, Any] = {}
    for one in OPERATIONS:
        paths.setdefault("/api/v1" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", one.path), {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ensigo partner API", "version": "1.0.0", "description": SAYS},
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "pk_live_…, in the header and nowhere else"}},
        },
    }


def _operation(one: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.says,
        "description": f"Scope: {one.scope}." if one.scope else "Any key.",
        "parameters": _parameters(one),
        "responses": {str(one.status): _content("Done", one.answer.__name__), **_refusals(one)},
    }
    if one.body is not None:
        found["requestBody"] = {"required": True, **_content("", one.body.__name__)}
        del found["requestBody"]["description"]
    return found


def _parameters(one: Operation) -> list[dict[str, Any]]:
    found = [{"name": name, "in": "path", "required": True, "schema": schema} for name, schema in arguments(one).items()]
    if one.method == "POST":
        says = "A repeat with the same key and body within a day is answered as the first was."
        schema = {"type": "string", "maxLength": 100}
        found.append({"name": "Idempotency-Key", "in": "header", "required": False, "description": says, "schema": schema})
    return found


def _refusals(one: Operation) -> dict[str, Any]:
    says = {status: message for status, (_, message) in HTTP.items()} | {status: message for status, _, message in ANSWERS.values()}
    wanted = [400, 401, 429, 503] + ([403] if one.scope else []) + ([404, 409] if "id" in arguments(one) else [])
    wanted += [409, 413, 415, 422] if one.body else []
    says[422] = "Something in the body cannot be used; the message says what to do."
    return {str(status): _content(says[status], "Refusal") for status in sorted(set(wanted))}


def _content(says: str, model: str) -> dict[str, Any]:
    return {"description": says, "content": {"application/json": {"schema": {"$ref": REF.format(model=model)}}}}


def written() -> str:
    return json.dumps(document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(written())
