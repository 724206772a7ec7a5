"""Templates: wordings with ((placeholders)), checked before they are published, frozen after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content import fields, languages, placeholders
from content.models import Template, TemplateVersion
from core import audit
from core.db import insert_new, new_id
from core.errors import NotFound, Unusable
from messaging import gsm
from messaging.classes import MessageClass

ONE_PART = 160
OPT_OUT_WORDS = 35  # what the gateway may append to the first text of each subscriber


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that keeps a body from being published. `says` is for the editor."""

    language: str
    says: str


def check(bodies: Mapping[str, str]) -> list[Fault]:
    """What is wrong with these bodies, each filled with the longest real values. An empty list may be published."""
    faults = (
        []
        if bodies.get(languages.DEFAULT, "").strip()
        else [Fault(languages.DEFAULT, "There is no English body: it is what others fall back on.")]
    )
    wanted = placeholders.names(bodies.get(languages.DEFAULT, ""))
    for language, body in bodies.items():
        faults += [Fault(language, says) for says in _faults(language, body, wanted)]
    return faults


def _faults(language: str, body: str, wanted: list[str]) -> list[str]:
    names = placeholders.names(body)
    unknown = [name for name in names if name not in fields.FIELDS]
    if unknown or placeholders.stray(body):
        return [f"(({unknown[0]})) is not a value we know." if unknown else "There are double brackets that are no placeholder."]
    faults = [f"((({name}))) is in the English body and not here." for name in wanted if name not in names]
    lost = [letter for letter in gsm.culprits(body) if gsm.plain(letter) == "?"]
    longest = gsm.plain(placeholders.fill(body, {name: fields.FIELDS[name].longest(language) for name in names}))
    if lost:
        faults.append(f"{lost[0]!r} is outside the GSM alphabet, would more than double the cost, and has no plain spelling.")
    elif not gsm.fits(longest, ONE_PART):
        faults.append(f"With the longest values it takes {gsm.septets(longest)} of {ONE_PART} characters.")
    return faults


def add(session: Session, code: str, title: str, klass: MessageClass, now: datetime, *, sample: bool = False) -> Template:
    """A template by this code; the one that is there already is returned as it is."""
    row = {"id": new_id(now), "code": code, "title": title, "klass": klass.value, "sample": sample}
    insert_new(session, Template, [row], Template.id)
    return by_code(session, code)


def by_code(session: Session, code: str) -> Template:
    """Raises NotFound."""
    template = session.scalars(select(Template).where(Template.code == code)).one_or_none()
    if template is None:
        raise NotFound(f"no template {code!r}")
    return template


def publish(
    session: Session, template: Template, bodies: Mapping[str, str], unreviewed: list[str], actor: str, now: datetime
) -> TemplateVersion:
    """Freeze these bodies as the next version, letters outside the GSM alphabet in their plain spelling (ŋ as ng').

    Raises Unusable with the first fault; `check` lists all of them.
    """
    given = {language: body.strip() for language, body in bodies.items() if body.strip()}
    faults = check(given)
    clean = {language: gsm.plain(body) for language, body in given.items()}
    if faults:
        raise Unusable("template.unusable", language=faults[0].language, says=faults[0].says)
    # The template's row is held, so that two editors get two numbers.
    session.execute(select(Template.id).where(Template.id == template.id).with_for_update())
    last = session.scalars(select(func.max(TemplateVersion.number)).where(TemplateVersion.template_id == template.id)).one()
    version = TemplateVersion(
        id=new_id(now), template_id=template.id, number=(last or 0) + 1, bodies=clean, unreviewed=unreviewed, by=actor, at=now
    )
    session.add(version)
    session.flush()
    audit.note(session, actor, "template.published", f"template:{template.id}", now, number=version.number)
    return version


def published(session: Session, template_id: UUID) -> TemplateVersion | None:
    """The newest version, or None before the first."""
    newest = select(TemplateVersion).where(TemplateVersion.template_id == template_id).order_by(TemplateVersion.number.desc()).limit(1)
    return session.scalars(newest).one_or_none()


def body_for(version: TemplateVersion, language: str) -> tuple[str, str] | None:
    """The body that a speaker of this language gets, and in which language it is; None when even English is missing."""
    return next(((one, version.bodies[one]) for one in (language, *languages.chain(language)) if one in version.bodies), None)
