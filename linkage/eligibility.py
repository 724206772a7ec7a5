"""Whom an offer is open to, as bit masks: for each value of each attribute the offers that accept it. Pure.

A farmer's offers are the AND of the masks of her values; the mask that cleared an offer's bit says why not.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from uuid import UUID

ADULT = 18
LAND = ("under_half", "half_to_1", "1_to_2", "2_to_5", "over_5")
LARGEST_COUNT = 1000


@dataclass(frozen=True, slots=True)
class Criteria:
    """Empty means "any". `groups` are organisations' ids; `records` is how many she must have noted at least."""

    crops: tuple[str, ...] = ()
    districts: tuple[int, ...] = ()
    land: tuple[str, ...] = ()
    sex: str | None = None
    groups: tuple[UUID, ...] = ()
    adult: bool = False
    records: int = 0

    def as_json(self) -> dict[str, Any]:
        written = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: _plain(value) for name, value in written.items() if value}


@dataclass(frozen=True, slots=True)
class Facts:
    """What matching looks at of one farmer. Alike farmers have equal facts, so that they are matched once."""

    crops: tuple[str, ...] = ()
    district: int | None = None
    land: tuple[str, ...] = ()
    sex: str | None = None
    groups: tuple[UUID, ...] = ()
    adult: bool = False
    records: int = 0


# In the order in which a farmer is told why not: what cannot be changed comes first.
ATTRIBUTES = ("district", "crop", "sex", "adult", "land", "group", "records")


def from_json(written: Mapping[str, Any]) -> Criteria:
    """Raises TypeError for a criterion that does not exist."""
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in written.items()}
    values["groups"] = tuple(UUID(one) for one in values.get("groups", ()))
    return Criteria(**values)


def adult(born: int | None, day: date) -> bool:
    """Whether she is 18 for certain: of a year of birth alone we take the youngest she can be."""
    return born is not None and day.year - born > ADULT


@dataclass(frozen=True, slots=True)
class Masks:
    """The offers as bits: bit n is the nth. `records` holds the counts that are asked for and the mask from each of them on."""

    every: int
    crops: Mapping[str, int]
    any_crop: int
    districts: Mapping[int, int]
    any_district: int
    land: Mapping[str, int]
    any_land: int
    sexes: Mapping[str, int]
    any_sex: int
    groups: Mapping[UUID, int]
    any_group: int
    not_adult: int
    counts: Sequence[int]
    from_count: Sequence[int]


def masks(criteria: Sequence[Criteria]) -> Masks:
    """The offers compiled, once for as many farmers as there are."""
    crops, any_crop = _by_value(one.crops for one in criteria)
    districts, any_district = _by_value(one.districts for one in criteria)
    land, any_land = _by_value(one.land for one in criteria)
    sexes, any_sex = _by_value(((one.sex,) if one.sex else ()) for one in criteria)
    groups, any_group = _by_value(one.groups for one in criteria)
    counts = sorted({0, *(one.records for one in criteria)})
    from_count = [_bits(one.records <= count for one in criteria) for count in counts]
    every, not_adult = (1 << len(criteria)) - 1, _bits(not one.adult for one in criteria)
    return Masks(
        *(every, crops, any_crop, districts, any_district, land, any_land, sexes, any_sex, groups, any_group),
        *(not_adult, counts, from_count),
    )


def fitting(compiled: Masks, facts: Facts) -> int:
    """The bits of the offers that are open to her."""
    found = compiled.every
    for mask in _each(compiled, facts):
        found &= mask
    return found


def why_not(compiled: Masks, facts: Facts) -> dict[int, tuple[str, ...]]:
    """For each offer that is not open to her, by its place, the attributes that close it."""
    cleared: dict[int, list[str]] = {}
    for attribute, mask in zip(ATTRIBUTES, _each(compiled, facts), strict=True):
        for index in bits(compiled.every & ~mask):
            cleared.setdefault(index, []).append(attribute)
    return {index: tuple(names) for index, names in cleared.items()}


def why(criteria: Criteria, facts: Facts) -> list[str]:
    """Why it fits: each thing it asks for, with what she has: "crop:maize", "group:…". An offer to everybody gives no reason."""
    found = [f"crop:{crop}" for crop in facts.crops if crop in criteria.crops][:1]
    if criteria.districts:
        found.append(f"district:{facts.district}")
    if criteria.sex:
        found.append(f"sex:{facts.sex}")
    found += [f"land:{band}" for band in facts.land if band in criteria.land][:1]
    found += [f"group:{group}" for group in facts.groups if group in criteria.groups][:1]
    if criteria.records:
        found.append(f"records:{facts.records}")
    return found


def bits(mask: int) -> Iterable[int]:
    """The places of the set bits, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _each(compiled: Masks, facts: Facts) -> tuple[int, ...]:
    """One mask for each of ATTRIBUTES, in that order."""
    district = compiled.any_district | (compiled.districts.get(facts.district, 0) if facts.district is not None else 0)
    return (
        district,
        _or(compiled.crops, facts.crops, compiled.any_crop),
        compiled.any_sex | (compiled.sexes.get(facts.sex, 0) if facts.sex else 0),
        compiled.every if facts.adult else compiled.not_adult,
        _or(compiled.land, facts.land, compiled.any_land),
        _or(compiled.groups, facts.groups, compiled.any_group),
        compiled.from_count[bisect_right(compiled.counts, facts.records) - 1],
    )


def _or(by_value: Mapping[Any, int], values: Iterable[Any], found: int) -> int:
    for value in values:
        found |= by_value.get(value, 0)
    return found


def _by_value(accepted: Iterable[tuple[Any, ...]]) -> tuple[dict[Any, int], int]:
    """For each value the offers that name it, and the offers that name none."""
    named: dict[Any, int] = {}
    unasked = 0
    for index, values in enumerate(accepted):
        unasked |= 0 if values else 1 << index
        for value in values:
            named[value] = named.get(value, 0) | 1 << index
    return named, unasked


def _bits(flags: Iterable[bool]) -> int:
    return sum(1 << index for index, flag in enumerate(flags) if flag)


def _plain(value: Any) -> Any:
    return [str(one) if isinstance(one, UUID) else one for one in value] if isinstance(value, tuple) else value
