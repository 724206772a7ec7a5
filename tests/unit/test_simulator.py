"""The simulator: takes everything, costs nothing, and hands each delivery report out once."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from messaging.gateway import Fate, State
from messaging.gateways import simulator
from messaging.gateways.simulator import Simulator

PHONES = [f"+25677{number:07d}" for number in range(200)]


def test_every_phone_is_taken_with_an_id_of_its_own_and_free_of_charge() -> None:
    handed = Simulator().send("Hello", PHONES, reference="r")
    assert [each.phone for each in handed] == PHONES
    assert {each.fate for each in handed} == {Fate.SENT}
    assert {(each.cost, each.currency) for each in handed} == {(Decimal(0), "UGX")}
    assert len({each.gateway_id for each in handed}) == len(PHONES)
    assert all(str(each.gateway_id).startswith("sim-") for each in handed)


def test_a_phone_named_twice_is_one_text() -> None:
    assert len(Simulator().send("Hello", [PHONES[0], PHONES[0]], reference="r")) == 1


def test_every_text_is_reported_delivered_once() -> None:
    gateway = Simulator()
    handed = gateway.send("Hello", PHONES, reference="r")
    told = gateway.collect()
    assert [(each.gateway_id, each.phone) for each in told] == [(each.gateway_id, each.phone) for each in handed]
    assert {each.state for each in told} == {State.DELIVERED}
    assert gateway.collect() == []


def test_reports_are_handed_out_once_however_many_ask() -> None:
    gateway = Simulator()
    gateway.send("Hello", PHONES, reference="r")
    with ThreadPoolExecutor(8) as pool:
        told = [each.gateway_id for reports in pool.map(lambda _: gateway.collect(), range(8)) for each in reports]
    assert len(told) == len(set(told)) == len(PHONES)


def test_reports_that_nobody_collects_do_not_fill_the_memory() -> None:
    gateway = Simulator()
    for _ in range(simulator.REPORTS_KEPT // len(PHONES) + 1):
        gateway.send("Hello", PHONES, reference="r")
    assert len(gateway.collect()) == simulator.REPORTS_KEPT


def test_it_speaks_the_same_callbacks_as_africas_talking() -> None:
    form = {"sessionId": "s", "phoneNumber": " 256772111222", "networkCode": "99999", "serviceCode": "*284*55#", "text": ""}
    assert Simulator().parse_dialled(form).phone == "+256772111222"
    assert Simulator().render("Bye", ends=True) == "END Bye"


def test_it_never_runs_out_of_money() -> None:
    assert Simulator().balance()[0] > 0
