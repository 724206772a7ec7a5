"""Drafts and versions: measured as typed, kept apart from what farmers get, published once, their past told word by word."""

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from content import drafts, fields, templates, texts, versions
from content.fields import Cell, Context
from content.models import Broadcast, Template
from content.versions import Change
from core.db import new_id
from core.errors import Conflict, NotFound, Unusable
from messaging.classes import MessageClass
from profiles import organisations
from tests import builders
from tests.builders import district

ENGLISH = "Hello ((name)), your ((crop)) needs you in ((district))."
NOBODY = frozenset[str]()


def made(session: Session, now: datetime, **bodies: str) -> Template:
    template = drafts.begin(session, "Weed the maize!", "advice", now)
    if bodies:
        templates.publish(session, template, bodies, [one for one in bodies if one != "en"], "account:1", now)
    return template


def context(session: Session, now: datetime) -> Context:
    return Context(session, builders.settings("sqlite://"), now.date(), now=now)


def test_a_body_is_measured_as_typed_and_with_its_longest_real_values() -> None:
    look = drafts.look("en", ENGLISH)
    filled = ENGLISH
    for name in ("name", "crop", "district"):
        filled = filled.replace(f"(({name}))", fields.FIELDS[name].longest("en"))
    assert (look.characters, look.parts, look.longest, look.longest_parts) == (len(ENGLISH), 1, len(filled), 1)
    assert "".join(piece for piece, _ in look.worst) == filled
    assert [piece for piece, value in look.worst if value] == [fields.FIELDS[name].longest("en") for name in ("name", "crop", "district")]


def test_one_dear_letter_is_named_with_what_it_costs_and_a_rewrite_is_offered() -> None:
    body = "Ŋŋenda okukoola kasooli wange. " * 3
    look = drafts.look("lg", body)
    assert (look.parts, look.longest_parts) == (2, 1)  # 70 letters to a part and not 160
    assert [(one.letter, one.plain) for one in look.costly] == [("Ŋ", "Ng'"), ("ŋ", "ng'")]
    assert look.rewrite is not None
    assert look.rewrite.startswith("Ng'ng'enda")
    assert drafts.look("lg", look.rewrite).costly == []


def test_a_letter_without_a_plain_spelling_is_named_and_no_rewrite_is_offered() -> None:
    look = drafts.look("en", "Rain today ☔ bring a coat")
    assert [(one.letter, one.plain) for one in look.costly] == [("☔", None)]
    assert (look.rewrite, look.longest, look.over) == (None, None, True)


def test_a_value_known_only_by_its_length_is_named_in_the_worst_case() -> None:
    look = drafts.look("en", "((price sentence))")
    assert (look.longest, look.over) == (160, False)
    assert look.worst == [("price sentence, up to 160 characters", True)]
    assert drafts.look("en", "((price sentence)).").over


def test_brackets_that_are_no_value_are_a_fault_and_not_a_crash(session: Session, now: datetime) -> None:
    for body in ("Hello ((nobody))", "Hello ((Name))", "((a))b))"):
        look = drafts.looks({"en": body})["en"]
        assert look.faults
        assert look.longest is None
        assert drafts.preview({"en": body}, Cell("en"), context(session, now)).body is None


def test_a_body_that_would_not_fit_a_part_is_refused_with_its_worst_case(session: Session, now: datetime) -> None:
    template = made(session, now)
    with pytest.raises(Unusable, match=r"template\.unusable"):
        drafts.publish(session, template, {"en": "a" * 150 + " ((district))"}, NOBODY, drafts.stamp(session, template), "account:1", now)
    assert templates.published(session, template.id) is None


def test_languages_without_a_body_are_named_against_the_english() -> None:
    assert drafts.missing({"en": "Weed now.", "lg": "Koola kati.", "nyn": "  "}) == ["nyn"]
    assert drafts.missing({}) == []
    assert [fault for fault in drafts.looks({"lg": "Koola kati."})["en"].faults if "no English" in fault]


def test_a_draft_is_kept_beside_what_farmers_get(session: Session, now: datetime) -> None:
    template = made(session, now, en="Weed now.")
    drafts.keep(session, template, {"en": " Weed today. \r\nSoon.", "lg": ""}, drafts.stamp(session, template))
    assert drafts.bodies(session, template) == {"en": "Weed today. \nSoon."}
    version = templates.published(session, template.id)
    assert version is not None
    assert version.bodies == {"en": "Weed now."}


def test_what_says_the_same_as_the_published_version_is_no_draft(session: Session, now: datetime) -> None:
    template = made(session, now, en="Weed now.")
    drafts.keep(session, template, {"en": "Weed today."}, drafts.stamp(session, template))
    drafts.keep(session, template, {"en": "Weed now."}, drafts.stamp(session, template))
    assert template.draft is None


def test_two_editors_do_not_write_over_each_other(session: Session, now: datetime) -> None:
    template = made(session, now, en="Weed now.")
    seen = drafts.stamp(session, template)
    drafts.keep(session, template, {"en": "The first."}, seen)
    with pytest.raises(Conflict, match="moved"):
        drafts.keep(session, template, {"en": "The second."}, seen)
    drafts.keep(session, template, {"en": "The first."}, seen)  # the same words: pressed twice
    drafts.publish(session, template, {"en": "The first."}, NOBODY, drafts.stamp(session, template), "account:1", now)
    with pytest.raises(Conflict, match="moved"):
        drafts.publish(session, template, {"en": "The second."}, NOBODY, seen, "account:2", now)


