"""A draft tried out before anybody else reads it: as one farmer would get it today, and as a text to one's own phone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from content import drafts, fields, placeholders, templates, versions
from content.drafts import Preview
from content.fields import Cell, Context
from content.models import TemplateVersion
from core import audit, clock, codes, phone
from core.db import new_id
from core.errors import Unusable
from core.settings import Settings
from jobs.runtime import Runtime
from messaging import outbox
from messaging.classes import MessageClass
from profiles import roll
from profiles.roll import Line

SIMULATOR = ("simulator",)
MOST_ALIKE = 8
# What may stand between ((brackets)), said to an editor.
SAYS = {
    "district": "her district",
    "crop": "the crop that the text is about, in her language",
    "price sentence": "what her crop is worth near her, as one sentence",
    "name": "her name",
    "weather": "tomorrow's weather in her district, as one sentence",
    "dial": "what she dials for more",
}


@dataclass(slots=True)
class Typed:
    """The form as it came. `seen` is the stamp of the draft that it was made from; `wrong` says what is amiss, by part of the form."""

    bodies: dict[str, str]
    seen: str
    read: tuple[str, ...] = ()
    whom: str = ""
    spoken: str = ""
    number: str = ""
    nonce: str = ""
    rewrite: str = ""
    wrong: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, form: "MultiDict[str, str]", known: Sequence[str]) -> "Typed":
        bodies = {code: form[f"body-{code}"].replace("\r\n", "\n")[: drafts.LONGEST] for code in known if f"body-{code}" in form}
        plain = {name: form.get(name, "").strip()[:80] for name in ("seen", "spoken", "number", "nonce", "rewrite")}
        whom = (form.get("choose") or form.get("whom", "")).strip()[:60]
        return cls(bodies, read=tuple(code for code in known if form.get(f"read-{code}") == "yes"), whom=whom, **plain)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Shown:
    """A preview and whose it is; or, where several fit what was typed, those to choose from."""

    preview: Preview | None
    line: Line | None
    choices: Sequence[Line] = ()


def nonce(now: datetime) -> str:
    """Of one form: pressed twice, a test is one text."""
    return new_id(now).hex


def show(session: Session, runtime: Runtime, typed: Typed) -> Shown:
    """What the farmer that was asked for would get. Raises Unusable when nobody fits, or when nobody was named and it matters."""
    now, settings = runtime.now(), runtime.settings
    context = Context(session, settings, clock.day(now, settings.zone), now=now)
    if not typed.whom:
        return Shown(_for_nobody(typed, context), None)
    found, total = roll.search(session, roll.Search(typed.whom, country=settings.country), 1, context.day)
    exact = [line for line in found if codes.written(line.farmer.number) == typed.whom]
    if not found:
        raise Unusable("template.nobody")
    if len(exact or found) > 1 or (total > 1 and not exact):
        return Shown(None, None, found[:MOST_ALIKE])
    line = (exact or found)[0]
    farmer = line.farmer
    crop = line.crops[0] if line.crops else ""
    cell = Cell(typed.spoken or farmer.language, farmer.district_id or 0, crop, farmer.name)
    return Shown(drafts.preview(typed.bodies, cell, context), line)


def send(runtime: Runtime, template_id: UUID, typed: Typed, actor: str, now: datetime) -> str:
    """One text to the number typed, as the preview shows it; the number as it was understood.

    Only to a number on the guest list, or where the simulator carries it. Raises Unusable for what keeps it back.
    """
    settings = runtime.settings
    number = phone.e164(typed.number, settings.country)
    if not _invited(settings, number):
        raise Unusable("template.not_invited")
    with runtime.transaction() as session:
        template = versions.ours(session, template_id)
        shown = show(session, runtime, typed)
        if shown.preview is None or shown.preview.body is None:
            raise Unusable("template.nothing")
        batch_id = outbox.put(
            session,
            phone=number,
            ref="",
            body=shown.preview.body,
            klass=MessageClass.REPLY,
            sender=f"test:{template_id}",
            now=now,
            zone=settings.zone,
            dedupe=f"test:{typed.nonce or nonce(now)}",
        )
        if batch_id is not None:
            audit.note(session, actor, "template.tested", f"template:{template.id}", now, batch=str(batch_id))
    return phone.masked(number)


def _invited(settings: Settings, number: str) -> bool:
    return number in settings.guests or settings.gateways == SIMULATOR


def _for_nobody(typed: Typed, context: Context) -> Preview:
    """A body that says the same to everybody needs no farmer to be shown."""
    language = typed.spoken or "en"
    version = TemplateVersion(bodies=drafts.clean(typed.bodies))
    chosen = templates.body_for(version, language)
    names = placeholders.names(chosen[1]) if chosen else []
    if fields.depends([name for name in names if name in fields.FIELDS]):
        raise Unusable("template.whom")
    return drafts.preview(typed.bodies, Cell(language), context)
