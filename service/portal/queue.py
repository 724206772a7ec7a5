"""The queue for operators: what waits in each lane and since when, what is held back and why; to hold back, and to let go."""

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core.errors import Unusable
from messaging import lanes, pauses, switches
from messaging.classes import MessageClass
from service.accounts import guard
from service.portal import naming
from service.portal.farmers import runtime
from service.portal.words import CLASSES, said

pages = Blueprint("queue", __name__)
BLANK = {"what": "", "why": "", "until": ""}


@pages.get("/queue")
@guard.needs("queue.see")
def page() -> str:
    return _page(BLANK, {})


@pages.post("/queue/pause")
@guard.needs("queue.act")
def pause() -> Response | tuple[str, int]:
    """Hold something back, with a reason that everybody who looks will read."""
    typed = {name: request.form.get(name, "").strip()[:400] for name in BLANK}
    try:
        with runtime().transaction() as session:
            if typed["what"] not in dict(_choices(session)):
                raise Unusable("pause.what")
            pauses.pause(session, typed["what"], typed["why"], guard.person().actor, runtime().now(), _until(typed["until"]))
    except Unusable as wrong:
        return _page(typed, {wrong.key.removeprefix("pause."): said(wrong.key, **wrong.values)}), 400
    flash("It is held back from now on. What is in the air lands.", "good")
    return redirect(url_for("queue.page"))


@pages.post("/queue/resume")
@guard.needs("queue.act")
def resume() -> Response:
    with runtime().transaction() as session:
        pauses.resume(session, request.form.get("what", ""), guard.person().actor, runtime().now())
    flash("It goes on.", "good")
    return redirect(url_for("queue.page"))


def _page(typed: dict[str, str], errors: dict[str, str]) -> str:
    now = runtime().now()
    with runtime().reading() as session:
        found, held = lanes.standing(session, now), pauses.standing(session, now)
        payers = {line.payer for lane in found for line in lane.lines} | {one.name.partition(":")[2] for one in held}
        names = naming.payers(session, payers)
        return render_template(
            "operation/queue.html",
            lanes=found,
            air=lanes.in_the_air(session),
            held=[(one, naming.switch(one.name, names), naming.switch_page(one.name)) for one in held],
            actors=naming.actors(session, {one.by for one in held}),
            payers=names,
            now=now,
            choices=_choices(session),
            typed=typed,
            errors=errors,
            latest=pauses.FURTHEST.days,
        )


def _choices(session: Session) -> list[tuple[str, str]]:
    """What can be held back, the name of its switch first."""
    payers = [
        (f"payer:{code}", f"Only what {name[0].lower() + name[1:] if not code else name} pays for")
        for code, name in naming.payer_choices(session)
    ]
    classes = [(f"class:{kind.value}", f"{CLASSES[kind.value][0]}: {CLASSES[kind.value][1]}") for kind in MessageClass]
    gateways = [(f"gateway:{name}", f"The gateway {name}") for name in runtime().gateways]
    return [(switches.SENDING, "All sending"), *classes, *gateways, *payers]


def _until(typed: str) -> datetime | None:
    """A local date and time as a browser writes it. Raises Unusable."""
    if not typed:
        return None
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=runtime().settings.zone).astimezone(UTC)
    except ValueError as wrong:
        raise Unusable("pause.until") from wrong
