"""Every minute: how each gateway did lately with each operator's phones, and what share it is given for it."""

from jobs.runtime import Runtime
from messaging import paces


def pace(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        paces.look(session, runtime.now())
