"""The addresses of the partner API, made from its table; its document; and a page to read it on."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template, request
from pydantic import BaseModel
from sqlalchemy.orm import Session

from service.accounts import guard
from service.api import door
from service.api.once import once
from service.api.table import OPERATIONS, Operation

VERSION = "/api/v1"
DOCUMENT = Path(__file__).parent / "openapi.json"
pages = Blueprint("api", __name__, url_prefix=VERSION)
docs = Blueprint("api_docs", __name__)


def _view(operation: Operation) -> Callable[..., Response]:
    def view(**path: Any) -> Response:
        door.needs(operation.scope)
        house, caller = door.runtime(), door.caller()
        body = _body(operation.body)
        given = {**path, "wish": body} if body is not None else path

        def do(session: Session) -> tuple[int, dict[str, Any]]:
            return operation.status, operation.deed(session, house, caller, **given).model_dump(mode="json")

        if not operation.writes:
            with house.reading() as session:
                return _json(*do(session))
        nonce = request.headers.get("Idempotency-Key", "") if operation.method == "POST" else ""
        said = f"{request.method} {request.path}\n".encode() + request.get_data()
        with house.transaction() as session:
            done = once(session, caller.organisation_id, nonce, said, house.now(), partial(do, session))
        return _json(*done)

    return view


def _body(shape: type[BaseModel] | None) -> BaseModel | None:
    """The body, read strictly. Raises ValidationError; anything that is not JSON is refused before."""
    if (request.content_length or 0) > door.MOST_BYTES:
        abort(413)
    if shape is None:
        return None
    if not request.is_json:
        abort(415)
    return shape.model_validate_json(request.get_data())


def _json(status: int, answer: dict[str, Any]) -> Response:
    response: Response = jsonify(answer)
    response.status_code = status
    return response


for _operation in OPERATIONS:
    pages.add_url_rule(_operation.path, _operation.name, _view(_operation), methods=[_operation.method])


@pages.route("/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def nothing(rest: str) -> Response:
    """Any other address: behind the same door, so that a stranger learns nothing of what there is."""
    abort(404)


pages.before_request(door.check)
door.register(pages)


@docs.get(f"{VERSION}/openapi.json")
@guard.anyone
def document() -> Response:
    return Response(DOCUMENT.read_text("utf-8"), mimetype="application/json")


@docs.get("/api/docs")
@guard.anyone
def reading() -> str:
    return render_template("api/docs.html", document=json.loads(DOCUMENT.read_text("utf-8")))
