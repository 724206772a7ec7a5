"""Local measures in kilograms, low, usual and high (field figures, Uganda; a district's own weighings override them)."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Measure:
    crop: str
    unit: str
    low: Decimal
    usual: Decimal
    high: Decimal


def _row(crop: str, unit: str, low: int, usual: int, high: int) -> Measure:
    return Measure(crop, unit, Decimal(low), Decimal(usual), Decimal(high))


# Volume decides: a "100 kg" bag is about 130 litres and holds what its crop weighs.
MEASURES = (
    _row("maize", "debe", 15, 16, 19),
    _row("maize", "basin", 11, 14, 18),
    _row("maize", "bag", 90, 100, 120),
    _row("beans", "debe", 15, 17, 19),
    _row("beans", "basin", 12, 15, 20),
    _row("beans", "bag", 100, 105, 125),
    _row("sorghum", "debe", 15, 16, 18),
    _row("sorghum", "bag", 90, 100, 110),
    _row("millet", "debe", 15, 16, 18),
    _row("millet", "bag", 90, 100, 110),
    _row("soya", "debe", 14, 15, 17),
    _row("soya", "bag", 95, 100, 105),
    _row("sesame", "debe", 11, 12, 14),
    _row("sesame", "bag", 75, 80, 90),
    _row("sunflower", "bag", 40, 50, 60),
    _row("rice", "bag", 65, 75, 85),
    _row("potato", "debe", 13, 14, 17),
    _row("potato", "bag", 90, 110, 140),
)


def measure(crop: str, unit: str) -> Measure | None:
    """What one local unit of a crop weighs, or None where it must not be converted (heaps, bunches)."""
    return next((row for row in MEASURES if row.crop == crop and row.unit == unit), None)
