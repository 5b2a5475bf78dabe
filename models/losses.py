"""The losses to train with: integer labels [N] and probabilities [N, classes] in, float32 [N] out.

A participant writes the same: a `keras.losses.Loss` whose `call` takes these two.
"""

import inspect
from typing import Any

import keras
from keras import KerasTensor, ops

from models.choices import find_class, make


class CrossEntropy(keras.losses.Loss):
    """Minus the log (base e) of the true class's probability."""

    def call(self, labels: KerasTensor, probabilities: KerasTensor) -> KerasTensor:
        """Returns the loss of every row, float32 [N]."""
        return keras.losses.sparse_categorical_crossentropy(labels, probabilities)


class LabelSmoothedCrossEntropy(keras.losses.Loss):
    """Cross-entropy with 0.1 of the truth spread evenly over all classes.

    Source: Szegedy et al. 2016, "Rethinking the Inception Architecture", section 7,
    arXiv:1512.00567.
    """

    def call(self, labels: KerasTensor, probabilities: KerasTensor) -> KerasTensor:
        """Returns the loss of every row, float32 [N]."""
        truth = ops.one_hot(ops.reshape(labels, (-1,)), probabilities.shape[-1])
        return keras.losses.categorical_crossentropy(truth, probabilities, label_smoothing=0.1)


class FocalCrossEntropy(keras.losses.Loss):
    """Cross-entropy times (1 - p) ** 2, p the true class's probability: hard rows count more.

    Source: Lin et al. 2017, "Focal Loss for Dense Object Detection", equation 4 with gamma 2,
    arXiv:1708.02002.
    """

    def call(self, labels: KerasTensor, probabilities: KerasTensor) -> KerasTensor:
        """Returns the loss of every row, float32 [N]."""
        cross_entropy = keras.losses.sparse_categorical_crossentropy(labels, probabilities)
        return (1 - ops.exp(-cross_entropy)) ** 2 * cross_entropy


def find_loss(name: str) -> keras.losses.Loss:
    """Returns a new loss by its name, `CrossEntropy` or `path/to/mine.py:MyLoss`.

    Raises:
        InputError: there is no such class, it is no loss, or it cannot be made.
    """
    return make(find_class(__name__, name, "loss", _fault), "loss")


def _fault(cls: type[Any]) -> str:
    """Says why a class is no loss; "" if it is one."""
    wanted = "`class MyLoss(keras.losses.Loss)` with `def call(self, labels, probabilities)`"
    if not issubclass(cls, keras.losses.Loss):
        return f"is no keras.losses.Loss; write {wanted}"
    if cls.call is keras.losses.Loss.call:
        return f"has no call of its own; write {wanted}"
    try:
        inspect.signature(cls.call).bind(None, "labels", "probabilities")
    except TypeError:
        found = inspect.signature(cls.call)
        return f"its call takes {found}; expected (self, labels, probabilities)"
    return ""
