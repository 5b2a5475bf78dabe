"""The networks of Quick, Draw!: any of them is trained by its name."""

from typing import Any

from keras import KerasTensor, layers

from models.layers import classifier, convolutions, logistic

AUGMENTATION: dict[str, Any] = {"rotation": 10.0, "scale": 0.1, "shift": 0.05, "flip": True}
"""Settings of `models.augmentation.RandomAffine`: people draw at any angle and either way."""

SEARCH_SPACE = {
    "learning_rate": {
        "type": "float",
        "low": 0.001,
        "high": 0.01,
        "scale": "log",
        "default": 0.003,
    },
    "learning_rate_decay": {"type": "float", "low": 0.6, "high": 0.95, "default": 0.8},
    "batch_size": {"type": "choice", "values": [64, 128, 256], "default": 128},
    "Cnn.units": {"type": "integer", "low": 128, "high": 512, "scale": "log", "default": 256},
    "Cnn.dropout": {"type": "float", "low": 0.1, "high": 0.5, "default": 0.3},
    "Renaissance.units": {
        "type": "integer",
        "low": 256,
        "high": 1024,
        "scale": "log",
        "default": 512,
    },
}
"""What a tuning tries; see `models.search_space`."""


class Logistic:
    """One dense layer: logistic regression on the pixels."""

    def __call__(self, images: KerasTensor, num_classes: int) -> KerasTensor:
        """Returns probabilities `[N, num_classes]` of normalised `[N, H, W, C]` images."""
        return logistic(images, num_classes)


class Cnn:
    """Three convolutions and two dense layers.

    Args:
        units: width of the first dense layer.
        dropout: share of its inputs, and of its outputs, that are dropped in training.
    """

    def __init__(self, units: int = 256, dropout: float = 0.3) -> None:
        self.units = units
        self.dropout = dropout

    def __call__(self, images: KerasTensor, num_classes: int) -> KerasTensor:
        """Returns probabilities `[N, num_classes]` of normalised `[N, H, W, C]` images."""
        features = convolutions(images, (24, 48, 96))
        return classifier(features, num_classes, self.units, self.dropout)


class Renaissance:
    """Four convolutions, each with ReLU and max-pooling, and a dense layer.

    Args:
        units: width of the dense layer.
    """

    def __init__(self, units: int = 512) -> None:
        self.units = units

    def __call__(self, images: KerasTensor, num_classes: int) -> KerasTensor:
        """Returns probabilities `[N, num_classes]` of normalised `[N, H, W, C]` images."""
        x = images
        for filters in (16, 32, 64, 96):
            x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
            x = layers.MaxPooling2D()(x)
        x = layers.Dense(self.units, activation="relu")(layers.Flatten()(x))
        return layers.Dense(num_classes, activation="softmax", dtype="float32")(x)
