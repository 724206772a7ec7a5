"""A farmer entered by staff, with or without a phone: the form, what is wrong with it, and the deed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from content.languages import BY_CODE, LANGUAGES
from core import audit, phone
from core.errors import EnsigoError, NotFound, Unusable
from profiles import consent, crops, farmers, organisations, questions, roll
from profiles.farmers import NewFarmer
from profiles.models import Farmer
from service.accounts import guard
from service.portal.farmers import districts, runtime, today
from service.portal.words import said

pages = Blueprint("enrol", __name__)
# Read aloud before the box is ticked; the consent remembers a hash of it.
NOTICE = (
    "We keep your name, place and crops, and your number if you have one, to send you farm news, or to have it passed on to you. "
    "Nobody else sees them unless you say yes. You can stop at any time. We never ask for a PIN."
)
FIELDS = ("name", "sex", "born", "language", "district", "phone", "phone_use", "group", "contact", "land", "planted", "witness")


@dataclass(slots=True)
class Form:
    """What was typed, kept for the page, and what is wrong with it, by field."""

    values: dict[str, str]
    crops: list[str]
    agreed: bool = False
    sure: bool = False
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, typed: "MultiDict[str, str]") -> "Form":
        values = {name: typed.get(name, "").strip()[:200] for name in FIELDS}
        chosen = [code for code in dict.fromkeys([typed.get("main_crop", ""), *typed.getlist("crops")]) if code in crops.BY_CODE]
        return cls(values, chosen, typed.get("agreed") == "yes", typed.get("sure") == "yes")

    def wrong(self, name: str, key: str, **values: object) -> None:
        self.errors.setdefault(name, said(key, **values))


@dataclass(frozen=True, slots=True)
class Meant:
    """The same, understood."""

    new: NewFarmer
    group_id: UUID | None
    land: str | None
    planted: str | None
    witness: str


@pages.get("/farmers/new")
@guard.needs("farmers.add")
def blank() -> str:
    return _page(Form(dict.fromkeys(FIELDS, ""), []), [])


@pages.post("/farmers/new")
@guard.needs("farmers.add")
def enter() -> Response | tuple[str, int]:
    person, now = guard.person(), runtime().now()
    form = Form.of(request.form)
    with runtime().transaction() as session:
        meant = understand(session, form, person.scope, runtime().settings.country, today())
        alike = [] if form.errors else roll.alike(session, meant.new.phone, meant.new.name, meant.new.district_id)
        if not form.errors and (form.sure or not alike):
            farmer = keep(session, meant, person.actor, now, today())
            flash(f"{farmer.name} is in, with the code {farmers.code(farmer)}. Write it down for them.", "good")
            return redirect(url_for("farmers.one", farmer_id=farmer.id))
    return _page(form, _mine(alike, person)), 400


def understand(session: Session, form: Form, scope: UUID | None, country: str, day: date) -> Meant:
    """Read every field; what is wrong is noted beside it, all at once."""
    typed = form.values
    name = _read(form, "name", lambda: questions.name(typed["name"], day))
    born = _read(form, "born", lambda: questions.year(typed["born"], day)) if typed["born"] else None
    number = _read(form, "phone", lambda: phone.e164(typed["phone"], country)) if typed["phone"] else None
    if typed["language"] not in BY_CODE:
        form.wrong("language", "farmer.language")
    if typed["district"] not in dict(districts(session)):
        form.wrong("district", "farmer.district")
    if not form.crops:
        form.wrong("main_crop", "farmer.crop")
    group_id, contact = _group(session, form, scope), _contact(session, form, scope, day)
    if not typed["phone"] and not group_id and not contact and not {"group", "contact"} & form.errors.keys():
        form.wrong("contact", "farmer.contact")
    if not form.agreed:
        form.wrong("agreed", "farmer.consent")
    if len(typed["witness"]) < 2:
        form.wrong("witness", "farmer.witness")
    new = NewFarmer(
        phone=number,
        language=typed["language"],
        crops=tuple(form.crops),
        district_id=int(typed["district"]) if typed["district"].isdecimal() else None,
        source="portal",
        name=name,
        sex=_one_of(typed["sex"], questions.SEXES),
        born=born,
        phone_use=_one_of(typed["phone_use"], questions.PHONE_USES) if number else None,
        contact_id=contact.id if contact else None,
    )
    return Meant(
        new,
        group_id,
        _one_of(typed["land"], questions.LAND_BANDS),
        _one_of(typed["planted"], tuple(questions.PLANTED_BANDS)),
        typed["witness"],
    )


def keep(session: Session, meant: Meant, actor: str, now: datetime, day: date) -> Farmer:
    """Add the farmer with plots, group and consent, and note who did it."""
    farmer = farmers.add(session, meant.new, now)
    for question, value in (("land", meant.land), ("planted", meant.planted)):
        if value:
            farmers.answer(session, farmer, question, value, now)
    if meant.group_id:
        organisations.join(session, farmer.id, meant.group_id, day)
    shown = f"portal.notice:en:{sha256(NOTICE.encode()).hexdigest()}"
    consent.give(session, farmer.id, consent.SERVICE, "paper", shown, now, witness=meant.witness)
    audit.note(session, actor, "farmer.entered", f"farmer:{farmer.id}", now, phone=farmer.phone is not None)
    return farmer


def _read(form: Form, name: str, parse):  # type: ignore[no-untyped-def]
    try:
        return parse()
    except Unusable as wrong:
        form.wrong(name, wrong.key, **wrong.values)
        return None


def _group(session: Session, form: Form, scope: UUID | None) -> UUID | None:
    """The chosen group; staff of a group enter its own members only."""
    if scope is not None:
        return scope
    if not form.values["group"]:
        return None
    known = {str(group.id): group.id for group in roll.groups(session)}
    if form.values["group"] not in known:
        form.wrong("group", "farmer.group")
    return known.get(form.values["group"])


def _contact(session: Session, form: Form, scope: UUID | None, day: date) -> Farmer | None:
    """The farmer who passes news on, by code. Must have a phone, and be one whom this person may see."""
    if not form.values["contact"]:
        return None
    try:
        found = roll.one(session, farmers.by_code(session, form.values["contact"]).id, scope, day)
    except NotFound:
        form.wrong("contact", "farmer.code_unknown")
        return None
    except Unusable as wrong:
        form.wrong("contact", wrong.key)
        return None
    if found.phone is None:
        form.wrong("contact", "farmer.contact_phone")
    return found


def _one_of(value: str, allowed: tuple[str, ...]) -> str | None:
    return value if value in allowed else None


def _mine(found: list[Farmer], person: guard.Person) -> list[tuple[Farmer, bool]]:
    """Who may be the same; those outside the person's group are only said to exist."""
    if person.scope is None:
        return [(farmer, True) for farmer in found]
    with runtime().reading() as session:
        return [(farmer, _visible(session, farmer, person)) for farmer in found]


def _visible(session: Session, farmer: Farmer, person: guard.Person) -> bool:
    try:
        roll.one(session, farmer.id, person.scope, today())
    except EnsigoError:
        return False
    return True


def _page(form: Form, alike: list[tuple[Farmer, bool]]) -> str:
    with runtime().reading() as session:
        choices: Mapping[str, object] = {"districts": districts(session), "groups": roll.groups(session, guard.person().scope)}
        return render_template(
            "farmers/new.html",
            form=form,
            alike=alike,
            notice=NOTICE,
            crops=[crop.code for crop in crops.CROPS],
            languages=LANGUAGES,
            **choices,
        )
