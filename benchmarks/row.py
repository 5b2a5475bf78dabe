"""One line of the results: what was measured, beside what, and the goal."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

Compared = Literal["ratio", "difference", "alone"]


@dataclass(frozen=True)
class Row:
    """A path, measured some times in turns with what it is compared to.

    Attributes:
        path: what was measured, such as `evaluation`.
        beside: what it is compared to, such as `model.predict on arrays in memory`.
        unit: of every measurement, such as `images/s` or `s`.
        ours: a measurement a round, at least 5 where rounds differ.
        other: those of what it is compared to; empty where `compared` is `alone`.
        goal: what the comparison should reach.
        at_least: the comparison should be `goal` or more, else `goal` or less.
        compared: `ratio` is ours / other, `difference` is ours - other, `alone` is ours.
        note: what a reader must know to read the figures, such as the batch size.
    """

    path: str
    beside: str
    unit: str
    ours: Sequence[float]
    other: Sequence[float]
    goal: float
    at_least: bool = False
    compared: Compared = "ratio"
    note: str = ""
    reached: bool = field(init=False)

    def __post_init__(self) -> None:
        value = self.value
        object.__setattr__(
            self, "reached", value >= self.goal if self.at_least else value <= self.goal
        )

    @property
    def value(self) -> float:
        """The medians, compared."""
        if self.compared == "alone":
            return median(self.ours)
        if self.compared == "difference":
            return median(self.ours) - median(self.other)
        return median(self.ours) / median(self.other)
