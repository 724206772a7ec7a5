"""Wording: every key in every language that we offer, with the same placeholders, in letters that every phone shows."""

import re

import pytest

from content import languages, placeholders, texts
from messaging import gsm

OFFERED = [language.code for language in languages.offered()]
# The longest values that really occur; what else a placeholder may hold is short.
LONGEST = {"place": "Fort Portal City", "code": "999999-9", "ussd": "*284*55#", "last": "5", "name": "Nakabuubi Kyomugisha"}


# Where a language has no short names for days, a date says none.
MAY_GO_UNSAID = {"price.when.day": {"weekday"}}


def crop(language: str) -> str:
    return max((body for key, body in texts.wording(language).items() if key.startswith("crop.")), key=len)


def spoken(key: str, language: str) -> str:
    """A key with the longest values filled in."""
    said = texts.wording(language)
    values = {name: LONGEST.get(name, "") for name in placeholders.names(said[key])}
    longest = {
        "crop": crop(language),
        "crops": crop(language),
        "places": "Kaberamaido, Kapelebyong, Kapchorwa, Bukomansimbi",
        "languages": ", ".join(language.name for language in languages.offered()),
        "question": max((body for at, body in said.items() if at.startswith(("stopped.", "gap."))), key=len),
        "who": LONGEST["name"],
    }
    return texts.say(key, language, **{name: longest.get(name, value) for name, value in values.items()})


def test_english_luganda_and_runyankole_are_offered_in_this_order() -> None:
    assert OFFERED[:3] == ["en", "lg", "nyn"]


@pytest.mark.parametrize("language", OFFERED)
def test_every_key_is_there_with_the_same_placeholders(language: str) -> None:
    english, own = texts.wording("en"), texts.wording(language)
    assert set(own) == set(english)
    for key, body in own.items():
        missing = set(placeholders.names(english[key])) ^ set(placeholders.names(body))
        assert missing <= MAY_GO_UNSAID.get(key, set()), key


@pytest.mark.parametrize("language", OFFERED)
def test_no_body_has_a_letter_that_makes_it_dear_or_stray_brackets(language: str) -> None:
    for key, body in texts.wording(language).items():
        assert not gsm.culprits(body), key
        assert "ŋ" not in body
        assert not placeholders.stray(body), key


@pytest.mark.parametrize("language", OFFERED)
def test_every_text_for_a_phone_fits_one_part_with_the_longest_values(language: str) -> None:
    for key in texts.wording(language):
        if key.startswith("sms."):
            assert gsm.fits(spoken(key, language), 160), (key, gsm.septets(spoken(key, language)))


@pytest.mark.parametrize("language", OFFERED)
def test_what_is_said_where_nothing_can_be_answered_names_the_code_and_no_keyword(language: str) -> None:
    said = texts.wording(language)
    for key, body in said.items():
        if key.startswith("sms."):
            assert "((ussd))" in body, key
        if key.endswith("_dial"):
            assert not re.search(r"\b(STOP|START|JOIN|PRICE|WEATHER|HELP|LANG|[Rr]eply|[Tt]ext (JOIN|STOP|PRICE))\b", body), key
        if key.startswith("sms.") and f"{key}_dial" not in said and not key.endswith("_dial"):
            assert not re.search(r"\b(STOP|START|JOIN|PRICE|HELP|LANG)\b", body), key


@pytest.mark.parametrize("language", OFFERED)
def test_no_text_says_reply(language: str) -> None:
    for key, body in texts.wording(language).items():
        assert "reply" not in body.lower(), key


def test_the_wordings_that_no_native_reader_has_seen_are_counted() -> None:
    marked = texts.unreviewed()
    assert {language for language, _ in marked} == {"lg", "nyn"}
    assert ("lg", "registration.notice") in marked


def test_a_gap_falls_back_along_the_chain() -> None:
    assert languages.chain("xog") == ("lg", "en")
    assert languages.chain("cgg") == ("nyn", "en")
    assert languages.chain("laj") == ("en",)
    assert languages.chain("nobody's") == ("en",)
    assert texts.say("crop.maize", "xog") == texts.say("crop.maize", "lg")
    with pytest.raises(KeyError):
        texts.say("no.such.key", "lg")


def test_a_fingerprint_names_the_key_the_language_and_the_very_words() -> None:
    key, language, digest = texts.fingerprint("registration.notice", "xog").split(":")
    assert (key, language, len(digest)) == ("registration.notice", "lg", 64)
    assert texts.fingerprint("registration.notice", "en") != texts.fingerprint("registration.notice", "lg")


@pytest.mark.parametrize(
    ("typed", "code"), [("luganda", "lg"), ("2", "lg"), ("ENG", "en"), ("Runyankole", "nyn"), ("runyankole-rukiga", "nyn"), ("lg", "lg")]
)
def test_a_language_is_found_as_people_type_it(typed: str, code: str) -> None:
    found = languages.find(typed)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize("typed", ["", "0", "9", "klingon", "-1", "½", "ach"])
def test_a_language_that_we_do_not_speak_is_not_found(typed: str) -> None:
    assert languages.find(typed) is None


def test_placeholders_are_filled_once_and_never_scanned_again() -> None:
    assert placeholders.names("((a)) ((b c)) ((a))") == ["a", "b c"]
    assert placeholders.fill("((a)) and ((b))", {"a": "((b))", "b": "{b}"}) == "((b)) and {b}"


@pytest.mark.parametrize("body", ["((missing))", "((A))", "((a) ((a))", "((a)) b))", "((a.b))", "((" + "a" * 50_000])
def test_a_placeholder_without_value_or_badly_written_is_an_error(body: str) -> None:
    with pytest.raises(ValueError):
        placeholders.fill(body, {"a": "1"})
