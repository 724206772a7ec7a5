"""The machine on its own: numbers, pages, back, home, more, wrong keys, and what a request adds to the one before."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Unusable
from messaging import gsm, pages, sessions
from messaging.gateway import Dialled
from messaging.pages import Shown
from messaging.sessions import DialIn
from messaging.ussd import Ask, End, Menu, Walk, cleaned, look, walk_on

WORDS = {
    "ussd.more": "98 More",
    "ussd.back": "0 Back",
    "ussd.press_a_number": "Press 1 to {last}.",
    "ussd.press_more": "Press 98.",
    "name.bad": "Letters please.",
}
CROPS = [f"Crop {letter}" for letter in "ABCDEFGHIJK"]


@dataclass
class Caller:
    """The least that a turn can be: words, and a place to see what was done."""

    deeds: list[str] = field(default_factory=list)

    def say(self, key: str, /, **values: object) -> str:
        return WORDS[key].format(**values)


def _named(turn: Caller, about: str, said: str) -> str:
    if not said.isalpha():
        raise Unusable("name.bad")
    turn.deeds.append(f"name {said}")
    return "thanks"


def _agree(turn: Caller) -> str:
    turn.deeds.append("agreed")
    return "thanks"


SCREENS = {
    screen.name: screen
    for screen in (
        Menu(
            "home", lambda turn, about: "Home", lambda turn, about: [("Crops", "crops"), ("Name", "name"), ("Notice", "notice")], root=True
        ),
        Menu("crops", lambda turn, about: "Which?", lambda turn, about: [(crop, f"crop:{crop}") for crop in CROPS]),
        Menu("crop", lambda turn, about: about, lambda turn, about: [("Name", "name")]),
        Ask("name", lambda turn, about: "Name?", _named),
        Menu("notice", lambda turn, about: "May we?", lambda turn, about: [("Agree", _agree)], read_first=True),
        Menu("story", lambda turn, about: "word " * 90, lambda turn, about: [("Agree", _agree)]),
        End("thanks", lambda turn, about: "Thanks"),
        End("long", lambda turn, about: "Good day to all of you. " * 12),
    )
}


def walk(*typed: str, start: str = "home", turn: Caller | None = None):  # type: ignore[no-untyped-def]
    """Press one key after another, each in a request of its own."""
    caller, stand = turn or Caller(), Walk((start,))
    seen = look(SCREENS, stand, caller)
    for keys in typed:
        seen = walk_on(SCREENS, seen.walk, caller, [keys], lambda: "home")
    return seen


def test_a_menu_is_numbered_and_a_number_leads_on() -> None:
    assert walk().text == "Home\n1 Crops\n2 Name\n3 Notice"
    assert walk("2").text == "Name?\n0 Back"


def test_a_long_list_is_cut_into_pages_whose_numbers_begin_again_at_1() -> None:
    first, second = walk("1"), walk("1", "98")
    assert first.text == "Which?\n1 Crop A\n2 Crop B\n3 Crop C\n4 Crop D\n98 More\n0 Back"
    assert second.text == "1 Crop E\n2 Crop F\n3 Crop G\n4 Crop H\n98 More\n0 Back"
    assert walk("1", "98", "98").text == "1 Crop I\n2 Crop J\n3 Crop K\n0 Back"
    assert walk("1", "98", "2").walk.place == "crop:Crop F"


@pytest.mark.parametrize("more", ["98", "9", "*", " 98 ", "９８"])
def test_more_has_three_keys(more: str) -> None:
    assert walk("1", more).text.startswith("1 Crop E")


def test_after_the_last_page_more_begins_again() -> None:
    assert walk("1", "98", "98", "98").text == walk("1").text


def test_back_goes_a_page_back_then_a_screen_back_and_home_goes_home() -> None:
    assert walk("1", "98", "0").text == walk("1").text
    assert walk("1", "98", "0", "0").text == walk().text
    assert walk("0").text == walk().text
    assert walk("1", "3", "1", "00").walk == Walk(("home",))


@pytest.mark.parametrize("wrong", ["", " ", "4", "99", "-1", "1.0", "x", "12", "98", "9", "%", "1 2", "१२", "½"])
def test_a_wrong_key_brings_a_line_of_help_above_the_same_screen(wrong: str) -> None:
    assert walk(wrong).text == "Press 1 to 3.\n" + walk().text


@pytest.mark.parametrize("right", ["1", " 1 ", "１", "१", "1#"])
def test_digits_of_any_keyboard_count(right: str) -> None:
    assert walk(right).walk.place == "crops"


def test_what_a_question_cannot_use_is_said_and_asked_again() -> None:
    assert walk("2", "123").text == "Letters please.\nName?\n0 Back"
    assert walk("2", "Sarah").ends


def test_a_choice_is_the_one_that_was_shown_and_one_that_has_gone_since_is_a_wrong_key() -> None:
    seen = walk("1", "98")
    assert seen.walk.offered == (4, 4)
    assert walk_on(SCREENS, Walk(("crops",), 0, (4, 4)), Caller(), ["2"], lambda: "home").walk.place == "crop:Crop F"
    assert walk_on(SCREENS, Walk(("home",), 0, (0, 5)), Caller(), ["5"], lambda: "home").text == "Press 1 to 3.\n" + walk().text


def test_several_inputs_are_walked_in_order_and_a_wrong_one_stops_the_walk() -> None:
    caller = Caller()
    assert walk_on(SCREENS, Walk(("home",)), caller, ["2", "Sarah"], lambda: "home").text == "Thanks"
    assert caller.deeds == ["name Sarah"]
    stopped = walk_on(SCREENS, Walk(("home",)), caller, ["7", "2", "Ruth"], lambda: "home")
    assert (stopped.text.split("\n")[0], caller.deeds) == ("Press 1 to 3.", ["name Sarah"])


def test_nobody_agrees_to_what_they_have_not_read() -> None:
    caller = Caller()
    seen = walk_on(SCREENS, Walk(("home",)), caller, ["3", "1"], lambda: "home")
    assert (seen.walk.place, caller.deeds) == ("notice", [])
    walk_on(SCREENS, seen.walk, caller, ["1"], lambda: "home")
    assert caller.deeds == ["agreed"]


def test_a_line_that_is_too_long_is_cut_between_words_and_its_choices_come_last() -> None:
    seen, read = walk(start="story"), []
    while "1 Agree" not in seen.text:
        read.append(seen.text)
        assert gsm.septets(seen.text) <= 160  # type: ignore[operator]
        seen = walk_on(SCREENS, seen.walk, Caller(), ["98"], lambda: "home")
    assert "".join([*read, seen.text]).count("word") == 90
    assert walk("1", start="story").text.startswith("Press 98.")


def test_a_long_farewell_ends_only_on_its_last_page() -> None:
    seen = walk(start="long")
    assert not seen.ends
    while not seen.ends:
        before, seen = seen, walk_on(SCREENS, seen.walk, Caller(), ["98"], lambda: "home")
        assert seen.walk.page == before.walk.page + 1
    assert walk_on(SCREENS, seen.walk, Caller(), ["98"], lambda: "home").text == seen.text


@given(
    text=st.text(min_size=1, max_size=400),
    labels=st.lists(st.text(min_size=1, max_size=200), max_size=30),
    sorry=st.text(max_size=200),
)
def test_no_page_is_ever_longer_than_every_network_carries(text: str, labels: list[str], sorry: str) -> None:
    cut = pages.cut(Shown(text, tuple(labels)), "98 Ebirala", "0 Emabega", "0 Emabega")
    for page in cut:
        for said in (pages.written(page), pages.written(page, sorry)):
            assert gsm.fits(said, 160), said
            assert len(page.options) <= 5
    numbered = [(page.first + number) for page in cut for number in range(len(page.options))]
    assert numbered == list(range(len(labels)))


def test_what_is_typed_loses_signs_that_nobody_can_see() -> None:
    assert cleaned("\u200b1\x00") == "1"
    assert cleaned("Sarah#") == "Sarah"
    assert len(cleaned("x" * 4000)) == 160


def row(**columns: object) -> DialIn:
    return DialIn(**{"gateway": "at", "session_id": "s", "phone": "+256772123456", "network": "64110", **columns})


def dialled(text: str, code: str = "*284*55#", cumulative: bool = True) -> Dialled:
    return Dialled("s", "+256772123456", code, "64110", text, cumulative)


def heard(*requests: str, cumulative: bool = True) -> list[list[str] | None]:
    """What each of these requests added to those before it."""
    kept, added = row(), []
    for text in requests:
        request = dialled(text, cumulative=cumulative)
        added.append(sessions.newly_said(kept, request, "*284*55#", "key"))
        sessions.measure(kept, request, "key")
        kept.turns += 1
    return added


@pytest.mark.parametrize(
    ("text", "code", "cumulative", "said"),
    [
        ("", "*284*55#", True, []),
        ("1*2", "*284*55#", True, ["1", "2"]),
        ("", "*284*55*1*2#", True, ["1", "2"]),
        ("1*2", "*284*55*1*2#", True, ["1", "2"]),
        ("3", "*284*55*1*2#", True, ["1", "2", "3"]),
        ("", "*284#", True, []),
        ("", "*199*7#", True, []),
        ("1*", "*284*55#", True, ["1", ""]),
        ("*284*55*1*9#", "*284*55#", False, ["1", "9"]),
        ("*284*55#", "*284*55#", False, []),
        ("whatever", "*284*55#", False, []),
        ("", "*284*55*1#", False, ["1"]),
    ],
)
def test_what_is_dialled_with_the_code_arrives_in_any_of_three_ways(text: str, code: str, cumulative: bool, said: list[str]) -> None:
    assert sessions.newly_said(row(), dialled(text, code, cumulative), "*284*55#", "key") == said


def test_only_the_end_of_a_growing_text_is_new() -> None:
    assert heard("", "1", "1*2", "1*2*Mary*Ann") == [[], ["1"], ["2"], ["Mary", "Ann"]]


def test_empty_segments_are_inputs_and_two_stars_are_one_typed() -> None:
    assert heard("", "1", "1*", "1**", "1***") == [[], ["1"], [""], [""], [""]]
    assert heard("", "1", "1**") == [[], ["1"], ["*"]]
    assert heard("", "*") == [[], ["*"]]


def test_a_repeated_an_older_and_a_rewritten_text_add_nothing() -> None:
    assert heard("", "1", "1", "1*2", "1", "", "1*3", "1*3*1", "9*9*9*9*9") == [[], ["1"], None, ["2"], None, None, None, ["1"], None]
    assert heard("", "1", "12") == [[], ["1"], None]


def test_a_gateway_that_sends_the_latest_input_only_may_send_the_same_digit_twice() -> None:
    assert heard("*284*55#", "1", "1", "2", cumulative=False) == [[], ["1"], ["1"], ["2"]]
