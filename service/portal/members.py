"""An organisation's members at a screen: listed, taken from a list, let join and leave, and confirmed after a meeting."""

from datetime import date
from hashlib import sha256
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from conversations import entering
from core import audit
from core.errors import NotFound, Unusable
from profiles import belonging, entered, farmers, members, organisations, roll
from profiles.members import Search
from profiles.models import Organisation
from profiles.sheets import Unreadable
from service.accounts import guard
from service.accounts.guard import Person
from service.portal import lists
from service.portal.enrol import NOTICE
from service.portal.farmers import runtime, today
from service.portal.words import said

pages = Blueprint("members", __name__)


@pages.get("/members", endpoint="all")
@guard.needs("members.see")
def listed() -> Response | str:
    """One's own organisation at once; who sees several chooses."""
    person = guard.person()
    if person.scope is not None and person.organisation_id is not None:
        return redirect(url_for("members.one", organisation_id=person.organisation_id))
    with runtime().reading() as session:
        groups = roll.groups(session, person.scope)
        return render_template("members/all.html", groups=groups, counts=members.counts(session, [one.id for one in groups], today()))


@pages.get("/members/<uuid:organisation_id>")
@guard.needs("members.see")
def one(organisation_id: UUID) -> Response | str:
    text = request.args.get("q", "").strip()
    if roll.holds_phone(text):
        flash("Type a phone number into the box: it does not belong into an address.", "warn")
        return redirect(url_for("members.one", organisation_id=organisation_id))
    return _list(organisation_id, text)


@pages.post("/members/<uuid:organisation_id>")
@guard.needs("members.see")
def look_up(organisation_id: UUID) -> Response | str:
    """The search box posts, so that a number never stands in an address; anything else gets an address to share."""
    text = request.form.get("q", "").strip()
    if roll.holds_phone(text):
        return _list(organisation_id, text)
    with runtime().reading() as session:
        _group(session, organisation_id, guard.person())
    role, gone = (request.form.get(name) or None for name in ("role", "gone"))
    return redirect(url_for("members.one", organisation_id=organisation_id, q=text or None, role=role, gone=gone))


@pages.get("/members/<uuid:organisation_id>/list")
@guard.needs("members.manage")
def choose(organisation_id: UUID) -> str:
    return _upload(organisation_id)


@pages.post("/members/<uuid:organisation_id>/list")
@guard.needs("members.manage")
def upload(organisation_id: UUID) -> Response | str | tuple[str, int]:
    """First the look at a file, kept nowhere; then, with `take`, the same list for good."""
    person, house, now = guard.person(), runtime(), runtime().now()
    try:
        given = lists.unpacked(request.form["held"]) if request.form.get("take") == "yes" else lists.read(request.files.get("file"))
    except Unusable as wrong:
        return _upload(organisation_id, said(wrong.key, **wrong.values)), 400
    except Unreadable as wrong:
        return _upload(organisation_id, str(wrong)), 400
    with house.transaction() as session:
        group = _group(session, organisation_id, person)
        if request.form.get("take") == "yes":
            report, told = lists.take(session, given, group, person.actor, now, house.settings)
            flash(f"{report.added} new, {report.joined} more joined, {report.known + report.repeated} known. Notices sent: {told}.", "good")
            return redirect(url_for("members.one", organisation_id=organisation_id))
        report = lists.look(session, given, group, now, house.settings.country)
        session.expire_all()
        organisation = _group(session, organisation_id, person)
        return render_template(
            "members/list.html", organisation=organisation, report=report, held=given.packed(), error=report.refused, most=lists.MOST_ROWS
        )


@pages.post("/members/<uuid:organisation_id>/join")
@guard.needs("members.manage")
def join(organisation_id: UUID) -> Response:
    """Somebody known comes, or comes back. An organisation's own staff bring back whom they had; others come with a list or a form."""
    person, house = guard.person(), runtime()
    back = redirect(url_for("members.one", organisation_id=organisation_id))
    with house.transaction() as session:
        group = _group(session, organisation_id, person)
        try:
            farmer = farmers.by_code(session, request.form.get("code", ""))
            if person.scope is not None:
                members.of(session, group.id, farmer.id)
            since = _day(request.form.get("since", ""), today())
            role = _role(request.form.get("role", "member"))
        except NotFound:
            flash("Nobody of yours bears this code. New members come with a list, or through Enter a farmer.", "bad")
            return back
        except Unusable as wrong:
            flash(said(wrong.key, **wrong.values), "bad")
            return back
        if not organisations.join(session, farmer.id, group.id, since, role):
            flash(said("members.there"), "warn")
            return back
        belonging.back(session, farmer, group.id)
        entering.tell_joined(session, group, [farmer.id], today(), house.now(), house.settings)
        audit.note(session, person.actor, "member.joined", f"farmer:{farmer.id}", house.now(), organisation=str(group.id))
        flash(f"{farmer.name or 'They'} belongs to {group.name} since {since:%-d %b %Y}.", "good")
    return back


