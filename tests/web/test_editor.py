"""The editor's desk at a screen: written, checked, tried, published; refused with what is wrong beside it."""

from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from content import campaigns, templates
from content.campaigns import Step
from content.models import Template
from content.schedules import Schedule
from core import codes
from core.audit import AuditEntry
from jobs.runtime import Runtime
from messaging.classes import MessageClass
from messaging.models import Batch
from profiles import organisations
from profiles.audiences import Audience
from profiles.models import Farmer
from tests import builders
from tests.builders import Clock
from tests.web.visitor import Visitor, staff


@pytest.fixture
def editor(runtime: Runtime, visitor: Visitor) -> Visitor:
    staff(runtime, "editor")
    return visitor.signs_in("editor@example.org")


@pytest.fixture
def weeding(runtime: Runtime) -> UUID:
    with runtime.transaction() as session:
        template = templates.add(session, "weed", "Weed now", MessageClass.ADVICE, runtime.now())
        templates.publish(
            session, template, {"en": "Weed your ((crop)) now.", "lg": "Koola ((crop)) kati."}, ["lg"], "account:1", runtime.now()
        )
        builders.farmer(session, runtime.now(), 1, name="Sarah Nakato")
        builders.farmer(session, runtime.now(), 2, name="Sarah Atim", language="lg")
        return template.id


def seen(page: Visitor) -> dict[str, str]:
    """The hidden fields of the form, as a browser sends them back."""
    return {name: page.text.split(f'name="{name}" value="')[1].split('"')[0] for name in ("seen", "nonce")}


def press(page: Visitor, template_id: UUID, do: str, **form: str) -> Visitor:
    address = f"/templates/{template_id}"
    sent = {"body-en": "Weed your ((crop)) now.", "body-lg": "Koola ((crop)) kati.", **seen(page.get(address)), **form}
    return page.post(address, do=do, **sent)


def texts(runtime: Runtime) -> list[Batch]:
    with runtime.reading() as session:
        return list(session.scalars(select(Batch).order_by(Batch.id)))


def test_a_template_is_begun_written_and_published(editor: Visitor, runtime: Runtime) -> None:
    assert editor.post("/templates/new", title="Beans, week 2", kind="advice").status == 302
    page = editor.follow()
    assert "Nothing is published yet" in page.text
    address = page.visited[-1]
    editor.post(address, do="publish", **{"body-en": "Thin your beans out.", **seen(editor)}).follow()
    assert "Version 1" in editor.text
    assert "Version 1 of “Beans, week 2” is published" in editor.text
    with runtime.reading() as session:
        template = templates.by_code(session, "beans-week-2")
        version = templates.published(session, template.id)
        assert version is not None
        assert (version.bodies, version.unreviewed, version.by[:8]) == ({"en": "Thin your beans out."}, [], "account:")
        assert [one.verb for one in session.scalars(select(AuditEntry).where(AuditEntry.subject == f"template:{template.id}"))]


def test_a_title_that_is_taken_or_empty_is_said_beside_its_box(editor: Visitor, weeding: UUID) -> None:
    editor.post("/templates/new", title="Weed!", kind="advice")
    assert "Choose what kind" in editor.post("/templates/new", title="Rain", kind="reply").text
    assert editor.status == 400
    assert "already" in editor.post("/templates/new", title="weed", kind="advice").text
    assert "Write a title" in editor.post("/templates/new", title=" ", kind="advice").text


def test_check_measures_what_was_typed_and_keeps_nothing(editor: Visitor, runtime: Runtime, weeding: UUID) -> None:
    page = press(editor, weeding, "check", **{"body-en": "Weed.", "body-lg": "Koola ŋŋa"})
    assert page.status == 200
    assert "becomes <b>ng'</b>" in page.text
    assert "5 of 160" in page.text
    with runtime.reading() as session:
        assert session.get_one(Template, weeding).draft is None


def test_the_rewrite_puts_plain_letters_into_the_box(editor: Visitor, weeding: UUID) -> None:
    page = press(editor, weeding, "check", **{"body-lg": "Koola ŋŋa", "rewrite": "lg"})
    assert "\nKoola ng'ng'a</textarea>" in page.text


def test_a_body_with_faults_is_not_published_and_they_stand_beside_their_box(editor: Visitor, runtime: Runtime, weeding: UUID) -> None:
    page = press(editor, weeding, "publish", **{"body-en": "((crop)) " + "x" * 160, "body-lg": "((nobody))"})
    assert page.status == 400
    assert "Put right what is marked" in page.text
    english, luganda = page.text.split('id="look-en"')[1].split('id="look-lg"')
    assert "With the longest values it takes" in english
    assert "((nobody)) is not a value we know" in luganda
    with runtime.reading() as session:
        version = templates.published(session, weeding)
        assert version is not None
        assert version.number == 1


def test_a_draft_is_kept_and_an_older_page_may_not_write_over_it(editor: Visitor, weeding: UUID) -> None:
    old = seen(editor.get(f"/templates/{weeding}"))
    press(editor, weeding, "keep", **{"body-en": "My ((crop)) draft."}).follow()
    assert "My ((crop)) draft.</textarea>" in editor.text
    assert "draft</span>" in editor.get("/templates").text
    page = press(editor, weeding, "keep", **{"body-en": "Somebody else's.", **old})
    assert page.status == 400
    assert "Somebody else has kept" in page.text
    assert "Somebody else's.</textarea>" in page.text  # what was typed is not lost


