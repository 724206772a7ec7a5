"""Whatever happens in whatever order, a text is handed over once at most, ends in one fate, and the ledger adds up."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import delete, func, select, update

from core.incidents import Incident
from jobs import dispatch, fold, reap
from messaging import claims, evening, reports, suppressions, ways
from messaging.classes import MessageClass
from messaging.flow_models import Route, Spend
from messaging.gateway import Advice, Fate, Handed, State, Told
from messaging.models import Batch, Message, Outcome, Report, Suppression, Switch, Unasked
from profiles import consent
from profiles.models import Consent, Farmer, Plot
from tests.builders import Remembering, farmer, phone, runtime, text

NOW = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
PRICE = Decimal(25)
PHONES = 3
ANSWERS = {
    "sent": Handed("", Fate.SENT, cost=PRICE, currency="UGX"),
    "refused": Handed("", Fate.REFUSED, code="403", advice=Advice.BAD_NUMBER),
    "not_sent": Handed("", Fate.NOT_SENT, code="refused", advice=Advice.LATER),
    "unconfirmed": Handed("", Fate.UNCONFIRMED),
    "swallowed": Handed("", Fate.UNCONFIRMED),  # it took the text, and its answer was lost
}


class Gateway(Remembering):
    """Answers as it was told last, and keeps a ledger of what it took."""

    def __init__(self):
        super().__init__()
        self.answer, self.taken, self.before = "sent", [], None

    def send(self, body, phones, *, reference):
        if self.before:
            self.before()
        if self.answer in {"sent", "swallowed"}:
            self.taken += [(one, body, f"id-{reference}-{one}") for one in phones]
        said = ANSWERS[self.answer]
        name = {one: f"id-{reference}-{one}" if said.fate is Fate.SENT else None for one in phones}
        return [Handed(one, said.fate, name[one], said.cost, said.currency, said.code, said.advice) for one in phones]

    def collect(self):
        return []


class Fates(RuleBasedStateMachine):
    """One small house on one database, emptied before each story."""

    def __init__(self, url):
        super().__init__()
        self.house = runtime(url, NOW, Gateway())
        self.bodies, self.stopped_at = 0, {}

    @initialize()
    def empty(self):
        with self.house.transaction() as session:
            for table in (Message, Outcome, Report, Batch, Unasked, Suppression, Switch, Spend, Route, Consent, Plot, Farmer, Incident):
                session.execute(delete(table))
            ways.load(session, ["simulator"], set())
            session.execute(update(Route).values(price=PRICE))
            for number in range(PHONES):
                farmer(session, NOW - timedelta(days=1), number)

    def teardown(self):
        self.house.sessions.kw["bind"].dispose()

    @rule(number=st.integers(0, PHONES - 1), klass=st.sampled_from(list(MessageClass)), hours=st.integers(1, 30))
    def put(self, number, klass, hours):
        self.bodies += 1
        self.house.now.forward(seconds=1)  # no two at one moment: their order, and so this story, can be told again
        with self.house.transaction() as session:
            one = session.scalars(select(Farmer).where(Farmer.phone == phone(number))).one()
            until = self.house.now() + timedelta(hours=hours)
            text(session, self.house, one, f"text {self.bodies}", klass, valid_until=until)

    @rule(answer=st.sampled_from(list(ANSWERS)))
    def the_gateway_is_in_another_mood(self, answer):
        self.house.gateway.answer = answer

    @rule()
    def send(self):
        with self.house.transaction() as session:
            taken = claims.claim(session, "me", 2, self.house.now())
        for batch_id in taken:
            dispatch.send_one(dispatch.Board(self.house), batch_id, "me", until=0.0)

    @rule()
    def a_worker_dies_with_what_it_claimed(self):
        with self.house.transaction() as session:
            claims.claim(session, "dead", 1, self.house.now())
        self._leases_end()

    @rule()
    def a_worker_is_overtaken_in_the_air(self):
        self.house.gateway.before = self._leases_end
        self.send()
        self.house.gateway.before = None

    def _leases_end(self):
        with self.house.transaction() as session:
            session.execute(update(Batch).where(Batch.owner.is_not(None)).values(lease_until=NOW - timedelta(days=9)))
        reap.reap(self.house)

    @rule(number=st.integers(0, PHONES - 1))
    def stop(self, number):
        with self.house.transaction() as session:
            suppressions.stop(session, phone(number), "sms", self.house.now())
        self.stopped_at.setdefault(phone(number), len(self.house.gateway.taken))

    @rule(number=st.integers(0, PHONES - 1))
    def withdraw(self, number):
        with self.house.transaction() as session:
            one = session.scalars(select(Farmer).where(Farmer.phone == phone(number))).one()
            consent.withdraw(session, one.id, consent.SERVICE, self.house.now())

    @rule(minutes=st.sampled_from([1, 10, 120, 900]))
    def time_passes(self, minutes):
        self.house.now.forward(minutes=minutes)

    @precondition(lambda self: self.house.gateway.taken)
    @rule(which=st.integers(0, 1000), state=st.sampled_from([State.DELIVERED, State.ABSENT, State.FAILED, State.ON_THE_WAY, State.UNKNOWN]))
    def report(self, which, state):
        to, _, gateway_id = self.house.gateway.taken[which % len(self.house.gateway.taken)]
        advice = Advice.EVENING if state is State.ABSENT else Advice.NONE
        with self.house.transaction() as session:
            reports.append(session, "simulator", [Told(gateway_id, to, state.value, state, "", "", advice)], self.house.now())
        fold.fold(self.house)

    @invariant()
    def nothing_is_taken_twice_but_in_the_evening_of_an_absent_phone(self):
        times = Counter((to, body) for to, body, _ in self.house.gateway.taken)
        twice = {(to, body) for (to, body), count in times.items() if count > 1}
        if not twice:
            return
        with self.house.reading() as session:
            tried = select(Batch.body).where(Batch.dedupe.startswith(evening.PREFIX))
            assert {body for _, body in twice} <= set(session.scalars(tried))
        assert all(count <= 2 for count in times.values())

    @invariant()
    def after_a_stop_only_answers_are_taken(self):
        with self.house.reading() as session:
            replies = set(session.scalars(select(Batch.body).where(Batch.klass == MessageClass.REPLY)))
        for to, at in self.stopped_at.items():
            assert {body for one, body, _ in self.house.gateway.taken[at:] if one == to} <= replies

    @invariant()
    def every_ended_batch_has_one_row_for_each_phone_and_no_other_has_any(self):
        with self.house.reading() as session:
            batches = {row.id: row for row in session.scalars(select(Batch))}
            rows = [(row.batch_id, row.phone) for row in session.scalars(select(Message))]
        ended = [(row.id, one) for row in batches.values() if row.state == "done" for one in row.phones]
        assert sorted(rows) == sorted(ended)

    @invariant()
    def the_ledger_holds_what_was_charged_and_what_is_uncertain(self):
        charged = PRICE * sum(1 for _ in self.house.gateway.taken)
        with self.house.reading() as session:
            sums = session.execute(select(func.sum(Spend.settled), func.sum(Spend.uncertain), func.sum(Spend.reserved))).one()
            settled, uncertain, reserved = (Decimal(one or 0) for one in sums)
            rows = session.execute(select(func.sum(Message.cost)).where(Message.fate == Fate.SENT)).scalar() or 0
        assert reserved == 0
        assert settled >= rows
        assert settled <= charged
        assert charged <= settled + uncertain


def test_fates(url):
    examples = 60 if url.startswith("sqlite") else 15
    rules = settings(max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(lambda: Fates(url), settings=rules)
