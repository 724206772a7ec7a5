"""A desk where texts come in and answers go out, in one transaction, a minute apart."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from conversations import sms
from core import db
from core.db import new_id
from core.settings import Settings
from messaging import gsm, inbox
from messaging.models import Batch, Inbound
from profiles import farmers
from profiles.models import Farmer

NUMBER = "+256772123456"


class Desk:
    """Every answer is one part, of the class "reply", to the phone that asked."""

    def __init__(self, session: Session, now: datetime, inbound: str = "shortcode") -> None:
        self.session, self.now, self.settings = session, now, Settings(_env_file=None, inbound=inbound)

    def hear(self, text: str, number: str | None = NUMBER) -> Inbound:
        row = Inbound(
            id=new_id(self.now),
            gateway="at",
            gateway_id=str(new_id(self.now)),
            phone=number,
            sender=number or "MTN-Info",
            to="28455",
            text=text,
            network="64110",
            at=self.now,
            sent_at=None,
            handled_at=None,
            understood=None,
        )
        self.session.add(row)
        self.session.flush()
        inbox.handled(row, sms.reply(self.session, row, self.now, self.settings), self.now)
        self.session.flush()
        self.now += timedelta(minutes=1)
        return row

    def say(self, text: str, number: str | None = NUMBER) -> str:
        """The answer to this text; "" for silence."""
        heard = self.hear(text, number)
        batch = self.session.scalars(select(Batch).where(Batch.dedupe == f"inbound:{heard.id}")).one_or_none()
        if batch is None:
            return ""
        assert (batch.klass, batch.phones) == ("reply", [number])
        assert gsm.fits(batch.body, 160)
        return batch.body

    def farmer(self) -> Farmer:
        (only,) = farmers.on_phone(self.session, NUMBER)
        return only

    def count(self, table: type[db.Base]) -> int:
        return self.session.scalar(select(func.count()).select_from(table)) or 0
