"""The competition's metrics (Hit@1, top-k, PERR, GAP, mAP) over arrays, or batch by batch.

The definitions are those of YouTube-8M (Abu-El-Haija et al. 2016, arXiv:1609.08675, and
`eval_util.py` of its starter kit). Every function takes

    predictions: float `[n, classes]`; `[n, 1]` is the probability of class 1 of two
    labels: int `[n]` class indexes, or 0/1 `[n, classes]` for any number of true labels a row
    seed: draws the order of equal scores, so that an order in the input cannot flatter

and raises ValueError for shapes that do not fit, for labels out of range and for no rows at all.
"""

import numpy as np
import numpy.typing as npt

from models.confusion import confusion_matrix
from models.ranking import Bools, Floats, Ints, Ranking, aligned, average_precision, rank

TOP_SCORES = 20
"""How many scores a row contributes to GAP and mAP."""

_SMALLEST_PROBABILITY = 1e-7  # as Keras clips, so that losses here and in training agree
_NO_ROWS = "the metrics of no rows are undefined"


def hit_at_1(predictions: npt.ArrayLike, labels: npt.ArrayLike, seed: int = 0) -> float:
    """Returns the share of rows whose highest-scoring class is a true label."""
    return top_k_accuracy(predictions, labels, 1, seed)


def top_k_accuracy(
    predictions: npt.ArrayLike, labels: npt.ArrayLike, k: int = 5, seed: int = 0
) -> float:
    """Returns the share of rows with a true label among the `k` highest scores."""
    return _mean(_ranking(predictions, labels, k, seed).hits(k))


def perr(predictions: npt.ArrayLike, labels: npt.ArrayLike, seed: int = 0) -> float:
    """Returns the precision at equal recall rate.

    For each row, with k its number of true labels: the share of true labels among its k highest
    scores, of which those of 0 or less do not count; the mean over rows.
    """
    return _mean(_ranking(predictions, labels, 1, seed).equal_recall_precision())


def gap(
    predictions: npt.ArrayLike, labels: npt.ArrayLike, top: int = TOP_SCORES, seed: int = 0
) -> float:
    """Returns the global average precision: one over all rows and classes together.

    Each row contributes its `top` highest scores; all true labels are in the denominator.
    """
    return _accumulated(predictions, labels, top, seed).gap()


def mean_average_precision(
    predictions: npt.ArrayLike, labels: npt.ArrayLike, top: int = TOP_SCORES, seed: int = 0
) -> float:
    """Returns mAP: the mean over classes of each class's average precision over all rows.

    Each row contributes its `top` highest scores; all true labels are in the denominators. A
    class that is nowhere a true label has 0, as in the starter kit.
    """
    return _accumulated(predictions, labels, top, seed).mean_average_precision()


