"""The networks of all 345 classes of Quick, Draw!: any of them is trained by its name."""

from models import quickdraw

AUGMENTATION = quickdraw.AUGMENTATION
"""Settings of `models.augmentation.RandomAffine`: these are the same kind of drawings."""


class Renaissance(quickdraw.Renaissance):
    """Four convolutions, each with ReLU and max-pooling, and a dense layer."""


class Cnn(quickdraw.Cnn):
    """Three convolutions and two dense layers."""


class Logistic(quickdraw.Logistic):
    """One dense layer: logistic regression on the pixels."""
