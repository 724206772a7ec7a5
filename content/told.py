"""Which price a farmer is told: the freshest of the best kind, in her district or from the nearest selling market, or none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import Boolean, Date, Numeric, Select, select
from sqlalchemy.orm import Session

from content import commodities, markets
from content.models import Market, Price
from core.geo import km
from core.plain import Plain
from profiles import places

# Best for someone who sells. What a shop takes is told where nothing better is known, and called what it is.
KINDS = ("trader", "farm_gate", "wholesale", "retail")
FRESH = timedelta(days=7)
FRESH_MONTHLY = timedelta(days=45)  # from the middle of the month that the source gives
FAR_KM = 150  # no farmer sells further away alone
BESIDE = 2  # further markets named for comparison
BACK = timedelta(days=400)  # how long ago "no fresh price since" may lie

PUBLISHED = "published"
FORMS = tuple(f"form{n}" for n in range(max(len(commodities.of_crop(one.crop)) for one in commodities.COMMODITIES)))
# Plain SQL, because most dial-ins look at a price: the markets of one district, Candidate's columns in its order, then the district.
HERE = Plain(
    f"""SELECT m.id, m.name, m.district_id, 0.0, m.selling, p.commodity, p.kind, p.unit, p.amount, p.currency, p.day, p.monthly,
    p.reports, p.estimated, p.state, p.why, d.name AS district
    FROM markets m JOIN prices p ON p.market_id = m.id JOIN places d ON d.id = m.district_id
    WHERE m.district_id = :district_id AND m.selling AND p.commodity IN ({", ".join(f":{form}" for form in FORMS)})
    AND p.state = 'published' AND p.currency = :currency AND p.day BETWEEN :month AND :last AND (p.monthly OR p.day >= :week)""",  # noqa: S608 our own names, no values
    binds={"month": Date, "week": Date, "last": Date},
    columns={"selling": Boolean, "amount": Numeric(14, 4), "day": Date, "monthly": Boolean, "estimated": Boolean},
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A price that could be told, with its market. `distance_km`: 0 in her own district, None when nobody can say."""

    market_id: int
    market: str
    district_id: int | None
    distance_km: float | None
    selling: bool
    commodity: str
    kind: str
    unit: str
    amount: Decimal
    currency: str
    day: date
    monthly: bool
    reports: int
    estimated: bool
    state: str
    why: str | None


@dataclass(frozen=True, slots=True)
class Beside:
    """Another market for comparison: the same kind and the same unit as what it stands beside."""

    market: str
    amount: Decimal
    distance_km: int


@dataclass(frozen=True, slots=True)
class Told:
    """A price as it is told. `amount` is per `unit` ("kg" where the source weighs); `pack` (kg, amount) is what was quoted
    when that was a bag of an exact weight. `distance_km` is 0 in her district. `age_days` counts from the day, or for a
    monthly price from the middle of its month, and is never below 0."""

    market: str
    district: str | None  # by name; `choose` alone leaves it None
    commodity: str
    crop: str
    kind: str
    unit: str
    amount: Decimal
    currency: str
    day: date
    monthly: bool
    age_days: int
    reports: int
    estimated: bool
    distance_km: int
    pack: tuple[Decimal, Decimal] | None = None
    others: tuple[Beside, ...] = ()
    district_id: int | None = None


def price(session: Session, crop: str, district_id: int, day: date, currency: str = "UGX") -> Told | None:
    """What a farmer of this crop and district is told on this day; None when nothing is fresh. `currency`: her country's."""
    return _named(session, choose(_published(session, crop, district_id, day, FRESH_MONTHLY, currency), crop, day, currency))


def here(session: Session, crop: str, district_id: int, day: date, currency: str = "UGX") -> Told | None:
    """What `price` tells where her own district has a fresh one, without others beside it: for screens, by one cheap read."""
    forms = [commodity.code for commodity in commodities.of_crop(crop)]
    codes = dict(zip(FORMS, forms + forms[:1] * (len(FORMS) - len(forms)), strict=True)) if forms else None
    if codes is None:
        return None
    span = {"month": day - FRESH_MONTHLY, "week": day - FRESH, "last": _last(day)}
    rows = HERE.rows(session, district_id=district_id, currency=currency, **codes, **span)
    told = choose((Candidate(row[0], markets.spoken(row[1]), *row[2:-1]) for row in rows), crop, day, currency)
    return replace(told, district=rows[0][-1]) if told is not None else None


def last(session: Session, crop: str, district_id: int, day: date, currency: str = "UGX") -> Told | None:
    """The newest price that would have been told, however old: to say since when there is none. None for never."""
    usable = [each for each in _published(session, crop, district_id, day, BACK, currency) if _never(each, day, currency) is None]
    if not usable:
        return None
    newest = max(usable, key=lambda each: (each.distance_km == 0, each.day, -_km(each)))
    return _named(session, _told(newest, crop, day, ()))


def _named(session: Session, told: Told | None) -> Told | None:
    if told is None or told.district_id is None:
        return told
    return replace(told, district=places.get(session, told.district_id).name)


def choose(candidates: Iterable[Candidate], crop: str, day: date, currency: str = "UGX") -> Told | None:
    """The price to tell among these. Pure: her own district first, then the nearest; there the best kind, then the newest."""
    fresh = sorted((each for each in candidates if left_out(each, day, currency) is None), key=_rank)
    if not fresh:
        return None
    best = fresh[0]
    beside: dict[str, Candidate] = {}
    for each in fresh[1:]:
        if each.market != best.market and _alike(each, best):
            beside.setdefault(each.market, each)
    return _told(best, crop, day, [*beside.values()][:BESIDE])


