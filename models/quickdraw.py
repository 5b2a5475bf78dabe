"""The networks of Quick, Draw!: any of them is trained by its name."""

from typing import Any

from keras import KerasTensor, layers

from models.layers import classifier, convolutions, logistic

AUGMENTATION: dict[str, Any] = {"rotation": 10.0, "scale": 0.1, "shift": 0.05, "flip": True}
"""Settings of `models.augmentation.RandomAffine`: people draw at any angle and either way."""


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


class Renaissance:
    """Four convolutions, each with ReLU and max-pooling, and a dense layer of 512."""

    def __call__(self, images: KerasTensor, num_classes: int) -> KerasTensor:
        """Returns probabilities `[N, num_classes]` of normalised `[N, H, W, C]` images."""
        x = images
        for filters in (16, 32, 64, 96):
            x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
            x = layers.MaxPooling2D()(x)
        x = layers.Dense(512, activation="relu")(layers.Flatten()(x))
        return layers.Dense(num_classes, activation="softmax", dtype="float32")(x)
