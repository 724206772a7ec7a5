"""The figures at a screen: three addresses with the same numbers, and a cooperative that sees its own members' alone."""

import csv
import io

import pytest
from flask import Flask
from sqlalchemy import select

from jobs.runtime import Runtime
from messaging import suppressions
from messaging.classes import MessageClass
from profiles import consent, organisations
from profiles.models import Farmer
from tests import builders
from tests.builders import Clock
from tests.web.visitor import Visitor, account, staff


@pytest.fixture
def people(runtime: Runtime) -> None:
    """Two women in Mubende, of whom one is Kasolo's; a man in Gulu; a cooperative account of Kasolo."""
    now = runtime.now()
    with runtime.transaction() as session:
        gulu = builders.district(session, "Gulu", 2, 2.77, 32.3)
        builders.farmer(session, now, 1, name="Sarah", sex="f")
        mine = builders.farmer(session, now, 2, name="Ann", sex="f", language="lg")
        builders.farmer(session, now, 3, name="John", sex="m", district_id=gulu.id)
        group = organisations.add(session, "cooperative", "Kasolo", "KASOLO", now, 1)
        organisations.add(session, "cooperative", "Gulu growers", "GULU", now, gulu.id)
        organisations.join(session, mine.id, group.id, now.date())
        account(session, "cooperative", now, organisation_id=group.id)
        for farmer in session.scalars(select(Farmer).order_by(Farmer.number)):
            builders.text(session, runtime, farmer, f"To {farmer.name}", MessageClass.NOTICE)
    builders.settle(runtime)


def rows(page: Visitor) -> dict[str, dict[str, str]]:
    return {row["district"]: row for row in csv.DictReader(io.StringIO(page.at.get_data(as_text=True)))}


@pytest.mark.usefixtures("people")
def test_an_administrator_sees_everybody_beside_farmis(visitor: Visitor, runtime: Runtime) -> None:
    staff(runtime, "admin")
    page = visitor.signs_in("admin@example.org").get("/figures")
    assert page.status == 200
    for word in ("Mubende", "Gulu", "Cooperatives", "FARMIS 15,360", "FARMIS 101,300 a month", "Luganda", "67%"):
        assert word in page.text, word


@pytest.mark.usefixtures("people")
def test_the_file_the_data_and_the_page_say_the_same(visitor: Visitor, runtime: Runtime) -> None:
    staff(runtime, "operator")
    visitor.signs_in("operator@example.org")
    found = rows(visitor.get("/figures.csv"))
    assert visitor.at.headers["Content-Disposition"] == "attachment; filename=ensigo-figures.csv"
    told = visitor.get("/figures.json").at.get_json()
    assert set(found) == {"Mubende", "Gulu", "All"}
    for district in told["districts"]:
        for measure in told["measures"]:
            for sex, number in district[measure].items():
                assert int(found[district["name"]][f"{measure}_{sex}"]) == number
    assert (found["All"]["registered_women"], found["All"]["registered_men"], found["All"]["messages_women"]) == ("2", "1", "2")
    assert sum(day["women"] + day["men"] + day["unsaid"] for day in told["days"]) == 3
    for name in list(found["All"])[1:-1]:
        assert int(found["All"][name]) == int(found["Mubende"][name]) + int(found["Gulu"][name]), name


@pytest.mark.usefixtures("people")
def test_a_cooperative_sees_its_own_members_and_nobody_elses(app: Flask, runtime: Runtime) -> None:
    staff(runtime, "admin")
    Visitor(app).signs_in("admin@example.org").get("/figures")  # counted for everybody a moment ago
    coop = Visitor(app).signs_in("cooperative@example.org")
    page = coop.get("/figures")
    assert "Your members" in page.text
    for word in ("Gulu", "FARMIS", "English"):
        assert word not in page.text.split("<main")[1].split("<footer")[0], word
    found = rows(coop.get("/figures.csv"))
    assert set(found) == {"Mubende", "All"}
    assert (found["All"]["registered_women"], found["All"]["registered_men"], found["All"]["messages_women"]) == ("1", "0", "1")
    told = coop.get("/figures.json").at.get_json()
    assert [one["name"] for one in told["districts"]] == ["Mubende"]
    assert sum(day["women"] + day["men"] for day in told["days"]) == 1


@pytest.mark.usefixtures("people")
def test_a_cooperatives_account_without_its_group_counts_nobody(app: Flask, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        account(session, "cooperative", runtime.now(), email="lost@example.org")
    page = Visitor(app).signs_in("lost@example.org").get("/figures")
    assert "Nobody is on the roll yet" in page.text
    assert set(rows(page.get("/figures.csv"))) == {"All"}


def test_an_empty_service_has_a_page_a_file_and_data(visitor: Visitor, runtime: Runtime) -> None:
    staff(runtime, "admin")
    visitor.signs_in("admin@example.org")
    assert "The figures begin with the first farmer" in visitor.get("/figures").text
    assert rows(visitor.get("/figures.csv"))["All"]["registered_women"] == "0"
    assert visitor.get("/figures.json").at.get_json()["districts"] == []


def test_a_reload_within_a_minute_is_not_counted_again_and_a_later_one_is(visitor: Visitor, runtime: Runtime, clock: Clock) -> None:
    staff(runtime, "admin")
    visitor.signs_in("admin@example.org")
    assert rows(visitor.get("/figures.csv"))["All"]["registered_women"] == "0"
    with runtime.transaction() as session:
        builders.farmer(session, runtime.now(), 1, sex="f")
    assert rows(visitor.get("/figures.csv"))["All"]["registered_women"] == "0"
    clock.forward(seconds=61)
    assert rows(visitor.get("/figures.csv"))["All"]["registered_women"] == "1"


def test_a_districts_name_is_never_a_formula(visitor: Visitor, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        odd = builders.district(session, "=cmd()", 3)
        builders.farmer(session, runtime.now(), 1, district_id=odd.id)
    staff(runtime, "admin")
    assert set(rows(visitor.signs_in("admin@example.org").get("/figures.csv"))) == {"'=cmd()", "All"}


@pytest.mark.usefixtures("people")
def test_the_overview_and_the_figures_mean_the_same_by_reached(visitor: Visitor, runtime: Runtime) -> None:
    """Six have a phone: one has not agreed, one took it back, one said STOP; three are reached."""
    now = runtime.now()
    with runtime.transaction() as session:
        builders.farmer(session, now, 4, agreed=False)
        gone, stopped = builders.farmer(session, now, 5), builders.farmer(session, now, 6)
        consent.withdraw(session, gone.id, consent.SERVICE, now)
        suppressions.stop(session, stopped.phone or "", "sms", now)
        builders.farmer(session, now, 7, phone=None)
    staff(runtime, "admin")
    overview = visitor.signs_in("admin@example.org").get("/").text
    assert "<strong>3</strong><span>reached by phone, 43%: they have one, agreed to be texted, and did not say STOP" in overview
    assert "3 of 7, a phone, agreed to be texted, no STOP" in visitor.get("/figures").text
