"""Logs without personal data: phones masked wherever they turn up, bodies and secrets dropped, JSON where a machine reads."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from core.phone import masked

DROPPED = frozenset({"text", "message", "body", "name", "pin", "password", "apiKey", "api_key", "authorization", "cookie", "secret"})
PHONE = re.compile(r"\+?(?:256|254|255|250|233)\d{8,9}\b")
SECRET_PATH = re.compile(r"(/(?:at|kannel)/)[^/\s]+")


def _quiet(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in list(event):
        if key in DROPPED:
            event[key] = "…"
        elif isinstance(event[key], str):
            event[key] = scrub(event[key])
    return event


def scrub(text: str) -> str:
    """A line of log without phone numbers and without the secret of a callback address."""
    return SECRET_PATH.sub(r"\1…", PHONE.sub(lambda found: masked(found.group()), text))


def prepare(*, machine: bool) -> None:
    """Set logging up, once a process. `machine`: one JSON object a line; otherwise lines for a person."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _quiet,
    ]
    drawn = structlog.processors.JSONRenderer() if machine else structlog.dev.ConsoleRenderer(colors=False)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, drawn]
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("urllib3", "requests", "apscheduler", "rq.worker", "alembic", "waitress.queue"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
