"""An editor's draft: kept beside the template, measured as it is typed, shown as one farmer would get it, published."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from content import fields, languages, placeholders, planning, templates
from content.fields import Cell, Context
from content.models import Template, TemplateVersion
from content.templates import ONE_PART
from core.db import insert_new, new_id
from core.errors import Conflict, Unusable
from messaging import gsm
from messaging.classes import MessageClass

LONGEST = 2_000  # of a body that is kept at all: ten times what may be sent
# What an editor writes; a reply is put together by the conversation that it answers.
KINDS = tuple(kind for kind in MessageClass if kind is not MessageClass.REPLY)
FILLER = re.compile(r"^x+$")


@dataclass(frozen=True, slots=True)
class Costly:
    """A letter outside the GSM alphabet, and how it can be written inside it; None where it has no plain spelling."""

    letter: str
    plain: str | None


@dataclass(frozen=True, slots=True)
class Look:
    """One language's body, measured. `worst` is the body in pieces, each with whether it stands in for a value."""

    language: str
    characters: int  # as typed, in letters
    parts: int  # what it would be paid for, just as typed
    longest: int | None  # septets in plain spelling with the longest real values; None: it cannot be filled or spelt
    longest_parts: int
    costly: Sequence[Costly]
    rewrite: str | None  # the same words inside the alphabet, where that changes something and loses nothing
    worst: Sequence[tuple[str, bool]]
    faults: Sequence[str]

    @property
    def over(self) -> bool:
        return self.longest is None or self.longest > ONE_PART


@dataclass(frozen=True, slots=True)
class Preview:
    """What one person would read today, in which language; with no body, `why` says what keeps it from being sent."""

    language: str
    body: str | None
    why: str = ""


def begin(session: Session, title: str, kind: str, now: datetime) -> Template:
    """A new template of our own, nothing written yet. Raises Unusable for what was typed wrong, or when its name is taken."""
    code = re.sub(r"[^a-z0-9]+", "-", gsm.plain(title).lower()).strip("-")[:60]
    if not code:
        raise Unusable("template.title")
    if kind not in KINDS:
        raise Unusable("template.kind")
    row = {"id": new_id(now), "code": code, "title": " ".join(title.split())[:120], "klass": kind, "sample": False}
    if not insert_new(session, Template, [row], Template.id):
        raise Unusable("template.exists")
    return templates.by_code(session, code)


def bodies(session: Session, template: Template) -> dict[str, str]:
    """What the editor has before her: her draft, or else what is published, or else nothing."""
    if template.draft is not None:
        return dict(template.draft)
    newest = templates.published(session, template.id)
    return dict(newest.bodies) if newest else {}


def stamp(session: Session, template: Template) -> str:
    """What a form remembers of what it was made from, so that two editors do not write over each other."""
    newest = templates.published(session, template.id)
    written = repr((newest.number if newest else 0, sorted((template.draft or {}).items())))
    return sha256(written.encode()).hexdigest()[:16]


def keep(session: Session, template: Template, given: Mapping[str, str], seen: str) -> None:
    """Keep the draft; what says the same as the published version is none.

    Raises Conflict when somebody else kept or published another since the form with this stamp was `seen`.
    """
    said = clean(given)
    held = select(Template).where(Template.id == template.id).with_for_update().execution_options(populate_existing=True)
    current = session.scalars(held).one()
    if current.draft == said:
        return
    if stamp(session, current) != seen:
        raise Conflict("template.moved")
    newest = templates.published(session, template.id)
    current.draft = None if newest and dict(newest.bodies) == said else said


def drop(session: Session, template: Template) -> None:
    """Forget the draft: what is published stands."""
    session.execute(update(Template).where(Template.id == template.id).values(draft=None))


def publish(
    session: Session, template: Template, given: Mapping[str, str], read: frozenset[str], seen: str, actor: str, now: datetime
) -> TemplateVersion:
    """The next version from these bodies, the draft being done. `read`: languages whose words a native reader has now seen.

    A language whose words did not change keeps its mark. Raises Unusable with the first fault, or when nothing is new;
    Conflict as `keep` does.
    """
    keep(session, template, given, seen)
    before, said = templates.published(session, template.id), clean(given)
    waiting = unread(before, said, read)
    if before and dict(before.bodies) == {language: gsm.plain(body) for language, body in said.items()} and before.unreviewed == waiting:
        raise Unusable("template.same", number=before.number)
    version = templates.publish(session, template, said, waiting, actor, now)
    drop(session, template)
    return version


