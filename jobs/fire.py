"""Campaigns that are due make their broadcasts; planning follows."""

from content import campaigns
from jobs.runtime import Runtime


def fire(runtime: Runtime) -> None:
    """Fire what is due, one campaign a transaction: two clocks are harmless, for each claims its own."""
    while True:
        with runtime.transaction() as session:
            if not campaigns.fire_due(session, runtime.now(), runtime.settings.zone, runtime.settings.quiet):
                return
