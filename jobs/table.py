"""Background work by name. A job takes no arguments: what there is to do, it finds in the tables."""

from collections.abc import Callable

from jobs.dispatch import dispatch
from jobs.fire import fire
from jobs.fold import fold
from jobs.inbox import inbox
from jobs.match import match
from jobs.pace import pace
from jobs.plan import plan
from jobs.prove import prove
from jobs.reap import reap
from jobs.runtime import Runtime
from jobs.tell import tell
from jobs.tidy import tidy
from jobs.watch import watch
from jobs.weather import weather

JOBS: dict[str, Callable[[Runtime], None]] = {
    "dispatch": dispatch,
    "inbox": inbox,
    "fire": fire,
    "plan": plan,
    "fold": fold,
    "reap": reap,
    "tidy": tidy,
    "match": match,
    "weather": weather,
    "pace": pace,
    "prove": prove,
    "watch": watch,
    "tell": tell,
}
_runtime: Runtime | None = None


def start(runtime: Runtime) -> None:
    """Called once by each worker process, before its first job."""
    global _runtime
    _runtime = runtime


def stop() -> None:
    """An orderly end is near: this process claims nothing more."""
    if _runtime is not None:
        _runtime.stopping.set()


def perform(job: str) -> None:
    """What RQ calls in a worker: by name, with nothing else."""
    if _runtime is None:
        raise RuntimeError("jobs.start(runtime) was not called in this process")
    perform_with(_runtime, job)


def perform_with(runtime: Runtime, job: str) -> None:
    """Do one job to its end, or to the end of its time; what is left wakes it again."""
    JOBS[job](runtime)
