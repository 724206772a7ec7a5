"""The people of the sample country, made from its facts: always the same ones, their seasons and visits relative to `now`."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import TypeVar

from profiles import sample_facts as facts
from profiles.questions import ANIMALS, TREES
from profiles.sample_facts import District, Group

Kind = TypeVar("Kind", bound=Hashable)


@dataclass(slots=True, eq=False)
class SamplePlot:
    crop: str
    land: str | None
    planted: str | None
    planted_on: date | None


@dataclass(slots=True, eq=False)
class Person:
    """One invented farmer. `spot`: which sub-county of the district, None when only the district is known; `agreed`: how, or ""."""

    district: District
    sex: str
    name: str
    language: str
    born: int
    phone_use: str
    created_at: datetime
    plots: list[SamplePlot]
    spot: int | None
    phone: str | None = None
    seen_at: datetime | None = None
    agreed: str = ""
    withdrawn_at: datetime | None = None
    city: bool = False  # kept in the city though the sub-county lies in the district
    group: Group | None = None
    role: str = "member"
    contact: "Person | None" = None


@dataclass(slots=True)
class Country:
    """Everybody, oldest registration first, and the phones that said STOP."""

    people: list[Person] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)


def country(now: datetime) -> Country:
    """The 1,536 people of the sample country as they are at `now`."""
    rng = Random(facts.SEED)
    seasons = Random(facts.SEED)  # its own, for how often it is asked depends on the day
    people = []
    for district, count in quotas(facts.FARMERS, {row: row.share for row in facts.DISTRICTS}).items():
        sexes = spread(rng, count, {"f": district.women, "m": 100 - district.women})
        for sex, grown in zip(sexes, _grown(rng, district, count), strict=True):
            sown = planting(seasons, district.season, now.date())
            people.append(_person(rng, district, sex, _plots(rng, district, grown, sown), now))
    _own_phones(rng, people, now)
    _join(rng, people)
    _know_someone(rng, people)
    stops = _soil(rng, people, now)
    return Country(sorted(people, key=lambda person: person.created_at), stops)


def quotas(total: int, shares: dict[Kind, int]) -> dict[Kind, int]:
    """A total in whole parts by shares, exact to the last one (largest remainders)."""
    whole = sum(shares.values())
    parts = {kind: total * share // whole for kind, share in shares.items()}
    late = sorted(shares, key=lambda kind: -(total * shares[kind] % whole))
    for kind in late[: total - sum(parts.values())]:
        parts[kind] += 1
    return parts


def spread(rng: Random, total: int, shares: dict[Kind, int]) -> list[Kind]:
    """So many of each kind as its share says, shuffled."""
    found = [kind for kind, count in quotas(total, shares).items() for _ in range(count)]
    rng.shuffle(found)
    return found


def _grown(rng: Random, district: District, count: int) -> list[list[str]]:
    """What each of so many farmers grows: every crop as widely as stated, everybody something."""
    grows = {crop: spread(rng, count, {True: share, False: 100 - share}) for crop, share in district.crops.items()}
    return [[crop for crop in grows if grows[crop][place]] or [next(iter(grows))] for place in range(count)]


def _person(rng: Random, district: District, sex: str, plots: list[SamplePlot], now: datetime) -> Person:
    family = facts.FAMILY[district.names]
    youngest, oldest = rng.choices(list(facts.AGES), list(facts.AGES.values()))[0]
    return Person(
        district=district,
        sex=sex,
        name=f"{rng.choice(facts.GIVEN[sex].split())} {rng.choice((family.get(sex) or family['']).split())}",
        language=rng.choices(list(district.languages), list(district.languages.values()))[0],
        born=now.year - rng.randint(youngest, oldest),
        phone_use="",
        created_at=now - timedelta(days=rng.uniform(61, 540)),
        plots=plots,
        spot=rng.randrange(1_000),
    )


def _plots(rng: Random, district: District, grown: list[str], sown: tuple[str, date | None]) -> list[SamplePlot]:
    """What is grown, first what is most for sale; half of the land is under the first crop, the rest is shared."""
    grown.sort(key=lambda crop: -facts.SOLD[crop] * rng.uniform(0.4, 1.0))
    low, high = rng.choices(list(facts.ACRES), list(facts.ACRES.values()))[0]
    acres = rng.uniform(low, high) * district.land
    parts = [1.0] if len(grown) == 1 else [0.5] + [0.5 / (len(grown) - 1)] * (len(grown) - 1)
    plots = []
    for crop, part in zip(grown, parts, strict=True):
        band, day = (None, None) if crop in ANIMALS | TREES else sown
        plots.append(SamplePlot(crop, None if crop in ANIMALS else _band(acres * part), band, day))
    return plots


def _band(acres: float) -> str:
    bounds = (("under_half", 0.5), ("half_to_1", 1.0), ("1_to_2", 2.0), ("2_to_5", 5.0))
    return next((band for band, most in bounds if acres < most), "over_5")


def planting(rng: Random, season: str, today: date) -> tuple[str, date | None]:
    """What a farmer of these seasons says of planting, and the day: in the last season that has begun, or not yet, or too long ago."""
    windows = [(date(year, *first), date(year, *last)) for year in (today.year - 1, today.year) for first, last in facts.SEASONS[season]]
    start, end = max(window for window in windows if window[0] <= today)
    length = (end - start).days
    day = start + timedelta(days=round(rng.triangular(0, length, length * 0.4)))
    age = (today - day).days
    if age < 0 or age > 180:
        return "not_yet", None
    if rng.random() < 0.12:
        return "before", None  # asked late, when no day could be said
    asked = rng.choice([days for days in (4, 14, 35) if days <= age] or [0])
    return {0: "this_week", 4: "this_week", 14: "2_3_weeks", 35: "4_7_weeks"}[asked], day


def _own_phones(rng: Random, people: Sequence[Person], now: datetime) -> None:
    """Who has a phone, whose it is, who agreed, and who was heard from lately."""
    for sex, shares in facts.PHONE_USE.items():
        those = [person for person in people if person.sex == sex]
        for person, use in zip(those, spread(rng, len(those), shares), strict=True):
            person.phone_use = use
        reached = [person for person in those if person.phone_use in ("own", "shared")]
        active = round(len(those) * facts.ACTIVE[sex] / 100)
        for place, person in enumerate(rng.sample(reached, len(reached))):
            days = rng.uniform(0.1, 60) if place < active else rng.uniform(61, 400)
            person.seen_at = max(person.created_at, now - timedelta(days=days))
    reached = [person for person in people if person.phone_use in ("own", "shared")]
    prefixes = spread(rng, len(reached), facts.PHONES)
    agreed = spread(rng, len(reached), facts.AGREED)
    last_digits = rng.sample(range(1_000, 10_000), len(reached))
    for person, prefix, how, digits in zip(reached, prefixes, agreed, last_digits, strict=True):
        person.phone, person.agreed = f"{prefix}{digits}", how


def _join(rng: Random, people: Sequence[Person]) -> None:
    """Groups take their members from their own district, women first, and from beside where it has too few."""
    sizes = quotas(round(len(people) * facts.GROUPED / 100), {group: group.members for group in facts.GROUPS})
    for group, size in sorted(sizes.items(), key=lambda pair: bool(pair[0].beside)):
        pool = {sex: [one for one in people if one.group is None and one.sex == sex and _near(one, group)] for sex in ("f", "m")}
        for some in pool.values():
            rng.shuffle(some)
            some.sort(key=lambda one: one.district.name != group.district)
        women = min(round(size * group.women / 100), len(pool["f"]))
        members = pool["f"][:women] + pool["m"][: size - women]
        for person in members:
            person.group = group
        for person in [one for one in members if one.phone_use == "own"][:3]:
            person.role = "leader"


def _near(person: Person, group: Group) -> bool:
    return person.district.name in (group.district, group.beside)


def _know_someone(rng: Random, people: Sequence[Person]) -> None:
    """Who has no phone hears from a neighbour's, or else from a leader of the group."""
    owners = {row: [one for one in people if one.phone_use == "own" and one.district is row] for row in facts.DISTRICTS}
    leaders = {one.group: one for one in people if one.role == "leader"}
    for person in people:
        if person.phone_use == "neighbour":
            person.contact = rng.choice(owners[person.district])
        elif not person.phone_use and person.group is not None:
            person.contact = leaders.get(person.group)


