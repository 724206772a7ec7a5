"""Background work for operators: queues of jobs, who works, what failed by name and kind of error; the clock that wakes it all."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from core import audit, heartbeats
from core.heartbeats import Heartbeat
from service.accounts import guard
from service.portal.farmers import runtime

pages = Blueprint("background", __name__)


@pages.get("/jobs")
@guard.needs("queue.see")
def page() -> str:
    standing, now = runtime().queue.standing(), runtime().now()
    with runtime().reading() as session:
        beat = session.get(Heartbeat, heartbeats.CLOCK)
        alive = heartbeats.alive(session, heartbeats.CLOCK, now)
    return render_template("operation/jobs.html", standing=standing, beat=beat.at if beat else None, alive=alive)


@pages.post("/jobs/clear")
@guard.needs("queue.act")
def clear() -> Response:
    """Forget the failures: what they left undone, the clock has asked for again."""
    count = runtime().queue.clear()
    with runtime().transaction() as session:
        audit.note(session, guard.person().actor, "jobs.cleared", "jobs", runtime().now(), count=count)
    flash(f"{count} failed {'job is' if count == 1 else 'jobs are'} forgotten.", "good")
    return redirect(url_for("background.page"))
