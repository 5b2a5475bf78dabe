"""The highest scores of each row and average precision over them: what the metrics are made of."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.integer[Any]]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Ranking:
    """The `k` highest scores of each of `n` rows, in falling order.

    Attributes:
        classes: int `[n, k]`, the classes that have them.
        scores: float `[n, k]`, the scores.
        true: bool `[n, k]`, whether the class is a true label of the row.
        positives: int `[n]`, the number of true labels of the row, found or not.
    """

    classes: Ints
    scores: Floats
    true: Bools
    positives: Ints

    def hits(self, k: int) -> Bools:
        """Returns `[n]`: whether a true label is among the `k` highest scores of the row."""
        hits: Bools = np.logical_or.reduce(self.true[:, :k], axis=1)
        return hits

    def equal_recall_precision(self) -> Floats:
        """Returns `[n]`: with k true labels in the row, their share among its k highest scores.

        Scores of 0 or less do not count, and a row without true labels has 0.
        """
        counts = np.arange(self.true.shape[1]) < self.positives[:, None]
        found = (self.true & counts & (self.scores > 0)).sum(axis=1)
        shares: Floats = found / np.maximum(self.positives, 1)
        return shares


def aligned(predictions: npt.ArrayLike, labels: npt.ArrayLike) -> tuple[Floats, Bools]:
    """Returns scores and truth, both `[n, classes]`.

    Args:
        predictions: float `[n, classes]`, or `[n, 1]`: the probability of class 1 of two.
        labels: int `[n]` class indexes, or 0/1 `[n, classes]` for any number of true labels.

    Raises:
        ValueError: shapes that do not fit, or a label that is no class.
    """
    scores, given = np.asarray(predictions), np.asarray(labels)
    if scores.ndim != 2:
        raise ValueError(f"predictions must be [n, classes], not {scores.shape}")
    if scores.shape[1] == 1:
        scores = np.concatenate([1 - scores, scores], axis=1)
        given = given.ravel()
    rows, classes = scores.shape
    if given.shape == scores.shape:
        return scores, given > 0
    if given.shape != (rows,):
        raise ValueError(f"labels {given.shape} do not fit predictions {scores.shape}")
    if rows and not 0 <= int(given.min()) <= int(given.max()) < classes:
        raise ValueError(f"labels must lie between 0 and {classes - 1}")
    return scores, given[:, None] == np.arange(classes)


def rank(scores: Floats, truth: Bools, k: int, rng: np.random.Generator) -> Ranking:
    """Ranks the scores of each row; equal scores come in random order.

    Args:
        scores: float `[n, classes]`.
        truth: bool `[n, classes]`.
        k: how many scores of a row to keep; never fewer than the most true labels of a row.
        rng: draws the order of ties.
    """
    positives = truth.sum(axis=1)
    classes = _highest(scores, max(k, int(positives.max(initial=0))), rng)
    return Ranking(
        classes,
        np.take_along_axis(scores, classes, axis=1),
        np.take_along_axis(truth, classes, axis=1),
        positives,
    )


def average_precision(
    scores: Floats, true: Bools, owners: Ints, positives: Ints, rng: np.random.Generator
) -> Floats:
    """Returns the average precision of each of several lists of scores.

    Over a list by falling score: the sum, over the positives found, of (positives so far / rank),
    divided by all the positives there are (`average_precision_calculator.py` of the YouTube-8M
    starter kit). Ties come in random order, and a list without positives has 0.

    Args:
        scores: float `[m]`, of all lists together.
        true: bool `[m]`, which of them belong to positives.
        owners: int `[m]`, the list that each belongs to.
        positives: int `[lists]`, all the positives of each list, found or not.
        rng: draws the order of ties.

    Returns:
        float64 `[lists]`, each between 0 and 1.
    """
    order = rng.permutation(len(scores))
    order = order[np.argsort(-scores[order])]
    order = order[np.argsort(owners[order], kind="stable")]
    starts = np.searchsorted(owners[order], np.arange(len(positives)))
    found = np.flatnonzero(true[order])
    owner = owners[order[found]]
    ranks = found - starts[owner] + 1
    so_far = np.arange(1, len(found) + 1) - np.searchsorted(found, starts)[owner]
    sums = np.bincount(owner, weights=so_far / ranks, minlength=len(positives))
    return sums / np.maximum(positives, 1)


def _highest(scores: Floats, k: int, rng: np.random.Generator) -> Ints:
    """Returns the columns `[n, k]` of the `k` highest scores of each row, in falling order."""
    order = np.argsort(-scores, axis=1)
    near = np.take_along_axis(scores, order[:, : k + 1], axis=1)
    tied = np.flatnonzero((near[:, 1:] == near[:, :-1]).any(axis=1))
    if len(tied):  # shuffling every row would cost four times the sort
        columns = np.broadcast_to(np.arange(scores.shape[1]), (len(tied), scores.shape[1]))
        shuffled = rng.permuted(columns, axis=1)
        again = np.argsort(-np.take_along_axis(scores[tied], shuffled, axis=1), axis=1)
        order[tied] = np.take_along_axis(shuffled, again, axis=1)
    return order[:, :k]
