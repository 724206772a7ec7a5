"""The lab: a tailored broadcast under chaos, with a village that dials and texts meanwhile, and the account of it.

    python -m bench lab --farmers 100000 --seed 7 --database postgresql

Everything is real: our processes, PostgreSQL, Redis, a gateway over HTTP that keeps a ledger of its own. docs/lab.md tells more.
"""

import random
import tempfile
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from bench import account, chaos, country
from bench.account import Books, Finding
from bench.plan import BODIES
from bench.staff import Staff, house
from bench.village import Noting, Village
from core import clock, db
from core.db import insert_new
from messaging import proofs, reports, spool, switches, ways
from messaging.flow_models import Route
from messaging.models import Batch, Inbound
from profiles.audiences import Audience
from profiles.models import Farmer
from tests.builders import settings
from tests.fake_gateway_reports import Habits

GATEWAY = "africastalking"
CALLS = 64  # at once: what a person gives the route here, for the calls of the dead hold their places until their leases end
AT_LEAST = 20  # seconds of sending
LATENCY = 0.05  # seconds of the gateway
REPORTED = 8_000  # reports that the postman brings in a run; of more texts a larger share is lost
STANDSTILL = 12.0  # seconds without a text taken, after which the next event happens anyway
LONG_PAUSE = timedelta(seconds=20)  # a pause of a gateway that is longer, a person ends after a look
A_LOOK = 2.0  # seconds between two of a person
LIMIT = 1800  # seconds until the lab gives up waiting for the end
LATER = timedelta(minutes=4)  # after which a report for a text in doubt is believed
FEWEST_PATIENT = 20_000  # farmers: smaller runs cut waits short


