"""Which values cannot be right: one value against its own series, the same month elsewhere, and what is possible at all.

Everything here is pure. Prices are compared by ratio, on a logarithmic scale, against medians, so that one earlier error
cannot hide the next. Whole markets move together with the harvest: what the neighbours did since is taken off first.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import exp, log
from statistics import median

from core.money import figure

HISTORY = 4  # values of its own that a series needs before it can speak
COMPANY = 3  # other markets that must have spoken for their level to accuse; two are enough to excuse
TIGHT, WIDE = log(2.2), log(3.0)  # a steady series may still double and a bit; the most restless one may not do ×3 alone
SPREADS = 5.0  # between the two: so many robust standard deviations of the series
STEADY = 0.12  # the spread of a series that never moves, so that its first step is not infinitely odd
EXCUSED = log(1.5)  # this near to the other markets, a step is a return to what is usual
ALONE = log(3.0)  # a series without history against the other markets
TOGETHER = log(2.0)  # how much of a common step the neighbours can excuse

ADJUSTED = Decimal("1.046")  # a factor that was once laid over a whole month instead of asking
ROUND = 100
NEARLY = Decimal("0.0003")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a value is held: `code` groups doubts in a report, `says` is the sentence that a person reads."""

    code: str
    says: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another market the same month: its amount, and the usual of its own series before (None while it has no history)."""

    amount: float
    usual: float | None


def usual(recent: Sequence[float]) -> float | None:
    """The median of a series' recent amounts, oldest first or not; None before it has HISTORY of them."""
    return exp(median(map(log, recent))) if len(recent) >= HISTORY else None


def doubt(
    amount: float, recent: Sequence[float], neighbours: Sequence[Neighbour], bounds: tuple[Decimal, Decimal] | None = None
) -> Doubt | None:
    """Why this amount must be looked at by a person, or None.

    `recent` are amounts of the same series that were found right, `neighbours` the other markets of the same month,
    `bounds` the possible: all in one currency, for one kind and one unit.
    """
    if bounds is not None and amount < bounds[0]:
        return Doubt("impossibly low", f"{_said(amount)} is lower than any right value ever was (floor {_said(bounds[0])})")
    if bounds is not None and amount > bounds[1]:
        return Doubt("impossibly high", f"{_said(amount)} is higher than any right value ever was (ceiling {_said(bounds[1])})")
    own = usual(recent)
    if own is not None and abs(log(amount / own)) <= TIGHT:
        return None
    elsewhere = median(log(each.amount) for each in neighbours) if len(neighbours) >= 2 else None
    if own is None:
        return _against_others(amount, elsewhere, len(neighbours))
    if elsewhere is not None and abs(log(amount) - elsewhere) <= EXCUSED:
        return None
    return _against_itself(amount, own, recent, neighbours, elsewhere)


def _against_others(amount: float, elsewhere: float | None, count: int) -> Doubt | None:
    """A series that has no past yet is compared with the other markets alone."""
    if elsewhere is None or count < COMPANY or abs(log(amount) - elsewhere) <= ALONE:
        return None
    return Doubt(
        "far from other markets",
        f"{_said(amount)} is {_times(amount, exp(elsewhere))} what {count} other markets said that month ({_said(exp(elsewhere))}), "
        "and this market has no history yet",
    )


def _against_itself(
    amount: float, own: float, recent: Sequence[float], neighbours: Sequence[Neighbour], elsewhere: float | None
) -> Doubt | None:
    moved = [log(each.amount / each.usual) for each in neighbours if each.usual is not None]
    common = max(-TOGETHER, min(TOGETHER, median(moved))) if len(moved) >= COMPANY else 0.0
    step = log(amount / own)
    left = min(abs(step), abs(step - common))
    spread = max(STEADY, 1.4826 * median(abs(log(each / own)) for each in recent))
    if left <= min(WIDE, max(TIGHT, SPREADS * spread)):
        return None
    beside = (
        f"; other markets said {_said(exp(elsewhere))} that month" if elsewhere is not None else "; too few other markets to compare with"
    )
    return Doubt("far from its series", f"{_said(amount)} is {_times(amount, own)} its usual {_said(own)}{beside}")


def _said(amount: float | Decimal) -> str:
    exact = Decimal(str(amount))
    return figure(exact) if exact >= 100 else f"{exact.quantize(Decimal('0.01')).normalize():f}"


def _times(amount: float, usual_: float) -> str:
    ratio = amount / usual_
    return f"{ratio:.1f} times" if ratio >= 0.1 else f"{ratio:.3f} times"


def adjusted(amounts: Sequence[Decimal]) -> list[bool]:
    """Which amounts of one market and month were not asked for but computed: a round figure times ADJUSTED.

    One such value is chance. Where at least three are, and most of the market's values, the month was adjusted, and
    those values are estimates.
    """
    marks = [_is_adjusted(amount) for amount in amounts]
    count = Counter(marks)[True]
    return marks if count >= 3 and count * 2 > len(marks) else [False] * len(marks)


def _is_adjusted(amount: Decimal) -> bool:
    if amount < ROUND or amount % ROUND == 0:
        return False
    before = amount / ADJUSTED
    nearest = (before / ROUND).to_integral_value() * ROUND
    return nearest > 0 and abs(before - nearest) <= NEARLY * nearest
