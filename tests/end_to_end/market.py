"""A season on the market: an offer found, taken and answered, a text of the cooperative, a lender's look while it is permitted."""

import copy
from datetime import date, timedelta

import pytest

from tests.end_to_end.cast import MOSES, RUTH, SARAH, Season, read_at
from tests.end_to_end.people import SECONDS, Program, read, twice, walk
from tests.phone import Phone
from tests.processes import wait_until

LOAN = {"amount": 200_000, "rate": "2", "fee": 0, "months": 5, "instalments": 1, "late": 4_000}
TYPED = {"kind": "loan", "title": "Seed loan", "product": "input-2026A", "amount": "200,000", "rate": "2", "fee": "0", "months": "5"}
TYPED |= {"instalments": "once", "late": "4,000"}
ASKED = ["name", "district", "crops", "records"]


def takes_the_offer_of_a_lender(season: Season):
    """Kato publishes; Ruth hears of it; Sarah reads why it is closed to her, opens it, compares, says yes, and is answered."""
    offer, due = publishes(season)
    new = "Ensigo: there is something new for farmers on this phone. Compare, no hurry: dial *284*55#, choose Offers and money."
    season.post.reaches(RUTH, new)
    finds_and_takes_it(season, due)
    answers(season, offer)
    season.post.reaches(SARAH, "Kiganda SACCO said yes: Seed loan. What comes next: dial *284*55#, choose Offers and money.")
    mine = read_at(season, "Offers and money", "My answers", "Seed loan: they said yes")
    assert mine.startswith("You: they said yes. Come to Mityana on Monday.")


def publishes(season: Season) -> tuple[str, date]:
    """At his screen, once though he presses twice. A lender without a licence, and one who would publish another's, are refused."""
    kato, opens = season.kato, season.today
    due, days = opens + timedelta(days=150), {"opens_on": opens.isoformat(), "closes_on": (opens + timedelta(days=30)).isoformat()}
    kato.get("/offers/new").post("/offers/new", crops="maize", districts="Mubende", due=due.isoformat(), **TYPED, **days).follow()
    assert "UGX 220,000" in kato.text
    page = kato.at.url.removeprefix(season.house.base)
    pressed = [kato.post(f"{page}/publish").status for _ in range(2)]
    assert pressed == [302, 409]
    assert season.kiganda.get("/offers")[1]["offers"][0]["state"] == "published"

    wish = {"kind": "loan", "product": "input-2026A", "title": "Quick loan", "terms": LOAN | {"due": due.isoformat()}, **days}
    drafts = [season.quick.post("/offers", wish, once="draft-1") for _ in range(2)]
    assert drafts[0] == drafts[1]
    assert season.quick.post(f"/offers/{drafts[0][1]['id']}/publish")[1]["error"]["code"] == "offer.unlicensed"
    assert season.quick.post(f"/offers/{page.rpartition('/')[2]}/publish")[0] == 404
    return page, due


def finds_and_takes_it(season: Season, due: date):
    """Loans are for adults: she is told so, tells her year of birth, and then it fits. Her yes comes twice and is one."""
    sarah = season.sarah
    why_not = "Seed loan: From 18 years. Tell us your year of birth under My farm."
    assert read_at(season, "Offers and money", "Offers not for me", "Seed loan") == why_not
    walk(sarah, "My farm", "Tell us: year of birth")
    sarah.press("1986")
    whole = f"you get 200,000, pay back 220,000 by {due:%-d %b}, nothing more. Whole cost 20,000. Late: 4,000 a month."
    walk(sarah, "Offers and money", "Seed loan: costs 20,000")
    assert read(sarah) == f"Seed loan, Kiganda SACCO: {whole} Why you: you grow maize, your district."
    walk(sarah, "Offers and money", "Seed loan: costs 20,000", "I want this")
    twice(sarah, "Yes, I ask for it")
    assert read(sarah) == ("Done: they see your wish and your ID and will answer you. You may take it back for 48 hours, here.")


def answers(season: Season, offer: str):
    """Kato sees her code, what she read and nothing else; his second answer finds the first."""
    kato, words = season.kato, "Come to Mityana on Monday."
    assert season.quick.get("/applications") == (200, {"applications": []})
    (wished,) = season.kiganda.get("/applications")[1]["applications"]
    assert (wished["farmer"], wished["state"], f"/offers/{wished['offer']}") == (season.code, "accepted", offer)
    season.application = f"/applications/{wished['id']}"
    assert season.code in kato.get("/applications").text
    assert season.quick.post(f"{season.application}/answer", {"answer": "refuse"})[0] == 404
    assert "Ask Kiganda SACCO for Seed loan? Get 200,000, pay back 220,000" in kato.get(season.application).text
    assert "Sarah" not in kato.text
    says = [kato.post(f"{season.application}/answer", answer=answer, words=words).follow().text for answer in ("approve", "refuse")]
    assert "Your yes is noted, and the farmer is told." in says[0]
    assert "It was answered before" in says[1]


