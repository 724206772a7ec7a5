"""RQ's queues, workers and failed jobs, read from Redis: names, times and kinds of errors, never an argument or a message.

Workers are read by the keys that RQ writes, so that a process that only asks for jobs need not load RQ's worker.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from jobs.standing import Failure, Standing, Working

SHOWN = 20  # failures, the newest
WORKERS = "rq:workers"
DESCRIBED = "perform:"  # what a job of ours calls itself, before its name
TRACEBACK = "Traceback (most recent call last):"
NAME = re.compile(r"[A-Za-z_][\w.]{0,120}(?=:|\s*$)")
KILLED = "WorkerKilled"  # no traceback: the process that did it is gone
Queues = Sequence[Any]


def standing(queues: Queues) -> Standing:
    """What Redis knows. Raises RedisError when it does not answer."""
    redis = queues[0].connection
    alive = _workers(redis)
    failed = [(queue, id_) for queue in queues for id_ in queue.failed_job_registry.get_job_ids(cleanup=False)]
    failures = sorted((_failure(queue, job) for queue, job in _jobs(failed[-SHOWN:])), key=lambda one: one.at, reverse=True)
    return Standing(
        "redis",
        waiting={queue.name: queue.count for queue in queues},
        workers=len(alive),
        runs=tuple(Working(name, job, since) for name, job, since in _runs(queues[0], alive)),
        failures=tuple(failures),
        more=max(len(failed) - SHOWN, 0),
    )


def clear(queues: Queues) -> int:
    """Forget every failed job; how many there were. Raises RedisError when it does not answer."""
    count = 0
    for queue in queues:
        registry = queue.failed_job_registry
        for id_ in registry.get_job_ids(cleanup=False):
            queue.connection.delete(f"rq:job:{id_}", f"rq:results:{id_}")
            count += queue.connection.zrem(registry.key, id_)
    return count


def kind_of(error: str) -> str:
    """The type of an error that ended a traceback, without its message: "sqlalchemy.exc.OperationalError: …" is OperationalError."""
    _, found, told = error.rpartition(TRACEBACK)
    if not found:
        return KILLED
    last = next((line for line in told.splitlines() if line and not line[0].isspace()), "")
    name = NAME.match(last)
    return name.group().rpartition(".")[2] if name else "Error"


def _workers(redis: Any) -> list[dict[str, str]]:
    """The workers whose key has not run out: RQ lets it, when one dies."""
    names = sorted(_text(name) for name in redis.smembers(WORKERS))
    pipeline = redis.pipeline()
    for name in names:
        pipeline.hgetall(name)
    rows = [{_text(key): _text(value) for key, value in found.items()} for found in pipeline.execute()]
    return [row | {"key": name.rpartition(":")[2][:8]} for name, row in zip(names, rows, strict=True) if row]


def _runs(queue: Any, alive: Sequence[dict[str, str]]) -> list[tuple[str, str, datetime | None]]:
    busy = {row["current_job"]: row["key"] for row in alive if row.get("current_job")}
    jobs = [job for _, job in _jobs([(queue, id_) for id_ in busy])]
    return [(busy[job.id], _name(job), _aware(job.started_at)) for job in jobs]


def _jobs(wanted: Sequence[tuple[Any, str]]) -> list[tuple[Any, Any]]:
    found = []
    for queue in dict.fromkeys(queue for queue, _ in wanted):
        ids = [id_ for of, id_ in wanted if of is queue]
        jobs = queue.job_class.fetch_many(ids, connection=queue.connection, serializer=queue.serializer)
        found += [(queue, job) for job in jobs if job is not None]
    return found


def _failure(queue: Any, job: Any) -> Failure:
    result = job.latest_result()
    told = (result.exc_string if result else None) or ""
    at = _aware(job.ended_at) or (_aware(result.created_at) if result else None) or datetime.fromtimestamp(0, UTC)
    return Failure(_name(job), at, kind_of(told))


def _name(job: Any) -> str:
    says = job.description or ""
    return says.removeprefix(DESCRIBED)[:40] if says.startswith(DESCRIBED) else "not ours"


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