def test_a_preview_shows_what_this_farmer_would_get_today(editor: Visitor, runtime: Runtime, weeding: UUID) -> None:
    page = press(editor, weeding, "preview", whom="nakato")
    assert "Weed your maize now.</p>" in page.text
    assert builders.phone(1) not in page.text
    assert "Koola kasooli kati.</p>" in press(editor, weeding, "preview", whom="nakato", spoken="lg").text
    several = press(editor, weeding, "preview", whom="Sarah")
    assert "Which one?" in several.text
    with runtime.reading() as session:
        code = codes.written(next(one.number for one in session.scalars(select(Farmer)) if one.name == "Sarah Atim"))
    assert "Koola kasooli kati.</p>" in press(editor, weeding, "check", choose=code).text
    assert "No farmer fits this" in press(editor, weeding, "preview", whom="Nobody Such").text


def test_a_preview_says_why_nothing_would_be_sent(editor: Visitor, weeding: UUID) -> None:
    page = press(editor, weeding, "preview", whom="nakato", **{"body-en": "((price sentence))", "body-lg": ""})
    assert "nothing true to say for ((price sentence))" in page.text


def test_a_test_goes_to_ones_own_phone_once_and_is_noted(editor: Visitor, runtime: Runtime, weeding: UUID) -> None:
    form = seen(editor.get(f"/templates/{weeding}"))
    for _ in range(2):
        page = press(editor, weeding, "send", number="0772 000 999", whom="nakato", **form)
        assert page.status == 200
    (text,) = texts(runtime)
    assert (text.phones, text.body, text.klass, text.sender) == (["+256772000999"], "Weed your maize now.", "reply", f"test:{weeding}")
    assert "+256772000999" not in page.text.split("<main")[1].split("number-hint")[0]
    with runtime.reading() as session:
        noted = session.scalars(select(AuditEntry).where(AuditEntry.verb == "template.tested")).all()
    assert [(one.actor[:8], one.subject, one.detail) for one in noted] == [("account:", f"template:{weeding}", {"batch": str(text.id)})]


def test_a_test_that_cannot_be_is_said_beside_the_number(editor: Visitor, runtime: Runtime, weeding: UUID) -> None:
    assert "mobile number" in press(editor, weeding, "send", number="12", whom="nakato").text
    assert "Choose a farmer" in press(editor, weeding, "send", number="0772 000 999").text
    unsaid = press(editor, weeding, "send", number="0772 000 999", whom="nakato", **{"body-en": "((price sentence))"})
    assert "There is nothing to send" in unsaid.text
    assert unsaid.status == 400
    assert texts(runtime) == []


def test_where_texts_are_real_a_test_goes_to_the_guest_list_alone(real_app: Flask, runtime: Runtime, weeding: UUID) -> None:
    staff(runtime, "editor")
    page = Visitor(real_app).signs_in("editor@example.org")
    assert "It must be on the guest list" in page.get(f"/templates/{weeding}").text
    refused = press(page, weeding, "send", number="0772 000 999", whom="nakato")
    assert refused.status == 400
    assert "guest list" in refused.text.split('id="number-error"')[1]
    assert texts(runtime) == []


def test_history_shows_what_changed_and_a_message_names_its_version(editor: Visitor, runtime: Runtime, clock: Clock, weeding: UUID) -> None:
    with runtime.transaction() as session:
        rule, zone = Schedule("day", "18:00"), runtime.settings.zone
        campaign = campaigns.add(session, "w", "Weeding", [Step("weed")], Audience(), rule, runtime.now(), zone)
        campaigns.fire(session, campaign, runtime.now(), runtime.now(), zone, "test")
    builders.settle(runtime)
    clock.forward(minutes=1)
    press(editor, weeding, "publish", **{"body-en": "Weed your ((crop)) today.", "read-lg": "yes"}).follow()
    assert ">now.<" in editor.text.split("<del>")[1]
    assert ">today.<" in editor.text.split("<ins>")[1]
    text = texts(runtime)[0]
    assert f"/templates/{weeding}/history?to=1" in editor.get(f"/messages/{text.id}/0").text
    first = editor.get(f"/templates/{weeding}/history?to=1")
    assert "Weed your ((crop)) now." in first.text
    assert "<del>" not in first.text
    assert editor.get(f"/templates/{weeding}/history?from=99&to=99").status == 200


def test_an_organisations_wording_is_not_at_this_desk(editor: Visitor, runtime: Runtime, weeding: UUID) -> None:
    with runtime.transaction() as session:
        group = organisations.add(session, "cooperative", "Kasolo", "KASOLO", runtime.now())
        session.get_one(Template, weeding).organisation_id = group.id
    assert "Weed now" not in editor.get("/templates").text
    assert editor.get(f"/templates/{weeding}").status == 404
    assert editor.post(f"/templates/{weeding}", do="publish", **{"body-en": "Mine now."}).status == 404


def test_who_only_reads_sees_the_list_and_cannot_write(app: Flask, runtime: Runtime, weeding: UUID) -> None:
    staff(runtime, "reviewer")
    reader = Visitor(app).signs_in("reviewer@example.org")
    assert "Weed now" in reader.get("/templates").text
    assert "New template" not in reader.text
    assert reader.get(f"/templates/{weeding}/history").status == 200
    assert reader.get(f"/templates/{weeding}").status == 403
    assert reader.post(f"/templates/{weeding}", do="publish", **{"body-en": "Mine."}).status == 403


def test_a_body_beyond_all_measure_is_answered(editor: Visitor, weeding: UUID) -> None:
    page = press(editor, weeding, "check", **{"body-en": "a" * 9000, "body-zz": "nobody's language"})
    assert page.status == 200
    assert "2000 of 160" in page.text
