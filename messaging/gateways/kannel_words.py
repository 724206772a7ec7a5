"""Kannel's words and what they mean to us: the tables of answers, report types and reasons."""

import re

from messaging.gateway import Advice, Fate, State

# What smsbox answers to a send, by status and the beginning of its words: what became of the phone, and what it asks of us.
# An answer that is not here is read by its status alone, and a 2xx that is not here says nothing.
ANSWERS = (
    (202, "0: Accepted for delivery", Fate.SENT, Advice.NONE),
    (202, "3: Queued for later delivery", Fate.SENT, Advice.NONE),
    (202, "Sent.", Fate.SENT, Advice.NONE),  # with immediate-sendsms-reply, which our configuration leaves off
    (400, "Number(s) has/have been denied", Fate.REFUSED, Advice.NONE),  # by a black or white list of Kannel's own
    (400, "Sender missing", Fate.NOT_SENT, Advice.PAUSE),
    (403, "Authorization failed", Fate.NOT_SENT, Advice.PAUSE),
    (403, "Not routable", Fate.REFUSED, Advice.LATER),  # no connection carries this number: the next one may still go
    (503, "Temporal failure", Fate.NOT_SENT, Advice.LATER),
)
TRY_AGAIN = 60.0  # seconds after a temporal failure that names no time of its own

# The types of a delivery report: one bit each, and each comes in a request of its own, in any order.
TYPES = {
    "1": State.DELIVERED,
    "2": State.FAILED,
    "4": State.BUFFERED,
    "8": State.ON_THE_WAY,  # the operator's centre took it
    "16": State.REJECTED,  # the operator's centre did not
}
ALL_TYPES = 31

# An SMPP receipt as it stands in %A says more of a failure than its type; the text that it repeats is not kept.
RECEIPT = re.compile(r"stat:(?P<stat>\w{1,20})(?:\s+err:(?P<err>\w{1,10}))?", re.IGNORECASE | re.ASCII)
FAILURES = {
    "EXPIRED": State.EXPIRED,
    "UNDELIV": State.FAILED,
    "DELETED": State.FAILED,
    "REJECTD": State.REJECTED,
}
# SMPP's command status of a refused submission, as in "NACK/11/Invalid Destination Address".
REFUSAL = re.compile(r"NACK/(?:0x)?0*(?P<code>[0-9a-fA-F]{1,8})(?:/|$)")
REFUSALS = {"11": Advice.BAD_NUMBER}
LONGEST_REASON = 100


def reason_of(told: str) -> str:
    """Why, in short: a receipt without the words of the text, anything else as it came."""
    receipt = RECEIPT.search(told)
    if receipt is None:
        return told.strip()[:LONGEST_REASON]
    return f"stat:{receipt['stat']}" + (f" err:{receipt['err']}" if receipt["err"] else "")


def state_of(kind: str, told: str) -> State:
    """Where a reported text is in its life; UNKNOWN for a type we have not met."""
    state = TYPES.get(kind, State.UNKNOWN)
    receipt = RECEIPT.search(told)
    return FAILURES.get(receipt["stat"].upper(), state) if receipt and state is State.FAILED else state


def advice_of(state: State, told: str) -> Advice:
    """What a report asks of us: nothing unless the centre refused the number itself."""
    refusal = REFUSAL.match(told.strip())
    return REFUSALS.get(refusal["code"], Advice.NONE) if refusal and state is State.REJECTED else Advice.NONE
