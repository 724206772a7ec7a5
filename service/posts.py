"""What a gateway posts to us, read strictly and stored: a text, a report, a session's end, an opt-out; straight away or from the spool."""

from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import parse_qsl

import structlog
from sqlalchemy.orm import Session

from core.errors import Unusable
from core.phone import e164
from jobs.runtime import Runtime
from messaging import inbox, reports, sessions, suppressions
from messaging.gateway import Gateway, Unreadable
from messaging.spool import Post
from profiles import farmers

log = structlog.get_logger(__name__)
MOST_BYTES, MOST_FIELDS = 65_536, 40
FORM = "application/x-www-form-urlencoded"
Store = Callable[[Session, Runtime, Gateway, Mapping[str, str], datetime], None]


def ussd_ended(session: Session, runtime: Runtime, gateway: Gateway, form: Mapping[str, str], at: datetime) -> None:
    """The gateway's word that a session is over: for the funnel, never for correctness."""
    sessions.end(session, gateway.name, gateway.parse_ended(form))


def sms_in(session: Session, runtime: Runtime, gateway: Gateway, form: Mapping[str, str], at: datetime) -> None:
    """One text, kept; a job understands and answers it. Raises Unreadable."""
    inbox.receive(session, gateway.name, gateway.parse_heard(form), at)


def delivery(session: Session, runtime: Runtime, gateway: Gateway, form: Mapping[str, str], at: datetime) -> None:
    """One delivery report, kept; a job folds it. Raises Unreadable."""
    reports.append(session, gateway.name, [gateway.parse_told(form)], at)


def opt_out(session: Session, runtime: Runtime, gateway: Gateway, form: Mapping[str, str], at: datetime) -> None:
    """A phone that told the gateway to stop; one that has texted START since then has changed its mind. Raises Unreadable."""
    said = gateway.parse_opted_out(form)
    try:
        phone = e164(said.phone, runtime.settings.country)
    except Unusable as wrong:
        raise Unreadable("phoneNumber is no number") from wrong
    if inbox.done_since(session, phone, at, ("START",)):
        return
    # A callback's number is a claim: it is acted on for a phone that we know.
    if farmers.on_phone(session, phone) or suppressions.texted(session, phone):
        suppressions.stop(session, phone, "gateway", at)
    else:
        log.warning("an opt-out for a phone that we do not know")


STORES: dict[str, Store] = {"ussd-events": ussd_ended, "sms": sms_in, "delivery": delivery, "opt-out": opt_out}


def put(runtime: Runtime, kind: str, gateway: Gateway, form: Mapping[str, str]) -> None:
    """Store one fact of now in a transaction of its own. Raises Unreadable."""
    with runtime.transaction() as session:
        STORES[kind](session, runtime, gateway, form, runtime.now())


def store(session: Session, runtime: Runtime, post: Post) -> None:
    """Store one callback as it came: the fact that it tells, or, where it cannot be read, its bytes."""
    gateway = runtime.gateways.get(post.gateway)
    try:
        if gateway is None or post.kind not in STORES:
            raise Unreadable("a gateway or a kind that is no longer served")
        STORES[post.kind](session, runtime, gateway, read_form(post.type, post.body), post.at)
    except Unreadable as wrong:
        inbox.keep_unread(session, post.gateway, post.kind, str(wrong), post.body, post.at)


def read_form(type_: str, body: bytes) -> dict[str, str]:
    """The form as it was sent, strictly: Flask would make an empty form of a broken one, and an empty text means a first dial.

    Raises Unreadable for another type, bytes that are not UTF-8, a key twice, too many fields or too much.
    """
    if len(body) > MOST_BYTES:
        raise Unreadable("too large")
    if type_ != FORM:
        raise Unreadable("not a form")
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as wrong:
        raise Unreadable("not a readable form") from wrong
    read = dict(pairs)
    if len(read) != len(pairs):
        raise Unreadable("a field came twice")
    return read
