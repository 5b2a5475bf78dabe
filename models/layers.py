"""Stacks of layers that networks of several challenges are made of."""

from collections.abc import Sequence

from keras import KerasTensor, layers, regularizers


def logistic(images: KerasTensor, num_classes: int) -> KerasTensor:
    """Returns probabilities `[N, num_classes]` of one dense layer on `[N, H, W, C]`."""
    return layers.Dense(
        num_classes,
        activation="softmax",
        kernel_regularizer=regularizers.L2(1e-8),
        dtype="float32",
    )(layers.Flatten()(images))


def convolutions(images: KerasTensor, filters: Sequence[int], dropout: float = 0.0) -> KerasTensor:
    """Returns `[N, H / 2**n, W / 2**n, filters[-1]]` of n 3x3 convolutions.

    Each is pooled 2x2 before it is normalised: batch normalisation is four times cheaper so, and
    does as well.

    Args:
        images: normalised `[N, H, W, C]`.
        filters: channels of each convolution.
        dropout: share of the channels that are dropped after each in training.
    """
    x = images
    for count in filters:
        x = layers.Conv2D(count, 3, padding="same", use_bias=False)(x)
        x = layers.MaxPooling2D()(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
        if dropout:
            x = layers.SpatialDropout2D(dropout)(x)
    return x


def classifier(features: KerasTensor, num_classes: int, units: int, dropout: float) -> KerasTensor:
    """Returns probabilities `[N, num_classes]` of two dense layers on `[N, ...]`.

    Args:
        features: what the convolutions gave.
        num_classes: width of the result.
        units: width of the layer between.
        dropout: share of its inputs, and of its outputs, that are dropped in training.
    """
    x = layers.Dropout(dropout)(layers.Flatten()(features))
    x = layers.Dropout(dropout)(layers.Dense(units, activation="relu")(x))
    return layers.Dense(num_classes, activation="softmax", dtype="float32")(x)
