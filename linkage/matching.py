"""Which offers fit which farmers, and why: a range of farmers at a time for all, or one farmer at once for a screen."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.db import new_id, put_many
from linkage import eligibility, facts, offers
from linkage.eligibility import Criteria, Facts, Masks
from linkage.facts import Kind, Known
from linkage.models import Match, Offer

REMEMBERED = 200_000  # kinds of farmers whose matches are kept in memory
MATCH_SIZE = 1_000  # farmers in a row
COLUMNS = ("id", "offer_id", "reasons", "farmers", "count", "at")
Found = list[tuple[UUID, tuple[str, ...]]]


@dataclass(slots=True)
class Matcher:
    """Offers compiled; farmers who are alike are looked at once."""

    offers: list[Offer]
    criteria: list[Criteria] = field(init=False)
    masks: Masks = field(init=False)
    seen: dict[Facts, Found] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.criteria = [eligibility.from_json(offer.eligibility) for offer in self.offers]
        self.masks = eligibility.masks(self.criteria)

    def fitting(self, of: Facts) -> Found:
        """The offers that fit, each with its reasons."""
        found = self.seen.get(of)
        if found is None:
            if len(self.seen) >= REMEMBERED:
                self.seen.clear()
            places = eligibility.bits(eligibility.fitting(self.masks, of))
            found = [(self.offers[n].id, tuple(eligibility.why(self.criteria[n], of))) for n in places]
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
    found = [Fit(offer, reasons.get(offer.id, ()), closed.get(n, ())) for n, offer in enumerate(there)]
    return sorted(found, key=lambda fit: (len(fit.missing), fit.offer.number))


def due(session: Session) -> list[Offer]:
    """Published offers that matching has not finished with and that stand at the same farmer; ours alone until we commit."""
    unmatched = select(Offer).where(Offer.state == offers.PUBLISHED, Offer.matched_at.is_(None)).order_by(Offer.number)
    found = list(session.scalars(unmatched.with_for_update(skip_locked=True)))
    least = min((offer.matched_to or UUID(int=0) for offer in found), default=None)
    return [offer for offer in found if (offer.matched_to or UUID(int=0)) == least]


def match_some(session: Session, there: list[Offer], count: int, now: datetime, day: date) -> list[tuple[Known, Found]]:
    """Match these offers with the next so many farmers, store it, and move their cursor. Empty when every farmer has been looked at."""
    known = facts.some(session, there[0].matched_to, count, day)
    matcher = Matcher(there)
    alike: defaultdict[Kind, list[str]] = defaultdict(list)
    for one in known:
        alike[one.kind].append(one.ref)
    found = {kind: matcher.fitting(kind.facts) for kind in alike}
    _store(session, alike, found, now)
    for offer in there:
        offer.matched_to = UUID(known[-1].ref) if known else offer.matched_to
        offer.matched_at = offer.matched_at if known else now
    session.flush()
    return [(one, found[one.kind]) for one in known]


def _store(session: Session, alike: Mapping[Kind, list[str]], found: Mapping[Kind, Found], now: datetime) -> None:
    """A row for each offer and set of reasons, cut at MATCH_SIZE farmers: a row a farmer would cost fifty times as much to write."""
    whom: defaultdict[tuple[UUID, tuple[str, ...]], list[str]] = defaultdict(list)
    for kind, refs in alike.items():
        for fit in found[kind]:
            whom[fit].extend(refs)
    rows = (
        (new_id(now), offer_id, list(reasons), some, len(some), now)
        for (offer_id, reasons), refs in whom.items()
        for some in (refs[at : at + MATCH_SIZE] for at in range(0, len(refs), MATCH_SIZE))
    )
    put_many(session, Match, COLUMNS, rows)


def counts(session: Session, offer_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many farmers each of these offers was found to fit."""
    counted = select(Match.offer_id, func.sum(Match.count)).where(Match.offer_id.in_(offer_ids)).group_by(Match.offer_id)
    return {offer_id: int(count) for offer_id, count in session.execute(counted)}
