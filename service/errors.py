"""From what is wrong to what is answered over HTTP: one table, for pages; callbacks have their own words."""

import uuid

import structlog
from flask import Flask, Response, make_response, render_template
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException

from core.errors import Conflict, Forbidden, NotFound, Unusable

log = structlog.get_logger(__name__)

ANSWERS: dict[type[Exception], tuple[int, str, str]] = {
    NotFound: (404, "Not found", "There is nothing at this address, or it is not yours to see."),
    Forbidden: (403, "Not allowed", "Your role does not allow this. Ask an administrator if it should."),
    Conflict: (409, "Already done", "Somebody was first, or this has moved on. Go back and look at it as it stands now."),
    Unusable: (400, "Not understood", "Something in the form could not be used. Go back and correct it."),
    OperationalError: (503, "Back in a moment", "The database does not answer just now. Nothing is lost; try again in a minute."),
    InterfaceError: (503, "Back in a moment", "The database does not answer just now. Nothing is lost; try again in a minute."),
    TimeoutError: (503, "Busy", "Too many people at once. Try again in a minute."),
}
HTTP = {
    400: ("Not understood", "The form had expired or was incomplete. Go back, reload the page and try again."),
    404: ("Not found", "There is nothing at this address."),
    405: ("Not allowed", "This address does not take that kind of request."),
    413: ("Too large", "What was sent is too large."),
    429: ("Slow down", "Too many tries. Wait a few minutes and try again."),
}


def register(app: Flask) -> None:
    for kind, answer in ANSWERS.items():
        app.register_error_handler(kind, lambda error, answer=answer: _page(*answer))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _http(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    title, says = HTTP.get(error.code, (error.name, "Go back and try again."))
    return _page(error.code, title, says)


def _unexpected(error: Exception) -> Response:
    reference = uuid.uuid4().hex[:8]
    log.exception("unexpected", reference=reference, exc_info=error)
    return _page(500, "Sorry", f"Something went wrong on our side. Tell the operator this reference: {reference}.")


def _page(code: int, title: str, says: str) -> Response:
    response = make_response(render_template("error.html", title=title, says=says, code=code), code)
    return response
