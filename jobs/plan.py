"""Broadcasts into batches, a stretch at a time, the cursor in the same transaction."""

from content import planning
from core.db import dialect
from jobs.runtime import Runtime

# A dial-in must never wait a second for SQLite's one writer; PostgreSQL likes one long statement better than many.
RANGE = {"sqlite": 20_000, "postgresql": 250_000}
RANGE_WRITTEN_ONE_BY_ONE = {"sqlite": 1_000, "postgresql": 20_000}  # where every body is rendered here, one by one


def plan(runtime: Runtime) -> None:
    """Plan every broadcast to its end. A second run adds nothing: a phone lies in one range."""
    while True:
        with runtime.transaction() as session:
            more = planning.plan_some(
                session, runtime.now(), runtime.settings, RANGE[dialect(session)], RANGE_WRITTEN_ONE_BY_ONE[dialect(session)]
            )
            runtime.checkpoint("run.chunk_before_commit")
        runtime.checkpoint("run.chunk_committed")
        if not more:
            return
