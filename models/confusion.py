"""Which classes a model takes for which: the confusion matrix and what is read off it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.ranking import Floats, Ints

Confusion = npt.NDArray[np.int64]
"""Counts `[classes, classes]`: rows by true class, columns by predicted class."""


def confusion_matrix(labels: Ints, predicted: Ints, classes: int) -> Confusion:
    """Counts `labels` `[n]` against `predicted` `[n]`, both class indexes."""
    cells = labels.astype(np.int64) * classes + predicted
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def row_shares(confusion: Confusion) -> Floats:
    """Returns each count as a share of its row: float64, 0 to 1; an empty row is all 0."""
    shares: Floats = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    return shares


@dataclass(frozen=True)
class ClassScores:
    """How each class fares; float64 `[classes]`, 0 where there is nothing to divide by.

    Attributes:
        precision: of the examples predicted as the class, the share that are of it.
        recall: of the examples of the class, the share predicted as it.
        f1: the harmonic mean of the two.
    """

    precision: Floats
    recall: Floats
    f1: Floats


def class_scores(confusion: Confusion) -> ClassScores:
    """Returns precision, recall and F1 of every class."""
    right = confusion.diagonal()
    examples, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    return ClassScores(
        precision=right / np.maximum(predicted, 1),
        recall=right / np.maximum(examples, 1),
        f1=2 * right / np.maximum(examples + predicted, 1),
    )


@dataclass(frozen=True)
class ConfusedPair:
    """Two classes and how often each was taken for the other.

    Attributes:
        first: the class more often mistaken of the two, by index.
        second: the other.
        first_as_second: examples of `first` predicted as `second`.
        second_as_first: examples of `second` predicted as `first`.
    """

    first: int
    second: int
    first_as_second: int
    second_as_first: int


def most_confused_pairs(confusion: Confusion, limit: int) -> list[ConfusedPair]:
    """Returns up to `limit` pairs of classes, by falling number of mistakes in both directions."""
    both = np.triu(confusion + confusion.T, k=1)
    pairs = []
    for cell in np.argsort(-both, axis=None, kind="stable")[:limit]:
        first, second = map(int, np.unravel_index(cell, both.shape))
        if not both[first, second]:
            break
        if confusion[second, first] > confusion[first, second]:
            first, second = second, first
        there, back = int(confusion[first, second]), int(confusion[second, first])
        pairs.append(ConfusedPair(first, second, there, back))
    return pairs


def most_confused_classes(confusion: Confusion, limit: int) -> list[int]:
    """Returns up to `limit` class indexes: those of the most confused pairs, pairs side by side.

    With `limit` classes or fewer, returns all in label order.
    """
    if len(confusion) <= limit:
        return list(range(len(confusion)))
    chosen: dict[int, None] = {}
    for pair in most_confused_pairs(confusion, limit * limit):
        chosen.update({pair.first: None, pair.second: None})
        if len(chosen) >= limit:
            break
    return list(chosen)[:limit]
