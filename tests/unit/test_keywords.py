"""Keywords as people write them, in every language that we know a word of."""

import time

import pytest

from conversations import keywords


def taken_for(text: str) -> str | None:
    said = keywords.words(text)
    return keywords.stop_or_start(said) or keywords.first(said)[0]


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop",
        "Stop.",
        '"STOP"',
        "STOP STOP STOP",
        "5TOP",
        "st0p",
        "ＳＴＯＰ",
        "S\u200bTOP",
        "stop!!!",
        "STОP",
        " \n stop \n",
        "sitopu",
        "STOPP",
        "stop sending me prices",
        "Stop sending me prices.",
        "please stop",
        "STOP I do not want this",
        "ensigo stop",
        "stop it now",
        "unsubscribe",
        "komya",
        "KOMYA obubaka",
        "lekeraawo",
        "mukomye",
        "yemereza",
        "Yemereza obutumwa",
        "acha",
        "sitisha",
        "gik",
        "cung",
        "kiwos",
        "end",
        "cancel",
        "quit",
        "‘STOP’",
        "*STOP*",
        "#stop#",
        "stop/stop",
        "STOP😡",
    ],
)
def test_every_way_of_saying_stop_is_a_stop(text: str) -> None:
    assert taken_for(text) == "STOP"


@pytest.mark.parametrize(
    "text",
    ["don't stop", "dont stop", "Don’t stop please", "do not stop", "never stop", "how do I stop", "why did you stop?", "temukomya komya"],
)
def test_an_unclear_stop_is_asked_back_and_stops_nothing(text: str) -> None:
    assert taken_for(text) == "ASK"


@pytest.mark.parametrize(
    "text", ["price at month end", "shop", "stopper", "JOIN maize Mubende", "top", "cancel my bag order of maize", "acha maize price"]
)
def test_words_that_only_look_like_stop_are_none(text: str) -> None:
    assert taken_for(text) not in ("STOP", "ASK")


@pytest.mark.parametrize(
    "text",
    [
        "START",
        "start.",
        "STAT",
        "Strat",
        "unstop",
        "resume",
        "tandika",
        "TANDIKA obubaka",
        "garura",
        "anza",
        "geu",
        "5tart",
        "start please",
    ],
)
def test_every_way_of_saying_start_is_a_start(text: str) -> None:
    assert taken_for(text) == "START"


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("JOIN maize Mubende Sarah", "JOIN"),
        ("sarah mubende kasooli join", "JOIN"),
        ("j0in maize", "JOIN"),
        ("ＪＯＩＮ maize", "JOIN"),
        ("ЈOIN maize", "JOIN"),
        ("J\u200bOIN", "JOIN"),
        ("JOIN" + " " * 50, "JOIN"),
        ("jion,maize;gulu/sarah", "JOIN"),
        ("JOIN\nmaize\nMubende", "JOIN"),
        ("regster maize", "JOIN"),
        ("yingira kasooli mubende", "JOIN"),
        ("taahamu ebicoori isingiro", "JOIN"),
        ("PRICE maize gulu", "PRICE"),
        ("prices of beans in lira", "PRICE"),
        ("emiwendo gya kasooli", "PRICE"),
        ("omuhendo ebihimba", "PRICE"),
        ("hi, price of maize please", "PRICE"),
        ("LANG luganda", "LANG"),
        ("LANG 2", "LANG"),
        ("olulimi luganda", "LANG"),
        ("langauge english", "LANG"),
        ("help", "HELP"),
        ("Hello", "HELP"),
        ("obuyambi", "HELP"),
        ("WEATHER mubende", "WEATHER"),
        ("SELL 5 bags maize", "SELL"),
        ("YES 4827", "YES"),
        ("mydata", "MYDATA"),
        ("I'm driving, will call later", None),
        ("Sarah", None),
        ("", None),
        ("😀😀", None),
        ("' OR 1=1--", None),
        ("{{7*7}}", None),
        ("1", None),
    ],
)
def test_a_keyword_is_found_wherever_it_stands_and_however_it_is_spelt(text: str, keyword: str | None) -> None:
    assert taken_for(text) == keyword


def test_the_other_words_stay_in_their_order() -> None:
    assert keywords.first(keywords.words("sarah, mubende kasooli join")) == ("JOIN", ["SARAH", "MUBENDE", "KASOOLI"])


def test_no_spelling_belongs_to_two_keywords() -> None:
    owners: dict[str, set[str]] = {}
    for keyword in keywords.KEYWORDS:
        for spelling in keyword.spellings:
            owners.setdefault(spelling, set()).add(keyword.code)
    assert {spelling: codes for spelling, codes in owners.items() if len(codes) > 1} == {}


def test_every_spelling_is_written_as_words_are_read() -> None:
    for keyword in keywords.KEYWORDS:
        for spelling in keyword.spellings:
            assert keywords.words(spelling) == spelling.split(), spelling


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "STOP " * 20_000, "'" * 100_000, "\ud800" * 500, "\u202eNIOJ", "\x00\x1b[2J", "=HYPERLINK(1)"]
)
def test_hostile_texts_are_read_quickly_and_harm_nothing(text: str) -> None:
    began = time.perf_counter()
    taken_for(text)
    assert time.perf_counter() - began < 0.5
