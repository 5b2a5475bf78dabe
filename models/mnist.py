"""The networks of MNIST: any of them is trained by its name."""

from typing import Any

from keras import KerasTensor

from models.layers import classifier, convolutions, logistic

AUGMENTATION: dict[str, Any] = {"rotation": 10.0, "scale": 0.1, "shift": 0.08}
"""Settings of `models.augmentation.RandomAffine`: a digit in the mirror is none."""


class Logistic:
    """One dense layer: logistic regression on the pixels."""

    def __call__(self, images: KerasTensor, num_classes: int) -> KerasTensor:
        """Returns probabilities `[N, num_classes]` of normalised `[N, H, W, C]` images."""
        return logistic(images, num_classes)


class Cnn:
    """Three convolutions and two dense layers."""

    def __call__(self, images: KerasTensor, num_classes: int) -> KerasTensor:
        """Returns probabilities `[N, num_classes]` of normalised `[N, H, W, C]` images."""
        return classifier(convolutions(images, (24, 48, 96)), num_classes, units=256)
