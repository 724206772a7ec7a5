"""The service as a phone in this process meets it: each request a transaction of its own, at a moment that can be moved."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from conversations.ussd.turn import turn
from core import db
from core.settings import Settings
from messaging.gateway import Dialled
from profiles import farmers, places
from profiles.models import Farmer, Plot
from tests.phone import Phone

SETTINGS = Settings(_env_file=None)
NUMBER = "+256772123456"
# English, maize, agree, Mubende, go on; then name, woman, 1 to 2 acres, 2-3 weeks ago, my own phone.
JOURNEY = ("1", "1", "1", "MUB", "1", "sarah", "1", "3", "2", "1")


class Service:
    """Every district is there, and nobody yet."""

    def __init__(self, sessions: sessionmaker[Session], now: datetime) -> None:
        self.sessions, self.now = sessions, now
        with db.transaction(sessions) as session:
            places.seed(session)

    def __call__(self, dialled: Dialled) -> tuple[str, bool]:
        with db.transaction(self.sessions) as session:
            reply = turn(session, "at", dialled, self.now, SETTINGS)
            return reply.text, reply.ends

    def count(self, table: type[db.Base]) -> int:
        with db.reading(self.sessions) as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def farmer(self, number: str = NUMBER) -> Farmer:
        with db.reading(self.sessions) as session:
            (only,) = farmers.on_phone(session, number)
            return only

    def plot(self) -> Plot:
        with db.reading(self.sessions) as session:
            plot = farmers.main_plot(session, self.farmer().id)
            assert plot is not None
            return plot


def press(phone: Phone, *keys: str) -> str:
    """One key after another; the last screen."""
    for key in keys:
        phone.press(key)
    return phone.screen
