"""Kannel's callbacks, read: the fields of a text and of a report in, the port's words out. It carries texts only, no USSD."""

from collections.abc import Mapping
from datetime import UTC, datetime

from core.errors import Unusable
from core.phone import e164, looks_e164
from messaging.gateway import Dialled, Ended, Heard, OptedOut, Told, Unreadable
from messaging.gateways.fields import filled, identity, optional, present
from messaging.gateways.kannel_words import advice_of, reason_of, state_of

NO_USSD = "Kannel carries no USSD"
READABLE = ("", "UTF-8", "UTF8", "US-ASCII")


class Forms:
    """The reading half of the adapter. The fields are named in docs/kannel.md, `service.kannel` and `Kannel.send`."""

    def parse_heard(self, form: Mapping[str, str]) -> Heard:
        """A text from a phone. Its id is Kannel's own, the same when Kannel asks again. Raises Unreadable."""
        if optional(form, "charset").upper() not in READABLE:
            raise Unreadable("not recoded to UTF-8: charset")
        sender = filled(form, "from").strip()
        return Heard(
            gateway_id=identity(form, "id"),
            phone=_number(sender),
            sender=sender,
            to=filled(form, "to").strip(),
            text=present(form, "text"),
            network=optional(form, "smsc"),
            sent_at=_instant(optional(form, "time")),
        )

    def parse_told(self, form: Mapping[str, str]) -> Told:
        """A delivery report: its id is the one that we put into its address. Raises Unreadable."""
        kind, told = filled(form, "type").strip(), optional(form, "reason")
        state = state_of(kind, told)
        return Told(
            gateway_id=identity(form, "id"),
            phone=_number(optional(form, "phone").strip()),
            status=kind,
            state=state,
            reason=reason_of(told),
            network=optional(form, "smsc"),
            advice=advice_of(state, told),
        )

    def parse_dialled(self, form: Mapping[str, str]) -> Dialled:
        raise Unreadable(NO_USSD)

    def parse_ended(self, form: Mapping[str, str]) -> Ended:
        raise Unreadable(NO_USSD)

    def parse_opted_out(self, form: Mapping[str, str]) -> OptedOut:
        raise Unreadable("Kannel keeps no list of who opted out")

    def render(self, text: str, *, ends: bool) -> str:
        """The words alone: nobody waits for them."""
        return text


def _number(sender: str) -> str | None:
    """A sender as E.164. Some operators leave the plus out; without it only a number that can be texted is believed."""
    if looks_e164(sender):
        return sender
    if not sender.isascii() or not sender.isdigit():
        return None
    try:
        return e164("+" + sender.removeprefix("00"))
    except Unusable:
        return None


def _instant(seconds: str) -> datetime | None:
    """Seconds since 1970; None for what is not a moment."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC) if seconds.isascii() and seconds.isdigit() else None
    except (ValueError, OverflowError, OSError):
        return None
