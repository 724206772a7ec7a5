"""Masks: the same answer as asking every offer about every farmer, and the reason for each no."""

from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from linkage import eligibility
from linkage.eligibility import ATTRIBUTES, Criteria, Facts

CROPS, DISTRICTS, LAND, SEXES = ("maize", "beans", "coffee"), (1, 2, 3), eligibility.LAND[:3], ("f", "m")
GROUPS = tuple(UUID(int=n) for n in (1, 2, 3))


def some(values: tuple) -> st.SearchStrategy[tuple]:
    return st.lists(st.sampled_from(values), unique=True, max_size=3).map(tuple)


CRITERIA = st.builds(
    Criteria,
    crops=some(CROPS),
    districts=some(DISTRICTS),
    land=some(LAND),
    sex=st.none() | st.sampled_from(SEXES),
    groups=some(GROUPS),
    adult=st.booleans(),
    records=st.integers(0, 4),
)
FACTS = st.builds(
    Facts,
    crops=some(CROPS),
    district=st.none() | st.sampled_from(DISTRICTS),
    land=some(LAND),
    sex=st.none() | st.sampled_from(SEXES),
    groups=some(GROUPS),
    adult=st.booleans(),
    records=st.integers(0, 6),
)


def refusals(criteria: Criteria, facts: Facts) -> list[str]:
    """The plain way: one question after another."""
    asked = {
        "district": not criteria.districts or facts.district in criteria.districts,
        "crop": not criteria.crops or any(crop in criteria.crops for crop in facts.crops),
        "sex": criteria.sex is None or criteria.sex == facts.sex,
        "adult": not criteria.adult or facts.adult,
        "land": not criteria.land or any(band in criteria.land for band in facts.land),
        "group": not criteria.groups or any(group in criteria.groups for group in facts.groups),
        "records": facts.records >= criteria.records,
    }
    assert tuple(asked) == ATTRIBUTES
    return [name for name, fits in asked.items() if not fits]


@given(st.lists(CRITERIA, max_size=70), st.lists(FACTS, max_size=10))
def test_masks_agree_with_a_plain_double_loop_and_give_its_reasons(offers: list[Criteria], farmers: list[Facts]) -> None:
    compiled = eligibility.masks(offers)
    for facts in farmers:
        plain = {index: refusals(one, facts) for index, one in enumerate(offers)}
        assert set(eligibility.bits(eligibility.fitting(compiled, facts))) == {index for index, why in plain.items() if not why}
        assert eligibility.why_not(compiled, facts) == {index: tuple(why) for index, why in plain.items() if why}


@given(CRITERIA, FACTS)
def test_each_thing_an_offer_asks_for_is_a_reason_where_it_fits(criteria: Criteria, facts: Facts) -> None:
    if refusals(criteria, facts):
        return
    reasons = {reason.partition(":")[0] for reason in eligibility.why(criteria, facts)}
    asked = {"crop": criteria.crops, "district": criteria.districts, "sex": criteria.sex, "land": criteria.land, "group": criteria.groups}
    assert reasons == {name for name, value in (asked | {"records": criteria.records}).items() if value}


@given(CRITERIA)
def test_criteria_are_read_as_they_were_written(criteria: Criteria) -> None:
    assert eligibility.from_json(criteria.as_json()) == criteria


def test_of_a_year_of_birth_the_youngest_age_counts_and_an_unknown_age_is_not_grown_up() -> None:
    day = date(2026, 3, 12)
    assert eligibility.adult(2007, day)
    assert not eligibility.adult(2008, day)  # 17 or 18: we do not know
    assert not eligibility.adult(None, day)