def cross_entropy(predictions: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Returns the mean over rows of minus the log (base e) of the true labels' probabilities.

    Probabilities below 1e-7 count as that; the logs of several true labels are summed.
    """
    return _mean(_cross_entropies(*aligned(predictions, labels)))


class ClassificationMetrics:
    """Accumulates all the metrics over batches.

    Keeps, of every row, the `top` highest scores, their classes and whether these are true: 140
    bytes a row at 20 float32 scores. Everything else is sums.

    Args:
        classes: number of classes; 2 for a single sigmoid output.
        top: how many scores of a row GAP and mAP see.
        seed: draws the order of equal scores.

    Attributes:
        confusion: int64 `[classes, classes]`, by true class and predicted class, of the rows
            with one true label.

    Example:
        >>> metrics = ClassificationMetrics(classes=3)
        >>> ranking = metrics.update([[0.7, 0.2, 0.1]], [0])
        >>> metrics.result()["hit_at_1"]
        1.0
    """

    def __init__(self, classes: int, top: int = TOP_SCORES, seed: int = 0) -> None:
        self.confusion = np.zeros((classes, classes), np.int64)
        self._top = top
        self._seed = seed
        self._rng = np.random.default_rng(seed)
        self._rows = 0
        self._sums = dict.fromkeys(("loss", "hit_at_1", "top_5", "perr"), 0.0)
        self._class_positives = np.zeros(classes, np.int64)
        self._scores: list[Floats] = []
        self._classes: list[Ints] = []
        self._true: list[Bools] = []

    def update(self, predictions: npt.ArrayLike, labels: npt.ArrayLike) -> Ranking:
        """Takes in a batch.

        Returns:
            The ranking of the batch: `classes[:, 0]` are the predicted classes.
        """
        scores, truth = aligned(predictions, labels)
        classes = len(self.confusion)
        if scores.shape[1] != classes:
            raise ValueError(f"expected predictions of {classes} classes, not {scores.shape[1]}")
        ranking = rank(scores, truth, max(self._top, 5), self._rng)

        self._rows += len(scores)
        self._sums["loss"] += float(_cross_entropies(scores, truth).sum())
        self._sums["hit_at_1"] += float(ranking.hits(1).sum())
        self._sums["top_5"] += float(ranking.hits(5).sum())
        self._sums["perr"] += float(ranking.equal_recall_precision().sum())
        self._class_positives += truth.sum(axis=0)
        single = ranking.positives == 1
        self.confusion += confusion_matrix(
            truth[single].argmax(axis=1), ranking.classes[single, 0], classes
        )
        self._scores.append(ranking.scores[:, : self._top].ravel())
        self._classes.append(ranking.classes[:, : self._top].ravel().astype(np.uint16))
        self._true.append(ranking.true[:, : self._top].ravel())
        return ranking

    def gap(self) -> float:
        """Returns the global average precision of the rows so far."""
        scores, _, true = self._kept()
        owners, positives = np.zeros(len(true), np.uint8), self._class_positives.sum(keepdims=True)
        return _mean(average_precision(scores, true, owners, positives, self._fresh_rng()))

    def mean_average_precision(self) -> float:
        """Returns the mean over classes of the average precision of the rows so far."""
        scores, classes, true = self._kept()
        positives = self._class_positives
        return _mean(average_precision(scores, true, classes, positives, self._fresh_rng()))

    def result(self) -> dict[str, float]:
        """Returns `examples`, `loss`, `hit_at_1`, `top_5`, `perr`, `gap` and `map` so far.

        Raises:
            ValueError: there were no rows.
        """
        ranked = {"gap": self.gap(), "map": self.mean_average_precision()}
        means = {name: total / self._rows for name, total in self._sums.items()}
        return {"examples": self._rows, **means, **ranked}

    def _kept(self) -> tuple[Floats, Ints, Bools]:
        """Returns the scores, classes and truths kept so far, all rows together."""
        if not self._rows:
            raise ValueError(_NO_ROWS)
        return (
            np.concatenate(self._scores),
            np.concatenate(self._classes),
            np.concatenate(self._true),
        )

    def _fresh_rng(self) -> np.random.Generator:
        """Returns the same draws every time, so that asking twice gives the same answer."""
        return np.random.default_rng(self._seed)


def _ranking(predictions: npt.ArrayLike, labels: npt.ArrayLike, k: int, seed: int) -> Ranking:
    return rank(*aligned(predictions, labels), k, np.random.default_rng(seed))


def _accumulated(
    predictions: npt.ArrayLike, labels: npt.ArrayLike, top: int, seed: int
) -> ClassificationMetrics:
    scores, truth = aligned(predictions, labels)
    metrics = ClassificationMetrics(scores.shape[1], top, seed)
    metrics.update(scores, truth)
    return metrics


def _cross_entropies(scores: Floats, truth: Bools) -> Floats:
    """Returns the cross-entropy `[n]` of each row, float64."""
    logs = np.log(np.maximum(scores, _SMALLEST_PROBABILITY, dtype=np.float64))
    summed: Floats = np.sum(-logs, axis=1, where=truth)
    return summed


def _mean(values: npt.NDArray[np.generic]) -> float:
    if not len(values):
        raise ValueError(_NO_ROWS)
    return float(values.mean())
