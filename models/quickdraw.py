"""The networks of Quick, Draw!: any of them is trained by its name."""

from typing import Any

from keras import KerasTensor, layers, regularizers

AUGMENTATION: dict[str, Any] = {"rotation": 10.0, "scale": 0.1, "shift": 0.05, "flip": True}
"""Settings of `models.augmentation.RandomAffine`: people draw at any angle and either way."""


class Logistic:
    """One dense layer: logistic regression on the pixels."""

    def __call__(self, images: KerasTensor, num_classes: int) -> KerasTensor:
        """Returns probabilities `[N, num_classes]` of normalised `[N, H, W, C]` images."""
        return layers.Dense(
            num_classes,
            activation="softmax",
            kernel_regularizer=regularizers.L2(1e-8),
            dtype="float32",
        )(layers.Flatten()(images))


class Cnn:
    """Three convolutions, each pooled before it is normalised, and two dense layers.

    Pooling first makes batch normalisation four times cheaper and does as well.
    """

    def __call__(self, images: KerasTensor, num_classes: int) -> KerasTensor:
        """Returns probabilities `[N, num_classes]` of normalised `[N, H, W, C]` images."""
        x = images
        for filters in (24, 48, 96):
            x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
            x = layers.MaxPooling2D()(x)
            x = layers.BatchNormalization(momentum=0.9)(x)
            x = layers.ReLU()(x)
        x = layers.Dropout(0.3)(layers.Flatten()(x))
        x = layers.Dense(256, activation="relu")(x)
        x = layers.Dropout(0.3)(x)
        return layers.Dense(num_classes, activation="softmax", dtype="float32")(x)


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
