"""The operator's pages: what they show, what each act does, that it is noted, and that nobody else may."""

import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import delete, select

from core import heartbeats
from core.audit import AuditEntry
from jobs.prove import prove
from jobs.queue import ThreadQueue
from jobs.runtime import Runtime
from messaging import budgets, money, switches
from messaging.classes import MessageClass
from messaging.flow_models import Budget, Pace, Route, Spend
from messaging.gateway import Fate, Unreadable
from messaging.models import Batch, Message, Outcome, Switch
from profiles import organisations
from service.app import create_app
from service.portal import words
from tests import builders
from tests.builders import Clock, answered
from tests.web.visitor import Visitor, account, staff


@pytest.fixture
def operator(runtime: Runtime, visitor: Visitor) -> Visitor:
    staff(runtime, "operator")
    return visitor.signs_in("operator@example.org")


def verbs(runtime: Runtime) -> set[tuple[str, str]]:
    """What was noted of operating, and by what kind of actor."""
    with runtime.reading() as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.verb.not_like("sign_in.%"), AuditEntry.verb.not_like("account.%")))
        return {(one.verb, one.actor.partition(":")[0]) for one in rows}


def off(runtime: Runtime) -> dict[str, Switch]:
    with runtime.reading() as session:
        return switches.off(session, runtime.now())


def silent(runtime: Runtime, number: int = 1, klass: MessageClass = MessageClass.NOTICE) -> UUID:
    """A text whose answer never came."""
    with runtime.transaction() as session:
        farmer = builders.farmer(session, runtime.now(), number, name=f"Farmer {number}")
        assert farmer.phone
        runtime.gateway.fates[farmer.phone] = answered(farmer.phone, Fate.UNCONFIRMED)  # type: ignore[attr-defined]
        batch_id = builders.text(session, runtime, farmer, f"You are owed {number}", klass)
    builders.settle(runtime)
    assert batch_id
    return batch_id


def test_the_queue_shows_each_lane_with_who_pays_and_how_old_its_oldest_is(operator: Visitor, runtime: Runtime, clock: Clock) -> None:
    with runtime.transaction() as session:
        group = organisations.add(session, "cooperative", "Kasolo", "KASOLO", runtime.now(), builders.district(session).id)
        builders.text(session, runtime, builders.phone(1), klass=MessageClass.NOTICE)
        builders.text(session, runtime, builders.phone(2), klass=MessageClass.NOTICE, payer=f"organisation:{group.id}")
    clock.forward(minutes=9)
    page = operator.get("/queue").text
    for word in (words.LANES[1], words.LANES[2], "Kasolo", "The service itself", "9 min"):
        assert word in page, word
    assert builders.phone(1) not in page


def test_sending_is_held_back_with_a_reason_and_goes_on_again(operator: Visitor, runtime: Runtime) -> None:
    operator.post("/queue/pause", what="class:offer", why="the price was wrong", until="2026-03-12T14:30").follow()
    assert "Offer texts" in operator.text
    assert "the price was wrong" in operator.text
    assert "The operator" in operator.text
    assert "until Thu 12 Mar 2026, 14:30" in " ".join(operator.text.replace('<time datetime="2026-03-12T11:30:00+00:00">', "").split())
    assert off(runtime)["class:offer"].until == runtime.now().replace(hour=11, minute=30)
    operator.post("/queue/resume", what="class:offer").follow()
    assert off(runtime) == {}
    assert "dispatch" in runtime.queue.woken  # type: ignore[attr-defined]
    assert verbs(runtime) == {("sending.paused", "account"), ("sending.resumed", "account")}


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({"what": "sending"}, "pause.why"),
        ({"what": "class:nothing", "why": "a reason"}, "pause.what"),
        ({"what": "payer:organisation:of-somebody", "why": "a reason"}, "pause.what"),
        ({"what": "sending", "why": "a reason", "until": "yesterday"}, "pause.until"),
        ({"what": "sending", "why": "a reason", "until": "2026-03-12T11:59"}, "pause.until"),
    ],
)
def test_what_cannot_be_held_back_says_what_to_do_and_keeps_what_was_typed(
    operator: Visitor, runtime: Runtime, form: dict[str, str], wrong: str
) -> None:
    page = operator.post("/queue/pause", **form)
    assert page.status == 400
    assert words.said(wrong) in page.text
    assert f'value="{form.get("why", "")}"' in page.text
    assert off(runtime) == {}


def test_a_stopped_broadcast_is_shown_with_its_own_page_and_not_resumed_here(operator: Visitor, runtime: Runtime) -> None:
    name = f"sender:broadcast:{UUID(int=9)}"
    with runtime.transaction() as session:
        switches.turn_off(session, name, "stopped at the desk", "account:x", runtime.now())
    assert f"/desk/{UUID(int=9)}" in operator.get("/queue").text
    assert operator.post("/queue/resume", what=name).status == 404
    assert list(off(runtime)) == [name]


