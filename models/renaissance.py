"""The networks of all 345 classes of Quick, Draw!: any of them is trained by its name."""

from models import quickdraw

AUGMENTATION = quickdraw.AUGMENTATION
"""Settings of `models.augmentation.RandomAffine`: these are the same kind of drawings."""

SEARCH_SPACE = {
    "learning_rate": {
        "type": "float",
        "low": 0.001,
        "high": 0.01,
        "scale": "log",
        "default": 0.003,
    },
    "learning_rate_decay": {"type": "float", "low": 0.8, "high": 0.98, "default": 0.9},
    "batch_size": {"type": "choice", "values": [256, 512, 1024], "default": 256},
    "Renaissance.units": {
        "type": "integer",
        "low": 256,
        "high": 1024,
        "scale": "log",
        "default": 512,
    },
    "Cnn.units": {"type": "integer", "low": 128, "high": 512, "scale": "log", "default": 256},
    "Cnn.dropout": {"type": "float", "low": 0.1, "high": 0.5, "default": 0.3},
}
"""What a tuning tries; see `models.search_space`."""


class Renaissance(quickdraw.Renaissance):
    """Four convolutions, each with ReLU and max-pooling, and a dense layer."""


class Cnn(quickdraw.Cnn):
    """Three convolutions and two dense layers."""


class Logistic(quickdraw.Logistic):
    """One dense layer: logistic regression on the pixels."""
