"""Markets: made from the places that files name, put into a district, found by what a person typed."""

import re
from datetime import datetime

from rapidfuzz import fuzz
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from content.models import Market
from content.price_files import Place
from core import audit, geo
from core.db import insert_new
from profiles import places, spelling

# Markets of refugee settlements: fed by relief, so no place to sell at unless an editor says so.
RELIEF = ("refugee", "settlement", "dadaab", "daadab", "kakuma", "kalobeyei")
SAME_KM = 30.0  # a market of the same name this near is the same market
DISTRICT_KM = 60.0  # no district's market lies further from its middle
LIKE = 75  # how alike a name must be to be suggested


class Nowhere(ValueError):
    """A market that nobody has placed: no coordinates in the file, and no district that has them."""


class Register:
    """The markets of one source while its file is read: looked up in memory, made in the database when they are new."""

    def __init__(self, session: Session, source: str) -> None:
        self.source = source
        self.by_code = {market.code: market for market in session.scalars(select(Market).where(Market.code.startswith(f"{source}:")))}
        self.seen: dict[Place, int] = {}

    def id_of(self, session: Session, place: Place, now: datetime) -> int:
        """The market of a line, made or renamed where needed. Raises Nowhere."""
        if place not in self.seen:
            market = self._known(session, place, now) or self._made(session, place)
            if market.district_id is None:
                market.district_id = _district(session, place)
                _set(session, market.id, district_id=market.district_id)
            self.by_code[market.code] = market
            self.seen[place] = market.id
        return self.seen[place]

    def name_of(self, market_id: int) -> str:
        return next((spoken(market.name) for market in self.by_code.values() if market.id == market_id), f"market {market_id}")

    def _known(self, session: Session, place: Place, now: datetime) -> Market | None:
        """By the source's id; else, for editions without ids and markets first seen in one, by name and nearness."""
        if place.market_id:
            known = self.by_code.get(self._code(place)) or self._same_name(place, with_id=False)
        else:
            known = self._same_name(place, with_id=True) or self._same_name(place, with_id=False)
        if known is None:
            return None
        if place.market_id and (known.code, known.name) != (self._code(place), place.market):
            self.by_code.pop(known.code, None)
            audit.note(session, "command", "market.renamed", f"market:{known.id}", now, was=known.name, became=place.market)
            known.code, known.name = self._code(place), place.market
            _set(session, known.id, code=known.code, name=known.name)
        return known

    def _same_name(self, place: Place, with_id: bool) -> Market | None:
        named = f"{self.source}:name:"
        for market in self.by_code.values():
            if market.code.startswith(named) == with_id or spelling.fold(market.name) != spelling.fold(place.market):
                continue
            if place.latitude is None or place.longitude is None:
                return market
            if geo.km((market.latitude, market.longitude), (place.latitude, place.longitude)) <= SAME_KM:
                return market
        return None

    def _code(self, place: Place) -> str:
        return f"{self.source}:{place.market_id}" if place.market_id else f"{self.source}:name:{spelling.fold(place.market)}"

    def _made(self, session: Session, place: Place) -> Market:
        district_id = _district(session, place)
        latitude, longitude = place.latitude, place.longitude
        if (latitude is None or longitude is None) and district_id is not None:
            district = places.get(session, district_id)
            latitude, longitude = district.latitude, district.longitude
        if latitude is None or longitude is None:
            raise Nowhere(f"the market {place.market!r} has no coordinates")
        row = {
            "code": self._code(place),
            "name": place.market,
            "district_id": district_id,
            "latitude": latitude,
            "longitude": longitude,
            "selling": not any(word in place.market.casefold() for word in RELIEF),
            "sample": self.source == "sample",
        }
        insert_new(session, Market, [row])
        return session.scalars(select(Market).where(Market.code == row["code"])).one()


def _set(session: Session, market_id: int, **values: object) -> None:
    session.execute(update(Market).where(Market.id == market_id).values(**values), execution_options={"synchronize_session": False})


def spoken(name: str) -> str:
    """A market's name as it is told, without what the source put in brackets: "Kyaka II (refugee settlement)" → "Kyaka II"."""
    return re.sub(r"\s*\([^)]*\)", "", name).strip() or name


def _district(session: Session, place: Place) -> int | None:
    """The district of a market: of its own name, else of the source's names, smaller first, else the nearest.

    A source's names age: its "Kyankwanzi" holds the market Kiboga, whose own district lies beside it, and what was a county
    is a district now. So each name counts only where a district bears it exactly and lies near the coordinates; and the
    nearest only where the source's names are ours at all, or a market across the border would be drawn over it.
    """
    here = None if place.latitude is None or place.longitude is None else (place.latitude, place.longitude)
    ours = not (place.admin1 or place.admin2)
    for name in (spoken(place.market), place.admin2, place.admin1):
        for found in places.find(session, name)[:3] if name else ():
            if spelling.fold(found.name) != spelling.fold(name):
                continue
            there = None if found.latitude is None or found.longitude is None else (found.latitude, found.longitude)
            if here is None or there is None or geo.km(here, there) <= DISTRICT_KM:
                return found.id
            ours = ours or name != spoken(place.market)
    return _nearest_district(session, here) if here is not None and ours else None


def _nearest_district(session: Session, here: tuple[float, float]) -> int | None:
    placed = [
        (geo.km(here, (district.latitude, district.longitude)), district.id)
        for district in places.children(session, None, "district")
        if district.latitude is not None and district.longitude is not None
    ]
    nearest = min(placed, default=None)
    return nearest[1] if nearest is not None and nearest[0] <= DISTRICT_KM else None


def find(session: Session, typed: str) -> list[Market]:
    """Markets of this name, else those whose names begin with it; by name."""
    key = spelling.fold(typed)
    if not key:
        return []
    named = [(spelling.fold(spoken(market.name)), market) for market in session.scalars(select(Market).order_by(Market.name, Market.code))]
    same = [market for name, market in named if name == key or spelling.fold(market.name) == key]
    return same or [market for name, market in named if name.startswith(key)]


def like(session: Session, typed: str, limit: int = 5) -> list[str]:
    """Names of markets that a person may have meant, best first."""
    key = spelling.fold(typed)
    scored = sorted(
        ((fuzz.WRatio(key, spelling.fold(name)), name) for name in session.scalars(select(Market.name).distinct())), reverse=True
    )
    return [spoken(name) for score, name in scored[:limit] if score >= LIKE]


def name(session: Session, market_id: int) -> str:
    """A market's name as it is told."""
    return spoken(session.scalars(select(Market.name).where(Market.id == market_id)).one())


def decide_selling(session: Session, market_id: int, selling: bool, actor: str, now: datetime) -> None:
    """An editor says whether farmers sell here. Noted; the same answer twice is one."""
    changed = session.execute(
        update(Market).where(Market.id == market_id, Market.selling.is_not(selling)).values(selling=selling).returning(Market.id)
    ).all()
    if changed:
        audit.note(session, actor, "market.selling", f"market:{market_id}", now, selling=selling)
