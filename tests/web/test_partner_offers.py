"""Offers at a partner's screen: written with what is wrong beside each field, refused where the law forbids, published, closed."""

import pytest
from sqlalchemy import select

from core.audit import AuditEntry
from jobs.runtime import Runtime
from linkage.models import Match, Offer
from profiles.models import Farmer, Organisation
from tests import builders, market
from tests.web.partners import asks, count, house, published
from tests.web.visitor import Visitor

LOAN = {
    **{"kind": "loan", "title": "Seed loan", "product": "input-2026A", "amount": "200,000", "rate": "2", "fee": "0", "months": "5"},
    **{"instalments": "once", "due": "2026-08-30", "late": "4,000", "opens_on": "2026-03-12", "closes_on": "2026-04-12"},
    "crops": ["maize"],
}
COVER = {
    **{"kind": "cover", "title": "Rain cover", "product": "rain", "premium": "12,000", "own_part": "6,000", "payer": "the project"},
    **{"sum_insured": "120,000", "starts": "2026-05-01", "ends": "2026-07-31", "measures": "rain"},
    **{"opens_on": "2026-03-12", "closes_on": "2026-04-12"},
}
PURCHASE = {
    **{"kind": "purchase", "title": "Beans for cash", "product": "beans", "price": "3,000", "form": "dry clean beans"},
    **{"place": "Mityana", "pays_in": "0", "rejects": "wet beans", "opens_on": "2026-03-12", "closes_on": "2026-04-12"},
}


@pytest.fixture
def lender(runtime: Runtime) -> Organisation:
    return house(runtime)


@pytest.fixture
def partner(visitor: Visitor, lender: Organisation) -> Visitor:
    return visitor.signs_in("kiganda@example.org")


@pytest.fixture
def farmer(runtime: Runtime) -> Farmer:
    with runtime.transaction() as session:
        return market.farmer(session, runtime.now())


def test_a_loan_is_drafted_looked_at_published_and_closed(partner: Visitor, lender: Organisation, runtime: Runtime) -> None:
    assert "No offers yet" in partner.get("/offers").text
    assert partner.get("/offers/new").status == 200
    partner.post("/offers/new", **LOAN).follow()
    for words in ("Draft", "UGX 220,000", "2.00 %", "pay back 220,000 by 30 Aug", "maize"):
        assert words in partner.text, words
    page = partner.visited[-1]
    partner.post(f"{page}/publish").follow()
    assert "Published. The farmers whom it fits" in partner.text
    builders.settle(runtime)
    partner.post(f"{page}/close").follow()
    assert "given answers stand" in partner.text
    with runtime.reading() as session:
        offer = session.scalars(select(Offer)).one()
        assert (offer.state, offer.organisation_id, offer.terms["amount"], offer.eligibility["adult"]) == (
            "closed",
            lender.id,
            200_000,
            True,
        )
        verbs = session.scalars(select(AuditEntry.verb).where(AuditEntry.verb.startswith("offer."))).all()
        assert sorted(verbs) == ["offer.closed", "offer.drafted", "offer.published"]


@pytest.mark.parametrize(("kind", "form"), [("insurer", COVER), ("buyer", PURCHASE)])
def test_each_kind_of_partner_has_its_own_form(visitor: Visitor, runtime: Runtime, kind: str, form: dict[str, str]) -> None:
    house(runtime, kind, "NKUBA")
    visitor.signs_in("nkuba@example.org")
    page = visitor.get("/offers/new").text
    assert 'name="amount"' not in page
    visitor.post("/offers/new", **form).follow()
    visitor.post(f"{visitor.visited[-1]}/publish").follow()
    assert "Published. The farmers" in visitor.text


def test_who_may_make_several_kinds_chooses_one(visitor: Visitor, runtime: Runtime) -> None:
    house(runtime, "cooperative", "KASOLO")
    visitor.signs_in("kasolo@example.org")
    assert "What do you offer?" in visitor.get("/offers/new").text
    assert 'name="price"' in visitor.get("/offers/new?kind=purchase").text
    assert "What do you offer?" in visitor.get("/offers/new?kind=cover").text


