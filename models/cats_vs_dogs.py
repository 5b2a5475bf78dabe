"""The networks of Cats vs. Dogs: any of them is trained by its name."""

import warnings
import zipfile
from pathlib import Path
from typing import Any

import keras
from keras import KerasTensor, layers, ops

from models.layers import convolutions, logistic
from preprocessing.errors import InputError

AUGMENTATION: dict[str, Any] = {"rotation": 15.0, "scale": 0.15, "shift": 0.1, "flip": True}
"""Settings of `models.augmentation.RandomAffine`: an animal sits anywhere and faces either way."""

SEARCH_SPACE = {
    "learning_rate": {
        "type": "float",
        "low": 0.0005,
        "high": 0.01,
        "scale": "log",
        "default": 0.002,
    },
    "learning_rate_decay": {"type": "float", "low": 0.92, "high": 0.99, "default": 0.96},
    "batch_size": {"type": "choice", "values": [16, 32, 64], "default": 32},
    "Cnn.dropout": {"type": "float", "low": 0.2, "high": 0.7, "default": 0.5},
}
"""What a tuning tries; see `models.search_space`."""


class Logistic:
    """One dense layer: logistic regression on the pixels."""

    def __call__(self, images: KerasTensor, num_classes: int) -> KerasTensor:
        """Returns probabilities `[N, num_classes]` of normalised `[N, H, W, C]` images."""
        return logistic(images, num_classes)


class MixtureOfExperts:
    """Logistic regressions, the experts, and one more, the gates: how much each of them counts."""

    num_experts = 2

    def __call__(self, images: KerasTensor, num_classes: int) -> KerasTensor:
        """Returns probabilities `[N, num_classes]` of normalised `[N, H, W, C]` images."""
        gates = logistic(images, self.num_experts)
        experts = [logistic(images, num_classes) for _ in range(self.num_experts)]
        return layers.Dot(axes=1, dtype="float32")([gates, ops.stack(experts, axis=1)])


class Cnn:
    """Four convolutions, their mean over the picture, and one dense layer.

    The mean and the dropout keep it from learning a few hundred photos by heart.

    Args:
        dropout: share of the mean's channels that are dropped in training.
    """

    def __init__(self, dropout: float = 0.5) -> None:
        self.dropout = dropout

    def __call__(self, images: KerasTensor, num_classes: int) -> KerasTensor:
        """Returns probabilities `[N, num_classes]` of normalised `[N, H, W, C]` images."""
        x = convolutions(images, (16, 32, 64, 128), dropout=0.1)
        x = layers.Dropout(self.dropout)(layers.GlobalAveragePooling2D()(x))
        return layers.Dense(num_classes, activation="softmax", dtype="float32")(x)


class MobileNetV2:
    """MobileNetV2 (Sandler et al., 2018, arXiv:1801.04381) and one dense layer.

    Args:
        weights: file with the backbone's weights, as `keras.applications.MobileNetV2(...,
            include_top=False)` saves or reads them; they stay as they are and only the dense layer
            is trained. Empty for random weights, all of which are trained.
    """

    raw_pixels = True

    def __init__(self, weights: str = "") -> None:
        self.weights = weights

    def __call__(self, images: KerasTensor, num_classes: int) -> KerasTensor:
        """Returns probabilities `[N, num_classes]` of `[N, H, W, C]` images, 0 to 255.

        Raises:
            InputError: the images are smaller than 32x32, or the weights do not fit.
        """
        height, width = images.shape[1:3]
        if min(height, width) < 32:
            raise InputError(
                f"model=MobileNetV2: expected images of 32x32 or more, found {height}x{width};"
                " preprocess them larger or choose another model"
            )
        backbone = keras.applications.MobileNetV2(
            images.shape[1:], include_top=False, weights=None, pooling="avg"
        )
        if self.weights:
            _load_weights(backbone, self.weights)
            backbone.trainable = False
        x = backbone(layers.Rescaling(1 / 127.5, offset=-1)(images))
        x = layers.Dropout(0.3)(x)
        return layers.Dense(num_classes, activation="softmax", dtype="float32")(x)


def _load_weights(backbone: keras.Model, path: str) -> None:
    try:
        if not Path(path).is_file():
            raise OSError("no such file")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras warns of each layer, then raises
            backbone.load_weights(path)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        reason = str(error).partition("\n")[0].partition(". ")[0]
        raise InputError(
            f"weights={path}: expected a local file (.weights.h5, .h5 or .keras) that fits"
            f" keras.applications.MobileNetV2(include_top=False): {reason}"
        ) from error
