"""Serialized tf.Examples to images: what a served model does before its network."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from preprocessing.challenge import RecordFeatures

OWN_FEATURES = RecordFeatures(image="image", label="label", image_id="image_id")
"""The features of this project's own examples."""


def parse_images(
    example_bytes: Any,
    features: RecordFeatures,
    image_shape: Sequence[int],
    transform: Callable[[Any], Any],
) -> tuple[Any, Any]:
    """Returns the images and ids of examples: a part of a TensorFlow graph.

    The examples may be this project's (`image`, `image_id`) or the challenge's own.

    Args:
        example_bytes: serialized tf.Examples, string [N].
        features: what the challenge calls its features.
        image_shape: (height, width, channels).
        transform: the tf.Transform graph: raw images, string [N], to [N, H, W, C], 0 to 255.

    Returns:
        uint8 [N, H, W, C], and string [N]: "" where there is no id; padding is taken off.
    """
    import tensorflow as tf

    text = tf.io.FixedLenFeature([], tf.string, default_value="")
    wanted = dict.fromkeys((OWN_FEATURES.image, OWN_FEATURES.image_id), text)
    size = math.prod(image_shape)
    if features.image_id:
        wanted[features.image_id] = text
    if features.pixels:
        wanted[features.image] = tf.io.FixedLenFeature([size], tf.int64, default_value=[-1] * size)
    else:
        wanted[features.image] = text
    parsed = tf.io.parse_example(example_bytes, wanted)
    ids = _first_given(parsed[OWN_FEATURES.image_id], parsed.get(features.image_id))
    ids = tf.strings.regex_replace(ids, "\x00+$", "")
    raw = parsed[OWN_FEATURES.image]
    if not features.pixels:
        return _as_uint8(transform(_first_given(raw, parsed[features.image])), image_shape), ids
    pixels = parsed[features.image]
    given = pixels[:, 0] >= 0
    images = _as_uint8(transform(tf.where(given, bytes(size), raw)), image_shape)
    theirs = tf.reshape(tf.cast(pixels, tf.uint8), [-1, *image_shape])
    return tf.where(given[:, None, None, None], theirs, images), ids


def _first_given(ours: Any, theirs: Any) -> Any:
    import tensorflow as tf

    return ours if theirs is None or theirs is ours else tf.where(ours == "", theirs, ours)


def _as_uint8(images: Any, image_shape: Sequence[int]) -> Any:
    import tensorflow as tf

    return tf.ensure_shape(tf.cast(images, tf.uint8), [None, *image_shape])
