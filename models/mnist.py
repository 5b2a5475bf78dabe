"""The networks of MNIST: any of them is trained by its name."""

from typing import Any

from models import quickdraw

AUGMENTATION: dict[str, Any] = {"rotation": 10.0, "scale": 0.1, "shift": 0.08}
"""Settings of `models.augmentation.RandomAffine`: a digit in the mirror is none."""

SEARCH_SPACE = {
    "learning_rate": {
        "type": "float",
        "low": 0.001,
        "high": 0.01,
        "scale": "log",
        "default": 0.003,
    },
    "learning_rate_decay": {"type": "float", "low": 0.5, "high": 0.9, "default": 0.65},
    "batch_size": {"type": "choice", "values": [64, 128, 256], "default": 128},
    "Cnn.units": {"type": "integer", "low": 128, "high": 512, "scale": "log", "default": 256},
    "Cnn.dropout": {"type": "float", "low": 0.1, "high": 0.5, "default": 0.3},
}
"""What a tuning tries; see `models.search_space`."""


class Cnn(quickdraw.Cnn):
    """Three convolutions and two dense layers."""


class Logistic(quickdraw.Logistic):
    """One dense layer: logistic regression on the pixels."""
