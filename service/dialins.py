"""In front of Flask: a dial-in is answered here, everything else goes on to Flask, which alone knows pages, errors and refusals.

Making ready for a request and tidying up after it costs Flask more CPU than half a turn of ours; see `python -m bench turn`.
"""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from structlog import contextvars

from core.db import new_id
from jobs.runtime import Runtime
from service import callbacks
from service.posts import MOST_BYTES


def before(app: WSGIApplication, runtime: Runtime) -> WSGIApplication:
    """The application with the dial-ins taken out. What is not plainly one, a wrong secret too, is Flask's to answer."""
    gateway = callbacks.speaks(runtime)

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or ""
        if not _plainly(environ, runtime) or not length.isdecimal() or int(length) > MOST_BYTES:
            return app(environ, start_response)
        request_id = new_id(runtime.now()).hex
        contextvars.clear_contextvars()
        contextvars.bind_contextvars(request_id=request_id)
        body = environ["wsgi.input"].read(int(length))
        whole = body if len(body) == int(length) else None
        said = callbacks.ussd_answer(runtime, gateway, _mimetype(environ), whole).encode()
        kind = ("Content-Type", "text/plain; charset=utf-8")
        start_response("200 OK", [kind, ("Content-Length", str(len(said))), ("X-Request-Id", request_id)])
        return [said]

    return answer


def _plainly(environ: WSGIEnvironment, runtime: Runtime) -> bool:
    """POST /at/<one of our secrets>/ussd"""
    parts = environ["PATH_INFO"].split("/")
    if environ["REQUEST_METHOD"] != "POST" or len(parts) != 4 or (parts[0], parts[1], parts[3]) != ("", "at", "ussd"):
        return False
    return callbacks.admits(runtime, parts[2])


def _mimetype(environ: WSGIEnvironment) -> str:
    said: str = environ.get("CONTENT_TYPE", "")
    return said.partition(";")[0].strip().lower()
