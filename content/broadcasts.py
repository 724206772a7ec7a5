"""A text by hand from an organisation to its own members: written, looked at by a second person, sent, stopped, resumed.

    waiting ──approve──▶ planning ──▶ planned
       │                    │            │
       └─refuse─▶ refused   └── stop ────┴──▶ stopped ──resume──▶ planning

The words are frozen as a version of a template of their own, and go the way of every broadcast: content/planning.py.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from content import broadcast_figures, broadcast_words, languages
from content.models import Broadcast, Template, TemplateVersion
from core import audit
from core.db import insert_new, new_id, wake
from core.errors import Conflict, Forbidden, NotFound, Unusable
from messaging import classes, switches
from messaging.classes import MessageClass
from messaging.models import Batch
from messaging.outbox import DISPATCH
from profiles import audiences
from profiles.audiences import Audience
from profiles.models import Organisation

PLAN = "plan"
CLASS = MessageClass.ADVICE  # unasked: it counts to the cap, and goes only to those who agreed
ALONE = 50  # phones that one person may write to without a second
WAITING, PLANNING, PLANNED, STOPPED, REFUSED = "waiting", "planning", "planned", "stopped", "refused"
UNDER_WAY = (PLANNING, PLANNED)


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody wants to send for an organisation, and to whom of its members. `nonce` is the form's: sent twice it is one."""

    organisation: Organisation
    body: str
    audience: Audience
    nonce: str


def own(described: Audience, organisation: Organisation) -> Audience:
    """The same description, within the organisation's own members, whatever it said before."""
    return replace(described, group=str(organisation.id))


def needs_second(session: Session, words: Words, now: datetime) -> list[str]:
    """Why a second person must look before this goes; nothing: it may go at once."""
    reached = broadcast_figures.phones(session, own(words.audience, words.organisation), now)
    about = broadcast_words.sensitive(words.body)
    many = [f"it goes to more than {ALONE} phones"] if len(reached) > ALONE else []
    return many + ([f"it speaks of money or secrets ({', '.join(about[:4])})"] if about else [])


def launch(session: Session, words: Words, ussd: str, actor: str, now: datetime, zone: ZoneInfo) -> Broadcast:
    """Send it, or lay it before a second person. The same form sent again gives back the same broadcast.

    Raises Unusable for words that may not go, and for nobody to send to; Conflict when the form was another organisation's.
    """
    wrong = broadcast_words.faults(words.organisation.name, words.body, ussd)
    if wrong:
        raise Unusable("desk.words", says=wrong[0])
    told = own(words.audience, words.organisation)
    if not broadcast_figures.phones(session, told, now):
        raise Unusable("desk.nobody")
    version = _freeze(session, words, ussd, actor, now)
    if version is None:
        return _same(session, words)
    row: dict[str, Any] = {
        "id": new_id(now),
        "organisation_id": words.organisation.id,
        "nonce": words.nonce,
        "step": 0,
        "due_at": now,
        "template_version_id": version.id,
        "klass": CLASS.value,
        "audience": told.as_json(),
        "as_of": now,
        "valid_until": _valid_until(now, zone),
        "state": WAITING if needs_second(session, words, now) else PLANNING,
        "cursor": "",
        "phones": 0,
        "unsaid": 0,
        "by": actor,
    }
    broadcast = Broadcast(**row)
    session.add(broadcast)
    session.flush()
    audit.note(session, actor, "broadcast.written", f"broadcast:{broadcast.id}", now, state=broadcast.state)
    if broadcast.state == PLANNING:
        wake(session, PLAN)
    return broadcast


def get(session: Session, broadcast_id: UUID, scope: UUID | None, *, lock: bool = False) -> Broadcast:
    """A broadcast that came from a desk, within the scope. Raises NotFound."""
    query = select(Broadcast).where(Broadcast.id == broadcast_id, Broadcast.organisation_id.is_not(None))
    if scope is not None:
        query = query.where(Broadcast.organisation_id == scope)
    found = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound("broadcast")
    return found


def listed(session: Session, scope: UUID | None, limit: int = 40) -> list[Broadcast]:
    """What was sent from the desks of the scope, newest first."""
    query = select(Broadcast).where(Broadcast.organisation_id.is_not(None)).order_by(Broadcast.id.desc()).limit(limit)
    return list(session.scalars(query if scope is None else query.where(Broadcast.organisation_id == scope)))


