"""For operators and their machines: alive, ready, and the figures of the queue, read from the database."""

import hmac
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import heartbeats, incidents
from jobs.runtime import Runtime
from messaging.models import Batch, Inbound, Message, Report

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
    try:
        with runtime.reading() as session:
            clock = heartbeats.alive(session, heartbeats.CLOCK, now)
            age = oldest_seconds(session, runtime)
    except Exception as down:
        return jsonify({"ready": False, "database": type(down).__name__}), 503
    degraded = [name for name, wrong in (("clock", not clock), ("queue", age > OLD_SECONDS)) if wrong]
    return jsonify({"ready": True, "degraded": degraded, "oldest_queued_seconds": round(age)}), 200


@pages.get("/metrics")
def metrics() -> Response:
    """Prometheus text. Everything is read from the tables, so that it is right whatever process answers."""
    runtime: Runtime = current_app.extensions["runtime"]
    token = runtime.settings.metrics_token.get_secret_value()
    given = request.headers.get("Authorization", "")
    if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        abort(404)
    registry = CollectorRegistry()
    with runtime.reading() as session:
        registry.register(_Tables(session, runtime))
        body = generate_latest(registry)
    return Response(body, content_type="text/plain; version=0.0.4; charset=utf-8")


def oldest_seconds(session: Session, runtime: Runtime) -> float:
    """How long the longest-waiting due batch has waited."""
    now = runtime.now()
    oldest = session.scalars(select(func.min(Batch.not_before)).where(Batch.state == "queued", Batch.not_before <= now)).one()
    return (now - oldest).total_seconds() if oldest else 0.0


class _Tables:
    """A collector whose figures are counts of rows."""

    def __init__(self, session: Session, runtime: Runtime) -> None:
        self._session, self._runtime = session, runtime

    def collect(self) -> Any:
        session = self._session
        batches = GaugeMetricFamily("ensigo_batches_open", "Batches that are not done, by state", labels=["state"])
        for state, count in session.execute(select(Batch.state, func.count()).where(Batch.state != "done").group_by(Batch.state)):
            batches.add_metric([state], count)
        yield batches
        fates = GaugeMetricFamily("ensigo_messages", "Messages by fate", labels=["fate"])
        for fate, count in session.execute(select(Message.fate, func.count()).group_by(Message.fate)):
            fates.add_metric([fate], count)
        yield fates
        for name, says, value in (
            ("ensigo_oldest_queued_seconds", "Age of the oldest due batch", oldest_seconds(session, self._runtime)),
            ("ensigo_inbound_waiting", "Texts not yet understood", _count(session, Inbound.handled_at.is_(None))),
            ("ensigo_reports_waiting", "Reports not yet folded", _count(session, Report.folded_at.is_(None))),
            ("ensigo_incidents_open", "Incidents that stand", len(incidents.standing(session))),
            ("ensigo_clock_alive", "1 while the clock ticks", int(heartbeats.alive(session, heartbeats.CLOCK, self._runtime.now()))),
        ):
            yield GaugeMetricFamily(name, says, value=value)


def _count(session: Session, condition: Any) -> int:
    return int(session.scalars(select(func.count()).where(condition)).one())
