"""The past of a template: its versions, what changed between two of them word by word, and which one a text was made from."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content import languages
from content.models import Broadcast, Campaign, Template, TemplateVersion
from core.errors import NotFound

WORDS = re.compile(r"\(\([^()]*\)\)|\s+|[^\s(]+|\(")  # a placeholder is one word


class Change(StrEnum):
    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Piece:
    change: Change
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One language between two versions, in the order of reading."""

    language: str
    pieces: Sequence[Piece]

    @property
    def changed(self) -> bool:
        return any(piece.change is not Change.SAME for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Standing:
    """One template in the list: its newest version, and how many campaigns that are on say it."""

    template: Template
    newest: TemplateVersion | None
    campaigns: int


@dataclass(frozen=True, slots=True)
class Made:
    """What a text was made from."""

    template: Template
    version: TemplateVersion


def standing(session: Session) -> list[Standing]:
    """Every template of our own by title. An organisation's are its own."""
    numbers = select(TemplateVersion.template_id, func.max(TemplateVersion.number)).group_by(TemplateVersion.template_id).subquery()
    newest = select(TemplateVersion).join(
        numbers, (numbers.c.template_id == TemplateVersion.template_id) & (numbers.c[1] == TemplateVersion.number)
    )
    versions = {version.template_id: version for version in session.scalars(newest)}
    said: dict[str, int] = {}
    for steps in session.scalars(select(Campaign.steps).where(Campaign.on.is_(True))):
        for code in {step["template"] for step in steps}:
            said[code] = said.get(code, 0) + 1
    found = session.scalars(select(Template).where(Template.organisation_id.is_(None)).order_by(func.lower(Template.title), Template.code))
    return [Standing(one, versions.get(one.id), said.get(one.code, 0)) for one in found]


def history(session: Session, template_id: UUID) -> list[TemplateVersion]:
    """Every version, newest first."""
    ours = select(TemplateVersion).where(TemplateVersion.template_id == template_id)
    return list(session.scalars(ours.order_by(TemplateVersion.number.desc())))


def differences(before: TemplateVersion | None, after: TemplateVersion) -> list[Difference]:
    """What changed in each language that either of them speaks; before the first version there was nothing."""
    old = before.bodies if before else {}
    order = {language.code: place for place, language in enumerate(languages.LANGUAGES)}
    both = sorted({*old, *after.bodies}, key=lambda code: (order.get(code, len(order)), code))
    return [Difference(code, changes(old.get(code, ""), after.bodies.get(code, ""))) for code in both]


def changes(before: str, after: str) -> list[Piece]:
    """Word by word what stayed, went and came. What went and stayed together is `before`; what stayed and came is `after`."""
    old, new = WORDS.findall(before), WORDS.findall(after)
    pieces: list[Piece] = []
    for kind, from_old, to_old, from_new, to_new in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece(Change.SAME, "".join(old[from_old:to_old])))
            continue
        if to_old > from_old:
            pieces.append(Piece(Change.GONE, "".join(old[from_old:to_old])))
        if to_new > from_new:
            pieces.append(Piece(Change.NEW, "".join(new[from_new:to_new])))
    return pieces


def made_from(session: Session, sender: str) -> Made | None:
    """Which version a text with this sender was made from; None where no template stands behind it."""
    kind, _, name = sender.partition(":")
    if kind != "broadcast":
        return None
    try:
        broadcast = session.get(Broadcast, UUID(name))
    except ValueError:
        return None
    version = session.get(TemplateVersion, broadcast.template_version_id) if broadcast else None
    template = session.get(Template, version.template_id) if version else None
    return Made(template, version) if template and version else None


def ours(session: Session, template_id: UUID) -> Template:
    """One template of our own. Raises NotFound, for an organisation's as well."""
    template = session.get(Template, template_id)
    if template is None or template.organisation_id is not None:
        raise NotFound("template")
    return template
