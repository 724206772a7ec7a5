"""How old the newest of what we tell is, source by source: prices in days, forecasts in hours. The sample's is always old."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content import prices
from content.models import Forecast, Price
from content.weather import SAMPLE

MONTH = timedelta(days=30)


def price_days(session: Session, monthly: bool, today: date) -> Mapping[str, int]:
    """Source → days since the last price that it gave, of those sources that give months, or days."""
    newest = select(Price.source, func.max(Price.day)).where(Price.state == prices.PUBLISHED, Price.source != SAMPLE)
    return {source: (today - day).days for source, day in session.execute(newest.where(Price.monthly.is_(monthly)).group_by(Price.source))}


def forecast_hours(session: Session, now: datetime) -> Mapping[str, float]:
    """Source → hours since it last said anything, of those that spoke of the last month."""
    lately = (Forecast.source != SAMPLE, Forecast.day > now.date() - MONTH)
    newest = select(Forecast.source, func.max(Forecast.fetched_at)).where(*lately).group_by(Forecast.source)
    return {source: (now - at).total_seconds() / 3600 for source, at in session.execute(newest)}