def unread(before: TemplateVersion | None, given: Mapping[str, str], read: frozenset[str]) -> list[str]:
    """Which languages wait for a native reader."""
    same = {language for language, body in clean(given).items() if before and before.bodies.get(language) == gsm.plain(body)}
    marked = set(before.unreviewed) if before else set()
    return sorted(one for one in clean(given) if one != languages.DEFAULT and one not in read and (one not in same or one in marked))


def stale(before: TemplateVersion | None, given: Mapping[str, str]) -> list[str]:
    """Languages that still say what they said before, though the English has changed."""
    said = {language: gsm.plain(body) for language, body in clean(given).items()}
    if before is None or said.get(languages.DEFAULT) == before.bodies.get(languages.DEFAULT):
        return []
    return [one for one in said if one != languages.DEFAULT and said[one] == before.bodies.get(one)]


def clean(given: Mapping[str, str]) -> dict[str, str]:
    """Without empty ones, without space around, line ends as a phone has them. Raises Unusable for a body beyond all measure."""
    said = {language: body.replace("\r\n", "\n").strip() for language, body in given.items() if body.strip()}
    if any(len(body) > LONGEST for body in said.values()):
        raise Unusable("template.endless", most=LONGEST)
    return said


def missing(given: Mapping[str, str]) -> list[str]:
    """Languages without a body of their own: their speakers read the next of their chain, English last."""
    said = clean(given)
    return [language.code for language in languages.offered() if language.code not in said] if said else []


def looks(given: Mapping[str, str]) -> dict[str, Look]:
    """Every body measured, with what keeps it from being published, by language."""
    said = clean(given)
    faults: dict[str, list[str]] = {}
    for fault in templates.check(said):
        faults.setdefault(fault.language, []).append(fault.says)
    return {language: look(language, said.get(language, ""), faults.get(language, ())) for language in {*said, *faults}}


def look(language: str, body: str, faults: Sequence[str] = ()) -> Look:
    """One body measured as typed, and in its worst case."""
    letters = gsm.culprits(body)
    costly = [Costly(letter, None if gsm.plain(letter) == "?" else gsm.plain(letter)) for letter in letters]
    written = gsm.plain(body)
    names = placeholders.names(body)
    known = not placeholders.stray(body) and all(name in fields.FIELDS for name in names)
    values = {name: fields.FIELDS[name].longest(language) for name in names} if known else {}
    filled = gsm.plain(placeholders.fill(body, values)) if known else body
    return Look(
        language=language,
        characters=len(body),
        parts=gsm.parts(body) if body else 0,
        longest=gsm.septets(filled) if known and all(one.plain is not None for one in costly) else None,
        longest_parts=gsm.parts(filled) if body else 0,
        costly=costly,
        rewrite=written if letters and written != body and all(one.plain is not None for one in costly) else None,
        worst=_pieces(written, values) if known else (),
        faults=faults,
    )


def _pieces(body: str, values: Mapping[str, str]) -> list[tuple[str, bool]]:
    """The body as in its worst case. A value known only by how long it may be is named, for x after x says nothing."""
    pieces: list[tuple[str, bool]] = []
    for place, piece in enumerate(placeholders.PLACEHOLDER.split(body)):
        if place % 2 == 0:
            pieces += [(piece, False)] if piece else []
        else:
            value = values[piece]
            pieces.append((f"{piece}, up to {len(value)} characters" if FILLER.match(value) else value, True))
    return pieces


def preview(given: Mapping[str, str], cell: Cell, context: Context) -> Preview:
    """The body for one person as a broadcast would render it at this moment."""
    version = TemplateVersion(bodies=clean(given))
    chosen = templates.body_for(version, cell.language)
    if chosen is None:
        return Preview(cell.language, None, "There is no body in this language, and no English one to fall back on.")
    language, body = chosen
    unknown = [name for name in placeholders.names(body) if name not in fields.FIELDS]
    if unknown or placeholders.stray(body):
        return Preview(language, None, "The brackets of this body must be put right first.")
    said = planning.render(version, cell, context)
    return Preview(language, said) if said is not None else Preview(language, None, _why(body, language, cell, context))


def _why(body: str, language: str, cell: Cell, context: Context) -> str:
    spoken = Cell(language, cell.district_id, cell.crop, cell.name)
    for name in placeholders.names(body):
        value: Any = fields.FIELDS[name].value(spoken, context)
        if value is None:
            return f"There is nothing true to say for (({name})) today, so this farmer is sent nothing."
    return f"With this farmer's values it takes more than {ONE_PART} characters, so it is not sent."
