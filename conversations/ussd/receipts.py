"""My receipts: what a group wrote down of each delivery, and a way to say that it is wrong to somebody outside the group."""

from uuid import UUID

from conversations.ussd.call import Call
from core.errors import Conflict
from linkage import receipt_book, receipt_texts, receipts
from linkage.models import Receipt
from messaging.ussd import Lead, Menu, Options
from profiles import organisations


def _receipts(call: Call, about: str) -> str:
    return call.say("receipt.yours" if receipt_book.of_farmer(call.session, call.known().id, 1) else "receipt.none")


def _listed(call: Call, about: str) -> Options:
    found = receipt_book.of_farmer(call.session, call.known().id)
    return [*((_item(call, one), f"receipt:{one.id}") for one in found), (call.say("record.more"), "records")]


def _item(call: Call, one: Receipt) -> str:
    return call.say("receipt.item", when=receipt_texts.day_said(one.day, call.language), net=receipt_texts.sum_said(one.net, one.currency))


def _one(call: Call, about: str) -> str:
    receipt = receipts.own(call.session, UUID(about), call.known().id)
    group = organisations.get(call.session, receipt.organisation_id).name
    said = receipt_texts.lines(receipt, call.language, group)
    if receipt.state == receipts.DISPUTED and receipt.dispute:
        return f"{said} {call.say('receipt.you_said', why=call.say(f'receipt.dispute.{receipt.dispute}'))}"
    return f"{said} {call.say('receipt.replaced')}" if receipt.state == receipts.CORRECTED else said


def _answers(call: Call, about: str) -> Options:
    receipt = receipts.own(call.session, UUID(about), call.known().id)
    back = (call.say("record.receipts"), "receipts")
    if receipt.state == receipts.CORRECTED:
        return (back,)
    right: list[tuple[str, Lead]] = []
    if receipt.state != receipts.CONFIRMED:
        right = [(call.say("receipt.right"), lambda call: _confirm(call, about))]
    return (*right, (call.say("receipt.wrong"), f"dispute:{about}"), back)


def _confirm(call: Call, about: str) -> str:
    try:
        receipts.confirm(call.session, UUID(about), call.known().id, call.now)
    except Conflict:  # the group put it right while it was being read
        return f"receipt:{about}"
    return f"receipt_done:{about}"


def _reasons(call: Call, about: str) -> Options:
    def reason(why: str) -> tuple[str, Lead]:
        return call.say(f"receipt.dispute.{why}"), lambda call: _dispute(call, about, why)

    return [reason(why) for why in receipts.DISPUTES]


def _dispute(call: Call, about: str, why: str) -> str:
    try:
        receipts.dispute(call.session, UUID(about), call.known().id, why, call.now)
    except Conflict:
        return f"receipt:{about}"
    return f"receipt_done:{about}"


def _done(call: Call, about: str) -> str:
    receipt = receipts.own(call.session, UUID(about), call.known().id)
    key = "receipt.disputed" if receipt.state == receipts.DISPUTED else "receipt.confirmed"
    return call.say(key, code=receipts.code(receipt))


SCREENS = (
    Menu("receipts", _receipts, _listed),
    Menu("receipt", _one, _answers),
    Menu("dispute", lambda call, about: call.say("receipt.why"), _reasons),
    Menu(
        "receipt_done",
        _done,
        lambda call, about: ((call.say("record.receipts"), "receipts"), (call.say("registration.menu"), "home")),
        root=True,
    ),
)