@pages.post("/members/<uuid:organisation_id>/<uuid:farmer_id>/<any(leave, appoint, confirm):deed>")
@guard.needs("members.manage")
def change(organisation_id: UUID, farmer_id: UUID, deed: str) -> Response:
    person, house, now = guard.person(), runtime(), runtime().now()
    with house.transaction() as session:
        group = _group(session, organisation_id, person)
        membership = members.of(session, group.id, farmer_id)
        farmer = farmers.get(session, farmer_id)
        name = farmer.name or farmers.code(farmer)
        try:
            if deed == "leave":
                organisations.leave(session, farmer_id, group.id, _day(request.form.get("until", ""), today(), membership.since))
                flash(f"{name} has left. They get no more texts from you.", "good")
            elif deed == "appoint":
                organisations.appoint(session, farmer_id, group.id, _role(request.form.get("role", "")))
                flash(f"What {name} is in the group is noted.", "good")
            else:
                _confirm(session, group, farmer_id, person)
                flash(f"{name} is confirmed by the meeting.", "good")
        except Unusable as wrong:
            flash(said(wrong.key, **wrong.values), "bad")
        else:
            audit.note(session, person.actor, f"member.{deed}", f"farmer:{farmer_id}", now, organisation=str(group.id))
    return redirect(url_for("members.one", organisation_id=organisation_id))


def _confirm(session: Session, group: Organisation, farmer_id: UUID, person: Person) -> None:
    """The tick after a meeting, for one who waits for it. Raises NotFound for anybody else."""
    waiting = {farmer.id: farmer for farmer in entered.for_a_meeting(session, group.id)}
    if farmer_id not in waiting:
        raise NotFound("member")
    witness = f"meeting of {group.name}, noted by {person.name}"
    shown = f"portal.notice:en:{sha256(NOTICE.encode()).hexdigest()}"
    entered.agree(session, waiting[farmer_id], "paper", shown, runtime().now(), witness)


def _list(organisation_id: UUID, text: str) -> str:
    given = request.form if request.method == "POST" else request.args
    page, role = max(given.get("page", 1, type=int), 1), given.get("role") or None
    person, now = guard.person(), runtime().now()
    with runtime().reading() as session:
        group = _group(session, organisation_id, person)
        wanted = Search(group.id, text, role, given.get("gone") == "yes", runtime().settings.country)
        found, total = members.search(session, wanted, page, today(), now)
        return render_template(
            "members/one.html",
            organisation=group,
            lines=found,
            total=total,
            page=page,
            last=max(-(-total // members.PAGE), 1),
            wanted=wanted,
            private=roll.holds_phone(text),
            meeting=entered.for_a_meeting(session, group.id),
            notice=NOTICE,
            today=today(),
        )


def _upload(organisation_id: UUID, error: str | None = None) -> str:
    with runtime().reading() as session:
        group = _group(session, organisation_id, guard.person())
        return render_template("members/list.html", organisation=group, report=None, held="", error=error, most=lists.MOST_ROWS)


def _group(session: Session, organisation_id: UUID, person: Person) -> Organisation:
    """Raises NotFound for another's organisation and for none alike."""
    if person.scope is not None and person.scope != organisation_id:
        raise NotFound("organisation")
    return organisations.get(session, organisation_id)


def _day(typed: str, latest: date, earliest: date | None = None) -> date:
    try:
        day = date.fromisoformat(typed.strip()) if typed.strip() else latest
    except ValueError as wrong:
        raise Unusable("members.day") from wrong
    if day > latest or day.year < 1950 or (earliest is not None and day < earliest):
        raise Unusable("members.day")
    return day


def _role(typed: str) -> str:
    if typed not in organisations.ROLES:
        raise Unusable("members.role")
    return typed
