"""What Kannel brings us: texts from phones by POST, and delivery reports, which it can only fetch, in the query of the address."""

from urllib.parse import urlencode

from flask import Blueprint, Response, abort, request

from service import callbacks
from service.posts import FORM, MOST_BYTES

pages = Blueprint("kannel", __name__)
SAID_BY = {"from": "X-Kannel-From", "to": "X-Kannel-To"}


@pages.post("/kannel/<secret>/sms")
def text(secret: str) -> Response:
    """The words are the body and the numbers headers, so that no log of addresses holds them; the rest is the query."""
    if (request.content_length or 0) > MOST_BYTES:
        abort(413)
    said = {name: request.headers[header] for name, header in SAID_BY.items() if header in request.headers}
    return _keep(secret, "sms", request.query_string + b"&" + urlencode(said | {"text": request.get_data()}).encode())


@pages.get("/kannel/<secret>/delivery")
def report(secret: str) -> Response:
    return _keep(secret, "delivery", request.query_string)


def _keep(secret: str, kind: str, form: bytes) -> Response:
    """An empty 200 once the fact, or what cannot be read as it came, is stored: a word in it could be texted to the farmer.

    503 when trying again would help, which Kannel does as its configuration says.
    """
    runtime = callbacks.enter(secret)
    gateway = runtime.gateways.get("kannel")
    if gateway is None:
        abort(404)
    kept = callbacks.keep(runtime, gateway, kind, FORM, form[:MOST_BYTES])
    return Response("", 200 if kept else 503, content_type="text/plain; charset=utf-8")
