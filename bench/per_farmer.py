"""The usual way, as a reference: one farmer, one job, one call, a row written before and after with the ORM."""

import sys
from decimal import Decimal
from functools import cache

import redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from bench.country import NOW
from core import db
from core.db import new_id
from messaging.gateways.africastalking import AfricasTalking
from messaging.models import Batch, Message
from profiles.models import Farmer


@cache
def connected(url: str) -> sessionmaker[Session]:
    return db.connect(url)


@cache
def wired(address: str) -> AfricasTalking:
    return AfricasTalking("ensigo", "key", base_url=address)


def send(url: str, address: str, phone: str) -> None:
    """Load the farmer, write the message, call the gateway, write what it said."""
    with db.transaction(connected(url)) as session:
        farmer = session.scalars(select(Farmer).where(Farmer.phone == phone)).one()
        batch = Batch(
            id=new_id(NOW),
            sender="loop",
            klass="advice",
            lane=3,
            body=f"Your maize in {farmer.district_id} is 3 weeks: weed now, before any second fertiliser. Prices: *284*55#",
            phones=[phone],
            refs=[farmer.id.hex],
            not_before=NOW,
            valid_until=NOW,
            attempt=1,
            state="submitting",
        )
        session.add(batch)
    (handed,) = wired(address).send(batch.body, [phone], reference="loop")
    with db.transaction(connected(url)) as session:
        session.get_one(Batch, batch.id).state = "done"
        session.add(
            Message(
                batch_id=batch.id,
                phone=phone,
                fate=handed.fate.value,
                gateway="africastalking",
                gateway_id=handed.gateway_id,
                cost=handed.cost or Decimal(0),
                currency=handed.currency,
                code=handed.code,
                at=NOW,
            )
        )


if __name__ == "__main__":
    connection = redis.Redis.from_url(sys.argv[1])
    Worker([Queue("bench", connection=connection, serializer=JSONSerializer)], connection=connection, serializer=JSONSerializer).work(
        burst=True
    )