def _soil(rng: Random, people: Sequence[Person], now: datetime) -> list[str]:
    """The dirt that real lists have. Gives back the phones that said STOP."""
    plain = [one for one in people if one.agreed and one.role == "member"]
    rng.shuffle(plain)
    family = [one for one in plain if one.phone_use == "shared" and one.district is facts.DISTRICTS[0]][: facts.ON_ONE_PHONE]
    for person in family:
        person.phone, person.spot = family[0].phone, family[0].spot
    plain = [one for one in plain if one not in family]
    for _ in range(facts.RECYCLED):
        before, after = plain.pop(), plain.pop()
        after.phone, after.created_at = before.phone, now - timedelta(days=12)
        after.seen_at = now - timedelta(days=2)
        before.withdrawn_at = before.seen_at = after.created_at - timedelta(days=150)
        before.created_at = min(before.created_at, before.seen_at - timedelta(days=30))
    stops = [plain.pop().phone or "" for _ in range(facts.STOPS)]
    plain.pop().born = now.year - 16
    for person in rng.sample(list(people), facts.DISTRICT_ONLY):
        person.spot = None
    mixed = [one for one in people if one.district.name == facts.CITY_OF[0] and one.spot is not None]
    for person in rng.sample(mixed, facts.CITY_MIXED_UP):
        person.city = True
    return stops
