"""Reports into outcomes, a thousand at a time; first those that a gateway wants fetched."""

from jobs.runtime import Runtime
from messaging import reports

CHUNK = 1000


def fold(runtime: Runtime) -> None:
    """Fold until nothing more can be settled now; what waits for its text stays for the next tick."""
    for gateway in runtime.gateways.values():
        told = gateway.collect()
        if told:
            with runtime.transaction() as session:
                reports.append(session, gateway.name, told, runtime.now())
    last: int | None = 0
    while last is not None:
        with runtime.transaction() as session:
            last = reports.fold(session, runtime.now(), runtime.settings.zone, last, CHUNK)
