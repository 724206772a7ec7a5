"""Words for crops: every language, the misspellings that we meet, and words that are no crop."""

import pytest

from profiles import crops, sample_facts
from profiles.spelling import fold

CODES = (
    "maize beans coffee matooke cassava sweet_potato groundnut rice sorghum millet greengram soya sesame sunflower cotton potato "
    "tomato cabbage vegetables milk goats"
)


def test_the_codes_are_the_agreed_ones() -> None:
    assert [crop.code for crop in crops.CROPS] == CODES.split()


def test_no_word_means_two_crops() -> None:
    meant: dict[str, str] = {}
    for crop in crops.CROPS:
        for word in crop.aliases:
            assert meant.setdefault(fold(word), crop.code) == crop.code, word


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Maize", "maize"),
        ("MAZE", "maize"),
        ("mais", "maize"),
        ("kasooli", "maize"),
        ("mahindi", "maize"),
        ("ebicoli", "maize"),
        ("maizze", "maize"),
        ("bins", "beans"),
        ("ebijanjaalo", "beans"),
        ("ebihimba", "beans"),
        ("maharagwe", "beans"),
        ("emmwanyi", "coffee"),
        ("omwani", "coffee"),
        ("Ebitooke", "matooke"),
        ("ebitooke ", "matooke"),
        ("muwogo", "cassava"),
        ("gwana", "cassava"),
        ("G-nuts", "groundnut"),
        ("binyebwa", "groundnut"),
        ("sim sim", "sesame"),
        ("sweet potatoes", "sweet_potato"),
        ("Irish", "potato"),
        ("amata", "milk"),
        ("embuzi", "goats"),
        ("soya beans", "soya"),
        ("casavva", "cassava"),
        ("cofeee", "coffee"),
    ],
)
def test_a_word_people_use_finds_its_crop(typed: str, code: str) -> None:
    found = crops.find(typed)
    assert found is not None
    assert found.code == code
    assert crops.like(typed) == []


@pytest.mark.parametrize(("typed", "code"), [("sunflour", "sunflower"), ("mahinde", "maize"), ("cabidge", "cabbage")])
def test_a_doubtful_word_is_asked_back_and_not_taken(typed: str, code: str) -> None:
    assert crops.find(typed) is None
    assert crops.like(typed)[0].code == code


@pytest.mark.parametrize(
    "typed", ["", " ", "m", "price", "join", "stop", "yes", "12", "…", "\u202e", "x" * 50_000, "Sarah", "Rose", "Grace"]
)
def test_what_is_no_crop_is_not_taken_for_one(typed: str) -> None:
    assert crops.find(typed) is None


def test_districts_and_peoples_names_are_not_taken_for_crops() -> None:
    names = [row.name for row in sample_facts.DISTRICTS]
    names += [name for words in sample_facts.GIVEN.values() for name in words.split()]
    names += [name for family in sample_facts.FAMILY.values() for words in family.values() for name in words.split()]
    assert [name for name in names if crops.find(name) is not None] == []
