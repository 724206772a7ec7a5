"""The last look before the network: which phones of a batch may be texted now, and what becomes of the others. Pure."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime

from messaging.classes import POLICIES, MessageClass, heeds_stop
from messaging.gateway import Fate

STOPPED, NO_CONSENT, NOT_A_GUEST, CAP, LATE, SWITCHED_OFF, BARRED = "stop", "consent", "guest", "cap", "late", "switch", "barred"
ASLEEP, ROUTE, ARRIVED = "quiet", "route", "arrived"


@dataclass(frozen=True, slots=True)
class Who:
    """The answer to messaging's question about some refs: whose consent stands, and who must never be texted by this gateway."""

    agreed: Set[str] = frozenset()
    barred: Set[str] = frozenset()
    zones: Mapping[str, str] = field(default_factory=dict)  # ref → IANA zone, of those who do not live by the country's


@dataclass(frozen=True, slots=True)
class Facts:
    """What the marking transaction has just read. Caps are not among it: a turn is taken, not looked at."""

    now: datetime
    stopped: Set[str] = frozenset()
    agreed: Set[str] = frozenset()  # refs whose consent stands
    barred: Set[str] = frozenset()  # refs that this gateway must never carry texts to
    guests: Set[str] = frozenset()  # empty: everybody
    quiet_until: datetime | None = None
    asleep: Mapping[str, datetime] = field(default_factory=dict)  # ref → when its own quiet hours end
    off_until: datetime | None = None  # a switch holds it back; look again at this moment
    after_cap: datetime | None = None  # when a capped phone may be texted again


@dataclass(slots=True)
class Look:
    """Either the whole batch waits (`wait_until`), or each phone goes, or is withheld as [fate, code]."""

    go: list[str] = field(default_factory=list)
    withheld: dict[str, list[str]] = field(default_factory=dict)
    wait_until: datetime | None = None


def look(klass: MessageClass, phones: Sequence[str], refs: Sequence[str], valid_until: datetime, facts: Facts) -> Look:
    """Decide for every phone. What waits past its validity expires instead: nothing is sent late."""
    policy = POLICIES[klass]
    if facts.now >= valid_until:
        return _all(phones, Fate.EXPIRED, LATE)
    if facts.off_until:
        return wait(phones, facts.off_until, valid_until, SWITCHED_OFF)
    if policy.quiet and facts.quiet_until:
        return wait(phones, facts.quiet_until, valid_until, LATE)
    seen = Look()
    for phone, ref in zip(phones, refs, strict=True):
        withheld = _withheld(klass, phone, ref, valid_until, facts)
        if withheld:
            seen.withheld[phone] = withheld
        else:
            seen.go.append(phone)
    return seen


def _withheld(klass: MessageClass, phone: str, ref: str, valid_until: datetime, facts: Facts) -> list[str] | None:
    policy = POLICIES[klass]
    if ref in facts.barred:
        return [Fate.SUPPRESSED, BARRED]
    if heeds_stop(klass) and phone in facts.stopped:
        return [Fate.SUPPRESSED, STOPPED]
    if policy.asks_consent and ref not in facts.agreed:
        return [Fate.SUPPRESSED, NO_CONSENT]
    if facts.guests and phone not in facts.guests:
        return [Fate.SUPPRESSED, NOT_A_GUEST]
    if ref in facts.asleep:
        return [Fate.DEFERRED if facts.asleep[ref] < valid_until else Fate.EXPIRED, ASLEEP]
    return None


def capped(valid_until: datetime, facts: Facts) -> list[str]:
    """What becomes of a phone that has had its share of unasked texts."""
    later = facts.after_cap is not None and facts.after_cap < valid_until
    return [Fate.DEFERRED if later else Fate.EXPIRED, CAP]


def _all(phones: Sequence[str], fate: Fate, code: str) -> Look:
    return Look(withheld={phone: [fate, code] for phone in phones})


def wait(phones: Sequence[str], until: datetime, valid_until: datetime, code: str) -> Look:
    """All of them wait, or expire where their time would be over by then."""
    return _all(phones, Fate.EXPIRED, code) if until >= valid_until else Look(wait_until=until)
