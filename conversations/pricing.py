"""What we say of a price, the same by dialling and by text: a fresh one, or since when there is none."""

from datetime import date

from sqlalchemy.orm import Session

from content import price_texts, told


def short(session: Session, crop: str, district_id: int, language: str, day: date, room: int) -> str:
    """For a screen, in at most `room` septets: no screen has room for other markets, so her own district is asked alone first."""
    price = told.here(session, crop, district_id, day) or told.price(session, crop, district_id, day)
    since = None if price else told.last(session, crop, district_id, day)
    return price_texts.short(price, crop, language, room, since)


def sentence(session: Session, crop: str, district_id: int, language: str, day: date, ussd_code: str) -> str:
    """For one text."""
    price = told.price(session, crop, district_id, day)
    since = None if price else told.last(session, crop, district_id, day)
    return price_texts.sentence(price, crop, language, ussd_code, since)


def fresh(session: Session, crop: str, district_id: int, day: date) -> bool:
    """Whether there is a price to tell today."""
    return (told.here(session, crop, district_id, day) or told.price(session, crop, district_id, day)) is not None
