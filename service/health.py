"""For operators and their machines: alive, ready, and the figures of the queue, read from the database."""

import hmac
from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import heartbeats
from jobs.runtime import Runtime
from messaging import spool
from messaging.models import Batch
from service.metrics import Kept

pages = Blueprint("health", __name__)
OLD_SECONDS = 120


@pages.get("/healthz")
def healthz() -> Response:
    """This process answers."""
    return Response("ok", content_type="text/plain")


@pages.get("/readyz")
def readyz() -> tuple[Response, int]:
    """503 only when the database does not answer; what else is wrong is named as degraded."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.now()
    waits = spool.waiting(Path(runtime.settings.spool_dir))
    spooled = {"bytes": waits.bytes, "oldest_seconds": round((now - waits.since).total_seconds()) if waits.since else 0}
    try:
        with runtime.reading() as session:
            clock = heartbeats.alive(session, heartbeats.CLOCK, now)
            age = oldest_seconds(session, runtime)
    except Exception as down:
        return jsonify({"ready": False, "database": type(down).__name__, "spool": spooled}), 503
    degraded = [name for name, wrong in (("clock", not clock), ("queue", age > OLD_SECONDS), ("spool", waits.bytes > 0)) if wrong]
    return jsonify({"ready": True, "degraded": degraded, "oldest_queued_seconds": round(age), "spool": spooled}), 200


@pages.get("/metrics")
def metrics() -> Response:
    """Prometheus text, kept for a few seconds. With METRICS_TOKEN set, for who bears it alone."""
    runtime: Runtime = current_app.extensions["runtime"]
    token = runtime.settings.metrics_token.get_secret_value()
    given = request.headers.get("Authorization", "")
    if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return Response("unauthorised", 401, {"WWW-Authenticate": "Bearer"}, content_type="text/plain")
    kept: Kept = current_app.extensions.setdefault("metrics", Kept())
    return Response(kept.read(runtime), content_type="text/plain; version=0.0.4; charset=utf-8")


def oldest_seconds(session: Session, runtime: Runtime) -> float:
    """How long the longest-waiting due batch has waited."""
    now = runtime.now()
    oldest = session.scalars(select(func.min(Batch.not_before)).where(Batch.state == "queued", Batch.not_before <= now)).one()
    return (now - oldest).total_seconds() if oldest else 0.0
