"""The account of the last days, made anew: nothing that was planned may be missing, and an operator hears when something is."""

from datetime import timedelta

from core import clock, incidents
from jobs.runtime import Runtime
from messaging import proofs

MISSING = "proof.missing"


def prove(runtime: Runtime) -> None:
    """Prove today and the days that may still change."""
    zone, now = runtime.settings.zone, runtime.now()
    today = clock.day(now, zone)
    for back in range(proofs.DAYS):
        with runtime.transaction() as session:
            proof = proofs.prove(session, today - timedelta(days=back), zone, now)
            subject = f"day:{proof.day}"
            if proof.missing:
                says = f"{proof.missing} texts planned on {proof.day} have no fate. Run doctor, and report this with its output."
                incidents.open_(session, MISSING, subject, says, now)
            else:
                incidents.close(session, MISSING, subject, now)
