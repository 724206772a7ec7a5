"""What a gateway posts to us: parse → one call → answer. Stored before it is answered; a farmer never sees a page."""

import hmac
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

import structlog
from flask import Blueprint, Response, abort, current_app, request
from sqlalchemy.exc import DatabaseError, TimeoutError

from content import texts
from conversations.ussd import turn as ussd
from core.errors import Unusable
from core.phone import e164
from jobs.runtime import Runtime
from messaging import inbox, reports, sessions, suppressions
from messaging.gateway import Gateway, Unreadable
from profiles import farmers

pages = Blueprint("callbacks", __name__)
log = structlog.get_logger(__name__)
MOST_BYTES, MOST_FIELDS = 65_536, 40


def ussd_turn(runtime: Runtime, gateway: Gateway, form: Mapping[str, str]) -> str:
    """One USSD request, one "CON …" or "END …". Never raises: whatever happens, the farmer reads a sentence."""
    try:
        dialled = gateway.parse_dialled(form)
        with runtime.transaction() as session:
            reply = ussd.turn(session, gateway.name, dialled, runtime.now(), runtime.settings)
        return gateway.render(reply.text, ends=reply.ends)
    except Unreadable as wrong:
        log.warning("a dial-in could not be read", why=str(wrong))
    except (DatabaseError, TimeoutError) as down:
        log.error("a dial-in could not be served", error=type(down).__name__)
    except Exception:
        log.exception("a dial-in failed")
    return gateway.render(texts.say("ussd.sorry", "en"), ends=True)


def ussd_ended(runtime: Runtime, gateway: Gateway, form: Mapping[str, str]) -> None:
    """The gateway's word that a session is over: for the funnel, never for correctness."""
    ended = gateway.parse_ended(form)
    with runtime.transaction() as session:
        sessions.end(session, gateway.name, ended)


def sms_in(runtime: Runtime, gateway: Gateway, form: Mapping[str, str]) -> None:
    """One text, kept; a job understands and answers it. Raises Unreadable."""
    heard = gateway.parse_heard(form)
    with runtime.transaction() as session:
        inbox.receive(session, gateway.name, heard, runtime.now())


def delivery(runtime: Runtime, gateway: Gateway, form: Mapping[str, str]) -> None:
    """One delivery report, kept; a job folds it. Raises Unreadable."""
    told = gateway.parse_told(form)
    with runtime.transaction() as session:
        reports.append(session, gateway.name, [told], runtime.now())


def opt_out(runtime: Runtime, gateway: Gateway, form: Mapping[str, str]) -> None:
    """A phone that told the gateway to stop. Raises Unreadable."""
    said = gateway.parse_opted_out(form)
    try:
        phone = e164(said.phone, runtime.settings.country)
    except Unusable as wrong:
        raise Unreadable("phoneNumber is no number") from wrong
    with runtime.transaction() as session:
        # A callback's number is a claim: it is acted on for a phone that we know.
        if farmers.on_phone(session, phone) or suppressions.texted(session, phone):
            suppressions.stop(session, phone, "gateway", runtime.now())
        else:
            log.warning("an opt-out for a phone that we do not know")


STORES: dict[str, Callable[[Runtime, Gateway, Mapping[str, str]], None]] = {
    "ussd-events": ussd_ended,
    "sms": sms_in,
    "delivery": delivery,
    "opt-out": opt_out,
}


@pages.post("/at/<secret>/ussd")
def at_ussd(secret: str) -> Response:
    runtime, gateway = _behind(secret)
    try:
        form = read_form()
    except Unreadable as wrong:
        log.warning("a dial-in could not be read", why=str(wrong))
        return _plain(gateway.render(texts.say("ussd.sorry", "en"), ends=True))
    return _plain(ussd_turn(runtime, gateway, form))


@pages.post("/at/<secret>/<any('ussd-events', 'sms', 'delivery', 'opt-out'):kind>")
def at_fact(secret: str, kind: str) -> Response:
    """200 once the fact, or the unreadable body as it came, is stored. 503 when a retry would help: the gateway repeats for hours."""
    runtime, gateway = _behind(secret)
    if (request.content_length or 0) > MOST_BYTES:
        abort(413)
    try:
        try:
            STORES[kind](runtime, gateway, read_form())
        except Unreadable as wrong:
            with runtime.transaction() as session:
                inbox.keep_unread(session, gateway.name, kind, str(wrong), request.get_data()[:MOST_BYTES], runtime.now())
    except (DatabaseError, TimeoutError) as down:
        log.error("a callback could not be stored", kind=kind, error=type(down).__name__)
        return _plain("try again", 503)
    return _plain("ok")


def read_form() -> dict[str, str]:
    """The form as it was sent, strictly: Flask would make an empty form of a broken one, and an empty text means a first dial.

    Raises Unreadable for another type, bytes that are not UTF-8, a key twice, too many fields or too much.
    """
    if (request.content_length or 0) > MOST_BYTES:
        raise Unreadable("too large")
    if request.mimetype != "application/x-www-form-urlencoded":
        raise Unreadable("not a form")
    body = request.get_data()
    if len(body) > MOST_BYTES:
        raise Unreadable("too large")
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as wrong:
        raise Unreadable("not a readable form") from wrong
    form = dict(pairs)
    if len(form) != len(pairs):
        raise Unreadable("a field came twice")
    return form


def _behind(secret: str) -> tuple[Runtime, Gateway]:
    runtime: Runtime = current_app.extensions["runtime"]
    # Every accepted secret is compared, in constant time, so that nothing is learnt from how long a refusal takes.
    fits = [hmac.compare_digest(secret.encode(), known.encode()) for known in runtime.settings.callback_secrets]
    if not any(fits):
        abort(404)
    return runtime, runtime.gateways.get("africastalking", runtime.gateway)


def _plain(body: str, code: int = 200) -> Response:
    return Response(body, code, content_type="text/plain; charset=utf-8")
