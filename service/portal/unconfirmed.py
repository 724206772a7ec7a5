"""Texts of which nobody knows whether they went: a person says so, one by one; and whether an emergency may go once more."""

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from core.errors import Conflict, Unusable
from messaging import pauses, story, switches, unconfirmed
from messaging.unconfirmed import BY_PERSON, ONCE_MORE, Verdict
from service.accounts import guard
from service.portal import naming
from service.portal.farmers import runtime
from service.portal.messages import whose
from service.portal.words import said

pages = Blueprint("unconfirmed", __name__)
LATELY = timedelta(days=3)
MOST = 50
DONE = {
    Verdict.ARRIVED: "Noted: it arrived.",
    Verdict.CLOSED: "Noted: it is let be, and counts as not delivered.",
    Verdict.AGAIN: "It goes once more.",
}
# what Conflict says → what the page says
MOVED = {
    "its report came meanwhile": "Its report came meanwhile: nothing is left to decide.",
    "this text is not unconfirmed": "This text is not unconfirmed: its story says what became of it.",
    "its time is over: it would come too late": "Its time is over: it would come too late. Let it be, or say that it arrived.",
}


@pages.get("/unconfirmed", endpoint="all")
@guard.needs("unconfirmed.see")
def listed() -> str:
    return _page("")


@pages.get("/unconfirmed/<uuid:batch_id>/<int:index>/again")
@guard.needs("unconfirmed.settle")
def ask_again(batch_id: UUID, index: int) -> str:
    """Are you sure? It may come twice."""
    with runtime().reading() as session:
        whole = story.whole(session, batch_id, index)
        return render_template(
            "operation/again.html", whole=whole, farmer=whose(session, [whole.ref])[0], over=runtime().now() >= whole.batch.valid_until
        )


@pages.post("/unconfirmed/<uuid:batch_id>/<int:index>/<any(arrived, closed, again):verdict>")
@guard.needs("unconfirmed.settle")
def decide(batch_id: UUID, index: int, verdict: str) -> Response:
    said_, sure = Verdict(verdict), request.form.get("sure") == "yes"
    if said_ is Verdict.AGAIN and not sure:
        return redirect(url_for("unconfirmed.ask_again", batch_id=batch_id, index=index))
    try:
        with runtime().transaction() as session:
            unconfirmed.decide(session, batch_id, index, said_, guard.person().actor, runtime().now())
        flash(DONE[said_], "good")
    except Conflict as moved:
        flash(MOVED.get(str(moved), "It has moved on: look at it as it stands now."), "warn")
    return redirect(url_for("unconfirmed.all"))


@pages.post("/unconfirmed/once-more")
@guard.needs("unconfirmed.settle")
def once_more() -> Response | tuple[str, int]:
    """Whether an emergency whose answer never came goes once more by itself."""
    actor, now = guard.person().actor, runtime().now()
    try:
        with runtime().transaction() as session:
            if request.form.get("allow") == "yes":
                pauses.allow_once_more(session, request.form.get("why", ""), actor, now)
            else:
                pauses.forbid_once_more(session, actor, now)
    except Unusable:
        return _page(said("once_more.why")), 400
    flash("Changed. It holds for every emergency from now on.", "good")
    return redirect(url_for("unconfirmed.all"))


def _page(error: str) -> str:
    now = runtime().now()
    with runtime().reading() as session:
        waiting = unconfirmed.waiting(session, now, MOST + 1)
        settled = unconfirmed.settled(session, now - LATELY)
        allowed = switches.off(session, now, [ONCE_MORE]).get(ONCE_MORE)
        return render_template(
            "operation/unconfirmed.html",
            waiting=list(zip(waiting[:MOST], whose(session, [one.batch.refs[one.index] for one in waiting[:MOST]]), strict=True)),
            more=len(waiting) > MOST,
            settled=settled,
            by_person=BY_PERSON,
            allowed=allowed,
            actors=naming.actors(session, {allowed.by} if allowed else ()),
            now=now,
            error=error,
        )
