"""The metrics that training follows while it runs, updated batch by batch on the accelerator.

Every example has one true label, so PERR is Hit@1: its one true label is the highest score or it
is not. It is computed once.
"""

from typing import Any

import keras
from keras import KerasTensor, ops

TOP_SCORES = 20
"""How many scores a row contributes to GAP."""

_BINS = 4096
_LARGEST_LOGIT = 16.0  # float32 cannot tell a probability that is nearer to 1 from 1


class HitAt1(keras.metrics.SparseCategoricalAccuracy):
    """The share of rows whose highest score is the true class; PERR too, with one label a row."""

    def __init__(self, name: str = "hit_at_1", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)


class StreamingGap(keras.metrics.Metric):
    """Approximates GAP, the average precision of all rows' 20 highest scores together.

    Scores are counted in 4,096 bins of equal width in log(p / (1 - p)) and those in one bin are
    taken as ties in random order: within 0.002 of the exact value (`models.metrics.gap`) on
    2,000 rows and more, in 32 kB whatever the number of rows.
    """

    def __init__(self, name: str = "gap", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self._rows = self.add_variable((), "zeros", name="rows")
        self._scores = self.add_variable((_BINS,), "zeros", name="scores")
        self._true = self.add_variable((_BINS,), "zeros", name="true")

    def update_state(
        self, labels: KerasTensor, probabilities: KerasTensor, sample_weight: Any = None
    ) -> None:
        """Counts the scores of a batch: labels [N], probabilities and weights [N, classes], [N]."""
        labels = ops.reshape(labels, (-1, 1))
        scores, classes = ops.top_k(probabilities, min(TOP_SCORES, probabilities.shape[-1]))
        scores = ops.clip(ops.cast(scores, "float32"), 1e-7, 1 - 6e-8)
        place = (ops.log(scores) - ops.log1p(-scores)) / (2 * _LARGEST_LOGIT) + 0.5
        bins = ops.reshape(ops.cast((1 - place) * _BINS, "int32"), (-1,))
        bins = ops.clip(bins, 0, _BINS - 1)
        weights = ops.ones_like(labels, dtype="float32")
        if sample_weight is not None:
            weights = ops.reshape(ops.cast(sample_weight, "float32"), (-1, 1))
        counted = ops.reshape(ops.ones_like(scores) * weights, (-1,))
        true = ops.reshape(ops.cast(classes == ops.cast(labels, classes.dtype), "float32"), (-1,))
        self._rows.assign_add(ops.sum(weights))
        self._scores.assign_add(ops.segment_sum(counted, bins, _BINS))
        self._true.assign_add(ops.segment_sum(counted * true, bins, _BINS))

    def result(self) -> KerasTensor:
        """Returns GAP so far: 0 without rows."""
        rank = ops.cumsum(self._scores) - (self._scores - 1) / 2  # of a bin's middle score
        true_by_then = ops.cumsum(self._true) - (self._true - 1) / 2
        precision = true_by_then / ops.maximum(rank, 1.0)
        return ops.sum(self._true * precision) / ops.maximum(self._rows, 1.0)
