"""What a gateway posts to us: parse → one call → answer. Stored before it is answered; a farmer never sees a page."""

import hmac
from collections.abc import Mapping
from pathlib import Path

import structlog
from flask import Blueprint, Response, abort, current_app, request
from sqlalchemy.exc import DBAPIError, TimeoutError

from content import languages, texts
from conversations.ussd import turn as ussd
from jobs.runtime import Runtime
from messaging import dial_failures, spool
from messaging.gateway import Gateway, Unreadable
from messaging.spool import Post
from service import posts
from service.posts import MOST_BYTES

pages = Blueprint("callbacks", __name__)
log = structlog.get_logger(__name__)


def ussd_turn(runtime: Runtime, gateway: Gateway, form: Mapping[str, str]) -> str:
    """One USSD request, one "CON …" or "END …". Never raises: whatever happens, the farmer reads a sentence."""
    key, phone = runtime.settings.secret_key.get_secret_value(), ""
    try:
        dialled = gateway.parse_dialled(form)
        phone = dialled.phone
        with runtime.transaction() as session:
            reply = ussd.turn(session, gateway.name, dialled, runtime.now(), runtime.settings)
        if reply.language:
            runtime.spoken.note(phone, key, reply.language)
        return gateway.render(reply.text, ends=reply.ends)
    except Unreadable as wrong:
        log.warning("a dial-in could not be read", why=str(wrong))
    except (DBAPIError, TimeoutError) as down:
        log.error("a dial-in could not be served", error=type(down).__name__)
    except Exception:
        log.exception("a dial-in failed")
        _note_failure(runtime)
    return gateway.render(texts.say("ussd.sorry", runtime.spoken.last(phone, key) or languages.DEFAULT), ends=True)


def _note_failure(runtime: Runtime) -> None:
    """For the share of such turns that is watched. The farmer's sentence does not depend on it."""
    try:
        with runtime.transaction() as session:
            dial_failures.note(session, "", runtime.now())
    except (DBAPIError, TimeoutError):
        log.warning("nor could it be noted")


def ussd_answer(runtime: Runtime, gateway: Gateway, mimetype: str, body: bytes | None) -> str:
    """The same from the bytes of a request; None: there were too many of them, or they broke off."""
    try:
        if body is None:
            raise Unreadable("too large, or cut off")
        form = posts.read_form(mimetype, body)
    except Unreadable as wrong:
        log.warning("a dial-in could not be read", why=str(wrong))
        return gateway.render(texts.say("ussd.sorry", languages.DEFAULT), ends=True)
    return ussd_turn(runtime, gateway, form)


@pages.post("/at/<secret>/ussd")
def at_ussd(secret: str) -> Response:
    runtime, gateway = _behind(secret)
    whole = (request.content_length or 0) <= MOST_BYTES
    return _plain(ussd_answer(runtime, gateway, request.mimetype, request.get_data() if whole else None))


@pages.post("/at/<secret>/<any('ussd-events', 'sms', 'delivery', 'opt-out'):kind>")
def at_fact(secret: str, kind: str) -> Response:
    """200 once the fact, or the unreadable body as it came, is stored. 503 when a retry would help: the gateway repeats for hours."""
    runtime, gateway = _behind(secret)
    if (request.content_length or 0) > MOST_BYTES:
        abort(413)
    kept = keep(runtime, gateway, kind, request.mimetype, request.get_data()[:MOST_BYTES])
    return _plain("ok") if kept else _plain("try again", 503)


def keep(runtime: Runtime, gateway: Gateway, kind: str, mimetype: str, body: bytes) -> bool:
    """Store what came; while the database takes nothing, on the disk, to be handed in later. False where neither has it: then
    nothing is promised."""
    post = Post(kind, gateway.name, mimetype, body, runtime.now())
    try:
        with runtime.transaction() as session:
            posts.store(session, runtime, post)
        return True
    except (DBAPIError, TimeoutError) as down:
        return _on_disk(runtime, post, down)


def _on_disk(runtime: Runtime, post: Post, down: Exception) -> bool:
    try:
        spool.keep(Path(runtime.settings.spool_dir), post)
    except OSError as full:
        log.error("a callback could not be kept", kind=post.kind, error=type(down).__name__, spool=str(full))
        return False
    log.warning("a callback waits on disk", kind=post.kind, error=type(down).__name__)
    return True


def enter(secret: str) -> Runtime:
    """What stands behind a callback's address. 404 for a wrong secret."""
    runtime: Runtime = current_app.extensions["runtime"]
    if not admits(runtime, secret):
        abort(404)
    return runtime


def admits(runtime: Runtime, secret: str) -> bool:
    """Every accepted secret is compared, in constant time, so that nothing is learnt from how long a refusal takes."""
    return sum(hmac.compare_digest(secret.encode(), known.encode()) for known in runtime.settings.callback_secrets) > 0


def _behind(secret: str) -> tuple[Runtime, Gateway]:
    runtime = enter(secret)
    return runtime, speaks(runtime)


def speaks(runtime: Runtime) -> Gateway:
    """Whose words come to /at/."""
    return runtime.gateways.get("africastalking", runtime.gateway)


def _plain(body: str, code: int = 200) -> Response:
    return Response(body, code, content_type="text/plain; charset=utf-8")
