"""An organisation's own desk for texts to its members: written, counted and priced before it goes, watched, stopped, looked back at."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from content import broadcast_figures, broadcast_words, broadcasts
from content.broadcasts import Words
from content.models import Broadcast
from core.errors import NotFound, Unusable
from messaging import budgets
from profiles import crops, organisations
from profiles.audiences import Audience
from profiles.models import Organisation
from service.accounts import guard
from service.accounts.guard import Person
from service.portal.budgets import step
from service.portal.farmers import districts, runtime, today
from service.portal.words import said

pages = Blueprint("desk", __name__)
LONGEST = 400  # characters of a text that are looked at


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed. `nonce` goes with the form from its first page to the launch, so that a double click is one broadcast."""

    body: str
    crop: str
    district: str
    role: str
    nonce: str

    @classmethod
    def of(cls, typed: "MultiDict[str, str]") -> "Form":
        given = {name: typed.get(name, "").strip()[:LONGEST] for name in ("body", "crop", "district", "role", "nonce")}
        return cls(**{**given, "nonce": given["nonce"][:64] or uuid4().hex})

    def audience(self) -> Audience:
        return Audience(
            crops=(self.crop,) if self.crop in crops.BY_CODE else (),
            districts=(int(self.district),) if self.district.isdecimal() and len(self.district) < 10 else (),
            role=self.role if self.role in organisations.ROLES else None,
        )


@pages.get("/desk", endpoint="all")
@guard.needs("desk.see")
def listed() -> str:
    person = guard.person()
    with runtime().reading() as session:
        lines = [(one, broadcasts.body(session, one), _whose(session, one)) for one in broadcasts.listed(session, person.scope)]
        own = f"organisation:{person.organisation_id}" if person.organisation_id else None
        kept = budgets.lines(session, today(), own) if own else []
        return render_template("desk/all.html", lines=lines, writes=own is not None, budgets=[(line, step(line)) for line in kept])


@pages.get("/desk/new")
@guard.needs("desk.write")
def blank() -> Response | str:
    if guard.person().organisation_id is None:
        flash("Your account belongs to no organisation. An organisation's own staff write to its members.", "warn")
        return redirect(url_for("desk.all"))
    return _written(Form.of(MultiDict()), looked=False)


@pages.post("/desk/new")
@guard.needs("desk.write")
def look() -> Response | str | tuple[str, int]:
    """The form with who would get it and what it costs; with `go`, the launch of just that."""
    person, form = guard.person(), Form.of(request.form)
    if request.form.get("go") != "yes":
        return _written(form, looked=True)
    house, now = runtime(), runtime().now()
    try:
        with house.transaction() as session:
            words = Words(_mine(session, person), form.body, form.audience(), form.nonce)
            made = broadcasts.launch(session, words, house.settings.ussd_code, person.actor, now, house.settings.zone)
            waits = made.state == broadcasts.WAITING
            flash("A second person must look at it first. Ask them to open this page." if waits else "It is on its way.", "good")
    except Unusable:
        return _written(form, looked=True), 400
    return redirect(url_for("desk.one", broadcast_id=made.id))


@pages.get("/desk/<uuid:broadcast_id>")
@guard.needs("desk.see")
def one(broadcast_id: UUID) -> str:
    person, now = guard.person(), runtime().now()
    with runtime().reading() as session:
        broadcast = broadcasts.get(session, broadcast_id, person.scope)
        body = broadcasts.body(session, broadcast)
        waits = broadcast.state == broadcasts.WAITING
        return render_template(
            "desk/one.html",
            broadcast=broadcast,
            body=body,
            whose=_whose(session, broadcast),
            reach=broadcast_figures.reach(session, broadcasts.audience(broadcast), body, now) if waits else None,
            about=broadcast_words.sensitive(body) if waits else [],
            progress=broadcast_figures.progress(session, broadcast),
            mine=broadcast.by == person.actor,
            over=now >= broadcast.valid_until,
        )


@pages.post("/desk/<uuid:broadcast_id>/<any(approve, refuse):answer>")
@guard.needs("desk.approve")
def decide(broadcast_id: UUID, answer: str) -> Response:
    """The second person's word. A no is the author's too: they may take it back."""
    person, house = guard.person(), runtime()
    with house.transaction() as session:
        broadcast = broadcasts.get(session, broadcast_id, person.scope, lock=True)
        if answer == "approve":
            broadcasts.approve(session, broadcast, person.actor, house.now(), house.settings.zone)
        else:
            broadcasts.refuse(session, broadcast, person.actor, house.now())
    flash("It is on its way." if answer == "approve" else "It will not be sent.", "good")
    return redirect(url_for("desk.one", broadcast_id=broadcast_id))


@pages.post("/desk/<uuid:broadcast_id>/<any(stop, resume):way>")
@guard.needs("desk.stop")
def halt(broadcast_id: UUID, way: str) -> Response:
    person, house = guard.person(), runtime()
    with house.transaction() as session:
        broadcast = broadcasts.get(session, broadcast_id, person.scope, lock=True)
        (broadcasts.stop if way == "stop" else broadcasts.resume)(session, broadcast, person.actor, house.now())
    flash("Stopped: nothing more of it leaves." if way == "stop" else "It goes on with those who did not have it.", "good")
    return redirect(url_for("desk.one", broadcast_id=broadcast_id))


def _written(form: Form, *, looked: bool) -> str:
    person, house = guard.person(), runtime()
    with house.reading() as session:
        organisation = _mine(session, person)
        wrong = broadcast_words.faults(organisation.name, form.body, house.settings.ussd_code) if looked else []
        text = broadcast_words.written(organisation.name, form.body, house.settings.ussd_code)
        reach, second = None, list[str]()
        if looked and not wrong:
            reach = broadcast_figures.reach(session, broadcasts.own(form.audience(), organisation), text, house.now())
            second = broadcasts.needs_second(session, Words(organisation, form.body, form.audience(), form.nonce), house.now())
        if reach is not None and not reach.phones:
            wrong = [said("desk.nobody")]
        return render_template(
            "desk/write.html",
            form=form,
            text=text,
            wrong=wrong,
            reach=None if wrong else reach,
            second=second,
            organisation=organisation,
            crops=[(crop.code, crop.code) for crop in crops.CROPS],
            districts=districts(session),
            roles=organisations.ROLES,
            room=broadcast_words.ONE_PART - len(broadcast_words.written(organisation.name, "", house.settings.ussd_code)),
        )


def _mine(session: Session, person: Person) -> Organisation:
    """The organisation that this person writes for. Raises NotFound."""
    if person.organisation_id is None:
        raise NotFound("this account belongs to no organisation")
    return organisations.get(session, person.organisation_id)


def _whose(session: Session, broadcast: Broadcast) -> str:
    return organisations.get(session, broadcast.organisation_id).name if broadcast.organisation_id else ""
