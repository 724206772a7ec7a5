"""Which offers fit which farmers, and why: a range of farmers at a time for all, or one farmer at once for a screen."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import put_many
from linkage import eligibility, facts, offers
from linkage.eligibility import Criteria, Facts, Masks
from linkage.facts import Known
from linkage.models import Match, Offer

REMEMBERED = 200_000  # kinds of farmers whose matches are kept in memory
COLUMNS = ("offer_id", "farmer_id", "reasons", "at")


@dataclass(slots=True)
class Matcher:
    """Offers compiled; farmers who are alike are looked at once."""

    offers: list[Offer]
    criteria: list[Criteria] = field(init=False)
    masks: Masks = field(init=False)
    seen: dict[Facts, list[tuple[UUID, list[str]]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.criteria = [eligibility.from_json(offer.eligibility) for offer in self.offers]
        self.masks = eligibility.masks(self.criteria)

    def fitting(self, of: Facts) -> list[tuple[UUID, list[str]]]:
        """The offers that fit, each with its reasons."""
        found = self.seen.get(of)
        if found is None:
            if len(self.seen) >= REMEMBERED:
                self.seen.clear()
            places = eligibility.bits(eligibility.fitting(self.masks, of))
            found = [(self.offers[n].id, eligibility.why(self.criteria[n], of)) for n in places]
            self.seen[of] = found
        return found


@dataclass(frozen=True, slots=True)
class Fit:
    """One open offer and one farmer. `reasons`: why it fits; `missing`: the attributes that close it, none when it fits."""

    offer: Offer
    reasons: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def for_farmer(session: Session, farmer_id: UUID, day: date) -> list[Fit]:
    """Every open offer, those that fit first: computed now, for a screen."""
    return fits(offers.open_on(session, day), facts.one(session, farmer_id, day))


def fits(there: list[Offer], of: Facts) -> list[Fit]:
    matcher = Matcher(there)
    reasons, closed = dict(matcher.fitting(of)), eligibility.why_not(matcher.masks, of)
    found = [Fit(offer, tuple(reasons.get(offer.id, ())), closed.get(n, ())) for n, offer in enumerate(there)]
    return sorted(found, key=lambda fit: (len(fit.missing), fit.offer.number))


def due(session: Session) -> list[Offer]:
    """Published offers that matching has not finished with and that stand at the same farmer; ours alone until we commit."""
    unmatched = select(Offer).where(Offer.state == offers.PUBLISHED, Offer.matched_at.is_(None)).order_by(Offer.number)
    found = list(session.scalars(unmatched.with_for_update(skip_locked=True)))
    least = min((offer.matched_to or UUID(int=0) for offer in found), default=None)
    return [offer for offer in found if (offer.matched_to or UUID(int=0)) == least]


def match_some(session: Session, there: list[Offer], count: int, now: datetime, day: date) -> list[tuple[Known, list[UUID]]]:
    """Match these offers with the next so many farmers, store it, and move their cursor. Empty when every farmer has been looked at."""
    known = facts.some(session, there[0].matched_to, count, day)
    matcher = Matcher(there)
    matched = [(one, matcher.fitting(one.facts)) for one in known]
    put_many(session, Match, COLUMNS, ((offer_id, one.id, reasons, now) for one, found in matched for offer_id, reasons in found))
    for offer in there:
        offer.matched_to = known[-1].id if known else offer.matched_to
        offer.matched_at = offer.matched_at if known else now
    session.flush()
    return [(one, [offer_id for offer_id, _ in found]) for one, found in matched]