@pytest.mark.parametrize(
    ("licence", "change", "says"),
    [
        (None, {}, "A loan needs a licence, and yours is not entered. Send its number to the operator"),
        ("UMRA/1", {"rate": "10"}, "this loan costs 10.00 % a month. The law allows 2.8 %. Lower the rate or the fees."),
        ("UMRA/1", {"fee": "20,000"}, "this loan costs 4.00 % a month"),
        ("UMRA/1", {"due": "2026-04-01"}, "before the offer closes. Close it earlier, or let the loan run longer."),
    ],
)
def test_what_the_law_forbids_stays_a_draft_and_says_what_to_do(
    visitor: Visitor, runtime: Runtime, licence: str | None, change: dict[str, str], says: str
) -> None:
    house(runtime, licence=licence)
    visitor.signs_in("kiganda@example.org").post("/offers/new", **{**LOAN, **change}).follow()
    assert says in visitor.text
    assert "Publish it to farmers" not in visitor.text
    visitor.post(f"{visitor.visited[-1]}/publish")
    assert (visitor.status, says in visitor.text) == (400, True)
    with runtime.reading() as session:
        assert session.scalars(select(Offer.state)).one() == "draft"


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        ("title", "", "Write a title"),
        ("title", "W" * 31, "Write a title"),
        ("title", "Ŋ", "Write a title"),
        ("product", "a b/c", "Write your own name for it"),
        ("amount", "2,5", "Write whole shillings"),
        ("amount", "0", "at least one shilling"),
        ("amount", "1e9", "Write whole shillings"),
        ("rate", "two", "Write per cent a month"),
        ("rate", "101", "Write per cent a month"),
        ("months", "0", "Write a whole number of months"),
        ("months", "61", "Write a whole number from 0 to 60"),
        ("due", "soon", "Choose the day"),
        ("closes_on", "2026-03-01", "An offer closes after it opens"),
        ("capacity", "-1", "Write a whole number from 1"),
        ("districts", "Atlantis", "There is no district Atlantis"),
        ("group", "nobody", "Choose a group"),
        ("records", "many", "Write a whole number"),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_field_and_nothing_typed_is_lost(
    partner: Visitor, runtime: Runtime, name: str, typed: str, says: str
) -> None:
    partner.post("/offers/new", **{**LOAN, name: typed})
    assert partner.status == 400
    assert f'id="{name}-error"' in partner.text
    assert says in partner.text
    if name != "title":
        assert 'value="Seed loan"' in partner.text
    assert count(runtime, Offer) == 0


def test_an_offer_is_a_pattern_for_the_next_and_a_draft_is_thrown_away(partner: Visitor, runtime: Runtime) -> None:
    partner.post("/offers/new", **{**LOAN, "instalments": "monthly", "sex": "f", "land": ["1_to_2"], "capacity": "50"}).follow()
    page = partner.visited[-1]
    copy = partner.get(f"/offers/new?like={page.rpartition('/')[2]}").text
    for words in ('value="200,000"', 'value="monthly" selected', 'value="f" selected', 'value="50"', 'value="1_to_2" checked'):
        assert words in copy, words
    partner.post(f"{page}/discard").follow()
    assert "thrown away" in partner.text
    assert count(runtime, Offer) == 0
    assert partner.get(page).status == 404


def test_how_many_it_fits_and_who_asked_stand_beside_each_offer(
    partner: Visitor, lender: Organisation, farmer: Farmer, runtime: Runtime
) -> None:
    offer_id = published(runtime, lender)
    builders.settle(runtime)
    assert count(runtime, Match) == 1
    asks(runtime, farmer, offer_id)
    partner.get("/offers")
    assert 'data-label="Fits farmers" class="right figures">1</td>' in partner.text
    assert 'data-label="Asked for it" class="right figures">1</td>' in partner.text
    assert "1</strong><span>farmer who asked for an offer and waits" in partner.get("/").text
