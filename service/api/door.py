"""The door of the partner API: the key in the Authorization header, its scope, the rate limit, and one shape for every refusal."""

import hashlib
from collections.abc import Callable
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from pydantic import ValidationError
from sqlalchemy.exc import DatabaseError, TimeoutError
from werkzeug.exceptions import HTTPException

from core.errors import Conflict, Forbidden, NotFound, Unusable
from jobs.runtime import Runtime
from service.accounts import keys
from service.accounts.keys import Caller
from service.api.words import said

log = structlog.get_logger(__name__)
A_MINUTE, A_MINUTE_AN_ADDRESS = "60 per minute", "600 per minute"
MOST_BYTES = 65_536
IN_ADDRESS = ("key", "api_key", "apikey", "token", "access_token", "authorization")
# What is wrong → status, code, sentence. A missing thing and another's are alike; so are a farmer who is not there and one who said no.
ANSWERS: dict[type[Exception], tuple[int, str, str]] = {
    NotFound: (404, "not_found", "There is nothing at this address, or it is not yours."),
    Forbidden: (403, "forbidden", "This key may not do that."),
    Conflict: (409, "conflict", "Somebody was first, or this has moved on."),
    DatabaseError: (503, "try_again", "The service does not answer just now. Try again in a minute."),
    TimeoutError: (503, "try_again", "The service does not answer just now. Try again in a minute."),
}
HTTP = {
    400: ("not_understood", "The request could not be read."),
    401: ("unauthorised", "Send a live key: Authorization: Bearer pk_live_…"),
    404: ("not_found", "There is nothing at this address, or it is not yours."),
    405: ("not_allowed", "This address does not take that kind of request."),
    413: ("too_large", "What was sent is too large."),
    415: ("not_json", "Send JSON, with Content-Type: application/json."),
    429: ("slow_down", "At most 60 requests a minute for each key."),
}


class Unauthorised(Exception):
    """No live key."""


class KeyInAddress(Exception):
    """A key where every log on the way keeps it."""


def limit(app: Flask, pages: Blueprint) -> None:
    """Count requests by what the Authorization header holds, so that nobody can use up another's; and by address."""
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://", headers_enabled=True)
    limiter.limit(A_MINUTE, key_func=_bearer)(pages)
    limiter.limit(A_MINUTE_AN_ADDRESS)(pages)
    # It hangs itself on every request of the application; a dial-in pays more for that than for its own form.
    every: tuple[Any, ...] = (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs)
    for hooks in every:
        hooks.setdefault(pages.name, []).insert(0, hooks[None].pop())


def _bearer() -> str:
    return hashlib.sha256(request.headers.get("Authorization", "").encode("utf-8", "surrogatepass")).hexdigest()


def runtime() -> Runtime:
    found: Runtime = current_app.extensions["runtime"]
    return found


def check() -> None:
    """Before every request. Raises KeyInAddress, Unauthorised."""
    if any(name.casefold() in IN_ADDRESS or "pk_live_" in value for name, value in request.args.items()):
        raise KeyInAddress
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    house = runtime()
    now = house.now()
    with house.reading() as session:
        caller = keys.who(session, given.strip(), now, house.settings.secret_key.get_secret_value())
    if caller is None or kind.casefold() != "bearer":
        raise Unauthorised
    g.caller = caller
    if caller.used_at is None or caller.used_at < now - keys.SEEN_EVERY:
        with house.transaction() as session:
            keys.seen(session, caller.key_id, now)


def caller() -> Caller:
    found: Caller = g.caller
    return found


def needs(scope: str | None) -> None:
    """Raises Forbidden where the key is not for this."""
    if scope is not None and scope not in caller().scopes:
        raise Forbidden(scope)


def refuse(status: int, code: str, message: str, fields: list[str] | None = None) -> Response:
    body = {"error": {"code": code, "message": message, "fields": fields or [], "request_id": g.get("request_id", "")}}
    response: Response = jsonify(body)
    response.status_code = status
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def register(pages: Blueprint) -> None:
    """Every error of this blueprint becomes JSON of one shape."""
    for kind, answer in ANSWERS.items():
        pages.register_error_handler(kind, _answering(*answer))
    pages.register_error_handler(Unauthorised, _answering(401, *HTTP[401]))
    pages.register_error_handler(
        KeyInAddress, _answering(400, "key_in_address", "A key never stands in an address. Send the header, and have this key revoked.")
    )
    pages.register_error_handler(Unusable, lambda wrong: refuse(422, wrong.key, said(wrong.key, **wrong.values)))
    pages.register_error_handler(ValidationError, _invalid)
    pages.register_error_handler(HTTPException, _http)
    pages.register_error_handler(Exception, _unexpected)


def _answering(status: int, code: str, message: str) -> Callable[[Any], Response]:
    return lambda _error: refuse(status, code, message)


def _invalid(wrong: ValidationError) -> Response:
    """Which fields, and why; never what was sent."""
    faults = [f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in wrong.errors()[:20]]
    return refuse(422, "unusable", "Some fields cannot be used.", faults)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    code, message = HTTP.get(status, ("refused", error.name))
    answer = refuse(status, code, message)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def _unexpected(error: Exception) -> Response:
    log.exception("the API failed", exc_info=error)
    return refuse(500, "sorry", "Something went wrong on our side. Tell the operator the request_id.")
