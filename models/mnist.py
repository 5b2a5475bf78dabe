"""The networks of MNIST: any of them is trained by its name."""

from typing import Any

from models import quickdraw

AUGMENTATION: dict[str, Any] = {"rotation": 10.0, "scale": 0.1, "shift": 0.08}
"""Settings of `models.augmentation.RandomAffine`: a digit in the mirror is none."""


class Cnn(quickdraw.Cnn):
    """Three convolutions and two dense layers."""


class Logistic(quickdraw.Logistic):
    """One dense layer: logistic regression on the pixels."""
