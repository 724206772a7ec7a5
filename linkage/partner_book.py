"""A partner's own book: how its offers stand, who said yes to them, and who of its people and programs looked at whom.

`scope` is the organisation whose book it is; None is everybody's, for those who keep the service.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from linkage import applications, matching, requests
from linkage.models import Application, ConsentRequest, Disclosure, Offer
from profiles.models import Farmer, Organisation

MOST = 500
# What may be asked for with an offer of each kind: the purposes of linkage/credit.py.
PURPOSES = {"loan": "credit", "cover": "cover", "purchase": "purchase"}


@dataclass(slots=True)
class Standing:
    """One offer, whose it is, how many farmers it fits, and their yeses by what became of them."""

    offer: Offer
    whose: str
    fits: int = 0
    states: dict[str, int] = field(default_factory=dict)

    @property
    def yeses(self) -> int:
        """Those who asked for it, without who took it back."""
        return sum(self.states.get(one, 0) for one in (applications.ACCEPTED, applications.APPROVED, applications.REFUSED))

    @property
    def waiting(self) -> int:
        return self.states.get(applications.ACCEPTED, 0)


@dataclass(frozen=True, slots=True)
class Yes:
    """One application. Of the farmer the code alone: all else needs her permission."""

    application: Application
    offer: Offer
    whose: str
    code: int


@dataclass(frozen=True, slots=True)
class Look:
    """One time that a farmer's data was shown."""

    disclosure: Disclosure
    whose: str
    code: int


def offers(session: Session, scope: UUID | None) -> list[Standing]:
    """The offers with how they stand, newest first."""
    query = select(Offer, Organisation.name).join(Organisation, Organisation.id == Offer.organisation_id)
    query = query if scope is None else query.where(Offer.organisation_id == scope)
    found = {offer.id: Standing(offer, name) for offer, name in session.execute(query.order_by(Offer.number.desc()).limit(MOST))}
    for offer_id, count in matching.counts(session, list(found)).items():
        found[offer_id].fits = count
    counted = select(Application.offer_id, Application.state, func.count()).where(Application.offer_id.in_(found))
    for offer_id, state, count in session.execute(counted.group_by(Application.offer_id, Application.state)):
        found[offer_id].states[state] = count
    return list(found.values())


def offer(session: Session, offer_id: UUID, scope: UUID | None) -> Standing:
    """One of them. Raises NotFound for another's and for none alike."""
    query = select(Offer, Organisation.name).join(Organisation, Organisation.id == Offer.organisation_id).where(Offer.id == offer_id)
    row = session.execute(query if scope is None else query.where(Offer.organisation_id == scope)).first()
    if row is None:
        raise NotFound(f"offer {offer_id}")
    counted = select(Application.state, func.count()).where(Application.offer_id == offer_id).group_by(Application.state)
    states = dict(session.execute(counted).all())
    return Standing(row[0], row[1], matching.counts(session, [offer_id]).get(offer_id, 0), states)


def yeses(session: Session, scope: UUID | None, states: Sequence[str] = (), offer_id: UUID | None = None) -> list[Yes]:
    """Farmers' yeses, latest first; a no is the farmer's own affair."""
    query = _yeses(scope).where(Application.state != applications.DECLINED)
    query = query.where(Application.state.in_(states)) if states else query
    query = query.where(Application.offer_id == offer_id) if offer_id else query
    return [Yes(*row) for row in session.execute(query.order_by(Application.at.desc()).limit(MOST))]


def yes(session: Session, application_id: UUID, scope: UUID | None) -> Yes:
    """One of them. Raises NotFound for another's, for a no and for none alike."""
    row = session.execute(_yeses(scope).where(Application.id == application_id, Application.state != applications.DECLINED)).first()
    if row is None:
        raise NotFound(f"application {application_id}")
    return Yes(*row)


def waiting(session: Session, scope: UUID | None) -> int:
    """How many yeses have no answer yet."""
    query = select(func.count()).select_from(Application).where(Application.state == applications.ACCEPTED)
    mine = select(Offer.id).where(Offer.organisation_id == scope)
    return session.scalar(query if scope is None else query.where(Application.offer_id.in_(mine))) or 0


def asked(session: Session, one: Yes, now: datetime) -> bool:
    """Whether a wish of this partner to see her data stands before her. Never what she answered."""
    query = select(ConsentRequest.id).where(
        ConsentRequest.farmer_id == one.application.farmer_id,
        ConsentRequest.organisation_id == one.offer.organisation_id,
        ConsentRequest.product == one.offer.product,
        ConsentRequest.at > now - requests.OPEN_FOR,
    )
    return session.scalars(query.limit(1)).first() is not None


def looks(session: Session, scope: UUID | None, most: int = 100) -> list[Look]:
    """Who looked at whom, latest first."""
    query = (
        select(Disclosure, Organisation.name, Farmer.number)
        .join(Organisation, Organisation.id == Disclosure.organisation_id)
        .join(Farmer, Farmer.id == Disclosure.farmer_id)
    )
    query = query if scope is None else query.where(Disclosure.organisation_id == scope)
    return [Look(*row) for row in session.execute(query.order_by(Disclosure.at.desc(), Disclosure.id.desc()).limit(most))]


def _yeses(scope: UUID | None) -> Select[Application, Offer, str, int]:
    query = (
        select(Application, Offer, Organisation.name, Farmer.number)
        .join(Offer, Offer.id == Application.offer_id)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .join(Farmer, Farmer.id == Application.farmer_id)
    )
    return query if scope is None else query.where(Offer.organisation_id == scope)
