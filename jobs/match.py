"""New offers over all farmers, a range at a time; each whom something fits hears of it once, in the same transaction."""

from core import clock
from core.db import dialect
from jobs.runtime import Runtime
from linkage import matching, telling

# As in planning: a dial-in must never wait a second for SQLite's one writer.
RANGE = {"sqlite": 5_000, "postgresql": 50_000}


def match(runtime: Runtime) -> None:
    """Match to the end. A second run adds nothing: an offer remembers up to which farmer it was matched."""
    while True:
        with runtime.transaction() as session:
            now, settings = runtime.now(), runtime.settings
            due = matching.due(session)
            if not due:
                return
            matched = matching.match_some(session, due, RANGE[dialect(session)], now, clock.day(now, settings.zone))
            telling.tell(session, due, matched, now, settings.zone, settings.ussd_code, settings.batch_size, settings.inbound != "none")
