"""People of the sample country who can sign in: one for each kind of work. Refused wherever texts go to real phones."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from profiles.models import Organisation
from service.accounts import passwords, people

PASSWORD = "try the seeds first"  # noqa: S105 printed at start-up; of use only beside the simulator
GROUPS = ("cooperative", "producer_group")
DEMO = (
    ("admin@example.org", "Ada Nakato", "admin"),
    ("editor@example.org", "Moses Okello", "editor"),
    ("helpdesk@example.org", "Grace Atim", "helpdesk"),
    ("coop@example.org", "Peter Ssali", "cooperative"),
)


def seed(session: Session, now: datetime) -> list[tuple[str, str, str]]:
    """Make those that are missing; give back (email, password, role) of all."""
    group = session.scalars(
        select(Organisation).where(Organisation.sample, Organisation.kind.in_(GROUPS)).order_by(Organisation.name)
    ).first()
    hashed = passwords.hashed(PASSWORD)
    for email, name, role in DEMO:
        if people.by_email(session, email) is None:
            organisation_id = group.id if group and role == "cooperative" else None
            account = people.create(session, email, name, role, "demo", now, organisation_id=organisation_id, sample=True)
            account.password_hash = hashed
    return [(email, PASSWORD, role) for email, _, role in DEMO]
