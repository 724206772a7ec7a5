"""Operators are told of incidents once when they open and once when they are over, by e-mail and by text, with no phone in them."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from core import incidents
from core.errors import Misconfigured
from core.incidents import Incident
from jobs.hearers import MailFailed
from jobs.runtime import Runtime
from jobs.tell import tell
from messaging import gsm
from messaging.models import Batch
from service.accounts.models import Account
from service.mail import Smtp
from tests import builders
from tests.builders import phone
from tests.letterbox import Letterbox, certificate
from tests.web.visitor import account

PAGES, WAITS = "gateway.refuses", "prices.stale"


@pytest.fixture
def box():
    with Letterbox() as box:
        yield box


@pytest.fixture
def house(url: str, now: datetime, box: Letterbox) -> Runtime:
    """An operator on duty with a phone, an administrator without one, an editor and an operator who do not hear."""
    house = builders.runtime(url, now, smtp_url=box.url(), public_url="https://ensigo.example.org")
    with house.transaction() as session:
        on_duty(account(session, "operator", now), phone(1))
        on_duty(account(session, "admin", now))
        on_duty(account(session, "editor", now), phone(2))
        account(session, "operator", now, email="off@example.org").phone = phone(3)
    return house


def on_duty(one: Account, number: str | None = None) -> None:
    one.hears, one.phone = True, number


def opened(house: Runtime, kind: str, subject: str = "x", says: str = "It is broken. Mend it.") -> None:
    with house.transaction() as session:
        incidents.open_(session, kind, subject, says, house.now())


def closed(house: Runtime, kind: str, subject: str = "x") -> None:
    with house.transaction() as session:
        incidents.close(session, kind, subject, house.now())


def minute(house: Runtime) -> None:
    house.now.forward(seconds=60)
    tell(house)


def texts(house: Runtime) -> list[Batch]:
    with house.reading() as session:
        return list(session.scalars(select(Batch).where(Batch.sender.startswith("incident:")).order_by(Batch.id)))


def test_those_on_duty_are_told_once_when_it_opens_and_once_when_it_is_over(house: Runtime, box: Letterbox) -> None:
    opened(house, PAGES)
    tell(house)
    minute(house)
    assert sorted(letter["To"] for letter in box.letters) == ["admin@example.org", "operator@example.org"]
    assert [one.phones for one in texts(house)] == [[phone(1)]]
    assert texts(house)[0].body == "Ensigo: It is broken. Mend it."
    closed(house, PAGES)
    minute(house)
    minute(house)
    assert [letter["Subject"] for letter in box.letters[2:]] == ["Ensigo: over: gateway.refuses"] * 2
    assert [one.body for one in texts(house)[1:]] == ["Ensigo: OVER: It is broken. Mend it."]


def test_what_passed_before_anybody_was_told_is_not_told(house: Runtime, box: Letterbox) -> None:
    opened(house, PAGES)
    closed(house, PAGES)
    tell(house)
    assert (box.letters, texts(house)) == ([], [])


def test_what_opens_together_is_one_message_and_what_follows_waits_a_minute(house: Runtime, box: Letterbox) -> None:
    opened(house, WAITS, says="Old prices. Load new ones.")
    opened(house, PAGES)
    for number in range(10):
        opened(house, "campaign.late", f"campaign:{number}")
    tell(house)
    opened(house, "mail.other")
    tell(house)
    assert len(box.letters) == 2
    assert texts(house)[0].body == "Ensigo, 12 new incidents: It is broken. Mend it."
    assert box.letters[0].get_content().count("OPEN since") == 12
    assert "https://ensigo.example.org/incidents" in box.letters[0].get_content()
    minute(house)
    assert len(box.letters) == 4


@pytest.mark.parametrize(("kind", "klass"), [(PAGES, "reply"), (WAITS, "notice")])
def test_only_what_pages_is_texted_at_night(house: Runtime, kind: str, klass: str) -> None:
    house.now.forward(hours=14)  # two in the morning
    opened(house, kind)
    tell(house)
    builders.settle(house)
    (one,) = texts(house)
    assert (one.klass, one.payer) == (klass, "")
    assert bool(house.gateway.bodies) == (kind == PAGES)


def test_no_phone_stands_in_what_is_told(house: Runtime, box: Letterbox) -> None:
    opened(house, PAGES, says=f"A text to {phone(9)} failed. " + "Look at it. " * 60)
    tell(house)
    assert gsm.fits(texts(house)[0].body, 306)
    assert phone(9) not in texts(house)[0].body + box.letters[0].get_content()


def test_nobody_on_duty_leaves_it_for_whoever_comes_on_duty(url: str, now: datetime, box: Letterbox) -> None:
    house = builders.runtime(url, now, smtp_url=box.url())
    opened(house, PAGES)
    tell(house)
    with house.transaction() as session:
        on_duty(account(session, "operator", now))
    tell(house)
    assert len(box.letters) == 1


def test_a_mail_server_that_fails_is_an_incident_and_the_letter_is_tried_again(url: str, now: datetime, box: Letterbox) -> None:
    house = builders.runtime(url, now, smtp_url=box.url())
    with house.transaction() as session:
        on_duty(account(session, "operator", now))
    opened(house, PAGES)
    box.dead = True
    tell(house)
    with house.reading() as session:
        assert sorted(one.kind for one in incidents.standing(session)) == ["gateway.refuses", "mail.fails"]
        assert {one.told_at for one in session.scalars(select(Incident))} == {None}
    box.dead = False
    minute(house)
    assert [letter["Subject"] for letter in box.letters] == ["Ensigo: 2 new incidents"]
    with house.reading() as session:
        assert [one.kind for one in incidents.standing(session)] == [PAGES]


def test_with_a_real_gateway_nobody_of_the_sample_is_told(url: str, now: datetime, box: Letterbox) -> None:
    secrets = {"at_api_key": "k", "secret_key": "long and random", "callback_secret": "another"}
    house = builders.runtime(url, now, smtp_url=box.url(), **secrets)
    real = builders.build(builders.settings(url, gateway="africastalking", **secrets), queue=house.queue, now=house.now)
    with house.transaction() as session:
        on_duty(account(session, "operator", now, sample=True))
        assert len(house.hearers(session)) == 1
        assert real.hearers(session) == []


def test_one_address_that_is_refused_does_not_keep_the_others_from_hearing(box: Letterbox) -> None:
    box.refuses.add("gone@example.org")
    Smtp(box.url(), "ensigo.example.org").send(["gone@example.org", "grace@example.org"], "a\nsubject", "body")
    assert [(letter["To"], letter["Subject"]) for letter in box.letters] == [("grace@example.org", "a subject")]
    with pytest.raises(MailFailed):
        Smtp(box.url(), "").send(["gone@example.org"], "subject", "body")


@pytest.mark.parametrize("way", ["starttls", "smtps"])
def test_letters_are_encrypted_for_a_server_that_is_who_it_says(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Letterbox(**{way: certificate(tmp_path)}) as box:
        with pytest.raises(MailFailed, match="SSLCertVerificationError"):
            Smtp(box.url("grace%40example.org:secret@"), "").send(["a@example.org"], "s", "b")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        Smtp(box.url("grace%40example.org:secret@"), "").send(["a@example.org"], "s", "b")
        assert (box.encrypted, box.signed_in, box.letters[0]["From"]) == ([True], [True], "grace@example.org")


@pytest.mark.parametrize("url_", ["mail.example.org", "http://mail.example.org", "smtp://", "smtp://host:port"])
def test_an_address_that_is_none_is_refused_at_the_start(url_: str, now: datetime) -> None:
    with pytest.raises(Misconfigured, match="SMTP_URL"):
        builders.runtime("sqlite:///never.db", now, smtp_url=url_)
