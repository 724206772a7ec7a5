"""People of the sample country who can sign in: one for each kind of work. Refused wherever texts go to real phones."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from linkage import sample_partners
from profiles.models import Organisation
from service.accounts import passwords, people

PASSWORD = "try the seeds first"  # noqa: S105 printed at start-up; of use only beside the simulator
PARTNER, PARTNER_CODE = "partner@example.org", sample_partners.SAMPLES[0].code
GROUPS = ("cooperative", "producer_group")
DEMO = (
    ("admin@example.org", "Ada Nakato", "admin"),
    ("editor@example.org", "Moses Okello", "editor"),
    ("helpdesk@example.org", "Grace Atim", "helpdesk"),
    ("coop@example.org", "Peter Ssali", "cooperative"),
    (PARTNER, "Ruth Namukasa", "partner"),
)


def seed(session: Session, now: datetime) -> list[tuple[str, str, str]]:
    """Make those that are missing; give back (email, password, role) of all."""
    group = session.scalars(
        select(Organisation).where(Organisation.sample, Organisation.kind.in_(GROUPS)).order_by(Organisation.name)
    ).first()
    partner = session.scalars(select(Organisation).where(Organisation.sample, Organisation.code == PARTNER_CODE)).first()
    own = {"cooperative": group, "partner": partner}
    hashed = passwords.hashed(PASSWORD)
    for email, name, role in DEMO:
        if people.by_email(session, email) is None:
            organisation = own.get(role)
            organisation_id = organisation.id if organisation else None
            account = people.create(session, email, name, role, "demo", now, organisation_id=organisation_id, sample=True)
            account.password_hash = hashed
    return [(email, PASSWORD, role) for email, _, role in DEMO]