def test_a_routes_terms_are_changed_and_nonsense_says_what_to_do(operator: Visitor, runtime: Runtime) -> None:
    form = {"rank": "2", "per_second": "1,200", "calls": "9", "price": "32.5"}
    operator.get("/routes/simulator/all").post("/routes/simulator/all", **form).follow()
    assert "UGX 32.50" in operator.text
    with runtime.reading() as session:
        route = session.get_one(Route, ("simulator", ""))
        assert (route.rank, route.per_second, route.calls, route.price) == (2, 1200, 9, Decimal("32.5"))
    bad = {"rank": "100", "per_second": "0", "calls": "many", "price": "1.23456"}
    page = operator.post("/routes/simulator/all", **bad)
    assert page.status == 400
    assert "4 things to correct" in page.text
    assert page.text.count('class="error"') == 4
    for price in ("NaN", "-1", "Infinity", "10001", "", "1e9999999"):
        assert operator.post("/routes/simulator/all", **{**form, "price": price}).status == 400, price
    assert operator.post("/routes/nobody/all", **form).status == 404
    assert ("route.changed", "account") in verbs(runtime)


def test_a_route_of_one_operator_is_added_and_removed(operator: Visitor, runtime: Runtime) -> None:
    form = {"gateway": "simulator", "operator": "airtel", "rank": "0", "per_second": "50", "calls": "4", "price": "20"}
    operator.post("/routes/new", **form).follow()
    assert "Airtel" in operator.text
    again = operator.post("/routes/new", **form)
    assert (again.status, words.said("route.there") in again.text) == (400, True)
    assert operator.post("/routes/new", **{**form, "operator": "vodafone", "gateway": "x"}).text.count('class="error"') == 2
    operator.post("/routes/simulator/airtel/remove").follow()
    assert operator.post("/routes/simulator/airtel/remove").status == 404
    assert operator.post("/routes/simulator/all/remove").status == 404
    with runtime.reading() as session:
        assert [route.operator for route in session.scalars(select(Route))] == [""]


def test_the_routes_show_what_is_paused_and_who_is_late(operator: Visitor, runtime: Runtime) -> None:
    now = runtime.now()
    with runtime.transaction() as session:
        switches.turn_off(session, "gateway:simulator", "simulator cannot be reached", "dispatch", now, now + timedelta(minutes=2))
        session.add(Pace(gateway="simulator", operator="mtn", weight=70, seen=40, slow=9, at=now))
    page = operator.get("/routes").text
    for word in ("Paused", "simulator cannot be reached", "70 %", "9 of 40"):
        assert word in page, word


def test_a_balance_is_asked_for_when_somebody_presses(operator: Visitor, runtime: Runtime) -> None:
    operator.post("/routes/simulator/balance").follow()
    assert "UGX 1,000,000.00 are left" in operator.text

    def refuse() -> None:
        raise OSError("the key k-123 was refused")

    def silent_() -> None:
        raise Unreadable("missing: balance")

    for says, word in ((refuse, "did not answer (OSError)"), (silent_, "did not say: missing: balance")):
        runtime.gateway.balance = says  # type: ignore[assignment,method-assign]
        operator.post("/routes/simulator/balance").follow()
        assert word in operator.text
        assert "k-123" not in operator.text
    assert operator.post("/routes/nobody/balance").status == 404


def test_a_person_settles_what_nobody_knows(operator: Visitor, runtime: Runtime) -> None:
    arrived, closed = silent(runtime, 1), silent(runtime, 2)
    page = operator.get("/unconfirmed").text
    for word in ("You are owed 1", "Farmer 2", "Send it once more (it may come twice)"):
        assert word in page, word
    assert builders.phone(1) not in page
    operator.post(f"/unconfirmed/{arrived}/0/arrived").follow()
    operator.post(f"/unconfirmed/{closed}/0/closed").follow()
    assert "Nothing waits for a person" in operator.text
    assert "A person said so" in operator.text
    with runtime.reading() as session:
        assert dict(session.execute(select(Outcome.batch_id, Outcome.state)).all()) == {arrived: "delivered", closed: "failed"}


def test_it_goes_once_more_only_after_a_second_yes(operator: Visitor, runtime: Runtime) -> None:
    batch_id = silent(runtime)
    address = f"/unconfirmed/{batch_id}/0/again"
    asked = operator.post(address).follow()
    assert "It may come twice" in asked.text
    with runtime.reading() as session:
        assert len(session.scalars(select(Batch)).all()) == 1
    operator.post(address, sure="yes").follow()
    operator.post(address, sure="yes").follow()
    assert "Its report came meanwhile" in operator.text
    with runtime.reading() as session:
        assert {one.follows for one in session.scalars(select(Batch))} == {None, batch_id}


