"""How far new data has moved away from the data that the champion was trained on."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import Any

import numpy as np

from models.promotion.statistics import BINS, DataStatistics
from preprocessing.errors import InputError

SMALLEST_SHARE = 1e-4
"""What a share counts as at least, so that one which was empty does not make the index infinite."""


def population_stability_index(before: Sequence[float], after: Sequence[float]) -> float:
    """Returns how far a distribution has moved: the sum of (q - p) ln(q / p) over its shares.

    By the usual rule of thumb below 0.1 is little, above 0.25 is much (Siddiqi, Credit Risk
    Scorecards, 2006). It is Jeffreys' divergence, and the same in both directions.

    Args:
        before: shares that sum to 1; below `SMALLEST_SHARE` they count as that.
        after: as many.
    """
    p, q = (
        np.maximum(np.asarray(shares, np.float64), SMALLEST_SHARE) for shares in (before, after)
    )
    return float(((q - p) * np.log(q / p)).sum())


@dataclass(frozen=True)
class Drift:
    """How far the data has moved.

    Attributes:
        classes: index of the class shares.
        pixels: index of the pixels' histogram, of the channel that moved most.
        moved_class: in words, whose share changed most.
        moved_pixels: in words, how the pixels of that channel changed.
    """

    classes: float
    pixels: float
    moved_class: str
    moved_pixels: str

    def as_json(self) -> dict[str, Any]:
        """Returns what `json.dumps` takes."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Returns what to tell."""
        return [
            f"class shares: {_index(self.classes)}; {self.moved_class}",
            f"pixels: {_index(self.pixels)}; {self.moved_pixels}",
        ]

    def check(self, max_drift: float) -> None:
        """Raises InputError, in one line, if an index is larger; 0 lets everything pass."""
        if max_drift and max(self.classes, self.pixels) > max_drift:
            told = self.lines()[self.pixels > self.classes]
            raise InputError(
                f"the data has drifted from the champion's by more than max_drift={max_drift:g}:"
                f" {told}; look at the data, or allow more with a larger max_drift or 0"
            )


def check_max_drift(max_drift: float) -> None:
    """Raises InputError for what can be no limit."""
    if not (math.isfinite(max_drift) and max_drift >= 0):
        raise InputError(
            f"max_drift={max_drift:g}: expected 0 to report only, or an index such as 0.25"
        )


def measure_drift(before: DataStatistics, after: DataStatistics) -> Drift:
    """Compares two sets of examples.

    Args:
        before: what the champion was trained on.
        after: the new data. A class or channel that only one of them has counts as moved.
    """
    names = list(before.class_shares | after.class_shares)
    shares = [[one.class_shares.get(name, 0.0) for name in names] for one in (before, after)]
    most = max(range(len(names)), key=lambda index: abs(shares[1][index] - shares[0][index]))
    none = [0.0] * BINS
    indexes = [
        population_stability_index(p, q)
        for p, q in zip_longest(before.pixel_histogram, after.pixel_histogram, fillvalue=none)
    ]
    channel = int(np.argmax(indexes))
    return Drift(
        population_stability_index(*shares),
        indexes[channel],
        f"{names[most]} was {100 * shares[0][most]:.1f} %, is {100 * shares[1][most]:.1f} %",
        f"mean was {_level(before, channel)}, is {_level(after, channel)}"
        + (f" in channel {channel + 1}" if len(indexes) > 1 else ""),
    )


def _index(value: float) -> str:
    amount = "little" if value < 0.1 else "some" if value <= 0.25 else "much"
    return f"{amount} drift, stability index {value:.3f}"


def _level(statistics: DataStatistics, channel: int) -> str:
    if channel >= len(statistics.pixel_mean):
        return "none"
    mean, deviation = statistics.pixel_mean[channel], statistics.pixel_deviation[channel]
    return f"{mean:.1f} (deviation {deviation:.1f})"
