"""Settings in, Runtime out: the only file that chooses adapters."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from core import clock, db
from core.errors import Misconfigured
from core.settings import Settings
from jobs.queue import InlineQueue, Queue, RedisQueue, ThreadQueue
from jobs.runtime import Runtime
from jobs.table import JOBS, perform_with
from messaging.gateway import Gateway
from service.accounts import duty
from service.mail import Smtp

QUEUES = ("ensigo-urgent", "ensigo")
# Loaded by name, so that a process without a gateway's account need not import its package.
GATEWAY_MODULES: dict[str, tuple[str, Callable[[Any, Settings], Gateway]]] = {
    "simulator": ("messaging.gateways.simulator", lambda module, settings: module.Simulator()),
    "africastalking": (
        "messaging.gateways.africastalking",
        lambda module, settings: module.AfricasTalking(
            settings.at_username, settings.at_api_key.get_secret_value(), settings.at_sender or None, settings.at_base_url or None
        ),
    ),
    "kannel": (
        "messaging.gateways.kannel",
        lambda module, settings: module.Kannel(
            settings.kannel_url,
            settings.kannel_username,
            settings.kannel_password.get_secret_value(),
            f"{settings.public_url.rstrip('/')}/kannel/{quote(settings.callback_secrets[0], safe='')}/delivery",
        ),
    ),
}


def build(
    settings: Settings,
    *,
    gateways: Mapping[str, Gateway] | None = None,
    queue: Queue | None = None,
    now: Callable[[], datetime] = clock.now,
    checkpoint: Callable[[str], None] | None = None,
    works: bool = False,
) -> Runtime:
    """The runtime of one process. `works`: this process runs jobs, so its statements may take minutes, not seconds.

    Raises Misconfigured, saying which setting to change, before anything is served.
    """
    _refuse_development_secrets(settings)
    sessions = db.connect(settings.database_url, patience_seconds=120 if works else 5, pool=12 if works else 5)
    runtime = Runtime(settings, sessions, gateways or _gateways(settings), queue or InlineQueue(), now)
    runtime = replace(runtime, hearers=lambda session: duty.hearers(session, settings), mail=_mail(settings))
    if checkpoint is not None:
        runtime = replace(runtime, checkpoint=checkpoint)
    if queue is None:
        runtime = replace(runtime, queue=_queue(settings, runtime))
    return runtime


def _mail(settings: Settings) -> Smtp | None:
    url = settings.smtp_url.get_secret_value()
    return Smtp(url, urlsplit(settings.public_url).hostname or "") if url else None


def _queue(settings: Settings, runtime: Runtime) -> Queue:
    if settings.redis_url:
        return RedisQueue(*redis_queues(settings))
    # The threads need a runtime whose queue is themselves: the list is filled before the first wake.
    holder: list[Runtime] = []
    queue = ThreadQueue(lambda job: perform_with(holder[0], job), tuple(JOBS))
    holder.append(replace(runtime, queue=queue))
    return queue


def redis_queues(settings: Settings, *, patient: bool = False) -> tuple[Any, Any]:
    """RQ's two queues, the urgent one first, behind a client that gives up at once: a hung Redis must never hold a farmer's screen.
    A worker is patient."""
    redis, rq, serializers = (importlib.import_module(name) for name in ("redis", "rq", "rq.serializers"))
    retry = importlib.import_module("redis.retry").Retry(importlib.import_module("redis.backoff").NoBackoff(), 0)
    hasty = {"retry": retry, "socket_connect_timeout": 0.3, "socket_timeout": 0.5}
    client = redis.Redis.from_url(settings.redis_url, **({"health_check_interval": 30} if patient else hasty))
    urgent, usual = (rq.Queue(name, connection=client, serializer=serializers.JSONSerializer) for name in QUEUES)
    return urgent, usual


def _gateways(settings: Settings) -> dict[str, Gateway]:
    chosen: dict[str, Gateway] = {}
    for name in settings.gateways:
        if name not in GATEWAY_MODULES:
            raise Misconfigured(f"GATEWAY={name} has no adapter yet; use one of {', '.join(GATEWAY_MODULES)}")
        if name == "africastalking" and not settings.at_api_key.get_secret_value():
            raise Misconfigured("GATEWAY=africastalking needs AT_API_KEY and AT_USERNAME")
        module, make = GATEWAY_MODULES[name]
        chosen[name] = make(importlib.import_module(module), settings)
    return chosen


def _refuse_development_secrets(settings: Settings) -> None:
    unsafe = settings.unsafe()
    if settings.gateways != ("simulator",) and unsafe:
        raise Misconfigured(f"{' and '.join(unsafe)} still hold the development value; set long random ones before using a real gateway")
