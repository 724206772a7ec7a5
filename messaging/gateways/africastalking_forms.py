"""Africa's Talking's callbacks, read: forms in, the port's words out. The simulator speaks the same."""

from collections.abc import Mapping
from datetime import UTC, datetime

from core.phone import looks_e164
from messaging.gateway import Dialled, Ended, Heard, OptedOut, Told, Unreadable
from messaging.gateways.africastalking_words import advice_of, folded, state_of
from messaging.gateways.fields import filled, identity, optional, present


class Forms:
    """The reading half of a gateway. Every `parse_…` raises Unreadable naming the field that is missing or makes no sense."""

    def parse_dialled(self, form: Mapping[str, str]) -> Dialled:
        """A USSD turn: exactly five fields. An empty `text` is the first screen, so an absent one must not pass for it."""
        return Dialled(
            session_id=identity(form, "sessionId"),
            phone=_number(form, "phoneNumber"),
            service_code=filled(form, "serviceCode"),
            network=present(form, "networkCode"),
            text=present(form, "text"),
        )

    def parse_ended(self, form: Mapping[str, str]) -> Ended:
        return Ended(session_id=identity(form, "sessionId"), status=filled(form, "status"))

    def parse_heard(self, form: Mapping[str, str]) -> Heard:
        """A text from a phone. Its date is worth less than its words: one that cannot be read is None."""
        sender = filled(form, "from")
        phone = _plus(sender)
        return Heard(
            gateway_id=identity(form, "id"),
            phone=phone if looks_e164(phone) else None,
            sender=phone.strip(),
            to=filled(form, "to").strip(),
            text=present(form, "text"),
            network=optional(form, "networkCode"),
            sent_at=_instant(optional(form, "date")),
        )

    def parse_told(self, form: Mapping[str, str]) -> Told:
        """A delivery report. Unknown statuses, reasons and networks are kept as they came."""
        status, reason = filled(form, "status"), optional(form, "failureReason")
        phone = _plus(optional(form, "phoneNumber"))
        state = state_of(status)
        return Told(
            gateway_id=identity(form, "id"),
            phone=phone if looks_e164(phone) else None,
            status=status,
            state=state,
            reason=reason,
            network=optional(form, "networkCode"),
            advice=advice_of(state, reason),
        )

    def parse_opted_out(self, form: Mapping[str, str]) -> OptedOut:
        """A bulk opt-out, or the end of a subscription, whose sender is its short code. A subscription begun is Unreadable here."""
        if "updateType" not in form:
            return OptedOut(phone=_number(form, "phoneNumber"), sender=filled(form, "senderId"))
        if folded(filled(form, "updateType")) != "deletion":
            raise Unreadable("not an opt-out: updateType")
        return OptedOut(phone=_number(form, "phoneNumber"), sender=filled(form, "shortCode"))

    def render(self, text: str, *, ends: bool) -> str:
        """The body of the answer to a USSD turn."""
        return ("END " if ends else "CON ") + text


def _plus(value: str) -> str:
    """A number whose plus was not escaped on the way, and so arrived as a leading space, with its plus."""
    digits = value[1:]
    return f"+{digits}" if value[:1] == " " and digits.isascii() and digits.isdigit() else value


def _number(form: Mapping[str, str], field: str) -> str:
    phone = _plus(filled(form, field))
    if not looks_e164(phone):
        raise Unreadable(f"not a phone: {field}")
    return phone


def _instant(value: str) -> datetime | None:
    """Either of their two date formats, with or without milliseconds and Z, all of them UTC; None for anything else."""
    try:
        read = datetime.fromisoformat(value.strip())
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