def body(session: Session, broadcast: Broadcast) -> str:
    """The frozen words."""
    return str(session.get_one(TemplateVersion, broadcast.template_version_id).bodies[languages.DEFAULT])


def audience(broadcast: Broadcast) -> Audience:
    """Who it is for, as it was frozen."""
    return audiences.from_json(broadcast.audience)


def approve(session: Session, broadcast: Broadcast, actor: str, now: datetime, zone: ZoneInfo) -> None:
    """The second person's yes: it goes from here, to who is a member now. Raises Forbidden for its author, Conflict when it moved on."""
    if broadcast.by == actor:
        raise Forbidden("nobody approves their own broadcast")
    _must_be(broadcast, WAITING)
    broadcast.state, broadcast.as_of, broadcast.due_at, broadcast.valid_until = PLANNING, now, now, _valid_until(now, zone)
    audit.note(session, actor, "broadcast.approved", f"broadcast:{broadcast.id}", now)
    wake(session, PLAN)


def refuse(session: Session, broadcast: Broadcast, actor: str, now: datetime) -> None:
    """A no, by a second person or by the author, who takes it back."""
    _must_be(broadcast, WAITING)
    broadcast.state = REFUSED
    audit.note(session, actor, "broadcast.refused", f"broadcast:{broadcast.id}", now)


def stop(session: Session, broadcast: Broadcast, actor: str, now: datetime) -> None:
    """Nothing more of it is planned, claimed or marked from the commit of this on. What is in the air lands."""
    _must_be(broadcast, *UNDER_WAY)
    broadcast.state = STOPPED
    switches.turn_off(session, switch(broadcast), "stopped at the desk", actor, now)
    audit.note(session, actor, "broadcast.stopped", f"broadcast:{broadcast.id}", now)


def resume(session: Session, broadcast: Broadcast, actor: str, now: datetime) -> None:
    """Go on where it stopped: planning from its cursor, what is planned from the queue. Raises Conflict when its time is over."""
    _must_be(broadcast, STOPPED)
    if now >= broadcast.valid_until:
        raise Conflict("its time is over")
    broadcast.state = PLANNING
    switches.turn_on(session, switch(broadcast))
    # What met the switch waits for a minute: it need not. Tries after a failure keep their moment.
    waits = update(Batch).where(Batch.sender == sender(broadcast), Batch.state == "queued", Batch.follows.is_(None), Batch.not_before > now)
    session.execute(waits.values(not_before=now).execution_options(synchronize_session=False))
    audit.note(session, actor, "broadcast.resumed", f"broadcast:{broadcast.id}", now)
    wake(session, PLAN)
    wake(session, DISPATCH)


def sender(broadcast: Broadcast) -> str:
    return f"broadcast:{broadcast.id}"


def switch(broadcast: Broadcast) -> str:
    return f"sender:{sender(broadcast)}"


def _must_be(broadcast: Broadcast, *states: str) -> None:
    if broadcast.state not in states:
        raise Conflict(f"the broadcast is {broadcast.state}")


def _freeze(session: Session, words: Words, ussd: str, actor: str, now: datetime) -> TemplateVersion | None:
    """The words as the only version of their own template; None when this form was sent before: its template stands."""
    template = {
        "id": new_id(now),
        "code": f"desk:{words.nonce}",
        "title": " ".join(words.body.split())[:60],
        "klass": CLASS.value,
        "organisation_id": words.organisation.id,
        "sample": words.organisation.sample,
    }
    if not insert_new(session, Template, [template], Template.id):
        return None
    bodies = {languages.DEFAULT: broadcast_words.written(words.organisation.name, words.body, ussd)}
    version = TemplateVersion(id=new_id(now), template_id=template["id"], number=1, bodies=bodies, unreviewed=[], by=actor, at=now)
    session.add(version)
    session.flush()
    return version


def _same(session: Session, words: Words) -> Broadcast:
    found = session.scalars(select(Broadcast).where(Broadcast.nonce == words.nonce)).one_or_none()
    if found is None or found.organisation_id != words.organisation.id:
        raise Conflict("this form was used before")
    return found


def _valid_until(now: datetime, zone: ZoneInfo) -> datetime:
    """To the end of tomorrow: what waits for the morning, or for a free place under the cap, still goes."""
    return classes.valid_until(CLASS, now, zone) + timedelta(days=1)
