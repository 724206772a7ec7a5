"""Africa's Talking's words and what they mean to us: the tables of codes, statuses and reasons."""

from messaging.gateway import Advice, Fate, State

# Per phone, in the answer to a send: (their name, what became of it, what it asks of us).
# An empty balance says nothing of the phone: its text waits, with the queue, until somebody pays.
CODES = {
    100: ("Processed", Fate.SENT, Advice.NONE),
    101: ("Sent", Fate.SENT, Advice.NONE),
    102: ("Queued", Fate.SENT, Advice.NONE),
    401: ("RiskHold", Fate.REFUSED, Advice.PAUSE),
    402: ("InvalidSenderId", Fate.REFUSED, Advice.PAUSE),
    403: ("InvalidPhoneNumber", Fate.REFUSED, Advice.BAD_NUMBER),
    404: ("UnsupportedNumberType", Fate.REFUSED, Advice.BAD_NUMBER),
    405: ("InsufficientBalance", Fate.NOT_SENT, Advice.PAUSE),
    406: ("UserInBlacklist", Fate.REFUSED, Advice.OPTED_OUT),
    407: ("CouldNotRoute", Fate.REFUSED, Advice.LATER),
    409: ("DoNotDisturbRejection", Fate.REFUSED, Advice.LATER),
    500: ("InternalServerError", Fate.REFUSED, Advice.LATER),
    501: ("GatewayError", Fate.REFUSED, Advice.LATER),
    502: ("RejectedByGateway", Fate.REFUSED, Advice.LATER),
}

# The summary of a 2xx without recipients that means: nothing of this batch was taken.
REFUSED_BATCHES = ("InvalidSenderId", "InsufficientBalance", "RiskHold")

STATUSES = {
    "Sent": State.ON_THE_WAY,
    "Submitted": State.ON_THE_WAY,
    "Buffered": State.BUFFERED,
    "Success": State.DELIVERED,
    "Failed": State.FAILED,
    "Rejected": State.REJECTED,
    "Expired": State.EXPIRED,
    "AbsentSubscriber": State.ABSENT,
}

# In a delivery report of a text that failed. Both spellings of what the vendor misspells are here.
REASONS = {
    "InsufficientCredit": Advice.NONE,
    "InvalidLinkId": Advice.NONE,
    "UserIsInactive": Advice.NONE,
    "UserInBlackList": Advice.OPTED_OUT,
    "UserAccountSuspended": Advice.NONE,
    "NotNetworkSubcriber": Advice.BAD_NUMBER,
    "NotNetworkSubscriber": Advice.BAD_NUMBER,
    "UserNotSubscribedToProduct": Advice.NONE,
    "UserDoesNotExist": Advice.BAD_NUMBER,
    "DeliveryFailure": Advice.NONE,
    "DoNotDisturbRejection": Advice.LATER,
}
FAILURES = (State.FAILED, State.REJECTED, State.EXPIRED, State.ABSENT)


def folded(word: str) -> str:
    """Letters only, case-folded: how their words are compared, since they are spelt in several ways."""
    return "".join(letter for letter in word if letter.isalpha()).casefold()


STATES = {folded(word): state for word, state in STATUSES.items()}
ADVICE = {folded(word): advice for word, advice in REASONS.items()}
CODE_OF = {folded(name): code for code, (name, _, _) in CODES.items()} | {folded("Success"): 101}
NOTHING_TAKEN = frozenset(map(folded, REFUSED_BATCHES))


def state_of(status: str) -> State:
    """Where a reported text is in its life; UNKNOWN for a word we have not met."""
    return STATES.get(folded(status), State.UNKNOWN)


def advice_of(state: State, reason: str) -> Advice:
    """What a report asks of us: nothing unless the text failed. A phone that was off is tried once, in the evening."""
    if state not in FAILURES:
        return Advice.NONE
    return ADVICE.get(folded(reason), Advice.EVENING if state is State.ABSENT else Advice.NONE)
