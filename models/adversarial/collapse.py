"""What can go wrong between two networks that train each other, told in words while it does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]

STEPS, ROWS = 100, 2
"""For how many steps in a row, and rows of the history, something must be so before it is told."""

NEARLY_ALWAYS = 0.99
"""The share of answers from which a discriminator is said to always give them."""

LEARNT_SOMETHING = 200
"""Steps until which no generator can be expected to make different images."""


@dataclass(frozen=True)
class Collapse:
    """One way in which a training gets nowhere.

    Attributes:
        holds: says of a row of the history whether it is so.
        begins: what is told when it has been so for `STEPS` and `ROWS`; may use the row's values.
        ends: what is told when it is so no longer.
    """

    holds: Callable[[Row], bool]
    begins: str
    ends: str


COLLAPSES = (
    Collapse(
        lambda row: row["diversity"] < 0.1 and row["step"] > LEARNT_SOMETHING,
        "the generated images are nearly all alike (diversity {diversity:.2f}; as different as the"
        " real ones is 1): the generator has collapsed; if this lasts, try loss=GradientPenalty or"
        " a smaller learning_rate",
        "the generated images differ again (diversity {diversity:.2f})",
    ),
    Collapse(
        lambda row: min(row["accuracy_real"], row["accuracy_generated"]) >= NEARLY_ALWAYS,
        "the discriminator is right on nearly every image, so the generator can learn little from"
        " it; if this lasts, try loss=GradientPenalty or a smaller learning_rate",
        "the discriminator makes mistakes again",
    ),
    Collapse(
        lambda row: (
            row["accuracy_real"] >= NEARLY_ALWAYS and row["accuracy_generated"] <= 1 - NEARLY_ALWAYS
        ),
        "the discriminator takes nearly every image for real, so the generator learns nothing"
        " from it; if this lasts, try another loss or learning_rate",
        "the discriminator no longer takes nearly every image for real",
    ),
    Collapse(
        lambda row: (
            row["accuracy_real"] <= 1 - NEARLY_ALWAYS and row["accuracy_generated"] >= NEARLY_ALWAYS
        ),
        "the discriminator takes nearly every image for generated, the real ones too; if this"
        " lasts, try another loss or learning_rate",
        "the discriminator no longer takes nearly every image for generated",
    ),
)


def collapse_news(history: Sequence[Row]) -> list[str]:
    """Returns what the last row of a history changes: sentences, each told once when it begins.

    Args:
        history: rows of a training, in order: `step`, `diversity`, `accuracy_real` and
            `accuracy_generated`, which are means of the steps since the row before.
    """
    news = []
    for collapse in COLLAPSES:
        before, now = _lasts(history[:-1], collapse), _lasts(history, collapse)
        if before != now:
            told = collapse.begins if now else collapse.ends
            news.append(f"step {history[-1]['step']:,}: {told.format(**history[-1])}")
    return news


def _lasts(history: Sequence[Row], collapse: Collapse) -> bool:
    """Says whether the last rows, `ROWS` and `STEPS` of the training at least, are all so."""
    first = len(history)
    while first and collapse.holds(history[first - 1]):
        first -= 1
    if len(history) - first < ROWS:  # one row may have hundreds of steps, and one diversity
        return False
    begun = history[first - 1]["step"] if first else 0
    return bool(history[-1]["step"] - begun >= STEPS)