def is_spared_a_second_text_on_one_day(season: Season):
    """Peter writes to all: Moses has it at once; Sarah had her advice and Ruth heard of an offer today. Then he stops the rest."""
    peter = season.peter.get("/desk/new")
    form = {"body": "We weigh on Friday at 8 in Kasolo. Bring dry maize.", "nonce": peter.hidden("nonce")}
    peter.post("/desk/new", **form)
    assert "3 phones get it" in peter.text
    text = f"Kasolo Grain Pool: {form['body']} *284*55#"
    assert text in peter.text
    one, again = (peter.post("/desk/new", go="yes", **form).address for _ in range(2))
    assert one == again
    season.post.reaches(MOSES, text)
    wait_until(lambda: "delivered" in peter.get(one).text.lower(), SECONDS, "the report of what became of it")
    wait_until(lambda: "1 of 3 phones" in peter.get(one).text and "2 waiting to go" in peter.text, SECONDS, "the cap holds two back")
    peter.post(f"{one}/stop").follow()
    assert "Stopped: nothing more of it leaves." in peter.text
    assert "2 unsent, held by the stop" in peter.text
    assert season.edith.get(one).status == 403


def lets_the_lender_look(season: Season) -> Phone:
    """Nothing before her yes; after it what she permits and no more; she is told once, and sees every look. Gives the phone in mid-yes."""
    kiganda, sarah = season.kiganda, season.sarah
    sees_nothing(season)
    wish = {"farmer": season.code, "fields": ASKED, "days": 30}
    assert [kiganda.post("/consent-requests", wish, once="ask-1") for _ in range(2)] == [(202, {"asked": season.code})] * 2
    season.post.reaches(
        SARAH, "Kiganda SACCO asks to see some of your farm details. You decide: dial *284*55#, choose My data. We never ask your PIN."
    )
    sees_nothing(season)
    until = f"{season.today + timedelta(days=30):%-d %b}"
    walk(sarah, "My data", "Kiganda SACCO asks")
    asked = f"For a loan (input-2026A). Until {until}. You may stop it at any time. Agree?"
    assert read(sarah) == f"Kiganda SACCO wants to see: name, district, crops, count of records. {asked}"
    twice(sarah, "Yes, they may see it")
    assert read(sarah) == "Done. We tell you when they look. To take it back: My data."
    late = copy.copy(sarah)
    given = f"You let Kiganda SACCO see some of your details until {until}. To take it back: dial *284*55#, choose My data."
    season.post.reaches(SARAH, given)

    sees_nothing(season, season.quick)
    (status, seen), again = kiganda.get(f"/profiles/{season.code}"), kiganda.get(f"/profiles/{season.code}")
    assert (status, again) == (200, (200, seen))
    assert set(seen) == {"code", "consent", "data_life_days", "fields"}
    assert sorted(seen["fields"]) == sorted(ASKED)
    assert (seen["fields"]["name"], seen["fields"]["district"], seen["fields"]["crops"]) == ("Sarah", "Mubende", ["maize"])
    assert seen["fields"]["records"]["by_grade"] == {"self": 3, "receipt": 1}
    assert SARAH[4:] not in str(seen)
    used = "Kiganda SACCO has looked at the details that you allowed. What they saw, and taking it back:"
    season.post.reaches(SARAH, f"{used} dial *284*55#, choose My data.")
    line = f"{season.today:%-d %b} Kiganda SACCO: name, district, crops, count of records"
    assert looks(season) == [line, line]
    return late


def takes_it_back(season: Season, late: Phone):
    """From that moment the lender sees nothing, even when her yes comes in once more, late; what was seen stays to be read."""
    seen = looks(season)
    walk(season.sarah, "My data", "Kiganda SACCO may see")
    twice(season.sarah, "Stop it now")
    assert read(season.sarah) == "Stopped. They see nothing from now on."
    sees_nothing(season)
    screen = late.screen
    assert late.again() == screen
    sees_nothing(season)
    assert looks(season) == seen
    with pytest.raises(LookupError):
        walk(season.sarah, "My data", "Kiganda SACCO may see")


def sees_nothing(season: Season, program: Program | None = None):
    """403, the same for a farmer who exists and for one who does not, and not a word about her; nor at the lender's screen."""
    asker = program or season.kiganda
    for code in (season.code, "9999-1"):
        status, refusal = asker.get(f"/profiles/{code}")
        assert status == 403, refusal
        refusal["error"].pop("request_id")
        assert refusal == {"error": {"code": "forbidden", "message": "This key may not do that.", "fields": []}}
    if program is None:
        assert "This farmer has not allowed it" in season.kato.post(f"{season.application}/look").follow().text
        assert "Sarah" not in season.kato.text


def looks(season: Season) -> list[str]:
    walk(season.sarah, "My data", "Who looked")
    return [line for line in season.sarah.screen.split("\n") if "Kiganda" in line]