def test_a_report_that_came_meanwhile_is_said_and_nothing_is_decided(operator: Visitor, runtime: Runtime) -> None:
    batch_id = silent(runtime)
    with runtime.transaction() as session:
        row = {"batch_id": batch_id, "phone": builders.phone(1), "state": "delivered", "reason": "", "gateway_id": None}
        session.add(Outcome(**row, at=runtime.now()))
    operator.post(f"/unconfirmed/{batch_id}/0/closed").follow()
    assert "Its report came meanwhile: nothing is left to decide." in operator.text
    assert "Its report came</td>" in operator.text
    assert not any(verb.startswith("unconfirmed") for verb, _ in verbs(runtime))


def test_what_is_too_late_cannot_go_again_and_what_is_foreign_is_not_found(operator: Visitor, runtime: Runtime, clock: Clock) -> None:
    batch_id = silent(runtime)
    clock.forward(hours=80)
    operator.signs_in("operator@example.org")
    assert "once more (it may" not in operator.get("/unconfirmed").text
    assert "Its time ended" in operator.get(f"/unconfirmed/{batch_id}/0/again").text
    operator.post(f"/unconfirmed/{batch_id}/0/again", sure="yes").follow()
    assert "it would come too late" in operator.text
    for address in (f"/unconfirmed/{batch_id}/1/closed", f"/unconfirmed/{UUID(int=3)}/0/closed", f"/unconfirmed/{batch_id}/0/burnt"):
        assert operator.post(address).status == 404, address


def test_emergencies_may_go_once_more_where_somebody_says_why(operator: Visitor, runtime: Runtime) -> None:
    assert operator.post("/unconfirmed/once-more", allow="yes").status == 400
    operator.post("/unconfirmed/once-more", allow="yes", why="the rivers rise").follow()
    assert "Allowed: the rivers rise" in operator.text
    assert "once-more" in off(runtime)
    assert "Held back" not in operator.get("/queue").text
    operator.post("/unconfirmed/once-more").follow()
    assert off(runtime) == {}
    assert verbs(runtime) == {("once_more.allowed", "account"), ("once_more.forbidden", "account")}


def test_the_help_desk_sees_and_does_not_settle(app: Flask, runtime: Runtime) -> None:
    staff(runtime, "helpdesk")
    batch_id = silent(runtime)
    desk = Visitor(app).signs_in("helpdesk@example.org")
    page = desk.get("/unconfirmed").text
    assert "You are owed 1" in page
    assert "They have it" not in page
    assert desk.post(f"/unconfirmed/{batch_id}/0/arrived").status == 403


def test_a_budget_is_set_changed_and_removed(operator: Visitor, runtime: Runtime) -> None:
    operator.post("/budgets", payer="house", period="day", amount="250,000").follow()
    assert "The service itself, today" in operator.text
    with runtime.transaction() as session:
        row = {"gateway": "simulator", "currency": "UGX", "texts": 8, "reserved": 0, "uncertain": Decimal("12.5")}
        session.add(Spend(day=runtime.now().date(), payer="", settled=Decimal(212_500), **row))
    page = operator.get("/budgets").text
    for word in ("UGX 212,512.50", "of 250,000", "85 %", 'class="w17"', "212,500", "12.50"):
        assert word in page, word
    operator.post("/budgets", payer="everybody", period="month", amount="9").follow()
    operator.post("/budgets", payer="house", period="day", amount="300000").follow()
    with runtime.reading() as session:
        assert {(one.payer, one.period): one.amount for one in session.scalars(select(Budget))} == {("", "day"): 300_000, ("*", "month"): 9}
    operator.post("/budgets/remove", payer="house", period="day").follow()
    assert operator.post("/budgets/remove", payer="house", period="day").status == 404
    assert verbs(runtime) == {("budget.set", "account"), ("budget.removed", "account")}


@pytest.mark.parametrize("amount", ["", "0", "-5", "NaN", "1e30", "much", "1.005"])
def test_a_budget_of_nonsense_is_not_set(operator: Visitor, runtime: Runtime, amount: str) -> None:
    page = operator.post("/budgets", payer="organisation:nobody", period="year", amount=amount)
    assert (page.status, page.text.count('class="error"')) == (400, 3)
    with runtime.reading() as session:
        assert session.scalars(select(Budget)).all() == []


