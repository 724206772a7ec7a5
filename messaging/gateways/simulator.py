"""The gateway of a machine without one: takes every text, costs nothing, and says a moment later that all were delivered."""

import uuid
from collections import deque
from collections.abc import Sequence
from decimal import Decimal

from messaging.gateway import Fate, Handed, State, Told
from messaging.gateways.africastalking_forms import Forms

CURRENCY = "UGX"
NETWORK = "99999"  # what a sandbox calls itself
REPORTS_KEPT = 10_000  # the oldest go first: a real gateway loses some too


class Simulator(Forms):
    """Its callbacks are Africa's Talking's. It keeps no body, and no phone after its report was collected."""

    name = "simulator"

    def __init__(self) -> None:
        self._reports: deque[Told] = deque(maxlen=REPORTS_KEPT)

    def send(self, body: str, phones: Sequence[str], *, reference: str) -> list[Handed]:
        handed = [Handed(phone, Fate.SENT, f"sim-{uuid.uuid4()}", Decimal(0), CURRENCY) for phone in dict.fromkeys(phones)]
        self._reports.extend(_delivered(each) for each in handed)
        return handed

    def collect(self) -> list[Told]:
        """The delivery reports since the last call, each handed out once, whichever thread asks."""
        told = []
        while True:
            try:
                told.append(self._reports.popleft())
            except IndexError:
                return told

    def balance(self) -> tuple[Decimal, str]:
        return Decimal(1_000_000), CURRENCY


def _delivered(handed: Handed) -> Told:
    return Told(str(handed.gateway_id), handed.phone, "Success", State.DELIVERED, "", NETWORK)