def test_publishing_ends_the_draft_and_pressed_twice_makes_one_version(session: Session, now: datetime) -> None:
    template = made(session, now)
    seen = drafts.stamp(session, template)
    assert drafts.publish(session, template, {"en": "Weed now."}, NOBODY, seen, "account:1", now).number == 1
    session.refresh(template)
    assert template.draft is None
    with pytest.raises(Unusable, match=r"template\.same"):
        drafts.publish(session, template, {"en": "Weed now."}, NOBODY, drafts.stamp(session, template), "account:1", now)
    assert len(versions.history(session, template.id)) == 1


def test_only_words_that_changed_lose_the_mark_of_a_native_reader(session: Session, now: datetime) -> None:
    template = made(session, now, en="Weed now.", lg="Koola kati.", nyn="Bagara hati.")
    before = templates.published(session, template.id)
    assert before is not None
    same = dict(before.bodies)
    assert drafts.unread(before, same, frozenset({"lg"})) == ["nyn"]
    version = drafts.publish(session, template, same, frozenset({"lg"}), drafts.stamp(session, template), "account:1", now)
    assert version.unreviewed == ["nyn"]
    assert drafts.unread(version, same, NOBODY) == ["nyn"]
    assert drafts.unread(version, same | {"lg": "Koola leero."}, NOBODY) == ["lg", "nyn"]
    assert drafts.stale(version, same | {"en": "Weed today.", "nyn": "Bagara eriizooba."}) == ["lg"]


def test_a_farmer_previews_what_a_broadcast_would_render(session: Session, now: datetime) -> None:
    mubende = district(session)
    cell = Cell("lg", mubende.id, "maize", "Sarah")
    shown = drafts.preview({"en": ENGLISH}, cell, context(session, now))
    assert (shown.language, shown.body) == ("en", "Hello Sarah, your maize needs you in Mubende.")
    spoken = drafts.preview({"en": ENGLISH, "lg": "((crop)) e ((district))"}, cell, context(session, now))
    assert (spoken.language, spoken.body) == ("lg", f"{texts.say('crop.maize', 'lg')} e Mubende")
    told = drafts.preview({"en": "((price sentence))"}, cell, context(session, now))
    assert told.body is None
    assert "((price sentence))" in told.why
    assert "no English" in drafts.preview({"lg": "Koola"}, replace(cell, language="nyn"), context(session, now)).why


@pytest.mark.parametrize(("title", "kind", "key"), [("!!", "advice", "title"), ("Rain", "reply", "kind"), ("Rain", "", "kind")])
def test_a_new_template_needs_a_title_and_a_kind(session: Session, now: datetime, title: str, kind: str, key: str) -> None:
    with pytest.raises(Unusable, match=rf"template\.{key}"):
        drafts.begin(session, title, kind, now)


def test_a_title_is_taken_once(session: Session, now: datetime) -> None:
    assert made(session, now).code == "weed-the-maize"
    with pytest.raises(Unusable, match=r"template\.exists"):
        drafts.begin(session, "Weed, the maize", "advice", now)


def test_a_difference_is_told_by_words_with_a_placeholder_as_one() -> None:
    pieces = versions.changes("Weed your ((crop)) now.", "Weed your ((main crop)) today, please.")
    assert [(piece.change, piece.text) for piece in pieces] == [
        (Change.SAME, "Weed your "),
        (Change.GONE, "((crop))"),
        (Change.NEW, "((main crop))"),
        (Change.SAME, " "),
        (Change.GONE, "now."),
        (Change.NEW, "today, please."),
    ]


@pytest.mark.parametrize(("before", "after"), [("", ""), ("", "a (b) c"), ("((x", "x))  y"), ("a\nb", "a b"), ("Ŋŋ (((a)))", "((a))")])
def test_both_sides_can_be_read_back_from_a_difference(before: str, after: str) -> None:
    pieces = versions.changes(before, after)
    assert "".join(piece.text for piece in pieces if piece.change is not Change.NEW) == before
    assert "".join(piece.text for piece in pieces if piece.change is not Change.GONE) == after


def test_a_text_knows_the_version_it_was_made_from(session: Session, now: datetime) -> None:
    template = made(session, now, en="Weed now.")
    first = templates.published(session, template.id)
    assert first is not None
    frozen = {"audience": {}, "as_of": now, "valid_until": now, "state": "planned", "cursor": "", "phones": 0, "unsaid": 0, "by": "test"}
    broadcast = Broadcast(id=new_id(now), step=0, due_at=now, template_version_id=first.id, klass=MessageClass.ADVICE.value, **frozen)
    session.add(broadcast)
    session.flush()
    templates.publish(session, template, {"en": "Weed today."}, [], "account:1", now)
    found = versions.made_from(session, f"broadcast:{broadcast.id}")
    assert found is not None
    assert (found.template.id, found.version.number) == (template.id, 1)
    for sender in ("test", "broadcast:none", f"broadcast:{new_id(now)}", f"test:{template.id}"):
        assert versions.made_from(session, sender) is None


def test_the_list_shows_our_own_templates_and_not_an_organisations(session: Session, now: datetime) -> None:
    template = made(session, now, en="Weed now.")
    templates.publish(session, template, {"en": "Weed today."}, [], "account:1", now)
    (line,) = versions.standing(session)
    assert (line.template.id, line.newest.number if line.newest else 0, line.campaigns) == (template.id, 2, 0)
    template.organisation_id = organisations.add(session, "cooperative", "Kasolo", "KASOLO", now).id
    session.flush()
    assert versions.standing(session) == []
    with pytest.raises(NotFound):
        versions.ours(session, template.id)
    assert session.scalars(select(Template)).one() is template