def left_out(each: Candidate, day: date, currency: str = "UGX") -> str | None:
    """Why a candidate is not told on this day, in plain words; None when it may be."""
    if (reason := _never(each, day, currency)) is not None:
        return reason
    if each.monthly and (each.day.year, each.day.month) == (day.year, day.month):
        return None
    age, limit = day - each.day, FRESH_MONTHLY if each.monthly else FRESH
    return (
        f"stale: {age.days} days old, {'a monthly' if each.monthly else 'a daily'} price is told for {limit.days}" if age > limit else None
    )


def _never(each: Candidate, day: date, currency: str) -> str | None:
    """What no freshness mends."""
    if each.state != PUBLISHED:
        return f"{each.state}: {each.why}" if each.why else each.state
    if not each.selling:
        return "not a selling place"
    if each.day > day and not (each.monthly and (each.day.year, each.day.month) == (day.year, day.month)):
        return "later than this day"
    if each.currency != currency:
        return f"in {each.currency}"
    if each.distance_km is None:
        return "nobody can say how far away"
    return f"too far: {each.distance_km:.0f} km" if each.distance_km > FAR_KM else None


def _km(each: Candidate) -> float:
    return each.distance_km if each.distance_km is not None else float("inf")


def _rank(each: Candidate) -> tuple[object, ...]:
    """Lowest first. Where two are equal in all that matters the names decide, so that the same question has the same answer."""
    return (_km(each), KINDS.index(each.kind), each.estimated, -each.day.toordinal(), _form(each.commodity), each.market, each.commodity)


def _form(commodity: str) -> int:
    return next((place for place, one in enumerate(commodities.COMMODITIES) if one.code == commodity), len(commodities.COMMODITIES))


def _alike(one: Candidate, other: Candidate) -> bool:
    """The same thing to a farmer: one kind, one form, one measure, and where the source gives months the same month."""
    if (one.monthly or other.monthly) and (one.day.year, one.day.month) != (other.day.year, other.day.month):
        return False
    names = {commodities.BY_CODE[each.commodity].name for each in (one, other)}
    bases = {commodities.exact(each.unit)[0] for each in (one, other)}
    return one.kind == other.kind and len(names) == 1 and len(bases) == 1


def _told(best: Candidate, crop: str, day: date, beside: Sequence[Candidate]) -> Told:
    base, size = commodities.exact(best.unit)
    return Told(
        market=best.market,
        district=None,
        district_id=best.district_id,
        commodity=best.commodity,
        crop=crop,
        kind=best.kind,
        unit=base,
        amount=_per(best),
        currency=best.currency,
        day=best.day,
        monthly=best.monthly,
        age_days=max(0, (day - best.day).days),
        reports=best.reports,
        estimated=best.estimated,
        distance_km=_whole(best),
        pack=(size, best.amount) if base == "kg" and size > 1 else None,
        others=tuple(Beside(each.market, _per(each), _whole(each)) for each in beside),
    )


def _per(each: Candidate) -> Decimal:
    """The amount for one kilogram, litre or piece, to four places: what was quoted stays as it was in the table."""
    size = commodities.exact(each.unit)[1]
    return each.amount if size == 1 else (each.amount / size).quantize(Decimal("0.0001"))


def _whole(each: Candidate) -> int:
    return max(1, round(_km(each))) if _km(each) > 0 else 0


def _published(session: Session, crop: str, district_id: int, day: date, back: timedelta, currency: str) -> list[Candidate]:
    query = _query(crop, day, back).where(Price.state == PUBLISHED, Market.selling, Price.currency == currency)
    return _candidates(session, query, district_id)


def considered(session: Session, crop: str, district_id: int, day: date, back: timedelta = timedelta(days=100)) -> list[Candidate]:
    """Everything that was looked at, the refused and the held too, in the order in which it would be told."""
    return sorted(_candidates(session, _query(crop, day, back), district_id), key=_rank)


def _query(crop: str, day: date, back: timedelta) -> Select[Price, Market]:
    """Ends with the month of the day, because a monthly price bears the fifteenth; begins `back` before it."""
    codes = [commodity.code for commodity in commodities.of_crop(crop)]
    return (
        select(Price, Market)
        .join(Market, Market.id == Price.market_id)
        .where(Price.commodity.in_(codes), Price.day.between(day - back, _last(day)))
    )


def _last(day: date) -> date:
    return max(day, day.replace(day=15))


def _candidates(session: Session, query: Select[Price, Market], district_id: int) -> list[Candidate]:
    found: Sequence[tuple[Price, Market]] = [(one, market) for one, market in session.execute(query)]
    if not found:
        return []
    home = places.get(session, district_id)
    here = (home.latitude, home.longitude) if home.latitude is not None and home.longitude is not None else None
    return [_candidate(one, market, home.id, here) for one, market in found]


def _candidate(one: Price, market: Market, home: int, here: tuple[float, float] | None) -> Candidate:
    if market.district_id == home:
        distance: float | None = 0.0
    else:
        distance = max(0.1, km(here, (market.latitude, market.longitude))) if here is not None else None
    return Candidate(
        market_id=market.id,
        market=markets.spoken(market.name),
        district_id=market.district_id,
        distance_km=distance,
        selling=market.selling,
        commodity=one.commodity,
        kind=one.kind,
        unit=one.unit,
        amount=one.amount,
        currency=one.currency,
        day=one.day,
        monthly=one.monthly,
        reports=one.reports,
        estimated=one.estimated,
        state=one.state,
        why=one.why,
    )