class Lab:
    """One run. `hurry`: at the end nobody waits for leases and second tries: they are made due, which the account says."""

    def __init__(self, staff: Staff, farmers: int, seed: int, hurry: bool) -> None:
        self.staff, self.farmers, self.seed, self.hurry = staff, farmers, seed, hurry
        self.usual = Habits(delay=0.2, lose=max(0.75, 1 - REPORTED / (2 * farmers)), seed=seed)
        self.events = chaos.draw(seed, staff.kind, farmers, min(40, max(12, farmers // 1500)))
        self.resumed = 0
        self.looked_at = 0.0
        self.began = time.monotonic()

    def prepare(self) -> sessionmaker[Session]:
        """The people, and the route as a person sets it: small runs are slowed down, or they were over before anything happened."""
        sessions = country.people(self.staff.url, self.farmers)
        row = ways.default(GATEWAY, 0)
        rate = min(int(str(row["per_second"])), max(100, self.farmers // AT_LEAST))
        with db.transaction(sessions) as session:
            insert_new(session, Route, [row | {"calls": CALLS, "per_second": rate, "tokens": float(rate)}])
        return sessions

    def launch(self, sessions: sessionmaker[Session]) -> None:
        """The broadcast to everybody, to be planned now."""
        with db.transaction(sessions) as session:
            made = country.broadcast(session, "lab", BODIES, Audience(crops=("maize",)), clock.now())
            self.broadcast = f"broadcast:{made.id}"
        self.began = time.monotonic()

    def taken(self) -> int:
        return self.staff.gateway.ledger.counts()["accepted"]

    def says(self, what: str) -> None:
        print(f"  {time.monotonic() - self.began:7.1f} s  {self.taken():>9,} taken  {what}", flush=True)

    def look_after(self, sessions: sessionmaker[Session]) -> None:
        """What a service manager and an operator do: start who has ended, end a long pause after a look."""
        self.staff.keep()
        if time.monotonic() - self.looked_at < A_LOOK:
            return
        self.looked_at = time.monotonic()
        with suppress(DBAPIError):
            with db.reading(sessions) as session:
                off = switches.off(session, clock.now(), [f"gateway:{GATEWAY}"])
            if any(one.until and one.until - clock.now() > LONG_PAUSE for one in off.values()):
                with db.transaction(sessions) as session:
                    switches.turn_on(session, f"gateway:{GATEWAY}")
                self.resumed += 1

    def wait_for(self, texts: int, sessions: sessionmaker[Session]) -> None:
        """Until the gateway has taken so many, or nothing moves any more."""
        last, moved = self.taken(), time.monotonic()
        while last < texts and time.monotonic() - moved < STANDSTILL:
            self.look_after(sessions)
            time.sleep(0.1)
            if self.taken() != last:
                last, moved = self.taken(), time.monotonic()

    def rage(self, sessions: sessionmaker[Session]) -> None:
        for event in self.events:
            self.wait_for(event.at, sessions)
            self.says(event.says)
            chaos.happen(event, self.staff, self.usual, self.seed)
        self.staff.gateway.mode("ok")
        self.staff.gateway.habits = self.usual

    def end(self, sessions: sessionmaker[Session]) -> None:
        """Wait until all is done; in a hurry as if the minutes of the leases and the second tries had passed."""
        until, hurried = time.monotonic() + LIMIT, 0.0
        while not self.finished(sessions):
            if time.monotonic() > until:
                self.says("given up: not everything is done")
                return
            self.look_after(sessions)
            if self.hurry and time.monotonic() - hurried > 5:
                self.minutes_pass(sessions)
                hurried = time.monotonic()
            time.sleep(0.3)

    def minutes_pass(self, sessions: sessionmaker[Session]) -> None:
        soon = clock.now() + timedelta(minutes=15)
        with suppress(DBAPIError), db.transaction(sessions) as session:
            old = clock.now() - timedelta(days=1)
            dead = update(Batch).where(Batch.owner.is_not(None), Batch.lease_until < clock.now() + timedelta(seconds=40))
            session.execute(dead.values(lease_until=old).execution_options(synchronize_session=False))
            waits = update(Batch).where(Batch.state == "queued", Batch.not_before < soon, Batch.not_before > clock.now())
            session.execute(waits.values(not_before=clock.now()).execution_options(synchronize_session=False))
            session.execute(update(Inbound).where(Inbound.handled_at.is_(None)).values(taken_until=None))

    def finished(self, sessions: sessionmaker[Session]) -> bool:
        postman = self.staff.gateway.postman
        if spool.waiting(self.staff.folder / "spool").bytes or (postman and postman.waiting()):
            return False
        with suppress(DBAPIError), db.reading(sessions) as session:
            planned = session.scalars(select(Batch.id).where(Batch.sender == self.broadcast).limit(1)).first()
            open_ = session.scalars(select(Batch.id).where(Batch.state != "done").limit(1)).first()
            unread = session.scalars(select(Inbound.id).where(Inbound.handled_at.is_(None)).limit(1)).first()
            return planned is not None and open_ is None and unread is None
        return False


def play(kind: str, farmers: int, seed: int, hurry: bool) -> list[Finding]:
    """One run from an empty folder to its account, printed as it goes."""
    folder = Path(tempfile.mkdtemp(prefix="ensigo-lab-"))
    folder.chmod(0o755)  # PostgreSQL runs as a user of its own where we are root
    with house(kind, folder) as staff:
        lab = Lab(staff, farmers, seed, hurry)
        sessions = lab.prepare()
        postman = Noting(f"{staff.callback}/delivery")
        staff.gateway.postman, staff.gateway.habits = postman, lab.usual
        staff.gateway.mode("ok", latency=LATENCY)
        staff.open()
        lab.launch(sessions)
        with Village(staff.callback, some_phones(sessions, seed), seed) as village:
            lab.rage(sessions)
        quiet = time.monotonic()
        lab.says("no more events")
        lab.end(sessions)
        took = time.monotonic() - lab.began
        lab.says(f"all done, {time.monotonic() - quiet:.0f} s after the last event")
        staff.close()
        books = written(lab, sessions, village, postman)
        with db.reading(sessions) as session:
            found = account.findings(session, books)
        sessions.kw["bind"].dispose()
    tell(lab, found, took)
    return found


def some_phones(sessions: sessionmaker[Session], seed: int) -> list[str]:
    with db.reading(sessions) as session:
        phones = list(session.scalars(select(Farmer.phone).order_by(Farmer.number)))
    return random.Random(seed).sample([phone for phone in phones if phone], min(200, len(phones) // 4))


def written(lab: Lab, sessions: sessionmaker[Session], village: Village, postman: Noting) -> Books:
    """What the clock would still do in the next minutes is done, and the books are closed."""
    zone, last = settings(lab.staff.url).zone, 0
    while last is not None:
        with db.transaction(sessions) as session:
            last = reports.fold(session, clock.now() + LATER, zone, last)
    with db.transaction(sessions) as session:
        for back in range(2):
            proofs.prove(session, clock.day(clock.now(), zone) - timedelta(days=back), zone, clock.now())
    sleeps = max((chaos.FAULTS[event.name].sleeps for event in lab.events if event.kind == "fault"), default=0)
    gateway = lab.staff.gateway
    return Books(
        events=lab.events,
        calls=gateway.calls(),
        accepted=gateway.accepted(),
        village=village,
        postman=postman,
        logs=lab.staff.logs(),
        farmers=lab.farmers,
        broadcast=lab.broadcast,
        sleeps=sleeps,
    )


def tell(lab: Lab, found: list[Finding], took: float) -> None:
    kinds = Counter(event.kind for event in lab.events)
    happened = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    print(f"\n  {lab.farmers:,} farmers on {lab.staff.kind}, seed {lab.seed}: {took:,.0f} s, {lab.farmers / took:,.0f} texts/s under chaos")
    print(f"  events: {happened}; processes started {lab.staff.begun} times; pauses of the gateway that a person ended: {lab.resumed}")
    if lab.hurry:
        print("  at the end leases and second tries were made due, as if their minutes had passed")
    for one in found:
        print(f"  {one.promise}  {'holds' if one.holds else 'FAILS'}  {one.says}")


def run(farmers: int, seed: int = 0, database: str | None = None) -> None:
    """Both databases, or the named one. Raises SystemExit(1) when a promise did not hold."""
    held = True
    for kind in [database] if database else ["sqlite", "postgresql"]:
        chosen = seed or random.SystemRandom().randint(1, 10**6)
        print(f"\n  {kind}, --seed {chosen}")
        held &= all(one.holds for one in play(kind, farmers, chosen, hurry=farmers < FEWEST_PATIENT))
    if not held:
        raise SystemExit(1)