def test_the_chart_the_table_and_the_file_say_the_same(operator: Visitor, runtime: Runtime) -> None:
    today = runtime.now().date()
    with runtime.transaction() as session:
        for back, gateway in ((0, "simulator"), (0, "kannel"), (29, "kannel"), (30, "kannel")):
            row = {"currency": "UGX", "texts": 1, "reserved": Decimal(1), "uncertain": Decimal(2), "settled": Decimal(30 + back)}
            session.add(Spend(day=today - timedelta(days=back), payer="", gateway=gateway, **row))
    told = operator.get("/budgets.json").at.get_json()
    assert len(told["days"]) == 30
    assert {one["name"]: (one["totals"][0], one["totals"][-1]) for one in told["series"]} == {
        "kannel, UGX": (62, 33),
        "simulator, UGX": (0, 33),
    }
    rows = operator.get("/budgets.csv").text.splitlines()
    assert [row.split(",")[1] for row in rows] == ["gateway", "kannel", "kannel", "simulator"]
    assert sum(Decimal(row.split(",")[-1]) for row in rows[1:]) == sum(sum(one["totals"]) for one in told["series"])
    assert operator.get("/budgets").text.count('<td data-label="Gateway"') == 3


def test_an_approver_sees_budgets_and_a_cooperative_its_own_at_its_desk(app: Flask, runtime: Runtime) -> None:
    now = runtime.now()
    with runtime.transaction() as session:
        place = builders.district(session).id
        mine, other = (organisations.add(session, "cooperative", name, name.upper(), now, place) for name in ("Kasolo", "Bukedi"))
        account(session, "cooperative", now, organisation_id=mine.id)
        for one, amount in ((mine, 1111), (other, 2222)):
            budgets.put(session, f"organisation:{one.id}", money.MONTH, Decimal(amount), "UGX", "test", now)
    staff(runtime, "approver")
    page = Visitor(app).signs_in("approver@example.org").get("/budgets").text
    assert "Bukedi, this month" in page
    assert "Set it" not in page
    coop = Visitor(app, "192.0.2.1").signs_in("cooperative@example.org")
    desk = coop.get("/desk").text
    assert "of 1,111 spent this month" in desk
    assert "2,222" not in desk
    assert coop.get("/budgets").status == 403


def test_the_proof_adds_up_and_a_missing_text_leads_to_its_batch(operator: Visitor, runtime: Runtime) -> None:
    batch_id = silent(runtime)
    prove(runtime)
    page = operator.get("/proof").text
    assert "Nothing is missing" in page
    rows = operator.get("/proof.csv").text.splitlines()
    today = dict(zip(rows[0].split(","), rows[1].split(","), strict=True))
    assert int(today["planned"]) == sum(int(today[name]) for name in words.PROOF if name != "planned") == 1
    with runtime.transaction() as session:
        session.execute(delete(Message))
    prove(runtime)
    page = operator.get("/proof").text
    assert "1 text missing" in page
    assert f"/messages/{batch_id}" in page


def test_jobs_say_what_runs_what_failed_and_nothing_of_anybody(runtime: Runtime) -> None:
    staff(runtime, "operator")
    begun, go_on = threading.Event(), threading.Event()

    def perform(job: str) -> None:
        if job == "plan":
            raise ValueError("of Sarah, +256772000001")
        begun.set()
        go_on.wait(20)

    queue = ThreadQueue(perform, ("fold", "plan"))
    for job in ("fold", "plan"):
        queue.wake(job)
    assert begun.wait(10)
    pause = threading.Event()
    while not queue.standing().failures:
        pause.wait(0.01)
    house = replace(runtime, queue=queue)
    operator = Visitor(create_app(house)).signs_in("operator@example.org")
    assert "No clock ticks" in operator.get("/jobs").text
    with runtime.transaction() as session:
        heartbeats.beat(session, heartbeats.CLOCK, runtime.now())
    page = operator.get("/jobs").text
    for word in ("The clock ticks", "threads of this process", "job-fold", "ValueError", "Forget the failures"):
        assert word in page, word
    assert "Sarah" not in page
    operator.post("/jobs/clear").follow()
    assert "No job failed lately" in operator.text
    assert verbs(runtime) == {("jobs.cleared", "account")}
    go_on.set()
    queue.close()


def test_redis_that_is_down_does_not_break_the_page(runtime: Runtime) -> None:
    staff(runtime, "operator")
    settings = builders.settings(runtime.settings.database_url, redis_url="redis://127.0.0.1:1/0")
    house = builders.build(settings, gateways=runtime.gateways, now=runtime.now)
    visitor = Visitor(create_app(house)).signs_in("operator@example.org")
    page = visitor.get("/jobs")
    assert (page.status, "Redis does not answer" in page.text) == (200, True)
    page.post("/jobs/clear").follow()
    assert "0 failed jobs are forgotten" in page.text
    assert "ensigo_redis_up 0.0" in visitor.get("/metrics").text
    house.sessions.kw["bind"].dispose()
